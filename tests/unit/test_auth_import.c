/* Accounts that move in, through the real bus, svc-user, SQLite and Redis; and the operator's
 * sessions. */
#include "tests/unit/auth_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "svc-auth/sealed.h"
#include "svc-auth/store.h"

static int import_as(struct auth_kit *kit, enum caller_kind kind, struct auth_import_row *rows,
	size_t count, bool defer, struct auth_import_out *ret_out)
{
	struct call call = auth_kit_call(kit, kind, kind == CALLER_ADMIN ? 12345678 : 0, STR_NONE);
	const struct auth_import_in in = {.rows = rows, .rows_count = count, .defer = defer};

	return call_auth_import(&call, &in, ret_out);
}

static struct user_import_result import_one(
	struct auth_kit *kit, struct auth_import_row row, bool defer)
{
	struct auth_import_out out;

	if (!row.password.p) {
		row.scheme = SCHEME_PLAIN;
		row.password = STR(AUTH_KIT_PASSWORD);
	}
	assert_int_equal(import_as(kit, CALLER_OPERATOR, &row, 1, defer, &out), 0);
	assert_int_equal(out.results_count, 1);
	return out.results[0];
}

static struct credential credential_of(struct auth_kit *kit, int64_t account)
{
	struct call call = harness_call(kit->h, CALLER_SERVICE, 0);
	struct db_conn *conn = db_reader(auth_kit_state(kit)->db);
	struct credential credential;

	assert_int_equal(store_credential(conn, account, call.arena, &credential), 0);
	return credential;
}

/* For the thread that puts sealed digests into Argon2id. */
static void await_wrapped(struct auth_kit *kit, int64_t account)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	for (int64_t end = clock_mono_ms() + 20000; clock_mono_ms() < end;) {
		if (!credential_of(kit, account).sealed.p)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("still sealed");
}

static void test_fields(void **state)
{
	struct auth_kit *kit = *state;
	struct user_import_result made = import_one(kit,
		(struct auth_import_row){
			.id = 23456789,
			.username = STR("Moved"),
			.phone = STR("13700000001"),
			.email = STR("Moved@example.org"),
			.display_name = STR("\xe6\x90\xac"),
			.first_name = STR("Mo"),
			.last_name = STR("Ved"),
			.role = ROLE_VOLUNTEER,
		},
		false);
	struct user_account got;

	assert_int_equal(made.outcome, IMPORT_MADE);
	assert_int_equal(made.account, 23456789);
	got = user_kit_get(kit->h, 23456789);
	assert_str(got.username, "Moved");
	assert_str(got.phone, "13700000001");
	assert_str(got.email, "Moved@example.org");
	assert_str(got.display_name, "\xe6\x90\xac");
	assert_str(got.first_name, "Mo");
	assert_str(got.last_name, "Ved");
	assert_int_equal(got.role, ROLE_VOLUNTEER);
	assert_int_equal(got.status, STATUS_NORMAL);
	assert_int_equal(auth_kit_enter(kit, "moved").account.id, 23456789);
	assert_int_equal(auth_kit_enter(kit, "13700000001").account.id, 23456789);
	assert_int_equal(auth_kit_enter(kit, "23456789").account.id, 23456789);
	assert_null(credential_of(kit, 23456789).recipe.p);
}

