#!/usr/bin/python3
"""Guessing is limited per account and per address, at every door as its contract says, and limits
harm nobody else. Each test comes from addresses of its own, for failures are remembered."""
import itertools
import sys
import threading
import unittest

sys.dont_write_bytecode = True
import load  # noqa: E402
from suite import PASSWORD, Suite  # noqa: E402

ACCOUNT_TRIES = 10
ADDRESS_TRIES = 100
WAIT_MAX_S = 900
WRONG = "quite the wrong one"
CLINIC_WRONG = {"status": "invalid password"}
CLINIC_UNKNOWN = {"status": "user not found"}

addresses = (f"127.0.{100 + n // 250}.{1 + n % 250}" for n in itertools.count())


class LimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()

    def native(self, login, password, address):
        return self.suite.client(address=address).post("/v1/sessions", json={
            "login": login, "password": password})

    def clinic(self, username, password, address):
        reply = self.suite.client(address=address).get("/user/login", query={
            "username": username, "password": password})
        self.assertEqual(reply.status, 200, reply)
        return reply.json()

    def assert_limited(self, reply, most_s=WAIT_MAX_S):
        self.assertEqual(reply.status, 429, reply)
        self.assertEqual(reply.headers["content-type"], "application/problem+json")
        self.assertRegex(reply.json()["code"], r"^[a-z][a-z0-9_]*$")
        wait = int(reply.headers["retry-after"])
        self.assertTrue(1 <= wait <= most_s, wait)
        return wait

    def wrong_tries(self, login, count, address):
        for _ in range(count):
            reply = self.native(login, WRONG, address)
            self.assertEqual((reply.status, reply.json()["code"]), (401, "bad_credentials"))

    def test_account_guessed_at_v1(self):
        self.suite.register("guessed")
        self.suite.register("neighbour")
        live = self.suite.sign_in("guessed")
        address, elsewhere = next(addresses), next(addresses)
        self.wrong_tries("guessed", ACCOUNT_TRIES, address)
        for login in ("guessed", "GUESSED", live.session["account"]["id"]):
            self.assert_limited(self.native(login, PASSWORD, address))
            self.assert_limited(self.native(login, PASSWORD, elsewhere))
            self.assert_limited(self.native(login, WRONG, elsewhere))
        self.assertEqual(self.clinic("guessed", PASSWORD, elsewhere), CLINIC_WRONG)
        self.assertEqual(self.clinic("guessed", WRONG, elsewhere), CLINIC_WRONG)
        # Nobody else is harmed, nor who is there already.
        self.assertEqual(live.get("/v1/me").status, 200)
        self.assertEqual(live.request("PATCH", "/v1/me", json={"age": 5}).status, 200)
        self.assertEqual(self.native("neighbour", PASSWORD, address).status, 201)
        self.assertEqual(self.clinic("neighbour", PASSWORD, address)["status"], "success")
        self.suite.register("newcomer")

    def test_account_guessed_at_clinic(self):
        self.suite.register("patient")
        address, elsewhere = next(addresses), next(addresses)
        jwt = self.clinic("patient", PASSWORD, elsewhere)["jwt"]
        for _ in range(ACCOUNT_TRIES + 5):
            self.assertEqual(self.clinic("patient", WRONG, address), CLINIC_WRONG)
        self.assertEqual(self.clinic("patient", PASSWORD, address), CLINIC_WRONG)
        self.assertEqual(self.clinic("patient", PASSWORD, elsewhere), CLINIC_WRONG)
        self.assert_limited(self.native("patient", PASSWORD, elsewhere))
        page = self.suite.client(token=jwt, raw=True).get("/user/homepage").json()
        self.assertIs(page["status"], True)

    def test_both_doors_count_together(self):
        self.suite.register("between")
        address = next(addresses)
        for _ in range(ACCOUNT_TRIES // 2):
            self.assertEqual(self.clinic("between", WRONG, address), CLINIC_WRONG)
        self.wrong_tries("between", ACCOUNT_TRIES - ACCOUNT_TRIES // 2, address)
        self.assert_limited(self.native("between", PASSWORD, address))

    def test_only_failures_count(self):
        self.suite.register("often")
        address = next(addresses)
        for _ in range(3):
            self.wrong_tries("often", ACCOUNT_TRIES - 1, address)
            self.assertEqual(self.native("often", PASSWORD, address).status, 201)
        for _ in range(ACCOUNT_TRIES + 2):
            self.assertEqual(self.native("often", PASSWORD, address).status, 201)

    def test_unknown_accounts_show_the_same(self):
        """Otherwise the limit would tell which accounts exist."""
        address, elsewhere = next(addresses), next(addresses)
        self.wrong_tries("nobody-at-all", ACCOUNT_TRIES, address)
        self.assert_limited(self.native("nobody-at-all", WRONG, elsewhere))
        self.assertEqual(self.clinic("nobody-at-all", WRONG, elsewhere), CLINIC_UNKNOWN)
        self.wrong_tries("another-nobody", 1, elsewhere)

    def test_guessing_in_parallel_gains_nothing(self):
        """No more than the limit's number of guesses is ever judged, however many come at once."""
        self.suite.register("besieged")
        address, said, lock = next(addresses), [], threading.Lock()

        def guess(number):
            reply = self.native("besieged", f"{WRONG} {number}", address)
            with lock:
                said.append(reply.status)

        load.in_threads(16, guess, range(48))
        self.assertTrue(set(said) <= {401, 429, 503}, said)
        self.assertLessEqual(said.count(401), ACCOUNT_TRIES)
        self.assert_limited(self.native("besieged", PASSWORD, next(addresses)))

    def test_tries_while_shut_do_not_lengthen_the_wait(self):
        self.suite.register("waiting")
        address = next(addresses)
        self.wrong_tries("waiting", ACCOUNT_TRIES, address)
        first = self.assert_limited(self.native("waiting", WRONG, address))
        for _ in range(5):
            self.assertLessEqual(self.assert_limited(self.native("waiting", WRONG, address)), first)

    def test_address(self):
        self.suite.register("bystander")
        address = next(addresses)

        def guess(number):
            self.wrong_tries(f"name-{number}", 4, address)

        load.in_threads(4, guess, range(ADDRESS_TRIES // 4))
        self.assert_limited(self.native("name-new", WRONG, address))
        self.assert_limited(self.native("bystander", PASSWORD, address))
        self.assertEqual(self.clinic("bystander", PASSWORD, address), CLINIC_WRONG)
        self.assertEqual(self.clinic("name-new", WRONG, address), CLINIC_UNKNOWN)
        # The account itself is not shut, nor is the address for anything but guessing.
        signed_in = self.native("bystander", PASSWORD, next(addresses))
        self.assertEqual(signed_in.status, 201)
        client = self.suite.client(address=address, token=signed_in.json()["token"])
        self.assertEqual(client.get("/v1/me").status, 200)
        reply = self.suite.client(address=address).post("/v1/accounts", json={
            "username": "from-there", "password": PASSWORD})
        self.assertEqual(reply.status, 201)

    def test_current_password_can_not_be_guessed_either(self):
        """Whoever holds a session must not learn the password with it."""
        self.suite.register("held")
        session = self.suite.sign_in("held")
        said = [session.request("PUT", "/v1/me/password", json={
            "current": WRONG, "new": "a fine new password"}).status
            for _ in range(ACCOUNT_TRIES + 2)]
        self.assertEqual(said, [403] * ACCOUNT_TRIES + [429] * 2)
        self.assert_limited(session.request("DELETE", "/v1/me", json={"password": PASSWORD}))
        self.assertEqual(session.get("/v1/me").status, 200)

    def test_it_survives_a_restart(self):
        self.suite.register("restarted")
        address = next(addresses)
        self.wrong_tries("restarted", ACCOUNT_TRIES, address)
        self.suite.down()
        self.suite.start()
        self.assert_limited(self.native("restarted", PASSWORD, address))


class RegisterLimitTest(unittest.TestCase):
    def test_by_setting(self):
        suite = Suite(QUINTET_REGISTER_LIMIT="3")
        self.addCleanup(suite.stop)
        suite.start()
        address, elsewhere = next(addresses), next(addresses)

        def register(name, where, password=PASSWORD):
            return suite.client(address=where).post("/v1/accounts", json={
                "username": name, "password": password})

        self.assertEqual(register("one", address).status, 201)
        self.assertEqual(register("one", address).status, 409)  # does not count
        self.assertEqual(register("weak", address, "12345678").status, 422)  # nor does this
        self.assertEqual([register(n, address).status for n in ("two", "three")], [201, 201])
        reply = register("four", address)
        self.assertEqual(reply.status, 429)
        self.assertTrue(1 <= int(reply.headers["retry-after"]) <= 3600)
        reply = suite.client(address=address).post("/user/register", form={
            "username": "four", "password": "x"})
        self.assertEqual((reply.status, reply.json()), (200, {"status": "error"}))
        self.assertEqual(register("four", elsewhere).status, 201)


if __name__ == "__main__":
    unittest.main()
