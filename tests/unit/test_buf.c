#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/arena.h"
#include "common/base/buf.h"

#define MIB ((size_t)1024 * 1024)

struct fixture {
	struct arena *arena;
	struct buf buf;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture.arena = arena_new(8 * MIB);
	buf_init(&fixture.buf, fixture.arena, MIB);
	*state = &fixture;
	return fixture.arena ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_free(fixture->arena);
	return 0;
}

static void assert_holds(const struct buf *buf, const char *want)
{
	struct str got = buf_str(buf);

	if (buf_failed(buf) || !str_eq(got, str_c(want)))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got), want);
}

static void adds(void **state)
{
	struct fixture *fixture = *state;
	struct buf *buf = &fixture->buf;

	assert_non_null(buf_str(buf).p);
	assert_holds(buf, "");
	buf_add(buf, "ab", 2);
	buf_add(buf, NULL, 0);
	buf_add_char(buf, 'c');
	buf_add_str(buf, STR("de"));
	buf_add_str(buf, STR_NONE);
	buf_add_c(buf, "fg");
	buf_add_c(buf, NULL);
	buf_addf(buf, "<%d %s>", 42, "x");
	assert_holds(buf, "abcdefg<42 x>");
	memcpy(buf_reserve(buf, 3), "end", 3);
	assert_holds(buf, "abcdefg<42 x>end");
	assert_non_null(buf_reserve(buf, 0));
}

static void integers(void **state)
{
	struct fixture *fixture = *state;
	const int64_t values[] = {0, 7, -1, 10, 1234567890123, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char want[32];

		(void)snprintf(want, sizeof(want), "%lld", (long long)values[i]);
		buf_init(&fixture->buf, fixture->arena, 100);
		buf_add_i64(&fixture->buf, values[i]);
		assert_holds(&fixture->buf, want);
	}
}

static void long_format(void **state)
{
	struct fixture *fixture = *state;
	char text[3001];

	memset(text, 'x', 3000);
	text[3000] = '\0';
	buf_add_c(&fixture->buf, "[");
	buf_addf(&fixture->buf, "%s]", text);
	assert_int_equal(buf_str(&fixture->buf).len, 3002);
	assert_int_equal(buf_str(&fixture->buf).p[3001], ']');
}

static void limit_is_exact_and_failure_stays(void **state)
{
	struct fixture *fixture = *state;
	struct buf *buf = &fixture->buf;

	buf_init(buf, fixture->arena, 1000);
	for (int i = 0; i < 1000; i++)
		buf_add_char(buf, 'x');
	assert_false(buf_failed(buf));
	assert_int_equal(buf_str(buf).len, 1000);
	buf_add(buf, "", 0);
	assert_false(buf_failed(buf));
	buf_add_char(buf, 'y');
	assert_true(buf_failed(buf));
	assert_null(buf_str(buf).p);
	assert_null(buf_reserve(buf, 0));
	buf_addf(buf, "%d", 1);
	buf_add_json(buf, STR("x"));
	assert_true(buf_failed(buf));
	assert_int_equal(buf->len, 1000);
}

static void limit_holds_for_every_kind(void **state)
{
	struct fixture *fixture = *state;
	struct buf *buf = &fixture->buf;

	buf_init(buf, fixture->arena, 4);
	buf_addf(buf, "%s", "12345");
	assert_true(buf_failed(buf));
	buf_init(buf, fixture->arena, 4);
	buf_add_json(buf, STR("abc"));
	assert_true(buf_failed(buf));
	buf_init(buf, fixture->arena, 4);
	buf_add_percent(buf, STR("  "));
	assert_true(buf_failed(buf));
	buf_init(buf, fixture->arena, 4);
	assert_null(buf_reserve(buf, SIZE_MAX));
	assert_true(buf_failed(buf));
}

static void short_arena_fails(void **state)
{
	struct arena *arena = arena_new(1536);
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, MIB);
	/* Doubling would not fit, the exact size does. */
	for (int i = 0; i < 1500; i++)
		buf_add_char(&buf, 'x');
	assert_false(buf_failed(&buf));
	assert_int_equal(buf_str(&buf).len, 1500);
	for (int i = 0; i < 100; i++)
		buf_add_char(&buf, 'x');
	assert_true(buf_failed(&buf));
	arena_free(arena);
}

static const struct {
	struct str text;
	const char *want;
} json_rows[] = {
	{STR_INIT(""), "\"\""},
	{STR_INIT("plain"), "\"plain\""},
	{STR_INIT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
	{STR_INIT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
	{STR_INIT("\x01\x1f\0"), "\"\\u0001\\u001f\\u0000\""},
	{STR_INIT("12345678\"12345678\\"), "\"12345678\\\"12345678\\\\\""},
	{STR_INIT("äöü€😀\x7f"), "\"äöü€😀\x7f\""},
	{STR_INIT(" !#[]~ 0123456789"), "\" !#[]~ 0123456789\""},
};

static void json_strings(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(json_rows) / sizeof(json_rows[0]); i++) {
		buf_init(&fixture->buf, fixture->arena, 1000);
		buf_add_json(&fixture->buf, json_rows[i].text);
		assert_holds(&fixture->buf, json_rows[i].want);
	}
	buf_init(&fixture->buf, fixture->arena, 1000);
	buf_add_json(&fixture->buf, STR_NONE);
	assert_holds(&fixture->buf, "\"\"");
}

/* Every byte at every place of an eight, read back by another implementation. */
static void json_survives_a_parser(void **state)
{
	struct fixture *fixture = *state;

	for (int c = 1; c < 0x80; c++) {
		for (size_t at = 0; at < 19; at++) {
			char text[20] = "abcdefghijklmnopqrs";
			struct str out;
			json_t *value;

			text[at] = (char)c;
			arena_reset(fixture->arena);
			buf_init(&fixture->buf, fixture->arena, 1000);
			buf_add_json(&fixture->buf, (struct str){text, 19});
			out = buf_str(&fixture->buf);
			value = json_loadb(out.p, out.len, JSON_DECODE_ANY, NULL);
			assert_non_null(value);
			assert_string_equal(json_string_value(value), text);
			json_decref(value);
		}
	}
}

static void percent(void **state)
{
	struct fixture *fixture = *state;

	buf_add_percent(&fixture->buf, STR("aZ09-._~ /?&=+%ä\n"));
	assert_holds(&fixture->buf, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A4%0A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(integers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_format, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			limit_is_exact_and_failure_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limit_holds_for_every_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(short_arena_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_strings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_survives_a_parser, set_up, tear_down),
		cmocka_unit_test_setup_teardown(percent, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
