"""The private Redis of a suite that was given none: a unix socket in the data directory, no port. Where
the socket's path would be too long, a free loopback port with a random password."""
import os
import secrets
import socket

from .child import Child

SOCKET_PATH_MAX = 107  # sockaddr_un.sun_path without its NUL


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_secret(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        out.write(text)


def prepare(settings):
    """Writes its configuration and tells the processes (settings.environ) where it will listen. Its
    log is always a file: it is not in the form of the others'."""
    lines = [
        "daemonize no",
        "loglevel warning",
        'save ""',
        "appendonly yes",
        "appendfsync everysec",
        f"dir {_quoted(os.path.join(settings.data, 'redis'))}",
    ]
    path = settings.run_path("redis.sock")
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        lines += ["port 0", f"unixsocket {_quoted(path)}", "unixsocketperm 700"]
        settings.environ["QUINTET_REDIS_URL"] = f"unix://{path}"
    else:
        port, password = _free_port(), secrets.token_hex(32)
        lines += [f"port {port}", "bind 127.0.0.1", f"requirepass {password}"]
        url_file = settings.run_path("redis.url")
        _write_secret(url_file, f"redis://:{password}@127.0.0.1:{port}/0\n")
        settings.environ["QUINTET_REDIS_URL_FILE"] = url_file
    conf = settings.run_path("redis.conf")
    _write_secret(conf, "\n".join(lines) + "\n")
    log_path = settings.run_path("log", "redis.log")
    return Child("redis", ["redis-server", conf], settings.environ, log_path)
