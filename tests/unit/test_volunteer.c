/* What of volunteer needs no service: what each error says, and how fields are read and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/json.h"
#include "gateway/form.h"
#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BAD_REQUEST "{\"code\":400,\"msg\":\"Bad request\",\"data\":{}}"
#define INCORRECT "{\"code\":401,\"msg\":\"Incorrect username or password\",\"data\":{}}"
#define PERMISSIONS "{\"code\":401,\"msg\":\"you don't enough permissions\",\"data\":{}}"

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

static void check_out(struct req *req, const char *want)
{
	if (!str_eq(buf_str(&req->out), str_c(want)))
		fail_msg("%.*s, not %s", STR_ARG(buf_str(&req->out)), want);
}

static void test_errors(void **state)
{
	static const struct {
		int err;
		const char *want;
	} rows[] = {
		{ERR_INVALID, BAD_REQUEST},
		{ERR_WEAK_PASSWORD, BAD_REQUEST},
		{ERR_UNAVAILABLE, BAD_REQUEST},
		{-10000, BAD_REQUEST},
		{1, BAD_REQUEST},
		{ERR_UNKNOWN_ACCOUNT, INCORRECT},
		{ERR_BAD_CREDENTIALS, INCORRECT},
		{ERR_LIMITED, INCORRECT},
		{ERR_NOT_NORMAL,
			"{\"code\":403,\"msg\":\"Account status is abnormal\",\"data\":{}}"},
		{ERR_NOT_FOUND,
			"{\"code\":404,\"msg\":\"The target user does not exist\",\"data\":{}}"},
		{ERR_DENIED, PERMISSIONS},
	};
	struct req *req = *state;

	for (size_t r = 0; r < volunteer_dialect.route_count; r++) {
		req->route = &volunteer_dialect.routes[r];
		assert_string_equal(req->route->failure, BAD_REQUEST);
		for (size_t i = 0; i < LENGTH(rows); i++) {
			req->status = 503;
			volunteer_fail(req, rows[i].err);
			assert_int_equal(req->status, 503);
			check_out(req, rows[i].want);
		}
		req->status = 0;
		volunteer_fail(req, ERR_UNAUTHENTICATED);
		assert_int_equal(req->status, 200);
		check_out(req, req->route->handle == volunteer_changeinformation
				       ? "{\"code\":401,\"msg\":\"please login again\",\"data\":{}}"
				       : PERMISSIONS);
	}
}

static void test_choice(void **state)
{
	static const struct {
		struct str text;
		int rc, want;
	} rows[] = {
		{STR_INIT("0"), 0, 1},
		{STR_INIT("1"), 0, 2},
		{STR_INIT("2"), 0, 3},
		{STR_INIT(""), 0, 0},
		{{NULL, 0}, 0, 0},
		{STR_INIT("3"), ERR_INVALID, -1},
		{STR_INIT("/"), ERR_INVALID, -1},
		{STR_INIT("-1"), ERR_INVALID, -1},
		{STR_INIT("00"), ERR_INVALID, -1},
		{STR_INIT("1.5"), ERR_INVALID, -1},
		{STR_INIT("true"), ERR_INVALID, -1},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct form form = {
			.fields = {{.name = STR("role"), .value = rows[i].text}}, .count = 1};
		int choice = -1;

		if (volunteer_choice(&form, "role", &choice) != rows[i].rc ||
			choice != rows[i].want)
			fail_msg("\"%.*s\" gives %d", STR_ARG(rows[i].text), choice);
	}
	assert_true(str_eq(volunteer_digit(STATUS_NORMAL), STR("0")));
	assert_true(str_eq(volunteer_digit(STATUS_DELETED), STR("2")));
	assert_true(str_eq(volunteer_digit(0), STR("")));
	assert_true(str_eq(volunteer_digit(4), STR("")));
}

static void test_id(void **state)
{
	static const struct str bad[] = {STR_INIT(""), STR_INIT("0"), STR_INIT("01234567"),
		STR_INIT("-1"), STR_INIT("1234567x"), STR_INIT("1234567890123456789"),
		STR_INIT("12345678.0"), STR_INIT(" 12345678")};
	struct form form = {.fields = {{.name = STR("id")}}, .count = 1};
	int64_t id = 7;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		form.fields[0].value = bad[i];
		assert_int_equal(volunteer_id(&form, "id", &id), ERR_NOT_FOUND);
	}
	assert_int_equal(id, 7);
	form.fields[0].value = STR("51923482");
	assert_int_equal(volunteer_id(&form, "id", &id), 0);
	assert_int_equal(id, 51923482);
}

/* Of JSON a number has been made text by the form's reader; here it must not count as one. */
static void test_text(void **state)
{
	struct form form = {.fields = {{.name = STR("a"), .value = STR("名名")},
				    {.name = STR("b"), .value = STR("")},
				    {.name = STR("n"), .value = STR("12")}},
		.count = 3};
	struct req *req = *state;
	struct str text = STR("kept");

	assert_int_equal(volunteer_text(req, &form, "a", 1, &text), ERR_INVALID);
	assert_int_equal(volunteer_text(req, &form, "b", 1, &text), ERR_INVALID);
	assert_int_equal(volunteer_text(req, &form, "c", 1, &text), ERR_INVALID);
	assert_true(str_eq(text, STR("kept")));
	assert_int_equal(volunteer_text(req, &form, "n", 2, &text), 0);
	assert_int_equal(json_parse(STR("{\"a\":\"名名\",\"b\":\"\",\"n\":12}"), &req->json), 0);
	assert_int_equal(volunteer_text(req, &form, "n", 2, &text), ERR_INVALID);
	assert_int_equal(volunteer_text(req, &form, "a", 2, &text), 0);
	assert_true(str_eq(text, STR("名名")));
}

static void test_reply(void **state)
{
	struct req *req = *state;

	volunteer_begin(req);
	volunteer_add_id(req, "id", 51923482);
	volunteer_add_text(req, "first_name", STR("a\"b"));
	volunteer_add_text(req, "last_name", STR_NONE);
	assert_int_equal(volunteer_end(req), 0);
	check_out(req, "{\"code\":200,\"msg\":\"\",\"data\":{\"id\":\"51923482\",\"first_name\":"
		       "\"a\\\"b\",\"last_name\":\"\"}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_errors),
		TEST(test_choice),
		TEST(test_id),
		TEST(test_text),
		TEST(test_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
