#include "common/rpc/auth_api.h"
#include "gateway/clinic/clinic.h"
#include "gateway/flow.h"
#include "gateway/form.h"
#include "gateway/req.h"

int clinic_register(struct req *req)
{
	struct auth_register_in in = {
		.policy = POLICY_OPAQUE,
		.identity = STR("患者"),
		.sex = SEX_MALE,
		.age = {.set = true},
		.description = STR("无"),
	};
	struct auth_register_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = clinic_text(form, "username", CLINIC_USERNAME_MAX, &in.username);
	if (rc == 0)
		rc = clinic_text(form, "password", CLINIC_PASSWORD_MAX, &in.password);
	if (rc == 0)
		rc = call_auth_register(&req->call, &in, &out);
	return rc ? rc : req_reply_text(req, 200, "{\"status\":\"success\"}");
}

/* A password is as long as the account's own dialect allows, not as this one does. */
int clinic_login(struct req *req)
{
	struct auth_login_in in = {.by = LOGIN_USERNAME, .want_jwt = true};
	struct auth_login_out out;
	struct form *form;
	int rc = req_query(req, &form);

	if (rc == 0)
		rc = clinic_text(form, "username", CLINIC_USERNAME_MAX, &in.login);
	if (rc == 0)
		rc = clinic_text(form, "password", AUTH_PASSWORD_MAX, &in.password);
	if (rc == 0)
		rc = call_auth_login(&req->call, &in, &out);
	if (rc == ERR_LIMITED)
		rc = flow_limited(req, in.login, LOGIN_USERNAME);
	if (rc)
		return rc;
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"status\":\"success\"");
	clinic_add_text(req, "jwt", out.jwt);
	clinic_add_text(req, "image", clinic_image(&out.account));
	buf_add_char(&req->out, '}');
	return 0;
}
