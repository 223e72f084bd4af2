#include "svc-auth/revoke.h"

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/auth.h"
#include "svc-auth/session.h"
#include "svc-auth/store.h"

struct job {
	struct arena *arena;
	const struct revoke *revoke;
};

static int proof_stands(struct db_conn *conn, const struct job *job)
{
	const struct credential *proven = job->revoke->proven;
	struct credential now;
	int rc = store_credential(conn, job->revoke->account, job->arena, &now);

	if (rc)
		return rc;
	/* While the recipe of an older backend's hash is there, so is the password it came with. */
	if (proven->recipe.p && now.recipe.p)
		return 0;
	return str_eq(now.salt, proven->salt) && str_eq(now.hash, proven->hash)
		       ? 0
		       : ERR_BAD_CREDENTIALS;
}

static int write_down(struct db_conn *conn, void *arg)
{
	const struct job *job = arg;
	const struct revoke *revoke = job->revoke;
	const int64_t now_us = clock_now_us();
	int rc = revoke->proven ? proof_stands(conn, job) : 0;

	if (rc)
		return rc;
	if (!revoke->change)
		return store_sessions_from(conn, revoke->account, now_us, revoke->keep_session);
	return store_password_set(
		conn, revoke->account, revoke->change, now_us, revoke->keep_session);
}

/* "!<session>": all but this one; "": all. */
static void publish(struct svc_ctx *ctx, const struct revoke *revoke)
{
	struct auth *auth = ctx->state;
	struct buf detail;

	buf_init(&detail, ctx->arena, SESSION_ID_LEN + 1);
	if (revoke->keep_session.len) {
		buf_add_char(&detail, '!');
		buf_add_str(&detail, revoke->keep_session);
	}
	event_publish(auth->events, STR("auth.revoked"), revoke->account,
		buf_failed(&detail) ? STR_NONE : buf_str(&detail));
}

int revoke_sessions(struct svc_ctx *ctx, const struct revoke *revoke)
{
	struct auth *auth = ctx->state;
	struct job job = {ctx->arena, revoke};
	int rc = session_ping(auth->redis, ctx->arena);

	if (!rc)
		rc = db_write(auth->db, write_down, &job);
	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : rc;
	/* Failing now does no harm: auth.resolve finds them void. */
	session_end_all(auth->redis, ctx->arena, revoke->account, revoke->keep_session);
	publish(ctx, revoke);
	return 0;
}
