#!/usr/bin/python3
"""One account, many doors: tokens of /v1 and of clinic are good in both, and what ends them is felt
in both at once."""
import statistics
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
from suite import PASSWORD, Suite, wait_until  # noqa: E402

FELT_S = 1.0
REVOCATIONS = 50
REVOCATION_P99_S = 0.1
NO_JWT = {"status": "jwt error"}


class DoorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite()
        cls.addClassCleanup(cls.suite.stop)
        cls.suite.start()
        cls.admin = cls.suite.admin()

    def clinic_login(self, username, password=PASSWORD):
        return self.suite.client().get("/user/login", query={
            "username": username, "password": password})

    def doors(self, username, password=PASSWORD):
        """The four ways of being somebody: both kinds of token at both doors. Each asked once, so
        that the gateway knows them, then returned as functions that say whether they are let in."""
        token = self.suite.sign_in(username, password).token
        jwt = self.clinic_login(username, password).json()["jwt"]

        def native(client):
            reply = client.get("/v1/me")
            self.assertIn(reply.status, (200, 401), reply)
            return reply.status == 200

        def clinic(client):
            reply = client.get("/user/homepage")
            self.assertEqual(reply.status, 200, reply)
            self.assertTrue(reply.json() == NO_JWT or reply.json()["status"] is True, reply)
            return reply.json() != NO_JWT

        new = self.suite.client
        doors = [lambda c=new(token=t): native(c) for t in (token, jwt)]
        doors += [lambda c=new(token=t, raw=raw): clinic(c)
                  for t in (token, jwt) for raw in (True, False)]
        self.assertEqual([door() for door in doors], [True] * len(doors))
        return doors

    def assert_shut(self, doors):
        for number, door in enumerate(doors):
            with self.subTest(door=number):
                wait_until(lambda: not door(), FELT_S, "the door is shut")

    def govern(self, account, **change):
        reply = self.admin.request("PATCH", f"/v1/users/{account['id']}", json=change)
        self.assertEqual(reply.status, 200, reply)

    def test_one_account_from_either_side(self):
        self.assertEqual(self.suite.client().post("/user/register", form={
            "username": "clinician", "password": "x"}).json(), {"status": "success"})
        native = self.suite.sign_in("CLINICIAN", "x")
        self.assertEqual(native.get("/v1/me").json()["identity"], "患者")
        self.assertEqual(native.request("PATCH", "/v1/me", json={"age": 77}).status, 200)
        page = self.suite.client(token=native.token, raw=True).get("/user/homepage").json()
        self.assertEqual((page["info"]["name"], page["info"]["age"]), ("clinician", 77))
        self.suite.register("modern")
        self.assertEqual(self.clinic_login("Modern").json()["status"], "success")
        self.doors("modern")
        jwt = self.clinic_login("modern").json()["jwt"]
        listed = self.suite.client(token=jwt).get("/v1/sessions").json()["items"]
        self.assertEqual(sum(item["current"] for item in listed), 1)

    def test_forged_tokens(self):
        self.suite.register("victim")
        jwt = self.clinic_login("victim").json()["jwt"]
        head, body, signature = jwt.split(".")
        none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
        swapped = signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB")
        forgeries = [f"{none}.{body}.", f"{none}.{body}.{signature}", f"{head}.{body}.",
                     f"{head}.{body}.{swapped}", f"{head}.{body}", f"{head}..{signature}", "a.b.c"]
        for token in forgeries:
            self.assertEqual(self.suite.client(token=token).get("/v1/me").status, 401, token)
            self.assertEqual(self.suite.client(token=token, raw=True).get("/user/homepage").json(),
                             NO_JWT, token)

    def test_freeze_by_an_administrator(self):
        account = self.suite.register("frosty")
        doors = self.doors("frosty")
        self.govern(account, status="frozen")
        self.assert_shut(doors)
        reply = self.suite.client().post("/v1/sessions", json={
            "login": "frosty", "password": PASSWORD})
        self.assertEqual(reply.status, 403)
        reply = self.suite.client().post("/v1/sessions", json={
            "login": "frosty", "password": "something else"})
        self.assertEqual(reply.status, 401)
        self.assertEqual(self.clinic_login("frosty").json(), {"status": "error"})
        self.govern(account, status="normal")
        self.assertEqual([door() for door in doors], [False] * len(doors))
        self.doors("frosty")

    def test_freeze_by_the_operator(self):
        account = self.suite.register("icy")
        doors = self.doors("icy")
        self.suite.ctl("user", "freeze", account["id"])
        self.assert_shut(doors)
        self.suite.ctl("user", "thaw", account["id"])
        self.suite.ctl("user", "delete", account["id"])
        self.assertEqual(self.clinic_login("icy").json(), {"status": "error"})
        self.assertEqual(self.suite.client().post("/v1/accounts", json={
            "username": "icy", "password": PASSWORD}).status, 409)

    def test_role_of_an_existing_token(self):
        account, other = self.suite.register("riser"), self.suite.register("object")
        client = self.suite.sign_in("riser")
        jwt = self.suite.client(token=self.clinic_login("riser").json()["jwt"])

        def governs(who):
            return who.request("PATCH", f"/v1/users/{other['id']}", json={
                "identity": "医生"}).status == 200

        self.assertEqual((governs(client), governs(jwt)), (False, False))
        self.govern(account, role="administrator")
        wait_until(lambda: governs(client) and governs(jwt), FELT_S, "may govern")
        self.govern(account, role="member")
        wait_until(lambda: not governs(client) and not governs(jwt), FELT_S, "may not any more")
        self.assertEqual(client.get("/v1/me").status, 200)

    def test_password_change_ends_other_sessions(self):
        self.suite.register("changer")
        doors = self.doors("changer")
        mine = self.suite.sign_in("changer")
        new = "another fine password"
        reply = mine.request("PUT", "/v1/me/password", json={"current": "wrong one", "new": new})
        self.assertEqual(reply.status, 403)
        self.assertEqual([door() for door in doors], [True] * len(doors))
        reply = mine.request("PUT", "/v1/me/password", json={"current": PASSWORD, "new": new})
        self.assertEqual(reply.status, 204, reply)
        self.assert_shut(doors)
        self.assertEqual(mine.get("/v1/me").status, 200)
        self.assertEqual(self.clinic_login("changer").json(), {"status": "invalid password"})
        doors = self.doors("changer", new)
        clinic = self.suite.client(token=self.clinic_login("changer", new).json()["jwt"], raw=True)
        reply = clinic.post("/user/updatemyinfo", form={
            "username": "changer", "password": "short", "age": "20", "sex": "女", "email": "",
            "uid": "", "description": "", "ifChangeImage": "0"})
        self.assertIs(reply.json()["status"], True, reply)
        self.assert_shut(doors)
        self.assertEqual(mine.get("/v1/me").status, 401)
        self.assertIs(clinic.get("/user/homepage").json()["status"], True)
        self.doors("changer", "short")

    def test_erasing_frees_the_name(self):
        account = self.suite.register("leaver")
        mine = self.suite.sign_in("leaver")
        doors = self.doors("leaver")
        self.assertEqual(mine.request("DELETE", "/v1/me", json={"password": "no"}).status, 403)
        self.assertEqual(mine.request("DELETE", "/v1/me", json={"password": PASSWORD}).status, 204)
        self.assert_shut(doors)
        self.assertEqual(self.clinic_login("leaver").json(), {"status": "user not found"})
        again = self.suite.register("LEAVER")
        self.assertNotEqual(again["id"], account["id"])
        self.doors("leaver")
        self.assertEqual([door() for door in doors], [False] * len(doors))

    def test_revocation_is_felt_within_milliseconds(self):
        """From the answer to the revocation until the other token, in use all the while, fails."""
        self.suite.register("hasty")
        mine = self.suite.sign_in("hasty")
        taken = []
        for _ in range(REVOCATIONS):
            other = self.suite.sign_in("hasty")
            self.assertEqual(other.get("/v1/me").status, 200)
            shut, stop = [], threading.Event()

            def watch(client=other, shut=shut, stop=stop):
                while not stop.is_set():
                    if client.get("/v1/me").status == 401:
                        shut.append(time.monotonic())
                        return

            watcher = threading.Thread(target=watch)
            watcher.start()
            reply = mine.request("DELETE", f"/v1/sessions/{other.session['id']}")
            answered = time.monotonic()
            watcher.join(FELT_S)
            stop.set()
            watcher.join()
            self.assertEqual(reply.status, 204)
            self.assertTrue(shut, f"not refused within {FELT_S} s")
            taken.append(max(0.0, shut[0] - answered))
        p99 = sorted(taken)[REVOCATIONS * 99 // 100 - 1]
        print(f"revocations: median {statistics.median(taken) * 1000:.1f} ms,"
              f" p99 {p99 * 1000:.1f} ms, most {max(taken) * 1000:.1f} ms", flush=True)
        self.assertLess(p99, REVOCATION_P99_S)


if __name__ == "__main__":
    unittest.main()
