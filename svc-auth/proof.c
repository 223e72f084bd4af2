#include "svc-auth/proof.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/auth.h"
#include "svc-auth/limit.h"

int proof_check(struct svc_ctx *ctx, const struct credential *credential, struct str login,
	struct str password)
{
	struct auth *auth = ctx->state;
	struct password_hash stored;
	struct limit_who who;
	int64_t wait_s = 0;
	int result, rc;

	if (credential && store_hash(credential, &stored))
		return ERR_INTERNAL;
	rc = limit_who(ctx->arena, credential ? credential->account : 0, login,
		ctx->call.caller.address, &who);
	if (!rc)
		rc = limit_check(auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
	if (rc)
		return rc == ERR_LIMITED ? call_refuse_for(&ctx->call, rc, wait_s) : rc;
	result = password_check(
		auth->hasher, ctx->call.deadline_us, password, credential ? &stored : NULL);
	if (result == ERR_BAD_CREDENTIALS)
		rc = limit_fail(auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
	else if (!result)
		rc = limit_pass(auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
	if (rc)
		return rc == ERR_LIMITED ? call_refuse_for(&ctx->call, rc, wait_s) : rc;
	return result;
}
