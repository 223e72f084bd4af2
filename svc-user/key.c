/* The key that a person's clients show to other programs. */
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz123456789"

struct key {
	struct svc_ctx *ctx;
	bool renew;
	struct str text;
};

static int renew_job(struct db_conn *conn, void *arg)
{
	struct key *key = arg;
	struct svc_ctx *ctx = key->ctx;
	struct user_account account;
	char *text = arena_alloc(ctx->arena, USER_KEY_LEN + 1);
	int err = text ? user_caller(ctx, conn, &account) : ERR_NOMEM;

	if (!err && !key->renew)
		err = user_store_key(conn, ctx->arena, account.id, &key->text);
	if (err || key->text.p)
		return err;
	id_text(ALPHABET, text, USER_KEY_LEN);
	key->text = (struct str){text, USER_KEY_LEN};
	return user_store_key_set(conn, account.id, key->text);
}

int user_key(struct svc_ctx *ctx, const struct user_key_in *in, struct user_key_out *out)
{
	struct key key = {.ctx = ctx, .renew = in->renew};
	struct user_account account;
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (!err && !in->renew)
		err = user_caller(ctx, conn, &account);
	if (!err && !in->renew)
		err = user_store_key(conn, ctx->arena, account.id, &key.text);
	if (!err && !key.text.p)
		err = user_write(ctx, renew_job, &key);
	if (!err)
		out->key = key.text;
	return err;
}
