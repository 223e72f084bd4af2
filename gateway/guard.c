#include "gateway/guard.h"

#include "common/base/conf.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/req.h"

#define ORIGINS "QUINTET_CORS_ORIGINS"

bool guard_origin_allowed(const struct req *req, struct str origin)
{
	return origin.len && conf_list_has(req->gateway->conf, ORIGINS, origin);
}

/* "https://example.org:8443" is of the host "example.org:8443"; the scheme may differ, since TLS ends
 * before us. */
static bool origin_is_own(const struct req *req, struct str origin)
{
	struct str host = req_header(req, "Host");
	ptrdiff_t colon = str_find(origin, ':');
	struct str after;

	if (colon <= 0 || host.len == 0)
		return false;
	after = str_sub(origin, (size_t)colon, origin.len);
	return str_starts(after, STR("://")) &&
		str_eq_nocase(str_sub(after, 3, after.len), host);
}

static bool method_is_safe(struct str method)
{
	return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) ||
		str_eq(method, STR("OPTIONS"));
}

/* A browser sends a cookie with whatever page's request; its Origin tells whose page that was. */
static bool is_forged(const struct req *req)
{
	struct str origin;

	if (!req->token_from_cookie || method_is_safe(req->method))
		return false;
	origin = req_header(req, "Origin");
	return !origin_is_own(req, origin) && !guard_origin_allowed(req, origin);
}

static int resolve(struct req *req, struct session *ret_session)
{
	req->token = req->dialect->token ? req->dialect->token(req) : STR_NONE;
	if (!req->token.p)
		return ERR_UNAUTHENTICATED;
	return session_resolve(req->gateway->sessions, &req->call, req->token, ret_session);
}

static void sign_in(struct req *req, const struct session *session)
{
	req->session = *session;
	req->call.caller.kind =
		session->role == ROLE_ADMINISTRATOR ? CALLER_ADMIN : CALLER_ACCOUNT;
	req->call.caller.account = session->account;
	req->call.caller.session = session->id;
}

int guard_session(struct req *req)
{
	struct session session;
	int err;

	if (req->session.account)
		return 0;
	err = resolve(req, &session);
	if (err == ERR_UNAUTHENTICATED || (!err && is_forged(req)))
		return 0;
	if (!err)
		sign_in(req, &session);
	return err;
}

static int authenticate(struct req *req)
{
	struct session session;
	int err = resolve(req, &session);

	if (err)
		return err;
	if (is_forged(req))
		return ERR_DENIED;
	sign_in(req, &session);
	if (req->route->auth == AUTH_ADMIN && session.role != ROLE_ADMINISTRATOR)
		return ERR_DENIED;
	return 0;
}

int guard_check(struct req *req)
{
	int64_t limit = req->route->body_max ? req->route->body_max : ROUTE_BODY_MAX;
	int64_t length = http_body_length(req->http);

	if (length > limit && length != INT64_MAX) {
		req->body_read = true;
		req->body_err = ERR_TOO_LARGE;
		return ERR_TOO_LARGE;
	}
	switch (req->route->auth) {
	case AUTH_NONE:
		return 0;
	case AUTH_ACCOUNT:
	case AUTH_ADMIN:
		return authenticate(req);
	}
	return ERR_DENIED;
}

void guard_add_cors(const struct req *req, struct str allow, struct buf *headers)
{
	struct str origin;

	if (conf_text(req->gateway->conf, ORIGINS).len == 0)
		return;
	buf_add_c(headers, "Vary: Origin\r\n");
	origin = req_header(req, "Origin");
	if (!guard_origin_allowed(req, origin))
		return;
	buf_add_c(headers, "Access-Control-Allow-Origin: ");
	buf_add_str(headers, origin);
	if (allow.p) {
		buf_add_c(headers, "\r\nAccess-Control-Allow-Methods: ");
		buf_add_str(headers, allow);
		buf_add_c(headers,
			"\r\nAccess-Control-Allow-Headers: authorization, content-type, token, "
			"idempotency-key, x-request-id"
			"\r\nAccess-Control-Max-Age: 600\r\n");
	} else {
		buf_add_c(headers,
			"\r\nAccess-Control-Expose-Headers: VerificationCodeKey, X-Request-Id, "
			"Retry-After, Location\r\n");
	}
}
