/* People as others see them: one, or a page of them, each with what ties them to the caller. */
#include <assert.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

/* A person's row begins with the very fields of an account. */
static_assert(offsetof(struct user_person_row, alias) == sizeof(struct user_account),
	"an account is copied from the beginning of the row");

/* Who adds somebody as a contact shows him his phone. */
static void show(int64_t viewer, const struct user_person_row *row, struct user_person *ret_person)
{
	struct user_account *account = &ret_person->account;

	memcpy(account, row, sizeof(*account));
	ret_person->alias = row->alias;
	ret_person->contact = row->contact;
	ret_person->contacts = row->contacts;
	ret_person->bound = row->bound;
	if (account->id == viewer)
		return;
	account->email = STR_NONE;
	account->wechat = STR_NONE;
	if (!row->knows_viewer)
		account->phone = STR_NONE;
}

int user_person(struct svc_ctx *ctx, const struct user_person_in *in, struct user_person_out *out)
{
	const int64_t viewer = ctx->call.caller.account;
	struct user_person_row row;
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (!err)
		err = user_store_person(conn, ctx->arena, viewer, in->id, &row);
	if (!err)
		show(viewer, &row, &out->person);
	return err;
}

int user_people(struct svc_ctx *ctx, const struct user_people_in *in, struct user_people_out *out)
{
	const int64_t viewer = ctx->call.caller.account;
	struct user_person_row *rows = NULL;
	struct db_conn *conn;
	size_t count = 0;
	int err = user_reader(ctx, &conn);

	if (!in->contacts && in->phone.len == 0 && in->part.len == 0)
		return call_refuse(&ctx->call, ERR_INVALID, STR("part"));
	if (!err)
		err = user_store_people(conn, ctx->arena, viewer, in, &rows, &count);
	if (err)
		return err;
	out->items = ARENA_ARRAY(ctx->arena, struct user_person, count ? count : 1);
	if (!out->items)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		show(viewer, &rows[i], &out->items[i]);
	out->items_count = count;
	return 0;
}

static int bind_job(struct db_conn *conn, void *arg)
{
	struct svc_ctx *ctx = arg;
	struct user_account caller;
	int err = user_caller(ctx, conn, &caller);

	return err ? err : user_store_bind(conn, caller.id);
}

int user_bind(struct svc_ctx *ctx, const struct user_bind_in *in, struct user_bind_out *out)
{
	(void)in;
	(void)out;
	return user_write(ctx, bind_job, ctx);
}
