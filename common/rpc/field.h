/*
 * The schema language. A struct that travels on the bus is declared once, one line a field:
 *
 *	#define USER_FIND_IN(X, S)                              \
 *		X(S, STR, login, FIELD_REQUIRED, 254)           \
 *		X(S, ENUM, by, 0, user_login_kinds)
 *	FIELD_STRUCT(user_find_in, USER_FIND_IN)
 *
 * From that line come the struct member, the row of the constant table `user_find_in_fields`, and
 * with the table the msgpack codec (codec.h), validation, JSON reading and writing (field_json.h),
 * the mapping of SQL rows (common/svc/db.h) and the OpenAPI schema. On the wire a struct is an
 * array in the order of its lines: append new ones, never reorder (PROTOCOL.md, "Compatibility").
 *
 * kind   member                              absent       JSON
 * STR    struct str, UTF-8 without NUL;      p == NULL    string or null
 *        limit: characters
 * SECRET as STR; limit: bytes. Never shown in JSON
 * BYTES  struct str; limit: bytes            p == NULL    none (bus only)
 * BOOL   bool                                -            true or false
 * INT    int64_t; limit: highest value       -            number (lowest 0)
 * OINT   struct opt_int; limit as INT        !set         number or null
 * ID     int64_t                             0            string of digits or null
 * TIME   int64_t, microseconds since 1970    0            RFC 3339 string or null
 * ENUM   int, index in a table of words;     0            the word or null
 *        limit: the struct enum_words
 * OBJ    struct <limit>                      -            object
 * LIST   struct <limit> *name, size_t        count 0      array of objects
 *        name_count
 * STRS   struct str *name, size_t            count 0      array of strings
 *        name_count; limit: characters each
 * IDS    int64_t *name, size_t name_count    count 0      array of strings
 */
#ifndef RPC_FIELD_H
#define RPC_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define FIELD_LIST_MAX 10000 /* elements of a LIST, STRS or IDS */

enum field_kind {
	FIELD_STR,
	FIELD_SECRET,
	FIELD_BYTES,
	FIELD_BOOL,
	FIELD_INT,
	FIELD_OINT,
	FIELD_ID,
	FIELD_TIME,
	FIELD_ENUM,
	FIELD_OBJ,
	FIELD_LIST,
	FIELD_STRS,
	FIELD_IDS,
};

enum field_flag {
	FIELD_REQUIRED = 1, /* must be present (a list or text may still be empty) */
	FIELD_PRIVATE = 2,  /* in JSON only for the owner and administrators */
	FIELD_INTERNAL = 4, /* never in JSON, neither in nor out */
	FIELD_READONLY = 8, /* in JSON output only */
};

struct opt_int {
	bool set;
	int64_t value;
};

/* words[0] stands for "absent" and is NULL. */
struct enum_words {
	const char *const *words;
	size_t count;
};

/* 0 when the word is not in the table. */
int enum_words_find(const struct enum_words *table, struct str word);
/* "" for 0 and for an index out of range. */
struct str enum_words_text(const struct enum_words *table, int index);

struct field {
	const char *name;
	enum field_kind kind;
	unsigned flags;
	size_t offset;
	size_t count_offset; /* LIST, STRS, IDS */
	int64_t limit;
	const struct enum_words *words;   /* ENUM */
	const struct field_set *elements; /* OBJ, LIST */
};

struct field_set {
	const char *name;
	size_t size; /* of the struct, bytes */
	const struct field *fields;
	size_t count;
};

struct arena;

/* What a validation found wrong with one field. */
enum field_fault { FIELD_OK, FIELD_MISSING, FIELD_TYPE, FIELD_TOO_LONG, FIELD_RANGE, FIELD_UNKNOWN };
/* "missing", "type", "too_long", "range", "unknown". */
const char *field_fault_name(enum field_fault fault);
/* Checks the member of `object` against its row: presence, length, characters, range. Lists and
 * objects are checked through. */
