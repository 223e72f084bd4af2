"""A plain HTTP/1.1 client with one connection that it keeps. Not for several threads at once."""
import http.client
import json as json_module
import urllib.parse

TIMEOUT_S = 15


class Lost(OSError):
    """There was no answer, or only a part of one."""


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        return json_module.loads(self.body.decode("utf-8"))

    def __str__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Client:
    """token: sent as Bearer, or as it is where raw is set. address: the client's own, of 127/8."""

    def __init__(self, port, token=None, raw=False, address=None, timeout=TIMEOUT_S):
        self.token = token
        self.raw = raw
        self.session = None
        self._new = lambda: http.client.HTTPConnection(
            "127.0.0.1", port, timeout=timeout, source_address=(address, 0) if address else None)
        self._connection = None

    def _headers(self, headers):
        if self.token:
            value = self.token if self.raw else f"Bearer {self.token}"
            headers = {"Authorization": value, **headers}
        return headers

    def _exchange(self, method, path, body, headers):
        if self._connection is None:
            self._connection = self._new()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return Reply(response.status, response.getheaders(), response.read())

    def request(self, method, path, json=None, form=None, query=None, headers=None):
        """Lost when there is no answer; nothing is ever sent twice."""
        headers, body = self._headers(headers or {}), None
        if query is not None:
            path += "?" + urllib.parse.urlencode(query)
        if json is not None:
            body, headers["Content-Type"] = json_module.dumps(json).encode(), "application/json"
        elif form is not None:
            body = urllib.parse.urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            reply = self._exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(f"{method} {path.split('?')[0]}: {error!r}") from error
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    __del__ = close
