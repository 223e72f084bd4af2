"""One supervised process: started, watched by its pidfd, started again when it dies."""
import ctypes
import os
import signal
import subprocess
import time

from . import log

BACKOFF_FIRST_S = 0.1
BACKOFF_MOST_S = 5.0
STEADY_S = 10.0  # who lived this long starts with a clean record

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with(parent):
    """Runs in the child: SIGTERM when the supervisor is gone, even if that happened just now."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    def __init__(self, name, argv, environ, log_path=None):
        self.name = name
        self.deaths = 0
        self.asked_to_stop = False
        self.pidfd = -1
        self.last_status = ""
        self.log_path = log_path
        self._argv = argv
        self._environ = environ
        self._process = None
        self._started = 0.0
        self._delay = 0.0

    def start(self):
        """None, or seconds to wait before the next try if it cannot even be started."""
        parent = os.getpid()
        self._started = time.monotonic()
        errors = log.open_file(self.log_path) if self.log_path else None
        try:
            # A session of its own: Ctrl-C is for the supervisor alone, which stops all in order.
            self._process = subprocess.Popen(
                self._argv,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=2 if errors is None else errors,
                stderr=errors,
                start_new_session=True,
                preexec_fn=lambda: _die_with(parent),
            )
        except OSError as error:
            return self._note_death(f"cannot be started: {error.strerror}")
        finally:
            if errors is not None:
                os.close(errors)
        self.pidfd = os.pidfd_open(self._process.pid)
        return None

    def alive(self):
        return self.pidfd >= 0

    def signal(self, number):
        if self.alive():
            signal.pidfd_send_signal(self.pidfd, number)

    def reap(self):
        """Call when the pidfd is readable; returns seconds to wait before the next start."""
        status = self._process.wait()
        os.close(self.pidfd)
        self.pidfd = -1
        return self._note_death(
            f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        )

    def _note_death(self, status):
        self.deaths += 1
        self.last_status = status
        if time.monotonic() - self._started >= STEADY_S:
            self._delay = 0.0
        wait, self._delay = self._delay, min(BACKOFF_MOST_S, max(BACKOFF_FIRST_S, 2 * self._delay))
        return wait
