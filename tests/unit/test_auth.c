/* svc-auth's registration and sign-in, through the real bus, svc-user, SQLite and Redis. */
#include "tests/unit/auth_kit.h"

#include <string.h>

#include "svc-auth/audit.h"
#include "svc-auth/session.h"
#include "svc-auth/store.h"

static void test_register(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {
		.username = STR("Registered"),
		.phone = STR("13900000001"),
		.email = STR("r@example.org"),
		.display_name = STR("R"),
		.first_name = STR("Re"),
		.last_name = STR("Gistered"),
		.role = ROLE_DONOR,
		.identity = STR("\xe6\x82\xa3\xe8\x80\x85"),
		.sex = SEX_MALE,
		.age = {true, 0},
		.description = STR("\xe6\x97\xa0"),
	};
	struct auth_register_out out;
	struct user_account got;
	struct call call;

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	assert_null(out.token.p);
	got = user_kit_get(kit->h, out.account.id);
	assert_str(got.username, "Registered");
	assert_str(got.phone, "13900000001");
	assert_str(got.email, "r@example.org");
	assert_str(got.display_name, "R");
	assert_str(got.first_name, "Re");
	assert_str(got.last_name, "Gistered");
	assert_int_equal(got.role, ROLE_DONOR);
	assert_str(got.identity, "\xe6\x82\xa3\xe8\x80\x85");
	assert_int_equal(got.sex, SEX_MALE);
	assert_true(got.age.set && got.age.value == 0);
	assert_str(got.description, "\xe6\x97\xa0");
}

static void test_login_by_each(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {
		.username = STR("ByEach"),
		.phone = STR("13900000002"),
		.email = STR("each@example.org"),
	};
	struct auth_register_out out;
	struct call call;
	char id[24];

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	snprintf(id, sizeof(id), "%lld", (long long)out.account.id);
	assert_int_equal(auth_kit_enter(kit, "ByEach").account.id, out.account.id);
	assert_int_equal(auth_kit_enter(kit, "BYEACH").account.id, out.account.id);
	assert_int_equal(auth_kit_enter(kit, "13900000002").account.id, out.account.id);
	assert_int_equal(auth_kit_enter(kit, "Each@Example.org").account.id, out.account.id);
	assert_int_equal(auth_kit_enter(kit, id).account.id, out.account.id);
}

static void test_register_refusals(void **state)
{
	static const struct {
		const char *name;
		struct auth_register_in in;
		int want;
		const char *field;
	} rows[] = {
		{"no identifier", {.password = STR_INIT("long enough")}, ERR_INVALID, "username"},
		{"username", {.username = STR_INIT("a@b")}, ERR_INVALID, "username"},
		{"empty username", {.username = STR_INIT("")}, ERR_INVALID, "username"},
		{"phone", {.phone = STR_INIT("123")}, ERR_INVALID, "phone"},
		{"taken", {.username = STR_INIT("hOLDER")}, ERR_TAKEN, "username"},
		{"taken phone",
			{.username = STR_INIT("free name"), .phone = STR_INIT("13900000003")},
			ERR_TAKEN, "phone"},
		{"short", {.username = STR_INIT("free name"), .password = STR_INIT("1234567")},
			ERR_WEAK_PASSWORD, "password"},
		{"common", {.username = STR_INIT("free name"), .password = STR_INIT("Password1")},
			ERR_WEAK_PASSWORD, "password"},
		{"empty",
			{.username = STR_INIT("free name"),
				.password = STR_INIT(""),
				.policy = POLICY_OPAQUE},
			ERR_WEAK_PASSWORD, "password"},
		{"administrator", {.username = STR_INIT("free name"), .role = ROLE_ADMINISTRATOR},
			ERR_DENIED, "role"},
		{"none of these",
			{.username = STR_INIT("free name"),
				.password = STR_INIT("1"),
				.policy = POLICY_OPAQUE},
			0, NULL},
	};
	struct auth_kit *kit = *state;
	struct auth_register_in holder = {.username = STR("Holder"), .phone = STR("13900000003")};
	struct auth_register_out out;
	struct call call;

	assert_int_equal(auth_kit_register(kit, holder, &call, &out), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = auth_kit_register(kit, rows[i].in, &call, &out);
		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, err_name(got));
		if (rows[i].field &&
			(call.field_count != 1 || !str_eq(call.fields[0], str_c(rows[i].field))))
			fail_msg("%s: field %.*s", rows[i].name, STR_ARG(call.fields[0]));
	}
	assert_int_equal(auth_kit_login(kit, "Holder", AUTH_KIT_PASSWORD), 0);
}

static void test_register_administrator(void **state)
{
	static const enum caller_kind kinds[] = {CALLER_OPERATOR, CALLER_ADMIN};
	struct auth_kit *kit = *state;

	for (size_t i = 0; i < 2; i++) {
		struct call call = auth_kit_call(kit, kinds[i], i ? 12345678 : 0, STR_NONE);
		struct auth_register_in in = {
			.username = i ? STR("admin two") : STR("admin one"),
			.password = STR(AUTH_KIT_PASSWORD),
			.policy = POLICY_NATIVE,
			.role = ROLE_ADMINISTRATOR,
		};
		struct auth_register_out out;

		assert_int_equal(call_auth_register(&call, &in, &out), 0);
		assert_int_equal(out.account.role, ROLE_ADMINISTRATOR);
	}
}

