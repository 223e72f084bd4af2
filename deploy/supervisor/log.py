"""The supervisor's log: one JSON line an event on standard error, as the processes write theirs."""
import datetime
import json
import os
import sys

FILE_MAX = 10 << 20


def event(level, message, **fields):
    now = datetime.datetime.now(datetime.timezone.utc)
    line = {
        "time": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "level": level,
        "process": "supervise",
        "message": message,
        **fields,
    }
    try:
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")), file=sys.stderr, flush=True)
    except OSError:
        pass  # a closed terminal or a full disk is no reason to stop the suite


def open_file(path):
    """Opens a log for appending; one that has grown past FILE_MAX becomes path.1 first."""
    if os.path.exists(path) and os.path.getsize(path) > FILE_MAX:
        os.replace(path, path + ".1")
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_line(path):
    """The last line of a log, for a message to the operator; empty when there is none."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, os.path.getsize(path) - 4096))
            lines = log.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
