/* A password against what is stored of it: a plain hash, an older backend's in Argon2id, or one
 * that still waits for that. Without limits; for those see proof.h. */
#ifndef AUTH_MATCH_H
#define AUTH_MATCH_H

#include "common/rpc/server.h"
#include "svc-auth/store.h"

/* credential NULL: there is no such account; takes as long, then ERR_BAD_CREDENTIALS. ERR_DEADLINE
 * and ERR_BUSY as password_check; ERR_INTERNAL: the row is damaged. */
int match_password(struct svc_ctx *ctx, const struct credential *credential, struct str password);
/* After a right password: puts a plain hash of it in the place of an older backend's, if that is
 * what the credential has. A failure is logged and changes nothing; the next sign-in tries again.
 */
void match_settle(struct svc_ctx *ctx, const struct credential *credential, struct str password);
/* Whether `now`, read later, still is of the password that matched `checked`; `password` is that.
 * An older backend's hash is replaced while its password stays. */
bool match_still(struct svc_ctx *ctx, const struct credential *now,
	const struct credential *checked, struct str password);

#endif
