"""The far edge: what receives text messages and mail, speaking the real protocols."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import queue
import socketserver
import ssl
import subprocess
import threading

WAIT_S = 20


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Sink:
    """What was received is taken with take(); `answers` are given one a message, the last for ever."""

    def __init__(self, handler):
        self.received = queue.Queue()
        self.answers = []
        self.hanging = threading.Event()  # answers wait while it is clear
        self.hanging.set()
        self._server = _Threads(("127.0.0.1", 0), handler)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, default):
        if not self.answers:
            return default
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def take(self):
        return self.received.get(timeout=WAIT_S)

    def stop(self):
        self.hanging.set()
        self._server.shutdown()
        self._server.server_close()


class _Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sink = self.server.sink
        sink.received.put((dict(self.headers), body))
        sink.hanging.wait(WAIT_S)
        self.send_response(sink.answer(204))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class SmsSink(Sink):
    SECRET = "the webhook's secret"

    def __init__(self):
        super().__init__(_Hook)
        self.url = f"http://127.0.0.1:{self.port}/send"

    def take_message(self):
        """The message; its form and signature are checked."""
        headers, body = self.take()
        mac = hmac.new(self.SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Quintet-Signature"] == "sha256=" + mac, headers
        assert headers["Content-Type"].startswith("application/json"), headers
        message = json.loads(body)
        assert set(message) == {"id", "time", "to", "text", "code", "purpose"}, message
        assert message["code"] in message["text"], message
        return message


class _Smtp(socketserver.StreamRequestHandler):
    """RFC 5321 as far as a client needs it, with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4616)."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def line(self):
        return self.rfile.readline(4096).decode().rstrip("\r\n")

    def handle(self):
        self.secure, self.user, self.envelope = False, None, {}
        self.say("220 sink ESMTP")
        while True:
            line = self.line()
            if not line:
                return
            verb = line.split(" ")[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            getattr(self, "do_" + verb.lower(), self.unknown)(line)

    def finish(self):
        super().finish()
        if self.secure:
            self.connection.close()

    def unknown(self, line):
        self.say("502 not known")

    def do_ehlo(self, line):
        self.say("250-sink")
        self.say("250-8BITMIME")
        self.say("250 AUTH PLAIN" if self.secure else "250 STARTTLS")

    def do_starttls(self, line):
        self.say("220 go ahead")
        self.connection = self.server.sink.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.secure = True

    def do_auth(self, line):
        words = line.split(" ")
        text = words[2] if len(words) > 2 else self._ask()
        self.user = base64.b64decode(text).decode().split("\0")[1:]
        self.say("235 welcome")

    def _ask(self):
        self.say("334 ")
        return self.line()

    def do_mail(self, line):
        self.envelope["from"] = line
        self.say("250 ok")

    def do_rcpt(self, line):
        self.envelope["to"] = line
        self.say(self.server.sink.answer("250 ok"))

    def do_data(self, line):
        self.say("354 go on")
        text = b""
        while True:
            piece = self.rfile.readline(65536)
            if piece in (b".\r\n", b""):
                break
            text += piece
        mail = email.message_from_bytes(text, policy=email.policy.default)
        self.server.sink.received.put(
            {"mail": mail, "secure": self.secure, "user": self.user, **self.envelope})
        self.say("250 taken")


class MailSink(Sink):
    def __init__(self, directory):
        super().__init__(_Smtp)
        key, self.certificate = (os.path.join(directory, name) for name in ("key.pem", "cert.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        self.certificate, "-days", "2", "-subj", "/CN=sink", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.url = f"smtp://sender:p%40ss@127.0.0.1:{self.port}"
