#!/usr/bin/python3
"""deploy/supervise, deploy/down and deploy/ctl with the real processes: starting, standing aside,
bringing back what died, stopping, leaving nobody behind. QUINTET_BIN names the build directory."""
import glob
import http.client
import json
import os
import random
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ["QUINTET_BIN"]
PROCESSES = ("svc-user", "svc-auth", "svc-chat", "svc-media", "gateway")
BACK_S = 2.0  # a killed process must answer again within this
PORTS = 10  # HTTP, push and eight for the bus


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports():
    while True:
        first = random.randrange(20000, 32000 - PORTS)
        if all(is_free(first + n) for n in range(PORTS)):
            return first


def wait_until(condition, seconds, what):
    """For what other processes do and nothing announces."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


class Copy:
    """One copy of the suite: its settings, and the commands run with them."""

    def __init__(self, data, first_port, **settings):
        self.data = data
        self.http_port = first_port
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("QUINTET_")},
            "QUINTET_BIN": BIN,
            "QUINTET_DATA": data,
            "QUINTET_LISTEN": "127.0.0.1",
            "QUINTET_HTTP_PORT": str(first_port),
            "QUINTET_PUSH_PORT": str(first_port + 1),
            "QUINTET_BUS_PORT": str(first_port + 2),
            **settings,
        }

    def command(self, name, *args, **options):
        return subprocess.run(
            [os.path.join(ROOT, "deploy", name), *args],
            env=self.env, capture_output=True, text=True, timeout=90, check=False, **options)

    def start(self):
        return self.command("supervise", "run", "--detach")

    def stop(self):
        return self.command("down")

    def supervisor(self):
        with open(os.path.join(self.data, "run", "lock"), encoding="utf-8") as lock:
            return int(lock.readline())

    def child(self, name):
        """The pid of one process now, or None."""
        parent = self.supervisor()
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="utf-8") as file:
                    pid, rest = file.read().split(" (", 1)
            except OSError:
                continue
            comm, fields = rest.rsplit(") ", 1)
            state, ppid = fields.split()[:2]
            if int(ppid) == parent and comm == name and state != "Z":
                return int(pid)
        return None

    def readyz(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


class DeployTest(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="quintet-deploy-")
        self.addCleanup(self._temporary.cleanup)
        self.directory = self._temporary.name

    def copy(self, name="data", **settings):
        copy = Copy(os.path.join(self.directory, name), free_ports(), **settings)
        self.addCleanup(copy.stop)
        return copy

    def started(self, name="data", **settings):
        copy = self.copy(name, **settings)
        result = copy.start()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"http://127.0.0.1:{copy.http_port}", result.stdout)
        self.assertEqual(copy.readyz(), 200)
        return copy

    def test_second_start_stands_aside(self):
        copy = self.started()
        before = {name: copy.child(name) for name in PROCESSES}
        self.assertNotIn(None, before.values())
        for args in (("run",), ("run", "--detach"), ("running",)):
            result = copy.command("supervise", *args)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("already running", result.stdout)
            self.assertIn(f"http://127.0.0.1:{copy.http_port}", result.stdout)
        self.assertEqual(before, {name: copy.child(name) for name in PROCESSES})

    def test_data_is_private_and_redis_has_no_port(self):
        copy = self.started()
        self.assertEqual(stat.S_IMODE(os.stat(copy.data).st_mode), 0o700)
        with open(os.path.join(copy.data, "run", "redis.conf"), encoding="utf-8") as conf:
            self.assertIn("port 0\n", conf.read())
        self.assertTrue(stat.S_ISSOCK(os.stat(os.path.join(copy.data, "run/redis.sock")).st_mode))

    def test_killed_processes_come_back(self):
        copy = self.started()
        for name in (*PROCESSES, "redis-server"):
            with self.subTest(name):
                killed = copy.child(name)
                os.kill(killed, signal.SIGKILL)
                begun = time.monotonic()
                wait_until(lambda: not lives(killed), BACK_S, f"{name} is gone")
                wait_until(
                    lambda: copy.child(name) is not None and copy.readyz() == 200,
                    BACK_S - (time.monotonic() - begun), f"{name} answers again")

    def test_a_process_that_goes_on_dying_is_held_back(self):
        copy = self.started()
        for _ in range(3):
            killed = copy.child("svc-chat")
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda: not lives(killed), 5, "it is gone")
            wait_until(lambda: copy.child("svc-chat") is not None, 5, "it is back")
        with open(os.path.join(copy.data, "run/log/supervise.log"), encoding="utf-8") as log:
            events = [json.loads(line) for line in log]
        waits = [e["again_in_s"] for e in events if e["message"] == "a process died"]
        self.assertEqual(waits, [0, 0.1, 0.2])

    def test_down_stops_everything(self):
        copy = self.started()
        pids = [copy.supervisor(), copy.child("redis-server")]
        pids += [copy.child(name) for name in PROCESSES]
        result = copy.stop()
        self.assertEqual((result.returncode, result.stdout), (0, "stopped\n"), result.stderr)
        self.assertEqual([pid for pid in pids if lives(pid)], [])
        result = copy.stop()
        self.assertEqual((result.returncode, result.stdout), (0, "not running\n"))
        with open(os.path.join(copy.data, "run/log/supervise.log"), encoding="utf-8") as log:
            self.assertNotIn("does not stop", log.read())

    def test_a_killed_supervisor_leaves_nobody(self):
        copy = self.started()
        pids = [copy.child(name) for name in (*PROCESSES, "redis-server")]
        os.kill(copy.supervisor(), signal.SIGKILL)
        result = copy.start()  # at once: what is still ending must not be in its way
        self.assertEqual(result.returncode, 0, result.stderr)
        wait_until(lambda: not any(map(lives, pids)), 10, "the old processes are gone")
        self.assertEqual(copy.readyz(), 200)

    def test_ctrl_c_in_the_foreground(self):
        copy = self.copy()
        with subprocess.Popen(
                [os.path.join(ROOT, "deploy", "supervise"), "run"], env=copy.env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as run:
            self.assertEqual(run.stdout.readline(), "Quintet is ready\n")
            os.killpg(run.pid, signal.SIGINT)
            self.assertEqual(run.wait(timeout=40), 0)
        self.assertEqual(copy.readyz(), 0)

    def test_copies_side_by_side(self):
        one, two = self.started("one"), self.started("two")
        self.assertEqual(one.stop().returncode, 0)
        self.assertEqual((one.readyz(), two.readyz()), (0, 200))

    def test_a_path_too_long_for_a_socket(self):
        copy = self.started("d" * 120)
        conf = os.path.join(copy.data, "run", "redis.conf")
        with open(conf, encoding="utf-8") as lines:
            self.assertIn("requirepass ", lines.read())
        for secret in (conf, os.path.join(copy.data, "run", "redis.url")):
            self.assertEqual(stat.S_IMODE(os.stat(secret).st_mode), 0o600)

    def test_what_cannot_work_is_said(self):
        running = self.started("running")
        shared_port = Copy(os.path.join(self.directory, "other"), running.http_port)
        bad = {
            "a port in use": (shared_port, f"port {running.http_port} is in use"),
            "an unknown key": (self.copy(QUINTET_NONSENSE="1"), "QUINTET_NONSENSE"),
            "a bad port": (self.copy(QUINTET_PUSH_PORT="eighty"), "QUINTET_PUSH_PORT"),
            "a bad value": (self.copy(QUINTET_SESSION_TTL="0"), "QUINTET_SESSION_TTL"),
            "no such build": (self.copy(QUINTET_BIN="/nonexistent"), "not built"),
        }
        for name, (copy, text) in bad.items():
            with self.subTest(name):
                result = copy.start()
                self.assertEqual(result.returncode, 1)
                self.assertIn(text, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertEqual(running.readyz(), 200)

    def test_operator(self):
        copy = self.started()

        def ctl(*args, **options):
            return copy.command("ctl", *args, **options)

        status = ctl("status")
        self.assertEqual(status.returncode, 0, status.stdout)
        self.assertEqual(status.stdout.count(" ok "), 4)
        made = ctl("admin", "create", "--username", "chief", "--password-stdin",
                   input="correct horse battery\n")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, r"^[1-9][0-9]{7}\n$")
        account = json.loads(ctl("user", "show", made.stdout.strip()).stdout)
        self.assertEqual((account["username"], account["role"]), ("chief", "administrator"))
        again = ctl("admin", "create", "--username", "CHIEF", "--password-stdin",
                    input="correct horse battery")
        self.assertEqual(again.returncode, 1)
        self.assertIn("username", again.stderr)
        for verb, state in (("freeze", "frozen"), ("delete", "deleted"), ("thaw", "normal")):
            self.assertEqual(json.loads(ctl("user", verb, account["id"]).stdout)["status"], state)
        changed = json.loads(ctl("user", "role", account["id"], "donor").stdout)
        self.assertEqual(changed["role"], "donor")
        self.assertEqual(ctl("user", "show", "99999999").returncode, 1)
        for wrong in ((), ("user",), ("user", "show"), ("user", "role", account["id"], "king")):
            self.assertEqual(ctl(*wrong).returncode, 2)
        os.kill(copy.child("svc-chat"), signal.SIGSTOP)
        status = ctl("status")
        os.kill(copy.child("svc-chat"), signal.SIGCONT)
        self.assertEqual(status.returncode, 1)
        self.assertRegex(status.stdout, r"svc-chat +down")


if __name__ == "__main__":
    unittest.main()
