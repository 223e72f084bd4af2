#include <assert.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

/* A contact's row begins with the very fields of an account. */
static_assert(offsetof(struct user_contact_row, alias) == sizeof(struct user_account),
	"an account is copied from the beginning of the row");

static int rows_convert(struct arena *arena, const struct user_contact_row *rows, size_t count,
	struct user_contact **ret_items)
{
	struct user_contact *items = ARENA_ARRAY(arena, struct user_contact, count ? count : 1);

	if (!items)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		memcpy(&items[i].account, &rows[i], sizeof(items[i].account));
		items[i].alias = rows[i].alias;
		items[i].created = rows[i].added;
	}
	*ret_items = items;
	return 0;
}

int user_contacts(
	struct svc_ctx *ctx, const struct user_contacts_in *in, struct user_contacts_out *out)
{
	/* One more than is shown, to know whether there is more. */
	size_t limit = (size_t)(in->limit < FIELD_LIST_MAX ? in->limit : FIELD_LIST_MAX - 1);
	struct user_contact_row *rows = NULL;
	struct db_conn *conn;
	size_t count = 0;
	int err = user_reader(ctx, &conn);

	if (!err)
		err = user_store_contact_list(conn, ctx->arena, ctx->call.caller.account, in->after,
			(int64_t)limit + 1, &rows, &count);
	if (err)
		return err;
	out->more = count > limit;
	out->items_count = out->more ? limit : count;
	return rows_convert(ctx->arena, rows, out->items_count, &out->items);
}

struct put {
	struct svc_ctx *ctx;
	const struct user_contact_put_in *in;
	bool added;
};

static int contact_add(struct put *put, struct db_conn *conn, int64_t caller)
{
	const struct user_contact_put_in *in = put->in;
	struct user_account account;
	int64_t rows = 0;
	int err = user_store_by_id_alive(conn, put->ctx->arena, in->id, &account);

	if (!err && account.status != STATUS_NORMAL)
		err = ERR_NOT_FOUND;
	if (!err)
		err = user_store_contact_rows(conn, caller, &rows);
	if (!err && rows >= USER_CONTACTS_MAX)
		err = ERR_TOO_LARGE;
	if (!err)
		err = user_store_contact_add(
			conn, caller, in->id, user_value(in->alias), clock_now_us());
	put->added = err == 0;
	return err;
}

static int put_job(struct db_conn *conn, void *arg)
{
	struct put *put = arg;
	const struct user_contact_put_in *in = put->in;
	struct user_account caller;
	int64_t exists = 0;
	int err = user_caller(put->ctx, conn, &caller);

	if (!err)
		err = user_store_contact_exists(conn, caller.id, in->id, &exists);
	if (err)
		return err;
	if (!exists)
		return contact_add(put, conn, caller.id);
	if (!in->alias.p)
		return 0;
	return user_store_contact_rename(conn, caller.id, in->id, user_value(in->alias));
}

int user_contact_put(
	struct svc_ctx *ctx, const struct user_contact_put_in *in, struct user_contact_put_out *out)
{
	struct put put = {.ctx = ctx, .in = in};
	int err;

	if (in->id == ctx->call.caller.account)
		return call_refuse(&ctx->call, ERR_INVALID, STR("id"));
	err = user_write(ctx, put_job, &put);
	if (err)
		return err;
	out->added = put.added;
	return 0;
}

struct removal {
	int64_t owner, contact;
};

static int delete_job(struct db_conn *conn, void *arg)
{
	const struct removal *removal = arg;
	int64_t removed = 0;
	int err = user_store_contact_remove(conn, removal->owner, removal->contact, &removed);

	return !err && !removed ? ERR_NOT_FOUND : err;
}

int user_contact_delete(struct svc_ctx *ctx, const struct user_contact_delete_in *in,
	struct user_contact_delete_out *out)
{
	struct removal removal = {ctx->call.caller.account, in->id};

	(void)out;
	return user_write(ctx, delete_job, &removal);
}
