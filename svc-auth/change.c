#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/login.h"
#include "svc-auth/proof.h"
#include "svc-auth/revoke.h"
#include "svc-auth/store.h"

static int check_current(struct svc_ctx *ctx, struct str current, struct credential *ret_credential)
{
	int rc = auth_credential(ctx, ctx->call.caller.account, ret_credential);

	return rc ? rc : proof_check(ctx, ret_credential, STR_NONE, current);
}

int auth_password(
	struct svc_ctx *ctx, const struct auth_password_in *in, struct auth_password_out *out)
{
	struct auth *auth = ctx->state;
	struct credential credential;
	struct password_hash hash;
	const struct revoke revoke = {
		.account = ctx->call.caller.account,
		.keep_session = ctx->call.caller.session,
		.change = &hash,
		.proven = in->check_current ? &credential : NULL,
	};
	int rc;

	(void)out;
	if (in->check_current) {
		rc = check_current(ctx, in->current, &credential);
		if (rc)
			return rc;
	}
	rc = password_policy((enum auth_policy)in->policy, in->new_password);
	if (rc)
		return call_refuse(&ctx->call, rc, STR("new_password"));
	rc = password_make(auth->hasher, ctx->call.deadline_us, in->new_password, &hash);
	return rc ? rc : revoke_sessions(ctx, &revoke);
}

/* As auth.login up to the proof; a failure is one more wrong try in the record. */
static int prove(struct svc_ctx *ctx, const struct auth_password_by_in *in,
	struct user_account *ret_account, struct credential *ret_credential)
{
	const struct auth *auth = ctx->state;
	const struct login_proof proof = {.login = in->login, .password = in->current};
	int rc = login_find(
		ctx, in->login, (enum user_login_kind)in->by, ret_account, ret_credential);
	const bool known = !rc;

	if (rc && rc != ERR_UNKNOWN_ACCOUNT)
		return rc;
	rc = login_prove(ctx, &proof, known ? ret_credential : NULL, ret_account);
	if (!rc && ret_account->status != STATUS_NORMAL)
		rc = ERR_NOT_NORMAL;
	if (rc == ERR_BAD_CREDENTIALS || rc == ERR_NOT_NORMAL)
		audit_sign_in(auth->db, &ctx->call, known ? ret_account->id : 0, STR_NONE,
			login_outcome(rc, known));
	return rc == ERR_BAD_CREDENTIALS && !known ? ERR_UNKNOWN_ACCOUNT : rc;
}

int auth_password_by(
	struct svc_ctx *ctx, const struct auth_password_by_in *in, struct auth_password_by_out *out)
{
	struct auth *auth = ctx->state;
	struct credential credential;
	struct password_hash hash;
	struct revoke revoke = {.change = &hash, .proven = &credential};
	int rc = password_policy((enum auth_policy)in->policy, in->new_password);

	if (rc)
		return call_refuse(&ctx->call, rc, STR("new_password"));
	rc = prove(ctx, in, &out->account, &credential);
	if (!rc)
		rc = password_make(auth->hasher, ctx->call.deadline_us, in->new_password, &hash);
	if (rc)
		return rc;
	revoke.account = out->account.id;
	return revoke_sessions(ctx, &revoke);
}
