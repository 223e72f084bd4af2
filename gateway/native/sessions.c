#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/native/list.h"
#include "gateway/req.h"

int sessions_post(struct req *req)
{
	struct auth_login_in in;
	struct auth_login_out out;
	int rc = body_read(req, &auth_login_in_fields, &in);

	if (rc)
		return rc;
	in.by = LOGIN_ANY;
	rc = call_auth_login(&req->call, &in, &out);
	if (rc)
		return rc;
	req_add_header(req, "Cache-Control", STR("no-store"));
	req_reply_json(req, 201);
	field_json_write(&auth_login_out_fields, &out, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

/* All sessions come at once, newest first; a page's place is the time its last one began. */
int sessions_list(struct req *req)
{
	struct auth_sessions_out out;
	struct list_page page;
	const struct auth_session *last = NULL;
	int64_t shown = 0;
	bool more = false;
	int rc = list_page_read(req, &page);

	if (rc == 0)
		rc = call_auth_sessions(&req->call, &(struct auth_sessions_in){0}, &out);
	if (rc)
		return rc;
	list_begin(req);
	for (size_t i = 0; i < out.items_count && !more; i++) {
		const struct auth_session *item = &out.items[i];

		if (page.after && item->created >= page.after)
			continue;
		more = shown == page.limit;
		if (more)
			break;
		list_separate(req, shown++);
		field_json_write(&auth_session_fields, item, true, &req->out);
		last = item;
	}
	return list_end(req, more, last ? last->created : 0);
}

static int end(struct req *req, const struct auth_end_in *in)
{
	struct auth_end_out out;
	int rc = call_auth_end(&req->call, in, &out);

	return rc ? rc : req_reply_empty(req, 204);
}

int sessions_delete(struct req *req)
{
	if (str_chars(req->params[0]) > SESSION_ID_MAX)
		return ERR_NOT_FOUND;
	return end(req, &(struct auth_end_in){.session = req->params[0]});
}

int sessions_delete_current(struct req *req)
{
	return end(req, &(struct auth_end_in){.session = req->session.id});
}

int sessions_delete_others(struct req *req)
{
	return end(req, &(struct auth_end_in){.others = true});
}
