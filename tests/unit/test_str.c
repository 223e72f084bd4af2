#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/str.h"

#define assert_str(got, want) assert_true(str_eq((got), STR(want)))

static void equality(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_true(str_eq_nocase(STR("AbZ@["), STR("aBz@[")));
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_false(str_eq_nocase(STR("ab"), STR("abc")));
	assert_true(str_eq_secret(STR("s3cret"), STR("s3cret")));
	assert_false(str_eq_secret(STR("s3cret"), STR("s3creT")));
	assert_false(str_eq_secret(STR("t3cret"), STR("s3cret")));
	assert_false(str_eq_secret(STR("s3cre"), STR("s3cret")));
	assert_true(str_eq_secret(STR_NONE, STR("")));
	assert_true(str_starts(STR("Bearer x"), STR("Bearer ")));
	assert_true(str_starts(STR("x"), STR_NONE));
	assert_false(str_starts(STR("Bear"), STR("Bearer")));
}

static void absent_and_empty(void **state)
{
	(void)state;
	assert_null(str_c(NULL).p);
	assert_non_null(str_c("").p);
	assert_int_equal(str_c("four").len, 4);
	assert_null(STR_NONE.p);
	assert_int_equal(str_find(STR_NONE, 'x'), -1);
	assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void searching_and_slicing(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("a=b=c"), '='), 1);
	assert_int_equal(str_find(STR("abc"), '='), -1);
	assert_str(str_sub(STR("abcdef"), 2, 3), "cde");
	assert_str(str_sub(STR("abcdef"), 4, SIZE_MAX), "ef");
	assert_str(str_sub(STR("abcdef"), 6, 1), "");
	assert_non_null(str_sub(STR("abc"), 9, 1).p);
	assert_non_null(str_sub(STR_NONE, 0, 1).p);
	assert_str(str_trim(STR(" \t\r\n a b \r\n")), "a b");
	assert_str(str_trim(STR(" \t ")), "");
}

static void cutting(void **state)
{
	struct str rest = STR("a,,b,"), part;
	const char *const want[] = {"a", "", "b", ""};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(str_cut(&rest, ',', &part));
		assert_non_null(part.p);
		assert_true(str_eq(part, str_c(want[i])));
	}
	assert_null(rest.p);
	assert_false(str_cut(&rest, ',', &part));
	rest = STR("");
	assert_true(str_cut(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_cut(&rest, ',', &part));
}

static void copies(void **state)
{
	struct arena *arena = arena_new(64);
	struct str copy = str_dup(arena, STR("abc"));

	(void)state;
	assert_str(copy, "abc");
	assert_string_equal(copy.p, "abc");
	assert_null(str_dup(arena, STR_NONE).p);
	assert_non_null(str_dup(arena, STR("")).p);
	assert_string_equal(str_cstr(arena, STR_NONE), "");
	assert_str(str_lower(arena, STR("ÄZ-a@[")), "Äz-a@[");
	assert_null(str_dup(arena, STR("twenty bytes of text")).p);
	assert_null(str_cstr(arena, STR("twenty bytes of text")));
	assert_null(str_lower(arena, STR("twenty bytes of text")).p);
	arena_free(arena);
}

static const struct {
	const char *name;
	struct str text;
	ptrdiff_t want;
} utf8_rows[] = {
	{"empty", STR_INIT(""), 0},
	{"ascii", STR_INIT("hello"), 5},
	{"long ascii", STR_INIT("0123456789abcdef0123456789abcdef!"), 33},
	{"ascii with controls and DEL", STR_INIT("\x01\x1f\x7f\x01\x01\x01\x01\x01\x01"), 9},
	{"mixed", STR_INIT("12345678äöü12345678"), 19},
	{"two bytes", STR_INIT("\xc2\x80\xdf\xbf"), 2},
	{"three bytes", STR_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), 4},
	{"four bytes", STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 2},
	{"NUL", STR_INIT("a\0b"), -1},
	{"NUL in an eight", STR_INIT("abc\0defghijk"), -1},
	{"NUL behind an eight", STR_INIT("abcdefgh\0"), -1},
	{"lone continuation", STR_INIT("a\x80"), -1},
	{"overlong 2", STR_INIT("\xc0\xaf"), -1},
	{"overlong 2, last", STR_INIT("\xc1\xbf"), -1},
	{"overlong 3", STR_INIT("\xe0\x9f\xbf"), -1},
	{"overlong 4", STR_INIT("\xf0\x8f\xbf\xbf"), -1},
	{"surrogate, first", STR_INIT("\xed\xa0\x80"), -1},
	{"surrogate, last", STR_INIT("\xed\xbf\xbf"), -1},
	{"past U+10FFFF", STR_INIT("\xf4\x90\x80\x80"), -1},
	{"five bytes", STR_INIT("\xf8\x88\x80\x80\x80"), -1},
	{"0xff", STR_INIT("\xff"), -1},
	{"cut 2", STR_INIT("\xc3"), -1},
	{"cut 3", STR_INIT("\xe2\x82"), -1},
	{"cut 4", STR_INIT("12345678\xf0\x9f\x98"), -1},
	{"bad third", STR_INIT("\xe2\x82\x41"), -1},
	{"bad fourth", STR_INIT("\xf0\x9f\x98\xc0"), -1},
};

