#include "svc-auth/jwt.h"

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/json.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/seal.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(SEAL_KEY_LEN == crypto_auth_hmacsha256_KEYBYTES, "key length");

static void add_base64(struct buf *out, const void *bytes, size_t len)
{
	/* libsodium counts and writes a NUL, which the builder does not want to keep. */
	char *p = buf_reserve(out, sodium_base64_encoded_len(len, BASE64));

	if (!p)
		return;
	sodium_bin2base64(p, sodium_base64_encoded_len(len, BASE64), bytes, len, BASE64);
	out->len--;
}

int jwt_sign(const struct seal_key *key, const struct jwt_claims *claims, struct arena *arena,
	struct str *ret_token)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	struct buf payload;
	struct buf token;

	buf_init(&payload, arena, AUTH_TOKEN_MAX);
	buf_addf(&payload, "{\"id\":%lld,\"username\":", (long long)claims->id);
	buf_add_json(&payload, claims->username.p ? claims->username : STR(""));
	buf_addf(&payload, ",\"exp\":%lld,\"sid\":", (long long)claims->exp_s);
	buf_add_json(&payload, claims->sid);
	buf_add_char(&payload, '}');
	if (buf_failed(&payload))
		return ERR_NOMEM;
	buf_init(&token, arena, AUTH_TOKEN_MAX);
	add_base64(&token, HEADER, sizeof(HEADER) - 1);
	buf_add_char(&token, '.');
	add_base64(&token, payload.p, payload.len);
	if (buf_failed(&token))
		return ERR_NOMEM;
	crypto_auth_hmacsha256(mac, (const unsigned char *)token.p, token.len, key->bytes);
	buf_add_char(&token, '.');
	add_base64(&token, mac, sizeof(mac));
	if (buf_failed(&token))
		return ERR_NOMEM;
	*ret_token = buf_str(&token);
	return 0;
}

bool jwt_looks_like(struct str token)
{
	size_t dots = 0;

	for (size_t i = 0; i < token.len; i++)
		dots += token.p[i] == '.';
	return dots == 2;
}

/* Strict: no padding, no other characters, no spare bits set. */
static int from_base64(struct str text, void *bytes, size_t size, size_t *ret_len)
{
	if (sodium_base642bin(bytes, size, text.p, text.len, NULL, ret_len, NULL, BASE64) != 0)
		return ERR_UNAUTHENTICATED;
	return 0;
}

static int check_mac(const struct seal_key *key, struct str part, struct str signature)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	size_t len;

	if (from_base64(signature, mac, sizeof(mac), &len) || len != sizeof(mac))
		return ERR_UNAUTHENTICATED;
	if (crypto_auth_hmacsha256_verify(
		    mac, (const unsigned char *)part.p, part.len, key->bytes) != 0)
		return ERR_UNAUTHENTICATED;
	return 0;
}

static int read_claims(const json_t *object, struct arena *arena, struct jwt_claims *ret_claims)
{
	struct str username = json_str(json_object_get(object, "username"));
	struct str sid = json_str(json_object_get(object, "sid"));
	const json_t *id = json_object_get(object, "id");
	const json_t *exp = json_object_get(object, "exp");

	if (!json_is_integer(id) || !json_is_integer(exp) || !username.p || sid.len != JWT_SID_LEN)
		return ERR_UNAUTHENTICATED;
	*ret_claims = (struct jwt_claims){
		.id = json_integer_value(id),
		.username = str_dup(arena, username),
		.exp_s = json_integer_value(exp),
		.sid = str_dup(arena, sid),
	};
	return ret_claims->username.p && ret_claims->sid.p ? 0 : ERR_NOMEM;
}

int jwt_verify(const struct seal_key *key, struct str token, int64_t now_s, struct arena *arena,
	struct jwt_claims *ret_claims)
{
	struct str rest = token;
	struct str header, payload;
	struct jwt_claims claims;
	json_t *object = NULL;
	char text[AUTH_TOKEN_MAX];
	size_t len;
	int rc;

	if (token.len > AUTH_TOKEN_MAX || !jwt_looks_like(token))
		return ERR_UNAUTHENTICATED;
	str_cut(&rest, '.', &header);
	str_cut(&rest, '.', &payload);
	rc = check_mac(key, str_sub(token, 0, header.len + 1 + payload.len), rest);
	if (rc)
		return rc;
	if (from_base64(payload, text, sizeof(text), &len) ||
		json_parse((struct str){text, len}, &object))
		return ERR_UNAUTHENTICATED;
	rc = read_claims(object, arena, &claims);
	json_decref(object);
	if (rc)
		return rc;
	if (claims.exp_s <= now_s)
		return ERR_UNAUTHENTICATED;
	*ret_claims = claims;
	return 0;
}