static void test_register_with_session(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {
		.username = STR("at once"), .open_session = true, .device = STR("phone")};
	struct auth_register_out out;
	struct auth_resolve_out who;
	struct call call;

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	assert_int_equal(out.token.len, SESSION_TOKEN_LEN);
	assert_int_equal(auth_kit_resolve(kit, out.token, &who), 0);
	assert_int_equal(who.account, out.account.id);
}

static void test_register_limit(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in taken = {.username = STR("limited 1")};
	struct auth_register_in in = {.username = STR("limited 3")};
	struct auth_register_out out;
	struct call call;

	auth_kit_state(kit)->register_limit = 2;
	auth_kit_named(kit, "limited 1");
	/* what came to nothing does not count */
	assert_int_equal(auth_kit_register(kit, taken, &call, &out), ERR_TAKEN);
	assert_int_equal(auth_kit_register(kit, taken, &call, &out), ERR_TAKEN);
	auth_kit_named(kit, "limited 2");
	assert_int_equal(auth_kit_register(kit, in, &call, &out), ERR_LIMITED);
	assert_in_range(call.retry_after_s, 1, 3600);
	kit->address = STR("198.51.100.250");
	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	auth_kit_state(kit)->register_limit = 0;
}

static void test_login(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "login");
	int64_t before_us = clock_now_us();
	struct auth_login_out out = auth_kit_enter(kit, "login");
	struct auth_resolve_out who;

	assert_int_equal(out.token.len, SESSION_TOKEN_LEN);
	assert_int_equal(out.id.len, SESSION_ID_LEN);
	assert_true(out.expires >= before_us + 604800 * CLOCK_SECOND_US);
	assert_str(out.account.username, "login");
	assert_int_equal(auth_kit_resolve(kit, out.token, &who), 0);
	assert_int_equal(who.account, id);
	assert_int_equal(who.role, ROLE_MEMBER);
	assert_true(str_eq(who.session, out.id));
	assert_int_equal(auth_kit_resolve(kit, out.jwt, &who), 0);
	assert_int_equal(who.account, id);
	assert_true(str_eq(who.session, out.id));
}

