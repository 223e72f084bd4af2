#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/rpc/codec.h"

static const char *const color_list[] = {NULL, "red", "green"};
static const struct enum_words colors = {color_list, 3};

#define PART(X, S)                                                                                 \
	X(S, STR, name, FIELD_REQUIRED, 5)                                                         \
	X(S, INT, number, 0, 100)
FIELD_STRUCT(part, PART)
FIELD_TABLE(part, PART)
#define WHOLE(X, S)                                                                                \
	X(S, STR, text, 0, 10)                                                                     \
	X(S, SECRET, secret, 0, 8)                                                                 \
	X(S, BYTES, bytes, 0, 300)                                                                 \
	X(S, BOOL, yes, 0, 0)                                                                      \
	X(S, INT, number, 0, INT64_MAX)                                                            \
	X(S, OINT, maybe, 0, 150)                                                                  \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, TIME, time, 0, 0)                                                                     \
	X(S, ENUM, color, 0, colors)                                                               \
	X(S, OBJ, part, 0, part)                                                                   \
	X(S, LIST, parts, 0, part)                                                                 \
	X(S, STRS, words, 0, 5)                                                                    \
	X(S, IDS, ids, 0, 0)
FIELD_STRUCT(whole, WHOLE)
FIELD_TABLE(whole, WHOLE)
/* What an older process knows of `whole`. */
#define OLDER(X, S) X(S, STR, text, 0, 10)
FIELD_STRUCT(older, OLDER)
FIELD_TABLE(older, OLDER)

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct str pack(const struct field_set *set, const void *object)
{
	struct buf out;

	buf_init(&out, arena, 1 << 16);
	codec_pack(set, object, &out);
	assert_false(buf_failed(&out));
	return buf_str(&out);
}

static struct whole full(void)
{
	static struct part parts[2] = {{STR_INIT("a"), 1}, {STR_INIT("äöüßé"), 100}};
	static struct str words[3] = {STR_INIT("one"), STR_INIT(""), STR_INIT("three")};
	static int64_t ids[2] = {1, INT64_MAX};

	return (struct whole){
		.text = STR("héllo wörl"),
		.secret = STR("pass"),
		.bytes = {"\0\xff\x80", 3},
		.yes = true,
		.number = INT64_MAX,
		.maybe = {true, 0},
		.id = 12345678,
		.time = 1,
		.color = 2,
		.part = {STR_INIT("p"), 7},
		.parts = parts,
		.parts_count = 2,
		.words = words,
		.words_count = 3,
		.ids = ids,
		.ids_count = 2,
	};
}

static void test_round_trip(void **state)
{
	struct whole in = full(), out;

	(void)state;
	assert_int_equal(codec_unpack(&whole_fields, pack(&whole_fields, &in), arena, &out, NULL), 0);
	assert_true(str_eq(out.text, in.text));
	assert_true(str_eq(out.secret, in.secret));
	assert_int_equal(out.bytes.len, 3);
	assert_memory_equal(out.bytes.p, in.bytes.p, 3);
	assert_true(out.yes);
	assert_int_equal(out.number, INT64_MAX);
	assert_true(out.maybe.set);
	assert_int_equal(out.maybe.value, 0);
	assert_int_equal(out.id, in.id);
	assert_int_equal(out.color, 2);
	assert_int_equal(out.part.number, 7);
	assert_int_equal(out.parts_count, 2);
	assert_true(str_eq(out.parts[1].name, in.parts[1].name));
	assert_int_equal(out.words_count, 3);
	assert_non_null(out.words[1].p);
	assert_int_equal(out.words[1].len, 0);
	assert_int_equal(out.ids[1], INT64_MAX);
}

