/* What of clinic needs no service: what each error says, and how values are read and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/clinic/clinic.h"
#include "gateway/form.h"
#include "gateway/req.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

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

static const struct route *route_of(const char *path)
{
	for (size_t i = 0; i < clinic_dialect.route_count; i++) {
		if (strcmp(clinic_dialect.routes[i].path, path) == 0)
			return &clinic_dialect.routes[i];
	}
	fail_msg("no route %s", path);
	return NULL;
}

static void check_said(struct req *req, int err, int status, const char *want)
{
	req->status = status;
	clinic_fail(req, err);
	assert_int_equal(req->status, status);
	if (!str_eq(buf_str(&req->out), str_c(want)))
		fail_msg("%s says %.*s", err_name(err), STR_ARG(buf_str(&req->out)));
}

static const char *special(int err)
{
	switch (err) {
	case ERR_UNAUTHENTICATED:
		return "{\"status\":\"jwt error\"}";
	case ERR_UNKNOWN_ACCOUNT:
		return "{\"status\":\"user not found\"}";
	case ERR_BAD_CREDENTIALS:
		return "{\"status\":\"invalid password\"}";
	default:
		return NULL;
	}
}

static void test_every_error_is_the_routes_failure(void **state)
{
	static const int errors[] = {
#define ERR_CODE(code, name, wire, text) ERR_##name,
		ERR_LIST(ERR_CODE)
#undef ERR_CODE
		-10000,
	};
	struct req *req = *state;

	for (size_t i = 0; i < clinic_dialect.route_count; i++) {
		req->route = &clinic_dialect.routes[i];
		assert_non_null(req->route->failure);
		for (size_t k = 0; k < LENGTH(errors); k++) {
			const char *want = special(errors[k]);

			check_said(req, errors[k], 200, want ? want : req->route->failure);
		}
	}
}

static void test_failures_of_the_contract(void **state)
{
	struct req *req = *state;

	req->route = route_of("/user/homepage");
	check_said(req, ERR_UNAVAILABLE, 503, "{\"status\":false,\"info\":\"errror\"}");
	req->route = route_of("/user/tobeupdated");
	check_said(req, ERR_UNAVAILABLE, 503, "{\"status\":false,\"info\":\"error\"}");
	req->route = route_of("/user/updatemyinfo");
	check_said(req, ERR_TAKEN, 200, "{\"status\":false,\"id\":\"update failed\"}");
	req->route = route_of("/user/follow");
	check_said(req, ERR_NOT_FOUND, 200, "{\"status\":false}");
	req->route = route_of("/user/register");
	check_said(req, ERR_TAKEN, 200, "{\"status\":\"error\"}");
}

static void test_text_is_bounded_in_characters(void **state)
{
	struct form form = {.fields = {{STR("a"), STR("名名"), STR_NONE, STR_NONE},
				    {STR("b"), STR(""), STR_NONE, STR_NONE}},
		.count = 2};
	struct str text = STR("kept");

	(void)state;
	assert_int_equal(clinic_text(&form, "a", 1, &text), ERR_INVALID);
	assert_int_equal(clinic_text(&form, "b", 1, &text), ERR_INVALID);
	assert_int_equal(clinic_text(&form, "c", 1, &text), ERR_INVALID);
	assert_true(str_eq(text, STR("kept")));
	assert_int_equal(clinic_text(&form, "a", 2, &text), 0);
	assert_true(str_eq(text, STR("名名")));
}

static void test_account_is_shown(void **state)
{
	struct user_account account = {0};

	(void)state;
	assert_true(str_eq(clinic_sex(&account), STR("O")));
	account.sex = SEX_MALE;
	assert_true(str_eq(clinic_sex(&account), STR("M")));
	account.sex = SEX_FEMALE;
	assert_true(str_eq(clinic_sex(&account), STR("F")));
	account.sex = SEX_UNKNOWN;
	assert_true(str_eq(clinic_sex(&account), STR("O")));
	assert_true(str_eq(clinic_image(&account), STR("/image/user/default.png")));
	account.avatar = STR("/image/user/x.png");
	assert_true(str_eq(clinic_image(&account), STR("/image/user/x.png")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_error_is_the_routes_failure),
		TEST(test_failures_of_the_contract),
		TEST(test_text_is_bounded_in_characters),
		TEST(test_account_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
