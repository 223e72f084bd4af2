/* The second factor: begun, in force, used, removed; and what is kept of it. */
#include "tests/unit/auth_kit.h"

#include <string.h>

#include "svc-auth/limit.h"
#include "svc-auth/otp.h"
#include "svc-auth/store.h"

struct app {
	int64_t account;
	const char *login;
	unsigned char secret[OTP_SECRET_LEN];
	char codes[AUTH_RECOVERY_CODES][16];
};

static int begin(struct auth_kit *kit, int64_t account, struct auth_totp_begin_out *ret_out)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, STR_NONE);

	return call_auth_totp_begin(&call, &(struct auth_totp_begin_in){0}, ret_out);
}

static int confirm(struct auth_kit *kit, int64_t account, const char *code,
	struct auth_totp_confirm_out *ret_out)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, STR_NONE);
	const struct auth_totp_confirm_in in = {.code = str_c(code)};

	return call_auth_totp_confirm(&call, &in, ret_out);
}

static int take_away(struct auth_kit *kit, int64_t account, const char *password, const char *code)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, STR_NONE);
	const struct auth_totp_remove_in in = {.password = str_c(password), .totp = str_c(code)};
	struct auth_totp_remove_out out;

	return call_auth_totp_remove(&call, &in, &out);
}

static int enter(struct auth_kit *kit, const char *login, const char *password, const char *code)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_login_in in = {
		.login = str_c(login),
		.password = str_c(password),
		.by = LOGIN_ANY,
		.totp = str_c(code),
		.asks_totp = true,
	};
	struct auth_login_out out;

	return call_auth_login(&call, &in, &out);
}

/* As an app reads RFC 4648's base32. */
static void read_secret(struct str text, unsigned char ret_secret[OTP_SECRET_LEN])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned bits = 0, pending = 0;
	size_t n = 0;

	assert_int_equal(text.len, OTP_SECRET_TEXT);
	for (size_t i = 0; i < text.len; i++) {
		const char *at = strchr(alphabet, text.p[i]);

		assert_non_null(at);
		pending = (pending << 5 | (unsigned)(at - alphabet)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			ret_secret[n++] = (unsigned char)(pending >> bits);
		}
	}
	assert_int_equal(n, OTP_SECRET_LEN);
}

/* Steps from the present one. Those next to it are still good if the clock goes on meanwhile, except
 * that the one before may go out of the window: tests do not use it. */
static const char *code_of(const struct app *app, int64_t ahead)
{
	static char code[OTP_DIGITS + 1];

	otp_code((struct str){(const char *)app->secret, OTP_SECRET_LEN},
		otp_step(clock_now_us()) + ahead, code);
	return code;
}

/* A code that is right at no step near. */
static const char *wrong_code(const struct app *app)
{
	static char code[OTP_DIGITS + 1];
	bool near = true;

	for (int n = 0; near; n++) {
		snprintf(code, sizeof(code), "%06d", n);
		near = false;
		for (int64_t ahead = -3; ahead <= 10; ahead++)
			near |= strcmp(code, code_of(app, ahead)) == 0;
	}
	return code;
}

/* With the code of the step before the present one used up, or of the present one. */
static struct app in_force(struct auth_kit *kit, const char *login)
{
	struct app app = {.account = auth_kit_named(kit, login), .login = login};
	struct auth_totp_begin_out begun;
	struct auth_totp_confirm_out done;

	assert_int_equal(begin(kit, app.account, &begun), 0);
	read_secret(begun.secret, app.secret);
	assert_int_equal(confirm(kit, app.account, code_of(&app, 0), &done), 0);
	assert_int_equal(done.recovery_codes_count, AUTH_RECOVERY_CODES);
	for (size_t i = 0; i < AUTH_RECOVERY_CODES; i++)
		snprintf(app.codes[i], sizeof(app.codes[i]), "%.*s",
			STR_ARG(done.recovery_codes[i]));
	return app;
}

