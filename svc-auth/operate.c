/* What the operator does about other people's sessions. */
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/revoke.h"
#include "svc-auth/session.h"
#include "svc-auth/sessions.h"

static int list(
	struct svc_ctx *ctx, int64_t account, struct auth_session **ret_items, size_t *ret_count)
{
	int rc = sessions_list(ctx, account, ret_items, ret_count);

	return rc == ERR_UNAUTHENTICATED ? ERR_NOT_FOUND : rc;
}

int auth_sessions_of(
	struct svc_ctx *ctx, const struct auth_sessions_of_in *in, struct auth_sessions_of_out *out)
{
	return list(ctx, in->account, &out->items, &out->items_count);
}

static bool holds(const struct auth_session *items, size_t count, struct str session)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(items[i].id, session))
			return true;
	return false;
}

/* Before the act: there may be a record of one that failed, but never an act without record. */
static int record(struct svc_ctx *ctx, const struct auth_revoke_in *in)
{
	const struct user_audit_add_in act = {
		.action = STR("session.revoke"),
		.target = in->account,
		.detail = in->session.len ? in->session : STR("all"),
		.address = ctx->call.caller.address,
	};
	struct call own = auth_own_call(&ctx->call);
	struct user_audit_add_out out;

	return call_user_audit_add(&own, &act, &out);
}

static int end(struct svc_ctx *ctx, const struct auth_revoke_in *in)
{
	const struct revoke all = {.account = in->account};
	struct auth *auth = ctx->state;
	int rc;

	if (!in->session.len)
		return revoke_sessions(ctx, &all);
	rc = session_end(auth->redis, ctx->arena, in->account, in->session);
	if (!rc)
		event_publish(auth->events, STR("auth.revoked"), in->account, in->session);
	return rc;
}

int auth_revoke(struct svc_ctx *ctx, const struct auth_revoke_in *in, struct auth_revoke_out *out)
{
	struct auth_session *items;
	size_t count;
	int rc = list(ctx, in->account, &items, &count);

	(void)out;
	if (!rc && in->session.len && !holds(items, count, in->session))
		rc = ERR_NOT_FOUND;
	if (!rc)
		rc = record(ctx, in);
	return rc ? rc : end(ctx, in);
}
