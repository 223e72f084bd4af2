/* svc-auth's passwords: policy, the list of common ones, Argon2id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/password.h"

static char long_text[AUTH_PASSWORD_MAX + 2];

static int64_t soon(void)
{
	return clock_now_us() + 30 * CLOCK_SECOND_US;
}

static void test_policy(void **state)
{
	static const struct {
		enum auth_policy policy;
		struct str password;
		int want;
	} rows[] = {
		{POLICY_NATIVE, STR_INIT(""), ERR_WEAK_PASSWORD},
		{POLICY_NATIVE, STR_INIT("7 bytes"), ERR_WEAK_PASSWORD},
		{POLICY_NATIVE, STR_INIT("8 bytes!"), 0},
		{POLICY_NATIVE, STR_INIT("\xe5\xbc\xa0\xe4\xb8\x89 9"),
			0}, /* bytes, not characters */
		{POLICY_NATIVE, STR_INIT("password"), ERR_WEAK_PASSWORD},
		{POLICY_NATIVE, STR_INIT("PassWord"), ERR_WEAK_PASSWORD},
		{POLICY_NATIVE, STR_INIT("PASSWORD123"), ERR_WEAK_PASSWORD},
		{POLICY_NATIVE, STR_INIT("password 123"), 0},
		{POLICY_NATIVE, STR_INIT("correct horse battery staple"), 0},
		{POLICY_NATIVE, {long_text, AUTH_PASSWORD_MAX}, 0},
		{POLICY_NATIVE, {long_text, AUTH_PASSWORD_MAX + 1}, ERR_WEAK_PASSWORD},
		{POLICY_OPAQUE, STR_INIT(""), ERR_WEAK_PASSWORD},
		{POLICY_OPAQUE, STR_INIT("1"), 0},
		{POLICY_OPAQUE, STR_INIT("password"), 0},
		{POLICY_OPAQUE, {long_text, AUTH_PASSWORD_MAX}, 0},
		{POLICY_OPAQUE, {long_text, AUTH_PASSWORD_MAX + 1}, ERR_WEAK_PASSWORD},
	};

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = password_policy(rows[i].policy, rows[i].password);
		if (got != rows[i].want)
			fail_msg("row %zu: got %s", i, err_name(got));
	}
}

/* The search relies on the order, so every line must be found, in capitals too. */
static void test_list_complete(void **state)
{
	FILE *file = fopen(AUTH_COMMON_PASSWORDS, "r");
	char line[256];
	size_t count = 0, usable = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct str word = {line, strcspn(line, "\n")};
		assert_true(line[word.len] == '\n');
		if (!password_is_common(word))
			fail_msg("not found: %.*s", STR_ARG(word));
		for (size_t i = 0; i < word.len; i++) {
			if (line[i] >= 'a' && line[i] <= 'z')
				line[i] = (char)(line[i] - 'a' + 'A');
		}
		assert_true(password_is_common(word));
		count++;
		usable += word.len >= PASSWORD_NATIVE_MIN;
	}
	fclose(file);
	assert_true(count >= 6000);
	assert_true(usable >= 3000);
}

static void test_not_common(void **state)
{
	static const char *const words[] = {"", "\n", "*", "passwor", "passwordx1y2", "~~~~~~~~~~",
		"!~!", "zzzzzzzzzzzzzzzzzzz", "password\n123456", "123456\n", "\x7f\x7f",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (password_is_common(str_c(words[i])))
			fail_msg("found: %s", words[i]);
	}
	assert_false(password_is_common(STR_NONE));
}

static void test_make_and_check(void **state)
{
	struct password_hasher *hasher = password_hasher_new(1);
	struct password_hash one, two;

	(void)state;
	assert_int_equal(password_make(hasher, soon(), STR("the right one"), &one), 0);
	assert_int_equal(password_make(hasher, soon(), STR("the right one"), &two), 0);
	assert_memory_not_equal(one.salt, two.salt, sizeof(one.salt));
	assert_memory_not_equal(one.hash, two.hash, sizeof(one.hash));
	assert_int_equal(password_check(hasher, soon(), STR("the right one"), &one), 0);
	assert_int_equal(password_check(hasher, soon(), STR("the right one"), &two), 0);
	assert_int_equal(
		password_check(hasher, soon(), STR("the right on"), &one), ERR_BAD_CREDENTIALS);
	assert_int_equal(
		password_check(hasher, soon(), STR("The right one"), &one), ERR_BAD_CREDENTIALS);
	assert_int_equal(password_check(hasher, soon(), STR(""), &one), ERR_BAD_CREDENTIALS);
	one.hash[31] ^= 1;
	assert_int_equal(
		password_check(hasher, soon(), STR("the right one"), &one), ERR_BAD_CREDENTIALS);
	two.algorithm = 2;
	assert_int_equal(password_check(hasher, soon(), STR("the right one"), &two), ERR_INTERNAL);
	password_hasher_free(hasher);
}

