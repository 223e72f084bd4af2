"""Bad input for every route (contracts/README.md, rule 4), made from the list of routes, the OpenAPI
document and, for dialects, from what their case file says of parameters and failures."""
import copy
import json
import re

import cases
import client

BAD_JSON = {
    "malformed JSON": b'{"a":',
    "trailing bytes": b'{} {}',
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "NUL byte": b'{"a":"\x00"}',
    "escaped NUL": b'{"a":"\\u0000"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "deep nesting": b"[" * 50000,
    "no JSON at all": b"a=b&c=d",
}
JSON_HEADERS = {"Content-Type": "application/json"}
CODE = re.compile(r"[a-z][a-z0-9_]*")


class Route:
    def __init__(self, line):
        self.method, self.path, self.dialect, limit = line.split()
        self.body_max = int(limit)
        self.name = f"{self.method} {self.path}"

    def example(self, parameter="12345678"):
        """A concrete path."""
        path = self.path.replace("{*}", "nothing/here.png")
        return re.sub(r"\{[^}]+\}", parameter, path)

    def matches(self, method, path):
        pattern = re.escape(self.path).replace(re.escape("{*}"), ".+")
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", pattern)
        method = "GET" if method == "HEAD" else method
        return method == self.method and re.fullmatch(pattern, path.split("?")[0]) is not None


class Checker:
    """Counts checks and keeps what failed."""

    def __init__(self, port):
        self.port = port
        self.passed = 0
        self.failures = []

    def note(self, name, lines):
        if lines:
            self.failures.append((name, lines))
        else:
            self.passed += 1

    def send(self, name, route, check, path=None, headers=None, body=None, declared=None):
        try:
            reply = client.send(self.port, route.method, path or route.example(), headers, body,
                                declared)
            lines = check(reply)
        except (OSError, ValueError) as error:
            lines = [f"no reply: {error!r}"]
            reply = None
        self.note(f"{route.name}: {name}", lines and lines + [f"reply: {reply}"])


def problem(*statuses, code=None, field=None):
    """Expects a problem document with one of the statuses."""
    def check(reply):
        if reply.status not in statuses:
            return [f"status {reply.status}, not one of {statuses}"]
        if reply.headers.get("content-type") != "application/problem+json":
            return [f"content type {reply.headers.get('content-type')}"]
        body = reply.json()
        if body.get("status") != reply.status or not CODE.fullmatch(body.get("code", "")):
            return ["not a problem document"]
        if not body.get("title") or not isinstance(body.get("detail"), str):
            return ["no title or detail"]
        if code and body["code"] != code:
            return [f"code {body['code']}, not {code}"]
        if reply.status == 422 and not isinstance(body.get("errors"), list):
            return ["422 without errors"]
        if field and field not in [error["field"] for error in body["errors"]]:
            return [f"errors do not name {field}"]
        return []
    return check


def oversize(checker, route, headers):
    def check(reply):
        return [] if reply.status == 413 else [f"status {reply.status}, not 413"]
    checker.send("body over the limit", route, check, headers=headers, declared=route.body_max + 1)


# /v1

def schema_of(document, reference):
    return document["components"]["schemas"][reference["$ref"].rsplit("/", 1)[1]]


def types_of(prop):
    types = prop.get("type", [])
    return types if isinstance(types, list) else [types]


def good_value(name, prop):
    if "enum" in prop:
        return prop["enum"][0]
    if "integer" in types_of(prop):
        return prop.get("minimum", 0)
    return {"email": "bad-input@example.org", "phone": "13900000000"}.get(name, "Bad-Input-1")


