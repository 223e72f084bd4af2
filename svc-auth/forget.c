#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/password.h"
#include "svc-auth/revoke.h"

/* ERR_NOT_FOUND also when only one of the two fits, or the account may not sign in. */
static int find(struct svc_ctx *ctx, const struct auth_forget_in *in, int64_t *ret_account)
{
	const struct user_find_in query = {.login = in->username, .by = LOGIN_USERNAME};
	struct call own = auth_own_call(&ctx->call);
	struct user_find_out found;
	int rc = call_user_find(&own, &query, &found);

	if (rc == ERR_INVALID)
		return ERR_NOT_FOUND;
	if (rc)
		return rc;
	if (!found.account.email.len || !str_eq_nocase(found.account.email, in->email) ||
		found.account.status != STATUS_NORMAL)
		return ERR_NOT_FOUND;
	*ret_account = found.account.id;
	return 0;
}

int auth_forget(struct svc_ctx *ctx, const struct auth_forget_in *in, struct auth_forget_out *out)
{
	struct auth *auth = ctx->state;
	struct password_hash hash;
	struct revoke revoke = {.change = &hash};
	int rc = password_policy((enum auth_policy)in->policy, in->new_password);

	(void)out;
	if (rc)
		return call_refuse(&ctx->call, rc, STR("new_password"));
	rc = find(ctx, in, &revoke.account);
	if (!rc)
		rc = password_make(auth->hasher, ctx->call.deadline_us, in->new_password, &hash);
	if (!rc)
		rc = revoke_sessions(ctx, &revoke);
	return rc == ERR_UNAUTHENTICATED ? ERR_NOT_FOUND : rc; /* erased meanwhile */
}
