"""The table and the machine it was measured on."""
import os
import platform
import statistics
import subprocess

LIBRARIES = ("libcivetweb1", "libnng1", "libmsgpackc2", "libmsgpack-c2", "libhiredis0.14",
             "libhiredis1.1.0", "libsqlite3-0", "libsodium23", "libjansson4", "redis-server", "wrk")


def _rates(name, to):
    return lambda r: r[name]["rate"] / r[to]["rate"]


def _cpu(name, to):
    """The same ratio, were the servers' processor time all that counts."""
    return lambda r: r[to]["cpu_us"] / r[name]["cpu_us"]


# name, how a round's value is computed, target, whether more is better
RATIOS = (
    ("me / echo", _rates("me", "echo"), 0.20, True),
    ("me / (echo + bus)", _rates("me", "echo_bus"), 0.75, True),
    ("sessions / Argon2id", _rates("sessions", "argon"), 0.8, True),
    ("p99 of me, flood / quiet", lambda r: r["flood"]["p99_ms"] / r["me"]["p99_ms"], 5, False),
    ("homepage / (echo + bus)", _rates("homepage", "echo_bus"), None, True),
    ("accounts / Argon2id", _rates("accounts", "argon"), None, True),
    ("by processor time, me / (echo + bus)", _cpu("me", "echo_bus"), None, True),
    ("by processor time, sessions / Argon2id", _cpu("sessions", "argon"), None, True),
)
RSS_TARGET_MB = 40
TITLES = (
    ("echo", "bare civetweb echo"),
    ("echo_bus", "bare civetweb + nng echo"),
    ("me", "GET /v1/me"),
    ("homepage", "GET /user/homepage"),
    ("sessions", "POST /v1/sessions"),
    ("accounts", "POST /v1/accounts"),
    ("flood", "GET /v1/me in a flood of sign-ins"),
    ("argon", "bare Argon2id, 19 MiB, 2 passes"),
    ("commit", "bare SQLite group commit, rows"),
)


def _first_line(path, key):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "?")


def machine():
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *LIBRARIES],
                              capture_output=True, text=True, check=False).stdout
    return {
        "cpu": _first_line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "libraries": dict(row.split() for row in versions.splitlines() if len(row.split()) == 2),
    }


def _median(rounds, name, field):
    values = [r[name][field] for r in rounds if field in r[name]]
    return statistics.median(values) if values else None


def _sum(rounds, name, field):
    return sum(r[name].get(field, 0) for r in rounds)


def figures(rounds, rss_kb):
    """The medians of the rounds, and the ratios against their targets."""
    rates = {}
    for name, title in TITLES:
        rates[name] = {"title": title}
        for field in ("rate", "p50_ms", "p99_ms", "cpu_us"):
            rates[name][field] = _median(rounds, name, field)
        rates[name]["bad"] = _sum(rounds, name, "bad_status") + _sum(rounds, name, "broken")
    ratios = []
    for title, of_round, target, more in RATIOS:
        value = statistics.median(of_round(r) for r in rounds)
        ratios.append(_judged(title, value, target, more))
    ratios.append(_judged("idle resident memory, MB", sum(rss_kb.values()) / 1000, RSS_TARGET_MB,
                          False))
    return rates, ratios


def _judged(title, value, target, more):
    reached = None if target is None else value >= target if more else value <= target
    return {"title": title, "value": round(value, 3), "target": target,
            "at_least": more, "reached": reached}


def _cell(value):
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


def text(result):
    """All of it, as Markdown."""
    m = result["machine"]
    lines = [
        f"{m['cpu']}, {m['cores']} cores, Linux {m['kernel']}, load {m['load_before']:.1f} before",
        ", ".join(f"{name} {version}" for name, version in m["libraries"].items()),
        f"wrk, 32 connections; median of {len(result['rounds'])} rounds of {result['seconds']} s,"
        " taken in turn; a ratio is the median of the rounds' ratios", "",
        "| | per second | p50 ms | p99 ms | CPU µs | failed |",
        "|---|---:|---:|---:|---:|---:|"]
    for row in result["rates"].values():
        cells = [_cell(row[field]) for field in ("rate", "p50_ms", "p99_ms", "cpu_us")]
        lines.append(f"| {row['title']} | {' | '.join(cells)} | {row['bad']} |")
    lines += ["", "| | measured | target | |", "|---|---:|---:|---|"]
    for row in result["ratios"]:
        target, verdict = "", ""
        if row["target"] is not None:
            target = f"{'≥' if row['at_least'] else '≤'} {row['target']}"
            verdict = "reached" if row["reached"] else "not reached"
        lines.append(f"| {row['title']} | {row['value']:.2f} | {target} | {verdict} |")
    sizes = ", ".join(f"{name} {size / 1000:.1f}" for name, size in result["rss_kb"].items())
    lines += ["", f"Idle resident memory, MB: {sizes}"]
    return "\n".join(lines) + "\n"
