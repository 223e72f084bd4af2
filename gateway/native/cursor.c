#include "gateway/native/cursor.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

#define MAC_BYTES 16 /* of HMAC-SHA-256's 32 */

struct signed_place {
	unsigned char after[8]; /* big-endian */
	unsigned char mac[MAC_BYTES];
};
/* A whole number of base64 groups: each cursor has exactly one spelling. */
static_assert(sizeof(struct signed_place) * 4 == CURSOR_LEN * 3, "cursor length");
static_assert(CURSOR_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES, "key length");

static void sign(const unsigned char *key, struct str list, const unsigned char after[8],
	unsigned char ret_mac[MAC_BYTES])
{
	crypto_auth_hmacsha256_state state;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&state, key, CURSOR_KEY_BYTES);
	crypto_auth_hmacsha256_update(&state, after, 8);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)list.p, list.len);
	crypto_auth_hmacsha256_final(&state, mac);
	memcpy(ret_mac, mac, MAC_BYTES);
}

static void encode(const unsigned char *key, struct str list, int64_t after,
	char ret_text[CURSOR_LEN + 1])
{
	struct signed_place place;

	for (int i = 0; i < 8; i++)
		place.after[i] = (unsigned char)((uint64_t)after >> (56 - 8 * i));
	sign(key, list, place.after, place.mac);
	sodium_bin2base64(ret_text, CURSOR_LEN + 1, (const unsigned char *)&place, sizeof(place),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

struct str cursor_make(const unsigned char key[CURSOR_KEY_BYTES], struct str list, int64_t after,
	struct arena *arena)
{
	char *text = arena_alloc(arena, CURSOR_LEN + 1);

	if (!text)
		return STR_NONE;
	encode(key, list, after, text);
	return (struct str){text, CURSOR_LEN};
}

/* Compares the text, not what it decodes to: libsodium 1.0.18 takes every byte above 0x7f for '_'. */
int cursor_read(const unsigned char key[CURSOR_KEY_BYTES], struct str list, struct str cursor,
	int64_t *ret_after)
{
	struct signed_place place;
	char text[CURSOR_LEN + 1];
	uint64_t after = 0;
	size_t len;

	if (cursor.len != CURSOR_LEN ||
		sodium_base642bin((unsigned char *)&place, sizeof(place), cursor.p, cursor.len, NULL,
			&len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
		len != sizeof(place))
		return ERR_INVALID;
	for (int i = 0; i < 8; i++)
		after = after << 8 | place.after[i];
	encode(key, list, (int64_t)after, text);
	if (sodium_memcmp(text, cursor.p, CURSOR_LEN))
		return ERR_INVALID;
	*ret_after = (int64_t)after;
	return 0;
}