static void test_begin(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "über ann");
	struct auth_totp_begin_out one, two;
	char want[300];

	assert_int_equal(begin(kit, id, &one), 0);
	snprintf(want, sizeof(want),
		"otpauth://totp/Quintet:%%C3%%BCber%%20ann?secret=%.*s&issuer=Quintet&algorithm=SHA1"
		"&digits=6&period=30",
		STR_ARG(one.secret));
	assert_str(one.uri, want);
	/* Not in force: nobody is asked, and it can be begun again. */
	assert_int_equal(enter(kit, "über ann", AUTH_KIT_PASSWORD, NULL), 0);
	assert_int_equal(begin(kit, id, &two), 0);
	assert_false(str_eq(one.secret, two.secret));
}

static void test_confirm(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = {.account = auth_kit_named(kit, "confirm")};
	struct auth_totp_confirm_out done;
	struct auth_totp_begin_out begun;

	assert_int_equal(confirm(kit, app.account, "123456", &done), ERR_BAD_CODE);
	assert_int_equal(begin(kit, app.account, &begun), 0);
	read_secret(begun.secret, app.secret);
	/* Another one takes its place. */
	assert_int_equal(begin(kit, app.account, &begun), 0);
	assert_int_equal(confirm(kit, app.account, code_of(&app, 0), &done), ERR_BAD_CODE);
	read_secret(begun.secret, app.secret);
	assert_int_equal(confirm(kit, app.account, wrong_code(&app), &done), ERR_BAD_CODE);
	assert_int_equal(enter(kit, "confirm", AUTH_KIT_PASSWORD, NULL), 0);
	assert_int_equal(confirm(kit, app.account, code_of(&app, 0), &done), 0);
	for (size_t i = 0; i < AUTH_RECOVERY_CODES; i++) {
		assert_int_equal(done.recovery_codes[i].len, 11);
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(done.recovery_codes[i], done.recovery_codes[k]));
	}
	assert_int_equal(begin(kit, app.account, &begun), ERR_EXISTS);
	assert_int_equal(confirm(kit, app.account, code_of(&app, 1), &done), ERR_EXISTS);
}

static void test_sign_in(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "second");
	char spaced[OTP_DIGITS + 2];

	assert_int_equal(enter(kit, "second", AUTH_KIT_PASSWORD, NULL), ERR_TOTP_REQUIRED);
	assert_int_equal(enter(kit, "second", AUTH_KIT_PASSWORD, ""), ERR_TOTP_REQUIRED);
	assert_int_equal(enter(kit, "second", "wrong", NULL), ERR_BAD_CREDENTIALS);
	assert_int_equal(enter(kit, "second", "wrong", code_of(&app, 1)), ERR_BAD_CREDENTIALS);
	assert_int_equal(
		enter(kit, "second", AUTH_KIT_PASSWORD, wrong_code(&app)), ERR_BAD_CREDENTIALS);
	/* As apps show it; the wrong password before did not use it up. */
	snprintf(spaced, sizeof(spaced), "%.3s %s", code_of(&app, 1), code_of(&app, 1) + 3);
	assert_int_equal(enter(kit, "second", AUTH_KIT_PASSWORD, spaced), 0);
	assert_int_equal(enter(kit, "second", AUTH_KIT_PASSWORD, spaced), ERR_BAD_CREDENTIALS);
}

static void test_doors_that_cannot_ask(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "doors");
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_password_by_in in = {
		.login = STR("doors"),
		.by = LOGIN_ANY,
		.current = STR(AUTH_KIT_PASSWORD),
		.new_password = STR(AUTH_KIT_PASSWORD "!"),
		.policy = POLICY_OPAQUE,
	};
	struct auth_password_by_out out;

	assert_int_equal(auth_kit_login(kit, "doors", AUTH_KIT_PASSWORD), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "doors", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(call_auth_password_by(&call, &in, &out), ERR_BAD_CREDENTIALS);
	assert_int_equal(enter(kit, "doors", AUTH_KIT_PASSWORD, code_of(&app, 1)), 0);
}

