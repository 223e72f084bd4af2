#include "svc-user/user.h"

#include <stdlib.h>

#include "common/base/err.h"
#include "common/rpc/event.h"
#include "svc-user/store.h"

METHOD_HANDLERS(user, USER_METHODS)

const struct svc_spec user_spec = {
	.name = "svc-user",
	.service = SERVICE_USER,
	.process = CONF_USER,
	.handlers = user_handlers,
	.handler_count = &user_handler_count,
	.db = &user_db,
	.lanes =
		{
			[LANE_READ] = {.threads = USER_READ_THREADS, .queue = 1024},
			[LANE_WRITE] = {.threads = USER_WRITE_THREADS, .queue = 512},
		},
	.init = user_init,
	.done = user_done,
};

int user_init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	struct user *user = malloc(sizeof(*user));

	if (!user) {
		*ret_reason = "out of memory";
		return ERR_NOMEM;
	}
	*user = (struct user){.svc = svc, .id_first = USER_ID_FIRST};
	*ret_state = user;
	return 0;
}

void user_done(void *state)
{
	free(state);
}

int user_reader(struct svc_ctx *ctx, struct db_conn **ret_conn)
{
	const struct user *user = ctx->state;
	struct db_conn *conn = db_reader(user->svc->db);

	if (!conn)
		return ERR_IO;
	*ret_conn = conn;
	return 0;
}

int user_write(struct svc_ctx *ctx, db_job *job, void *arg)
{
	const struct user *user = ctx->state;

	return db_write(user->svc->db, job, arg);
}

int user_caller(struct svc_ctx *ctx, struct db_conn *conn, struct user_account *ret_account)
{
	int err = user_store_by_id(conn, ctx->arena, ctx->call.caller.account, ret_account);

	if (err == ERR_NOT_FOUND || (!err && ret_account->status != STATUS_NORMAL))
		return ERR_UNAUTHENTICATED;
	return err;
}

int user_admin_check(struct svc_ctx *ctx, struct db_conn *conn)
{
	struct user_account actor;
	int err;

	if (ctx->call.caller.kind == CALLER_OPERATOR)
		return 0;
	err = user_caller(ctx, conn, &actor);
	if (err)
		return err;
	return actor.role == ROLE_ADMINISTRATOR ? 0 : ERR_DENIED;
}

struct str user_value(struct str text)
{
	return text.len ? text : STR_NONE;
}

void user_publish_change(struct svc_ctx *ctx, const struct user_account *account)
{
	const struct user *user = ctx->state;

	event_publish(user->svc->events, STR("user.changed"), account->id,
		enum_words_text(&user_statuses, account->status));
}
