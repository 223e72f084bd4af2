"""People who use the suite from several threads, and a record of what they were told."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "e2e"))
from client import Client, Lost  # noqa: E402
from suite import PASSWORD  # noqa: E402

CLINIC_FAILURE = {"status": "error"}


def is_clean_503(reply, dialect_failure=None):
    """A dialect's is its failure's envelope, /v1's a problem document; both say
    when to come again."""
    if reply.status != 503 or not reply.headers.get("retry-after", "").isdigit():
        return False
    if dialect_failure is not None:
        return reply.json() == dialect_failure
    return reply.headers["content-type"] == "application/problem+json" \
        and reply.json()["status"] == 503


class Registration:
    """One name and what became of it. Every second one comes through clinic's door."""

    def __init__(self, name, through_clinic, password=PASSWORD):
        self.name = name
        self.password = password
        self.through_clinic = through_clinic
        self.outcome = None  # "made", "lost", or what is wrong

    def send(self, client):
        """"made", "taken", "lost" or what should not have been said."""
        try:
            if self.through_clinic:
                reply = client.post("/user/register", form={
                    "username": self.name, "password": self.password})
            else:
                reply = client.post("/v1/accounts", json={
                    "username": self.name, "password": self.password})
        except Lost:
            return "lost"
        if reply.status == 503:
            clean = is_clean_503(reply, CLINIC_FAILURE if self.through_clinic else None)
            return "lost" if clean else str(reply)
        if self.through_clinic and reply.status == 200:
            status = reply.json()["status"]
            return {"success": "made", "error": "taken"}.get(status, str(reply))
        return {201: "made", 409: "taken"}.get(reply.status, str(reply))

    def sign_in(self, client):
        """None, or what was said instead. At the other door than the one it came through."""
        if self.through_clinic:
            reply = client.post("/v1/sessions", json={
                "login": self.name, "password": self.password})
            return None if reply.status == 201 else str(reply)
        reply = client.get("/user/login", query={"username": self.name, "password": self.password})
        good = reply.status == 200 and reply.json()["status"] == "success"
        return None if good else str(reply)


class Crowd:
    """Threads that each do one thing again and again: step(client) gives None or what is wrong."""

    def __init__(self, port, timeout):
        self._port = port
        self._timeout = timeout
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = []
        self.done = 0
        self.wrong = []
        self.slowest = 0.0
        self.slowest_of = ""

    def add(self, step, threads=1, pause=0.0):
        self._threads += [threading.Thread(target=self._run, args=(step, pause))
                          for _ in range(threads)]

    def _run(self, step, pause):
        client = Client(self._port, timeout=self._timeout)
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                wrong = step(client)
            except (Lost, ValueError, KeyError) as error:
                wrong = repr(error)
            taken = time.monotonic() - begun
            with self._lock:
                self.done += 1
                if taken > self.slowest:
                    self.slowest, self.slowest_of = taken, step.__name__
                if wrong:
                    self.wrong.append(f"{time.monotonic():.3f}, after {taken:.3f} s: {wrong}")
            if pause:
                self._stop.wait(pause)
        client.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def in_threads(count, work, items):
    """work(item) for all items by `count` threads; the first exception is raised at the end."""
    items, lock, errors = iter(items), threading.Lock(), []

    def run():
        while not errors:
            with lock:
                item = next(items, None)
            if item is None:
                return
            try:
                work(item)
            except BaseException as error:  # pylint: disable=broad-except
                errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
