/* Ending an account's sessions for good: what is on disk decides, Redis and the event only hasten
 * it. */
#ifndef AUTH_REVOKE_H
#define AUTH_REVOKE_H

#include "common/rpc/server.h"
#include "svc-auth/password.h"
#include "svc-auth/store.h"

struct revoke {
	int64_t account;
	struct str keep_session;	    /* lives on; absent: none does */
	const struct password_hash *change; /* the new password, in the same commit; NULL: none */
	/* The credential whose password was proven: ERR_BAD_CREDENTIALS when another change came
	 * first. NULL: nothing was proven. */
	const struct credential *proven;
};

/* Changes nothing when Redis is down (ERR_UNAVAILABLE). ERR_UNAUTHENTICATED: no credential. */
int revoke_sessions(struct svc_ctx *ctx, const struct revoke *revoke);

#endif
