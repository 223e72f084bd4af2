#include "deploy/operator/import_row.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/json.h"
#include "common/rpc/field_json.h"

#define BCRYPT_LEN 60
#define NUMBER_MAX 24

void import_row_refuse(struct import_row *row, struct str field, struct str reason)
{
	if (row->fault_count < IMPORT_FAULTS_MAX)
		row->faults[row->fault_count++] = (struct import_fault){field, reason};
}

static void refuse_fault(struct import_row *row, const char *field, enum field_fault fault)
{
	import_row_refuse(row, str_c(field), str_c(field_fault_name(fault)));
}

/* Any id may stand there; only a number can be kept. */
static void read_id(const json_t *value, struct arena *arena, struct import_row *row)
{
	struct str text = json_str(value);
	struct buf number;

	if (!value || json_is_null(value))
		return;
	if (!json_is_string(value) && !json_is_integer(value)) {
		refuse_fault(row, "id", FIELD_TYPE);
		return;
	}
	if (json_is_integer(value)) {
		buf_init(&number, arena, NUMBER_MAX);
		buf_add_i64(&number, json_integer_value(value));
		text = buf_str(&number);
	}
	if (!str_is_digits(text) || text.p[0] == '0' || str_to_i64(text, &row->row.id) != 0)
		row->row.id = 0;
	while (text.len > IMPORT_OLD_ID_MAX || str_chars(text) < 0)
		text.len = text.len > IMPORT_OLD_ID_MAX ? IMPORT_OLD_ID_MAX : text.len - 1;
	row->old_id = str_dup(arena, text);
}

/* Strings that are Django's or bcrypt's beyond doubt are meant as such: taking them for a password
 * would make one of a hash. */
static enum auth_scheme scheme_of(struct str text)
{
	if (str_starts(text, STR("pbkdf2_sha256$")))
		return SCHEME_DJANGO;
	if (text.len == BCRYPT_LEN && str_starts(text, STR("$2")) && text.p[3] == '$')
		return SCHEME_BCRYPT;
	return SCHEME_PLAIN;
}

static void read_password(const json_t *value, struct arena *arena, struct import_row *row)
{
	const char *key;
	const json_t *item = NULL;

	if (!value || json_is_null(value)) {
		refuse_fault(row, "password", FIELD_MISSING);
		return;
	}
	if (json_is_string(value)) {
		item = value;
		row->row.scheme = (int)scheme_of(json_str(value));
	} else if (json_is_object(value) && json_object_size(value) == 1) {
		key = json_object_iter_key(json_object_iter((json_t *)value));
		item = json_object_get(value, key);
		row->row.scheme = enum_words_find(&auth_schemes, str_c(key));
	}
	if (!json_is_string(item))
		refuse_fault(row, "password", FIELD_TYPE);
	else if (!row->row.scheme)
		import_row_refuse(row, STR("password"), STR("scheme"));
	else if (!json_str(item).len)
		refuse_fault(row, "password", FIELD_MISSING);
	else
		row->row.password = str_dup(arena, json_str(item));
}

static struct str or_none(struct str text)
{
	return text.len ? text : STR_NONE;
}

static void read_unknown(const json_t *object, struct arena *arena, struct import_row *row)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = 0;

		while (i < auth_import_row_fields.count &&
			strcmp(auth_import_row_fields.fields[i].name, key) != 0)
			i++;
		if (i == auth_import_row_fields.count || strcmp(key, "scheme") == 0) {
			row->unknown = str_dup(arena, str_c(key));
			return;
		}
	}
}

static void read_object(const json_t *object, struct arena *arena, struct import_row *row)
{
	struct field_problems problems;
	const struct field *field;
	enum field_fault fault;

	if (field_json_read(&auth_import_row_fields, object, arena, &row->row, &problems) != 0)
		for (size_t i = 0; i < problems.count; i++)
			refuse_fault(row, problems.items[i].field, problems.items[i].fault);
	read_id(json_object_get(object, "id"), arena, row);
	read_password(json_object_get(object, "password"), arena, row);
	read_unknown(object, arena, row);
	/* What older backends write for "none". */
	row->row.username = or_none(row->row.username);
	row->row.phone = or_none(row->row.phone);
	row->row.email = or_none(row->row.email);
	if (row->fault_count)
		return;
	fault = field_set_check(&auth_import_row_fields, &row->row, &field);
	if (fault != FIELD_OK)
		refuse_fault(row, field->name, fault);
	else if (!row->row.username.p && !row->row.phone.p && !row->row.email.p)
		refuse_fault(row, "username", FIELD_MISSING);
}

void import_row_read(struct str line, struct arena *arena, struct import_row *ret_row)
{
	json_t *object = NULL;

	memset(ret_row, 0, sizeof(*ret_row));
	if (json_parse(line, &object) != 0 || !json_is_object(object))
		import_row_refuse(ret_row, STR(""), STR("json"));
	else
		read_object(object, arena, ret_row);
	json_decref(object);
}
