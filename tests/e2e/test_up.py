#!/usr/bin/python3
"""deploy/up as a person types it: builds the release, starts two copies side by side in fresh data
directories, is quick once built, brings back what died, stands aside when called again, goes away.
What deploy/supervise does in the many other cases is in test_deploy.py."""
import os
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
from suite import BACK_S, PROCESSES, ROOT, Suite  # noqa: E402

BUILD_S = 800  # of a first build on a busy machine; ctest's limit is 900
READY_S = 2.0
RELEASE = os.path.join(ROOT, "build", "release")
IDLE_MAX_KB = 40 * 1024


class UpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """The first copy also builds; from the second on it must be quick."""
        cls.copies = []
        for _ in range(2):
            copy = Suite(bin_dir=RELEASE)
            cls.addClassCleanup(copy.stop)
            result = copy.deploy("up", "--detach", timeout=BUILD_S)
            if result.returncode:
                raise AssertionError(f"deploy/up: {result.stderr[-4000:]}")
            copy.said = result.stdout
            cls.copies.append(copy)

    def test_it_says_where(self):
        for copy in self.copies:
            self.assertIn("Quintet is ready\n", copy.said)
            self.assertIn(f"http://127.0.0.1:{copy.http_port}\n", copy.said)
            self.assertEqual(copy.readyz(), 200)

    def test_copies_share_nothing(self):
        one, two = self.copies
        one.register("only-here")
        token = one.sign_in("only-here").token
        reply = two.client().post("/v1/sessions", json={
            "login": "only-here", "password": "correct horse battery"})
        self.assertEqual(reply.status, 401)
        self.assertEqual(two.client(token=token).get("/v1/me").status, 401)
        two.register("only-here")

    def test_called_again_it_stands_aside(self):
        copy = self.copies[0]
        before = {name: copy.pid(name) for name in (*PROCESSES, "redis-server")}
        self.assertNotIn(None, before.values())
        for args in ((), ("--detach",)):
            result = copy.deploy("up", *args)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("already running", result.stdout)
        self.assertEqual(before, {name: copy.pid(name) for name in before})

    def test_what_is_killed_comes_back(self):
        copy = self.copies[1]
        copy.register("survivor")
        for name in (*PROCESSES, "redis-server"):
            with self.subTest(name):
                since = time.monotonic()
                killed = copy.end(name)
                taken = copy.await_return(name, since)
                self.assertNotEqual(copy.pid(name), killed)
                print(f"{name}: back after {taken * 1000:.0f} ms", flush=True)
                self.assertLess(taken, BACK_S)
                self.assertEqual(copy.sign_in("survivor").get("/v1/me").status, 200)

    def test_once_built_it_is_ready_quickly(self):
        copy = Suite(bin_dir=RELEASE)
        self.addCleanup(copy.stop)
        for data in ("fresh", "used"):
            with self.subTest(data):
                begun = time.monotonic()
                result = copy.deploy("supervise", "run", "--detach")
                taken = time.monotonic() - begun
                self.assertEqual(result.returncode, 0, result.stderr)
                print(f"ready after {taken * 1000:.0f} ms, {data} data", flush=True)
                self.assertLess(taken, READY_S)
                copy.down()
                self.assertEqual(copy.readyz(), 0)

    def test_idle_it_is_small(self):
        copy = Suite(bin_dir=RELEASE)
        self.addCleanup(copy.stop)
        copy.start()
        sizes = {}
        for name in PROCESSES:
            with open(f"/proc/{copy.pid(name)}/status", encoding="utf-8") as status:
                sizes[name] = next(int(line.split()[1]) for line in status
                                   if line.startswith("VmRSS"))
        print(f"resident: {sum(sizes.values())} kB {sizes}", flush=True)
        self.assertLess(sum(sizes.values()), IDLE_MAX_KB)

    def test_ctl_finds_its_copy(self):
        one, two = self.copies
        account = one.admin("one-admin").session["account"]
        self.assertIn("one-admin", one.ctl("user", "show", account["id"]))
        result = two.deploy("ctl", "user", "show", account["id"])
        self.assertEqual(result.returncode, 1)

    def test_wrong_words(self):
        for command in ("up", "down"):
            result = subprocess.run([os.path.join(ROOT, "deploy", command), "--nonsense"],
                                    capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(result.returncode, 2)
            self.assertIn("usage:", result.stderr)


if __name__ == "__main__":
    unittest.main()
