/* The record of what administrators and the operator did, and figures for them. */
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

int user_audit(struct svc_ctx *ctx, const struct user_audit_in *in, struct user_audit_out *out)
{
	size_t limit = (size_t)in->limit;
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (!err)
		err = user_admin_check(ctx, conn);
	if (!err)
		err = user_store_acts(conn, ctx->arena, in->after ? in->after : INT64_MAX,
			in->limit + 1, &out->items, &out->items_count);
	if (err)
		return err;
	out->more = out->items_count > limit;
	if (out->more)
		out->items_count = limit;
	return 0;
}

static int add_job(struct db_conn *conn, void *arg)
{
	return user_store_act_add(conn, arg);
}

int user_audit_add(
	struct svc_ctx *ctx, const struct user_audit_add_in *in, struct user_audit_add_out *out)
{
	const bool is_operator = ctx->call.caller.kind == CALLER_OPERATOR;
	struct user_act act = {
		.time = clock_now_us(),
		.actor = is_operator ? 0 : in->actor,
		.action = in->action,
		.target = in->target,
		.address = user_value(is_operator ? ctx->call.caller.address : in->address),
		.detail = user_value(in->detail),
	};

	(void)out;
	return user_write(ctx, add_job, &act);
}

int user_stats(struct svc_ctx *ctx, const struct user_stats_in *in, struct user_stats_out *out)
{
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	(void)in;
	if (!err)
		err = user_admin_check(ctx, conn);
	if (err)
		return err;
	return user_store_counts(conn, ctx->arena, &out->counts, &out->counts_count);
}
