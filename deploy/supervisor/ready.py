"""Asks the gateway's GET /readyz until it says 200, without ever blocking the supervisor's loop."""
import selectors
import socket

PAUSE_S = 0.02
ATTEMPT_S = 2.0
ANSWER_MAX = 65536


class Probe:
    def __init__(self, loop, settings, on_ready):
        self.last_answer = "the gateway does not answer"
        self._loop = loop
        self._address = (settings.host, settings.http_port)
        self._on_ready = on_ready
        self._socket = None
        self._answer = b""
        self._timeout = None
        self._stopped = False

    def attempt(self):
        if self._stopped:
            return
        self._answer = b""
        self._socket = socket.socket(
            socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET,
            socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
        )
        self._socket.connect_ex(self._address)
        self._loop.watch(self._socket, selectors.EVENT_WRITE, self._send)
        self._timeout = self._loop.after(ATTEMPT_S, self._end)

    def stop(self):
        self._stopped = True
        self._close()

    def _send(self):
        request = f"GET /readyz HTTP/1.1\r\nHost: {self._address[0]}\r\nConnection: close\r\n\r\n"
        try:
            self._socket.send(request.encode())
        except OSError:
            self._end()
            return
        self._loop.unwatch(self._socket)
        self._loop.watch(self._socket, selectors.EVENT_READ, self._receive)

    def _receive(self):
        try:
            part = self._socket.recv(4096)
        except OSError:
            part = b""
        self._answer += part
        if not part or len(self._answer) > ANSWER_MAX:
            self._end()

    def _end(self):
        """One attempt is over, well or not."""
        self._close()
        head, _, body = self._answer.decode(errors="replace").partition("\r\n\r\n")
        status = head.split(" ")[1] if head.count(" ") >= 2 else ""
        if status == "200":
            self._stopped = True
            self._on_ready()
            return
        if status:
            self.last_answer = f"/readyz says {status}: {body.strip()[:500]}"
        if not self._stopped:
            self._loop.after(PAUSE_S, self.attempt)

    def _close(self):
        if self._timeout is not None:
            self._loop.cancel(self._timeout)
            self._timeout = None
        if self._socket is not None:
            self._loop.unwatch(self._socket)
            self._socket.close()
            self._socket = None
