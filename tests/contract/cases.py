"""Contract cases: data files of requests and expected replies (README.md has the form)."""
import base64
import hmac
import json
import re
import time

import yaml

import client

VARIABLE = re.compile(r"\$\{([^}]+)\}")
REPEAT = re.compile(r"^(.+)\*(\d+)$")
TOTP = re.compile(r"^(.+)\|totp([+-]\d)?$")

MATCHERS = {
    "<any>": lambda v: True,
    "<string>": lambda v: isinstance(v, str) and v != "",
    "<int>": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "<number>": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "<list>": lambda v: isinstance(v, list),
    "<object>": lambda v: isinstance(v, dict),
    "<id>": lambda v: isinstance(v, str) and re.fullmatch(r"[1-9]\d{7,8}", v) is not None,
    "<time>": lambda v: isinstance(v, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", v) is not None,
}


class CaseError(Exception):
    pass


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def totp(secret, ahead=0):
    """The code of an authenticator app (RFC 6238), so many steps from now."""
    step = int(time.time()) // 30 + ahead
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1").digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7fffffff) % 1000000:06d}"


def fill(value, variables):
    """Puts variables into every text; "${x*31}" is x thirty-one times, "${x|totp+1}" the next code of
    the secret x."""
    if isinstance(value, dict):
        return {key: fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    if not isinstance(value, str):
        return value

    def one(match):
        repeated = REPEAT.match(match[1])
        if repeated:
            return repeated[1] * int(repeated[2])
        code = TOTP.match(match[1])
        if code:
            return totp(variables[code[1]], int(code[2] or 0))
        if match[1] not in variables:
            raise CaseError(f"no value for {match[0]}")
        return str(variables[match[1]])

    whole = VARIABLE.fullmatch(value)
    if whole and whole[1] in variables:
        return variables[whole[1]]
    return VARIABLE.sub(one, value)


def compare(want, got, where="body"):
    """Where got differs from want, as a list of lines. A mapping with the key "..." allows others."""
    if isinstance(want, str) and want in MATCHERS:
        return [] if MATCHERS[want](got) else [f"{where}: {got!r} is no {want}"]
    if isinstance(want, str) and want.startswith("<re:"):
        return [] if isinstance(got, str) and re.fullmatch(want[4:-1], got) else [
            f"{where}: {got!r} does not match {want}"]
    if isinstance(want, dict):
        return _compare_mapping(want, got, where)
    if isinstance(want, list):
        if not isinstance(got, list) or len(want) != len(got):
            return [f"{where}: {got!r}, not {want!r}"]
        return [line for i, item in enumerate(want)
                for line in compare(item, got[i], f"{where}[{i}]")]
    if type(want) is not type(got) or want != got:
        return [f"{where}: {got!r}, not {want!r}"]
    return []


def _compare_mapping(want, got, where):
    if not isinstance(got, dict):
        return [f"{where}: {got!r} is no object"]
    lines = [f"{where}: no {key!r}" for key in want if key not in got and key != "..."]
    if "..." not in want:
        lines += [f"{where}: unexpected {key!r}" for key in got if key not in want]
    return lines + [line for key, item in want.items() if key in got
                    for line in compare(item, got[key], f"{where}.{key}")]


def pick(reply, path):
    """A value of the reply: "items.0.id", or "header:Location"."""
    if path.startswith("header:"):
        return reply.headers[path[7:].lower()]
    value = reply.json()
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def build(request):
    """Headers and body of a case's request."""
    headers = {name: str(value) for name, value in (request.get("headers") or {}).items()}
    encoders = {"json": client.encode_json, "form": client.encode_form,
                "multipart": client.encode_multipart}
    for kind, encode in encoders.items():
        if kind in request:
            body, content_type = encode(request[kind])
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = content_type
            return headers, body
    if "raw" in request:
        return headers, request["raw"].encode("utf-8")
    if "hex" in request:
        return headers, bytes.fromhex(request["hex"])
    return headers, None


def check(expect, reply):
    lines = []
    if reply.status != expect["status"]:
        lines.append(f"status {reply.status}, not {expect['status']}")
    for name, want in (expect.get("headers") or {}).items():
        got = reply.headers.get(name.lower())
        if want is None:
            lines += [f"header {name}: {got!r}, should be absent"] if got is not None else []
        else:
            lines += compare(want, got, f"header {name}")
    if "text" in expect:
        lines += compare(expect["text"], reply.body.decode(errors="replace"))
    if "magic" in expect and not reply.body.hex().startswith(expect["magic"]):
        lines.append(f"body begins with {reply.body[:8].hex()}")
    if "json" in expect:
        try:
            lines += compare(expect["json"], reply.json())
        except ValueError:
            lines.append(f"body is not JSON: {reply.body[:200]!r}")
    return lines


def read_outbox(path, want, variables):
    """The newest line of the outbox that has all members of `want` ("save" apart): its code and key
    become variables."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    want = fill(want, variables)
    fitting = [line for line in lines
               if all(line[name] == value for name, value in want.items() if name != "save")]
    if not fitting:
        raise CaseError(f"the outbox has no {want}")
    for name, member in want["save"].items():
        variables[name] = fitting[-1][member]


def run(case, port, variables, outbox=None):
    """Sends a case's request (`times` times); what is wrong with the last reply, as lines."""
    if "before" in case:
        lines = run(case["before"], port, variables, outbox)
        if lines:
            return ["before: " + line for line in lines]
    if "outbox" in case:
        read_outbox(outbox, case["outbox"], variables)
    request = fill(case["request"], variables)
    headers, body = build(request)
    for _ in range(case.get("times", 1)):
        reply = client.send(port, request["method"], request["path"], headers, body,
                            request.get("declared"))
    lines = check(fill(case["expect"], variables), reply)
    if lines:
        return lines + [f"reply: {reply}"]
    for name, path in (case.get("save") or {}).items():
        variables[name] = pick(reply, path)
    return []
