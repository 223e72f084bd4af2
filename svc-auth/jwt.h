/*
 * The JWT that clinic's clients carry: HS256 (RFC 7515, RFC 7519) with the claims id, username, exp
 * and sid. It only names a session, which is looked up like any other; nothing else is ever read
 * from it, least of all the algorithm.
 */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include <stdint.h>

#include "common/base/str.h"

struct arena;
struct seal_key;

#define JWT_SID_LEN 32 /* hex digits */

struct jwt_claims {
	int64_t id;
	struct str username;
	int64_t exp_s;	/* seconds since 1970 */
	struct str sid; /* session id */
};

/* Compact form, in the arena; ERR_NOMEM. */
int jwt_sign(const struct seal_key *key, const struct jwt_claims *claims, struct arena *arena,
	struct str *ret_token);
/* Checks signature, then expiry. ERR_UNAUTHENTICATED for anything but a valid token of ours. */
int jwt_verify(const struct seal_key *key, struct str token, int64_t now_s, struct arena *arena,
	struct jwt_claims *ret_claims);
/* Three parts: a JWT rather than an opaque token, which has no dots. */
bool jwt_looks_like(struct str token);

#endif