def bad_fields(schema):
    """(what, field, body) with exactly one field wrong."""
    good = {name: good_value(name, prop) for name, prop in schema["properties"].items()
            if name in schema["required"]}
    for name in schema["required"]:
        yield "missing", name, {key: value for key, value in good.items() if key != name}
        yield "null", name, {**good, name: None}
    for name, prop in schema["properties"].items():
        wrong = [[], {}, 1.5] + ([7] if "string" in types_of(prop) else ["7"])
        wrong += [7] if "boolean" in types_of(prop) else [True]
        for value in wrong:
            yield f"wrong type {json.dumps(value)}", name, {**good, name: value}
        if "maxLength" in prop:
            yield "over-long", name, {**good, name: "x" * (prop["maxLength"] + 1)}
        if "enum" in prop:
            yield "unknown word", name, {**good, name: "no-such-word"}
        if "maximum" in prop:
            yield "too high", name, {**good, name: prop["maximum"] + 1}
            yield "too low", name, {**good, name: -1}


def v1_body(checker, route, operation, document, auth):
    headers = {**auth, **JSON_HEADERS}
    schema = schema_of(document, operation["requestBody"]["content"]["application/json"]["schema"])
    checker.send("no body", route, problem(400, code="bad_json"), headers=headers)
    checker.send("empty body", route, problem(400, code="bad_json"), headers=headers, body=b"")
    for name, body in BAD_JSON.items():
        checker.send(name, route, problem(400, code="bad_json"), headers=headers, body=body)
    for body in (b"[]", b'"text"', b"null", b"7"):
        checker.send(f"no object: {body}", route, problem(422), headers=headers, body=body)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"):
        checker.send(f"type {kind}", route, problem(415), body=b"{}",
                     headers={**auth, "Content-Type": kind})
    checker.send("no type", route, problem(415), headers=auth, body=b"{}")
    for what, field, value in bad_fields(schema):
        checker.send(f"{field} {what}", route, problem(422, field=field), headers=headers,
                     body=json.dumps(value).encode())


def v1_path(checker, route, auth):
    # A name that no route could mistake for a number; sessions have ids of their own.
    for parameter in ("abc", "0", "-1", "1" * 30, "%C3%A4", "%20", "x" * 2000, "1.0", "12345678x"):
        checker.send(f"path parameter {parameter[:20]}", route, problem(404),
                     path=route.example(parameter), headers={**auth, **JSON_HEADERS}, body=b"{}")
    for parameter in ("%00", "%FF", "%2F", "%0A"):
        def check(reply):
            return [] if reply.status in (400, 404) else [f"status {reply.status}"]
        checker.send(f"path parameter {parameter}", route, check, path=route.example(parameter),
                     headers=auth)


def v1_query(checker, route, operation, auth):
    names = [p["name"] for p in operation["parameters"] if p["in"] == "query"]
    for name in names:
        for value in ("%FF", "%00", "%ED%A0%80"):
            checker.send(f"query {name}={value}", route, problem(422), headers=auth,
                         path=f"{route.example()}?{name}={value}")
        if name != "cursor" and name != "limit":
            checker.send(f"query {name} over-long", route, problem(422, field=name), headers=auth,
                         path=f"{route.example()}?{name}={'x' * 3000}")
    if "limit" in names:
        for value in ("abc", "0", "-1", "1.5", ""):
            checker.send(f"limit={value}", route, problem(422, field="limit"), headers=auth,
                         path=f"{route.example()}?limit={value}")
    if "cursor" in names:
        for value in ("x", "A" * 32, "", "%00", "~" * 32, "12345678"):
            checker.send(f"cursor={value}", route, problem(422), headers=auth,
                         path=f"{route.example()}?cursor={value}")


def v1_route(checker, route, document, auth):
    operation = document["paths"][route.path][route.method.lower()]
    public = operation.get("security") == []
    headers = {} if public else auth
    if not public:
        for name, value in (("no token", {}), ("forged token", {"Authorization": "Bearer x"}),
                            ("other scheme", {"Authorization": "Basic eDp4"}),
                            ("empty token", {"Authorization": "Bearer "}),
                            ("endless token", {"Authorization": "Bearer " + "x" * 4000}),
                            ("forged cookie", {"Cookie": "sid=x"})):
            checker.send(name, route, problem(401), headers=value)
    oversize(checker, route, headers)
    if "requestBody" in operation:
        v1_body(checker, route, operation, document, headers)
    if "{" in route.path:
        v1_path(checker, route, headers)
    v1_query(checker, route, operation, headers)