static void test_recovery(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "recovery"), other = in_force(kit, "recovery two");
	char text[32];
	size_t n = 0;

	assert_int_equal(enter(kit, "recovery", AUTH_KIT_PASSWORD, other.codes[0]),
		ERR_BAD_CREDENTIALS);
	assert_int_equal(enter(kit, "recovery", AUTH_KIT_PASSWORD, app.codes[0]), 0);
	assert_int_equal(
		enter(kit, "recovery", AUTH_KIT_PASSWORD, app.codes[0]), ERR_BAD_CREDENTIALS);
	/* As somebody types it from paper. */
	for (size_t i = 0; app.codes[1][i]; i++) {
		char c = app.codes[1][i];

		if (c != '-')
			text[n++] = c >= 'a' ? (char)(c - 'a' + 'A') : c;
	}
	text[n] = '\0';
	assert_int_equal(enter(kit, "recovery", AUTH_KIT_PASSWORD, text), 0);
	assert_int_equal(
		enter(kit, "recovery", AUTH_KIT_PASSWORD, app.codes[1]), ERR_BAD_CREDENTIALS);
	assert_int_equal(enter(kit, "recovery", AUTH_KIT_PASSWORD, "aaaaa-aaaab"),
		ERR_BAD_CREDENTIALS);
}

/* Who knows the password does not guess codes for ever, and a right password does not forgive. */
static void test_guessing(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "guessed");

	for (int i = 0; i < LIMIT_ACCOUNT_TRIES; i++) {
		if (i % 3 == 0)
			assert_int_equal(enter(kit, "guessed", AUTH_KIT_PASSWORD, NULL),
				ERR_TOTP_REQUIRED);
		assert_int_equal(enter(kit, "guessed", AUTH_KIT_PASSWORD, wrong_code(&app)),
			ERR_BAD_CREDENTIALS);
	}
	assert_int_equal(enter(kit, "guessed", AUTH_KIT_PASSWORD, code_of(&app, 1)), ERR_LIMITED);
	assert_int_equal(enter(kit, "guessed", AUTH_KIT_PASSWORD, NULL), ERR_LIMITED);
	assert_int_equal(enter(kit, "guessed", AUTH_KIT_PASSWORD, app.codes[0]), ERR_LIMITED);
}

static void test_remove(void **state)
{
	struct auth_kit *kit = *state;
	int64_t plain = auth_kit_named(kit, "no second");
	struct app app = in_force(kit, "remove"), lost = in_force(kit, "lost phone");
	struct auth_totp_begin_out begun;

	assert_int_equal(take_away(kit, plain, AUTH_KIT_PASSWORD, "123456"), ERR_NOT_FOUND);
	assert_int_equal(
		take_away(kit, app.account, "wrong", code_of(&app, 1)), ERR_BAD_CREDENTIALS);
	assert_int_equal(take_away(kit, app.account, AUTH_KIT_PASSWORD, wrong_code(&app)),
		ERR_BAD_CREDENTIALS);
	assert_int_equal(take_away(kit, app.account, AUTH_KIT_PASSWORD, ""), ERR_TOTP_REQUIRED);
	assert_int_equal(take_away(kit, app.account, AUTH_KIT_PASSWORD, code_of(&app, 1)), 0);
	assert_int_equal(enter(kit, "remove", AUTH_KIT_PASSWORD, NULL), 0);
	assert_int_equal(begin(kit, app.account, &begun), 0);
	assert_int_equal(take_away(kit, lost.account, AUTH_KIT_PASSWORD, lost.codes[9]), 0);
	assert_int_equal(enter(kit, "lost phone", AUTH_KIT_PASSWORD, NULL), 0);
}

