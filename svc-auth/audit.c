#include "svc-auth/audit.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/rpc/call.h"
#include "svc-auth/store.h"

#define PRUNE_EVERY 1000 /* rows; ids have no gaps, so none is skipped */

static int add(struct db_conn *conn, void *arg)
{
	int64_t id;
	int rc = store_sign_in_add(conn, arg, &id);

	if (rc || id % PRUNE_EVERY)
		return rc;
	rc = store_sign_ins_prune_unknown(
		conn, id - AUDIT_UNKNOWN_KEPT - PRUNE_EVERY, id - AUDIT_UNKNOWN_KEPT);
	return rc ? rc : store_sign_ins_prune(conn, id - AUDIT_KEPT);
}

void audit_sign_in(struct db *db, const struct call *call, int64_t account, struct str device,
	enum audit_outcome outcome)
{
	struct sign_in row = {
		.time = clock_now_us(),
		.account = account,
		.address = call->caller.address,
		.device = device,
		.outcome = outcome,
	};
	int rc = db_write(db, add, &row);

	if (rc)
		log_event(LOG_ERROR, call->request_id, "a sign-in was not recorded",
			LOG_STR("error", str_c(err_name(rc))));
}
