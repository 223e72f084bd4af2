#include "common/base/clock.h"

#include <string.h>
#include <time.h>

#define DAY_SECONDS INT64_C(86400)
/* 0000-01-01T00:00:00Z and the last microsecond of 9999: what RFC 3339 can say. */
#define RFC3339_FIRST_US (INT64_C(-62167219200) * CLOCK_SECOND_US)
#define RFC3339_LAST_US (INT64_C(253402300800) * CLOCK_SECOND_US - 1)

struct date {
	int64_t year, month, day;
};

static int64_t clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * CLOCK_SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar. Years are counted from 1 March, so
 * that the leap day is a year's last; 719468 days lie between 0000-03-01 and 1970. */
static struct date date_of(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097; /* 400 years */
	int64_t of_era = shifted - era * 146097;
	int64_t year =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365; /* 0..399 */
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */

	return (struct date){
		.year = year + era * 400 + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};
}

static void put_digits(char *to, int64_t value, int count)
{
	while (count > 0) {
		to[--count] = (char)('0' + value % 10);
		value /= 10;
	}
}

void clock_rfc3339(int64_t time_us, char ret_text[CLOCK_RFC3339_LEN + 1])
{
	int64_t seconds, rest, of_day;
	struct date date;

	if (time_us < RFC3339_FIRST_US)
		time_us = RFC3339_FIRST_US;
	if (time_us > RFC3339_LAST_US)
		time_us = RFC3339_LAST_US;
	/* From the first representable moment on, so that all divisions round downwards. */
	time_us -= RFC3339_FIRST_US;
	seconds = time_us / CLOCK_SECOND_US;
	rest = time_us % CLOCK_SECOND_US;
	of_day = seconds % DAY_SECONDS;
	date = date_of((seconds + RFC3339_FIRST_US / CLOCK_SECOND_US - of_day) / DAY_SECONDS);

	memcpy(ret_text, "0000-00-00T00:00:00.000000Z", CLOCK_RFC3339_LEN + 1);
	put_digits(ret_text, date.year, 4);
	put_digits(ret_text + 5, date.month, 2);
	put_digits(ret_text + 8, date.day, 2);
	put_digits(ret_text + 11, of_day / 3600, 2);
	put_digits(ret_text + 14, of_day / 60 % 60, 2);
	put_digits(ret_text + 17, of_day % 60, 2);
	put_digits(ret_text + 20, rest, 6);
}

size_t clock_local(int64_t time_us, const char *format, char *ret_text, size_t size)
{
	int64_t seconds = time_us / CLOCK_SECOND_US - (time_us % CLOCK_SECOND_US < 0);
	time_t when = (time_t)seconds;
	struct tm parts;
	size_t len;

	if (size == 0)
		return 0;
	len = localtime_r(&when, &parts) ? strftime(ret_text, size, format, &parts) : 0;
	if (len == 0)
		ret_text[0] = '\0'; /* strftime leaves it undefined */
	return len;
}