static void test_absent_stays_absent(void **state)
{
	struct whole in = {.part.name = STR("p")}, out;

	(void)state;
	assert_int_equal(codec_unpack(&whole_fields, pack(&whole_fields, &in), arena, &out, NULL), 0);
	assert_null(out.text.p);
	assert_false(out.maybe.set);
	assert_int_equal(out.parts_count, 0);
	in.text = STR("");
	assert_int_equal(codec_unpack(&whole_fields, pack(&whole_fields, &in), arena, &out, NULL), 0);
	assert_non_null(out.text.p);
}

static void test_old_and_new_understand_each_other(void **state)
{
	struct whole in = full(), out;
	struct older old = {STR("old")};

	(void)state;
	assert_int_equal(codec_unpack(&older_fields, pack(&whole_fields, &in), arena, &old, NULL), 0);
	assert_true(str_eq(old.text, in.text));
	/* The newer side finds its required part missing, and says so by name. */
	const char *field = NULL;
	assert_int_equal(codec_unpack(&whole_fields, pack(&older_fields, &old), arena, &out, &field), ERR_INVALID);
	assert_string_equal(field, "part");
}

static void test_rows_are_enforced(void **state)
{
	static int64_t negative[1] = {-1};
	struct {
		const char *field;
		struct whole object;
	} cases[16];
	size_t count = 0;

	(void)state;
#define BROKEN(name, member, ...)                                                                  \
	do {                                                                                       \
		cases[count].field = name;                                                         \
		cases[count].object = full();                                                      \
		cases[count].object.member = __VA_ARGS__;                                          \
		count++;                                                                           \
	} while (0)
	BROKEN("text", text, STR("12345678901"));
	BROKEN("text", text, STR("\xff"));
	BROKEN("text", text, (struct str){"a\0b", 3});
	BROKEN("text", text, STR("\xed\xa0\x80"));
	BROKEN("secret", secret, STR("äöüäö"));
	BROKEN("number", number, -1);
	BROKEN("maybe", maybe, (struct opt_int){true, 151});
	BROKEN("id", id, -5);
	BROKEN("color", color, 3);
	BROKEN("part", part.name, STR_NONE);
	BROKEN("part", part.number, 101);
	BROKEN("ids", ids, (cases[count].object.ids_count = 1, negative));
	for (size_t i = 0; i < count; i++) {
		struct whole out;
		const char *field = NULL;
		int err = codec_unpack(&whole_fields, pack(&whole_fields, &cases[i].object), arena, &out, &field);
		if (err != ERR_INVALID || strcmp(field, cases[i].field) != 0)
			fail_msg("case %zu: %d %s, want %s", i, err, field ? field : "-", cases[i].field);
	}
}

static void test_malformed(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} cases[] = {
		{"empty", "", 0},
		{"no array", "\xc0", 1},
		{"array of 4 G elements", "\xdd\xff\xff\xff\xff", 5},
		{"array longer than the rest", "\x95\xc0\xc0", 3},
		{"text longer than the rest", "\x91\xda\xff\xff" "a", 5},
		{"trailing byte", "\x91\xc0\xc0", 3},
		{"map", "\x91\x80", 2},
		{"float", "\x91\xca\0\0\0\0", 6},
		{"extension", "\x91\xd4\x01\x00", 4},
		{"wrong type", "\x91\x05", 2},
		{"number over 63 bits", "\x95\xc0\xc0\xc0\xc2\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 14},
		{"nesting", "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0", 11},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct whole out;
		int err = codec_unpack(&whole_fields, (struct str){cases[i].bytes, cases[i].len}, arena, &out, NULL);
		if (err != ERR_PROTOCOL)
			fail_msg("%s: %d", cases[i].name, err);
	}
}

/* Cut at every byte: refused, never read beyond (the sanitizer watches). */
static void test_truncated(void **state)
{
	struct whole in = full(), out;
	struct str whole = pack(&whole_fields, &in);

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(codec_unpack(&whole_fields, str_dup(arena, str_sub(whole, 0, len)), arena, &out, NULL),
			ERR_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_absent_stays_absent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_and_new_understand_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows_are_enforced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_truncated, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
