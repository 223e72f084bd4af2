#include "svc-auth/match.h"

#include "common/base/err.h"
#include "common/base/log.h"
#include "svc-auth/auth.h"
#include "svc-auth/sealed.h"

int match_password(struct svc_ctx *ctx, const struct credential *credential, struct str password)
{
	struct auth *auth = ctx->state;
	const int64_t deadline_us = ctx->call.deadline_us;
	struct legacy_digest digest;
	struct password_hash stored;

	if (!credential)
		return password_check(auth->hasher, deadline_us, password, NULL);
	if (credential->sealed.p) {
		if (sealed_open(&auth->import_key, credential->registration, credential->recipe,
			    credential->sealed, &digest))
			return ERR_INTERNAL;
		return password_check_digest(
			auth->hasher, deadline_us, password, credential->recipe, &digest);
	}
	if (store_hash(credential, &stored))
		return ERR_INTERNAL;
	return password_check(auth->hasher, deadline_us, password, &stored);
}

struct settling {
	int64_t account;
	struct password_hash hash;
};

static int settle(struct db_conn *conn, void *arg)
{
	const struct settling *settling = arg;

	return store_settled(conn, settling->account, &settling->hash);
}

void match_settle(struct svc_ctx *ctx, const struct credential *credential, struct str password)
{
	struct auth *auth = ctx->state;
	struct settling settling = {.account = credential->account};
	int rc;

	if (!credential->recipe.p)
		return;
	rc = password_make(auth->hasher, ctx->call.deadline_us, password, &settling.hash);
	if (!rc)
		rc = db_write(auth->db, settle, &settling);
	if (rc)
		log_event(LOG_WARN, ctx->call.request_id, "an older hash was not replaced",
			LOG_STR("error", str_c(err_name(rc))));
}

bool match_still(struct svc_ctx *ctx, const struct credential *now,
	const struct credential *checked, struct str password)
{
	if (str_eq(now->salt, checked->salt) && str_eq(now->hash, checked->hash))
		return true;
	return checked->recipe.p && match_password(ctx, now, password) == 0;
}
