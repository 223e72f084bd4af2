"""A private copy of Quintet for a test: run by deploy/supervise from the build directory
QUINTET_BIN, on free ports, in a directory that is removed afterwards. stop() also looks at what
must not have happened: deaths that the test did not cause (the supervisor would hide them), words
of a sanitizer, secrets in logs."""
import collections
import glob
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from client import Client

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BIN = os.path.abspath(os.environ.get("QUINTET_BIN") or os.path.join(ROOT, "build", "asan"))
SERVICES = ("svc-user", "svc-auth", "svc-chat", "svc-media")
PROCESSES = (*SERVICES, "gateway")
PORTS = 10  # HTTP, push and eight for the bus
BACK_S = 2.0  # a process that died answers again within this
PASSWORD = "correct horse battery"
TROUBLE = (b"Sanitizer", b"runtime error:", b"Assertion", b"does not stop")
QUIET_FIELDS = (PASSWORD.encode(), b"horse+battery", b"horse%20battery", b"Bearer ", b"password=")


# Before a command: it ends with the test that started it, however that ends.
MORTAL = ("setpriv", "--pdeathsig", "KILL")


class SuiteError(AssertionError):
    pass


def wait_until(condition, seconds, what, pause=0.005):
    """For what other processes do and nothing announces. Returns the seconds it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise SuiteError(f"not within {seconds} s: {what}")
        time.sleep(pause)
    return time.monotonic() - begun


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count=PORTS):
    """First of a run of free ports, below those the kernel hands out by itself."""
    for _ in range(200):
        first = random.randrange(20000, 32000 - count)
        if all(_is_free(first + n) for n in range(count)):
            return first
    raise SuiteError("no run of free ports")


def state_of(pid):
    """(state, parent, name) of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return None
    name, fields = text.split(" (", 1)[1].rsplit(") ", 1)
    state, parent = fields.split()[:2]
    return state, int(parent), name


def lives(pid):
    state = state_of(pid)
    return state is not None and state[0] not in "ZX"


class Redis:
    """A Redis of the test's own, durable as the suite's is, for tests that take it away."""

    def __init__(self, directory):
        self.directory = directory
        self.socket = os.path.join(directory, "redis.sock")
        self.url = "unix://" + self.socket
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [*MORTAL, "redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "",
             "--appendonly", "yes", "--dir", self.directory, "--logfile",
             os.path.join(self.directory, "redis.log")], stdin=subprocess.DEVNULL)

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        self._process.wait(20)
        self._process = None


