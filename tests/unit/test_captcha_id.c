/* The sealed ids of /v1's captchas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/native/captcha_id.h"

#define NOW_S 1790000000
#define CHALLENGE "0123456789abcdef0123456789abcdef"

static const unsigned char key[CAPTCHA_ID_KEY_BYTES] = "a key for tests, 32 bytes long.";
static struct arena *arena;

static struct str make(const char *challenge, const char *text)
{
	struct captcha_id id = {.challenge = str_c(challenge), .expires_s = NOW_S + 60};

	strncpy(id.text, text, CAPTCHA_ID_TEXT);
	return captcha_id_make(key, &id, arena);
}

static void test_holds_what_was_put_in(void **state)
{
	struct captcha_id got;
	struct str text = make(CHALLENGE, "abc123");

	(void)state;
	assert_int_equal(text.len, CAPTCHA_ID_LEN);
	assert_int_equal(strlen(text.p), CAPTCHA_ID_LEN);
	assert_null(strstr(text.p, "abc123"));
	assert_int_equal(captcha_id_read(key, text, NOW_S, &got), 0);
	assert_true(str_eq(got.challenge, STR(CHALLENGE)));
	assert_string_equal(got.text, "abc123");
	assert_int_equal(got.expires_s, NOW_S + 60);
}

static void test_seed_is_of_the_id(void **state)
{
	struct captcha_id one, again, other;

	(void)state;
	assert_int_equal(captcha_id_read(key, make(CHALLENGE, "abc123"), NOW_S, &one), 0);
	assert_int_equal(captcha_id_read(key, make(CHALLENGE, "abc123"), NOW_S + 1, &again), 0);
	assert_int_equal(captcha_id_read(key, make("1123456789abcdef0123456789abcdef", "abc123"),
				 NOW_S, &other),
		0);
	assert_memory_equal(one.seed, again.seed, sizeof(one.seed));
	assert_memory_not_equal(one.seed, other.seed, sizeof(one.seed));
}

static void test_ends(void **state)
{
	struct captcha_id got;
	struct str text = make(CHALLENGE, "abc123");

	(void)state;
	assert_int_equal(captcha_id_read(key, text, NOW_S + 59, &got), 0);
	assert_int_equal(captcha_id_read(key, text, NOW_S + 60, &got), ERR_NOT_FOUND);
}

/* No other text opens: not with one bit changed anywhere, not in another spelling. */
static void test_nothing_else_opens(void **state)
{
	static const unsigned char other[CAPTCHA_ID_KEY_BYTES] = "another key";
	struct str text = make(CHALLENGE, "abc123");
	struct captcha_id got;
	char changed[CAPTCHA_ID_LEN + 2];

	(void)state;
	assert_int_equal(captcha_id_read(other, text, NOW_S, &got), ERR_NOT_FOUND);
	for (size_t i = 0; i < (size_t)CAPTCHA_ID_LEN * 8; i++) {
		memcpy(changed, text.p, CAPTCHA_ID_LEN);
		changed[i / 8] = (char)(changed[i / 8] ^ 1 << i % 8);
		assert_int_equal(
			captcha_id_read(key, (struct str){changed, CAPTCHA_ID_LEN}, NOW_S, &got),
			ERR_NOT_FOUND);
	}
	for (size_t len = 0; len < CAPTCHA_ID_LEN; len++)
		assert_int_equal(
			captcha_id_read(key, str_sub(text, 0, len), NOW_S, &got), ERR_NOT_FOUND);
	memcpy(changed, text.p, CAPTCHA_ID_LEN);
	changed[CAPTCHA_ID_LEN] = '=';
	assert_int_equal(
		captcha_id_read(key, (struct str){changed, CAPTCHA_ID_LEN + 1}, NOW_S, &got),
		ERR_NOT_FOUND);
	assert_int_equal(captcha_id_read(key, STR_NONE, NOW_S, &got), ERR_NOT_FOUND);
}

static void test_what_cannot_be_sealed(void **state)
{
	static const struct {
		const char *challenge, *text;
	} cases[] = {
		{"", "abc123"},
		{"0123456789abcdef0123456789abcde", "abc123"},
		{"0123456789abcdef0123456789abcdeg", "abc123"},
		{"0123456789ABCDEF0123456789abcdef", "abc123"},
		{CHALLENGE, "abc12"},
		{CHALLENGE, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_null(make(cases[i].challenge, cases[i].text).p);
}

static int start(void **state)
{
	(void)state;
	arena = arena_new(1024 * 1024);
	return arena ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds_what_was_put_in),
		cmocka_unit_test(test_seed_is_of_the_id),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_nothing_else_opens),
		cmocka_unit_test(test_what_cannot_be_sealed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