static const struct scheme_row {
	enum auth_scheme scheme;
	const char *name;
	struct str stored;
} schemes[] = {
	{SCHEME_PLAIN, "scheme plain", STR_INIT("abc")},
	{SCHEME_MD5, "scheme md5", STR_INIT("900150983cd24fb0d6963f7d28e17f72")},
	{SCHEME_SHA256, "scheme sha",
		STR_INIT("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
	{SCHEME_DJANGO, "scheme django",
		STR_INIT(
			"pbkdf2_sha256$1000$seasalt$OZVA45hj5DtaXX4hk329EYN8JFdiHEIp1P0QQncsaqo=")},
	{SCHEME_BCRYPT, "scheme bcrypt",
		STR_INIT("$2b$04$abcdefghijklmnopqrstuuCi15uRb1eH7NAlJ/TgeJertyknQpYn2")},
};

static const char *name_of(const struct scheme_row *row, bool defer)
{
	static char name[40];

	snprintf(name, sizeof(name), "%s%s", row->name, defer ? " later" : "");
	return name;
}

static void test_schemes(void **state)
{
	struct auth_kit *kit = *state;

	for (size_t i = 0; i < 2 * sizeof(schemes) / sizeof(schemes[0]); i++) {
		const struct scheme_row *row = &schemes[i / 2];
		const bool defer = i % 2;
		const char *name = name_of(row, defer);
		struct user_import_result made = import_one(kit,
			(struct auth_import_row){.username = str_c(name),
				.scheme = (int)row->scheme,
				.password = row->stored},
			defer);
		struct credential before;

		if (made.outcome != IMPORT_MADE)
			fail_msg("%s: %.*s", name, STR_ARG(made.reason));
		if (defer)
			await_wrapped(kit, made.account);
		before = credential_of(kit, made.account);
		assert_int_equal(before.hash.len, PASSWORD_HASH_LEN);
		assert_true(!before.recipe.p == (row->scheme == SCHEME_PLAIN && !defer));
		if (auth_kit_login(kit, name, "abd") != ERR_BAD_CREDENTIALS ||
			auth_kit_login(kit, name,
				str_cstr(harness_call(kit->h, CALLER_SERVICE, 0).arena,
					row->stored)) !=
				(row->scheme == SCHEME_PLAIN ? 0 : ERR_BAD_CREDENTIALS))
			fail_msg("%s: let in", name);
		/* The first right one leaves a plain hash, with which it goes on. */
		if (auth_kit_login(kit, name, "abc") || auth_kit_login(kit, name, "abc"))
			fail_msg("%s: not let in", name);
		assert_null(credential_of(kit, made.account).recipe.p);
		assert_null(credential_of(kit, made.account).sealed.p);
		assert_int_equal(auth_kit_login(kit, name, "abd"), ERR_BAD_CREDENTIALS);
	}
}

static int add_sealed(struct db_conn *conn, void *arg)
{
	return store_pending_move(conn, arg, clock_now_us());
}

static int activate(struct db_conn *conn, void *arg)
{
	const struct credential *credential = arg;

	return store_activate(conn, credential->registration, credential->account);
}

/* As auth.import with `defer` would leave it, but nobody wakes the thread that wraps. */
static int64_t make_sealed(struct auth_kit *kit, const char *username, const char *password)
{
	struct call call = harness_call(kit->h, CALLER_SERVICE, 0);
	struct auth *auth = auth_kit_state(kit);
	struct store_moving moving = {.registration = user_kit_registration(kit->h)};
	struct user_create_in in = {
		.registration = moving.registration, .username = str_c(username)};
	struct credential credential = {.registration = moving.registration};
	struct legacy_digest digest;

	assert_int_equal(legacy_recipe(call.arena, &moving.recipe), 0);
	assert_int_equal(legacy_compute(moving.recipe, str_c(password), &digest), 0);
	assert_int_equal(sealed_make(&auth->import_key, moving.registration, moving.recipe, &digest,
				 call.arena, &moving.sealed),
		0);
	assert_int_equal(db_write(auth->db, add_sealed, &moving), 0);
	credential.account = user_kit_create(kit->h, in).id;
	assert_int_equal(db_write(auth->db, activate, &credential), 0);
	return credential.account;
}

static void test_sealed_sign_in(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = make_sealed(kit, "still sealed", "in between");

	assert_int_equal(auth_kit_login(kit, "still sealed", "in betweem"), ERR_BAD_CREDENTIALS);
	assert_non_null(credential_of(kit, id).sealed.p);
	assert_int_equal(auth_kit_login(kit, "still sealed", "in between"), 0);
	assert_null(credential_of(kit, id).sealed.p);
	assert_null(credential_of(kit, id).recipe.p);
	assert_int_equal(auth_kit_login(kit, "still sealed", "in between"), 0);
	assert_int_equal(auth_kit_login(kit, "still sealed", "in betweem"), ERR_BAD_CREDENTIALS);
}

/* What a stop left sealed is wrapped after the next start. */
static void test_sealed_over_a_restart(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = make_sealed(kit, "restarted", "in between");

	harness_halt(kit->h, SERVICE_AUTH);
	harness_resume(kit->h, SERVICE_AUTH);
	await_wrapped(kit, id);
	assert_int_equal(auth_kit_login(kit, "restarted", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "restarted", "in between"), 0);
}

static void test_new_password_takes_the_old_hash_away(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = make_sealed(kit, "changed", "in between");
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct auth_password_in in = {.new_password = STR("quite another one"),
		.policy = POLICY_NATIVE,
		.current = STR("in between"),
		.check_current = true};
	struct auth_password_out out;

	assert_int_equal(call_auth_password(&call, &in, &out), 0);
	assert_null(credential_of(kit, id).sealed.p);
	assert_null(credential_of(kit, id).recipe.p);
	assert_int_equal(auth_kit_login(kit, "changed", "in between"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "changed", "quite another one"), 0);
}

struct entrant {
	struct auth_kit *kit;
	atomic_int failures;
};

static void *enter(void *arg)
{
	struct entrant *entrant = arg;
	struct call call = auth_kit_call(entrant->kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_login_in in = {
		.login = STR("at once"), .password = STR("in between"), .by = LOGIN_USERNAME};
	struct auth_login_out out;

	call.arena = arena_new(1 << 20);
	if (!call.arena || call_auth_login(&call, &in, &out) != 0)
		atomic_fetch_add(&entrant->failures, 1);
	arena_free(call.arena);
	return NULL;
}

/* The one who replaces the hash must not shut out the others, who proved the password against it.
 */
static void test_first_sign_ins_at_once(void **state)
{
	struct entrant entrant = {.kit = *state};
	pthread_t threads[6];

	make_sealed(*state, "at once", "in between");
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter, &entrant), 0);
	for (size_t i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&entrant.failures), 0);
}

