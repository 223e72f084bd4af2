#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/json.h"
#include "common/rpc/field_json.h"

static const char *const color_list[] = {NULL, "red", "green"};
static const struct enum_words colors = {color_list, 3};

#define PART(X, S) X(S, STR, name, FIELD_REQUIRED, 5)
FIELD_STRUCT(part, PART)
FIELD_TABLE(part, PART)
#define WHOLE(X, S)                                                                                \
	X(S, STR, text, FIELD_REQUIRED, 10)                                                        \
	X(S, SECRET, secret, 0, 8)                                                                 \
	X(S, STR, owner_only, FIELD_PRIVATE, 10)                                                   \
	X(S, STR, inner, FIELD_INTERNAL, 10)                                                       \
	X(S, STR, shown, FIELD_READONLY, 10)                                                       \
	X(S, BYTES, bytes, 0, 10)                                                                  \
	X(S, BOOL, yes, 0, 0)                                                                      \
	X(S, INT, number, 0, 100)                                                                  \
	X(S, OINT, maybe, 0, 150)                                                                  \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, TIME, time, 0, 0)                                                                     \
	X(S, ENUM, color, 0, colors)                                                               \
	X(S, LIST, parts, 0, part)                                                                 \
	X(S, STRS, words, 0, 5)                                                                    \
	X(S, IDS, ids, 0, 0)
FIELD_STRUCT(whole, WHOLE)
FIELD_TABLE(whole, WHOLE)

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

static int read_text(const char *text, struct whole *ret_whole, struct field_problems *ret_problems)
{
	json_t *value = NULL;

	assert_int_equal(json_parse(str_c(text), &value), 0);
	int err = field_json_read(&whole_fields, value, arena, ret_whole, ret_problems);
	json_decref(value);
	return err;
}

static void test_reads_what_is_input(void **state)
{
	struct field_problems problems;
	struct whole whole;

	(void)state;
	assert_int_equal(read_text("{\"text\":\"hällo\",\"secret\":\"pw\",\"inner\":\"x\",\"shown\":\"x\",\"yes\":true,"
				   "\"number\":100,\"maybe\":0,\"id\":\"12345678\",\"time\":\"2026-01-01T00:00:00Z\","
				   "\"color\":\"green\",\"parts\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"words\":[\"x\"],"
				   "\"ids\":[\"1\",\"2\"],\"unknown\":[[]]}",
				 &whole, &problems),
		0);
	assert_true(str_eq(whole.text, STR("hällo")));
	assert_true(str_eq(whole.secret, STR("pw")));
	assert_null(whole.inner.p);
	assert_null(whole.shown.p);
	assert_true(whole.yes && whole.maybe.set);
	assert_int_equal(whole.id, 12345678);
	assert_int_equal(whole.time, 0);
	assert_int_equal(whole.color, 2);
	assert_int_equal(whole.parts_count, 2);
	assert_true(str_eq(whole.parts[1].name, STR("b")));
	assert_int_equal(whole.ids[1], 2);
}

static void test_null_is_absent(void **state)
{
	struct field_problems problems;
	struct whole whole;

	(void)state;
	assert_int_equal(read_text("{\"text\":\"a\",\"maybe\":null,\"color\":null,\"parts\":null,\"id\":null}", &whole,
				 &problems),
		0);
	assert_false(whole.maybe.set);
	assert_int_equal(whole.color, 0);
	assert_int_equal(whole.id, 0);
	assert_int_equal(read_text("{\"text\":null}", &whole, &problems), ERR_INVALID);
	assert_int_equal(problems.items[0].fault, FIELD_MISSING);
}

