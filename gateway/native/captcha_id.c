#include "gateway/native/captcha_id.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

#define CONTEXT "captcha" /* keeps these keys apart from what else is made of the given one */
#define TIME_BYTES 5
#define PLAIN_BYTES (TIME_BYTES + CAPTCHA_ID_TEXT)
#define SEALED_BYTES (PLAIN_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define SEALED_LEN (CAPTCHA_ID_LEN - CAPTCHA_ID_CHALLENGE)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

enum subkey { SUBKEY_SEAL = 1, SUBKEY_SEED };
/* A whole number of base64 groups: each id has exactly one spelling. */
static_assert(SEALED_BYTES * 4 == SEALED_LEN * 3, "length of an id");
static_assert(CAPTCHA_ID_KEY_BYTES == crypto_kdf_KEYBYTES, "length of the key");
static_assert(sizeof(CONTEXT) == crypto_kdf_CONTEXTBYTES, "length of the context");
static_assert(CAPTCHA_ID_CHALLENGE / 2 <= NONCE_BYTES, "a challenge is a nonce");

static void derive(const unsigned char *key, enum subkey which, unsigned char ret_key[32])
{
	crypto_kdf_derive_from_key(ret_key, 32, (uint64_t)which, CONTEXT, key);
}

/* 16 random bytes, drawn by svc-auth. */
static int nonce_of(struct str challenge, unsigned char ret_nonce[NONCE_BYTES])
{
	size_t len;

	memset(ret_nonce, 0, NONCE_BYTES);
	for (size_t i = 0; i < challenge.len; i++)
		if (!memchr("0123456789abcdef", challenge.p[i], 16))
			return ERR_NOT_FOUND;
	if (sodium_hex2bin(ret_nonce, NONCE_BYTES, challenge.p, challenge.len, NULL, &len, NULL) ||
		len != CAPTCHA_ID_CHALLENGE / 2)
		return ERR_NOT_FOUND;
	return 0;
}

struct str captcha_id_make(const unsigned char key[CAPTCHA_ID_KEY_BYTES],
	const struct captcha_id *id, struct arena *arena)
{
	unsigned char plain[PLAIN_BYTES], sealed[SEALED_BYTES], nonce[NONCE_BYTES], subkey[32];
	char *text = arena_alloc(arena, CAPTCHA_ID_LEN + 1);

	if (!text || id->challenge.len != CAPTCHA_ID_CHALLENGE ||
		strlen(id->text) != CAPTCHA_ID_TEXT || nonce_of(id->challenge, nonce))
		return STR_NONE;
	for (int i = 0; i < TIME_BYTES; i++)
		plain[i] = (unsigned char)((uint64_t)id->expires_s >> (32 - 8 * i));
	memcpy(plain + TIME_BYTES, id->text, CAPTCHA_ID_TEXT);
	derive(key, SUBKEY_SEAL, subkey);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		sealed, NULL, plain, PLAIN_BYTES, NULL, 0, NULL, nonce, subkey);
	memcpy(text, id->challenge.p, CAPTCHA_ID_CHALLENGE);
	sodium_bin2base64(text + CAPTCHA_ID_CHALLENGE, SEALED_LEN + 1, sealed, SEALED_BYTES,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (struct str){text, CAPTCHA_ID_LEN};
}

/* libsodium 1.0.18 takes every byte above 0x7f for '_'. */
static int unseal(const unsigned char *key, struct str text, unsigned char ret_plain[PLAIN_BYTES])
{
	unsigned char sealed[SEALED_BYTES], nonce[NONCE_BYTES], subkey[32];
	size_t len;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] > 0x7f)
			return ERR_NOT_FOUND;
	if (text.len != CAPTCHA_ID_LEN || nonce_of(str_sub(text, 0, CAPTCHA_ID_CHALLENGE), nonce) ||
		sodium_base642bin(sealed, sizeof(sealed), text.p + CAPTCHA_ID_CHALLENGE, SEALED_LEN,
			NULL, &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
		len != sizeof(sealed))
		return ERR_NOT_FOUND;
	derive(key, SUBKEY_SEAL, subkey);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		       ret_plain, NULL, NULL, sealed, sizeof(sealed), NULL, 0, nonce, subkey)
		       ? ERR_NOT_FOUND
		       : 0;
}

int captcha_id_read(const unsigned char key[CAPTCHA_ID_KEY_BYTES], struct str text, int64_t now_s,
	struct captcha_id *ret_id)
{
	unsigned char plain[PLAIN_BYTES], subkey[32];
	int64_t expires_s = 0;
	int rc = unseal(key, text, plain);

	if (rc)
		return rc;
	for (int i = 0; i < TIME_BYTES; i++)
		expires_s = expires_s << 8 | plain[i];
	if (expires_s <= now_s)
		return ERR_NOT_FOUND;
	*ret_id = (struct captcha_id){
		.challenge = str_sub(text, 0, CAPTCHA_ID_CHALLENGE),
		.expires_s = expires_s,
	};
	memcpy(ret_id->text, plain + TIME_BYTES, CAPTCHA_ID_TEXT);
	derive(key, SUBKEY_SEED, subkey);
	crypto_generichash(ret_id->seed, sizeof(ret_id->seed), (const unsigned char *)text.p,
		text.len, subkey, sizeof(subkey));
	return 0;
}
