#!/usr/bin/python3
"""The curl examples of clinic's document and of our README, literally, on another host and port."""
import json
import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from suite import ROOT, Suite  # noqa: E402

SEED_REGISTER = ('curl -X POST -d "username=admin122121&password=admin"'
                 ' "http://127.0.0.1:8000/user/register"')
SEED_LOGIN = 'curl -X GET "http://127.0.0.1:8000/user/login?username=default&password=default"'
SEED_HOST = "127.0.0.1:8000"

README = os.path.join(ROOT, "README.md")
BLOCK = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```", re.M | re.S)
# Examples follow one another, so they are one script; any status of 400 or more ends it.
PRELUDE = """set -euo pipefail
curl() { command curl --fail-with-body --silent --show-error "$@"; }
"""


class SeedCurlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()
        cls.host = f"127.0.0.1:{cls.suite.http_port}"

    def curl(self, line):
        self.assertIn(SEED_HOST, line)
        done = subprocess.run(["sh", "-c", line.replace(SEED_HOST, self.host)], timeout=30,
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_seed(self):
        self.assertEqual(self.curl(SEED_LOGIN), {"status": "user not found"})
        self.assertEqual(self.curl(SEED_REGISTER), {"status": "success"})
        self.assertEqual(self.curl(SEED_REGISTER), {"status": "error"})
        register = SEED_REGISTER.replace("admin122121", "default").replace("admin", "default")
        self.assertEqual(self.curl(register), {"status": "success"})
        answer = self.curl(SEED_LOGIN)
        self.assertEqual(answer["status"], "success")
        self.assertEqual(answer["jwt"].count("."), 2)
        self.assertRegex(answer["image"], r"^/image/user/")
        wrong = SEED_LOGIN.replace("password=default", "password=defaulted")
        self.assertEqual(self.curl(wrong), {"status": "invalid password"})
        show_me = f'curl -H "Authorization: {answer["jwt"]}" "http://{SEED_HOST}/user/homepage"'
        self.assertEqual(self.curl(show_me)["info"]["name"], "default")
        picture = self.suite.client().get(answer["image"])
        self.assertEqual((picture.status, picture.headers["content-type"].split("/")[0]),
                         (200, "image"))
        log = self.suite.log_text()
        for secret in ("password=default", "=defaulted", answer["jwt"]):
            self.assertNotIn(secret.encode(), log)

    @unittest.skipUnless(os.path.exists(README), "there is no README.md yet")
    def test_readme(self):
        with open(README, encoding="utf-8") as file:
            blocks = [b for b in BLOCK.findall(file.read()) if re.search(r"\bcurl\b", b)]
        script = "".join(b for b in blocks if "deploy/up" not in b)
        self.assertIn("curl ", script)
        script = re.sub(r"^\$ ", "", script, flags=re.M)
        script = re.sub(r"(localhost|127\.0\.0\.1):8080", self.host, script)
        done = subprocess.run(["bash", "-c", PRELUDE + script], timeout=60, capture_output=True,
                              text=True, check=False, cwd=self.suite.directory)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
