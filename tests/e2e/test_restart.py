#!/usr/bin/python3
"""What people did survives a graceful stop and start of everything."""
import sys
import unittest

sys.dont_write_bytecode = True
from suite import PASSWORD, Suite  # noqa: E402

PROFILE = {"display_name": "安 Ann", "first_name": "Ann", "last_name": "Ng", "age": 31,
           "sex": "female", "description": "two\nlines \U0001f600", "email": "Ann@example.org",
           "phone": "13800000001", "wechat": "ann-wx"}


class RestartTest(unittest.TestCase):
    def setUp(self):
        self.suite = Suite()
        self.addCleanup(self.suite.stop)
        self.suite.start()

    def test_all_is_still_there(self):
        suite = self.suite
        ann, bob = suite.register("ann"), suite.register("Bob")
        first = suite.sign_in("ann")
        reply = first.request("PATCH", "/v1/me", json=PROFILE)
        self.assertEqual(reply.status, 200, reply)
        before = reply.json()
        self.assertEqual({k: before[k] for k in PROFILE}, PROFILE)
        self.assertEqual(first.request("PUT", f"/v1/me/contacts/{bob['id']}",
                                       json={"alias": "B"}).status, 204)
        follow = suite.client(token=first.token, raw=True)
        self.assertEqual(follow.post("/user/follow", form={"username": "bob"}).json(),
                         {"status": True, "bool_follow": True})
        jwt = suite.client().get("/user/login", query={
            "username": "ann", "password": PASSWORD}).json()["jwt"]
        ended = suite.sign_in("ann")
        self.assertEqual(ended.request("DELETE", "/v1/sessions/current").status, 204)
        sessions = [s["id"] for s in first.get("/v1/sessions").json()["items"]]
        page = suite.client(token=jwt, raw=True).get("/user/homepage").json()
        self.assertEqual(page["info"]["follow_num"], 1)

        suite.down()
        self.assertEqual(suite.readyz(), 0)
        suite.start()

        first.close()
        after = first.get("/v1/me")
        self.assertEqual((after.status, after.json()), (200, before))
        self.assertEqual(suite.client(token=jwt, raw=True).get("/user/homepage").json(), page)
        self.assertEqual([s["id"] for s in first.get("/v1/sessions").json()["items"]], sessions)
        contacts = first.get("/v1/me/contacts").json()["items"]
        self.assertEqual([c["alias"] for c in contacts], ["B"])
        ended.close()
        self.assertEqual(ended.get("/v1/me").status, 401)
        for login in ("ANN", "ann@EXAMPLE.org", "13800000001", ann["id"], "bob"):
            self.assertEqual(suite.sign_in(login).session["account"]["status"], "normal")
        self.assertEqual(suite.client().post("/v1/accounts", json={
            "username": "aNN", "password": PASSWORD}).status, 409)
        suite.register("carol")

    def test_answered_is_on_disk_at_once(self):
        """Every process killed right after the answer: the answer holds."""
        suite = self.suite
        suite.register("dora")
        token = suite.sign_in("dora")
        self.assertEqual(token.request("PATCH", "/v1/me", json={"age": 44}).status, 200)
        for name in ("svc-user", "svc-auth", "gateway"):
            suite.end(name)
        self.suite.down()
        self.suite.start()
        self.assertEqual(suite.sign_in("dora").get("/v1/me").json()["age"], 44)


if __name__ == "__main__":
    unittest.main()
