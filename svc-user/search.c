#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

static bool may_see_all(const struct svc_ctx *ctx)
{
	return ctx->call.caller.kind == CALLER_ADMIN || ctx->call.caller.kind == CALLER_OPERATOR;
}

/* Only administrators may ask for these. */
static int rights_check(struct svc_ctx *ctx, const struct user_search_in *in)
{
	int err = 0;

	if (may_see_all(ctx))
		return 0;
	if (in->role)
		err = call_refuse(&ctx->call, ERR_DENIED, STR("role"));
	if (in->status)
		err = call_refuse(&ctx->call, ERR_DENIED, STR("status"));
	return err;
}

static int after_find(struct svc_ctx *ctx, struct db_conn *conn, int64_t after, int64_t *ret_seq)
{
	int err;

	if (!after) {
		*ret_seq = 0;
		return 0;
	}
	err = user_store_seq(conn, after, ret_seq);
	return err == ERR_NOT_FOUND ? call_refuse(&ctx->call, ERR_INVALID, STR("after")) : err;
}

int user_search(struct svc_ctx *ctx, const struct user_search_in *in, struct user_search_out *out)
{
	/* One more than is shown, to know whether there is more. */
	size_t limit = (size_t)(in->limit < FIELD_LIST_MAX ? in->limit : FIELD_LIST_MAX - 1);
	bool all = may_see_all(ctx);
	struct user_store_query query = {
		.part = user_value(in->q),
		.username = user_value(in->username),
		.phone = user_value(in->phone),
		.first_name = user_value(in->first_name),
		.last_name = user_value(in->last_name),
		.role = in->role,
		.status = all ? in->status : STATUS_NORMAL,
		.limit = (int64_t)limit + 1,
	};
	struct db_conn *conn;
	int err = rights_check(ctx, in);

	if (!err)
		err = user_reader(ctx, &conn);
	if (!err)
		err = after_find(ctx, conn, in->after, &query.after_seq);
	if (err || (!all && (query.first_name.p || query.last_name.p)))
		return err;
	err = user_store_search(conn, ctx->arena, &query, &out->items, &out->items_count);
	if (err)
		return err;
	out->more = out->items_count > limit;
	if (out->more)
		out->items_count = limit;
	return 0;
}

int user_search_ids(
	struct svc_ctx *ctx, const struct user_search_ids_in *in, struct user_search_ids_out *out)
{
	struct user_store_query query = {
		.first_name = user_value(in->first_name),
		.last_name = user_value(in->last_name),
		.role = in->role,
		.limit = in->limit,
	};
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (!err)
		err = after_find(ctx, conn, in->after, &query.after_seq);
	if (err)
		return err;
	return user_store_search_ids(conn, ctx->arena, &query, &out->ids, &out->ids_count);
}
