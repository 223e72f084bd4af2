/* What of friendlive needs no service: what each error says, and the cookie that a flow is bound
 * to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/friendlive/friendlive.h"
#include "gateway/req.h"

#define RESULT(code) "{\"result\":\"" code "\",\"message\":null}"
#define NOW_S 1700000000

static const unsigned char key[32] = "a key of the test's own";

static int setup(void **state)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct req *req = arena ? ARENA_NEW(arena, struct req) : NULL;

	if (!req)
		return -1;
	req->arena = arena;
	buf_init(&req->out, arena, 65536);
	*state = req;
	return 0;
}

static int teardown(void **state)
{
	struct req *req = *state;

	arena_free(req->arena);
	return 0;
}

/* What GET /register says; the others differ in their general failure only. */
static void test_every_error_has_its_result(void **state)
{
	static const struct {
		int err;
		const char *want;
	} rows[] = {
		{ERR_INTERNAL, RESULT("0002")},
		{ERR_INVALID, RESULT("0002")},
		{ERR_TAKEN, RESULT("0001")},
		{ERR_UNAVAILABLE, RESULT("0002")},
		{ERR_BUSY, RESULT("0002")},
		{ERR_LIMITED, RESULT("0005")},
		{ERR_UNKNOWN_ACCOUNT, RESULT("0007")},
		{ERR_BAD_CREDENTIALS, RESULT("0008")},
		{ERR_NOT_NORMAL, RESULT("0008")},
		{ERR_TOTP_REQUIRED, RESULT("0008")},
		{ERR_BAD_CODE, RESULT("0004")},
		{-10000, RESULT("0002")},
	};
	struct req *req = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		req->route = &friendlive_dialect.routes[0];
		req->status = rows[i].err == ERR_UNAVAILABLE ? 503 : 200;
		friendlive_fail(req, rows[i].err);
		if (!str_eq(buf_str(&req->out), str_c(rows[i].want)))
			fail_msg("%s: %.*s", err_name(rows[i].err), STR_ARG(buf_str(&req->out)));
		assert_int_equal(req->status, rows[i].err == ERR_UNAVAILABLE ? 503 : 200);
	}
}

static void test_routes_have_failures(void **state)
{
	static const char *const want[] = {
		RESULT("0002"), RESULT("0004"), RESULT("0006"), RESULT("0007")};

	(void)state;
	assert_int_equal(friendlive_dialect.route_count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < friendlive_dialect.route_count; i++)
		assert_string_equal(friendlive_dialect.routes[i].failure, want[i]);
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{"13000000000", true},
		{"19999999999", true},
		{"12999999999", false},
		{"23000000000", false},
		{"1300000000", false},
		{"130000000000", false},
		{"1300000000x", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (friendlive_is_number(str_c(rows[i].text)) != rows[i].want)
			fail_msg("%s", rows[i].text);
}

static struct str ticket(struct req *req)
{
	const struct friendlive_ticket made = {
		.number = STR("13900000001"),
		.challenge = STR("0123456789abcdef0123456789abcdef"),
	};
	struct str text = friendlive_ticket_write(key, &made, NOW_S, req->arena);

	assert_non_null(text.p);
	return text;
}

static void test_ticket_comes_back(void **state)
{
	struct friendlive_ticket got;

	assert_true(friendlive_ticket_read(key, ticket(*state), NOW_S, &got));
	assert_true(str_eq(got.number, STR("13900000001")));
	assert_true(str_eq(got.challenge, STR("0123456789abcdef0123456789abcdef")));
}

static void test_ticket_ages(void **state)
{
	struct str text = ticket(*state);
	struct friendlive_ticket got;

	assert_true(friendlive_ticket_read(key, text, NOW_S + FRIENDLIVE_TICKET_LIFE_S, &got));
	assert_false(friendlive_ticket_read(key, text, NOW_S + FRIENDLIVE_TICKET_LIFE_S + 1, &got));
}

static void test_ticket_cannot_be_forged(void **state)
{
	struct req *req = *state;
	struct str text = ticket(req);
	unsigned char other[sizeof(key)];
	struct friendlive_ticket got;

	memcpy(other, key, sizeof(key));
	other[31] ^= 1;
	assert_false(friendlive_ticket_read(other, text, NOW_S, &got));
	for (size_t i = 0; i < text.len; i++) {
		char *changed = (char *)(uintptr_t)str_cstr(req->arena, text);

		changed[i] ^= 1;
		if (friendlive_ticket_read(key, str_c(changed), NOW_S, &got))
			fail_msg("changed at %zu", i);
		if (friendlive_ticket_read(key, str_sub(text, 0, i), NOW_S, &got))
			fail_msg("cut off at %zu", i);
	}
	assert_false(friendlive_ticket_read(key, STR_NONE, NOW_S, &got));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_error_has_its_result),
		TEST(test_routes_have_failures),
		TEST(test_number),
		TEST(test_ticket_comes_back),
		TEST(test_ticket_ages),
		TEST(test_ticket_cannot_be_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