/* Frozen is told for the password alone, as it is to everybody. */
static void test_not_normal(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "frozen second");

	user_kit_status(kit->h, app.account, STATUS_FROZEN);
	assert_int_equal(
		enter(kit, "frozen second", AUTH_KIT_PASSWORD, NULL), ERR_NOT_NORMAL);
	assert_int_equal(enter(kit, "frozen second", "wrong", NULL), ERR_BAD_CREDENTIALS);
}

static struct totp row_of(struct auth_kit *kit, int64_t account)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, STR_NONE);
	struct totp row;

	assert_int_equal(
		store_totp(db_reader(auth_kit_state(kit)->db), account, call.arena, &row), 0);
	return row;
}

static int put_row(struct db_conn *conn, void *arg)
{
	static const struct db_sql sql = {"UPDATE totp SET secret = $2 WHERE account = $1"};
	const struct totp *row = arg;

	return db_exec(
		conn, &sql, DB_ARGS(DB_INT(row->account), DB_BYTES(row->secret)), NULL);
}

static void test_sealed_at_rest(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "sealed"), other = in_force(kit, "sealed two");
	struct totp row = row_of(kit, app.account);

	assert_null(memmem(row.secret.p, row.secret.len, app.secret, 8));
	/* Another account's row is of no use. */
	row.account = other.account;
	assert_int_equal(db_write(auth_kit_state(kit)->db, put_row, &row), 0);
	assert_int_equal(
		enter(kit, "sealed two", AUTH_KIT_PASSWORD, code_of(&app, 1)), ERR_INTERNAL);
	assert_int_equal(enter(kit, "sealed two", AUTH_KIT_PASSWORD, other.codes[0]), 0);
}

static void test_lives_through_a_restart(void **state)
{
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "restart");

	harness_halt(kit->h, SERVICE_AUTH);
	harness_resume(kit->h, SERVICE_AUTH);
	assert_int_equal(enter(kit, "restart", AUTH_KIT_PASSWORD, NULL), ERR_TOTP_REQUIRED);
	assert_int_equal(enter(kit, "restart", AUTH_KIT_PASSWORD, code_of(&app, 1)), 0);
}

static void test_erased(void **state)
{
	static const struct db_sql count = {
		"SELECT (SELECT COUNT(*) FROM totp WHERE account = $1) +"
		" (SELECT COUNT(*) FROM recovery_codes WHERE account = $1)"};
	struct auth_kit *kit = *state;
	struct app app = in_force(kit, "erased second");
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, app.account, STR_NONE);
	struct db_conn *conn = db_reader(auth_kit_state(kit)->db);
	struct auth_erase_out out;
	int64_t rows;

	assert_int_equal(db_number(conn, &count, DB_ARGS(DB_INT(app.account)), &rows), 0);
	assert_int_equal(rows, 1 + AUTH_RECOVERY_CODES);
	assert_int_equal(
		call_auth_erase(&call,
			&(struct auth_erase_in){.password = STR(AUTH_KIT_PASSWORD)}, &out),
		0);
	assert_int_equal(db_number(conn, &count, DB_ARGS(DB_INT(app.account)), &rows), 0);
	assert_int_equal(rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_begin, auth_kit_reset),
		cmocka_unit_test_setup(test_confirm, auth_kit_reset),
		cmocka_unit_test_setup(test_sign_in, auth_kit_reset),
		cmocka_unit_test_setup(test_doors_that_cannot_ask, auth_kit_reset),
		cmocka_unit_test_setup(test_recovery, auth_kit_reset),
		cmocka_unit_test_setup(test_guessing, auth_kit_reset),
		cmocka_unit_test_setup(test_remove, auth_kit_reset),
		cmocka_unit_test_setup(test_not_normal, auth_kit_reset),
		cmocka_unit_test_setup(test_sealed_at_rest, auth_kit_reset),
		cmocka_unit_test_setup(test_lives_through_a_restart, auth_kit_reset),
		cmocka_unit_test_setup(test_erased, auth_kit_reset),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
