#include "svc-auth/legacy.h"

#include <crypt.h>
#include <md5.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/id.h"

#define MD5_LEN 16
#define SHA256_LEN 32
#define BCRYPT_SETTING_LEN 29 /* "$2b$12$" and 22 characters of salt */
#define BCRYPT_DIGEST_LEN 31
#define BCRYPT_PASSWORD_MAX 72 /* bytes it looks at */
#define OWN_ITERATIONS "1000"
#define OWN_SALT_BYTES 16

static const struct str django = STR_INIT("pbkdf2_sha256");
static const struct str base64_letters =
	STR_INIT("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

static int parse_hex(struct str stored, size_t len, struct legacy_digest *ret_digest)
{
	if (stored.len != 2 * len || sodium_hex2bin(ret_digest->bytes, len, stored.p, stored.len,
					     NULL, &ret_digest->len, NULL) != 0)
		return ERR_INVALID;
	return ret_digest->len == len ? 0 : ERR_INVALID;
}

/* "pbkdf2_sha256$ITERATIONS$SALT", with or without the digest behind it. */
static int read_pbkdf2(
	struct str text, int64_t *ret_iterations, struct str *ret_salt, struct str *ret_digest)
{
	struct str name, iterations;

	if (!str_cut(&text, '$', &name) || !str_eq(name, django) ||
		!str_cut(&text, '$', &iterations) || !str_cut(&text, '$', ret_salt))
		return ERR_INVALID;
	if (!str_is_digits(iterations) || str_to_i64(iterations, ret_iterations) ||
		*ret_iterations < 1 || *ret_iterations > LEGACY_ITERATIONS_MAX)
		return ERR_INVALID;
	*ret_digest = text;
	return ret_salt->len && ret_salt->len <= LEGACY_SALT_MAX ? 0 : ERR_INVALID;
}

static int parse_pbkdf2(
	struct str stored, struct str *ret_setting, struct legacy_digest *ret_digest)
{
	struct str salt, digest;
	int64_t iterations;
	int rc = read_pbkdf2(stored, &iterations, &salt, &digest);

	if (rc || !digest.len ||
		sodium_base642bin(ret_digest->bytes, SHA256_LEN, digest.p, digest.len, NULL,
			&ret_digest->len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		ret_digest->len != SHA256_LEN)
		return ERR_INVALID;
	*ret_setting = (struct str){stored.p, (size_t)(salt.p - stored.p) + salt.len};
	return 0;
}

/* "$2b$12$" and the salt. */
static bool is_bcrypt(struct str setting)
{
	const char *p = setting.p;
	int cost;

	if (setting.len != BCRYPT_SETTING_LEN || p[0] != '$' || p[1] != '2' ||
		!memchr("aby", p[2], 3) || p[3] != '$' || !str_is_digits(str_sub(setting, 4, 2)) ||
		p[6] != '$')
		return false;
	cost = (p[4] - '0') * 10 + p[5] - '0';
	if (cost < 4 || cost > LEGACY_COST_MAX)
		return false;
	for (size_t i = 7; i < setting.len; i++)
		if (str_find(base64_letters, p[i]) < 0)
			return false;
	return true;
}

static int parse_bcrypt(
	struct str stored, struct str *ret_setting, struct legacy_digest *ret_digest)
{
	struct str setting = str_sub(stored, 0, BCRYPT_SETTING_LEN);
	struct str digest = str_sub(stored, BCRYPT_SETTING_LEN, stored.len);

	if (!is_bcrypt(setting) || digest.len != BCRYPT_DIGEST_LEN)
		return ERR_INVALID;
	for (size_t i = 0; i < digest.len; i++)
		if (str_find(base64_letters, digest.p[i]) < 0)
			return ERR_INVALID;
	memcpy(ret_digest->bytes, digest.p, digest.len);
	ret_digest->len = digest.len;
	*ret_setting = setting;
	return 0;
}

int legacy_parse(enum auth_scheme scheme, struct str stored, struct arena *arena,
	struct str *ret_recipe, struct legacy_digest *ret_digest)
{
	struct str setting = enum_words_text(&auth_schemes, (int)scheme);
	int rc = ERR_INVALID;

	switch (scheme) {
	case SCHEME_MD5:
		rc = parse_hex(stored, MD5_LEN, ret_digest);
		break;
	case SCHEME_SHA256:
		rc = parse_hex(stored, SHA256_LEN, ret_digest);
		break;
	case SCHEME_DJANGO:
		rc = parse_pbkdf2(stored, &setting, ret_digest);
		break;
	case SCHEME_BCRYPT:
		rc = parse_bcrypt(stored, &setting, ret_digest);
		break;
	case SCHEME_PLAIN:
		break;
	}
	if (rc)
		return rc;
	*ret_recipe = str_dup(arena, setting);
	return ret_recipe->p ? 0 : ERR_NOMEM;
}

/* One block is all that 32 bytes need. */
static void pbkdf2(
	struct str password, struct str salt, int64_t iterations, unsigned char ret[SHA256_LEN])
{
	static const unsigned char first_block[4] = {0, 0, 0, 1};
	crypto_auth_hmacsha256_state keyed, state;
	unsigned char u[SHA256_LEN];

	crypto_auth_hmacsha256_init(
		&keyed, (const unsigned char *)(password.p ? password.p : ""), password.len);
	state = keyed;
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)salt.p, salt.len);
	crypto_auth_hmacsha256_update(&state, first_block, sizeof(first_block));
	crypto_auth_hmacsha256_final(&state, u);
	memcpy(ret, u, SHA256_LEN);
	for (int64_t i = 1; i < iterations; i++) {
		state = keyed;
		crypto_auth_hmacsha256_update(&state, u, SHA256_LEN);
		crypto_auth_hmacsha256_final(&state, u);
		for (size_t k = 0; k < SHA256_LEN; k++)
			ret[k] ^= u[k];
	}
	sodium_memzero(&keyed, sizeof(keyed));
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(u, sizeof(u));
}

