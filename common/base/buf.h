/*
 * The builder of all output: a growing byte buffer in an arena, with a hard limit. A failed add
 * (limit, memory) makes every later one do nothing; ask once, at the end, with buf_failed.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct arena;

struct buf {
	struct arena *arena;
	char *p;
	size_t len;
	size_t cap;
	size_t limit;
	bool failed;
};

/* limit: the most bytes it may hold. */
void buf_init(struct buf *buf, struct arena *arena, size_t limit);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_char(struct buf *buf, char c);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_c(struct buf *buf, const char *text);
void buf_add_i64(struct buf *buf, int64_t value);
/* As printf; needs one byte more than it adds, for the NUL. */
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes (RFC 8259); UTF-8 goes out as it is, only what must be is escaped.
 * s is valid UTF-8. */
void buf_add_json(struct buf *buf, struct str s);
/* Percent-encodes all but RFC 3986's unreserved characters. */
void buf_add_percent(struct buf *buf, struct str s);
/* len more bytes to be filled by the caller; NULL when failed. */
char *buf_reserve(struct buf *buf, size_t len);
bool buf_failed(const struct buf *buf);
/* What was added so far, valid until the next add; absent when failed. */
struct str buf_str(const struct buf *buf);

#endif
