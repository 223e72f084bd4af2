/* The part of req.h that reads parameters: query, urlencoded, multipart and JSON into one form. */
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "gateway/form.h"
#include "gateway/http.h"
#include "gateway/req.h"

#define REAL_TEXT_MAX 32
#define FEED_BYTES 16384 /* of a body, at once */

static int form_add(struct form *form, struct str name, struct str value)
{
	if (form->count == FORM_FIELDS_MAX)
		return ERR_INVALID;
	form->fields[form->count++] = (struct form_field){.name = name, .value = value};
	return 0;
}

/* A scalar as the text a form would carry; absent for null. ERR_INVALID for lists and objects. */
static int json_text(const json_t *value, struct arena *arena, struct str *ret_text)
{
	struct buf text;

	buf_init(&text, arena, REAL_TEXT_MAX);
	switch (json_typeof(value)) {
	case JSON_STRING:
		*ret_text = json_str(value);
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*ret_text = str_c(json_is_true(value) ? "true" : "false");
		return 0;
	case JSON_NULL:
		*ret_text = STR_NONE;
		return 0;
	case JSON_INTEGER:
		buf_add_i64(&text, json_integer_value(value));
		break;
	case JSON_REAL:
		buf_addf(&text, "%.17g", json_real_value(value));
		break;
	default:
		return ERR_INVALID;
	}
	*ret_text = buf_str(&text);
	return buf_failed(&text) ? ERR_NOMEM : 0;
}

static int form_add_json(struct form *form, struct req *req)
{
	json_t *object, *value;
	const char *key;
	int err = req_json(req, &object);

	if (err)
		return err;
	if (!json_is_object(object))
		return ERR_INVALID;
	json_object_foreach (object, key, value) {
		struct str text;

		err = json_text(value, req->arena, &text);
		if (!err && text.p)
			err = form_add(form, str_c(key), text);
		if (err)
			return err;
	}
	return 0;
}

/* Is the media type (RFC 9110, 8.3.1) this one, whatever its parameters? */
static bool type_is(struct str content_type, struct str want)
{
	struct str type;

	return str_cut(&content_type, ';', &type) && str_eq_nocase(str_trim(type), want);
}

static int form_add_body(struct form *form, struct req *req, bool accept_json)
{
	struct str type = req_header(req, "Content-Type");
	struct str body;
	int err = req_body(req, &body);

	if (err || body.len == 0)
		return err;
	if (type_is(type, STR("multipart/form-data")))
		return form_add_multipart(form, type, body, req->arena);
	if (type_is(type, STR("application/x-www-form-urlencoded")))
		return form_add_urlencoded(form, body, req->arena);
	if (accept_json && (type_is(type, STR("application/json")) || str_starts(str_trim(body), STR("{"))))
		return form_add_json(form, req);
	return form_add_urlencoded(form, body, req->arena);
}

static int form_add_query(struct form *form, struct req *req)
{
	struct str query = http_query(req->http);

	return query.len ? form_add_urlencoded(form, query, req->arena) : 0;
}

int req_query(struct req *req, struct form **ret_form)
{
	struct form *form = ARENA_NEW(req->arena, struct form);
	int err = form ? form_add_query(form, req) : ERR_NOMEM;

	if (!err)
		*ret_form = form;
	return err;
}

int req_form(struct req *req, bool with_query, bool accept_json, struct form **ret_form)
{
	struct form *form = ARENA_NEW(req->arena, struct form);
	int err = form ? 0 : ERR_NOMEM;

	/* Last of several counts, so the body comes last. */
	if (!err && with_query)
		err = form_add_query(form, req);
	if (!err)
		err = form_add_body(form, req, accept_json);
	if (!err)
		*ret_form = form;
	return err;
}

int req_feed(struct req *req, struct multipart *reader)
{
	char *bytes = arena_alloc(req->arena, FEED_BYTES);
	int64_t total = 0;
	int n, err = 0;

	if (!bytes)
		return ERR_NOMEM;
	req->body_read = true;
	while (err == 0 && (n = http_body_read(req->http, bytes, FEED_BYTES)) != 0) {
		total += n;
		if (n < 0 || total > req->route->body_max)
			return req->body_err = n < 0 ? n : ERR_TOO_LARGE;
		err = multipart_feed(reader, (struct str){bytes, (size_t)n});
	}
	return err ? err : multipart_finish(reader);
}
