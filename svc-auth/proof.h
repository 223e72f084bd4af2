/* A password check within the limits on guessing: for signing in, changing and erasing. */
#ifndef AUTH_PROOF_H
#define AUTH_PROOF_H

#include "common/rpc/server.h"
#include "svc-auth/store.h"

/* credential NULL: there is no such account; then `login` is what the tries are counted by, and the
 * answer takes as long as any other. ERR_BAD_CREDENTIALS; ERR_LIMITED, with the time to wait in the
 * call; ERR_UNAVAILABLE, ERR_BUSY or ERR_DEADLINE when it could not be told, which counts for
 * nothing. */
int proof_check(struct svc_ctx *ctx, const struct credential *credential, struct str login,
	struct str password);
/* The password and, where a second factor is in force, a code of it: ERR_TOTP_REQUIRED when the
 * password is right and the code empty; a wrong code is a wrong try like any other. */
int proof_check_both(struct svc_ctx *ctx, const struct credential *credential, struct str login,
	struct str password, struct str totp);

#endif
