#include "svc-auth/answer.h"

#include "common/base/err.h"
#include "svc-auth/auth.h"

int answer_check(struct svc_ctx *ctx, const struct auth_answer_in *answer, struct str *ret_to)
{
	const struct auth *auth = ctx->state;
	int64_t wait_s = 0;
	int rc = code_check(
		&auth->codes, ctx->arena, answer, ctx->call.caller.address, ret_to, &wait_s);

	if (rc == ERR_LIMITED)
		return call_refuse_for(&ctx->call, rc, wait_s);
	return rc == ERR_BAD_CODE ? call_refuse(&ctx->call, rc, STR("code")) : rc;
}

int auth_answer(struct svc_ctx *ctx, const struct auth_answer_in *in, struct auth_answer_out *out)
{
	return answer_check(ctx, in, &out->to);
}
