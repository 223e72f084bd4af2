/* svc-auth's JWT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/seal.h"
#include "svc-auth/jwt.h"

#define NOW_S 1790000000
#define SID "00112233445566778899aabbccddeeff"
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const struct seal_key key = {.bytes = "0123456789abcdef0123456789abcde"};

static int setup(void **state)
{
	*state = arena_new(1 << 20);
	return *state && sodium_init() >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct str sign(struct arena *arena, int64_t exp_s)
{
	const struct jwt_claims claims = {
		.id = 12345678,
		.username = STR("\xe5\xbc\xa0\"\\3"),
		.exp_s = exp_s,
		.sid = STR(SID),
	};
	struct str token;

	assert_int_equal(jwt_sign(&key, &claims, arena, &token), 0);
	return token;
}

static int verify(struct arena *arena, struct str token)
{
	struct jwt_claims claims;

	return jwt_verify(&key, token, NOW_S, arena, &claims);
}

/* A token with this header and payload, signed with the right key. */
static struct str forge(struct arena *arena, const char *header, const char *payload)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char *text = arena_alloc(arena, 4096);
	size_t len;

	sodium_bin2base64(text, 2048, (const unsigned char *)header, strlen(header), BASE64);
	strcat(text, ".");
	len = strlen(text);
	sodium_bin2base64(
		text + len, 4096 - len, (const unsigned char *)payload, strlen(payload), BASE64);
	len = strlen(text);
	crypto_auth_hmacsha256(mac, (const unsigned char *)text, len, key.bytes);
	text[len++] = '.';
	sodium_bin2base64(text + len, 4096 - len, mac, sizeof(mac), BASE64);
	return str_c(text);
}

static void test_round_trip(void **state)
{
	struct str token = sign(*state, NOW_S + 60);
	struct jwt_claims claims;

	assert_true(jwt_looks_like(token));
	assert_int_equal(jwt_verify(&key, token, NOW_S, *state, &claims), 0);
	assert_int_equal(claims.id, 12345678);
	assert_true(str_eq(claims.username, STR("\xe5\xbc\xa0\"\\3")));
	assert_int_equal(claims.exp_s, NOW_S + 60);
	assert_true(str_eq(claims.sid, STR(SID)));
}

/* RFC 7515: the bytes that other implementations would make. */
static void test_known_bytes(void **state)
{
	const struct jwt_claims claims = {
		.id = 1, .username = STR("a"), .exp_s = NOW_S, .sid = STR(SID)};
	struct str want = forge(*state, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
		"{\"id\":1,\"username\":\"a\",\"exp\":1790000000,\"sid\":\"" SID "\"}");
	struct str token;

	assert_int_equal(jwt_sign(&key, &claims, *state, &token), 0);
	assert_true(str_eq(token, want));
	assert_true(str_starts(token, STR("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.")));
}

static void test_longest_username(void **state)
{
	char username[4 * USER_USERNAME_MAX];
	struct jwt_claims claims = {.id = 999999999, .exp_s = NOW_S + 1, .sid = STR(SID)};
	struct str token;

	for (size_t i = 0; i < sizeof(username); i += 4)
		memcpy(username + i, "\xf0\x9f\x90\x98", 4);
	claims.username = (struct str){username, sizeof(username)};
	assert_int_equal(jwt_sign(&key, &claims, *state, &token), 0);
	assert_true(token.len <= AUTH_TOKEN_MAX);
	assert_int_equal(verify(*state, token), 0);
	claims.username = STR_NONE;
	assert_int_equal(jwt_sign(&key, &claims, *state, &token), 0);
	assert_int_equal(verify(*state, token), 0);
}

static void test_expiry(void **state)
{
	assert_int_equal(verify(*state, sign(*state, NOW_S + 1)), 0);
	assert_int_equal(verify(*state, sign(*state, NOW_S)), ERR_UNAUTHENTICATED);
	assert_int_equal(verify(*state, sign(*state, NOW_S - 1000)), ERR_UNAUTHENTICATED);
}