enum field_fault field_check(const struct field *field, const void *object);
/* field_check for all fields; the first fault and, if ret_field is not NULL, where. */
enum field_fault field_set_check(const struct field_set *set, const void *object,
	const struct field **ret_field);

/* Internals of FIELD_STRUCT and FIELD_TABLE. */
#define FIELD_MEMBER(S, kind, name, flags, limit) FIELD_MEMBER_##kind(name, limit)
#define FIELD_MEMBER_STR(name, limit) struct str name;
#define FIELD_MEMBER_SECRET(name, limit) struct str name;
#define FIELD_MEMBER_BYTES(name, limit) struct str name;
#define FIELD_MEMBER_BOOL(name, limit) bool name;
#define FIELD_MEMBER_INT(name, limit) int64_t name;
#define FIELD_MEMBER_OINT(name, limit) struct opt_int name;
#define FIELD_MEMBER_ID(name, limit) int64_t name;
#define FIELD_MEMBER_TIME(name, limit) int64_t name;
#define FIELD_MEMBER_ENUM(name, limit) int name;
#define FIELD_MEMBER_OBJ(name, limit) struct limit name;
#define FIELD_MEMBER_LIST(name, limit)                                                             \
	struct limit *name;                                                                        \
	size_t name##_count;
#define FIELD_MEMBER_STRS(name, limit)                                                             \
	struct str *name;                                                                          \
	size_t name##_count;
#define FIELD_MEMBER_IDS(name, limit)                                                              \
	int64_t *name;                                                                             \
	size_t name##_count;

#define FIELD_ROW(S, kind_, member, flag, limit_)                                                  \
	{.name = #member,                                                                          \
		.kind = FIELD_##kind_,                                                             \
		.flags = (flag),                                                                   \
		.offset = offsetof(struct S, member),                                              \
		FIELD_ROW_##kind_(S, member, limit_)},
#define FIELD_ROW_LIMIT(S, member, limit_) .limit = (limit_)
#define FIELD_ROW_STR FIELD_ROW_LIMIT
#define FIELD_ROW_SECRET FIELD_ROW_LIMIT
#define FIELD_ROW_BYTES FIELD_ROW_LIMIT
#define FIELD_ROW_BOOL FIELD_ROW_LIMIT
#define FIELD_ROW_INT FIELD_ROW_LIMIT
#define FIELD_ROW_OINT FIELD_ROW_LIMIT
#define FIELD_ROW_ID FIELD_ROW_LIMIT
#define FIELD_ROW_TIME FIELD_ROW_LIMIT
#define FIELD_ROW_ENUM(S, member, limit_) .words = &(limit_)
#define FIELD_ROW_OBJ(S, member, limit_) .elements = &limit_##_fields
#define FIELD_ROW_LIST(S, member, limit_)                                                          \
	.elements = &limit_##_fields, .count_offset = offsetof(struct S, member##_count)
#define FIELD_ROW_STRS(S, member, limit_)                                                          \
	.limit = (limit_), .count_offset = offsetof(struct S, member##_count)
#define FIELD_ROW_IDS(S, member, limit_)                                                           \
	.limit = (limit_), .count_offset = offsetof(struct S, member##_count)

/* In a header: the struct and its table's declaration. */
#define FIELD_STRUCT(S, LINES)                                                                     \
	struct S {                                                                                 \
		LINES(FIELD_MEMBER, S)                                                             \
	};                                                                                         \
	extern const struct field_set S##_fields;

/* In one source file: the table. */
#define FIELD_TABLE(S, LINES)                                                                      \
	static const struct field S##_rows[] = {LINES(FIELD_ROW, S)};                              \
	const struct field_set S##_fields = {                                                      \
		.name = #S,                                                                        \
		.size = sizeof(struct S),                                                          \
		.fields = S##_rows,                                                                \
		.count = sizeof(S##_rows) / sizeof(S##_rows[0]),                                   \
	};

/* For methods with nothing to say in one direction. */
#define NOTHING(X, S) X(S, BOOL, nothing, FIELD_INTERNAL, 0)
FIELD_STRUCT(nothing, NOTHING)

#endif
