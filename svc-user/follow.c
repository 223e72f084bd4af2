#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

struct follow {
	struct svc_ctx *ctx;
	int64_t id;
	bool following;
};

static int follow_start(struct follow *follow, struct db_conn *conn, int64_t caller)
{
	struct user_account account;
	int64_t rows = 0;
	int err = user_store_by_id_alive(conn, follow->ctx->arena, follow->id, &account);

	if (!err && account.status != STATUS_NORMAL)
		err = ERR_NOT_FOUND;
	if (!err)
		err = user_store_follow_rows(conn, caller, &rows);
	if (!err && rows >= USER_FOLLOWS_MAX)
		err = ERR_TOO_LARGE;
	if (!err)
		err = user_store_follow_add(conn, caller, follow->id, clock_now_us());
	follow->following = err == 0;
	return err;
}

/* Ending comes first, as it must work whatever has become of the other account. */
static int follow_job(struct db_conn *conn, void *arg)
{
	struct follow *follow = arg;
	struct user_account caller;
	int64_t removed = 0;
	int err = user_caller(follow->ctx, conn, &caller);

	if (!err)
		err = user_store_follow_remove(conn, caller.id, follow->id, &removed);
	if (!err && !removed)
		err = follow_start(follow, conn, caller.id);
	return err;
}

int user_follow(struct svc_ctx *ctx, const struct user_follow_in *in, struct user_follow_out *out)
{
	struct follow follow = {.ctx = ctx, .id = in->id};
	int err;

	if (in->id == ctx->call.caller.account)
		return call_refuse(&ctx->call, ERR_INVALID, STR("id"));
	err = user_write(ctx, follow_job, &follow);
	if (err)
		return err;
	out->following = follow.following;
	return 0;
}

int user_follows(
	struct svc_ctx *ctx, const struct user_follows_in *in, struct user_follows_out *out)
{
	int64_t caller = ctx->call.caller.account;
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (!err)
		err = user_store_follow_total(conn, caller, &out->total);
	if (err || in->limit == 0 || out->total == 0)
		return err;
	return user_store_follow_list(
		conn, ctx->arena, caller, in->limit, &out->items, &out->items_count);
}
