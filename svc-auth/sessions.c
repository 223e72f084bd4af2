#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/revoke.h"
#include "svc-auth/session.h"
#include "svc-auth/sessions.h"

static int show(struct svc_ctx *ctx, const struct session *session, int64_t now_us,
	struct auth_session *ret_item)
{
	const int64_t used_ms = session->ttl_s * 1000 - session->left_ms;
	struct str id = str_dup(ctx->arena, str_c(session->id));

	if (!id.p)
		return ERR_NOMEM;
	*ret_item = (struct auth_session){
		.id = id,
		.device = session->device.len ? session->device : STR_NONE,
		.address = session->address.len ? session->address : STR_NONE,
		.created = session->created_us,
		.last_seen = now_us - used_ms * 1000,
		.expires = now_us + session->left_ms * 1000,
		.current = str_eq(id, ctx->call.caller.session),
	};
	return 0;
}

/* Since when an account's sessions count, as far as svc-user is concerned. */
static int account_from(struct svc_ctx *ctx, int64_t account, int64_t *ret_from_us)
{
	const struct user_get_in in = {.id = account};
	struct call own = auth_own_call(&ctx->call);
	struct user_get_out found;
	int rc = call_user_get(&own, &in, &found);

	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : rc;
	*ret_from_us = found.account.sessions_from;
	return 0;
}

int sessions_list(struct svc_ctx *ctx, int64_t account, struct auth_session **ret_items,
	size_t *ret_count)
{
	struct auth *auth = ctx->state;
	const int64_t now_us = clock_now_us();
	int64_t from_us = 0;
	struct credential credential;
	struct session *sessions;
	struct auth_session *items;
	size_t count, shown = 0;
	int rc = auth_credential(ctx, account, &credential);

	if (!rc)
		rc = account_from(ctx, account, &from_us);
	if (!rc)
		rc = session_list(auth->redis, ctx->arena, account, &sessions, &count);
	if (rc)
		return rc;
	items = ARENA_ARRAY(ctx->arena, struct auth_session, count + 1);
	if (!items)
		return ERR_NOMEM;
	for (size_t i = 0; i < count && !rc; i++) {
		if (sessions[i].created_us >= from_us &&
			!session_is_void(&sessions[i], &credential))
			rc = show(ctx, &sessions[i], now_us, &items[shown++]);
	}
	if (rc)
		return rc;
	*ret_items = items;
	*ret_count = shown;
	return 0;
}

int auth_sessions(
	struct svc_ctx *ctx, const struct auth_sessions_in *in, struct auth_sessions_out *out)
{
	(void)in;
	return sessions_list(ctx, ctx->call.caller.account, &out->items, &out->items_count);
}

static int end_others(struct svc_ctx *ctx)
{
	const struct revoke revoke = {
		.account = ctx->call.caller.account,
		.keep_session = ctx->call.caller.session,
	};

	return revoke_sessions(ctx, &revoke);
}

int auth_end(struct svc_ctx *ctx, const struct auth_end_in *in, struct auth_end_out *out)
{
	struct auth *auth = ctx->state;
	int rc;

	(void)out;
	if (in->others)
		return end_others(ctx);
	if (!in->session.len)
		return call_refuse(&ctx->call, ERR_INVALID, STR("session"));
	rc = session_end(auth->redis, ctx->arena, ctx->call.caller.account, in->session);
	if (!rc)
		event_publish(
			auth->events, STR("auth.revoked"), ctx->call.caller.account, in->session);
	return rc;
}
