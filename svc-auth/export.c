#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/store.h"

#define SIGN_INS_MAX FIELD_LIST_MAX

static int second_factor(struct svc_ctx *ctx, struct db_conn *conn, struct auth_export_out *out)
{
	const int64_t account = ctx->call.caller.account;
	struct totp totp;
	int rc = store_totp(conn, account, ctx->arena, &totp);

	if (rc)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	out->totp_since = totp.since;
	return store_recovery_left(conn, account, &out->recovery_codes);
}

int auth_export(struct svc_ctx *ctx, const struct auth_export_in *in, struct auth_export_out *out)
{
	const struct auth *auth = ctx->state;
	struct db_conn *conn = db_reader(auth->db);
	int rc = conn ? second_factor(ctx, conn, out) : ERR_UNAVAILABLE;

	(void)in;
	if (rc)
		return rc;
	return store_sign_ins_of(conn, ctx->call.caller.account, SIGN_INS_MAX, ctx->arena,
		&out->sign_ins, &out->sign_ins_count);
}