/* What is stored is Argon2id as RFC 9106 has it, with the parameters of design.md. */
static void test_parameters(void **state)
{
	struct password_hasher *hasher = password_hasher_new(1);
	unsigned char want[PASSWORD_HASH_LEN];
	struct password_hash made;

	(void)state;
	assert_int_equal(password_make(hasher, soon(), STR("abc"), &made), 0);
	assert_int_equal(crypto_pwhash(want, sizeof(want), "abc", 3, made.salt, 2, 19 << 20,
				 crypto_pwhash_ALG_ARGON2ID13),
		0);
	assert_memory_equal(made.hash, want, sizeof(want));
	password_hasher_free(hasher);
}

static int64_t time_check(struct password_hasher *hasher, const struct password_hash *stored)
{
	int64_t best_us = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		int64_t start_us = clock_mono_us();
		assert_int_equal(
			password_check(hasher, soon(), STR("wrong"), stored), ERR_BAD_CREDENTIALS);
		if (clock_mono_us() - start_us < best_us)
			best_us = clock_mono_us() - start_us;
	}
	return best_us;
}

static void test_nobody_costs_the_same(void **state)
{
	struct password_hasher *hasher = password_hasher_new(1);
	struct password_hash made;
	int64_t known_us, unknown_us;

	(void)state;
	assert_int_equal(password_make(hasher, soon(), STR("right"), &made), 0);
	known_us = time_check(hasher, &made);
	unknown_us = time_check(hasher, NULL);
	assert_true(unknown_us > known_us / 2);
	assert_true(known_us > unknown_us / 2);
	password_hasher_free(hasher);
}

struct busy {
	struct password_hasher *hasher;
	atomic_bool stop;
};

static void *keep_busy(void *arg)
{
	struct busy *busy = arg;

	while (!atomic_load(&busy->stop))
		password_check(busy->hasher, soon(), STR("wrong"), NULL);
	return NULL;
}

/* Whoever finds no free slot until the deadline is told so, and not that the password is wrong. */
static void test_deadline(void **state)
{
	struct busy busy = {.hasher = password_hasher_new(1)};
	struct password_hash made;
	pthread_t thread;
	int got = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, keep_busy, &busy), 0);
	for (int i = 0; i < 100000 && got != ERR_DEADLINE; i++)
		got = password_make(busy.hasher, clock_now_us() - 1, STR("right"), &made);
	assert_int_equal(got, ERR_DEADLINE);
	assert_int_equal(password_make(busy.hasher, soon(), STR("right"), &made), 0);
	atomic_store(&busy.stop, true);
	pthread_join(thread, NULL);
	password_hasher_free(busy.hasher);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Lack of memory is not a wrong password. */
static void test_no_memory(void **state)
{
	struct password_hasher *hasher = password_hasher_new(1);
	struct rlimit before, tight;
	struct password_hash made;
	int got;

	(void)state;
	assert_int_equal(password_make(hasher, soon(), STR("right"), &made), 0);
	getrlimit(RLIMIT_AS, &before);
	tight = before;
	tight.rlim_cur = 16 << 20;
	setrlimit(RLIMIT_AS, &tight);
	got = password_check(hasher, soon(), STR("right"), &made);
	setrlimit(RLIMIT_AS, &before);
	assert_int_equal(got, ERR_BUSY);
	assert_int_equal(password_check(hasher, soon(), STR("right"), &made), 0);
	password_hasher_free(hasher);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_list_complete),
		cmocka_unit_test(test_not_common),
		cmocka_unit_test(test_make_and_check),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_nobody_costs_the_same),
		cmocka_unit_test(test_deadline),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(test_no_memory),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