static void test_ids(void **state)
{
	static const struct {
		const char *name;
		int64_t id;
		bool kept;
	} rows[] = {
		{"id none", 0, false},
		{"id seven", 1234567, false},
		{"id eight", 34567890, true},
		{"id eight again", 34567890, false},
		{"id nine", 345678901, true},
		{"id ten", 3456789012, false},
	};
	struct auth_kit *kit = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct user_import_result made = import_one(kit,
			(struct auth_import_row){.id = rows[i].id, .username = str_c(rows[i].name)},
			true);

		if (made.outcome != IMPORT_MADE || (made.account == rows[i].id) != rows[i].kept)
			fail_msg("%s: %lld", rows[i].name, (long long)made.account);
	}
}

static void test_refusals_leave_the_others_alone(void **state)
{
	static const struct {
		struct auth_import_row row;
		const char *reason, *field;
	} rows[] = {
		{{.username = STR_INIT("beside one")}, NULL, NULL},
		{{.username = STR_INIT("12345")}, "invalid", "username"},
		{{.username = STR_INIT("beside"), .phone = STR_INIT("12")}, "invalid", "phone"},
		{{.username = STR_INIT("beside"), .email = STR_INIT("at")}, "invalid", "email"},
		{{.username = STR_INIT("iN tHE wAY")}, "taken", "username"},
		{{.display_name = STR_INIT("nobody")}, "invalid", "username"},
		{{.username = STR_INIT("beside"),
			 .scheme = SCHEME_MD5,
			 .password = STR_INIT("no hash")},
			"invalid", "password"},
		{{.username = STR_INIT("beside"), .scheme = SCHEME_PLAIN, .password = STR_INIT("")},
			"invalid", "password"},
		{{.username = STR_INIT("beside two")}, NULL, NULL},
	};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	struct auth_kit *kit = *state;
	struct auth_import_row in[COUNT];
	struct auth_import_out out;

	auth_kit_named(kit, "In the way");
	for (size_t i = 0; i < COUNT; i++) {
		in[i] = rows[i].row;
		if (!in[i].password.p) {
			in[i].scheme = SCHEME_PLAIN;
			in[i].password = STR(AUTH_KIT_PASSWORD);
		}
	}
	assert_int_equal(import_as(kit, CALLER_OPERATOR, in, COUNT, false, &out), 0);
	assert_int_equal(out.results_count, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		const struct user_import_result *got = &out.results[i];

		if (!rows[i].reason != (got->outcome == IMPORT_MADE))
			fail_msg("row %zu", i);
		if (!rows[i].reason)
			continue;
		if (got->fields_count != 1 || !str_eq(got->fields[0], str_c(rows[i].field)) ||
			!str_eq(got->reason, str_c(rows[i].reason)))
			fail_msg("row %zu: %.*s", i, STR_ARG(got->reason));
	}
	assert_int_equal(auth_kit_login(kit, "beside one", AUTH_KIT_PASSWORD), 0);
	assert_int_equal(auth_kit_login(kit, "beside two", AUTH_KIT_PASSWORD), 0);
}

