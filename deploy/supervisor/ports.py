"""Are the ports free? Asked before anything starts: a foreign gateway on our port would answer the
readiness probe in our gateway's place."""
import errno
import socket
import time

from .settings import SettingsError

BUS_PORTS = 8  # two for each of four services (common/svc/svc.h)
# The processes of a supervisor that was killed end by themselves, within moments.
WAIT_S = 3.0
PAUSE_S = 0.05


def _is_free(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def wait_free(settings):
    """Raises, naming the setting and the port, when one is not free and does not become so."""
    wanted = [
        ("QUINTET_HTTP_PORT", settings.listen, settings.http_port),
        ("QUINTET_PUSH_PORT", settings.listen, settings.push_port),
    ]
    for offset in range(BUS_PORTS):
        wanted.append(("QUINTET_BUS_PORT", settings.bus_listen, settings.bus_port + offset))
    give_up = time.monotonic() + WAIT_S
    for key, host, port in wanted:
        while not _is_free(host, port):
            if time.monotonic() >= give_up:
                raise SettingsError(f"{key}: port {port} is in use by another program")
            time.sleep(PAUSE_S)
