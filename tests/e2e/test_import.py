#!/usr/bin/python3
"""Moving in: deploy/ctl import with every kind of password, signing in through /v1 and clinic afterwards,
running it again, what is refused, what it costs in memory; and the rest of the operator's tool."""
import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import sqlite3
import subprocess
import tempfile
import time
import unittest

from suite import ROOT, Suite, wait_until

MANY = 20000  # lines of the long run
GROWTH_KB = 24 * 1024  # what a process may hold more than after the first tenth of them
SANITIZED_GROWTH_KB = 3 * GROWTH_KB
# ASan keeps what was freed; without bound that is all one would see.
SANITIZER = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=4")))

libcrypt = ctypes.CDLL(ctypes.util.find_library("crypt"))
libcrypt.crypt.restype = ctypes.c_char_p


def bcrypt(password, salt):
    return libcrypt.crypt(password.encode(), b"$2b$04$" + salt.encode()).decode()


def django(password, salt, iterations=2000):
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(digest).decode()}"


SCHEMES = {
    "text": lambda pw, n: pw,
    "plain": lambda pw, n: {"plain": pw},
    "md5": lambda pw, n: {"md5": hashlib.md5(pw.encode()).hexdigest()},
    "sha256": lambda pw, n: {"sha256": hashlib.sha256(pw.encode()).hexdigest()},
    "django": lambda pw, n: {"django": django(pw, f"salt{n}")},
    "bcrypt": lambda pw, n: {"bcrypt": bcrypt(pw, f"{n:05d}" + "abcdefghijklmnopu")},
    "django-text": lambda pw, n: django(pw, f"salt{n}"),
    "bcrypt-text": lambda pw, n: bcrypt(pw, f"{n:05d}" + "abcdefghijklmnopu"),
}


