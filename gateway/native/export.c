#include "gateway/native/native.h"

#include <inttypes.h>

#include "common/base/clock.h"
#include "common/rpc/field_json.h"
#include "gateway/req.h"

static int collect(struct req *req, struct native_export *all)
{
	struct user_export_out user;
	struct auth_export_out auth;
	struct auth_sessions_out sessions;
	int rc = call_user_export(&req->call, &(struct user_export_in){0}, &user);

	if (rc == 0)
		rc = call_auth_export(&req->call, &(struct auth_export_in){0}, &auth);
	if (rc == 0)
		rc = call_auth_sessions(&req->call, &(struct auth_sessions_in){0}, &sessions);
	if (rc)
		return rc;
	*all = (struct native_export){
		.exported = clock_now_us(),
		.account = user.account,
		.contacts = user.contacts,
		.contacts_count = user.contacts_count,
		.follows = user.follows,
		.follows_count = user.follows_count,
		.acts = user.acts,
		.acts_count = user.acts_count,
		.sessions = sessions.items,
		.sessions_count = sessions.items_count,
		.sign_ins = auth.sign_ins,
		.sign_ins_count = auth.sign_ins_count,
		.second_factor = {auth.totp_since, auth.recovery_codes},
	};
	return 0;
}

/* Each service gives its part whole; the gateway only puts them together. */
int export_get(struct req *req)
{
	struct native_export all;
	struct buf disposition;
	int rc = collect(req, &all);

	if (rc)
		return rc;
	buf_init(&disposition, req->arena, 100);
	buf_addf(&disposition, "attachment; filename=\"quintet-%" PRId64 ".json\"", all.account.id);
	req_add_header(req, "Content-Disposition", buf_str(&disposition));
	req_reply_json(req, 200);
	field_json_write(&native_export_fields, &all, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