static int compute_pbkdf2(struct str recipe, struct str password, struct legacy_digest *ret_digest)
{
	struct str salt, rest;
	int64_t iterations;

	if (read_pbkdf2(recipe, &iterations, &salt, &rest) || rest.p)
		return ERR_INTERNAL;
	pbkdf2(password, salt, iterations, ret_digest->bytes);
	ret_digest->len = SHA256_LEN;
	return 0;
}

/* bcrypt looks at 72 bytes, here as in the older backend, and would end at a NUL, which no text on
 * the bus has. */
static int compute_bcrypt(struct str recipe, struct str password, struct legacy_digest *ret_digest)
{
	struct {
		struct crypt_data data;
		char password[BCRYPT_PASSWORD_MAX + 1], setting[BCRYPT_SETTING_LEN + 1];
	} * work;
	const char *made;
	int rc = ERR_INTERNAL;

	if (!is_bcrypt(recipe))
		return ERR_INTERNAL;
	work = calloc(1, sizeof(*work));
	if (!work)
		return ERR_BUSY;
	if (password.len)
		memcpy(work->password, password.p,
			password.len < BCRYPT_PASSWORD_MAX ? password.len : BCRYPT_PASSWORD_MAX);
	memcpy(work->setting, recipe.p, recipe.len);
	made = crypt_r(work->password, work->setting, &work->data);
	if (made && strlen(made) == BCRYPT_SETTING_LEN + BCRYPT_DIGEST_LEN) {
		memcpy(ret_digest->bytes, made + BCRYPT_SETTING_LEN, BCRYPT_DIGEST_LEN);
		ret_digest->len = BCRYPT_DIGEST_LEN;
		rc = 0;
	}
	sodium_memzero(work, sizeof(*work));
	free(work);
	return rc;
}

int legacy_compute(struct str recipe, struct str password, struct legacy_digest *ret_digest)
{
	const unsigned char *p = (const unsigned char *)(password.p ? password.p : "");

	if (str_eq(recipe, STR("md5"))) {
		MD5_CTX md5;

		MD5Init(&md5);
		MD5Update(&md5, p, password.len);
		MD5Final(ret_digest->bytes, &md5);
		sodium_memzero(&md5, sizeof(md5));
		ret_digest->len = MD5_LEN;
		return 0;
	}
	if (str_eq(recipe, STR("sha256"))) {
		crypto_hash_sha256(ret_digest->bytes, p, password.len);
		ret_digest->len = SHA256_LEN;
		return 0;
	}
	if (str_starts(recipe, django))
		return compute_pbkdf2(recipe, password, ret_digest);
	return compute_bcrypt(recipe, password, ret_digest);
}

int legacy_recipe(struct arena *arena, struct str *ret_recipe)
{
	unsigned char salt[OWN_SALT_BYTES];
	char hex[2 * OWN_SALT_BYTES + 1];
	struct buf recipe;

	id_random(salt, sizeof(salt));
	id_hex(salt, sizeof(salt), hex);
	buf_init(&recipe, arena, LEGACY_RECIPE_MAX);
	buf_add_str(&recipe, django);
	buf_add_c(&recipe, "$" OWN_ITERATIONS "$");
	buf_add_c(&recipe, hex);
	if (buf_failed(&recipe))
		return ERR_NOMEM;
	*ret_recipe = buf_str(&recipe);
	return 0;
}