static void test_names_every_fault(void **state)
{
	static const struct {
		const char *json, *field;
		enum field_fault fault;
	} cases[] = {
		{"{}", "text", FIELD_MISSING},
		{"{\"text\":5}", "text", FIELD_TYPE},
		{"{\"text\":\"12345678901\"}", "text", FIELD_TOO_LONG},
		{"{\"text\":\"a\",\"secret\":\"123456789\"}", "secret", FIELD_TOO_LONG},
		{"{\"text\":\"a\",\"yes\":\"true\"}", "yes", FIELD_TYPE},
		{"{\"text\":\"a\",\"number\":101}", "number", FIELD_RANGE},
		{"{\"text\":\"a\",\"number\":-1}", "number", FIELD_RANGE},
		{"{\"text\":\"a\",\"number\":1.5}", "number", FIELD_TYPE},
		{"{\"text\":\"a\",\"maybe\":151}", "maybe", FIELD_RANGE},
		{"{\"text\":\"a\",\"id\":5}", "id", FIELD_TYPE},
		{"{\"text\":\"a\",\"id\":\"0\"}", "id", FIELD_RANGE},
		{"{\"text\":\"a\",\"id\":\"99999999999999999999\"}", "id", FIELD_RANGE},
		{"{\"text\":\"a\",\"color\":\"blue\"}", "color", FIELD_UNKNOWN},
		{"{\"text\":\"a\",\"color\":1}", "color", FIELD_TYPE},
		{"{\"text\":\"a\",\"parts\":{}}", "parts", FIELD_TYPE},
		{"{\"text\":\"a\",\"parts\":[{}]}", "parts", FIELD_MISSING},
		{"{\"text\":\"a\",\"words\":[1]}", "words", FIELD_TYPE},
		{"{\"text\":\"a\",\"words\":[\"123456\"]}", "words", FIELD_TOO_LONG},
		{"{\"text\":\"a\",\"ids\":[\"x\"]}", "ids", FIELD_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct field_problems problems;
		struct whole whole;
		int err = read_text(cases[i].json, &whole, &problems);
		if (err != ERR_INVALID || problems.count != 1 || problems.items[0].fault != cases[i].fault ||
			strcmp(problems.items[0].field, cases[i].field) != 0)
			fail_msg("%s: err %d, %zu faults", cases[i].json, err, problems.count);
	}
	struct field_problems problems;
	struct whole whole;
	assert_int_equal(read_text("{\"number\":-1,\"color\":\"x\"}", &whole, &problems), ERR_INVALID);
	assert_int_equal(problems.count, 3);
	assert_int_equal(read_text("[]", &whole, &problems), ERR_INVALID);
}

static struct str written(const struct whole *whole, bool show_private)
{
	struct buf out;

	buf_init(&out, arena, 4096);
	field_json_write(&whole_fields, whole, show_private, &out);
	return buf_str(&out);
}

static void test_writes_what_may_be_seen(void **state)
{
	static struct part parts[1] = {{STR_INIT("p\"q")}};
	static int64_t ids[1] = {7};
	const struct whole whole = {
		.text = STR("a\nb"),
		.secret = STR("SECRET"),
		.owner_only = STR("mine"),
		.inner = STR("INNER"),
		.bytes = STR("BYTES"),
		.number = 5,
		.id = 12345678,
		.time = 1767225600000001,
		.color = 1,
		.parts = parts,
		.parts_count = 1,
		.ids = ids,
		.ids_count = 1,
	};
	struct str mine = written(&whole, true), theirs = written(&whole, false);

	(void)state;
	assert_true(str_eq(mine, STR("{\"text\":\"a\\nb\",\"owner_only\":\"mine\",\"shown\":null,\"yes\":false,"
				     "\"number\":5,\"maybe\":null,\"id\":\"12345678\","
				     "\"time\":\"2026-01-01T00:00:00.000001Z\",\"color\":\"red\","
				     "\"parts\":[{\"name\":\"p\\\"q\"}],\"words\":[],\"ids\":[\"7\"]}")));
	assert_null(memmem(theirs.p, theirs.len, "mine", 4));
	assert_null(memmem(mine.p, mine.len, "SECRET", 6));
	assert_null(memmem(mine.p, mine.len, "INNER", 5));
	assert_null(memmem(mine.p, mine.len, "BYTES", 5));
}

/* The schema is JSON, and says of input and output what the tables say. */
static void test_schema(void **state)
{
	(void)state;
	for (int input = 0; input <= 1; input++) {
		struct buf out;
		json_t *schema = NULL;
		buf_init(&out, arena, 1 << 16);
		field_json_schema(&whole_fields, input, &out);
		assert_int_equal(json_parse(buf_str(&out), &schema), 0);
		json_t *properties = json_object_get(schema, "properties");
		assert_non_null(json_object_get(properties, "text"));
		assert_null(json_object_get(properties, "inner"));
		assert_null(json_object_get(properties, "bytes"));
		assert_true(!json_object_get(properties, "secret") == !input);
		assert_true(!json_object_get(properties, "shown") == !!input);
		json_t *color = json_object_get(properties, "color");
		assert_int_equal(json_array_size(json_object_get(color, "enum")), 3);
		json_t *text = json_object_get(properties, "text");
		assert_int_equal(json_integer_value(json_object_get(text, "maxLength")), 10);
		json_decref(schema);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_what_is_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_null_is_absent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_every_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writes_what_may_be_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schema, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
