#include "svc-auth/sealed.h"

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/seal.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOUND_MAX (32 + 1 + LEGACY_RECIPE_MAX)
#define NAMES_MAX 2048

_Static_assert(NONCE_LEN + LEGACY_DIGEST_MAX + TAG_LEN == SEALED_MAX, "room for the largest");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY_LEN, "key length");

struct bound {
	unsigned char bytes[BOUND_MAX];
	size_t len;
};

static int bound_make(struct str registration, struct str recipe, struct bound *ret_bound)
{
	if (registration.len + 1 + recipe.len > sizeof(ret_bound->bytes))
		return ERR_INTERNAL;
	memcpy(ret_bound->bytes, registration.p, registration.len);
	ret_bound->bytes[registration.len] = '\0';
	memcpy(ret_bound->bytes + registration.len + 1, recipe.p, recipe.len);
	ret_bound->len = registration.len + 1 + recipe.len;
	return 0;
}

int sealed_make(const struct seal_key *key, struct str registration, struct str recipe,
	const struct legacy_digest *digest, struct arena *arena, struct str *ret_sealed)
{
	unsigned char *sealed = arena_alloc(arena, SEALED_MAX);
	unsigned char own[SEAL_KEY_LEN];
	struct bound bound;

	if (!sealed)
		return ERR_NOMEM;
	if (bound_make(registration, recipe, &bound))
		return ERR_INTERNAL;
	seal_key_derive(key, "sealed", own);
	id_random(sealed, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_LEN, NULL, digest->bytes,
		digest->len, bound.bytes, bound.len, NULL, sealed, own);
	sodium_memzero(own, sizeof(own));
	*ret_sealed = (struct str){(char *)sealed, NONCE_LEN + digest->len + TAG_LEN};
	return 0;
}

int sealed_open(const struct seal_key *key, struct str registration, struct str recipe,
	struct str sealed, struct legacy_digest *ret_digest)
{
	const unsigned char *p = (const unsigned char *)sealed.p;
	unsigned char own[SEAL_KEY_LEN];
	struct bound bound;
	int rc;

	if (sealed.len < NONCE_LEN + TAG_LEN || sealed.len > SEALED_MAX ||
		bound_make(registration, recipe, &bound))
		return ERR_INTERNAL;
	seal_key_derive(key, "sealed", own);
	rc = crypto_aead_xchacha20poly1305_ietf_decrypt(ret_digest->bytes, NULL, NULL,
		p + NONCE_LEN, sealed.len - NONCE_LEN, bound.bytes, bound.len, p, own);
	sodium_memzero(own, sizeof(own));
	if (rc)
		return ERR_INTERNAL;
	ret_digest->len = sealed.len - NONCE_LEN - TAG_LEN;
	return 0;
}

int sealed_registration(const struct seal_key *key, const struct auth_import_row *row,
	struct arena *arena, struct str *ret_registration)
{
	const struct str parts[] = {
		str_lower(arena, row->username), row->phone, str_lower(arena, row->email)};
	unsigned char own[SEAL_KEY_LEN], hash[SEALED_REGISTRATION_LEN / 2];
	char *text = arena_alloc(arena, SEALED_REGISTRATION_LEN + 1);
	struct buf names;

	buf_init(&names, arena, NAMES_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_add_i64(&names, (int64_t)parts[i].len);
		buf_add_char(&names, ':');
		buf_add_str(&names, parts[i]);
	}
	if (!text || buf_failed(&names) || !parts[0].p != !row->username.p ||
		!parts[2].p != !row->email.p)
		return ERR_NOMEM;
	seal_key_derive(key, "moving", own);
	crypto_generichash(
		hash, sizeof(hash), (const unsigned char *)names.p, names.len, own, sizeof(own));
	sodium_memzero(own, sizeof(own));
	id_hex(hash, sizeof(hash), text);
	*ret_registration = (struct str){text, SEALED_REGISTRATION_LEN};
	return 0;
}
