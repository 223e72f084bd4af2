#include "common/base/str.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

struct str str_c(const char *text)
{
	return text ? (struct str){text, strlen(text)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){s.p, prefix.len}, prefix);
}

ptrdiff_t str_find(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

struct str str_sub(struct str s, size_t from, size_t len)
{
	if (!s.p || from > s.len)
		return STR("");
	if (len > s.len - from)
		len = s.len - from;
	return (struct str){s.p + from, len};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	while (s.len && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	return s;
}

bool str_cut(struct str *rest, char c, struct str *ret_part)
{
	ptrdiff_t at;

	if (!rest->p)
		return false;
	at = str_find(*rest, c);
	if (at < 0) {
		*ret_part = *rest;
		*rest = STR_NONE;
		return true;
	}
	*ret_part = (struct str){rest->p, (size_t)at};
	rest->p += at + 1;
	rest->len -= (size_t)at + 1;
	return true;
}

/* The arena's memory is zero, so the byte behind the copy is the NUL. */
static char *copy(struct arena *arena, struct str s)
{
	char *to = s.len < SIZE_MAX ? arena_alloc(arena, s.len + 1) : NULL;

	if (to && s.len)
		memcpy(to, s.p, s.len);
	return to;
}

struct str str_dup(struct arena *arena, struct str s)
{
	char *to = s.p ? copy(arena, s) : NULL;

	return to ? (struct str){to, s.len} : STR_NONE;
}

const char *str_cstr(struct arena *arena, struct str s)
{
	return copy(arena, s);
}

struct str str_lower(struct arena *arena, struct str s)
{
	char *to = s.p ? copy(arena, s) : NULL;

	if (!to)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++)
		to[i] = lower(to[i]);
	return (struct str){to, s.len};
}

/* Bytes of the well-formed sequence at p (Unicode, table 3-7), 0 if there is none. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0; /* overlong below */
	else if (p[0] == 0xed)
		high = 0x9f; /* surrogates above */
	else if (p[0] == 0xf0)
		low = 0x90; /* overlong below */
	else if (p[0] == 0xf4)
		high = 0x8f; /* past U+10FFFF above */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t str_utf8_len(struct str s)
{
	return s.len ? sequence_len((const unsigned char *)s.p, s.len) : 0;
}

/* Bytes at p, in eights, that are ASCII without NUL. */
static size_t ascii_run(const unsigned char *p, size_t left)
{
	size_t run = 0;

	for (; left - run >= sizeof(uint64_t); run += sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, p + run, sizeof(eight));
		/* A zero byte borrows and so gets its high bit; bytes 1..0x7f do not. */
		if ((eight | (eight - ONES)) & HIGHS)
			break;
	}
	return run;
}

ptrdiff_t str_chars(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	ptrdiff_t count = 0;

	for (size_t at = 0; at < s.len;) {
		size_t len = ascii_run(p + at, s.len - at);

		if (len) {
			count += (ptrdiff_t)len;
			at += len;
			continue;
		}
		len = sequence_len(p + at, s.len - at);
		if (len == 0)
			return -1;
		count++;
		at += len;
	}
	return count;
}

bool str_has_control(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.len; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			return true;
		if (p[i] == 0xc2 && i + 1 < s.len && p[i + 1] < 0xa0)
			return true;
	}
	return false;
}

bool str_is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

int str_to_i64(struct str s, int64_t *ret_value)
{
	bool negative = s.len && s.p[0] == '-';
	struct str digits = negative ? str_sub(s, 1, s.len) : s;
	int64_t value = 0;

	if (!str_is_digits(digits))
		return ERR_INVALID;
	/* Counted downwards: the negative half holds one more. */
	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, digits.p[i] - '0', &value))
			return ERR_INVALID;
	if (!negative && value == INT64_MIN)
		return ERR_INVALID;
	*ret_value = negative ? value : -value;
	return 0;
}

bool str_eq_secret(struct str a, struct str b)
{
	unsigned char differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		differ |= (unsigned char)(a.p[i] ^ b.p[i]);
		/* Keeps the compiler from leaving the loop early. */
		__asm__ volatile("" : "+r"(differ));
	}
	return differ == 0;
}
