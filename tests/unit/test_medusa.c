/* What of medusa needs no service: what errors mean, methods, and how bodies are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define UNREADABLE "{\"message\":\"自己去看报错日志！\",\"code\":169}"

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

	json_decref(req->json);
	arena_free(req->arena);
	return 0;
}

static const struct route *route_of(const char *path)
{
	for (size_t i = 0; i < medusa_dialect.route_count; i++) {
		if (strcmp(medusa_dialect.routes[i].path, path) == 0)
			return &medusa_dialect.routes[i];
	}
	fail_msg("no route %s", path);
	return NULL;
}

static void check_said(struct req *req, int status, const char *want)
{
	assert_int_equal(req->status, status);
	if (!str_eq(buf_str(&req->out), str_c(want)))
		fail_msg("said %.*s, not %s", STR_ARG(buf_str(&req->out)), want);
}

static void test_failures(void **state)
{
	static const struct {
		const char *path;
		int err, status;
		const char *want;
	} cases[] = {
		{"/api/registered", ERR_UNAVAILABLE, 503, "{\"message\":\"报错\",\"code\":404}"},
		{"/api/registered", ERR_INTERNAL, 500, "{\"message\":\"报错\",\"code\":404}"},
		{"/api/registered", ERR_INVALID, 200, UNREADABLE},
		{"/api/login", ERR_INVALID, 200, UNREADABLE},
		{"/api/login", ERR_BUSY, 503, UNREADABLE},
		{"/api/get_verification_code/", ERR_DEADLINE, 503, UNREADABLE},
		{"/api/upload_avatar/", ERR_UNAVAILABLE, 503,
			"{\"message\":\"你不对劲！为什么报错了？\",\"code\":169}"},
	};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		req->route = route_of(cases[i].path);
		req->status = cases[i].status;
		buf_add_c(&req->out, "a reply that had been begun");
		medusa_fail(req, cases[i].err);
		check_said(req, cases[i].status, cases[i].want);
	}
}

static void test_what_is_the_clients_fault(void **state)
{
	static const int wrong[] = {ERR_INVALID, ERR_NOT_FOUND, ERR_TAKEN, ERR_DENIED,
		ERR_UNAUTHENTICATED, ERR_LIMITED, ERR_UNKNOWN_ACCOUNT, ERR_BAD_CREDENTIALS,
		ERR_NOT_NORMAL, ERR_WEAK_PASSWORD, ERR_BAD_CODE, ERR_TOTP_REQUIRED};
	static const int fault[] = {ERR_INTERNAL, ERR_NOMEM, ERR_PROTOCOL, ERR_UNAVAILABLE,
		ERR_BUSY, ERR_DEADLINE, ERR_IO, ERR_NO_METHOD, -10000};
	static const struct medusa_word word = {604, "w"};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(wrong); i++) {
		assert_int_equal(medusa_refuse(req, wrong[i], &word), 0);
		check_said(req, 200, "{\"message\":\"w\",\"code\":604}");
	}
	for (size_t i = 0; i < LENGTH(fault); i++)
		assert_int_equal(medusa_refuse(req, fault[i], &word), fault[i]);
}

static void test_wrong_methods(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/api/login", "{\"message\":\"请使用Post请求\",\"code\":500}"},
		{"/api/user_info/", "{\"message\":\"请使用Post请求\",\"code\":500}"},
		{"/api/get_verification_code", "{\"message\":\"请使用GET请求\",\"code\":500}"},
		{"/api/get_verification_code/", "{\"message\":\"请使用GET请求\",\"code\":500}"},
	};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		req->path = str_c(cases[i].path);
		assert_true(medusa_wrong_method(req));
		check_said(req, 200, cases[i].want);
	}
	req->path = STR("/s/admin.jpg");
	assert_false(medusa_wrong_method(req));
}

static int read_body(struct req *req, const char *body, struct str ret_texts[2])
{
	static const char *const keys[] = {"a", "b"};

	json_decref(req->json);
	req->json = NULL;
	req->body_read = true;
	req->body = str_c(body);
	return medusa_read(req, keys, ret_texts, 2);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *body;
		int want;
		const char *a, *b;
	} cases[] = {
		{"{}", 0, "", ""},
		{"{\"a\":\"x\",\"b\":\"名\"}", 0, "x", "名"},
		{"{\"a\":null,\"c\":7}", 0, "", ""},
		{"{\"a\":\"x\",\"a\":\"y\"}", 0, "y", ""},
		{"{\"a\":7}", ERR_INVALID, NULL, NULL},
		{"{\"b\":true}", ERR_INVALID, NULL, NULL},
		{"{\"b\":[]}", ERR_INVALID, NULL, NULL},
		{"{\"b\":{}}", ERR_INVALID, NULL, NULL},
		{"[]", ERR_INVALID, NULL, NULL},
		{"\"a\"", ERR_INVALID, NULL, NULL},
		{"", ERR_INVALID, NULL, NULL},
		{"a=x&b=y", ERR_INVALID, NULL, NULL},
		{"{\"a\":\"\\u0000\"}", ERR_INVALID, NULL, NULL},
	};
	struct req *req = *state;
	struct str texts[2];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(read_body(req, cases[i].body, texts), cases[i].want);
		if (cases[i].want)
			continue;
		assert_true(str_eq(texts[0], str_c(cases[i].a)) && texts[0].p);
		assert_true(str_eq(texts[1], str_c(cases[i].b)) && texts[1].p);
	}
	assert_int_equal(read_body(req, "{\"a\":\"x\",\"b\":\"\"}", texts), 0);
	assert_true(str_eq(medusa_peek(req, "a"), STR("x")));
	assert_null(medusa_peek(req, "b").p);
	assert_null(medusa_peek(req, "c").p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_the_clients_fault, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_methods, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bodies, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
