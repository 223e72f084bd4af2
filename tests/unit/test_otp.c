/* One-time passwords and the hashes beneath, by the vectors of the RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/id.h"
#include "svc-auth/hmac_sha1.h"
#include "svc-auth/otp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_hash(const unsigned char hash[SHA1_LEN], const char *want)
{
	char text[2 * SHA1_LEN + 1];

	id_hex(hash, SHA1_LEN, text);
	assert_string_equal(text, want);
}

/* RFC 3174, 7.3, and lengths about the end of a block. */
static void test_sha1(void **state)
{
	static const struct {
		char byte;
		size_t len;
		const char *want;
	} rows[] = {
		{'a', 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{'a', 1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{'a', 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
		{'a', 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
		{'a', 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
		{'a', 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
		{'a', 65, "11655326c708d70319be2610e8a57d9a5b959d3b"},
		{'a', 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
	};
	static char text[1000000];
	unsigned char hash[SHA1_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(text, rows[i].byte, rows[i].len);
		sha1((struct str){text, rows[i].len}, hash);
		assert_hash(hash, rows[i].want);
	}
	sha1(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
	assert_hash(hash, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

/* RFC 2202, 3. */
static void test_hmac(void **state)
{
	static const struct {
		char key_byte; /* 0: key is the text */
		struct str key;
		size_t key_len;
		struct str text;
		const char *want;
	} rows[] = {
		{0x0b, STR_INIT(""), 20, STR_INIT("Hi There"),
			"b617318655057264e28bc0b6fb378c8ef146be00"},
		{0, STR_INIT("Jefe"), 4, STR_INIT("what do ya want for nothing?"),
			"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{0x0c, STR_INIT(""), 20, STR_INIT("Test With Truncation"),
			"4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
		{(char)0xaa, STR_INIT(""), 80,
			STR_INIT("Test Using Larger Than Block-Size Key - Hash Key First"),
			"aa4ae5e15272d00e95705637ce8a3b55ed402112"},
	};
	unsigned char mac[SHA1_LEN];
	char key[80];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(key, rows[i].key_byte, sizeof(key));
		hmac_sha1(rows[i].key_byte ? (struct str){key, rows[i].key_len} : rows[i].key,
			rows[i].text, mac);
		assert_hash(mac, rows[i].want);
	}
}

/* RFC 6238, appendix B: eight digits, of which apps show the last six. */
static void test_vectors(void **state)
{
	static const struct {
		int64_t time_s;
		uint32_t code;
	} rows[] = {
		{59, 94287082},
		{1111111109, 7081804},
		{1111111111, 14050471},
		{1234567890, 89005924},
		{2000000000, 69279037},
		{20000000000, 65353130},
	};
	const struct str secret = STR("12345678901234567890");
	char code[OTP_DIGITS + 1], want[OTP_DIGITS + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t step = otp_step(rows[i].time_s * CLOCK_SECOND_US);

		assert_int_equal(otp_value(secret, step) % 100000000, rows[i].code);
		otp_code(secret, step, code);
		snprintf(want, sizeof(want), "%06u", rows[i].code % 1000000);
		assert_string_equal(code, want);
	}
}

static void test_secret_text(void **state)
{
	char text[OTP_SECRET_TEXT + 1];

	(void)state;
	otp_secret_text((const unsigned char *)"12345678901234567890", text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static bool use(int64_t step, int64_t now, struct otp_used *used)
{
	const struct str secret = STR("12345678901234567890");
	char code[OTP_DIGITS + 1];

	otp_code(secret, step, code);
	return otp_use(secret, str_c(code), now, used);
}

static void test_window(void **state)
{
	(void)state;
	for (int64_t step = 37037030; step <= 37037040; step++) {
		struct otp_used used = {0};
		bool near = step >= 37037034 && step <= 37037036;

		assert_int_equal(use(step, 37037035, &used), near);
		assert_int_equal(used.latest, near ? step : 0);
	}
}

/* In any order, each once. */
static void test_each_step_once(void **state)
{
	static const int orders[][3] = {
		{-1, 0, 1}, {-1, 1, 0}, {0, -1, 1}, {0, 1, -1}, {1, -1, 0}, {1, 0, -1}};
	const int64_t now = 41152263;

	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct otp_used used = {0};

		for (size_t k = 0; k < 3; k++) {
			assert_true(use(now + orders[i][k], now, &used));
			for (size_t l = 0; l <= k; l++)
				assert_false(use(now + orders[i][l], now, &used));
		}
		assert_false(use(now, now + 1, &used));
		assert_true(use(now + 2, now + 1, &used));
		assert_false(use(now + 1, now + 2, &used));
		assert_true(use(now + 9, now + 9, &used));
		assert_true(use(now + 8, now + 9, &used));
		assert_false(use(now + 8, now + 9, &used));
	}
}

/* The clock was set back: what was used stays used, and nothing breaks. */
static void test_clock_set_back(void **state)
{
	struct otp_used used = {0};

	(void)state;
	assert_true(use(1000, 1000, &used));
	assert_false(use(900, 900, &used));
	assert_int_equal(used.latest, 1000);
}

static void test_wrong_codes(void **state)
{
	static const struct str codes[] = {STR_INIT(""), STR_INIT("12345"), STR_INIT("1234567"),
		STR_INIT("287083"), STR_INIT("28708a"), STR_INIT("94287082")};
	struct otp_used used = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++)
		assert_false(otp_use(STR("12345678901234567890"), codes[i], 1, &used));
	assert_true(otp_use(STR("12345678901234567890"), STR("287082"), 1, &used));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_secret_text),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_each_step_once),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_wrong_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
