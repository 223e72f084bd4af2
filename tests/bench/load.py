"""Programs that make load and say what came of it as one line of JSON."""
import json
import os
import resource
import subprocess

from suite import cpu_us

HERE = os.path.dirname(os.path.realpath(__file__))
CONNECTIONS = 32
TIMEOUT_S = 10  # sign-ins queue: 32 of them take a second or more


class LoadError(Exception):
    """One clear line."""


def _last_json(name, text):
    lines = text.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise LoadError(f"{name} said: {text.strip() or 'nothing'}") from error


def loop(command, seconds):
    """One of the baselines that need no HTTP."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, str(seconds)], capture_output=True, text=True,
                          timeout=seconds * 3 + 60, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise LoadError(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    result = _last_json(command[0], done.stdout)
    return {**result, "cpu_us": used * 1e6 / max(1, result["done"])}


class Wrk:
    """One run of wrk under way."""

    def __init__(self, url, seconds, kind="get", *args, authorization=""):
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
                   "--timeout", f"{TIMEOUT_S}s", "-s", os.path.join(HERE, "load.lua")]
        if authorization:
            command += ["-H", "Authorization: " + authorization]
        command += [url, "--", kind, *map(str, args)]
        self._timeout = seconds + 60
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, text=True)

    def result(self):
        errors = self._process.communicate(timeout=self._timeout)[1]
        return _last_json("wrk", errors)


def wrk(server, path, seconds, *args, **options):
    """Of a Suite or a Bare; with the processor time its processes used for a request."""
    pids = server.pids().values()
    before = cpu_us(pids)
    result = Wrk(server.url(path), seconds, *args, **options).result()
    return {**result, "cpu_us": (cpu_us(pids) - before) / max(1, result["requests"])}
