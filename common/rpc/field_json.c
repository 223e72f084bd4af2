#include "common/rpc/field_json.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/json.h"

static enum field_fault read_object(const struct field_set *set, const json_t *object,
	struct arena *arena, void *ret_object, struct field_problems *problems);

static void add_problem(struct field_problems *problems, const char *name, enum field_fault fault)
{
	if (problems && problems->count < FIELD_PROBLEMS_MAX)
		problems->items[problems->count++] = (struct field_problem){name, fault};
}

static enum field_fault read_text(const json_t *value, struct arena *arena, struct str *ret_text)
{
	if (!json_is_string(value))
		return FIELD_TYPE;
	*ret_text = str_dup(arena, json_str(value));
	return FIELD_OK;
}

static enum field_fault read_id(const json_t *value, int64_t *ret_id)
{
	struct str text = json_str(value);

	if (!json_is_string(value) || !str_is_digits(text))
		return FIELD_TYPE;
	return str_to_i64(text, ret_id) == 0 && *ret_id > 0 ? FIELD_OK : FIELD_RANGE;
}

static enum field_fault read_list(const struct field *field, const json_t *value,
	struct arena *arena, void *object)
{
	if (!json_is_array(value))
		return FIELD_TYPE;
	size_t count = json_array_size(value);
	size_t size = field->kind == FIELD_LIST ? field->elements->size
		: field->kind == FIELD_STRS ? sizeof(struct str)
					    : sizeof(int64_t);
	if (count > FIELD_LIST_MAX)
		return FIELD_TOO_LONG;
	char *items = arena_alloc(arena, (count + 1) * size);
	if (!items)
		return FIELD_TOO_LONG;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(value, i);
		void *slot = items + i * size;
		enum field_fault fault;
		if (field->kind == FIELD_LIST)
			fault = read_object(field->elements, item, arena, slot, NULL);
		else if (field->kind == FIELD_STRS)
			fault = read_text(item, arena, slot);
		else
			fault = read_id(item, slot);
		if (fault != FIELD_OK)
			return fault;
	}
	*(void **)((char *)object + field->offset) = items;
	*(size_t *)((char *)object + field->count_offset) = count;
	return FIELD_OK;
}

static enum field_fault read_field(const struct field *field, const json_t *value,
	struct arena *arena, void *object)
{
	void *member = (char *)object + field->offset;

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
		return read_text(value, arena, member);
	case FIELD_BOOL:
		*(bool *)member = json_is_true(value);
		return json_is_boolean(value) ? FIELD_OK : FIELD_TYPE;
	case FIELD_INT:
		*(int64_t *)member = json_integer_value(value);
		return json_is_integer(value) ? FIELD_OK : FIELD_TYPE;
	case FIELD_OINT:
		*(struct opt_int *)member = (struct opt_int){true, json_integer_value(value)};
		return json_is_integer(value) ? FIELD_OK : FIELD_TYPE;
	case FIELD_ID:
		return read_id(value, member);
	case FIELD_ENUM:
		if (!json_is_string(value))
			return FIELD_TYPE;
		*(int *)member = enum_words_find(field->words, json_str(value));
		return *(int *)member ? FIELD_OK : FIELD_UNKNOWN;
	case FIELD_OBJ:
		return read_object(field->elements, value, arena, member, NULL);
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_IDS:
		return read_list(field, value, arena, object);
	case FIELD_BYTES:
	case FIELD_TIME:
		return FIELD_OK; /* not taken from JSON */
	}
	return FIELD_TYPE;
}

static bool is_input(const struct field *field)
{
	return !(field->flags & (FIELD_INTERNAL | FIELD_READONLY)) && field->kind != FIELD_BYTES &&
		field->kind != FIELD_TIME;
}

static enum field_fault read_object(const struct field_set *set, const json_t *object,
	struct arena *arena, void *ret_object, struct field_problems *problems)
{
	enum field_fault first = FIELD_OK;