static void test_login_refusals(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "refused");
	struct call call;
	struct auth_login_out out;
	const struct auth_login_in by_email = {
		.login = STR("refused"), .password = STR(AUTH_KIT_PASSWORD), .by = LOGIN_EMAIL};

	assert_int_equal(auth_kit_login(kit, "nobody", AUTH_KIT_PASSWORD), ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(auth_kit_login(kit, "", AUTH_KIT_PASSWORD), ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(auth_kit_login(kit, "refused", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "refused", ""), ERR_BAD_CREDENTIALS);
	call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	assert_int_equal(call_auth_login(&call, &by_email, &out), ERR_UNKNOWN_ACCOUNT);
	user_kit_status(kit->h, id, STATUS_FROZEN);
	assert_int_equal(auth_kit_login(kit, "refused", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "refused", AUTH_KIT_PASSWORD), ERR_NOT_NORMAL);
	user_kit_status(kit->h, id, STATUS_DELETED);
	assert_int_equal(auth_kit_login(kit, "refused", AUTH_KIT_PASSWORD), ERR_NOT_NORMAL);
	user_kit_status(kit->h, id, STATUS_NORMAL);
	assert_int_equal(auth_kit_login(kit, "refused", AUTH_KIT_PASSWORD), 0);
}

static int64_t time_login(struct auth_kit *kit, const char *login, int want)
{
	int64_t best_us = INT64_MAX;

	for (int i = 0; i < 8; i++) {
		int64_t start_us = clock_mono_us();
		assert_int_equal(auth_kit_login(kit, login, "wrong"), want);
		if (clock_mono_us() - start_us < best_us)
			best_us = clock_mono_us() - start_us;
	}
	return best_us;
}

static void test_unknown_takes_as_long(void **state)
{
	struct auth_kit *kit = *state;
	int64_t known_us, unknown_us;

	auth_kit_named(kit, "timed");
	known_us = time_login(kit, "timed", ERR_BAD_CREDENTIALS);
	unknown_us = time_login(kit, "untimed", ERR_UNKNOWN_ACCOUNT);
	assert_true(unknown_us > known_us / 2);
	assert_true(known_us > unknown_us / 2);
}

static void test_limits(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_login_out in = {0}, out;
	struct call call;

	auth_kit_named(kit, "guessed");
	in = auth_kit_enter(kit, "guessed");
	for (int i = 0; i < 10; i++)
		assert_int_equal(auth_kit_login(kit, "guessed", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_try(kit, "guessed", AUTH_KIT_PASSWORD, &call, &out), ERR_LIMITED);
	assert_in_range(call.retry_after_s, 1, 30);
	kit->address = STR("198.51.100.251");
	assert_int_equal(auth_kit_login(kit, "guessed", "wrong"), ERR_LIMITED);
	/* live sessions are untouched */
	assert_int_equal(auth_kit_alive(kit, in.token), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(auth_kit_login(kit, "ghost", "wrong"), ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(auth_kit_login(kit, "Ghost", "wrong"), ERR_LIMITED);
}

static void test_ttl(void **state)
{
	struct auth_kit *kit = *state;
	const struct auth_login_in in = {
		.login = STR("shortlived"),
		.password = STR(AUTH_KIT_PASSWORD),
		.by = LOGIN_USERNAME,
		.ttl_s = 1,
		.want_jwt = true,
	};
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_login_out out;
	struct auth_resolve_out who;
	int64_t until_ms = clock_mono_ms() + 10000;
	int rc;

	auth_kit_named(kit, "shortlived");
	assert_int_equal(call_auth_login(&call, &in, &out), 0);
	rc = auth_kit_resolve(kit, out.token, &who);
	if (rc != ERR_UNAUTHENTICATED) { /* it may have taken a second to get here */
		assert_int_equal(rc, 0);
		assert_true(who.expires <= clock_now_us() + CLOCK_SECOND_US);
	}
	/* using it would keep it alive, so the JWT, whose time is fixed, is asked first */
	while (auth_kit_alive(kit, out.jwt) == 0 && clock_mono_ms() < until_ms)
		;
	assert_int_equal(auth_kit_alive(kit, out.jwt), ERR_UNAUTHENTICATED);
}

static void test_resolve_refusals(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "resolved");
	struct auth_login_out out = auth_kit_enter(kit, "resolved");
	struct auth_resolve_out who;
	char text[AUTH_TOKEN_MAX];

	memcpy(text, out.token.p, out.token.len);
	text[0] = text[0] == 'A' ? 'B' : 'A';
	assert_int_equal(
		auth_kit_alive(kit, (struct str){text, out.token.len}), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, STR("")), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, out.id), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, STR("a.b.c")), ERR_UNAUTHENTICATED);
	/* a role is felt at once */
	{
		struct call call = harness_call(kit->h, CALLER_OPERATOR, 0);
		const struct user_govern_in in = {.id = id, .role = ROLE_ADMINISTRATOR};
		struct user_govern_out done;
		assert_int_equal(call_user_govern(&call, &in, &done), 0);
	}
	assert_int_equal(auth_kit_resolve(kit, out.token, &who), 0);
	assert_int_equal(who.role, ROLE_ADMINISTRATOR);
	/* so is freezing, and thawing revives nothing */
	user_kit_status(kit->h, id, STATUS_FROZEN);
	user_kit_status(kit->h, id, STATUS_NORMAL);
	assert_int_equal(auth_kit_alive(kit, out.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, out.jwt), ERR_UNAUTHENTICATED);
}

static int prune(struct db_conn *conn, void *arg)
{
	const int64_t *newest = arg;
	int rc = store_sign_ins_prune_unknown(conn, *newest - 3, *newest);

	return rc ? rc : store_sign_ins_prune(conn, *newest - 4);
}

/* The record holds who, whence and how; old rows go, those without an account first. */
static void test_audit(void **state)
{
	struct auth_kit *kit = *state;
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct db *db = harness_svc(kit->h, SERVICE_AUTH)->db;
	int64_t id = auth_kit_named(kit, "recorded");
	static const int want[] = {
		AUDIT_NOT_NORMAL, AUDIT_SUCCESS, AUDIT_UNKNOWN_ACCOUNT, AUDIT_WRONG_PASSWORD};
	struct sign_in *rows;
	size_t count;

	auth_kit_login(kit, "recorded", "wrong");
	auth_kit_login(kit, "unrecorded", "wrong");
	auth_kit_login(kit, "recorded", AUTH_KIT_PASSWORD);
	user_kit_status(kit->h, id, STATUS_FROZEN);
	auth_kit_login(kit, "recorded", AUTH_KIT_PASSWORD);
	assert_int_equal(store_sign_ins(db_reader(db), 4, call.arena, &rows, &count), 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(rows[i].outcome, want[i]);
		assert_int_equal(rows[i].account, i == 2 ? 0 : id);
		assert_true(str_eq(rows[i].address, kit->address));
		assert_str(rows[i].device, "test");
	}
	assert_int_equal(db_write(db, prune, &rows[0].id), 0);
	assert_int_equal(store_sign_ins(db_reader(db), 100, call.arena, &rows, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(rows[i].account, id);
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_register),
		TEST(test_login_by_each),
		TEST(test_register_refusals),
		TEST(test_register_administrator),
		TEST(test_register_with_session),
		TEST(test_register_limit),
		TEST(test_login),
		TEST(test_login_refusals),
		TEST(test_unknown_takes_as_long),
		TEST(test_limits),
		TEST(test_ttl),
		TEST(test_resolve_refusals),
		TEST(test_audit),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
