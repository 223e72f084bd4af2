#include "svc-auth/proof.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/auth.h"
#include "svc-auth/limit.h"
#include "svc-auth/match.h"
#include "svc-auth/totp.h"

struct proof {
	const struct credential *credential;
	struct str login, password;
	bool both;
	struct str totp;
};

static int look(struct svc_ctx *ctx, const struct proof *proof)
{
	int rc = match_password(ctx, proof->credential, proof->password);

	if (rc || !proof->both)
		return rc;
	return totp_check(ctx, proof->credential->account, proof->totp);
}

/* The account's failures are forgotten only when all is right: who knows the password alone could
 * otherwise guess codes for ever. */
static int check(struct svc_ctx *ctx, const struct proof *proof)
{
	struct auth *auth = ctx->state;
	struct limit_who who;
	int64_t wait_s = 0;
	int result = 0;
	int rc = limit_who(ctx->arena, proof->credential ? proof->credential->account : 0,
		proof->login, ctx->call.caller.address, &who);

	if (!rc)
		rc = limit_check(auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
	if (!rc) {
		result = look(ctx, proof);
		if (result == ERR_BAD_CREDENTIALS)
			rc = limit_fail(
				auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
		else if (result == ERR_TOTP_REQUIRED)
			rc = limit_check(
				auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
		else if (!result)
			rc = limit_pass(
				auth->redis, ctx->arena, &who, clock_now_us() / 1000, &wait_s);
	}
	if (rc)
		return rc == ERR_LIMITED ? call_refuse_for(&ctx->call, rc, wait_s) : rc;
	return result;
}

int proof_check(struct svc_ctx *ctx, const struct credential *credential, struct str login,
	struct str password)
{
	return check(ctx, &(struct proof){credential, login, password, false, STR_NONE});
}

int proof_check_both(struct svc_ctx *ctx, const struct credential *credential, struct str login,
	struct str password, struct str totp)
{
	return check(ctx, &(struct proof){credential, login, password, true, totp});
}
