/*
 * PROTOCOL.md against the tables: for every method its block (who may call, lane, fields with kind and
 * limit) must stand there word for word. `test_protocol --print` prints the blocks as they should be.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/event.h"
#include "common/rpc/media_api.h"
#include "common/rpc/svc_api.h"
#include "common/rpc/user_api.h"

#define METHOD_ADDRESS(service, verb, may, flags, lane) &service##_##verb##_method,
static const struct rpc_method *const methods[] = {SVC_METHODS(METHOD_ADDRESS) USER_METHODS(
	METHOD_ADDRESS) AUTH_METHODS(METHOD_ADDRESS) MEDIA_METHODS(METHOD_ADDRESS)};

/* Structs that stand in others. */
static const struct field_set *const structs[] = {
	&caller_fields,
	&user_account_fields,
	&user_contact_fields,
	&user_person_fields,
	&auth_session_fields,
	&user_act_fields,
	&user_count_fields,
	&user_import_row_fields,
	&user_import_result_fields,
	&auth_import_row_fields,
	&user_export_contact_fields,
	&user_export_follow_fields,
	&auth_sign_in_fields,
	&svc_sample_fields,
	&event_fields,
};

static const char *const kinds[] = {
	[FIELD_STR] = "text", [FIELD_SECRET] = "secret", [FIELD_BYTES] = "bytes", [FIELD_BOOL] = "bool",
	[FIELD_INT] = "int", [FIELD_OINT] = "int or nil", [FIELD_ID] = "id", [FIELD_TIME] = "time",
	[FIELD_ENUM] = "word", [FIELD_OBJ] = "struct", [FIELD_LIST] = "list", [FIELD_STRS] = "texts",
	[FIELD_IDS] = "ids"};

static void write_callers(unsigned may, struct buf *out)
{
	static const char *const names[] = {"anyone", "account", "admin", "service", "operator"};
	const char *separator = "";

	for (size_t i = 0; i < 5; i++)
		if (may & 1U << i) {
			buf_addf(out, "%s%s", separator, names[i]);
			separator = ", ";
		}
}

static void write_limit(const struct field *field, struct buf *out)
{
	switch (field->kind) {
	case FIELD_STR:
	case FIELD_STRS:
		buf_addf(out, " ≤ %" PRId64 " characters", field->limit);
		break;
	case FIELD_SECRET:
	case FIELD_BYTES:
		buf_addf(out, " ≤ %" PRId64 " bytes", field->limit);
		break;
	case FIELD_INT:
	case FIELD_OINT:
		if (field->limit < INT64_MAX)
			buf_addf(out, " 0–%" PRId64, field->limit);
		break;
	case FIELD_ENUM:
		for (size_t i = 1; i < field->words->count; i++)
			buf_addf(out, "%s%s", i == 1 ? ": " : ", ", field->words->words[i]);
		break;
	case FIELD_OBJ:
	case FIELD_LIST:
		buf_addf(out, " of %s", field->elements->name);
		break;
	default:
		break;
	}
}

static void write_fields(const char *title, const struct field_set *set, struct buf *out)
{
	buf_addf(out, "- %s:", title);
	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];
		if (strcmp(field->name, "nothing") == 0) {
			buf_add_c(out, " nothing");
			continue;
		}
		buf_addf(out, "%s `%s` %s", i ? ";" : "", field->name, kinds[field->kind]);
		write_limit(field, out);
		if (field->flags & FIELD_REQUIRED)
			buf_add_c(out, " (required)");
	}
	buf_add_c(out, "\n");
}

static void write_method(const struct rpc_method *method, struct buf *out)
{
	static const char *const lanes[] = {"read", "write", "slow"};

	buf_add_c(out, "- callers: ");
	write_callers(method->may, out);
	buf_addf(out, "; lane: %s%s\n", lanes[method->lane],
		method->flags & METHOD_IDEMPOTENT ? "; may be repeated" : "");
	write_fields("request", method->in, out);
	write_fields("reply", method->out, out);
}

/* The whole file, NUL-terminated. */
static char *read_document(void)
{
	FILE *file = fopen(QUINTET_SOURCE "/PROTOCOL.md", "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void test_every_method_is_described(void **state)
{
	char *document = read_document();
	struct arena *arena = arena_new(4 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct buf block;
		buf_init(&block, arena, 1 << 16);
		write_method(methods[i], &block);
		buf_add_char(&block, '\0');
		char heading[100];
		snprintf(heading, sizeof(heading), "### %s\n", methods[i]->name);
		const char *section = strstr(document, heading);
		if (!section || !strstr(section, buf_str(&block).p))
			fail_msg("PROTOCOL.md lacks %s as it is:\n%s", methods[i]->name, block.p);
	}
	arena_free(arena);
	free(document);
}

static void test_every_struct_is_described(void **state)
{
	char *document = read_document();
	struct arena *arena = arena_new(4 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		struct buf block;
		buf_init(&block, arena, 1 << 16);
		write_fields(structs[i]->name, structs[i], &block);
		buf_add_char(&block, '\0');
		if (!strstr(document, block.p))
			fail_msg("PROTOCOL.md lacks\n%s", block.p);
	}
	arena_free(arena);
	free(document);
}

static void test_every_error_is_described(void **state)
{
	char *document = read_document();

	(void)state;
#define ROW(code, name, wire, text)                                                                \
	do {                                                                                       \
		if (!strstr(document, "| " #code " | `" wire "` | " text " |"))                    \
			fail_msg("PROTOCOL.md lacks the row | %d | `%s` | %s |", code, wire, text); \
	} while (0);
	ERR_LIST(ROW)
	free(document);
}

static int print(void)
{
	struct arena *arena = arena_new(4 << 20);
	struct buf out;

	buf_init(&out, arena, 1 << 20);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		buf_addf(&out, "### %s\n", methods[i]->name);
		write_method(methods[i], &out);
		buf_add_c(&out, "\n");
	}
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		write_fields(structs[i]->name, structs[i], &out);
#define PRINT(code, name, wire, text) buf_addf(&out, "| %d | `%s` | %s |\n", code, wire, text);
	ERR_LIST(PRINT)
	fwrite(out.p, 1, out.len, stdout);
	arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_method_is_described),
		cmocka_unit_test(test_every_struct_is_described),
		cmocka_unit_test(test_every_error_is_described),
	};
	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		return print();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
