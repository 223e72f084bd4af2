/* The forms of identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "svc-user/check.h"

#define TEN "aaaaaaaaaa"
#define TEN_WIDE                                                                                   \
	"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"                             \
	"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"

struct row {
	struct str input;
	bool want;
};

static void check_rows(const struct row *rows, size_t count, bool (*check)(struct str))
{
	for (size_t i = 0; i < count; i++) {
		if (check(rows[i].input) == rows[i].want)
			continue;
		fail_msg("row %zu: \"%.*s\"", i, STR_ARG(rows[i].input));
	}
}

static void test_username(void **state)
{
	static const struct row rows[] = {
		{STR_INIT("a"), true},
		{STR_INIT("ann lee"), true},
		{STR_INIT("1a"), true},
		{STR_INIT("-1"), true},
		{STR_INIT("\xe5\xbc\xa0\xe4\xb8\x89"), true},
		{STR_INIT(TEN TEN TEN), true},
		{STR_INIT(TEN_WIDE TEN_WIDE TEN_WIDE), true},
		{STR_INIT(TEN TEN TEN "a"), false},
		{STR_INIT(TEN_WIDE TEN_WIDE TEN_WIDE "a"), false},
		{STR_INIT(""), false},
		{STR_INIT("12345678"), false},
		{STR_INIT("0"), false},
		{STR_INIT("a@b"), false},
		{STR_INIT("@"), false},
		{STR_INIT("a\tb"), false},
		{STR_INIT("a\nb"), false},
		{STR_INIT("a\x7f"), false},
		{STR_INIT("a\xc2\x85z"), false},
		{STR_INIT("a\0b"), false},
		{STR_INIT(" "), false},
		{STR_INIT(" a"), false},
		{STR_INIT("a "), false},
		{STR_INIT("\xe3\x80\x80"), false},
		{STR_INIT("a\xe3\x80\x80"), false},
		{STR_INIT("\xc2\xa0z"), false},
		{STR_INIT("\xff"), false},
		{STR_INIT("a\xc3"), false},
	};

	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), user_check_username);
}

static void test_phone(void **state)
{
	static const struct row rows[] = {
		{STR_INIT("13800138000"), true},
		{STR_INIT("19912345678"), true},
		{STR_INIT("12800138000"), false},
		{STR_INIT("23800138000"), false},
		{STR_INIT("1380013800"), false},
		{STR_INIT("138001380000"), false},
		{STR_INIT("1380013800a"), false},
		{STR_INIT("1380013800 "), false},
		{STR_INIT("+8613800138"), false},
		{STR_INIT("1\xef\xbc\x93"
			  "1234567"),
			false},
		{STR_INIT(""), false},
	};

	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), user_check_phone);
}

static void test_email(void **state)
{
	static const struct row rows[] = {
		{STR_INIT("a@b.c"), true},
		{STR_INIT("Ann.Lee+tag@mail.example.org"), true},
		{STR_INIT("\xe5\xbc\xa0@\xe4\xbe\x8b.\xe4\xb8\xad\xe5\x9b\xbd"), true},
		{STR_INIT(""), false},
		{STR_INIT("@"), false},
		{STR_INIT("a"), false},
		{STR_INIT("a@"), false},
		{STR_INIT("@b.c"), false},
		{STR_INIT("a@b"), false},
		{STR_INIT("a@b@c.d"), false},
		{STR_INIT("a@.c"), false},
		{STR_INIT("a@b."), false},
		{STR_INIT("a@b..c"), false},
		{STR_INIT(".a@b.c"), false},
		{STR_INIT("a.@b.c"), false},
		{STR_INIT("a b@c.d"), false},
		{STR_INIT("a@b c.d"), false},
		{STR_INIT("a@b.c\r\nRCPT"), false},
		{STR_INIT("<a@b.c>"), false},
		{STR_INIT("a,b@c.d"), false},
		{STR_INIT("a\0@b.c"), false},
		{STR_INIT("\xff@b.c"), false},
	};

	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), user_check_email);
}

/* 254 bytes are the most. */
static void test_email_length(void **state)
{
	char text[256] = "a@";

	(void)state;
	memset(text + 2, 'b', sizeof(text) - 2);
	for (size_t i = 40; i < 240; i += 40)
		text[i] = '.';
	assert_true(user_check_email((struct str){text, 254}));
	assert_false(user_check_email((struct str){text, 255}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_username),
		cmocka_unit_test(test_phone),
		cmocka_unit_test(test_email),
		cmocka_unit_test(test_email_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
