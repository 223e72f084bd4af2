/* An account's sessions, for its owner and for the operator. */
#ifndef AUTH_SESSIONS_H
#define AUTH_SESSIONS_H

#include "common/rpc/auth_api.h"
#include "common/rpc/server.h"

/* Those that are still good, newest first, in the arena. ERR_UNAUTHENTICATED: there is no such
 * account (any more); ERR_UNAVAILABLE. */
int sessions_list(
	struct svc_ctx *ctx, int64_t account, struct auth_session **ret_items, size_t *ret_count);

#endif
