"""What is measured: Quintet as deploy/up starts it, with its default settings; bare servers."""
import concurrent.futures
import glob
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROCESSES = ("gateway", "svc-user", "svc-auth", "svc-chat", "svc-media")
PASSWORD = "correct horse battery"
SETTLE_S = 60
PORTS = 10  # HTTP, push and eight for the bus


TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class SuiteError(Exception):
    """One clear line."""


def cpu_us(pids):
    """Processor time these processes have used so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            user, system = file.read().rsplit(") ", 1)[1].split()[11:13]
        ticks += int(user) + int(system)
    return ticks * 1000000 / TICKS_A_SECOND


def _status(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.split(":", 1) for line in file)


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_ports():
    while True:
        first = random.randrange(20000, 32000 - PORTS)
        if all(_is_free(first + n) for n in range(PORTS)):
            return first


class Suite:
    """A private copy with fresh data. build: a build directory, or None for deploy/up's own."""

    def __init__(self, build):
        self._build = build
        self.data = tempfile.mkdtemp(prefix="quintet-bench-")
        self.port = _free_ports()
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("QUINTET_")}
        self._env.update(
            QUINTET_DATA=self.data, QUINTET_HTTP_PORT=str(self.port),
            QUINTET_PUSH_PORT=str(self.port + 1), QUINTET_BUS_PORT=str(self.port + 2))

    def __enter__(self):
        command = [os.path.join(ROOT, "deploy", "up"), "--detach"]
        if self._build:
            command = [os.path.join(ROOT, "deploy", "supervise"), "run", "--detach", "--bin",
                       self._build]
        done = subprocess.run(command, env=self._env, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            self.__exit__()
            raise SuiteError("Quintet does not start")
        return self

    def __exit__(self, *_):
        subprocess.run([os.path.join(ROOT, "deploy", "down")], env=self._env,
                       stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.data, ignore_errors=True)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, method, path, body=None, authorization=None, want=200):
        headers = {"Authorization": authorization} if authorization else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        if reply.status != want:
            raise SuiteError(f"{method} {path.partition('?')[0]}: {reply.status} {text}")
        return json.loads(text)

    def make_accounts(self, prefix, count):
        def make(number):
            account = {"username": f"{prefix}{number}", "password": PASSWORD}
            self.ask("POST", "/v1/accounts", account, want=201)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(count)))

    def sign_in(self, name):
        """What to send as Authorization to /v1 and to clinic, each seen to work."""
        session = self.ask("POST", "/v1/sessions", {"login": name, "password": PASSWORD}, want=201)
        bearer = "Bearer " + session["token"]
        query = urllib.parse.urlencode({"username": name, "password": PASSWORD})
        jwt = self.ask("GET", "/user/login?" + query)["jwt"]
        if self.ask("GET", "/v1/me", authorization=bearer)["username"] != name:
            raise SuiteError("GET /v1/me answers with somebody else")
        if self.ask("GET", "/user/homepage", authorization=jwt)["status"] is not True:
            raise SuiteError("GET /user/homepage fails")
        return bearer, jwt

    def settle(self, name):
        """Returns when what wrk left unanswered is done: hashes are made in the order they came."""
        end = time.monotonic() + SETTLE_S
        while True:
            try:
                return self.sign_in(name)
            except SuiteError:  # on a busy machine the queue may last longer than a request may
                if time.monotonic() > end:
                    raise

    def pids(self):
        """Of the five processes and the private Redis, by name."""
        pids = {}
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    ours = f"QUINTET_DATA={self.data}".encode() in file.read().split(b"\0")
                name = _status(path.replace("environ", "status"))["Name"].strip()
            except OSError:
                continue
            if ours and name in (*PROCESSES, "redis-server"):
                pids[name] = int(path.split("/")[2])
        if not set(PROCESSES) <= set(pids):
            raise SuiteError(f"of the five processes only these run: {sorted(pids)}")
        return pids

    def resident_kb(self):
        """Resident memory of each of the five processes now."""
        pids = self.pids()
        return {name: int(_status(f"/proc/{pids[name]}/status")["VmRSS"].split()[0])
                for name in PROCESSES}


class Bare:
    """A bare server; it ends when its standard input does."""

    def __init__(self, program):
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)
        line = self._process.stdout.readline()
        if not line:
            raise SuiteError(f"{program} does not start")
        self._port = json.loads(line)["port"]

    def url(self, path):
        return f"http://127.0.0.1:{self._port}{path}"

    def pids(self):
        """It and its responder, if it has one."""
        pid = self._process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            return {number: int(number) for number in [str(pid), *file.read().split()]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.communicate()
