#include "common/rpc/field.h"

int enum_words_find(const struct enum_words *table, struct str word)
{
	for (size_t i = 1; i < table->count; i++)
		if (str_eq(str_c(table->words[i]), word))
			return (int)i;
	return 0;
}

struct str enum_words_text(const struct enum_words *table, int index)
{
	if (index <= 0 || (size_t)index >= table->count)
		return STR("");
	return str_c(table->words[index]);
}

const char *field_fault_name(enum field_fault fault)
{
	switch (fault) {
	case FIELD_OK:
		return "ok";
	case FIELD_MISSING:
		return "missing";
	case FIELD_TYPE:
		return "type";
	case FIELD_TOO_LONG:
		return "too_long";
	case FIELD_RANGE:
		return "range";
	case FIELD_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static enum field_fault check_text(const struct field *field, struct str text)
{
	if (!text.p)
		return field->flags & FIELD_REQUIRED ? FIELD_MISSING : FIELD_OK;
	if (field->kind == FIELD_BYTES)
		return text.len > (size_t)field->limit ? FIELD_TOO_LONG : FIELD_OK;
	ptrdiff_t chars = str_chars(text);
	if (chars < 0)
		return FIELD_TYPE;
	if (field->kind == FIELD_SECRET)
		chars = (ptrdiff_t)text.len;
	return chars > field->limit ? FIELD_TOO_LONG : FIELD_OK;
}

static enum field_fault check_number(const struct field *field, int64_t value)
{
	return value < 0 || value > field->limit ? FIELD_RANGE : FIELD_OK;
}

/* Ids and times: 0 is absent. */
static enum field_fault check_mark(const struct field *field, int64_t value)
{
	if (value == 0)
		return field->flags & FIELD_REQUIRED ? FIELD_MISSING : FIELD_OK;
	return value < 0 ? FIELD_RANGE : FIELD_OK;
}

static enum field_fault check_word(const struct field *field, int index)
{
	if (index == 0)
		return field->flags & FIELD_REQUIRED ? FIELD_MISSING : FIELD_OK;
	return index < 0 || (size_t)index >= field->words->count ? FIELD_UNKNOWN : FIELD_OK;
}

static enum field_fault check_list(const struct field *field, const void *object)
{
	size_t count = *(const size_t *)((const char *)object + field->count_offset);
	const char *items = *(const char *const *)((const char *)object + field->offset);

	if (count > FIELD_LIST_MAX)
		return FIELD_TOO_LONG;
	for (size_t i = 0; i < count; i++) {
		enum field_fault fault = FIELD_OK;
		if (field->kind == FIELD_LIST)
			fault = field_set_check(field->elements, items + i * field->elements->size, NULL);
		else if (field->kind == FIELD_STRS)
			fault = check_text(field, ((const struct str *)(const void *)items)[i]);
		else if (((const int64_t *)(const void *)items)[i] <= 0)
			fault = FIELD_RANGE;
		if (fault != FIELD_OK)
			return fault;
	}
	return FIELD_OK;
}

enum field_fault field_check(const struct field *field, const void *object)
{
	const void *member = (const char *)object + field->offset;

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
	case FIELD_BYTES:
		return check_text(field, *(const struct str *)member);
	case FIELD_BOOL:
		return FIELD_OK;
	case FIELD_INT:
		return check_number(field, *(const int64_t *)member);
	case FIELD_OINT: {
		const struct opt_int *number = member;
		if (!number->set)
			return field->flags & FIELD_REQUIRED ? FIELD_MISSING : FIELD_OK;
		return check_number(field, number->value);
	}
	case FIELD_ID:
	case FIELD_TIME:
		return check_mark(field, *(const int64_t *)member);
	case FIELD_ENUM:
		return check_word(field, *(const int *)member);
	case FIELD_OBJ:
		return field_set_check(field->elements, member, NULL);
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_IDS:
		return check_list(field, object);
	}
	return FIELD_TYPE;
}

enum field_fault field_set_check(const struct field_set *set, const void *object,
	const struct field **ret_field)
{
	for (size_t i = 0; i < set->count; i++) {
		enum field_fault fault = field_check(&set->fields[i], object);
		if (fault != FIELD_OK) {
			if (ret_field)
				*ret_field = &set->fields[i];
			return fault;
		}
	}
	return FIELD_OK;
}
