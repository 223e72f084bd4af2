#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/answer.h"
#include "svc-auth/auth.h"
#include "svc-auth/password.h"
#include "svc-auth/revoke.h"

/* ERR_BAD_CODE when the account is gone meanwhile: the code is good for nothing then. */
static int find(struct svc_ctx *ctx, struct str to, int64_t *ret_account)
{
	const struct user_find_in query = {
		.login = to,
		.by = str_find(to, '@') < 0 ? LOGIN_PHONE : LOGIN_EMAIL,
	};
	struct call own = auth_own_call(&ctx->call);
	struct user_find_out found;
	int rc = call_user_find(&own, &query, &found);

	if (rc == ERR_NOT_FOUND || rc == ERR_INVALID ||
		(!rc && found.account.status != STATUS_NORMAL))
		return call_refuse(&ctx->call, ERR_BAD_CODE, STR("code"));
	if (!rc)
		*ret_account = found.account.id;
	return rc;
}

/* The code is used up at the last moment: what can fail before leaves it to the next try, and of
 * two requests with it only one gets through. */
int auth_reset(struct svc_ctx *ctx, const struct auth_reset_in *in, struct auth_reset_out *out)
{
	struct auth *auth = ctx->state;
	struct auth_answer_in answer = {
		.challenge = in->challenge,
		.code = in->code,
		.purpose = PURPOSE_RESET,
		.keep = true,
	};
	struct password_hash hash;
	struct revoke revoke = {.change = &hash};
	struct str to;
	int rc = answer_check(ctx, &answer, &to);

	(void)out;
	if (rc)
		return rc;
	rc = password_policy((enum auth_policy)in->policy, in->password);
	if (rc)
		return call_refuse(&ctx->call, rc, STR("password"));
	rc = find(ctx, to, &revoke.account);
	if (!rc)
		rc = password_make(auth->hasher, ctx->call.deadline_us, in->password, &hash);
	answer.keep = false;
	if (!rc)
		rc = answer_check(ctx, &answer, &to);
	return rc ? rc : revoke_sessions(ctx, &revoke);
}
