#include "gateway/flow.h"
#include "gateway/native/native.h"
#include "gateway/native/openapi.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

FIELD_TABLE(native_password_in, NATIVE_PASSWORD_IN)
FIELD_TABLE(native_session_in, NATIVE_SESSION_IN)
FIELD_TABLE(native_totp_in, NATIVE_TOTP_IN)
FIELD_TABLE(native_second_factor, NATIVE_SECOND_FACTOR)
FIELD_TABLE(native_export, NATIVE_EXPORT)
FIELD_TABLE(native_push, NATIVE_PUSH)
FIELD_TABLE(native_limits, NATIVE_LIMITS)
FIELD_TABLE(native_config, NATIVE_CONFIG)
FIELD_TABLE(native_roles, NATIVE_ROLES)
FIELD_TABLE(native_statuses, NATIVE_STATUSES)
FIELD_TABLE(native_accounts, NATIVE_ACCOUNTS)
FIELD_TABLE(native_stats, NATIVE_STATS)

#define DOC(...) &(const struct route_doc){__VA_ARGS__}

static const struct route routes[] = {
	{"POST", "/v1/accounts", AUTH_NONE, accounts_post,
		.deadline_ms = ROUTE_HASH_MS, .creates = true,
		.doc = DOC("Register an account", &auth_register_in_fields, &user_account_fields,
			.status = 201)},

	{"POST", "/v1/captchas", AUTH_NONE, captchas_post, .creates = true,
		.doc = DOC("Make a picture code", .out = &native_captcha_fields, .status = 201)},
	{"GET", "/v1/captchas/{id}.png", AUTH_NONE, captchas_get,
		.doc = DOC("The picture, the same until it expires", .out_type = "image/png",
			.status = 200)},
	{"POST", "/v1/codes", AUTH_NONE, codes_post, .creates = true,
		.doc = DOC("Send a verification code; the same reply for unknown addresses",
			&native_code_in_fields, &auth_challenge_out_fields, .status = 202)},
	{"POST", "/v1/password-resets", AUTH_NONE, password_resets_post,
		.deadline_ms = ROUTE_HASH_MS,
		.doc = DOC("Set a new password with a code; ends all sessions",
			&auth_reset_in_fields, .status = 204)},

	{"POST", "/v1/sessions", AUTH_NONE, sessions_post,
		.deadline_ms = ROUTE_HASH_MS, .creates = true,
		.doc = DOC("Sign in; with `cookie` the token also comes as the cookie sid",
			&native_session_in_fields, &auth_login_out_fields, .status = 201)},
	{"GET", "/v1/sessions", AUTH_ACCOUNT, sessions_list,
		.doc = DOC("My sessions, newest first", .out = &auth_session_fields, .status = 200,
			.list = true, .query = "limit cursor")},
	{"DELETE", "/v1/sessions", AUTH_ACCOUNT, sessions_delete_others,
		.doc = DOC("End all my sessions but this one", .status = 204)},
	{"DELETE", "/v1/sessions/current", AUTH_ACCOUNT, sessions_delete_current,
		.doc = DOC("Sign out", .status = 204)},
	{"DELETE", "/v1/sessions/{id}", AUTH_ACCOUNT, sessions_delete,
		.doc = DOC("End one of my sessions", .status = 204)},

	{"GET", "/v1/me", AUTH_ACCOUNT, me_get,
		.doc = DOC("My account", .out = &user_account_fields, .status = 200)},
	{"PATCH", "/v1/me", AUTH_ACCOUNT, me_patch,
		.doc = DOC("Change my profile; null removes a text", &user_update_in_fields,
			&user_account_fields, .status = 200)},
	{"DELETE", "/v1/me", AUTH_ACCOUNT, me_delete,
		.deadline_ms = ROUTE_HASH_MS,
		.doc = DOC("Erase my account", &auth_erase_in_fields, .status = 204)},
	{"PUT", "/v1/me/password", AUTH_ACCOUNT, me_put_password,
		.deadline_ms = ROUTE_HASH_MS,
		.doc = DOC("Change my password; ends my other sessions", &native_password_in_fields,
			.status = 204)},

	{"GET", "/v1/me/export", AUTH_ACCOUNT, export_get,
		.doc = DOC("All that is held about my account", .out = &native_export_fields,
			.status = 200)},
	{"POST", "/v1/me/totp", AUTH_ACCOUNT, totp_post, .creates = true,
		.doc = DOC("Begin a second factor, or put it in force with a code",
			&native_totp_in_fields, &auth_totp_begin_out_fields,
			.or_out = &auth_totp_confirm_out_fields, .status = 200)},
	{"DELETE", "/v1/me/totp", AUTH_ACCOUNT, totp_delete,
		.deadline_ms = ROUTE_HASH_MS,
		.doc = DOC("End my second factor", &auth_totp_remove_in_fields, .status = 204)},

	{"GET", "/v1/me/contacts", AUTH_ACCOUNT, contacts_list,
		.doc = DOC("My contacts", .out = &user_contact_fields, .status = 200, .list = true,
			.query = "limit cursor")},
	{"PUT", "/v1/me/contacts/{id}", AUTH_ACCOUNT, contacts_put,
		.doc = DOC("Add a contact or change its alias", &user_contact_put_in_fields,
			.status = 204)},
	{"DELETE", "/v1/me/contacts/{id}", AUTH_ACCOUNT, contacts_delete,
		.doc = DOC("Remove a contact", .status = 204)},

	{"GET", "/v1/users", AUTH_ACCOUNT, users_list,
		.doc = DOC("Find people; role and status are for administrators",
			.out = &user_account_fields, .status = 200, .list = true,
			.query = "q username phone role status limit cursor")},
	{"GET", "/v1/users/{id}", AUTH_ACCOUNT, users_get,
		.doc = DOC("Somebody's account", .out = &user_account_fields, .status = 200)},
	{"PATCH", "/v1/users/{id}", AUTH_ADMIN, users_patch,
		.doc = DOC("Change role, status or identity", &user_govern_in_fields,
			&user_account_fields, .status = 200)},

	{"GET", "/v1/audit", AUTH_ADMIN, audit_list,
		.doc = DOC("What administrators and the operator did, newest first",
			.out = &user_act_fields, .status = 200, .list = true,
			.query = "limit cursor")},
	{"GET", "/v1/stats", AUTH_ADMIN, stats_get,
		.doc = DOC("How many accounts there are", .out = &native_stats_fields,
			.status = 200)},

	{"GET", "/v1/config", AUTH_NONE, config_get,
		.doc = DOC("Public settings", .out = &native_config_fields, .status = 200)},
	{"GET", "/v1/openapi.json", AUTH_NONE, openapi_get,
		.doc = DOC("This document", .out_type = "application/json", .status = 200)},
};

/* A bearer token goes before the cookie that a browser adds by itself. */
static struct str read_token(struct req *req)
{
	struct str token = flow_bearer(req_header(req, "Authorization"));

	if (token.p)
		return token;
	token = req_cookie(req, STR("sid"));
	req->token_from_cookie = token.p != NULL;
	return token;
}

const struct dialect native_dialect = {
	.name = "v1",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.token = read_token,
	.fail = refusal_fail,
};