static void utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(utf8_rows[0]); i++) {
		ptrdiff_t got = str_chars(utf8_rows[i].text);

		if (got != utf8_rows[i].want)
			fail_msg("%s: %td", utf8_rows[i].name, got);
	}
	assert_int_equal(str_chars(STR_NONE), 0);
	assert_int_equal(str_utf8_len(STR("\xe2\x82\xac!")), 3);
	assert_int_equal(str_utf8_len(STR("\xe2\x82")), 0);
	assert_int_equal(str_utf8_len(STR("")), 0);
}

/* Every code point, in UTF-8 made here, between neighbours that shift it over the eights. */
static void every_code_point_counts_once(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 7) {
		char text[16] = "abcdefghij";
		size_t at = c % 9, len;

		if (c < 0x80)
			len = (size_t)sprintf(text + at, "%c", (int)c);
		else if (c < 0x800)
			len = (size_t)sprintf(
				text + at, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
		else if (c < 0x10000)
			len = (size_t)sprintf(text + at, "%c%c%c", (int)(0xe0 | c >> 12),
				(int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
		else
			len = (size_t)sprintf(text + at, "%c%c%c%c", (int)(0xf0 | c >> 18),
				(int)(0x80 | (c >> 12 & 63)), (int)(0x80 | (c >> 6 & 63)),
				(int)(0x80 | (c & 63)));
		if (c >= 0xd800 && c < 0xe000)
			assert_int_equal(str_chars((struct str){text, at + len}), -1);
		else
			assert_int_equal(str_chars((struct str){text, at + len}), at + 1);
	}
}

static void controls(void **state)
{
	(void)state;
	assert_false(str_has_control(STR("plain äöü €")));
	assert_false(str_has_control(STR("\xc2\xa0"))); /* no-break space */
	assert_false(str_has_control(STR("\xc3\x85"))); /* a continuation like a C1 control */
	assert_true(str_has_control(STR("a\nb")));
	assert_true(str_has_control(STR("\x7f")));
	assert_true(str_has_control(STR("x\xc2\x85")));
	assert_false(str_has_control(STR_NONE));
}

static const struct {
	const char *text;
	int want;
	int64_t value;
} number_rows[] = {
	{"0", 0, 0},
	{"-1", 0, -1},
	{"007", 0, 7},
	{"9223372036854775807", 0, INT64_MAX},
	{"-9223372036854775808", 0, INT64_MIN},
	{"9223372036854775808", ERR_INVALID, 0},
	{"-9223372036854775809", ERR_INVALID, 0},
	{"99999999999999999999", ERR_INVALID, 0},
	{"", ERR_INVALID, 0},
	{"-", ERR_INVALID, 0},
	{"+1", ERR_INVALID, 0},
	{" 1", ERR_INVALID, 0},
	{"1 ", ERR_INVALID, 0},
	{"0x10", ERR_INVALID, 0},
	{"--1", ERR_INVALID, 0},
	{"1.0", ERR_INVALID, 0},
};

static void numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(number_rows) / sizeof(number_rows[0]); i++) {
		int64_t value = 0;

		if (str_to_i64(str_c(number_rows[i].text), &value) != number_rows[i].want ||
			value != number_rows[i].value)
			fail_msg("\"%s\"", number_rows[i].text);
	}
	assert_true(str_is_digits(STR("0123456789")));
	assert_false(str_is_digits(STR("")));
	assert_false(str_is_digits(STR("1a")));
	assert_false(str_is_digits(STR("-1")));
}

static void error_names(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "ok");
	assert_string_equal(err_name(ERR_NO_METHOD), "no_method");
	assert_string_equal(err_name(ERR_TAKEN), "taken");
	assert_string_equal(err_name(-9999), "internal");
	assert_string_equal(err_name(1), "internal");
	assert_string_equal(err_text(ERR_TAKEN), "the name is taken");
	assert_string_equal(err_text(-9999), err_text(ERR_INTERNAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),
		cmocka_unit_test(absent_and_empty),
		cmocka_unit_test(searching_and_slicing),
		cmocka_unit_test(cutting),
		cmocka_unit_test(copies),
		cmocka_unit_test(utf8),
		cmocka_unit_test(every_code_point_counts_once),
		cmocka_unit_test(controls),
		cmocka_unit_test(numbers),
		cmocka_unit_test(error_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
