/* What every way to sign in begins and ends with. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "common/rpc/server.h"
#include "common/rpc/user_api.h"
#include "svc-auth/audit.h"
#include "svc-auth/session.h"

/* The account with this identifier, and its credential. ERR_UNKNOWN_ACCOUNT, also for an erased
 * one: it has no credential any more. */
int login_find(struct svc_ctx *ctx, struct str login, enum user_login_kind by,
	struct user_account *ret_account, struct credential *ret_credential);
/* How the record of sign-ins calls a result: 0, ERR_NOT_NORMAL, or a wrong password for an account
 * that is known or not. */
enum audit_outcome login_outcome(int rc, bool known);

/* Fills id and token and stores the session, of which account, device, created_us and ttl_s are
 * given; ends those that are too many. The token ends with the arena. ERR_UNAVAILABLE. */
int login_open(struct svc_ctx *ctx, struct session *session, struct str *ret_token);

struct login_proof {
	struct str login, password;
	bool asks_totp; /* otherwise nobody can be asked for a code, and none is right */
	struct str totp;
};
/* The password and, if it is in force, the second factor, as proof_check_both. An account that is not
 * normal proves itself by the password alone, to be told so. credential NULL: there is none. */
int login_prove(struct svc_ctx *ctx, const struct login_proof *proof,
	const struct credential *credential, const struct user_account *account);

#endif
