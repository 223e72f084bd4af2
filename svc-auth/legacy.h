/*
 * Password hashes of older backends, which moved in with their accounts (auth.import). What is kept
 * of one is Argon2id of its digest, and a recipe: how a password becomes that digest. The recipe
 * holds salts and costs, never anything of the password. Recipes, as they stand in
 * credentials.recipe:
 *
 *	md5                           MD5 of the password (RFC 1321)
 *	sha256                        SHA-256 of the password (FIPS 180-4)
 *	pbkdf2_sha256$ITERATIONS$SALT PBKDF2 with HMAC-SHA-256 (RFC 8018), 32 bytes; Django's
 *	$2b$COST$SALT                 bcrypt, also $2a$ and $2y$, with 22 characters of salt
 */
#ifndef AUTH_LEGACY_H
#define AUTH_LEGACY_H

#include "common/base/str.h"
#include "common/rpc/auth_api.h"

struct arena;

#define LEGACY_DIGEST_MAX 32
#define LEGACY_SALT_MAX 128
#define LEGACY_RECIPE_MAX 160
/* Dearer ones could not be checked within a request. */
#define LEGACY_ITERATIONS_MAX 5000000
#define LEGACY_COST_MAX 15

struct legacy_digest {
	unsigned char bytes[LEGACY_DIGEST_MAX];
	size_t len;
};

/* Takes apart what an older backend stored (auth_api.h, AUTH_IMPORT_ROW). The recipe is in the
 * arena. ERR_INVALID: not of this scheme, or too dear. */
int legacy_parse(enum auth_scheme scheme, struct str stored, struct arena *arena,
	struct str *ret_recipe, struct legacy_digest *ret_digest);
/* The digest of a password. ERR_INTERNAL when the recipe is damaged, ERR_BUSY when memory is short.
 */
int legacy_compute(struct str recipe, struct str password, struct legacy_digest *ret_digest);
/* A salted recipe of our own, in the arena, for a plain password that is not put into Argon2id at
 * once. */
int legacy_recipe(struct arena *arena, struct str *ret_recipe);

#endif
