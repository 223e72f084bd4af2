/* What of cattle needs no service: fields, the order of checks, what each error is, the account
 * object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/json.h"
#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct req *req = arena ? ARENA_NEW(arena, struct req) : NULL;

	if (!req)
		return -1;
	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
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

static void test_check_new(void **state)
{
	static const struct {
		struct str phone, password;
		enum cattle_code want;
	} rows[] = {
		{STR_INIT(""), STR_INIT(""), CATTLE_NULL_PASSWORD},
		{STR_INIT(""), STR_INIT("12345"), CATTLE_FORMAT_ERROR_PASSWORD_LENGTH},
		{STR_INIT(""), STR_INIT("12345678901234567"), CATTLE_FORMAT_ERROR_PASSWORD_LENGTH},
		{STR_INIT(""), STR_INIT("123456"), CATTLE_NULL_PHONE},
		{STR_INIT("1391110000"), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE_LENGTH},
		{STR_INIT("139111000012"), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE_LENGTH},
		{STR_INIT("名名名名名名名名名名名"), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE},
		{STR_INIT("12911100001"), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE},
		{STR_INIT("23911100001"), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE},
		{STR_INIT("1391110000 "), STR_INIT("123456"), CATTLE_FORMAT_ERROR_PHONE},
		{STR_INIT("13911100001"), STR_INIT("密密密密密"),
			CATTLE_FORMAT_ERROR_PASSWORD_LENGTH},
		{STR_INIT("13911100001"), STR_INIT("密密密密密密"), CATTLE_SUCCESS_STATUS},
		{STR_INIT("19999999999"), STR_INIT("1234567890123456"), CATTLE_SUCCESS_STATUS},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		enum cattle_code got = cattle_check_new(rows[i].phone, rows[i].password);

		if (got != rows[i].want)
			fail_msg("row %zu: %d", i, (int)got);
	}
}

static void test_fields(void **state)
{
	static const struct {
		const char *name;
		int text_rc, number_rc;
		const char *want;
	} rows[] = {
		{"text", 0, 0, "a名"},
		{"empty", 0, 0, ""},
		{"null", 0, 0, ""},
		{"absent", 0, 0, ""},
		{"integer", ERR_INVALID, 0, "18870742138"},
		{"negative", ERR_INVALID, 0, "-1"},
		{"real", ERR_INVALID, ERR_INVALID, NULL},
		{"true", ERR_INVALID, ERR_INVALID, NULL},
		{"list", ERR_INVALID, ERR_INVALID, NULL},
	};
	struct req *req = *state;

	assert_int_equal(json_parse(STR("{\"text\":\"a名\",\"empty\":\"\",\"null\":null,"
					"\"integer\":18870742138,\"negative\":-1,\"real\":1.0,"
					"\"true\":true,\"list\":[\"a\"]}"),
				 &req->json),
		0);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct str text = STR("unset"), number = STR("unset");

		assert_int_equal(cattle_text(req->json, rows[i].name, &text), rows[i].text_rc);
		assert_int_equal(
			cattle_number(req, req->json, rows[i].name, &number), rows[i].number_rc);
		if (rows[i].text_rc == 0)
			assert_true(str_eq(text, str_c(rows[i].want)));
		if (rows[i].number_rc == 0)
			assert_true(str_eq(number, str_c(rows[i].want)));
	}
}

static void test_sex(void **state)
{
	int sex = -1;

	(void)state;
	assert_int_equal(cattle_sex(STR("2"), &sex), ERR_INVALID);
	assert_int_equal(cattle_sex(STR("00"), &sex), ERR_INVALID);
	assert_int_equal(cattle_sex(STR("男"), &sex), ERR_INVALID);
	assert_int_equal(sex, -1);
	assert_int_equal(cattle_sex(STR(""), &sex), 0);
	assert_int_equal(sex, 0);
	assert_int_equal(cattle_sex(STR("0"), &sex), 0);
	assert_int_equal(sex, SEX_MALE);
	assert_int_equal(cattle_sex(STR("1"), &sex), 0);
	assert_int_equal(sex, SEX_FEMALE);
}

/* Without the date, which is now. */
static void check_begin(struct req *req, const char *want)
{
	if (!str_starts(buf_str(&req->out), str_c(want)))
		fail_msg("%.*s, not %s", STR_ARG(buf_str(&req->out)), want);
	assert_int_equal(json_parse(buf_str(&req->out), &req->json), 0);
	json_decref(req->json);
	req->json = NULL;
}

static void test_errors(void **state)
{
#define EMPTY(status, message)                                                                     \
	"{\"status\":" status ",\"result\":[],\"message\":\"" message "\",\"date\":\"20"
	static const struct {
		int err;
		const char *want;
	} rows[] = {
		{ERR_INVALID, EMPTY("0", "FAILURE_STATUS")},
		{ERR_UNAVAILABLE, EMPTY("0", "FAILURE_STATUS")},
		{ERR_LIMITED, EMPTY("0", "FAILURE_STATUS")},
		{-10000, EMPTY("0", "FAILURE_STATUS")},
		{1, EMPTY("0", "FAILURE_STATUS")},
		{ERR_NOT_FOUND, EMPTY("6004", "NULL_USER")},
		{ERR_UNKNOWN_ACCOUNT, EMPTY("6004", "NULL_USER")},
		{ERR_BAD_CREDENTIALS, EMPTY("10000", "ERROR_PASSWORD")},
		{ERR_NOT_NORMAL, EMPTY("10000", "ERROR_PASSWORD")},
		{ERR_UNAUTHENTICATED, EMPTY("11001", "ERROR_NET")},
		{ERR_DENIED, EMPTY("11001", "ERROR_NET")},
		{ERR_EXISTS, EMPTY("12000", "EXIST_FRIENDS")},
	};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		req->status = 503;
		cattle_fail(req, rows[i].err);
		assert_int_equal(req->status, 503);
		check_begin(req, rows[i].want);
	}
	assert_int_equal(cattle_refuse(req, CATTLE_SAME_PHONE), 0);
	assert_int_equal(req->status, 200);
	check_begin(req, EMPTY("7001", "SAME_PHONE"));
}

static void test_account(void **state)
{
	struct user_person person = {
		.account =
			{
				.id = 51923482,
				.username = STR("a\"b"),
				.phone = STR("13911100001"),
				.avatar = STR("/image/x.png"),
				.sex = SEX_FEMALE,
				/* 2018-12-15, one hour after midnight in Shanghai */
				.modified = INT64_C(1544806800) * 1000000,
			},
		.alias = STR("备注"),
		.contact = true,
		.contacts = 3,
		.bound = true,
	};
	struct req *req = *state;

	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	cattle_add_account(req, &person);
	assert_int_equal(cattle_end(req), 0);
	check_begin(req,
		"{\"status\":1,\"result\":{\"user\":{\"id\":\"51923482\",\"username\":\"a\\\"b\","
		"\"phone\":\"13911100001\",\"avatar\":\"image/x.png\",\"desc\":\"\",\"sex\":1,"
		"\"alias\":\"备注\",\"friends\":3,\"isFriend\":true,\"modifyAt\":\"2018/12/15\"},"
		"\"account\":\"13911100001\",\"isBind\":true},\"message\":\"ok\",\"date\":\"20");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_check_new),
		TEST(test_fields),
		TEST(test_sex),
		TEST(test_errors),
		TEST(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
