/* What administrators and the operator decide about an account, and the record of it. */
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

#define DETAIL_MAX 600

struct govern {
	struct svc_ctx *ctx;
	const struct user_govern_in *in;
	struct user_account *account;
	int64_t now_us;
	bool changed, publish;
};

static int act_add(struct govern *govern, struct db_conn *conn, struct str action, struct str old,
	struct str new)
{
	struct svc_ctx *ctx = govern->ctx;
	struct user_act act = {
		.time = govern->now_us,
		.actor = ctx->call.caller.account,
		.action = action,
		.target = govern->account->id,
		.address = ctx->call.caller.address,
	};
	struct buf detail;

	buf_init(&detail, ctx->arena, DETAIL_MAX);
	buf_add_str(&detail, old);
	buf_add_c(&detail, " -> ");
	buf_add_str(&detail, new);
	if (buf_failed(&detail))
		return ERR_NOMEM;
	act.detail = buf_str(&detail);
	govern->changed = true;
	return user_store_act_add(conn, &act);
}

static int role_set(struct govern *govern, struct db_conn *conn)
{
	struct user_account *account = govern->account;
	int old = account->role;

	if (!govern->in->role || govern->in->role == old)
		return 0;
	account->role = govern->in->role;
	govern->publish = true;
	return act_add(govern, conn, STR("user.role"), enum_words_text(&user_roles, old),
		enum_words_text(&user_roles, account->role));
}

/* Back to normal does not bring old sessions back: sessions_from stays. */
static int status_set(struct govern *govern, struct db_conn *conn)
{
	struct user_account *account = govern->account;
	int old = account->status;

	if (!govern->in->status || govern->in->status == old)
		return 0;
	account->status = govern->in->status;
	if (account->status != STATUS_NORMAL)
		account->sessions_from = govern->now_us;
	govern->publish = true;
	return act_add(govern, conn, STR("user.status"), enum_words_text(&user_statuses, old),
		enum_words_text(&user_statuses, account->status));
}

static int identity_set(struct govern *govern, struct db_conn *conn)
{
	struct user_account *account = govern->account;
	struct str old = account->identity;

	if (!govern->in->identity.p || str_eq(govern->in->identity, old))
		return 0;
	account->identity = user_value(govern->in->identity);
	return act_add(govern, conn, STR("user.identity"), old, account->identity);
}

static int reach_check(const struct govern *govern)
{
	if (!govern->in->lower_only)
		return 0;
	if (govern->account->status == STATUS_DELETED)
		return ERR_NOT_FOUND;
	return govern->account->role == ROLE_ADMINISTRATOR ? ERR_DENIED : 0;
}

static int govern_job(struct db_conn *conn, void *arg)
{
	struct govern *govern = arg;
	struct svc_ctx *ctx = govern->ctx;
	struct user_account *account = govern->account;
	int err = user_admin_check(ctx, conn);

	if (!err)
		err = user_store_by_id_alive(conn, ctx->arena, govern->in->id, account);
	if (!err)
		err = reach_check(govern);
	if (err)
		return err;
	govern->now_us = clock_now_us();
	err = role_set(govern, conn);
	if (!err)
		err = status_set(govern, conn);
	if (!err)
		err = identity_set(govern, conn);
	if (err || !govern->changed)
		return err;
	account->modified = govern->now_us;
	return user_store_govern(conn, account);
}

int user_govern(struct svc_ctx *ctx, const struct user_govern_in *in, struct user_govern_out *out)
{
	struct govern govern = {.ctx = ctx, .in = in, .account = &out->account};
	int err = user_write(ctx, govern_job, &govern);

	if (!err && govern.publish)
		user_publish_change(ctx, &out->account);
	return err;
}
