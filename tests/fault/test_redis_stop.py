#!/usr/bin/python3
"""Redis goes silent, or away, for a while: signing in says 503 and never 401, people who are
signed in go on reading, and all is well soon after its return, without a restart of anything."""
import os
import signal
import sys
import time
import unittest

sys.dont_write_bytecode = True
import load  # noqa: E402
from suite import PASSWORD, PROCESSES, Suite, wait_until  # noqa: E402

OUTAGE_S = float(os.environ.get("QUINTET_FAULT_SECONDS", "8"))
ANSWER_S = 1.0
RETURN_S = 2.0
READ_S = 1.0  # reading may become slower, but not slow


class RedisStopTest(unittest.TestCase):
    def setUp(self):
        self.suite = Suite(own_redis=True)
        self.addCleanup(self.suite.stop)
        self.suite.start()
        for name in ("ann", "bob", "late"):
            self.suite.register(name)
        self.token = self.suite.sign_in("ann").token
        self.jwt = self.suite.client().get("/user/login", query={
            "username": "bob", "password": PASSWORD}).json()["jwt"]
        self.unused = self.suite.sign_in("late")  # never shown to the gateway
        self.pids = {name: self.suite.pid(name) for name in PROCESSES}

    def read_native(self, client):
        client.token, client.raw = self.token, False
        reply = client.get("/v1/me")
        good = reply.status == 200 and reply.json()["username"] == "ann"
        return None if good else str(reply)

    def read_clinic(self, client):
        client.token, client.raw = self.jwt, True
        reply = client.get("/user/homepage")
        good = reply.status == 200 and reply.json().get("status") is True
        return None if good else str(reply)

    def assert_503(self, reply, taken, failure=None):
        self.assertTrue(load.is_clean_503(reply, failure), reply)
        self.assertLess(taken, ANSWER_S, reply)

    def timed(self, send):
        begun = time.monotonic()
        reply = send(self.suite.client())
        return reply, time.monotonic() - begun

    def sign_in(self, login, password=PASSWORD):
        return self.timed(lambda c: c.post("/v1/sessions", json={
            "login": login, "password": password}))

    def clinic_login(self, username, password=PASSWORD):
        return self.timed(lambda c: c.get("/user/login", query={
            "username": username, "password": password}))

    def outage(self, seconds):
        """What everybody is told all the while."""
        end, rounds = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            rounds += 1
            self.assert_503(*self.sign_in("ann"))
            self.assert_503(*self.sign_in("ann", "quite wrong"))
            self.assert_503(*self.sign_in("nobody"))
            self.assert_503(*self.clinic_login("bob"), load.CLINIC_FAILURE)
            self.assert_503(*self.clinic_login("bob", "quite wrong"), load.CLINIC_FAILURE)
            self.assert_503(*self.clinic_login("nobody"), load.CLINIC_FAILURE)
            self.unused.close()
            self.assert_503(*self.timed(lambda c: self.unused.get("/v1/me")))
            ready, taken = self.timed(lambda c: c.get("/readyz"))
            self.assertLess(taken, ANSWER_S)
            self.assertEqual(ready.status, 503)
            self.assertNotEqual(ready.json()["redis"], "ok")
            self.assertEqual(self.timed(lambda c: c.get("/healthz"))[0].status, 200)
            time.sleep(0.1)  # people do not hurry
        return rounds

    def go_without(self, take, give_back):
        crowd = load.Crowd(self.suite.http_port, 5)
        crowd.add(self.read_native, 2, 0.005)
        crowd.add(self.read_clinic, 2, 0.005)
        with crowd:
            wait_until(lambda: crowd.done > 20, 5, "some reading")
            take()
            rounds = self.outage(OUTAGE_S)
            # Registering needs no Redis; or it says so.
            one = load.Registration(f"new-{int(time.time())}", False)
            self.assertIn(one.send(self.suite.client()), ("made", "lost"))
            give_back()
            since = time.monotonic()
            wait_until(lambda: self.sign_in("ann")[0].status == 201, RETURN_S, "signing in works")
            wait_until(lambda: self.clinic_login("bob")[0].status == 200, RETURN_S, "at clinic too")
            wait_until(lambda: self.suite.readyz() == 200,
                       RETURN_S - (time.monotonic() - since), "all is ready")
            back = time.monotonic() - since
        print(f"{rounds} rounds of refusals, {crowd.done} readings, slowest"
              f" {crowd.slowest * 1000:.0f} ms; well after {back * 1000:.0f} ms", flush=True)
        self.assertEqual(crowd.wrong[:5], [])
        self.assertLess(crowd.slowest, READ_S)
        self.assertLess(back, RETURN_S)
        self.unused.close()
        self.assertEqual(self.unused.get("/v1/me").status, 200)
        self.assertEqual(self.sign_in("ann", "quite wrong")[0].status, 401)
        self.assertEqual(self.clinic_login("nobody")[0].json(), {"status": "user not found"})
        self.assertEqual(self.pids, {name: self.suite.pid(name) for name in PROCESSES})

    def test_silent(self):
        self.go_without(lambda: self.suite.redis.signal(signal.SIGSTOP),
                        lambda: self.suite.redis.signal(signal.SIGCONT))

    def test_gone(self):
        self.go_without(self.suite.redis.stop, self.suite.redis.start)

    def test_readiness_notices_by_itself(self):
        """Nobody signs in, nobody has used Redis lately: /readyz must say what it is like now."""
        for take, give_back in ((lambda: self.suite.redis.signal(signal.SIGSTOP),
                                 lambda: self.suite.redis.signal(signal.SIGCONT)),
                                (self.suite.redis.stop, self.suite.redis.start)):
            take()
            ready, taken = self.timed(lambda c: c.get("/readyz"))
            self.assertEqual(ready.status, 503, ready)
            self.assertLess(taken, ANSWER_S)
            give_back()
            wait_until(lambda: self.suite.readyz() == 200, RETURN_S, "all is ready")
            self.assertEqual(self.sign_in("ann")[0].status, 201, "ready means that this works")

    def test_a_short_silence_loses_nobody(self):
        """Shorter than the patience of those who ask: nothing but a delay."""
        crowd = load.Crowd(self.suite.http_port, 5)
        crowd.add(self.read_native, 4)
        with crowd:
            for _ in range(5):
                self.suite.redis.signal(signal.SIGSTOP)
                time.sleep(0.05)
                self.suite.redis.signal(signal.SIGCONT)
                wait_until(lambda: self.sign_in("ann")[0].status == 201, RETURN_S, "signing in")
        self.assertEqual(crowd.wrong[:5], [])


if __name__ == "__main__":
    unittest.main()