class Suite:
    def __init__(self, own_redis=False, bin_dir=BIN, **settings):
        self.directory = tempfile.mkdtemp(prefix="quintet-test-")
        self.data = os.path.join(self.directory, "data")
        self.bin_dir = bin_dir
        self.http_port = free_ports()
        self.caused = collections.Counter()  # deaths, by the supervisor's name of the process
        self.redis = Redis(self.directory) if own_redis else None
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("QUINTET_")},
            "QUINTET_BIN": bin_dir,
            "QUINTET_DATA": self.data,
            "QUINTET_LISTEN": "127.0.0.1",
            "QUINTET_HTTP_PORT": str(self.http_port),
            "QUINTET_PUSH_PORT": str(self.http_port + 1),
            "QUINTET_BUS_PORT": str(self.http_port + 2),
            **settings,
        }
        if own_redis:
            self.env["QUINTET_REDIS_URL"] = self.redis.url
        self._life = -1

    def _outlive(self):
        """The supervisor does not hang on this test; should it be killed, somebody must stop it. A
        shell that is nobody's child waits for the end of this pipe."""
        end, self._life = os.pipe()
        command = f"{{ read -r _; exec '{ROOT}/deploy/down'; }} <&{end} >/dev/null 2>&1 &"
        subprocess.run(["setsid", "sh", "-c", command], env=self.env, pass_fds=(end,), check=True)
        os.close(end)

    def deploy(self, name, *args, timeout=120, **options):
        """Runs one of deploy's commands for this copy."""
        return subprocess.run([os.path.join(ROOT, "deploy", name), *args], env=self.env, text=True,
                              capture_output=True, timeout=timeout, check=False, **options)

    def start(self):
        if self.redis:
            self.redis.start()
        if self._life < 0:
            self._outlive()
        result = self.deploy("supervise", "run", "--detach")
        if result.returncode:
            raise SuiteError(f"no start: {result.stderr}\n{self.logs()}")

    def down(self):
        result = self.deploy("down")
        if result.returncode:
            raise SuiteError(f"no stop: {result.stderr}\n{self.logs()}")

    def ctl(self, *args, **options):
        result = self.deploy("ctl", *args, **options)
        if result.returncode:
            raise SuiteError(f"ctl {args}: {result.stderr}")
        return result.stdout.strip()

    def client(self, **options):
        return Client(self.http_port, **options)

    def readyz(self):
        try:
            return self.client(timeout=3).request("GET", "/readyz").status
        except OSError:
            return 0

    def supervisor(self):
        with open(os.path.join(self.data, "run", "lock"), encoding="utf-8") as lock:
            return int(lock.readline())

    def pid(self, name):
        """The process of that name (svc-user … gateway, redis-server) now, or None."""
        parent = self.supervisor()
        for path in glob.glob("/proc/[0-9]*"):
            state = state_of(os.path.basename(path))
            if state and state[0] not in "ZX" and state[1:] == (parent, name):
                return int(os.path.basename(path))
        return None

    def end(self, name, number=signal.SIGKILL):
        """Ends one process, as soon as it is there; returns its pid once it is gone."""
        wait_until(lambda: self.pid(name) is not None, 20, f"{name} is there")
        pid = self.pid(name)
        self.caused[name.replace("-server", "")] += 1
        os.kill(pid, number)
        wait_until(lambda: not lives(pid), 20, f"{name} is gone")
        return pid

    def await_return(self, name, since, seconds=BACK_S):
        """Waits until the process is there and all is ready; returns seconds since `since`."""
        left = seconds - (time.monotonic() - since)
        wait_until(lambda: self.pid(name) is not None and self.readyz() == 200, left,
                   f"{name} is back and all is ready")
        return time.monotonic() - since

    def log_paths(self):
        return glob.glob(os.path.join(self.data, "run", "log", "*"))

    def logs(self, tail=1500):
        text = ""
        for path in self.log_paths():
            with open(path, "rb") as log:
                text += f"--- {path}\n{log.read()[-tail:].decode(errors='replace')}\n"
        return text

    def log_text(self):
        text = b""
        for path in self.log_paths():
            with open(path, "rb") as log:
                text += log.read()
        return text

    def deaths(self):
        found = collections.Counter()
        try:
            path = os.path.join(self.data, "run", "log", "supervise.log")
            with open(path, encoding="utf-8") as log:
                lines = log.readlines()
        except OSError:
            return found
        for line in lines:
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("message") == "a process died":
                found[event["name"]] += 1
        return found

    def _troubles(self):
        for path in self.log_paths():
            with open(path, "rb") as log:
                text = log.read()
            for word in (*TROUBLE, *QUIET_FIELDS):
                at = text.find(word)
                if at >= 0:
                    yield f"{path} says {text[max(0, at - 200):at + 4000].decode(errors='replace')}"
        if self.deaths() != self.caused:
            yield f"died: {dict(self.deaths())}, of which by the test: {dict(self.caused)}"

    def stop(self):
        """Gracefully; raises if something went wrong in the suite's life, else tidies up."""
        self.down()
        if self.redis:
            self.redis.stop()
        if self._life >= 0:
            os.close(self._life)
        troubles = list(self._troubles())
        if troubles:
            print(f"kept: {self.directory}", file=sys.stderr)
            raise SuiteError("\n".join(troubles))
        shutil.rmtree(self.directory, ignore_errors=True)

    # People

    def admin(self, username="chief"):
        """Makes an administrator and signs in; returns a client with the session's token."""
        self.ctl("admin", "create", "--username", username, "--password-stdin", input=PASSWORD)
        return self.sign_in(username)

    def register(self, username, password=PASSWORD):
        reply = self.client().request("POST", "/v1/accounts",
                                      json={"username": username, "password": password})
        if reply.status != 201:
            raise SuiteError(f"POST /v1/accounts: {reply}")
        return reply.json()

    def sign_in(self, login, password=PASSWORD):
        """A client with a new session."""
        client = self.client()
        reply = client.request("POST", "/v1/sessions", json={"login": login, "password": password})
        if reply.status != 201:
            raise SuiteError(f"POST /v1/sessions: {reply}")
        client.session = reply.json()
        client.token = client.session["token"]
        return client
