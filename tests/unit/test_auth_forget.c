/* A new password by name and e-mail, and the key of an account: what medusa asks of the services.
 */
#include "tests/unit/auth_kit.h"

#include <string.h>

static int64_t make(struct auth_kit *kit, const char *username, const char *email)
{
	struct auth_register_in in = {.username = str_c(username), .email = str_c(email)};
	struct auth_register_out out;
	struct call call;

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	return out.account.id;
}

static int forget(
	struct auth_kit *kit, const char *username, const char *email, const char *password)
{
	const struct auth_forget_in in = {
		.username = str_c(username),
		.email = str_c(email),
		.new_password = str_c(password),
		.policy = POLICY_OPAQUE,
	};
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_forget_out out;

	return call_auth_forget(&call, &in, &out);
}

static void test_forget_sets_and_ends(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_login_out session;

	make(kit, "Forgetful", "Forget@example.org");
	session = auth_kit_enter(kit, "forgetful");
	assert_int_equal(auth_kit_alive(kit, session.token), 0);
	assert_int_equal(forget(kit, "FORGETFUL", "forget@EXAMPLE.org", "x"), 0);
	assert_int_equal(auth_kit_alive(kit, session.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_login(kit, "forgetful", AUTH_KIT_PASSWORD), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "forgetful", "x"), 0);
}

static void test_forget_refused(void **state)
{
	static const struct {
		const char *username, *email, *password;
		int want;
	} cases[] = {
		{"keeps", "keeps@example.org", "", ERR_WEAK_PASSWORD},
		{"keeps", "other@example.org", "x", ERR_NOT_FOUND},
		{"keeps", "", "x", ERR_NOT_FOUND},
		{"keep", "keeps@example.org", "x", ERR_NOT_FOUND},
		{"keeps@example.org", "keeps@example.org", "x", ERR_NOT_FOUND},
		{"", "keeps@example.org", "x", ERR_NOT_FOUND},
		{"no mail", "", "x", ERR_NOT_FOUND},
		{"frozen", "frozen@example.org", "x", ERR_NOT_FOUND},
		{"deleted", "deleted@example.org", "x", ERR_NOT_FOUND},
		{"erased", "erased@example.org", "x", ERR_NOT_FOUND},
	};
	struct auth_kit *kit = *state;

	make(kit, "keeps", "keeps@example.org");
	auth_kit_named(kit, "no mail");
	user_kit_status(kit->h, make(kit, "frozen", "frozen@example.org"), STATUS_FROZEN);
	user_kit_status(kit->h, make(kit, "deleted", "deleted@example.org"), STATUS_DELETED);
	user_kit_erase(kit->h, make(kit, "erased", "erased@example.org"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = forget(kit, cases[i].username, cases[i].email, cases[i].password);

		if (rc != cases[i].want)
			fail_msg("case %zu: %s", i, err_name(rc));
	}
	assert_int_equal(auth_kit_login(kit, "keeps", AUTH_KIT_PASSWORD), 0);
}

static int ask_key(struct auth_kit *kit, int64_t account, bool renew, struct str *ret_key)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, STR_NONE);
	struct user_key_out out;
	int rc = call_user_key(&call, &(struct user_key_in){.renew = renew}, &out);

	if (!rc)
		*ret_key = out.key;
	return rc;
}

static void test_key_stays_until_renewed(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz123456789";
	struct auth_kit *kit = *state;
	int64_t ann = auth_kit_named(kit, "key ann"), bob = auth_kit_named(kit, "key bob");
	struct str first, second;

	assert_int_equal(ask_key(kit, ann, false, &first), 0);
	assert_int_equal(first.len, 40);
	for (size_t i = 0; i < first.len; i++)
		assert_non_null(memchr(alphabet, first.p[i], sizeof(alphabet) - 1));
	assert_int_equal(ask_key(kit, ann, false, &second), 0);
	assert_true(str_eq(first, second));
	assert_int_equal(ask_key(kit, bob, false, &second), 0);
	assert_false(str_eq(first, second));
	assert_int_equal(ask_key(kit, ann, true, &second), 0);
	assert_false(str_eq(first, second));
	assert_int_equal(ask_key(kit, ann, false, &first), 0);
	assert_true(str_eq(first, second));
}

static void test_key_is_for_who_may_sign_in(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "key carl");
	struct str key;

	user_kit_status(kit->h, id, STATUS_FROZEN);
	assert_int_equal(ask_key(kit, id, false, &key), ERR_UNAUTHENTICATED);
	assert_int_equal(ask_key(kit, id, true, &key), ERR_UNAUTHENTICATED);
	assert_int_equal(ask_key(kit, 1, false, &key), ERR_UNAUTHENTICATED);
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forget_sets_and_ends),
		TEST(test_forget_refused),
		TEST(test_key_stays_until_renewed),
		TEST(test_key_is_for_who_may_sign_in),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
