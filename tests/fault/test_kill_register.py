#!/usr/bin/python3
"""kill -9 of any process in the middle of a thousand registrations: who was told yes can log in;
whose answer was lost can log in or be registered again; the process is back within two seconds."""
import os
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
import load  # noqa: E402
from client import Client, Lost  # noqa: E402
from suite import BACK_S, PROCESSES, Suite, wait_until  # noqa: E402

COUNT = int(os.environ.get("QUINTET_FAULT_REGISTRATIONS", "1000"))
COUNT_MIN = 200  # even on a slow machine
BUDGET_S = float(os.environ.get("QUINTET_FAULT_BUDGET", "6"))  # for the registrations
THREADS = 16
KILLS = (0.3, 0.6)  # when this part of them has been answered
# Repairs take part of a second, once the process is back.
SETTLED_S = 2.0


class Wave:
    """COUNT registrations by THREADS threads, fewer when the budget is used up."""

    def __init__(self, port, prefix):
        self.made, self.lost, self.wrong = [], [], []
        self._port = port
        self._prefix = prefix
        self._begun = time.monotonic()
        self._next = 0
        self._lock = threading.Condition()
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def answered(self):
        return len(self.made) + len(self.lost) + len(self.wrong)

    def _take(self):
        with self._lock:
            late = time.monotonic() - self._begun > BUDGET_S and self._next >= COUNT_MIN
            if self._next >= COUNT or late:
                return None
            self._next += 1
            return load.Registration(f"{self._prefix}-{self._next}", self._next % 2 == 0)

    def _run(self):
        client = Client(self._port)
        while (one := self._take()) is not None:
            one.outcome = one.send(client)
            with self._lock:
                lists = {"made": self.made, "lost": self.lost}
                lists.get(one.outcome, self.wrong).append(one)
                self._lock.notify_all()
            if one.outcome == "lost":
                time.sleep(0.05)  # a client's own pause before its next try
        client.close()

    def wait_for(self, part):
        """Until that part of what fits into the budget is answered."""
        with self._lock:
            self._lock.wait_for(lambda: self.answered() >= part * COUNT
                                or time.monotonic() - self._begun > part * BUDGET_S
                                and self.answered() >= part * COUNT_MIN, 120)

    def join(self):
        for thread in self._threads:
            thread.join()


class Claim(load.Registration):
    """One of several claims to the same name, told apart by its password."""

    def __init__(self, name, through_clinic, number):
        super().__init__(name, through_clinic, f"claim number {number}")


class KillRegisterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()

    def check_made(self, registrations):
        client = threading.local()

        def sign_in(one):
            if not hasattr(client, "it"):
                client.it = self.suite.client()
            said = one.sign_in(client.it)
            self.assertIsNone(said, f"{one.name} was made but cannot log in")

        load.in_threads(8, sign_in, registrations)

    def settle_lost(self, one, sign_in_first, address):
        """Half of them only try to log in first, which must do no harm and may succeed."""
        client = self.suite.client(address=address)
        if sign_in_first and one.sign_in(client) is None:
            return "was made"
        deadline = time.monotonic() + SETTLED_S
        while (said := one.send(client)) == "lost" and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn(said, ("made", "taken"), one.name)
        self.assertIsNone(one.sign_in(client), f"{one.name} is {said}, but cannot log in")
        return "was made" if said == "taken" else "made again"

    def kill_in_the_middle(self, name, number):
        wave = Wave(self.suite.http_port, name)
        back = []
        try:
            for part in KILLS:
                wave.wait_for(part)
                since = time.monotonic()
                killed = self.suite.end(name)
                back.append(self.suite.await_return(name, since, 20))
                self.assertNotEqual(self.suite.pid(name), killed)
        finally:
            wave.join()
        self.assertEqual([f"{one.name}: {one.outcome}" for one in wave.wrong], [])
        self.assertGreaterEqual(wave.answered(), COUNT_MIN)
        # At once, not only when the repairs in the background have passed.
        settled = [self.settle_lost(one, i % 2 == 0, f"127.0.1.{number}")
                   for i, one in enumerate(wave.lost)]
        self.check_made(wave.made)
        print(f"{name}: {len(wave.made)} made, {len(wave.lost)} lost, of which"
              f" {settled.count('was made')} had been made; back after"
              f" {', '.join(f'{s * 1000:.0f} ms' for s in back)}", flush=True)
        self.assertLess(max(back), BACK_S)
        self.assertGreater(len(wave.made), COUNT_MIN // 2)

    def test_each_process(self):
        for number, name in enumerate((*PROCESSES, "redis-server"), 1):
            with self.subTest(name):
                self.kill_in_the_middle(name, number)

    def test_all_at_once(self):
        wave = Wave(self.suite.http_port, "all")
        wave.wait_for(0.1)
        since = time.monotonic()
        for name in (*PROCESSES, "redis-server"):
            self.suite.end(name)
        for name in (*PROCESSES, "redis-server"):
            self.suite.await_return(name, since, 10)
        wave.join()
        self.assertEqual([f"{one.name}: {one.outcome}" for one in wave.wrong], [])
        for i, one in enumerate(wave.lost):
            self.settle_lost(one, i % 2 == 0, "127.0.2.1")
        self.check_made(wave.made[:COUNT_MIN])

    def test_one_name_for_one(self):
        """Many want the same name while processes die: it is given once, and whoever has it can log
        in, be it somebody whose answer was lost; or it is still free."""
        names = [f"wanted-{n}" for n in range(24)]
        claims = {name: [Claim(name, n % 2 == 0, n) for n in range(6)] for name in names}
        port, asked = self.suite.http_port, threading.Event()

        def claim(one):
            client = Client(port)
            one.outcome = one.send(client)
            client.close()
            asked.set()

        def kill():
            for name in ("svc-auth", "svc-user", "svc-auth", "gateway"):
                asked.wait(20)
                asked.clear()
                self.suite.end(name)

        killer = threading.Thread(target=kill)
        killer.start()
        load.in_threads(THREADS, claim, [one for many in claims.values() for one in many])
        killer.join()
        wait_until(lambda: self.suite.readyz() == 200, 10, "all is ready")
        for number, (name, many) in enumerate(claims.items()):
            client = self.suite.client(address=f"127.0.4.{number + 1}")
            outcomes = [one.outcome for one in many]
            self.assertTrue(set(outcomes) <= {"made", "taken", "lost"}, outcomes)
            owners = [one for one in many if one.sign_in(client) is None]
            if owners:
                self.assertEqual(len(owners), 1, name)
                self.assertIn(owners[0].outcome, ("made", "lost"), name)
                self.assertEqual([o for o in outcomes if o == "made"],
                                 ["made"] * (owners[0].outcome == "made"), name)
                self.assertEqual(many[0].send(client), "taken", name)
            else:
                self.assertNotIn("made", outcomes, name)
                self.assertEqual(many[0].send(client), "made", name)

    def test_no_name_is_taken_for_nothing(self):
        """Those whose registration is answered 503 again and again are not locked out by it."""
        one = load.Registration("stubborn", False)
        client = self.suite.client()
        for _ in range(3):
            self.suite.end("svc-user")
            try:
                one.send(client)
            except Lost:
                pass
            time.sleep(0.02)
        self.assertIn(self.settle_lost(one, False, "127.0.3.1"), ("was made", "made again"))


if __name__ == "__main__":
    unittest.main()