	if (!json_is_object(object))
		return FIELD_TYPE;
	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];
		if (!is_input(field))
			continue;
		const json_t *value = json_object_get(object, field->name);
		enum field_fault fault = FIELD_OK;
		if (!value || json_is_null(value))
			fault = field->flags & FIELD_REQUIRED ? FIELD_MISSING : FIELD_OK;
		else
			fault = read_field(field, value, arena, ret_object);
		if (fault == FIELD_OK)
			fault = field_check(field, ret_object);
		if (fault == FIELD_OK)
			continue;
		add_problem(problems, field->name, fault);
		if (first == FIELD_OK)
			first = fault;
	}
	return first;
}

int field_json_read(const struct field_set *set, const json_t *object, struct arena *arena,
	void *ret_object, struct field_problems *ret_problems)
{
	memset(ret_object, 0, set->size);
	ret_problems->count = 0;
	return read_object(set, object, arena, ret_object, ret_problems) == FIELD_OK ? 0 : ERR_INVALID;
}

static void write_text_or_null(struct str text, struct buf *out)
{
	if (text.p)
		buf_add_json(out, text);
	else
		buf_add_str(out, STR("null"));
}

static void write_id(int64_t id, struct buf *out)
{
	if (id == 0) {
		buf_add_str(out, STR("null"));
		return;
	}
	buf_add_char(out, '"');
	buf_add_i64(out, id);
	buf_add_char(out, '"');
}

static void write_time(int64_t time_us, struct buf *out)
{
	char text[CLOCK_RFC3339_LEN + 1];

	if (time_us == 0) {
		buf_add_str(out, STR("null"));
		return;
	}
	clock_rfc3339(time_us, text);
	buf_add_char(out, '"');
	buf_add(out, text, CLOCK_RFC3339_LEN);
	buf_add_char(out, '"');
}

static void write_list(const struct field *field, const void *object, bool show_private,
	struct buf *out)
{
	size_t count = *(const size_t *)((const char *)object + field->count_offset);
	const void *items = *(const void *const *)((const char *)object + field->offset);

	buf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		if (field->kind == FIELD_LIST)
			field_json_write(field->elements,
				(const char *)items + i * field->elements->size, show_private, out);
		else if (field->kind == FIELD_STRS)
			write_text_or_null(((const struct str *)items)[i], out);
		else
			write_id(((const int64_t *)items)[i], out);
	}
	buf_add_char(out, ']');
}

static void write_value(const struct field *field, const void *object, bool show_private,
	struct buf *out)
{
	const void *member = (const char *)object + field->offset;
	const struct opt_int *number = member;

	switch (field->kind) {
	case FIELD_STR:
		write_text_or_null(*(const struct str *)member, out);
		break;
	case FIELD_BOOL:
		buf_add_str(out, *(const bool *)member ? STR("true") : STR("false"));
		break;
	case FIELD_INT:
		buf_add_i64(out, *(const int64_t *)member);
		break;
	case FIELD_OINT:
		if (number->set)
			buf_add_i64(out, number->value);
		else
			buf_add_str(out, STR("null"));
		break;
	case FIELD_ID:
		write_id(*(const int64_t *)member, out);
		break;
	case FIELD_TIME:
		write_time(*(const int64_t *)member, out);
		break;
	case FIELD_ENUM: {
		struct str word = enum_words_text(field->words, *(const int *)member);
		write_text_or_null(word.len ? word : STR_NONE, out);
		break;
	}
	case FIELD_OBJ:
		field_json_write(field->elements, member, show_private, out);
		break;
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_IDS:
		write_list(field, object, show_private, out);
		break;
	case FIELD_SECRET:
	case FIELD_BYTES:
		break;
	}
}

static bool is_output(const struct field *field, bool show_private)
{
	return !(field->flags & FIELD_INTERNAL) && field->kind != FIELD_SECRET &&
		field->kind != FIELD_BYTES && (show_private || !(field->flags & FIELD_PRIVATE));
}

void field_json_write_members(const struct field_set *set, const void *object, bool show_private,
	struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];
		if (!is_output(field, show_private))
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		/* Names are identifiers: nothing to escape. */
		buf_add_char(out, '"');
		buf_add_c(out, field->name);
		buf_add(out, "\":", 2);
		write_value(field, object, show_private, out);
	}
}

void field_json_write(const struct field_set *set, const void *object, bool show_private,
	struct buf *out)
{
	buf_add_char(out, '{');
	field_json_write_members(set, object, show_private, out);
	buf_add_char(out, '}');
}
