/*
 * Passwords: what is acceptable, and Argon2id (RFC 9106) with 19 MiB and 2 passes. Hashing takes a
 * slot of the hasher, of which there are as many as cores: more at once would only be slower.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdint.h>

#include "common/base/str.h"
#include "common/rpc/auth_api.h"

#define PASSWORD_SALT_LEN 16
#define PASSWORD_HASH_LEN 32
#define PASSWORD_NATIVE_MIN 8 /* bytes */

/* Stored beside each hash, so that parameters can change. Append only. */
enum password_algorithm { PASSWORD_ARGON2ID_19M_2 = 1 };

struct password_hash {
	int64_t algorithm; /* enum password_algorithm */
	unsigned char salt[PASSWORD_SALT_LEN];
	unsigned char hash[PASSWORD_HASH_LEN];
	struct str recipe; /* the hash is of the digest that this makes of the password (legacy.h); absent:
			      of the password itself. Owned by whoever filled it in */
};

struct password_hasher;
struct legacy_digest;

/* slots: hashes at once. NULL when memory is short. */
struct password_hasher *password_hasher_new(unsigned slots);
void password_hasher_free(struct password_hasher *hasher);

/* With a fresh salt. ERR_DEADLINE when no slot came free in time (wall clock), ERR_BUSY when memory
 * is short. */
int password_make(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	struct password_hash *ret_hash);
/* ERR_BAD_CREDENTIALS when it is another password; ERR_DEADLINE and ERR_BUSY as above, which say
 * nothing about the password. stored == NULL stands for an account that does not exist: takes the
 * same time, then ERR_BAD_CREDENTIALS. */
int password_check(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	const struct password_hash *stored);
/* Puts the digest of an older backend into Argon2id; errors as password_make. */
int password_wrap(struct password_hasher *hasher, int64_t deadline_us, struct str recipe,
	const struct legacy_digest *digest, struct password_hash *ret_hash);
/* password_check against a digest that was not yet put into Argon2id; takes the same time. */
int password_check_digest(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	struct str recipe, const struct legacy_digest *digest);

/* ERR_WEAK_PASSWORD when the policy (v1.md, contracts/README.md rule 7) refuses it. */
int password_policy(enum auth_policy policy, struct str password);
/* Whether it is among the commonest passwords, ASCII case ignored. */
bool password_is_common(struct str password);

#endif
