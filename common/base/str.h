/*
 * Byte slices. A struct str points into memory owned by somebody else (an arena, a literal, a
 * request) and need not end in NUL; p == NULL means "absent", which differs from "empty".
 * For building output use buf.h.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
	const char *p;
	size_t len;
};

/* A slice of a string literal, also in constant initializers: STR_INIT. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal) {(literal), sizeof(literal) - 1}
#define STR_NONE ((struct str){NULL, 0})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).p ? (s).p : ""

/* A slice of a NUL-terminated string; NULL gives the absent slice. */
struct str str_c(const char *text);
/* Equal bytes; absent equals empty. */
bool str_eq(struct str a, struct str b);
/* As str_eq, ASCII letters compared without case. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
/* Offset of the first c, or -1. */
ptrdiff_t str_find(struct str s, char c);
/* The slice from offset `from`, at most len long; out of range gives an empty slice. */
struct str str_sub(struct str s, size_t from, size_t len);
/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Takes the part before the first c off *rest (all of it if there is none); false when *rest is
 * absent. After the last part *rest is absent. */
bool str_cut(struct str *rest, char c, struct str *ret_part);
/* Copies in the arena, NUL-terminated behind the slice. NULL p when the arena is full; a copy of
 * the absent slice is absent for str_dup and str_lower, "" for str_cstr. */
struct str str_dup(struct arena *arena, struct str s);
const char *str_cstr(struct arena *arena, struct str s);
/* A copy with ASCII capitals lowered. */
struct str str_lower(struct arena *arena, struct str s);
/* Code points of valid UTF-8 (RFC 3629: no surrogates, no overlong forms) without NUL; -1 for
 * anything else. The absent slice has 0. */
ptrdiff_t str_chars(struct str s);
/* Bytes of the first code point as str_chars would count it; 0 when there is none. */
size_t str_utf8_len(struct str s);
/* Any code point below 0x20, 0x7f, or in 0x80..0x9f; s is valid UTF-8. */
bool str_has_control(struct str s);
/* True for one or more ASCII digits and nothing else. */
bool str_is_digits(struct str s);
/* Decimal with an optional '-'; ERR_INVALID for anything else or an overflow. */
int str_to_i64(struct str s, int64_t *ret_value);
/* Compares in time that depends only on the lengths. */
bool str_eq_secret(struct str a, struct str b);

#endif
