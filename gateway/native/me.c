#include "gateway/native/native.h"

#include "gateway/native/body.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

int me_get(struct req *req)
{
	struct user_get_out out;
	int rc = call_user_get(&req->call, &(struct user_get_in){.id = req->session.account}, &out);

	return rc ? rc : accounts_reply(req, 200, &out.account);
}

int me_patch(struct req *req)
{
	struct user_update_in in;
	struct user_update_out out;
	int rc = body_read_patch(req, &user_update_in_fields, &in);

	if (rc)
		return rc;
	in.no_age = json_is_null(json_object_get(req->json, "age"));
	rc = call_user_update(&req->call, &in, &out);
	return rc ? rc : accounts_reply(req, 200, &out.account);
}

/* The session is valid, so a wrong password is a refusal (403) and no missing sign-in (401). */
static int refuse(struct req *req, int rc)
{
	return rc == ERR_BAD_CREDENTIALS ? refusal_send(req, 403, rc) : rc;
}

int me_delete(struct req *req)
{
	struct auth_erase_in in;
	struct auth_erase_out out;
	int rc = body_read(req, &auth_erase_in_fields, &in);

	if (rc == 0)
		rc = call_auth_erase(&req->call, &in, &out);
	return rc ? refuse(req, rc) : req_reply_empty(req, 204);
}

int me_put_password(struct req *req)
{
	struct native_password_in wish;
	struct auth_password_in in = {.policy = POLICY_NATIVE, .check_current = true};
	struct auth_password_out out;
	int rc = body_read(req, &native_password_in_fields, &wish);

	if (rc)
		return rc;
	in.current = wish.current;
	in.new_password = wish.new;
	rc = call_auth_password(&req->call, &in, &out);
	if (rc == ERR_WEAK_PASSWORD || rc == ERR_INVALID) {
		req->call.field_count = 0; /* the bus has another name for it */
		return call_refuse(&req->call, rc, STR("new"));
	}
	return rc ? refuse(req, rc) : req_reply_empty(req, 204);
}
