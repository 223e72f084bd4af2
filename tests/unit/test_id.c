#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"

static void random_fills_all(void **state)
{
	unsigned char bytes[1000], seen[1000] = {0};

	(void)state;
	/* A byte stays 0 in 8 draws once in 2^64. */
	for (int i = 0; i < 8; i++) {
		id_random(bytes, sizeof(bytes));
		for (size_t at = 0; at < sizeof(bytes); at++)
			seen[at] |= bytes[at];
	}
	for (size_t at = 0; at < sizeof(bytes); at++)
		assert_int_not_equal(seen[at], 0);
	id_random(bytes, 0);
}

static void below_is_even(void **state)
{
	int counts[6] = {0};

	(void)state;
	for (int i = 0; i < 6000; i++)
		counts[id_below(6)]++;
	/* 1000 each, standard deviation 29. */
	for (int i = 0; i < 6; i++)
		assert_in_range(counts[i], 750, 1250);
	assert_int_equal(id_below(1), 0);
	for (int i = 0; i < 100; i++)
		assert_true(id_below((UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
}

static void text_is_of_the_alphabet(void **state)
{
	char text[301];
	int counts[3] = {0};

	(void)state;
	for (int i = 0; i < 20; i++) {
		memset(text, '#', sizeof(text));
		id_text("xyz", text, 300);
		assert_int_equal(strlen(text), 300);
		assert_int_equal(strspn(text, "xyz"), 300);
		for (int at = 0; at < 300; at++)
			counts[text[at] - 'x']++;
	}
	/* 2000 each, standard deviation 37. */
	for (int i = 0; i < 3; i++)
		assert_in_range(counts[i], 1700, 2300);
	id_text("xyz", text, 0);
	assert_string_equal(text, "");
}

static void request_ids(void **state)
{
	char one[ID_REQUEST_LEN + 1], two[ID_REQUEST_LEN + 1];

	(void)state;
	id_request(one);
	id_request(two);
	assert_int_equal(strspn(one, "0123456789abcdef"), ID_REQUEST_LEN);
	assert_int_equal(strlen(one), ID_REQUEST_LEN);
	assert_string_not_equal(one, two);
	assert_int_equal(id_request_check(str_c(one)), 0);
}

static const struct {
	const char *text;
	int want;
} check_rows[] = {
	{"abcdEF09", 0},
	{"A_b.c:d-e", 0},
	{"0123456789012345678901234567890123456789012345678901234567890123", 0},
	{"01234567890123456789012345678901234567890123456789012345678901234", ERR_INVALID},
	{"abcdef0", ERR_INVALID},
	{"", ERR_INVALID},
	{"abcd efgh", ERR_INVALID},
	{"abcdefg\n", ERR_INVALID},
	{"abcdefg/", ERR_INVALID},
	{"abcdefgä", ERR_INVALID},
};

static void foreign_request_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(check_rows) / sizeof(check_rows[0]); i++)
		if (id_request_check(str_c(check_rows[i].text)) != check_rows[i].want)
			fail_msg("\"%s\"", check_rows[i].text);
	assert_int_equal(id_request_check(STR_NONE), ERR_INVALID);
}

static void hex(void **state)
{
	char text[11];

	(void)state;
	id_hex("\x00\x7f\x80\xab\xff", 5, text);
	assert_string_equal(text, "007f80abff");
	id_hex("", 0, text);
	assert_string_equal(text, "");
}

static void assert_as_gmtime(int64_t seconds, int64_t us)
{
	char got[CLOCK_RFC3339_LEN + 1], want[64];
	time_t when = (time_t)seconds;
	struct tm parts;

	assert_non_null(gmtime_r(&when, &parts));
	(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
		parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
		parts.tm_sec, (int)us);
	clock_rfc3339(seconds * CLOCK_SECOND_US + us, got);
	assert_string_equal(got, want);
}

/* A prime step of about eleven days and a half meets every month and every time of day; and each
 * day of the years around the century rules. */
static void rfc3339_agrees_with_gmtime(void **state)
{
	static const int64_t starts[] = {
		-62167219200,		/* 0000 */
		-2208988800,		/* 1900, no leap year */
		951782400 - 86400 * 60, /* 2000, a leap year */
		1704067200,		/* 2024, a leap year */
		4102444800,		/* 2100, no leap year */
		253370764800,		/* 9999 */
	};

	(void)state;
	for (int64_t at = -62167219200; at < 253402300800; at += 1000003)
		assert_as_gmtime(at, ((at % 1000000) + 1000000) % 1000000);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		for (int64_t day = 0; day < 365; day++) {
			assert_as_gmtime(starts[i] + day * 86400, 0);
			assert_as_gmtime(starts[i] + day * 86400 + 86399, 999999);
		}
}

static void rfc3339_is_clamped(void **state)
{
	char text[CLOCK_RFC3339_LEN + 1];

	(void)state;
	clock_rfc3339(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
	clock_rfc3339(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000000Z");
	clock_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
}

static void local_time(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(setenv("TZ", "CST-8", 1), 0);
	tzset();
	assert_int_equal(clock_local(0, "%Y-%m-%d %H:%M:%S", text, sizeof(text)), 19);
	assert_string_equal(text, "1970-01-01 08:00:00");
	assert_int_equal(clock_local(-1, "%H:%M:%S", text, sizeof(text)), 8);
	assert_string_equal(text, "07:59:59");
	assert_int_equal(clock_local(0, "%Y-%m-%d %H:%M:%S", text, 19), 0);
	assert_string_equal(text, "");
	assert_int_equal(clock_local(0, "%Y", text, 0), 0);
}

static void clocks_advance(void **state)
{
	int64_t wall = clock_now_us(), mono = clock_mono_us();

	(void)state;
	assert_true(wall / CLOCK_SECOND_US - time(NULL) <= 1);
	assert_true(time(NULL) - wall / CLOCK_SECOND_US <= 5);
	while (clock_mono_us() == mono)
		;
	assert_true(clock_mono_us() > mono);
	assert_true(clock_mono_ms() >= mono / 1000);
	assert_true(clock_mono_ms() - mono / 1000 < 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_fills_all),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(text_is_of_the_alphabet),
		cmocka_unit_test(request_ids),
		cmocka_unit_test(foreign_request_ids),
		cmocka_unit_test(hex),
		cmocka_unit_test(rfc3339_agrees_with_gmtime),
		cmocka_unit_test(rfc3339_is_clamped),
		cmocka_unit_test(local_time),
		cmocka_unit_test(clocks_advance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
