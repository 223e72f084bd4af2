/* All that is held about an account, for its owner. */
#include "common/base/err.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

#define ACTS_MAX FIELD_LIST_MAX

/* From where an administrator acted is his own affair. */
static void hide_addresses(struct user_export_out *out)
{
	for (size_t i = 0; i < out->acts_count; i++)
		if (out->acts[i].actor != out->account.id)
			out->acts[i].address = STR_NONE;
}

int user_export(struct svc_ctx *ctx, const struct user_export_in *in, struct user_export_out *out)
{
	int64_t id = ctx->call.caller.account;
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	(void)in;
	if (!err)
		err = user_caller(ctx, conn, &out->account);
	if (!err)
		err = user_store_export_contacts(
			conn, ctx->arena, id, &out->contacts, &out->contacts_count);
	if (!err)
		err = user_store_export_follows(
			conn, ctx->arena, id, &out->follows, &out->follows_count);
	if (!err)
		err = user_store_acts_of(
			conn, ctx->arena, id, ACTS_MAX, &out->acts, &out->acts_count);
	if (!err)
		hide_addresses(out);
	return err;
}