static void test_again(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_import_row rows[] = {
		{.username = STR("Twice"), .scheme = SCHEME_PLAIN, .password = STR("the first")},
		{.username = STR("tWICE"), .scheme = SCHEME_PLAIN, .password = STR("the second")},
		{.phone = STR("13700000002"), .scheme = SCHEME_PLAIN, .password = STR("x")},
	};
	struct auth_import_out first, second;

	for (int defer = 0; defer < 2; defer++) {
		rows[0].username = defer ? STR("Twice later") : STR("Twice");
		rows[1].username = defer ? STR("tWICE lATER") : STR("tWICE");
		assert_int_equal(import_as(kit, CALLER_OPERATOR, rows, 3, defer, &first), 0);
		assert_int_equal(first.results[0].outcome, IMPORT_MADE);
		assert_int_equal(first.results[1].outcome, IMPORT_ALREADY);
		assert_int_equal(first.results[1].account, first.results[0].account);
		assert_int_equal(first.results[2].outcome, defer ? IMPORT_ALREADY : IMPORT_MADE);
		rows[0].password = STR("the third");
		assert_int_equal(import_as(kit, CALLER_OPERATOR, rows, 3, !defer, &second), 0);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(second.results[i].outcome, IMPORT_ALREADY);
			assert_int_equal(second.results[i].account, first.results[i].account);
		}
		rows[0].password = STR("the first");
	}
	assert_int_equal(auth_kit_login(kit, "twice", "the first"), 0);
	assert_int_equal(auth_kit_login(kit, "twice later", "the first"), 0);
	assert_int_equal(auth_kit_login(kit, "twice", "the second"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "twice", "the third"), ERR_BAD_CREDENTIALS);
}

static void test_somebody_else_with_the_name(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_import_row row = {.username = STR("same name"), .phone = STR("13700000003")};

	assert_int_equal(import_one(kit, row, false).outcome, IMPORT_MADE);
	row.phone = STR("13700000004");
	assert_int_equal(import_one(kit, row, false).outcome, IMPORT_REFUSED);
}

/* svc-auth ended between svc-user's commit and its own: the same line once more finishes it. */
static void test_after_a_crash(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	struct call call = harness_call(kit->h, CALLER_OPERATOR, 0);
	struct auth_import_row row = {.username = STR("cut short")};
	struct user_import_row user = {.username = row.username};
	struct user_import_out out;
	struct user_import_result made;

	assert_int_equal(
		sealed_registration(&auth->import_key, &row, call.arena, &user.registration), 0);
	assert_int_equal(call_user_import(&call,
				 &(struct user_import_in){.rows = &user, .rows_count = 1}, &out),
		0);
	assert_int_equal(out.results[0].outcome, IMPORT_MADE);
	made = import_one(kit, row, false);
	assert_int_equal(made.outcome, IMPORT_ALREADY);
	assert_int_equal(made.account, out.results[0].account);
	assert_int_equal(auth_kit_enter(kit, "cut short").account.id, made.account);
}

static void test_erased_stay_erased(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_import_row row = {.username = STR("erased then")};
	int64_t id = import_one(kit, row, false).account;
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	struct auth_erase_out out;
	struct user_import_result again;

	assert_int_equal(call_auth_erase(&call,
				 &(struct auth_erase_in){.password = STR(AUTH_KIT_PASSWORD)}, &out),
		0);
	again = import_one(kit, row, false);
	assert_int_equal(again.outcome, IMPORT_ALREADY);
	assert_int_equal(again.account, 0);
	assert_int_equal(
		auth_kit_login(kit, "erased then", AUTH_KIT_PASSWORD), ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(auth_kit_named(kit, "erased then") == id, false);
}

static void test_who_may(void **state)
{
	static const enum caller_kind kinds[] = {
		CALLER_ANYONE, CALLER_ACCOUNT, CALLER_ADMIN, CALLER_SERVICE};
	struct auth_kit *kit = *state;
	struct auth_import_row row = {
		.username = STR("nobody's"), .scheme = SCHEME_PLAIN, .password = STR("x")};
	struct auth_import_out out;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct call call = auth_kit_call(kit, kinds[i], 12345678, STR_NONE);
		struct auth_sessions_of_out sessions;
		struct auth_revoke_out revoked;

		assert_int_equal(import_as(kit, kinds[i], &row, 1, false, &out), ERR_DENIED);
		assert_int_equal(call_auth_sessions_of(&call,
					 &(struct auth_sessions_of_in){.account = 1}, &sessions),
			ERR_DENIED);
		assert_int_equal(
			call_auth_revoke(&call, &(struct auth_revoke_in){.account = 1}, &revoked),
			ERR_DENIED);
	}
}

