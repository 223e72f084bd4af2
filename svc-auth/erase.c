#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/proof.h"
#include "svc-auth/repair.h"

static int set_erasing(struct db_conn *conn, void *arg)
{
	return store_erasing_set(conn, *(const int64_t *)arg);
}

/* From the first commit on it will be done, if need be by the repair thread. */
int auth_erase(struct svc_ctx *ctx, const struct auth_erase_in *in, struct auth_erase_out *out)
{
	struct auth *auth = ctx->state;
	int64_t account = ctx->call.caller.account;
	struct credential credential;
	int rc = auth_credential(ctx, account, &credential);

	(void)out;
	if (!rc)
		rc = proof_check(ctx, &credential, STR_NONE, in->password);
	if (!rc)
		rc = db_write(auth->db, set_erasing, &account);
	if (rc)
		return rc;
	rc = repair_erase(auth, &ctx->call, account);
	if (rc)
		repair_wake(auth->repair);
	return rc;
}
