#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

static int begin(struct req *req)
{
	struct auth_totp_begin_out out;
	int rc = call_auth_totp_begin(&req->call, &(struct auth_totp_begin_in){0}, &out);

	if (rc)
		return rc;
	req_reply_json(req, 200);
	field_json_write(&auth_totp_begin_out_fields, &out, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int totp_post(struct req *req)
{
	struct native_totp_in wish;
	struct auth_totp_confirm_in in = {0};
	struct auth_totp_confirm_out out;
	int rc = body_read(req, &native_totp_in_fields, &wish);

	if (rc)
		return rc;
	if (!wish.code.p)
		return begin(req);
	in.code = wish.code;
	rc = call_auth_totp_confirm(&req->call, &in, &out);
	if (rc)
		return rc;
	req_reply_json(req, 200);
	field_json_write(&auth_totp_confirm_out_fields, &out, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

/* The session is valid, so a wrong password or code is a refusal and no missing sign-in. */
int totp_delete(struct req *req)
{
	struct auth_totp_remove_in in;
	struct auth_totp_remove_out out;
	int rc = body_read(req, &auth_totp_remove_in_fields, &in);

	if (rc)
		return rc;
	rc = call_auth_totp_remove(&req->call, &in, &out);
	if (rc == ERR_BAD_CREDENTIALS || rc == ERR_TOTP_REQUIRED)
		return refusal_send(req, 403, rc);
	return rc ? rc : req_reply_empty(req, 204);
}
