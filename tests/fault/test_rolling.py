#!/usr/bin/python3
"""A gateway that is there before its services, and services that are restarted one by one under
load: people are told 503 at most, never anything wrong, and nobody waits long."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
import load  # noqa: E402
from suite import MORTAL, PASSWORD, SERVICES, Suite, lives, wait_until  # noqa: E402

PATIENCE_S = 5.0
HASH_PATIENCE_S = 5.0  # also with a hash on the way
READY_S = 2.0
IN_FLIGHT = 8
ESTABLISHED = "01"  # in /proc/net/tcp
NO_SUCH_TOKEN = "A" * 43


class Unsupervised(Suite):
    """Processes started by hand, one by one."""

    def __init__(self):
        super().__init__(own_redis=True)
        self.children = {}
        os.makedirs(os.path.join(self.data, "run", "log"))

    def spawn(self, name):
        env = {k: v for k, v in self.env.items() if k != "QUINTET_BIN"}
        with open(os.path.join(self.data, "run", "log", name + ".log"), "ab") as log:
            self.children[name] = subprocess.Popen(
                [*MORTAL, os.path.join(self.bin_dir, name, name)], env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def down(self):
        for child in self.children.values():
            child.send_signal(signal.SIGTERM)
        codes = {name: child.wait(20) for name, child in self.children.items()}
        if any(codes.values()):
            raise AssertionError(f"ended with {codes}\n{self.logs()}")


class GatewayFirstTest(unittest.TestCase):
    def setUp(self):
        self.suite = Unsupervised()
        self.addCleanup(self.suite.stop)

    def expect_503_everywhere(self):
        """Whatever needs a service; those that need none answer."""
        client = self.suite.client(timeout=PATIENCE_S)
        credentials = {"login": "ann", "password": PASSWORD}
        new = {"username": "ann", "password": PASSWORD}
        failure = load.CLINIC_FAILURE
        for reply, envelope in (
                (client.post("/v1/sessions", json=credentials), None),
                (client.post("/v1/accounts", json=new), None),
                (client.get("/user/login", query=new), failure),
                (client.post("/user/register", form=new), failure)):
            self.assertTrue(load.is_clean_503(reply, envelope), reply)
        client = self.suite.client(token=NO_SUCH_TOKEN, timeout=PATIENCE_S)
        self.assertTrue(load.is_clean_503(client.get("/v1/me")))
        self.assertTrue(load.is_clean_503(client.get("/user/homepage"),
                                          {"status": False, "info": "errror"}))
        self.assertEqual(client.get("/readyz").status, 503)
        for path, status in (("/healthz", 200), ("/v1/openapi.json", 200), ("/nowhere", 404),
                             ("/image/user/default.png", 503), ("/v1/config", 200)):
            self.assertEqual(client.get(path).status, status, path)
        self.assertEqual(self.suite.client().get("/v1/me").status, 401)  # no token at all

    def test_services_come_later(self):
        self.suite.spawn("gateway")
        wait_until(lambda: self.suite.readyz() == 503, 5, "the gateway answers")
        self.expect_503_everywhere()
        # Who depends comes before what it depends on, Redis last of all.
        for name in ("svc-auth", "svc-chat", "svc-media", "svc-user"):
            self.suite.spawn(name)
            log = os.path.join(self.suite.data, "run", "log", name + ".log")
            wait_until(lambda path=log: os.path.getsize(path) > 0, 5, f"{name} says something")
            if name == "svc-auth":
                self.expect_503_everywhere()
        reply = self.suite.client(timeout=PATIENCE_S).post("/v1/sessions", json={
            "login": "ann", "password": PASSWORD})
        self.assertTrue(load.is_clean_503(reply), reply)
        self.suite.redis.start()
        wait_until(lambda: self.suite.readyz() == 200, READY_S, "all is ready")
        self.suite.register("ann")
        self.assertEqual(self.suite.sign_in("ann").get("/v1/me").status, 200)


class RollingTest(unittest.TestCase):
    def setUp(self):
        self.suite = Suite()
        self.addCleanup(self.suite.stop)
        self.suite.start()
        for name in ("reader", "signer"):
            self.suite.register(name)
        self.token = self.suite.sign_in("reader").token
        self.jwt = self.suite.client().get("/user/login", query={
            "username": "reader", "password": PASSWORD}).json()["jwt"]
        self.registrations = []
        self.refused = 0

    def judge(self, reply, good, failure=None):
        if good:
            return None
        if load.is_clean_503(reply, failure):
            self.refused += 1
            return None
        return str(reply)

    def read_native(self, client):
        client.token = self.token
        reply = client.get("/v1/me")
        return self.judge(reply, reply.status == 200)

    def read_clinic(self, client):
        client.token, client.raw = self.jwt, True
        reply = client.get("/user/homepage")
        good = reply.status == 200 and reply.json().get("status") is True
        return self.judge(reply, good, {"status": False, "info": "errror"})

    def sign_in(self, client):
        reply = client.post("/v1/sessions", json={"login": "signer", "password": PASSWORD})
        return self.judge(reply, reply.status == 201)

    def sign_in_at_clinic(self, client):
        reply = client.get("/user/login", query={"username": "signer", "password": PASSWORD})
        good = reply.status == 200 and reply.json()["status"] == "success"
        return self.judge(reply, good, load.CLINIC_FAILURE)

    def register(self, client):
        number = len(self.registrations)
        one = load.Registration(f"r{number}-{time.monotonic_ns()}", number % 2 == 0)
        self.registrations.append(one)
        one.outcome = one.send(client)
        self.refused += one.outcome == "lost"
        return None if one.outcome in ("made", "lost") else one.outcome

    def unread(self):
        """Bytes that the gateway has been sent and has not read yet, as the kernel counts them."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        port = f":{self.suite.http_port:04X}"
        return sum(int(row[4].split(":")[1], 16) for row in rows
                   if row[1].endswith(port) and row[3] == ESTABLISHED)

    def test_the_gateway_finishes_what_it_began(self):
        """Asked to stop, it answers whoever it is working for, though a service makes it wait."""
        user, since = self.suite.pid("svc-user"), time.monotonic()
        names = [f"last-{n}" for n in range(IN_FLIGHT)]
        asking = []
        os.kill(user, signal.SIGSTOP)
        try:
            for name in names:
                body = json.dumps({"username": name, "password": PASSWORD})
                asking.append(socket.create_connection(("127.0.0.1", self.suite.http_port), 5))
                asking[-1].sendall(f"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length:"
                                   f" {len(body)}\r\nContent-Type: application/json\r\n\r\n{body}"
                                   .encode())
            wait_until(lambda: self.unread() == 0, 2, "the gateway has read all")
            gateway = self.suite.pid("gateway")
            self.suite.caused["gateway"] += 1
            os.kill(gateway, signal.SIGTERM)
            wait_until(lambda: self.suite.readyz() == 0, 2, "the gateway takes nobody in any more")
        finally:
            os.kill(user, signal.SIGCONT)
        for connection in asking:
            self.assertIn(b" 201 Created\r\n", connection.recv(4096))
            connection.close()
        wait_until(lambda: not lives(gateway), PATIENCE_S, "the gateway is gone")
        self.suite.await_return("gateway", since, 10)
        for name in names:
            self.suite.sign_in(name)

    def test_stopping_everything_under_load(self):
        """deploy/down, then a start: whoever was told yes is there; the others are free to try."""
        crowd = load.Crowd(self.suite.http_port, PATIENCE_S)

        def register(client):
            self.register(client)
            if self.registrations[-1].outcome == "lost":
                time.sleep(0.02)

        crowd.add(register, 8)
        with crowd:
            wait_until(lambda: crowd.done > 20, 20, "people are busy")
            begun = time.monotonic()
            self.suite.down()
            stopped = time.monotonic() - begun
        self.suite.start()
        outcomes = [one.outcome for one in self.registrations]
        self.assertTrue(set(outcomes) <= {"made", "lost"}, set(outcomes))
        self.assertLess(stopped, PATIENCE_S)
        for one in self.registrations:
            client = self.suite.client()
            if one.outcome == "lost":
                self.assertIn(one.send(client), ("made", "taken"), one.name)
            self.assertIsNone(one.sign_in(client), one.name)

    def test_a_service_that_says_nothing(self):
        """Stopped, not gone: connections stay, answers do not come."""
        for name, goes_on, silence_s in (("svc-auth", True, 6), ("svc-user", False, 6),
                                         ("svc-chat", True, 1), ("svc-media", True, 1)):
            with self.subTest(name):
                crowd = load.Crowd(self.suite.http_port, PATIENCE_S)
                crowd.add(self.read_native, 2, 0.005)
                crowd.add(self.read_clinic, 2, 0.005)
                hashing = load.Crowd(self.suite.http_port, HASH_PATIENCE_S)
                hashing.add(self.sign_in, 1, 0.005)
                hashing.add(self.register, 1, 0.005)
                pid = self.suite.pid(name)
                self.refused = 0
                with crowd, hashing:
                    wait_until(lambda: crowd.done > 20, 20, "people are busy")
                    os.kill(pid, signal.SIGSTOP)
                    try:
                        time.sleep(silence_s)
                        client = self.suite.client(token=self.token, timeout=PATIENCE_S)
                        self.assertEqual(client.get("/v1/me").status, 200 if goes_on else 503)
                    finally:
                        os.kill(pid, signal.SIGCONT)
                    taken = wait_until(lambda: self.suite.readyz() == 200, READY_S, "ready")
                    new = self.suite.client(timeout=PATIENCE_S)
                    self.assertIsNone(self.sign_in(new))
                self.assertEqual(crowd.wrong[:5] + hashing.wrong[:5], [])
                self.assertEqual(self.suite.pid(name), pid)
                print(f"{name} silent for {silence_s} s: {crowd.done + hashing.done} requests,"
                      f" {self.refused} refused, slowest {crowd.slowest * 1000:.0f} ms,"
                      f" hashing {hashing.slowest * 1000:.0f} ms, ready again after"
                      f" {taken * 1000:.0f} ms", flush=True)

    def test_services_one_by_one(self):
        crowd = load.Crowd(self.suite.http_port, PATIENCE_S)
        crowd.add(self.read_native, 3)
        crowd.add(self.read_clinic, 3)
        crowd.add(self.sign_in, 1)
        crowd.add(self.sign_in_at_clinic, 1)
        crowd.add(self.register, 2)
        with crowd:
            for name in (*SERVICES, *SERVICES):
                done = crowd.done
                wait_until(lambda: crowd.done > done + 50, 20, "people are busy")
                since = time.monotonic()
                self.suite.end(name, signal.SIGTERM)
                ended = time.monotonic() - since
                taken = self.suite.await_return(name, since, 20)
                print(f"{name}: ended after {ended * 1000:.0f} ms, ready again after"
                      f" {taken * 1000:.0f} ms, {self.refused} refusals so far", flush=True)
        self.assertEqual(crowd.wrong[:5], [])
        self.assertLess(crowd.slowest, PATIENCE_S)
        self.assertLess(self.refused, crowd.done / 2, "refusals are the exception")
        for one in self.registrations:
            if one.outcome == "made":
                self.assertIsNone(one.sign_in(self.suite.client()), one.name)
        print(f"{crowd.done} requests, {self.refused} refused, slowest"
              f" {crowd.slowest * 1000:.0f} ms ({crowd.slowest_of})", flush=True)


if __name__ == "__main__":
    unittest.main()
