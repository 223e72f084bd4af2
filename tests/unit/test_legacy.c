/* svc-auth's hashes of older backends: taken apart, computed again, put into Argon2id, sealed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/seal.h"
#include "svc-auth/legacy.h"
#include "svc-auth/password.h"
#include "svc-auth/sealed.h"

/* What other programs made: RFC 1321, FIPS 180-4, RFC 7914 in Django's spelling, the test vectors
 * of bcrypt (Openwall). */
static const struct {
	enum auth_scheme scheme;
	struct str password, stored, recipe;
} good[] = {
	{SCHEME_MD5, STR_INIT("abc"), STR_INIT("900150983cd24fb0d6963f7d28e17f72"),
		STR_INIT("md5")},
	{SCHEME_MD5, STR_INIT("abc"), STR_INIT("900150983CD24FB0D6963F7D28E17F72"),
		STR_INIT("md5")},
	{SCHEME_MD5,
		STR_INIT("1234567890123456789012345678901234567890123456789012345678901234567890123"
			 "4567890"),
		STR_INIT("57edf4a22be3c955ac49da2e2107b67a"), STR_INIT("md5")},
	{SCHEME_SHA256, STR_INIT("abc"),
		STR_INIT("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
		STR_INIT("sha256")},
	/* RFC 7914, section 11, in Django's spelling: the first 32 bytes of 64. */
	{SCHEME_DJANGO, STR_INIT("passwd"),
		STR_INIT("pbkdf2_sha256$1$salt$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw="),
		STR_INIT("pbkdf2_sha256$1$salt")},
	{SCHEME_DJANGO, STR_INIT("Password"),
		STR_INIT("pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y="),
		STR_INIT("pbkdf2_sha256$80000$NaCl")},
	{SCHEME_BCRYPT, STR_INIT("U*U"),
		STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
		STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.")},
	{SCHEME_BCRYPT, STR_INIT(""),
		STR_INIT("$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
		STR_INIT("$2b$05$CCCCCCCCCCCCCCCCCCCCC.")},
	/* 72 bytes count. */
	{SCHEME_BCRYPT,
		STR_INIT("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "chars after 72 are ignored"),
		STR_INIT("$2y$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
		STR_INIT("$2y$05$abcdefghijklmnopqrstuu")},
};

static struct arena *arena;

static int start(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return !arena || sodium_init() < 0;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static int64_t soon(void)
{
	return clock_now_us() + 30 * CLOCK_SECOND_US;
}

static void test_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct legacy_digest want, got;
		struct str recipe;

		if (legacy_parse(good[i].scheme, good[i].stored, arena, &recipe, &want) ||
			!str_eq(recipe, good[i].recipe) || recipe.len > LEGACY_RECIPE_MAX)
			fail_msg("row %zu: parse", i);
		if (legacy_compute(recipe, good[i].password, &got) || got.len != want.len ||
			memcmp(got.bytes, want.bytes, got.len) != 0)
			fail_msg("row %zu: compute", i);
	}
}

static void test_refused(void **state)
{
	static const struct {
		enum auth_scheme scheme;
		struct str stored;
	} rows[] = {
		{SCHEME_PLAIN, STR_INIT("abc")},
		{SCHEME_MD5, STR_INIT("")},
		{SCHEME_MD5, STR_INIT("900150983cd24fb0d6963f7d28e17f7")},
		{SCHEME_MD5, STR_INIT("900150983cd24fb0d6963f7d28e17f7g")},
		{SCHEME_MD5, STR_INIT("900150983cd24fb0d6963f7d28e17f72 ")},
		{SCHEME_SHA256, STR_INIT("900150983cd24fb0d6963f7d28e17f72")},
		{SCHEME_DJANGO, STR_INIT("")},
		{SCHEME_DJANGO, STR_INIT("pbkdf2_sha256$1$salt")},
		{SCHEME_DJANGO, STR_INIT("pbkdf2_sha256$1$salt$")},
		{SCHEME_DJANGO, STR_INIT("pbkdf2_sha256$1$salt$VawEblbjCJ8=")},
		{SCHEME_DJANGO,
			STR_INIT("pbkdf2_sha256$1$$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=")},
		{SCHEME_DJANGO,
			STR_INIT("pbkdf2_sha256$0$s$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=")},
		{SCHEME_DJANGO,
			STR_INIT(
				"pbkdf2_sha256$-1$s$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=")},
		{SCHEME_DJANGO, STR_INIT("pbkdf2_sha256$5000001$s$VawEblbjCJ/"
					 "sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=")},
		{SCHEME_DJANGO,
			STR_INIT(
				"pbkdf2_sha1$1$salt$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=")},
		{SCHEME_DJANGO, STR_INIT("pbkdf2_sha256$1$salt$VawEblbjCJ/"
					 "sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=$")},
		{SCHEME_DJANGO, STR_INIT("!")},
		{SCHEME_BCRYPT, STR_INIT("")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWN")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNyy")},
		{SCHEME_BCRYPT,
			STR_INIT("$2x$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$03$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$16$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$05$CCCCCCCCCC:CCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy")},
		{SCHEME_BCRYPT,
			STR_INIT("$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS:j6ymqJi9CdcdxiRTWNy")},
		{SCHEME_BCRYPT, STR_INIT("$1$abcdefgh$irWbblnpmw.5z7wgBnprh0")},
	};
	static char long_salt[LEGACY_SALT_MAX + 80];
	struct legacy_digest digest;
	struct str recipe;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (legacy_parse(rows[i].scheme, rows[i].stored, arena, &recipe, &digest) !=
			ERR_INVALID)
			fail_msg("row %zu", i);
	memset(long_salt, 's', sizeof(long_salt) - 1);
	memcpy(long_salt, "pbkdf2_sha256$1$", 16);
	memcpy(long_salt + 16 + LEGACY_SALT_MAX + 1,
		"$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=", 46);
	assert_int_equal(legacy_parse(SCHEME_DJANGO, str_c(long_salt), arena, &recipe, &digest),
		ERR_INVALID);
}

static void test_damaged_recipes(void **state)
{
	static const struct str rows[] = {STR_INIT(""), STR_INIT("md4"), STR_INIT("pbkdf2_sha256$"),
		STR_INIT("pbkdf2_sha256$1$"), STR_INIT("pbkdf2_sha256$1$salt$more"),
		STR_INIT("$2b$05$short")};
	struct legacy_digest digest;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(legacy_compute(rows[i], STR("x"), &digest), ERR_INTERNAL);
}

static void test_wrapped(void **state)
{
	struct password_hasher *hasher = password_hasher_new(1);

	(void)state;
	assert_non_null(hasher);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct legacy_digest digest;
		struct password_hash hash;
		struct str recipe;
		int64_t deadline = soon();

		assert_int_equal(
			legacy_parse(good[i].scheme, good[i].stored, arena, &recipe, &digest), 0);
		assert_int_equal(password_wrap(hasher, deadline, recipe, &digest, &hash), 0);
		assert_int_equal(password_check(hasher, deadline, good[i].password, &hash), 0);
		assert_int_equal(
			password_check(hasher, deadline, STR("wrong"), &hash), ERR_BAD_CREDENTIALS);
		/* The old hash is no password. */
		assert_int_equal(password_check(hasher, deadline, good[i].stored, &hash),
			ERR_BAD_CREDENTIALS);
		assert_int_equal(
			password_check_digest(hasher, deadline, good[i].password, recipe, &digest),
			0);
		assert_int_equal(
			password_check_digest(hasher, deadline, STR("wrong"), recipe, &digest),
			ERR_BAD_CREDENTIALS);
		assert_int_equal(
			password_check_digest(hasher, deadline, good[i].stored, recipe, &digest),
			ERR_BAD_CREDENTIALS);
	}
	password_hasher_free(hasher);
}

static void test_own_recipe(void **state)
{
	struct legacy_digest one, two;
	struct str recipe, other;

	(void)state;
	assert_int_equal(legacy_recipe(arena, &recipe), 0);
	assert_int_equal(legacy_recipe(arena, &other), 0);
	assert_false(str_eq(recipe, other));
	assert_int_equal(legacy_compute(recipe, STR("pw"), &one), 0);
	assert_int_equal(legacy_compute(recipe, STR("pw"), &two), 0);
	assert_memory_equal(one.bytes, two.bytes, one.len);
	assert_int_equal(legacy_compute(other, STR("pw"), &two), 0);
	assert_memory_not_equal(one.bytes, two.bytes, one.len);
}

static void test_sealed(void **state)
{
	const struct seal_key key = {{1}}, another = {{2}};
	const struct legacy_digest digest = {{9, 8, 7}, 16};
	const struct str registration = STR("0123456789abcdef0123456789abcdef");
	struct legacy_digest got;
	struct str sealed;

	(void)state;
	assert_int_equal(sealed_make(&key, registration, STR("md5"), &digest, arena, &sealed), 0);
	assert_true(sealed.len <= SEALED_MAX);
	assert_null(memmem(sealed.p, sealed.len, digest.bytes, digest.len));
	assert_int_equal(sealed_open(&key, registration, STR("md5"), sealed, &got), 0);
	assert_int_equal(got.len, digest.len);
	assert_memory_equal(got.bytes, digest.bytes, got.len);
	assert_int_equal(
		sealed_open(&another, registration, STR("md5"), sealed, &got), ERR_INTERNAL);
	assert_int_equal(sealed_open(&key, registration, STR("md6"), sealed, &got), ERR_INTERNAL);
	assert_int_equal(sealed_open(&key, STR("1123456789abcdef0123456789abcdef"), STR("md5"),
				 sealed, &got),
		ERR_INTERNAL);
	assert_int_equal(sealed_open(&key, registration, STR("md5"), str_sub(sealed, 0, 39), &got),
		ERR_INTERNAL);
	((char *)(uintptr_t)sealed.p)[30] ^= 1;
	assert_int_equal(sealed_open(&key, registration, STR("md5"), sealed, &got), ERR_INTERNAL);
}

static struct str registration_of(const struct seal_key *key, struct auth_import_row row)
{
	struct str made = STR_NONE;

	assert_int_equal(sealed_registration(key, &row, arena, &made), 0);
	assert_int_equal(made.len, SEALED_REGISTRATION_LEN);
	return made;
}

static void test_registration(void **state)
{
	const struct seal_key key = {{1}}, another = {{2}};
	const struct auth_import_row row = {.username = STR("Name"),
		.phone = STR("13900000000"),
		.email = STR("a@Example.org")};
	struct auth_import_row other = row;
	struct str want = registration_of(&key, row);

	(void)state;
	other.username = STR("nAME");
	other.email = STR("A@example.org");
	other.id = 12345678;
	other.password = STR("any");
	assert_true(str_eq(registration_of(&key, other), want));
	assert_false(str_eq(registration_of(&another, row), want));
	other.phone = STR_NONE;
	assert_false(str_eq(registration_of(&key, other), want));
	/* No text can stand for another by moving its border. */
	assert_false(str_eq(registration_of(&key, (struct auth_import_row){.username = STR("a"),
							  .email = STR("b")}),
		registration_of(&key, (struct auth_import_row){.username = STR("ab")})));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged_recipes),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_own_recipe),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_registration),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
