"""A private copy of the whole suite: Redis and the five processes, on free ports in a directory that
is removed afterwards."""
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROCESSES = ("svc-user", "svc-auth", "svc-chat", "svc-media", "gateway")
BUS_PORTS = 10  # two for each service, some to spare
START_S = 30
STOP_S = 20
TROUBLE = (b"Sanitizer", b"runtime error:", b"terminate called", b"Assertion")


class SuiteError(Exception):
    pass


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_run(count):
    """First of `count` free ports in a row, below those the kernel hands out by itself."""
    for _ in range(200):
        first = random.randrange(20000, 32000 - count)
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise SuiteError("no run of free ports")


class Suite:
    def __init__(self, bin_dir, settings=None):
        self.bin_dir = bin_dir
        self.dir = tempfile.mkdtemp(prefix="quintet-contract-")
        first = _free_run(BUS_PORTS + 2)
        self.http_port = first
        self.redis_socket = os.path.join(self.dir, "redis.sock")
        self.env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "QUINTET_DATA": os.path.join(self.dir, "data"),
            "QUINTET_LISTEN": "127.0.0.1",
            "QUINTET_HTTP_PORT": str(first),
            "QUINTET_PUSH_PORT": str(first + 1),
            "QUINTET_BUS_PORT": str(first + 2),
            "QUINTET_REDIS_URL": "unix://" + self.redis_socket,
            "QUINTET_LOG_LEVEL": "debug",
            **(settings or {}),
        }
        self.outbox = os.path.join(self.env["QUINTET_DATA"], "outbox.jsonl")
        self.env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        self.children = {}

    def _spawn(self, name, command):
        with open(os.path.join(self.dir, name + ".log"), "ab") as log:
            self.children[name] = subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        os.mkdir(self.env["QUINTET_DATA"])
        self._spawn("redis", ["redis-server", "--port", "0", "--unixsocket", self.redis_socket,
                              "--save", "", "--appendonly", "no", "--dir", self.dir])
        for name in PROCESSES:
            self._start_process(name)
        self._wait_ready()

    def _start_process(self, name):
        self._spawn(name, [os.path.join(self.bin_dir, name, name)])

    def end(self, name):
        """Ends one process gracefully."""
        child = self.children.pop(name)
        child.send_signal(signal.SIGTERM)
        if child.wait(STOP_S) != 0:
            raise SuiteError(f"{name} ended with {child.returncode}\n{self.logs(name)}")

    def begin(self, name):
        """Starts it again and waits until all is well."""
        self._start_process(name)
        self._wait_ready()

    def _wait_ready(self):
        deadline = time.monotonic() + START_S
        said = "nothing"
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
                connection.request("GET", "/readyz")
                reply = connection.getresponse()
                said = reply.read()
                connection.close()
                if reply.status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)  # between two questions; there is no event to wait for
        raise SuiteError(f"not ready after {START_S} s: {said}\n{self.logs()}")

    def check_alive(self):
        for name, child in self.children.items():
            if child.poll() is not None:
                raise SuiteError(f"{name} died ({child.returncode})\n{self.logs(name)}")

    def command(self, name, args):
        """Output of one of the suite's programs."""
        done = subprocess.run([os.path.join(self.bin_dir, name), *args], env=self.env, timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise SuiteError(f"{name} {args}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()

    def ctl(self, args, stdin):
        done = subprocess.run([os.path.join(self.bin_dir, "deploy", "quintet-ctl"), *args],
                              env=self.env, input=stdin.encode(), timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise SuiteError(f"ctl {args}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode().strip()

    def logs(self, only=None, tail=2000):
        text = ""
        for name in [only] if only else self.children:
            with open(os.path.join(self.dir, name + ".log"), "rb") as log:
                text += f"--- {name}\n" + log.read()[-tail:].decode(errors="replace")
        return text

    def read_log(self, name):
        with open(os.path.join(self.dir, name + ".log"), "rb") as log:
            return log.read()

    def stop(self):
        """What went wrong at the end: exit codes and what the sanitizers have to say."""
        troubles = []
        for name in reversed(list(self.children)):
            child = self.children[name]
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            try:
                code = child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                troubles.append(f"{name} did not stop within {STOP_S} s")
                continue
            if code != 0:
                troubles.append(f"{name} ended with {code}\n{self.logs(name, 6000)}")
            elif any(word in self.read_log(name) for word in TROUBLE):
                troubles.append(f"{name}:\n{self.logs(name, 6000)}")
        shutil.rmtree(self.dir, ignore_errors=True)
        return troubles