class MovingCase(unittest.TestCase):
    """A suite of its own for each class."""
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.suite = Suite(**cls.settings)
        cls.suite.start()
        cls.directory = tempfile.TemporaryDirectory(prefix="quintet-import-")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()
        cls.suite.stop()

    def file(self, name, lines):
        path = os.path.join(self.directory.name, name)
        with open(path, "w", encoding="utf-8") as file:
            for line in lines:
                file.write((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n")
        return path

    def run_import(self, path, *args, status=0):
        """The records before the count, and the count."""
        result = self.suite.deploy("ctl", "import", path, "--json", *args, timeout=600)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return lines[:-1], lines[-1]

    def sealed(self):
        with sqlite3.connect(f"file:{self.suite.data}/auth.db?mode=ro", uri=True) as db:
            return db.execute("SELECT COUNT(*) FROM credentials WHERE sealed IS NOT NULL").fetchone()[0]

    def clinic(self, username, password):
        reply = self.suite.client().request(
            "GET", "/user/login", query={"username": username, "password": password})
        return reply.json()["status"]

    def v1(self, login, password):
        reply = self.suite.client().request(
            "POST", "/v1/sessions", json={"login": login, "password": password})
        return reply.status


class ImportTest(MovingCase):
    def people(self, prefix, count):
        names = list(SCHEMES)
        for n in range(count):
            scheme = names[n % len(names)]
            password = f"old secret {prefix} {n}"
            yield scheme, password, {
                "id": 300000000 + 1000 * len(prefix) + n if n % 3 else f"legacy-{n}",
                "username": f"{prefix}-{n}",
                "phone": f"139{len(prefix):02d}{n:06d}",
                "email": f"{prefix}-{n}@example.org" if n % 2 else "",
                "display_name": f"搬家 {n}",
                "first_name": "", "last_name": None, "role": "volunteer" if n % 5 == 0 else None,
                "password": SCHEMES[scheme](password, n),
            }

    def move_and_sign_in(self, prefix, *args, count):
        people = list(self.people(prefix, count))
        path = self.file(prefix, [row for _, _, row in people])
        records, total = self.run_import(path, *args)
        self.assertEqual((total["made"], total["refused"]), (count, 0))
        self.assertEqual({record["outcome"] for record in records}, {"renumbered"})
        self.assertEqual([record["line"] for record in records],
                         [n + 1 for n in range(count) if n % 3 == 0])
        new_ids = {record["line"]: record["id"] for record in records}
        for n, (scheme, password, row) in enumerate(people[:2 * len(SCHEMES)]):
            with self.subTest(scheme, n=n):
                client = self.suite.sign_in(row["username"], password)
                account = client.get("/v1/me").json()
                self.assertEqual(account["id"], str(row["id"]) if n % 3 else new_ids[n + 1])
                self.assertEqual(account["display_name"], row["display_name"])
                self.assertEqual(account["phone"], row["phone"])
                self.assertEqual(account["email"], row["email"] or None)
                self.assertEqual(account["role"], row["role"] or "member")
                self.assertEqual(self.v1(row["phone"], password + "!"), 401)
                self.assertEqual(self.clinic(row["username"], password), "success")
                self.assertEqual(self.clinic(row["username"], password + "!"), "invalid password")
        # Nothing of what came is on the disk, wherever one looks.
        secrets = [hashlib.md5(pw.encode()).digest() for scheme, pw, _ in people if scheme == "md5"]
        secrets += [hashlib.md5(pw.encode()).hexdigest().encode() for s, pw, _ in people if s == "md5"]
        secrets += [pw.encode() for _, pw, _ in people]
        for root, _, names in os.walk(self.suite.data):
            for name in names:
                if name.endswith((".db", "-wal", ".log", ".aof", ".jsonl")):
                    with open(os.path.join(root, name), "rb") as found:
                        text = found.read()
                    for secret in secrets:
                        self.assertNotIn(secret, text, f"{name} holds a secret")
        records, total = self.run_import(path, *args)
        self.assertEqual((records, total["made"], total["already"]), ([], 0, count))

    def test_moves_in(self):
        self.move_and_sign_in("now", count=200)

    def test_moves_in_deferred(self):
        self.move_and_sign_in("later", "--defer-hash", count=300)
        wait_until(lambda: self.sealed() == 0, 120, "all is in Argon2id", pause=0.1)
        people = list(self.people("later", 300))
        for _, password, row in people[-len(SCHEMES):]:
            self.assertEqual(self.v1(row["username"], password), 201)
            self.assertEqual(self.v1(row["username"], password + "!"), 401)

    def test_refused(self):
        self.suite.register("in-the-way")
        good = {"username": "r-good", "password": "x"}
        lines = [
            (good, None),
            ("{not json", ("", "json")),
            ("[1]", ("", "json")),
            ("", None),
            ({"password": "x"}, ("username", "missing")),
            ({"username": "r-1"}, ("password", "missing")),
            ({"username": "r-1", "password": ""}, ("password", "missing")),
            ({"username": "r-1", "password": 5}, ("password", "type")),
            ({"username": "r-1", "password": {"md4": "00"}}, ("password", "scheme")),
            ({"username": "r-1", "password": {"md5": "abc"}}, ("password", "invalid")),
            ({"username": "r-1", "password": {"bcrypt": "$2b$31$" + "a" * 53}}, ("password", "invalid")),
            ({"username": "r-1", "password": "x" * 1025}, ("password", "too_long")),
            ({"username": "12345", "password": "x"}, ("username", "invalid")),
            ({"username": "n" * 31, "password": "x"}, ("username", "too_long")),
            ({"username": "IN-the-way", "password": "x"}, ("username", "taken")),
            ({"phone": "12", "password": "x"}, ("phone", "invalid")),
            ({"phone": 13900000000, "password": "x"}, ("phone", "type")),
            ({"email": "nobody", "password": "x"}, ("email", "invalid")),
            ({"username": "r-1", "role": "king", "password": "x"}, ("role", "unknown")),
            ({"username": "r-1", "id": [1], "password": "x"}, ("id", "type")),
            ("{\"username\": \"r-1\", \"password\": \"" + "x" * 70000 + "\"}", ("", "too_long")),
            ({"username": "R-GOOD", "password": "other"}, None),
            ({"username": "r-last", "password": "x", "nickname": "n", "salt": 1}, None),
        ]
        path = self.file("refused", [line for line, _ in lines])
        report = os.path.join(self.directory.name, "report.jsonl")
        result = self.suite.deploy("ctl", "import", path, "--report", report)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"^lines 22, made 2, already there 1, refused 19, renumbered 0, ")
        self.assertEqual(result.stderr.count("nickname"), 1)
        with open(report, encoding="utf-8") as records:
            got = [json.loads(record) for record in records]
        want = [{"line": n + 1, "outcome": "refused", "field": why[0], "reason": why[1]}
                for n, (_, why) in enumerate(lines) if why]
        self.assertEqual(got, want)
        self.assertEqual(os.stat(report).st_mode & 0o777, 0o600)
        text = self.suite.deploy("ctl", "import", path).stdout
        self.assertIn("line 2: refused: json\n", text)
        self.assertIn("line 13: refused: username: invalid\n", text)

    def test_wrong_usage(self):
        for args in ((), ("a", "b"), ("a", "--report"), ("--nonsense", "a")):
            self.assertEqual(self.suite.deploy("ctl", "import", *args).returncode, 2)
        self.assertEqual(self.suite.deploy("ctl", "import", "/nonexistent").returncode, 1)
        self.assertEqual(self.suite.deploy("ctl", "import", "/tmp").returncode, 1)

    def test_goes_on_after_a_kill(self):
        count = 1000
        path = self.file("killed", [
            {"username": f"k-{n}", "password": {"md5": hashlib.md5(b"k").hexdigest()}} for n in range(count)])
        # Twice svc-auth dies under it: the same run goes on by itself, or the same command does.
        with subprocess.Popen([os.path.join(ROOT, "deploy", "ctl"), "import", path,
                               "--defer-hash", "--json"], env=self.suite.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            for _ in range(2):
                since = time.monotonic()
                self.suite.end("svc-auth")
                self.suite.await_return("svc-auth", since, 30)
            run.communicate(timeout=300)
        _, total = self.run_import(path, "--defer-hash")
        self.assertEqual(total["made"] + total["already"], count)
        for n in (0, 199, 200, 500, count - 1):
            self.assertEqual(self.v1(f"k-{n}", "k"), 201)


class MemoryTest(MovingCase):
    settings = {"ASAN_OPTIONS": SANITIZER}

    def rss_kb(self, pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def test_memory_is_bounded(self):
        """However long the file: what ctl and the services hold does not grow with it."""
        fifo = os.path.join(self.directory.name, "fifo")
        os.mkfifo(fifo)
        with subprocess.Popen([os.path.join(ROOT, "deploy", "ctl"), "import", fifo,
                               "--defer-hash", "--json"], env=self.suite.env, text=True,
                              stdout=subprocess.PIPE) as run:
            pids = {"ctl": run.pid, "svc-auth": self.suite.pid("svc-auth"), "svc-user": self.suite.pid("svc-user")}
            early, most = {}, {}
            begun = time.monotonic()
            with open(fifo, "w", encoding="utf-8") as file:
                for n in range(MANY):
                    file.write(json.dumps({
                        "username": f"many-{n}", "phone": f"138{n:08d}", "email": f"many-{n}@example.org",
                        "display_name": "x" * 60,
                        "password": {"sha256": hashlib.sha256(b"%d" % n).hexdigest()}}) + "\n")
                    if n == MANY // 10:
                        early = {name: self.rss_kb(pid) for name, pid in pids.items()}
                    elif n > MANY // 10 and n % 500 == 0:
                        for name, pid in pids.items():
                            most[name] = max(most.get(name, 0), self.rss_kb(pid))
            out, _ = run.communicate(timeout=600)
        total = json.loads(out)
        self.assertEqual((run.returncode, total["made"]), (0, MANY))
        print(f"{MANY} lines in {time.monotonic() - begun:.1f} s; RSS early {early}, at most {most} kB")
        allowed = SANITIZED_GROWTH_KB if self.is_sanitized() else GROWTH_KB
        for name, kilobytes in early.items():
            self.assertLess(most[name] - kilobytes, allowed, name)
        self.assertEqual(self.v1("many-0", "0"), 201)
        self.assertEqual(self.v1("13800019999", "19999"), 201)

    def is_sanitized(self):
        with open(os.path.join(self.suite.bin_dir, "deploy", "quintet-ctl"), "rb") as binary:
            return b"__asan_init" in binary.read()


class OperatorTest(MovingCase):
    def test_operator(self):
        ctl = self.suite.ctl
        token = self.suite.admin().token
        people = [self.suite.register(f"op-{n}") for n in range(5)]
        ids = [person["id"] for person in people]
        self.assertIn("chief", ctl("admin", "list"))
        admins = json.loads(ctl("admin", "list", "--json"))["items"]
        self.assertEqual({admin["role"] for admin in admins}, {"administrator"})
        ctl("user", "role", ids[0], "donor")
        donors = json.loads(ctl("user", "list", "--role", "donor", "--json"))
        self.assertEqual([donor["id"] for donor in donors["items"]], [ids[0]])
        self.assertEqual(json.loads(ctl("user", "freeze", ids[1], "--json"))["status"], "frozen")
        rows = ctl("user", "list", "--status", "frozen").split("\n")
        self.assertEqual(rows[0], "ID\tROLE\tSTATUS\tUSERNAME\tPHONE\tEMAIL\tCREATED")
        self.assertEqual(rows[1].split("\t")[:6], [ids[1], "member", "frozen", "op-1", "-", "-"])
        self.assertEqual(len(rows), 2)
        page = self.suite.deploy("ctl", "user", "list", "--after", ids[1], "--limit", "2")
        self.assertEqual([row.split("\t")[0] for row in page.stdout.splitlines()[1:]], ids[2:4])
        self.assertIn(f"--after {ids[3]}", page.stderr)
        for wrong in (("user", "list", "--role", "king"), ("user", "list", "--limit", "0"),
                      ("user", "list", "7"), ("session", "list"), ("session", "revoke"),
                      ("session", "list", "x"), ("admin", "list", "--role", "donor")):
            self.assertEqual(self.suite.deploy("ctl", *wrong).returncode, 2, wrong)
        one, two = self.suite.sign_in("op-2"), self.suite.sign_in("op-2")
        sessions = json.loads(ctl("session", "list", ids[2], "--json"))["items"]
        self.assertEqual([session["id"] for session in sessions], [two.session["id"], one.session["id"]])
        self.assertEqual(len(ctl("session", "list", ids[2]).split("\n")), 3)
        ctl("session", "revoke", ids[2], one.session["id"])
        wait_until(lambda: one.get("/v1/me").status == 401, 5, "the session has ended")
        self.assertEqual(two.get("/v1/me").status, 200)
        ctl("session", "revoke", ids[2])
        wait_until(lambda: two.get("/v1/me").status == 401, 5, "the other has ended")
        self.assertEqual(self.suite.deploy("ctl", "session", "revoke", ids[2], one.session["id"]).returncode, 1)
        self.assertEqual(self.suite.deploy("ctl", "session", "list", "99999999").returncode, 1)
        acts = self.suite.client(token=token).get("/v1/audit?limit=1000").json()["items"]
        got = [(act["action"], act["target"], act["detail"]) for act in acts if act["actor"] is None]
        for want in (("session.revoke", ids[2], "all"), ("session.revoke", ids[2], one.session["id"]),
                     ("user.status", ids[1], "normal -> frozen"), ("user.role", ids[0], "member -> donor")):
            self.assertIn(want, got)
        chief = json.loads(ctl("admin", "list", "--json"))["items"][0]["id"]
        self.assertIn(("user.create", chief, "administrator"), got)


if __name__ == "__main__":
    unittest.main()
