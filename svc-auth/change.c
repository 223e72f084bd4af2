#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/proof.h"
#include "svc-auth/revoke.h"
#include "svc-auth/store.h"

static int check_current(struct svc_ctx *ctx, struct str current)
{
	struct credential credential;
	int rc = auth_credential(ctx, ctx->call.caller.account, &credential);

	return rc ? rc : proof_check(ctx, &credential, STR_NONE, current);
}

int auth_password(
	struct svc_ctx *ctx, const struct auth_password_in *in, struct auth_password_out *out)
{
	struct auth *auth = ctx->state;
	struct password_hash hash;
	const struct revoke revoke = {
		.account = ctx->call.caller.account,
		.keep_session = ctx->call.caller.session,
		.change = &hash,
	};
	int rc;

	(void)out;
	if (in->check_current) {
		rc = check_current(ctx, in->current);
		if (rc)
			return rc;
	}
	rc = password_policy((enum auth_policy)in->policy, in->new_password);
	if (rc)
		return call_refuse(&ctx->call, rc, STR("new_password"));
	rc = password_make(auth->hasher, ctx->call.deadline_us, in->new_password, &hash);
	return rc ? rc : revoke_sessions(ctx, &revoke);
}
