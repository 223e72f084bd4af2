/* svc-auth: accounts without any identifier but their id, and a new password without a session. */
#include "tests/unit/auth_kit.h"

#include <inttypes.h>
#include <pthread.h>

#define WRITERS 4

static int change_by(struct auth_kit *kit, const char *login, enum user_login_kind by,
	const char *current, const char *new_password, struct auth_password_by_out *ret_out)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_password_by_in in = {
		.login = str_c(login),
		.by = (int)by,
		.current = str_c(current),
		.new_password = str_c(new_password),
		.policy = POLICY_OPAQUE,
	};

	return call_auth_password_by(&call, &in, ret_out);
}

static void test_id_only(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {.first_name = STR("Sara"), .id_only = true};
	struct auth_register_out out;
	struct call call;
	char id[24];

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	snprintf(id, sizeof(id), "%" PRId64, out.account.id);
	assert_int_equal(auth_kit_enter(kit, id).account.id, out.account.id);
	in.id_only = false;
	assert_int_equal(auth_kit_register(kit, in, &call, &out), ERR_INVALID);
}

static void test_change(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "by name");
	struct auth_login_out one = auth_kit_enter(kit, "by name");
	struct auth_login_out two = auth_kit_enter(kit, "by name");
	struct auth_password_by_out out;

	assert_int_equal(
		change_by(kit, "By Name", LOGIN_USERNAME, AUTH_KIT_PASSWORD, "new", &out), 0);
	assert_int_equal(out.account.id, id);
	assert_int_equal(auth_kit_alive(kit, one.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, two.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_login(kit, "by name", AUTH_KIT_PASSWORD), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "by name", "new"), 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *login;
		enum user_login_kind by;
		const char *current, *new_password;
		int want;
	} rows[] = {
		{"by refused", LOGIN_USERNAME, "wrong", "new", ERR_BAD_CREDENTIALS},
		{"by refused", LOGIN_USERNAME, "", "new", ERR_BAD_CREDENTIALS},
		{"by refused", LOGIN_ID, AUTH_KIT_PASSWORD, "new", ERR_UNKNOWN_ACCOUNT},
		{"nobody", LOGIN_USERNAME, AUTH_KIT_PASSWORD, "new", ERR_UNKNOWN_ACCOUNT},
		{"by refused", LOGIN_USERNAME, AUTH_KIT_PASSWORD, "", ERR_WEAK_PASSWORD},
		{"nobody", LOGIN_USERNAME, "wrong", "", ERR_WEAK_PASSWORD},
		{"by frozen", LOGIN_USERNAME, AUTH_KIT_PASSWORD, "new", ERR_NOT_NORMAL},
		{"by frozen", LOGIN_USERNAME, "wrong", "new", ERR_BAD_CREDENTIALS},
	};
	struct auth_kit *kit = *state;
	struct auth_login_out mine;
	struct auth_password_by_out out;

	auth_kit_named(kit, "by refused");
	mine = auth_kit_enter(kit, "by refused");
	user_kit_status(kit->h, auth_kit_named(kit, "by frozen"), STATUS_FROZEN);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = change_by(kit, rows[i].login, rows[i].by, rows[i].current,
			rows[i].new_password, &out);

		if (got != rows[i].want)
			fail_msg("row %zu: %s", i, err_name(got));
	}
	assert_int_equal(auth_kit_alive(kit, mine.token), 0);
	assert_int_equal(auth_kit_login(kit, "by refused", AUTH_KIT_PASSWORD), 0);
}

/* One limit for signing in and for this. */
static void test_limited(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_password_by_out out;

	auth_kit_named(kit, "by guessed");
	for (int i = 0; i < 10; i++)
		assert_int_equal(change_by(kit, "by guessed", LOGIN_USERNAME, "wrong", "new", &out),
			ERR_BAD_CREDENTIALS);
	assert_int_equal(
		change_by(kit, "by guessed", LOGIN_USERNAME, AUTH_KIT_PASSWORD, "new", &out),
		ERR_LIMITED);
	assert_int_equal(auth_kit_login(kit, "by guessed", AUTH_KIT_PASSWORD), ERR_LIMITED);
}

struct writer {
	struct auth_kit *kit;
	pthread_t thread;
	char password[16];
	int result;
};

static void *write_one(void *arg)
{
	struct writer *writer = arg;
	struct arena *arena = arena_new(1024 * 1024);
	struct auth_password_by_in in = {
		.login = STR("by many"),
		.by = LOGIN_USERNAME,
		.current = STR(AUTH_KIT_PASSWORD),
		.new_password = str_c(writer->password),
		.policy = POLICY_OPAQUE,
	};
	struct auth_password_by_out out;
	struct call call = auth_kit_call(writer->kit, CALLER_ANYONE, 0, STR_NONE);

	call.arena = arena;
	writer->result = call_auth_password_by(&call, &in, &out);
	arena_free(arena);
	return NULL;
}

/* Of several who know the old password only one gets his new one; nobody else is told that he did.
 */
static void test_one_wins(void **state)
{
	struct auth_kit *kit = *state;
	struct writer writers[WRITERS];
	int won = 0;

	auth_kit_named(kit, "by many");
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.kit = kit};
		snprintf(writers[i].password, sizeof(writers[i].password), "new %d", i);
		assert_int_equal(
			pthread_create(&writers[i].thread, NULL, write_one, &writers[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		if (writers[i].result == 0) {
			won++;
			assert_int_equal(auth_kit_login(kit, "by many", writers[i].password), 0);
		} else {
			assert_int_equal(writers[i].result, ERR_BAD_CREDENTIALS);
		}
	}
	assert_int_equal(won, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_id_only),
		TEST(test_change),
		TEST(test_refused),
		TEST(test_limited),
		TEST(test_one_wins),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
