#include "gateway/native/native.h"

#include <inttypes.h>

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

void accounts_write(struct req *req, const struct user_account *account)
{
	bool show_private =
		req->session.account == account->id || req->session.role == ROLE_ADMINISTRATOR;

	field_json_write(&user_account_fields, account, show_private, &req->out);
}

int accounts_reply(struct req *req, int status, const struct user_account *account)
{
	req_reply_json(req, status);
	accounts_write(req, account);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int accounts_post(struct req *req)
{
	struct auth_register_in in;
	struct auth_register_out out;
	struct buf location;
	int rc = body_read(req, &auth_register_in_fields, &in);

	if (rc)
		return rc;
	if (!in.username.p && !in.phone.p && !in.email.p)
		return refusal_field(req, "username", FIELD_MISSING);
	in.policy = POLICY_NATIVE;
	rc = call_auth_register(&req->call, &in, &out);
	if (rc)
		return rc;
	buf_init(&location, req->arena, 64);
	buf_addf(&location, "/v1/users/%" PRId64, out.account.id);
	req_add_header(req, "Location", buf_str(&location));
	req_reply_json(req, 201);
	/* Whoever just made it is its owner, though not signed in yet. */
	field_json_write(&user_account_fields, &out.account, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
