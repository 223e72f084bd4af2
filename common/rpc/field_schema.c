/* Field tables as JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
#include <inttypes.h>
#include <stdio.h>

#include "common/rpc/field_json.h"

static void write_words(const struct field *field, bool nullable, struct buf *out)
{
	buf_addf(out, "{\"type\":%s,\"enum\":[", nullable ? "[\"string\",\"null\"]" : "\"string\"");
	for (size_t i = 1; i < field->words->count; i++)
		buf_addf(out, "%s\"%s\"", i > 1 ? "," : "", field->words->words[i]);
	buf_add_c(out, nullable ? ",null]}" : "]}");
}

/* type: the JSON type's name; rest: further keywords, each with its leading comma. */
static void write_type(const char *type, const char *rest, bool nullable, struct buf *out)
{
	if (nullable)
		buf_addf(out, "{\"type\":[\"%s\",\"null\"]%s}", type, rest);
	else
		buf_addf(out, "{\"type\":\"%s\"%s}", type, rest);
}

static void write_limit(const struct field *field, const char *keyword, char *ret_text, size_t size)
{
	snprintf(ret_text, size, ",\"%s\":%" PRId64, keyword, field->limit);
}

static void write_field(const struct field *field, bool for_input, struct buf *out)
{
	bool nullable = !(field->flags & FIELD_REQUIRED);
	char rest[64] = "";

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
		write_limit(field, "maxLength", rest, sizeof(rest));
		write_type("string", rest, nullable, out);
		break;
	case FIELD_BOOL:
		write_type("boolean", "", false, out);
		break;
	case FIELD_INT:
	case FIELD_OINT:
		snprintf(rest, sizeof(rest), ",\"minimum\":0,\"maximum\":%" PRId64, field->limit);
		write_type("integer", rest, field->kind == FIELD_OINT && nullable, out);
		break;
	case FIELD_ID:
		write_type("string", ",\"pattern\":\"^[1-9][0-9]*$\"", nullable, out);
		break;
	case FIELD_TIME:
		write_type("string", ",\"format\":\"date-time\"", nullable, out);
		break;
	case FIELD_ENUM:
		write_words(field, nullable, out);
		break;
	case FIELD_OBJ:
		field_json_schema(field->elements, for_input, out);
		break;
	case FIELD_LIST:
		buf_add_c(out, "{\"type\":\"array\",\"items\":");
		field_json_schema(field->elements, for_input, out);
		buf_add_char(out, '}');
		break;
	case FIELD_STRS:
	case FIELD_IDS:
		buf_add_c(out, "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
		break;
	case FIELD_BYTES:
		break;
	}
}

static bool is_shown(const struct field *field, bool for_input)
{
	if (field->flags & FIELD_INTERNAL || field->kind == FIELD_BYTES)
		return false;
	if (for_input)
		return !(field->flags & FIELD_READONLY) && field->kind != FIELD_TIME;
	return field->kind != FIELD_SECRET;
}

/* Input: what must be sent. Output: what is always there; private fields may be left out. */
static bool is_required(const struct field *field, bool for_input)
{
	return for_input ? field->flags & FIELD_REQUIRED : !(field->flags & FIELD_PRIVATE);
}

void field_json_schema(const struct field_set *set, bool for_input, struct buf *out)
{
	bool first = true;

	buf_add_c(out, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < set->count; i++) {
		if (!is_shown(&set->fields[i], for_input))
			continue;
		buf_addf(out, "%s\"%s\":", first ? "" : ",", set->fields[i].name);
		write_field(&set->fields[i], for_input, out);
		first = false;
	}
	buf_add_c(out, "},\"required\":[");
	first = true;
	for (size_t i = 0; i < set->count; i++) {
		if (!is_shown(&set->fields[i], for_input) || !is_required(&set->fields[i], for_input))
			continue;
		buf_addf(out, "%s\"%s\"", first ? "" : ",", set->fields[i].name);
		first = false;
	}
	buf_add_c(out, "]}");
}
