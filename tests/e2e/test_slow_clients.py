#!/usr/bin/python3
"""Clients that are slow, idle, impatient, confused or hostile: each gets what it deserves, and
nobody else notices."""
import concurrent.futures
import json
import re
import socket
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
from suite import PASSWORD, Suite, wait_until  # noqa: E402

HEADERS_S = 10.0  # design.md: to the end of the headers
BODY_GRACE_S = 10.0  # then a minimum rate
LATE_S = 4.0  # how much later a cut may come
PROMPT_S = 1.0  # how long others may wait meanwhile
IDLE = 300  # connections, more than the gateway has threads


def receive_all(connection, timeout):
    """Everything until the other side closes; raises if it does not in time."""
    deadline, data = time.monotonic() + timeout, b""
    while True:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part


def statuses(data):
    """Of all answers in it: bodies are skipped by their lengths."""
    found = []
    while data:
        head, mark, rest = data.partition(b"\r\n\r\n")
        line = re.match(rb"HTTP/1\.[01] (\d{3}) ", head)
        if not mark or not line:
            return found + [f"no answer: {data[:80]!r}"]
        if int(line[1]) != 100:
            found.append(int(line[1]))
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        data = rest[int(length[1]) if length else 0:]
    return found


class SlowClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()
        cls.suite.register("patient")
        cls.token = cls.suite.sign_in("patient").token
        cls.host = f"127.0.0.1:{cls.suite.http_port}".encode()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.suite.http_port), 15)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(connection.close)
        return connection

    def head(self, line, *headers):
        lines = (line, b"Host: " + self.host, *headers)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def me(self, *headers):
        return self.head(b"GET /v1/me HTTP/1.1", b"Authorization: Bearer " + self.token.encode(),
                         *headers)

    def ask(self, data, timeout=5):
        """Sends all at once, returns the answers until the gateway closes."""
        connection = self.connect()
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was read
        return receive_all(connection, timeout)

    def assert_prompt(self, what):
        begun = time.monotonic()
        client = self.suite.client(token=self.token, timeout=5)
        self.assertEqual(client.get("/v1/me").status, 200, what)
        self.assertLess(time.monotonic() - begun, PROMPT_S, what)

    def assert_cut(self, first, drip, most_s):
        """Sends `first`, then `drip` again and again, until cut. Returns answer and seconds."""
        connection = self.connect()
        connection.sendall(first)
        begun, data = time.monotonic(), b""
        connection.settimeout(0.5)
        while time.monotonic() - begun < most_s:
            try:
                connection.sendall(drip)
            except (BrokenPipeError, ConnectionResetError):
                return data, time.monotonic() - begun
            try:
                part = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                part = b""
            if not part:
                return data, time.monotonic() - begun
            data += part
        self.fail(f"not cut within {most_s} s: {first[:60]!r}")

    def test_slowness_is_cut(self):
        """All at the same time, since each takes its ten seconds; others are served meanwhile."""
        json_head = self.head(b"POST /v1/sessions HTTP/1.1", b"Content-Type: application/json",
                              b"Content-Length: 60000")
        form_head = self.head(b"POST /user/register HTTP/1.1",
                              b"Content-Type: application/x-www-form-urlencoded",
                              b"Content-Length: 60000")
        parts = self.head(b"POST /user/register HTTP/1.1",
                          b"Content-Type: multipart/form-data; boundary=b",
                          b"Content-Length: 60000")
        cases = {
            "headers byte by byte": (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", HEADERS_S),
            "a request line byte by byte": (b"GET /", b"a", HEADERS_S),
            "JSON byte by byte": (json_head + b'{"login":"', b"a", BODY_GRACE_S + 1),
            "a form byte by byte": (form_head + b"username=", b"a", BODY_GRACE_S + 1),
            "parts byte by byte": (parts + b"--b\r\n", b"a", BODY_GRACE_S + 1),
        }
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            running = {name: pool.submit(self.assert_cut, first, drip, most_s + LATE_S)
                       for name, (first, drip, most_s) in cases.items()}
            while not all(future.done() for future in running.values()):
                self.assert_prompt("while others are slow")
                time.sleep(0.25)
        for name, future in running.items():
            with self.subTest(name):
                data, taken = future.result()
                self.assertGreater(taken, 2.0, "cut too early")
                self.assertTrue(set(statuses(data)) <= {400, 408}, data)

    def test_a_body_that_is_slow_but_not_too_slow(self):
        body = json.dumps({"login": "patient", "password": PASSWORD}).encode()
        connection = self.connect()
        connection.sendall(self.head(b"POST /v1/sessions HTTP/1.1",
                                     b"Content-Type: application/json", b"Connection: close",
                                     b"Content-Length: %d" % len(body)))
        for byte in body:
            connection.sendall(bytes([byte]))
            time.sleep(0.01)  # the slowness itself
        self.assertEqual(statuses(receive_all(connection, 5)), [201])

    def test_a_body_that_never_comes_to_its_end(self):
        """The client goes away in the middle: nothing is stored."""
        body = b"username=halfway&password=x"
        for sent in (0, 10, len(body)):
            connection = self.connect()
            connection.sendall(self.head(b"POST /user/register HTTP/1.1",
                                         b"Content-Type: application/x-www-form-urlencoded",
                                         b"Content-Length: %d" % (len(body) + 1)) + body[:sent])
            connection.shutdown(socket.SHUT_WR)
            self.assertTrue(set(statuses(receive_all(connection, 5))) <= {400})
        reply = self.suite.client().get("/user/login", query={"username": "halfway",
                                                              "password": "x"})
        self.assertEqual(reply.json(), {"status": "user not found"})

    def test_half_requests(self):
        whole = self.me(b"Connection: close")
        for cut in (1, 5, 20, len(whole) // 2, len(whole) - 2):
            connection = self.connect()
            connection.sendall(whole[:cut])
            connection.shutdown(socket.SHUT_WR)
            self.assertTrue(set(statuses(receive_all(connection, 5))) <= {400}, cut)
        connection = self.connect()
        for start in range(0, len(whole), 7):
            connection.sendall(whole[start:start + 7])
            time.sleep(0.002)  # so that they are segments of their own
        self.assertEqual(statuses(receive_all(connection, 5)), [200])
        for abrupt in range(20):
            connection = self.connect()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(whole[:abrupt * 5])
            connection.close()  # a reset
        self.assert_prompt("after resets")

    def test_idle_connections_starve_nobody(self):
        held = []
        for number in range(IDLE):
            connection = self.connect()
            if number % 3:  # some have already asked something, some have never said a word
                connection.sendall(self.head(b"GET /healthz HTTP/1.1"))
                self.assertIn(b"200 OK", connection.recv(4096), number)
            held.append(connection)
        for _ in range(20):
            self.assert_prompt(f"beside {IDLE} idle connections")
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda _: self.assert_prompt("many beside idle ones"), range(200)))
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(self.suite.readyz(), 200)

    def test_silent_connections_starve_nobody(self):
        held = [self.connect() for _ in range(IDLE)]
        for connection in held:
            connection.sendall(b"GET /v1/me HTT")
        self.assert_prompt(f"beside {IDLE} half requests")
        self.assertEqual(len(held), IDLE)

    def test_idle_connections_are_closed_in_the_end(self):
        connection = self.connect()
        connection.sendall(self.head(b"GET /healthz HTTP/1.1"))
        begun = time.monotonic()
        self.assertEqual(statuses(receive_all(connection, 20)), [200])
        self.assertGreater(time.monotonic() - begun, 5, "keep-alive is kept for a while")

    def test_who_does_not_read_blocks_nobody(self):
        connections = [self.connect() for _ in range(8)]
        asks = self.head(b"GET /v1/openapi.json HTTP/1.1") * 200
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(0.5)
            try:
                connection.sendall(asks)
            except TimeoutError:
                pass  # it has stopped reading, as it should
        self.assert_prompt("while others do not read")

    def test_pipelined_requests(self):
        body = b"username=pipe&password=x"
        form = self.head(b"POST /user/register HTTP/1.1",
                         b"Content-Type: application/x-www-form-urlencoded",
                         b"Content-Length: %d" % len(body)) + body
        data = self.ask(self.me() + form + self.head(b"GET /nowhere HTTP/1.1")
                        + self.head(b"GET /user/homepage HTTP/1.1") + self.me(b"Connection: close"))
        self.assertEqual(statuses(data), [200, 200, 404, 200, 200], data)
        self.assertLess(data.index(b'"patient"'), data.index(b'{"status":"success"}'))
        self.assertIn(b"jwt error", data)
        data = self.ask(self.head(b"GET /healthz HTTP/1.1") * 49
                        + self.head(b"GET /healthz HTTP/1.1", b"Connection: close"))
        self.assertEqual(statuses(data), [200] * 50)
        # What comes behind a request that closes is not looked at.
        data = self.ask(self.me(b"Connection: close") + self.me())
        self.assertEqual(statuses(data), [200])

    def test_http_1_0(self):
        token = b"Authorization: Bearer " + self.token.encode()
        data = self.ask(self.head(b"GET /v1/me HTTP/1.0", token))
        self.assertEqual(statuses(data), [200])
        keep = self.head(b"GET /v1/me HTTP/1.0", token, b"Connection: keep-alive")
        data = self.ask(keep + self.head(b"GET /v1/me HTTP/1.0", token))
        self.assertEqual(statuses(data), [200, 200])
        self.assertEqual(statuses(self.ask(self.head(b"GET /v1/me HTTP/2.0", token))), [400])
        self.assertEqual(statuses(self.ask(b"GET /v1/me\r\n\r\n")), [400])

    def test_huge_headers(self):
        for name, lines in {
            "one huge": [b"X-A: " + b"a" * 20000],
            "many": [b"X-%d: a" % n for n in range(64)],
            "very many": [b"X-%d: a" % n for n in range(3000)],
            "a huge token": [b"Authorization: Bearer " + b"a" * 15000, b"X-B: " + b"b" * 3000],
        }.items():
            with self.subTest(name):
                got = statuses(self.ask(self.head(b"GET /v1/me HTTP/1.1", *lines)))
                self.assertIn(got, ([400], [431]))
        with self.subTest("a huge path"):
            got = statuses(self.ask(self.head(b"GET /" + b"a" * 20000 + b" HTTP/1.1")))
            self.assertIn(got, ([400], [414], [431]))
        with self.subTest("endless"):
            connection = self.connect()
            connection.sendall(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n")
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(5000):
                    connection.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
        just = [b"X-%d: a" % n for n in range(50)] + [b"X-A: " + b"a" * 8000, b"Connection: close"]
        self.assertEqual(statuses(self.ask(self.me(*just))), [200])

    def test_a_body_over_the_limit_is_not_read(self):
        for path in (b"/v1/sessions", b"/user/register"):
            begun = time.monotonic()
            data = self.ask(self.head(b"POST " + path + b" HTTP/1.1",
                                      b"Content-Type: application/json",
                                      b"Content-Length: 65537"))
            self.assertEqual(statuses(data), [413])
            self.assertLess(time.monotonic() - begun, 5)

    def test_expect_100(self):
        body = json.dumps({"login": "patient", "password": PASSWORD}).encode()
        connection = self.connect()
        connection.sendall(self.head(b"POST /v1/sessions HTTP/1.1", b"Expect: 100-continue",
                                     b"Content-Type: application/json", b"Connection: close",
                                     b"Content-Length: %d" % len(body)))
        self.assertEqual(connection.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(body)
        self.assertEqual(statuses(receive_all(connection, 5)), [201])
        # Refused without having been asked for: by its token, by its size.
        for line, length, status in ((b"PUT /v1/me/password HTTP/1.1", 10, 401),
                                     (b"POST /v1/sessions HTTP/1.1", 70000, 413)):
            connection = self.connect()
            connection.sendall(self.head(line, b"Expect: 100-continue",
                                         b"Content-Type: application/json",
                                         b"Content-Length: %d" % length))
            data = receive_all(connection, 5)
            self.assertNotIn(b"100 Continue", data)
            self.assertEqual(statuses(data), [status])

    def test_smuggling(self):
        """Whatever two readers could understand differently is refused and the connection closed:
        the request behind it is never answered."""
        post = b"POST /v1/sessions HTTP/1.1"
        kind = b"Content-Type: application/json"
        inner = self.me()
        chunked = b"Transfer-Encoding: chunked"
        host = b"Host: " + self.host
        shapes = {
            "two lengths": self.head(post, kind, b"Content-Length: 0", b"Content-Length: 5"),
            "two equal lengths": self.head(post, kind, b"Content-Length: 2", b"Content-Length: 2")
                + b"{}",
            "a list of lengths": self.head(post, kind, b"Content-Length: 2, 2") + b"{}",
            "length and chunks": self.head(post, kind, b"Content-Length: 5", chunked)
                + b"0\r\n\r\n",
            "chunks and length": self.head(post, kind, chunked, b"Content-Length: 5")
                + b"0\r\n\r\n",
            "two encodings": self.head(post, kind, chunked, b"Transfer-Encoding: identity"),
            "strange encoding": self.head(post, kind, b"Transfer-Encoding: xchunked"),
            "encoding list": self.head(post, kind, b"Transfer-Encoding: gzip, chunked"),
            "chunks in 1.0": self.head(b"POST /v1/sessions HTTP/1.0", kind, chunked)
                + b"0\r\n\r\n",
            "signed length": self.head(post, kind, b"Content-Length: +2") + b"{}",
            "negative length": self.head(post, kind, b"Content-Length: -2") + b"{}",
            "hex length": self.head(post, kind, b"Content-Length: 0x2") + b"{}",
            "huge length": self.head(post, kind, b"Content-Length: 99999999999999999999"),
            "wrapping length": self.head(post, kind, b"Content-Length: 18446744073709551618"),
            "empty length": self.head(post, kind, b"Content-Length: "),
            "blank in length": self.head(post, kind, b"Content-Length: 1 1"),
            "blank before colon": self.head(post, kind, b"Content-Length : 5"),
            "tab before colon": self.head(post, kind, b"Transfer-Encoding\t: chunked"),
            "folded line": self.head(post, kind, b"Transfer-Encoding:\r\n chunked"),
            "line without colon": self.head(post, kind, b"Transfer-Encoding"),
            "blank first": self.head(post, kind, b" Content-Length: 5"),
            "bare LF": self.head(post, kind, b"X: a\nContent-Length: 5"),
            "bare CR": self.head(post, kind, b"X: a\rContent-Length: 5"),
            "all bare LF": self.head(b"GET /v1/me HTTP/1.1").replace(b"\r\n", b"\n"),
            "NUL in a header": self.head(post, kind, b"X: a\0b"),
            "no host": b"GET /v1/me HTTP/1.1\r\n\r\n",
            "two hosts": self.head(b"GET /v1/me HTTP/1.1", host),
            "empty host": b"GET /v1/me HTTP/1.1\r\nHost: \r\n\r\n",
            "host with a path": b"GET /v1/me HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "two blanks": self.head(b"GET  /v1/me HTTP/1.1"),
            "tab in the line": self.head(b"GET\t/v1/me HTTP/1.1"),
            "words behind the version": self.head(b"GET /v1/me HTTP/1.1 x"),
            "another's target": self.head(b"GET http://elsewhere/v1/me HTTP/1.1"),
            "star": self.head(b"GET * HTTP/1.1"),
            "no slash": self.head(b"GET v1/me HTTP/1.1"),
            "encoded slash": self.head(b"GET /v1%2Fme HTTP/1.1"),
            "encoded NUL": self.head(b"GET /v1/me%00 HTTP/1.1"),
            "control in the path": self.head(b"GET /v1/\x01me HTTP/1.1"),
            "encoded CR LF": self.head(b"GET /v1/me%0d%0aX:%20y HTTP/1.1"),
            "backslash": self.head(b"GET /v1\\me HTTP/1.1"),
        }
        for name, shape in shapes.items():
            with self.subTest(name):
                data = self.ask(shape + inner)
                self.assertEqual(statuses(data), [400], data)
                self.assertNotIn(b"patient", data)
                self.assertRegex(data, rb"(?i)\r\nconnection: close\r\n")
        # Chunks themselves are read, however bad: the request behind is not found inside them.
        for name, chunks in {
            "good": b"2\r\n{}\r\n0\r\n\r\n",
            "size with a sign": b"+2\r\n{}\r\n0\r\n\r\n",
            "no size": b"\r\n{}\r\n0\r\n\r\n",
            "negative": b"-2\r\n{}\r\n0\r\n\r\n",
            "endless size": b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            "size too small": b"1\r\n{}\r\n0\r\n\r\n",
            "bare LF": b"2\n{}\n0\n\n",
            "extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
        }.items():
            with self.subTest(f"chunks: {name}"):
                data = self.ask(self.head(post, kind, chunked) + chunks
                                + self.me(b"Connection: close"), 15)
                # An extension may be ignored (RFC 9112, 7.1.1) or refused.
                wants = {"good": ([422, 200],), "extension": ([422, 200], [400])}
                self.assertIn(statuses(data), wants.get(name, ([400],)), data)
        self.assert_prompt("after all that")

    def test_many_at_once(self):
        """A burst beyond the threads: answered or refused cleanly, and all is well afterwards."""
        got, lock = [], threading.Lock()
        burst = [self.connect() for _ in range(400)]

        def ask(connection):
            try:
                connection.sendall(self.me(b"Connection: close"))
                answer = statuses(receive_all(connection, 15))
            except OSError as error:
                answer = [repr(error)]
            with lock:
                got.extend(answer or ["closed without an answer"])

        threads = [threading.Thread(target=ask, args=(c,)) for c in burst]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(set(got) <= {200, 503}, set(got))
        self.assertGreater(got.count(200), 200)
        wait_until(lambda: self.suite.readyz() == 200, 2, "ready after a burst")


if __name__ == "__main__":
    unittest.main()
