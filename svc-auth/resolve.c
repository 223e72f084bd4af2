#include <string.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/jwt.h"
#include "svc-auth/session.h"

/* The session a token names, and, if it is a JWT, the account it says it is for (otherwise 0). */
static int read_token(struct svc_ctx *ctx, struct str token, char ret_id[SESSION_ID_LEN + 1],
	int64_t *ret_account)
{
	const struct auth *auth = ctx->state;
	struct jwt_claims claims;
	int rc;

	_Static_assert(SESSION_ID_LEN == JWT_SID_LEN, "length of a session id");
	*ret_account = 0;
	if (!jwt_looks_like(token))
		return session_id_of(token, ret_id);
	rc = jwt_verify(
		&auth->jwt_key, token, clock_now_us() / CLOCK_SECOND_US, ctx->arena, &claims);
	if (rc)
		return rc;
	memcpy(ret_id, claims.sid.p, SESSION_ID_LEN);
	ret_id[SESSION_ID_LEN] = '\0';
	*ret_account = claims.id;
	return 0;
}

/* Whether the session still counts; fills the role. */
static int check(struct svc_ctx *ctx, const struct session *session, int *ret_role)
{
	const struct user_get_in in = {.id = session->account};
	struct call own = auth_own_call(&ctx->call);
	struct credential credential;
	struct user_get_out found;
	int rc = auth_credential(ctx, session->account, &credential);

	if (rc)
		return rc;
	if (credential.erasing || session_is_void(session, &credential))
		return ERR_UNAUTHENTICATED;
	rc = call_user_get(&own, &in, &found);
	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : ERR_UNAVAILABLE;
	if (found.account.status != STATUS_NORMAL ||
		session->created_us < found.account.sessions_from)
		return ERR_UNAUTHENTICATED;
	*ret_role = found.account.role;
	return 0;
}

int auth_resolve(
	struct svc_ctx *ctx, const struct auth_resolve_in *in, struct auth_resolve_out *out)
{
	struct auth *auth = ctx->state;
	char id[SESSION_ID_LEN + 1];
	struct session session;
	int64_t account;
	int rc = read_token(ctx, in->token, id, &account);

	if (!rc)
		rc = session_use(auth->redis, ctx->arena, str_c(id), &session);
	if (rc)
		return rc;
	if (account && account != session.account)
		return ERR_UNAUTHENTICATED;
	rc = check(ctx, &session, &out->role);
	if (rc == ERR_UNAUTHENTICATED)
		session_end(auth->redis, ctx->arena, session.account, str_c(id));
	if (rc)
		return rc;
	out->account = session.account;
	out->session = str_dup(ctx->arena, str_c(id));
	out->expires = clock_now_us() + session.left_ms * 1000;
	return out->session.p ? 0 : ERR_NOMEM;
}
