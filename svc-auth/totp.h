/*
 * The second factor of an account: an authenticator app's secret, kept sealed under totp.key in the
 * data directory, and ten recovery codes, kept as keyed hashes. A code is good once.
 */
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H

#include "common/rpc/server.h"
#include "common/rpc/seal.h"

struct db_conn;

struct totp_keys {
	struct seal_key secret;
	unsigned char recovery[SEAL_KEY_LEN];
};

/* Reads or makes totp.key. ERR_IO, ERR_INVALID as seal_key_load. */
int totp_keys_load(const char *path, struct totp_keys *ret_keys);

/* Checks and uses up a code of the app or a recovery code. 0 also when no second factor is in force;
 * ERR_TOTP_REQUIRED for an empty code, ERR_BAD_CREDENTIALS for a wrong or used one. */
int totp_check(struct svc_ctx *ctx, int64_t account, struct str code);
/* Within a job: forgets all of it. */
int totp_forget(struct db_conn *conn, int64_t account);

#endif
