#include "common/base/buf.h"

#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"

#define BUF_FIRST ((size_t)512)
#define I64_TEXT_MAX 20

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

void buf_init(struct buf *buf, struct arena *arena, size_t limit)
{
	*buf = (struct buf){.arena = arena, .limit = limit};
}

/* False when the arena has no room. */
static bool set_cap(struct buf *buf, size_t cap)
{
	char *p = arena_grow(buf->arena, buf->p, buf->cap, cap);

	if (!p)
		return false;
	buf->p = p;
	buf->cap = cap;
	return true;
}

static bool grow(struct buf *buf, size_t len)
{
	size_t cap = buf->cap < BUF_FIRST / 2 ? BUF_FIRST : buf->cap * 2;
	size_t need = buf->len + len;

	if (len > buf->limit - buf->len) {
		buf->failed = true;
		return false;
	}
	if (cap < need)
		cap = need;
	if (cap > buf->limit)
		cap = buf->limit;
	/* The arena may have room for this, though not for double. */
	buf->failed = !set_cap(buf, cap) && !set_cap(buf, need);
	return !buf->failed;
}

/* Whether len more bytes may be written at p + len. */
static inline bool has_room(struct buf *buf, size_t len)
{
	if (buf->failed)
		return false;
	return len <= buf->cap - buf->len || grow(buf, len);
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !has_room(buf, len))
		return;
	memcpy(buf->p + buf->len, bytes, len);
	buf->len += len;
}

void buf_add_char(struct buf *buf, char c)
{
	if (has_room(buf, 1))
		buf->p[buf->len++] = c;
}

void buf_add_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.p, s.len);
}

void buf_add_c(struct buf *buf, const char *text)
{
	if (text)
		buf_add(buf, text, strlen(text));
}

void buf_add_i64(struct buf *buf, int64_t value)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char text[I64_TEXT_MAX];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		text[--at] = '-';
	buf_add(buf, text + at, sizeof(text) - at);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	if (!has_room(buf, 1))
		return;
	va_start(args, format);
	len = vsnprintf(buf->p + buf->len, buf->cap - buf->len, format, args);
	va_end(args);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if ((size_t)len >= buf->cap - buf->len) {
		/* One byte more than is kept, for the NUL. */
		if (!has_room(buf, (size_t)len + 1))
			return;
		va_start(args, format);
		len = vsnprintf(buf->p + buf->len, buf->cap - buf->len, format, args);
		va_end(args);
	}
	buf->len += (size_t)len;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

/* True when all of eight bytes are plain; the three terms mark '"', '\\' and bytes below 0x20. */
static bool are_plain(uint64_t eight)
{
	uint64_t quote = eight ^ (ONES * '"');
	uint64_t slash = eight ^ (ONES * '\\');
	uint64_t marks = ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) |
			 ((eight - ONES * 0x20) & ~eight);

	return (marks & HIGHS) == 0;
}

static size_t plain_run(const char *p, size_t left)
{
	size_t run = 0;

	for (; left - run >= sizeof(uint64_t); run += sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, p + run, sizeof(eight));
		if (!are_plain(eight))
			break;
	}
	while (run < left && is_plain((unsigned char)p[run]))
		run++;
	return run;
}

static void add_escape(struct buf *buf, unsigned char c)
{
	static const char short_forms[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	char text[6] = {'\\', 'u', '0', '0', hex_lower[c >> 4], hex_lower[c & 15]};

	if (c >= 0x20)
		text[1] = (char)c;
	else if (short_forms[c])
		text[1] = short_forms[c];
	buf_add(buf, text, text[1] == 'u' ? 6 : 2);
}

void buf_add_json(struct buf *buf, struct str s)
{
	size_t at = 0;

	buf_add_char(buf, '"');
	while (at < s.len && !buf->failed) {
		size_t run = plain_run(s.p + at, s.len - at);

		buf_add(buf, s.p + at, run);
		at += run;
		if (at < s.len)
			add_escape(buf, (unsigned char)s.p[at++]);
	}
	buf_add_char(buf, '"');
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void buf_add_percent(struct buf *buf, struct str s)
{
	for (size_t i = 0; i < s.len && !buf->failed; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char text[3] = {'%', hex_upper[c >> 4], hex_upper[c & 15]};

		if (is_unreserved(s.p[i]))
			buf_add_char(buf, s.p[i]);
		else
			buf_add(buf, text, sizeof(text));
	}
}

char *buf_reserve(struct buf *buf, size_t len)
{
	/* Even for nothing the pointer must not be NULL. */
	if (!has_room(buf, len == 0 && !buf->p ? 1 : len))
		return NULL;
	buf->len += len;
	return buf->p + buf->len - len;
}

bool buf_failed(const struct buf *buf)
{
	return buf->failed;
}

struct str buf_str(const struct buf *buf)
{
	if (buf->failed)
		return STR_NONE;
	return (struct str){buf->p ? buf->p : "", buf->len};
}
