#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/native/list.h"
#include "gateway/req.h"

#define COOKIE_MAX (AUTH_TOKEN_MAX + 64)

/* What scripts cannot read and other sites' pages cannot send; an end with the browser's session, or of
 * it when `token` is empty. Tokens are base64url: nothing to quote. */
static int set_cookie(struct req *req, struct str token)
{
	struct buf cookie;

	buf_init(&cookie, req->arena, COOKIE_MAX);
	buf_add_c(&cookie, "sid=");
	buf_add_str(&cookie, token);
	buf_add_c(&cookie, "; Path=/v1; HttpOnly; SameSite=Lax");
	if (!token.len)
		buf_add_c(&cookie, "; Max-Age=0");
	if (buf_failed(&cookie))
		return ERR_NOMEM;
	req_add_header(req, "Set-Cookie", buf_str(&cookie));
	return 0;
}

int sessions_post(struct req *req)
{
	struct native_session_in wish;
	struct auth_login_in in = {.by = LOGIN_ANY, .asks_totp = true};
	struct auth_login_out out;
	int rc = body_read(req, &native_session_in_fields, &wish);

	if (rc)
		return rc;
	in.login = wish.login;
	in.password = wish.password;
	in.totp = wish.totp;
	in.device = wish.device;
	rc = call_auth_login(&req->call, &in, &out);
	if (!rc && wish.cookie)
		rc = set_cookie(req, out.token);
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
	if (req->token_from_cookie && set_cookie(req, STR("")))
		return ERR_NOMEM;
	return end(req, &(struct auth_end_in){.session = req->session.id});
}

int sessions_delete_others(struct req *req)
{
	return end(req, &(struct auth_end_in){.others = true});
}
