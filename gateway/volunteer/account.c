#include "common/rpc/auth_api.h"
#include "gateway/form.h"
#include "gateway/guard.h"
#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

static int read_names(
	const struct req *req, const struct form *form, struct str *ret_first, struct str *ret_last)
{
	int rc = volunteer_text(req, form, "first_name", USER_NAME_MAX, ret_first);

	return rc ? rc : volunteer_text(req, form, "last_name", USER_NAME_MAX, ret_last);
}

static int read_registration(struct req *req, struct auth_register_in *ret_in)
{
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = read_names(req, form, &ret_in->first_name, &ret_in->last_name);
	if (rc == 0)
		rc = volunteer_text(
			req, form, "password", VOLUNTEER_PASSWORD_MAX, &ret_in->password);
	if (rc == 0)
		rc = volunteer_choice(form, "role", &ret_in->role);
	return rc ? rc : ret_in->role ? 0 : ERR_INVALID;
}

/* Whether the caller may make an administrator is svc-auth's to say. */
int volunteer_register(struct req *req)
{
	struct auth_register_in in = {
		.policy = POLICY_OPAQUE, .id_only = true, .open_session = true};
	struct auth_register_out out;
	int rc = read_registration(req, &in);

	if (rc == 0 && in.role == ROLE_ADMINISTRATOR)
		rc = guard_session(req);
	if (rc == 0)
		rc = call_auth_register(&req->call, &in, &out);
	if (rc)
		return rc == ERR_DENIED || rc == ERR_LIMITED ? ERR_INVALID : rc;
	volunteer_begin(req);
	volunteer_add_id(req, "id", out.account.id);
	volunteer_add_text(req, "token", out.token);
	volunteer_add_text(req, "role", enum_words_text(&user_roles, out.account.role));
	volunteer_add_text(req, "first_name", out.account.first_name);
	volunteer_add_text(req, "last_name", out.account.last_name);
	return volunteer_end(req);
}

/* The id and password somebody shows: what cannot be right is wrong. A password is as long as the
 * account's own dialect allows. */
static int read_proof(const struct req *req, const struct form *form, struct str *ret_id,
	struct str *ret_password)
{
	int64_t id;

	if (volunteer_id(form, "id", &id) ||
		volunteer_text(req, form, "password", AUTH_PASSWORD_MAX, ret_password) ||
		ret_password->len > AUTH_PASSWORD_MAX)
		return ERR_BAD_CREDENTIALS;
	*ret_id = form_value(form, STR("id"));
	return 0;
}

int volunteer_login(struct req *req)
{
	struct auth_login_in in = {.by = LOGIN_ID};
	struct auth_login_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = read_proof(req, form, &in.login, &in.password);
	if (rc == 0)
		rc = call_auth_login(&req->call, &in, &out);
	if (rc)
		return rc;
	volunteer_begin(req);
	volunteer_add_text(req, "token", out.token);
	volunteer_add_text(req, "role", enum_words_text(&user_roles, out.account.role));
	return volunteer_end(req);
}

int volunteer_changepassword(struct req *req)
{
	struct auth_password_by_in in = {.by = LOGIN_ID, .policy = POLICY_OPAQUE};
	struct auth_password_by_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = volunteer_text(
			req, form, "new_password", VOLUNTEER_PASSWORD_MAX, &in.new_password);
	if (rc == 0)
		rc = read_proof(req, form, &in.login, &in.current);
	if (rc == 0)
		rc = call_auth_password_by(&req->call, &in, &out);
	if (rc)
		return rc;
	volunteer_begin(req);
	return volunteer_end(req);
}

int volunteer_changeinformation(struct req *req)
{
	struct user_update_in in = {0};
	struct user_update_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = read_names(req, form, &in.first_name, &in.last_name);
	if (rc == 0)
		rc = call_user_update(&req->call, &in, &out);
	if (rc)
		return rc;
	volunteer_begin(req);
	return volunteer_end(req);
}
