#include "svc-auth/login.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/audit.h"
#include "svc-auth/auth.h"
#include "svc-auth/match.h"
#include "svc-auth/proof.h"
#include "svc-auth/jwt.h"
#include "svc-auth/repair.h"

int login_open(struct svc_ctx *ctx, struct session *session, struct str *ret_token)
{
	struct auth *auth = ctx->state;
	char *token = arena_alloc(ctx->arena, SESSION_TOKEN_LEN + 1);
	struct str *ended;
	size_t count;
	int rc;

	if (!token)
		return ERR_NOMEM;
	session_make_token(session, token);
	session->address = ctx->call.caller.address;
	session->left_ms = session->ttl_s * 1000;
	rc = session_open(auth->redis, ctx->arena, session, &ended, &count);
	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		event_publish(auth->events, STR("auth.revoked"), session->account, ended[i]);
	*ret_token = (struct str){token, SESSION_TOKEN_LEN};
	return 0;
}

int login_find(struct svc_ctx *ctx, struct str login, enum user_login_kind by,
	struct user_account *ret_account, struct credential *ret_credential)
{
	const struct user_find_in query = {.login = login, .by = (int)by};
	struct call own = auth_own_call(&ctx->call);
	struct user_find_out found;
	int rc = call_user_find(&own, &query, &found);

	if (rc == ERR_NOT_FOUND || rc == ERR_INVALID)
		return ERR_UNKNOWN_ACCOUNT;
	if (rc)
		return rc;
	rc = repair_credential(ctx->state, &ctx->call, &found.account, ret_credential);
	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_UNKNOWN_ACCOUNT : rc;
	if (ret_credential->erasing)
		return ERR_UNKNOWN_ACCOUNT;
	*ret_account = found.account;
	return 0;
}

/* A password change that was committed while the session was being opened may have ended the
 * account's sessions just before this one came; then it was the old password that was right. */
static int confirm(struct svc_ctx *ctx, const struct session *session,
	const struct credential *checked, struct str password)
{
	struct auth *auth = ctx->state;
	struct db_conn *conn = db_reader(auth->db);
	struct credential now;
	int rc =
		conn ? store_credential(conn, session->account, ctx->arena, &now) : ERR_UNAVAILABLE;

	if (!rc && match_still(ctx, &now, checked, password))
		return 0;
	session_end(auth->redis, ctx->arena, session->account, str_c(session->id));
	return !rc || rc == ERR_NOT_FOUND ? ERR_BAD_CREDENTIALS : rc;
}

static int add_jwt(struct svc_ctx *ctx, struct auth_login_out *out)
{
	const struct auth *auth = ctx->state;
	const struct jwt_claims claims = {
		.id = out->account.id,
		.username = out->account.username,
		.exp_s = out->expires / CLOCK_SECOND_US,
		.sid = out->id,
	};

	return jwt_sign(&auth->jwt_key, &claims, ctx->arena, &out->jwt);
}

static int admit(struct svc_ctx *ctx, const struct auth_login_in *in,
	const struct credential *credential, int64_t started_us, struct auth_login_out *out)
{
	const struct auth *auth = ctx->state;
	struct session session = {
		.account = out->account.id,
		.device = in->device,
		.created_us = started_us,
		.ttl_s = in->ttl_s ? in->ttl_s : auth->session_ttl_s,
	};
	int rc = login_open(ctx, &session, &out->token);

	if (!rc)
		rc = confirm(ctx, &session, credential, in->password);
	if (rc)
		return rc;
	match_settle(ctx, credential, in->password);
	out->id = str_dup(ctx->arena, str_c(session.id));
	out->expires = clock_now_us() + session.ttl_s * CLOCK_SECOND_US;
	if (!out->id.p)
		return ERR_NOMEM;
	return in->want_jwt ? add_jwt(ctx, out) : 0;
}

enum audit_outcome login_outcome(int rc, bool known)
{
	if (rc == ERR_NOT_NORMAL)
		return AUDIT_NOT_NORMAL;
	if (rc)
		return known ? AUDIT_WRONG_PASSWORD : AUDIT_UNKNOWN_ACCOUNT;
	return AUDIT_SUCCESS;
}

int login_prove(struct svc_ctx *ctx, const struct login_proof *proof,
	const struct credential *credential, const struct user_account *account)
{
	if (!credential || account->status != STATUS_NORMAL)
		return proof_check(ctx, credential, proof->login, proof->password);
	return proof_check_both(ctx, credential, proof->login, proof->password,
		proof->asks_totp ? proof->totp : STR("none"));
}

int auth_login(struct svc_ctx *ctx, const struct auth_login_in *in, struct auth_login_out *out)
{
	const struct auth *auth = ctx->state;
	const int64_t started_us = clock_now_us();
	const struct login_proof proof = {in->login, in->password, in->asks_totp, in->totp};
	struct credential credential;
	bool known;
	int rc = login_find(
		ctx, in->login, (enum user_login_kind)in->by, &out->account, &credential);

	if (rc && rc != ERR_UNKNOWN_ACCOUNT)
		return rc;
	known = !rc;
	rc = login_prove(ctx, &proof, known ? &credential : NULL, &out->account);
	if (!rc && out->account.status != STATUS_NORMAL)
		rc = ERR_NOT_NORMAL;
	if (!rc)
		rc = admit(ctx, in, &credential, started_us, out);
	if (!rc || rc == ERR_BAD_CREDENTIALS || rc == ERR_NOT_NORMAL)
		audit_sign_in(auth->db, &ctx->call, known ? credential.account : 0, in->device,
			login_outcome(rc, known));
	return rc == ERR_BAD_CREDENTIALS && !known ? ERR_UNKNOWN_ACCOUNT : rc;
}
