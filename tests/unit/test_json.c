#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/err.h"
#include "common/base/json.h"

static const struct {
	const char *name;
	struct str text;
	int want;
} parse_rows[] = {
	{"object", STR_INIT("{\"a\": [1, 2.5, true, null]}"), 0},
	{"scalar", STR_INIT("12"), 0},
	{"white space around", STR_INIT(" \r\n\t{} \n"), 0},
	{"surrogate pair", STR_INIT("\"\\ud83d\\ude00\""), 0},
	{"raw UTF-8", STR_INIT("\"€😀\""), 0},
	{"brackets in a string", STR_INIT("\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\""), 0},
	{"empty", STR_INIT(""), ERR_INVALID},
	{"absent", {NULL, 0}, ERR_INVALID},
	{"blank", STR_INIT("  "), ERR_INVALID},
	{"cut", STR_INIT("{\"a\": 1"), ERR_INVALID},
	{"trailing bytes", STR_INIT("{} x"), ERR_INVALID},
	{"two values", STR_INIT("{}{}"), ERR_INVALID},
	{"trailing NUL", STR_INIT("{}\0"), ERR_INVALID},
	{"comma at the end", STR_INIT("[1,]"), ERR_INVALID},
	{"single quotes", STR_INIT("{'a': 1}"), ERR_INVALID},
	{"comment", STR_INIT("/**/{}"), ERR_INVALID},
	{"BOM", STR_INIT("\xef\xbb\xbf{}"), ERR_INVALID},
	{"leading zero", STR_INIT("[01]"), ERR_INVALID},
	{"NaN", STR_INIT("[NaN]"), ERR_INVALID},
	{"too big", STR_INIT("[99999999999999999999]"), ERR_INVALID},
	{"escaped NUL", STR_INIT("\"a\\u0000b\""), ERR_INVALID},
	{"escaped NUL in a key", STR_INIT("{\"a\\u0000b\": 1}"), ERR_INVALID},
	{"raw NUL", STR_INIT("\"a\0b\""), ERR_INVALID},
	{"raw newline in a string", STR_INIT("\"a\nb\""), ERR_INVALID},
	{"lone high surrogate", STR_INIT("\"\\ud83d\""), ERR_INVALID},
	{"lone low surrogate", STR_INIT("\"\\ude00\""), ERR_INVALID},
	{"surrogates swapped", STR_INIT("\"\\ude00\\ud83d\""), ERR_INVALID},
	{"invalid UTF-8", STR_INIT("\"\xff\""), ERR_INVALID},
	{"overlong", STR_INIT("\"\xc0\xaf\""), ERR_INVALID},
	{"surrogate in UTF-8", STR_INIT("\"\xed\xa0\x80\""), ERR_INVALID},
};

static void parsing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]); i++) {
		json_t *value = NULL;
		int rc = json_parse(parse_rows[i].text, &value);

		if (rc != parse_rows[i].want || (rc == 0) != (value != NULL))
			fail_msg("%s: %d", parse_rows[i].name, rc);
		json_decref(value);
	}
}

/* text: depth times the opening, then as many closings. */
static int parse_nested(size_t depth, const char *open, char close)
{
	size_t open_len = strlen(open);
	char *text = malloc(depth * (open_len + 1) + 1);
	json_t *value = NULL;
	int rc;

	assert_non_null(text);
	for (size_t i = 0; i < depth; i++)
		memcpy(text + i * open_len, open, open_len);
	text[depth * open_len] = '0';
	memset(text + depth * open_len + 1, close, depth);
	rc = json_parse((struct str){text, depth * (open_len + 1) + 1}, &value);
	json_decref(value);
	free(text);
	return rc;
}

static void depth_is_limited(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(JSON_DEPTH_MAX, "[", ']'), 0);
	assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, "[", ']'), ERR_INVALID);
	assert_int_equal(parse_nested(JSON_DEPTH_MAX, "{\"a\\\"\":", '}'), 0);
	assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, "{\"a\\\"\":", '}'), ERR_INVALID);
	assert_int_equal(parse_nested(1000000, "[", ']'), ERR_INVALID);
}

static void last_duplicate_counts(void **state)
{
	json_t *value = NULL;

	(void)state;
	assert_int_equal(json_parse(STR("{\"a\": 1, \"b\": 2, \"a\": 3}"), &value), 0);
	assert_int_equal(json_integer_value(json_object_get(value, "a")), 3);
	json_decref(value);
}

static void strings(void **state)
{
	json_t *value = NULL;

	(void)state;
	assert_int_equal(json_parse(STR("{\"a\": \"\\u20ac\", \"b\": 2, \"c\": \"\"}"), &value), 0);
	assert_true(str_eq(json_str(json_object_get(value, "a")), STR("€")));
	assert_null(json_str(json_object_get(value, "b")).p);
	assert_null(json_str(json_object_get(value, "none")).p);
	assert_non_null(json_str(json_object_get(value, "c")).p);
	assert_null(json_str(NULL).p);
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(last_duplicate_counts),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
