"""A plain HTTP/1.1 client that can also say what a well-behaved one would not."""
import http.client
import json
import socket

TIMEOUT_S = 15


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __str__(self):
        return f"{self.status} {self.body[:300]!r}"


def send(port, method, path, headers=None, body=None, declared=None):
    """declared: a Content-Length whose body is never sent."""
    headers = dict(headers or {})
    headers.setdefault("Host", f"127.0.0.1:{port}")
    headers["Connection"] = "close"
    if declared is not None:
        headers["Content-Length"] = str(declared)
    elif body is not None:
        headers["Content-Length"] = str(len(body))
    head = f"{method} {path} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
        try:
            connection.sendall(head.encode("utf-8") + b"\r\n" + (body or b""))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was read: the reply is there all the same
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Reply(response.status, response.getheaders(), response.read())


def encode_form(fields):
    from urllib.parse import urlencode
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def encode_multipart(fields):
    """A value that is a mapping is a file: {filename, type, content}."""
    boundary = "quintet-contract-boundary"
    out = b""
    for name, value in fields.items():
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, dict):
            out += f'; filename="{value["filename"]}"\r\nContent-Type: {value["type"]}'.encode()
            value = value["content"]
        out += b"\r\n\r\n" + str(value).encode() + b"\r\n"
    return out + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def encode_json(value):
    return json.dumps(value, ensure_ascii=False).encode(), "application/json"
