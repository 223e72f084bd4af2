#!/usr/bin/python3
"""Verification codes on their way out: a webhook for text messages and a mail server, both real
enough to refuse, to fail for a while and to hang."""
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
from sinks import MailSink, SmsSink  # noqa: E402
from suite import PASSWORD, Suite  # noqa: E402

SUCCESS = {"result": "0000", "message": None}
OTHER = {"result": "0002", "message": None}
WAIT_S = 3.0  # a request for a code takes no longer


class CodesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="quintet-sinks-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.sms, cls.mail = SmsSink(), MailSink(cls.directory)
        cls.addClassCleanup(cls.sms.stop)
        cls.addClassCleanup(cls.mail.stop)
        cls.suite = Suite(QUINTET_SMS_URL=cls.sms.url, QUINTET_SMS_SECRET=SmsSink.SECRET,
                          QUINTET_SMTP_URL=cls.mail.url, QUINTET_CA=cls.mail.certificate,
                          QUINTET_SMTP_TLS="required", QUINTET_MAIL_FROM="codes@quintet.example")
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()
        cls.codes = []

    def setUp(self):
        self.client = self.suite.client()
        self.sms.answers, self.mail.answers = [], []

    def ask(self, number):
        """(the answer of GET /register, its cookie, seconds it took)"""
        begun = time.monotonic()
        reply = self.suite.client().get("/register", query={"userId": number})
        took = time.monotonic() - begun
        self.assertEqual(reply.status, 200, reply)
        self.assertLess(took, WAIT_S)
        return reply.json(), reply.headers.get("set-cookie", "").split(";")[0], took

    def text_message(self):
        message = self.sms.take_message()
        self.codes.append(message["code"])
        return message

    def post(self, form, cookie=None):
        headers = {"Cookie": cookie} if cookie else {}
        return self.client.post("/register", form=form, headers=headers).json()

    def test_sign_up_by_text_message(self):
        answer, cookie, _ = self.ask("13700000001")
        message = self.text_message()
        self.assertEqual(answer["result"], "0000")
        self.assertRegex(answer["message"], r"\A[0-9a-f]{32}\Z")
        self.assertEqual((message["to"], message["purpose"]), ("13700000001", "register"))
        self.assertRegex(message["code"], r"\A[0-9]{4}\Z")
        self.assertNotIn(message["code"], answer["message"] + cookie)
        self.assertRegex(message["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
        forged = {"code_v": "1111", "code": "1111"}
        self.assertEqual(self.post(forged)["result"], "0004")
        self.assertEqual(self.post(forged, cookie)["result"], "0004")
        right = {"code_v": answer["message"], "code": message["code"]}
        self.assertEqual(self.post(right, cookie), SUCCESS)
        self.assertEqual(self.post({"register": 1, "password": "abcd1234"}, cookie), SUCCESS)
        token = self.client.post("/log", form={"userId": "13700000001", "password": "abcd1234"})
        self.assertEqual(token.json()["result"], "0000")
        self.assertEqual(self.ask("13700000001")[0]["result"], "0001")

    def test_sign_up_without_cookies(self):
        answer, _, _ = self.ask("13700000002")
        right = {"code_v": answer["message"], "code": self.text_message()["code"]}
        step2 = {"register": 1, "password": "abcd1234", "userId": "13700000002"}
        self.assertEqual(self.post(step2)["result"], "0006")
        self.assertEqual(self.post(right), SUCCESS)
        self.assertEqual(self.post(step2), SUCCESS)

    def test_a_webhook_that_fails_once(self):
        self.sms.answers = [500, 204]
        answer, cookie, _ = self.ask("13700000003")
        tries = [self.text_message() for _ in range(2)]
        self.assertEqual(answer["result"], "0000")
        self.assertEqual(tries[0], tries[1])
        right = {"code_v": answer["message"], "code": tries[0]["code"]}
        self.assertEqual(self.post(right, cookie), SUCCESS)

    def test_a_webhook_that_refuses(self):
        self.sms.answers = [400]
        answer, cookie, _ = self.ask("13700000004")
        self.text_message()
        self.assertEqual((answer, cookie), (OTHER, ""))
        self.sms.answers = []
        self.assertEqual(self.ask("13700000004")[0]["result"], "0000")  # the first did not count
        self.text_message()

    def test_a_webhook_that_fails_for_long(self):
        self.sms.answers = [503]
        answer, _, took = self.ask("13700000005")
        self.assertEqual(answer, OTHER)
        self.assertGreater(took, 2)
        self.text_message()
        self.sms.answers = []
        while not self.sms.received.empty():
            self.text_message()
        self.assertEqual(self.ask("13700000005")[0]["result"], "0000")
        self.text_message()

    def test_a_webhook_that_hangs_holds_nobody_up(self):
        self.suite.register("patient")
        before = self.sign_ins(15)
        self.sms.hanging.clear()
        results = []
        threads = [threading.Thread(target=lambda n=n: results.append(
            self.ask(f"137000001{n:02}"))) for n in range(30)]
        for thread in threads:
            thread.start()
        during = self.sign_ins(15)
        for thread in threads:
            thread.join()
        self.sms.hanging.set()
        self.assertEqual(len(results), 30)
        self.assertEqual({answer["result"] for answer, _, _ in results}, {"0000"})
        self.assertLess(statistics.median(during), statistics.median(before) * 4 + 0.2)
        for _ in range(30):
            self.text_message()

    def sign_ins(self, count):
        took = []
        for _ in range(count):
            begun = time.monotonic()
            self.suite.sign_in("patient").close()
            took.append(time.monotonic() - begun)
        return took

    def request_code(self, to, language="en", purpose="reset"):
        reply = self.client.post("/v1/codes", headers={"Accept-Language": language},
                                 json={"channel": "email", "to": to, "purpose": purpose})
        self.assertEqual(reply.status, 202, reply)
        return reply.json()["challenge"]

    def read_mail(self):
        got = self.mail.take()
        text = got["mail"].get_content()
        code = re.search(r"^ +(\d{6})\s*$", text, re.M)[1]
        self.codes.append(code)
        return got, code

    def test_reset_by_mail(self):
        made = self.client.post("/v1/accounts", json={"email": "ann@example.org",
                                                      "password": PASSWORD})
        self.assertEqual(made.status, 201, made)
        challenge = self.request_code("Ann@example.org")
        got, code = self.read_mail()
        mail = got["mail"]
        self.assertTrue(got["secure"])
        self.assertEqual(got["user"], ["sender", "p@ss"])
        self.assertIn("<codes@quintet.example>", got["from"])
        self.assertIn("<Ann@example.org>", got["to"])
        self.assertEqual(mail["To"].addresses[0].addr_spec, "Ann@example.org")
        self.assertEqual(mail["Subject"], "Your code to set a new Quintet password")
        self.assertLess(abs(mail["Date"].datetime.timestamp() - time.time()), 60)
        self.assertEqual(len(mail.defects), 0)
        answer = {"challenge": challenge, "code": code, "password": "another fine day"}
        self.assertEqual(self.client.post("/v1/password-resets", json=answer).status, 204)
        self.assertEqual(self.client.post("/v1/sessions", json={
            "login": "ann@example.org", "password": "another fine day"}).status, 201)

    def test_mail_in_chinese(self):
        self.request_code("zhang@example.org", "zh-CN,zh;q=0.9,en;q=0.8", "verify")
        got, code = self.read_mail()
        self.assertEqual(got["mail"]["Subject"], "Quintet 验证码")
        self.assertIn("10 分钟内有效", got["mail"].get_content())

    def test_nothing_is_sent_to_strangers(self):
        """A reset for nobody: the same reply, and no message. The next mail is somebody else's."""
        self.request_code("nobody@example.org")
        self.request_code("somebody@example.org", purpose="verify")
        self.assertIn("<somebody@example.org>", self.read_mail()[0]["to"])

    def test_a_mail_server_that_fails_for_a_while(self):
        self.mail.answers = ["451 later", "250 ok"]
        self.request_code("later@example.org", purpose="verify")
        self.assertIn("<later@example.org>", self.read_mail()[0]["to"])

    def test_a_mail_server_that_refuses(self):
        self.mail.answers = ["550 nobody here"]
        reply = self.client.post("/v1/codes", json={
            "channel": "email", "to": "gone@example.org", "purpose": "verify"})
        self.assertEqual(reply.status, 503, reply)
        self.assertIn("retry-after", reply.headers)

    def test_no_outbox(self):
        with self.assertRaises(FileNotFoundError):
            open(self.suite.data + "/outbox.jsonl", encoding="utf-8")

    def test_z_no_code_is_in_a_log(self):
        """Of the longer ones, which do not stand in a log by chance."""
        text = self.suite.log_text()
        self.assertIn(b"delivery failed", text)
        for code in self.codes:
            if len(code) == 6:
                self.assertIsNone(re.search(rb"(?<![0-9.])%s(?![0-9])" % code.encode(), text))
        self.assertNotIn(SmsSink.SECRET.encode(), text)
        self.assertNotIn(b"p%40ss", text)


if __name__ == "__main__":
    unittest.main()
