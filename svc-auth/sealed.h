/*
 * Digests of older backends that wait for their Argon2id: sealed with XChaCha20-Poly1305 under
 * import.key (data directory, 0600), bound to their registration and recipe, so that a row cannot
 * be put in another's place. Nothing here is worth more than the key file: wrap.c empties it as
 * fast as it can.
 */
#ifndef AUTH_SEALED_H
#define AUTH_SEALED_H

#include "svc-auth/legacy.h"

struct seal_key;

#define SEALED_MAX (24 + LEGACY_DIGEST_MAX + 16)

/* In the arena; ERR_NOMEM. */
int sealed_make(const struct seal_key *key, struct str registration, struct str recipe,
	const struct legacy_digest *digest, struct arena *arena, struct str *ret_sealed);
/* ERR_INTERNAL: damaged, or another key's. */
int sealed_open(const struct seal_key *key, struct str registration, struct str recipe,
	struct str sealed, struct legacy_digest *ret_digest);

/* The registration of a line that moves in: always the same for the same identifiers, so that
 * moving can be repeated; keyed, because it outlives the account and must not tell whose it was. 32
 * hex digits and NUL. */
#define SEALED_REGISTRATION_LEN 32
int sealed_registration(const struct seal_key *key, const struct auth_import_row *row,
	struct arena *arena, struct str *ret_registration);

#endif
