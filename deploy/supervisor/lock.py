"""Who runs what: an flock on run/lock in the data directory, held by the supervisor as long as it
lives. The file's text (pid, then the addresses) is only read while somebody holds the lock."""
import errno
import fcntl
import os
import signal
import time

STOP_TIMEOUT_S = 30
# Another command's probe holds the lock for microseconds; only who holds it longer is running.
PROBES = 5
PROBE_PAUSE_S = 0.02


def _try(fd, kind):
    for attempt in range(PROBES):
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
        if attempt + 1 < PROBES:
            time.sleep(PROBE_PAUSE_S)
    return False


def _is_supervisor(pid):
    """Not so for the pid a killed supervisor left in the file, and the kernel gave to another."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            return b"supervise" in cmdline.read()
    except OSError:
        return False


class Lock:
    def __init__(self, path):
        self._path = path
        self._fd = -1

    def take(self):
        """False when another supervisor has it. Lasts until this process and its forks end."""
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return _try(self._fd, fcntl.LOCK_EX)

    def write(self, text):
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n{text}".encode(), 0)

    def holder(self):
        """(pid, addresses) of the supervisor that runs, else None. pid is 0 in the moment before it
        has written its own."""
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if _try(self._fd, fcntl.LOCK_SH):
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            return None
        pid, _, text = os.pread(self._fd, 65536, 0).decode().partition("\n")
        return (int(pid) if pid.isdecimal() and _is_supervisor(pid) else 0), text

    def wait_released(self):
        """Blocks until the holder is gone; False after STOP_TIMEOUT_S."""

        def give_up(_signal, _frame):
            raise TimeoutError

        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(STOP_TIMEOUT_S)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_SH)
        except TimeoutError:
            return False
        finally:
            signal.alarm(0)
        return True