# Dialects

def enveloped(want):
    """want: the failure, or a list of failures of which any will do."""
    def check(reply):
        if reply.status != 200:
            return [f"status {reply.status}, not 200"]
        wants = want if isinstance(want, list) else [want]
        results = [cases.compare(one, reply.json()) for one in wants]
        return [] if [] in results else sum(results, [])
    return check


def harmless(reply):
    """For a route without parameters: whatever is sent along changes nothing."""
    return [] if reply.status in (200, 404) else [f"status {reply.status}"]


def bad_forms(params):
    """(what, body, content type), each refused as a whole or for one field."""
    boundary = "multipart/form-data; boundary=x"
    yield "no body", None, None
    for what, body in BAD_JSON.items():
        yield what, body, "application/json"
    yield "list", b"[]", "application/json"
    yield "list as a value", json.dumps({name: [] for name in params}).encode(), "application/json"
    yield "urlencoded %", b"a=b%", "application/x-www-form-urlencoded"
    yield "multipart without boundary", b"--x--\r\n", "multipart/form-data"
    yield "multipart cut off", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', boundary
    yield "multipart of noise", bytes(range(256)) * 8, boundary
    for name in params:
        for what, text in (("invalid UTF-8", "%FF"), ("NUL", "%00"), ("surrogate", "%ED%A0%80")):
            parts = [f"{key}={text if key == name else value}" for key, value in params.items()]
            yield (f"{what} in {name}", "&".join(parts).encode(),
                   "application/x-www-form-urlencoded")
        for encode in (client.encode_form, client.encode_multipart, client.encode_json):
            body, kind = encode({key: value for key, value in params.items() if key != name})
            yield f"no {name}, {kind[:20]}", body, kind
            body, kind = encode({**params, name: "x" * 5000})
            yield f"over-long {name}, {kind[:20]}", body, kind
        value = copy.copy(params)
        value[name] = {"a": 1}
        yield f"object as {name}", json.dumps(value).encode(), "application/json"


def dialect_route(checker, route, contract, variables):
    rule = cases.fill(contract["routes"][route.name], variables)
    token = variables[rule.get("token", "token")]
    auth = {name: token for name in [contract["token_header"]] if rule.get("auth")}
    failure = enveloped(rule["failure"]) if "failure" in rule else harmless
    if rule.get("auth"):
        for value in (None, "", "x", "Bearer x", "a.b.c", "x" * 4000):
            checker.send(f"token {str(value)[:20]!r}", route,
                         enveloped(rule.get("unauthenticated", contract["unauthenticated"])),
                         headers={} if value is None else {contract["token_header"]: value})
    oversize(checker, route, auth)
    params = rule.get("params") or {}
    if route.method == "GET":
        dialect_query(checker, route, failure if params else harmless, auth, params)
        return
    for what, body, kind in bad_forms(params):
        headers = {**auth, "Content-Type": kind} if kind else auth
        checker.send(what, route, failure, headers=headers, body=body)


def dialect_query(checker, route, failure, auth, params):
    queries = ["", "?", "?%", "?a=b%", "?=&&=", "?%FF=%00", "?" + "a" * 6000]
    for name in params:
        others = "".join(f"&{k}={v}" for k, v in params.items() if k != name)
        for text in ("", "%FF", "%00", "%ED%A0%80", "x" * 3000):
            queries.append(f"?{name}={text}{others}")
        queries.append("?" + others[1:])
    for query in queries:
        checker.send(f"query {query[:40]}", route, failure, path=route.example() + query,
                     headers=auth)
