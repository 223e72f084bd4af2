"""The suite: which processes, started together, kept alive, stopped in order."""
import os
import selectors
import signal
import subprocess

from . import log
from .child import Child
from .loop import Loop
from .ready import Probe
from .settings import SettingsError

PROCESSES = ("svc-user", "svc-auth", "svc-chat", "svc-media", "gateway")
# Who asks stops before who answers.
STOP_ORDER = (("gateway",), ("svc-auth", "svc-chat"), ("svc-user", "svc-media"), ("redis",))
READY_S = 60
STOP_S = 10
DEATHS_BEFORE_READY = 8  # then it is not going to work; about 11 s of trying


def program(bin_dir, name):
    return os.path.join(bin_dir, name, name)


def check_configuration(settings, bin_dir):
    """Lets every process judge its own settings; raises with what the first objector said."""
    checks = []
    for name in PROCESSES:
        path = program(bin_dir, name)
        if not os.access(path, os.X_OK):
            raise SettingsError(f"{path} is not built; run deploy/up")
        checks.append(
            subprocess.Popen(
                [path, "--check-config"],
                env=settings.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        )
    answers = [(check.communicate()[1], check.returncode) for check in checks]
    for name, (errors, status) in zip(PROCESSES, answers):
        if status != 0:
            text = errors.decode(errors="replace").strip()
            raise SettingsError(text or f"{name} --check-config: exit status {status}")


class Suite:
    def __init__(self, settings, bin_dir, log_dir, redis, on_ready):
        """log_dir: None sends the logs to standard error. redis: a Child, or None."""
        self.failure = ""
        self._on_ready = on_ready
        self._loop = Loop(self.stop)
        self._children = [redis] if redis else []
        for name in PROCESSES:
            log_path = os.path.join(log_dir, name + ".log") if log_dir else None
            self._children.append(
                Child(name, [program(bin_dir, name)], settings.environ, log_path)
            )
        self._probe = Probe(self._loop, settings, self._became_ready)
        self._ready = False
        self._deadline = None
        self._stopping = None  # the rest of STOP_ORDER, once stopping

    def run(self):
        """Returns once everything has stopped; self.failure says why if it never became ready."""
        for child in self._children:
            self._start(child)
        self._probe.attempt()
        self._deadline = self._loop.after(
            READY_S, lambda: self._give_up(f"not ready after {READY_S} s; {self._probe.last_answer}")
        )
        self._loop.run()

    def stop(self):
        if self._stopping is None:
            log.event("info", "stopping")
            self._stopping = list(STOP_ORDER)
            self._probe.stop()
            self._stop_next()

    def _start(self, child):
        if self._stopping is not None:
            return
        wait = child.start()
        if wait is None:
            self._loop.watch(child.pidfd, selectors.EVENT_READ, lambda: self._ended(child))
        else:
            self._start_again(child, wait)

    def _ended(self, child):
        self._loop.unwatch(child.pidfd)
        wait = child.reap()
        if self._stopping is None:
            self._start_again(child, wait)
        else:
            self._stop_next()

    def _start_again(self, child, wait):
        log.event(
            "warn", "a process died", name=child.name, status=child.last_status, again_in_s=wait
        )
        if not self._ready and child.deaths >= DEATHS_BEFORE_READY:
            said = log.last_line(child.log_path) if child.log_path else ""
            self._give_up(f"{child.name} keeps dying ({child.last_status}) {said}".rstrip())
        else:
            self._loop.after(wait, lambda: self._start(child))

    def _became_ready(self):
        self._ready = True
        self._loop.cancel(self._deadline)
        log.event("info", "ready")
        self._on_ready()

    def _give_up(self, reason):
        self.failure = self.failure or reason
        self.stop()

    def _stop_next(self):
        """Signals the next group that has living members; the last death ends the loop."""
        if any(child.alive() and child.asked_to_stop for child in self._children):
            return
        while self._stopping:
            names = self._stopping.pop(0)
            group = [c for c in self._children if c.name in names and c.alive()]
            for child in group:
                child.asked_to_stop = True
                child.signal(signal.SIGTERM)
            if group:
                self._loop.after(STOP_S, lambda: self._kill(group))
                return
        log.event("info", "stopped")
        self._loop.end()

    def _kill(self, group):
        for child in group:
            if child.alive():
                log.event("error", "does not stop, killing it", name=child.name)
                child.signal(signal.SIGKILL)
