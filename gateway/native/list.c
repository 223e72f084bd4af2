#include "gateway/native/list.h"

#include "gateway/form.h"
#include "gateway/gateway.h"
#include "gateway/native/cursor.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

/* A number too long for an int64_t is digits all the same: clamped like any other that is too high. */
static int read_limit(struct req *req, struct str text, int64_t *ret_limit)
{
	int64_t limit;

	if (!str_is_digits(text))
		return refusal_field(req, "limit", FIELD_TYPE);
	if (str_to_i64(text, &limit) || limit > LIST_LIMIT_MAX)
		limit = LIST_LIMIT_MAX;
	if (limit < 1)
		return refusal_field(req, "limit", FIELD_RANGE);
	*ret_limit = limit;
	return 0;
}

int list_page_read(struct req *req, struct list_page *ret_page)
{
	struct list_page page = {.limit = LIST_LIMIT_DEFAULT};
	struct form *form;
	struct str text;
	int rc = req_query(req, &form);

	if (rc)
		return rc;
	text = form_value(form, STR("limit"));
	if (text.p)
		rc = read_limit(req, text, &page.limit);
	if (rc)
		return rc;
	text = form_value(form, STR("cursor"));
	if (text.p && cursor_read(req->gateway->cursor_key, str_c(req->route->path), text, &page.after))
		return refusal_field(req, "cursor", FIELD_UNKNOWN);
	*ret_page = page;
	return 0;
}

void list_begin(struct req *req)
{
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"items\":[");
}

void list_separate(struct req *req, int64_t index)
{
	if (index)
		buf_add_char(&req->out, ',');
}

int list_end(struct req *req, bool more, int64_t last)
{
	struct str cursor;

	buf_add_c(&req->out, "],\"next\":");
	if (more) {
		cursor = cursor_make(
			req->gateway->cursor_key, str_c(req->route->path), last, req->arena);
		if (!cursor.p)
			return ERR_NOMEM;
		buf_add_json(&req->out, cursor);
	} else {
		buf_add_c(&req->out, "null");
	}
	buf_add_char(&req->out, '}');
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
