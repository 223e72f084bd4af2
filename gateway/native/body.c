#include "gateway/native/body.h"

#include "common/rpc/field_json.h"
#include "gateway/http.h"
#include "gateway/req.h"

/* application/json, or a type built on it such as application/merge-patch+json (RFC 6839). */
static bool is_json(struct str content_type)
{
	static const struct str suffix = STR_INIT("+json");
	struct str rest = content_type;
	struct str type;

	if (!str_cut(&rest, ';', &type))
		return false;
	type = str_trim(type);
	if (str_eq_nocase(type, STR("application/json")))
		return true;
	return type.len > suffix.len && str_eq_nocase(str_sub(type, 0, 12), STR("application/")) &&
	       str_eq_nocase(str_sub(type, type.len - suffix.len, suffix.len), suffix);
}

static int read_object(struct req *req, json_t **ret_object)
{
	int64_t len = http_body_length(req->http);
	json_t *value;
	int rc;

	if (len <= 0)
		return ERR_BAD_JSON;
	if (!is_json(req_header(req, "Content-Type")))
		return ERR_MEDIA_TYPE;
	rc = req_json(req, &value);
	if (rc)
		return rc == ERR_INVALID ? ERR_BAD_JSON : rc;
	if (!json_is_object(value))
		return ERR_INVALID;
	*ret_object = value;
	return 0;
}

static int read_fields(struct req *req, const struct field_set *set, json_t **ret_object,
	void *ret_in)
{
	struct field_problems *problems;
	int rc = read_object(req, ret_object);

	if (rc)
		return rc;
	problems = ARENA_NEW(req->arena, struct field_problems);
	if (!problems)
		return ERR_NOMEM;
	rc = field_json_read(set, *ret_object, req->arena, ret_in, problems);
	if (rc == ERR_INVALID)
		req->problems = problems;
	return rc;
}

int body_read(struct req *req, const struct field_set *set, void *ret_in)
{
	json_t *object;

	return read_fields(req, set, &object, ret_in);
}

int body_read_patch(struct req *req, const struct field_set *set, void *ret_in)
{
	json_t *object;
	int rc = read_fields(req, set, &object, ret_in);

	for (size_t i = 0; rc == 0 && i < set->count; i++) {
		const struct field *field = &set->fields[i];

		if (field->kind == FIELD_STR && !(field->flags & FIELD_INTERNAL) &&
			json_is_null(json_object_get(object, field->name)))
			*(struct str *)((char *)ret_in + field->offset) = STR("");
	}
	return rc;
}