/* Any single changed character makes it void: also the spare bits of the last one of a part. */
static void test_every_character_counts(void **state)
{
	static const char other[] = "ABab01-_.=+/ \n";
	struct str token = sign(*state, NOW_S + 60);

	for (size_t i = 0; i < token.len; i++) {
		for (const char *c = other; *c; c++) {
			struct str copy = str_dup(*state, token);
			if (*c == token.p[i])
				continue;
			((char *)(uintptr_t)copy.p)[i] = *c;
			if (verify(*state, copy) != ERR_UNAUTHENTICATED)
				fail_msg("character %zu as %c", i, *c);
		}
	}
}

static void test_cut_and_grown(void **state)
{
	struct str token = sign(*state, NOW_S + 60);
	char longer[AUTH_TOKEN_MAX + 2];

	for (size_t len = 0; len < token.len; len++)
		assert_int_equal(verify(*state, str_sub(token, 0, len)), ERR_UNAUTHENTICATED);
	memcpy(longer, token.p, token.len);
	memset(longer + token.len, 'A', sizeof(longer) - token.len);
	for (size_t len = token.len + 1; len <= sizeof(longer); len++)
		assert_int_equal(verify(*state, (struct str){longer, len}), ERR_UNAUTHENTICATED);
}

static void test_other_key(void **state)
{
	struct seal_key other = key;
	struct str token = sign(*state, NOW_S + 60);
	struct jwt_claims claims;

	other.bytes[31] ^= 1;
	assert_int_equal(jwt_verify(&other, token, NOW_S, *state, &claims), ERR_UNAUTHENTICATED);
}

#define GOOD_PAYLOAD "{\"id\":1,\"username\":\"a\",\"exp\":1790000060,\"sid\":\"" SID "\"}"

/* The header is signed but never looked at. */
static void test_header(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"HS256\"}", "{\"alg\":\"none\"}", "{\"alg\":\"RS256\"}", "not JSON", ""};
	unsigned char mac[crypto_auth_hmacsha512256_BYTES];
	char mac_text[64];
	struct str token;
	char *text = arena_alloc(*state, 2048);

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(verify(*state, forge(*state, headers[i], GOOD_PAYLOAD)), 0);
	/* alg none without a signature, and with one of another algorithm */
	token = forge(*state, "{\"alg\":\"none\"}", GOOD_PAYLOAD);
	memcpy(text, token.p, token.len);
	text[token.len - 43] = '\0';
	assert_int_equal(verify(*state, str_c(text)), ERR_UNAUTHENTICATED);
	crypto_auth_hmacsha512256(mac, (const unsigned char *)text, strlen(text) - 1, key.bytes);
	sodium_bin2base64(mac_text, sizeof(mac_text), mac, sizeof(mac), BASE64);
	strcat(text, mac_text);
	assert_int_equal(verify(*state, str_c(text)), ERR_UNAUTHENTICATED);
}

static void test_payload(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"1",
		"{",
		GOOD_PAYLOAD "x",
		"{\"id\":\"1\",\"username\":\"a\",\"exp\":1790000060,\"sid\":\"" SID "\"}",
		"{\"id\":1,\"username\":1,\"exp\":1790000060,\"sid\":\"" SID "\"}",
		"{\"id\":1,\"username\":\"a\",\"exp\":1790000060.5,\"sid\":\"" SID "\"}",
		"{\"id\":1,\"username\":\"a\",\"exp\":\"1790000060\",\"sid\":\"" SID "\"}",
		"{\"id\":1,\"username\":\"a\",\"exp\":1790000060,\"sid\":\"0011\"}",
		"{\"id\":1,\"username\":\"a\",\"exp\":1790000060}",
		"{\"id\":1,\"username\":\"a\",\"sid\":\"" SID "\"}",
	};

	assert_int_equal(verify(*state, forge(*state, "{}", GOOD_PAYLOAD)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (verify(*state, forge(*state, "{}", bad[i])) != ERR_UNAUTHENTICATED)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void test_looks_like(void **state)
{
	(void)state;
	assert_true(jwt_looks_like(STR("a.b.c")));
	assert_true(jwt_looks_like(STR("..")));
	assert_false(jwt_looks_like(STR("a.b")));
	assert_false(jwt_looks_like(STR("a.b.c.d")));
	assert_false(jwt_looks_like(STR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_known_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_longest_username, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_character_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_and_grown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_payload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks_like, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