static struct user_audit_out acts(struct auth_kit *kit, int64_t limit)
{
	struct call call = harness_call(kit->h, CALLER_OPERATOR, 0);
	const struct user_audit_in in = {.limit = limit};
	struct user_audit_out out;

	assert_int_equal(call_user_audit(&call, &in, &out), 0);
	return out;
}

static void test_audit(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_import_row rows[] = {
		{.username = STR("audited one"), .scheme = SCHEME_PLAIN, .password = STR("x")},
		{.username = STR("audited two"),
			.scheme = SCHEME_PLAIN,
			.password = STR("x"),
			.role = ROLE_ADMINISTRATOR},
	};
	struct auth_import_out out;
	struct user_audit_out got;
	int64_t last;

	assert_int_equal(import_as(kit, CALLER_OPERATOR, rows, 2, true, &out), 0);
	got = acts(kit, 2);
	assert_str(got.items[0].action, "user.import");
	assert_str(got.items[0].detail, "2 accounts");
	assert_int_equal(got.items[0].actor, 0);
	assert_int_equal(got.items[0].target, 0);
	assert_str(got.items[1].action, "user.create");
	assert_str(got.items[1].detail, "administrator");
	assert_int_equal(got.items[1].target, out.results[1].account);
	last = got.items[0].id;
	/* Nothing done, nothing recorded. */
	assert_int_equal(import_as(kit, CALLER_OPERATOR, rows, 2, true, &out), 0);
	assert_int_equal(acts(kit, 1).items[0].id, last);
}

static void test_operator_ends_sessions(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "watched");
	struct auth_login_out one = auth_kit_enter(kit, "watched"),
			      two = auth_kit_enter(kit, "watched");
	struct call call = harness_call(kit->h, CALLER_OPERATOR, 0);
	struct auth_sessions_of_out list;
	struct auth_resolve_out resolved;
	struct auth_revoke_out out;
	struct user_audit_out got;

	assert_int_equal(
		call_auth_sessions_of(&call, &(struct auth_sessions_of_in){.account = id}, &list),
		0);
	assert_int_equal(list.items_count, 2);
	assert_true(str_eq(list.items[0].id, two.id) && !list.items[0].current);
	assert_int_equal(call_auth_revoke(&call,
				 &(struct auth_revoke_in){.account = id, .session = one.id}, &out),
		0);
	assert_int_equal(auth_kit_resolve(kit, one.token, &resolved), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_resolve(kit, two.token, &resolved), 0);
	assert_int_equal(call_auth_revoke(&call,
				 &(struct auth_revoke_in){.account = id, .session = one.id}, &out),
		ERR_NOT_FOUND);
	assert_int_equal(call_auth_revoke(&call, &(struct auth_revoke_in){.account = id}, &out), 0);
	assert_int_equal(auth_kit_resolve(kit, two.token, &resolved), ERR_UNAUTHENTICATED);
	assert_int_equal(
		call_auth_revoke(&call, &(struct auth_revoke_in){.account = 99999999}, &out),
		ERR_NOT_FOUND);
	got = acts(kit, 2);
	assert_str(got.items[0].action, "session.revoke");
	assert_str(got.items[0].detail, "all");
	assert_int_equal(got.items[0].target, id);
	assert_int_equal(got.items[0].actor, 0);
	assert_true(str_eq(got.items[1].detail, one.id));
	assert_int_equal(auth_kit_login(kit, "watched", AUTH_KIT_PASSWORD), 0);
}

#define TEST(function) cmocka_unit_test_setup(function, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields),
		TEST(test_schemes),
		TEST(test_sealed_sign_in),
		TEST(test_sealed_over_a_restart),
		TEST(test_new_password_takes_the_old_hash_away),
		TEST(test_first_sign_ins_at_once),
		TEST(test_ids),
		TEST(test_refusals_leave_the_others_alone),
		TEST(test_again),
		TEST(test_somebody_else_with_the_name),
		TEST(test_after_a_crash),
		TEST(test_erased_stay_erased),
		TEST(test_who_may),
		TEST(test_audit),
		TEST(test_operator_ends_sessions),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
