#include "svc-auth/password.h"

#include <errno.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/legacy.h"

#define ARGON2ID_PASSES 2
#define ARGON2ID_BYTES (19u * 1024 * 1024)
#define COMMON_LEN_MAX 64 /* no line of the list is longer */

/* The list: lower case, one a line, sorted by bytes; every line ends in '\n'. */
__asm__(".pushsection .rodata\n"
	".global auth_common_passwords\n"
	"auth_common_passwords:\n"
	".incbin \"" AUTH_COMMON_PASSWORDS "\"\n"
	".global auth_common_passwords_end\n"
	"auth_common_passwords_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char auth_common_passwords[];
extern const char auth_common_passwords_end[];

struct password_hasher {
	sem_t slots;
};

struct password_hasher *password_hasher_new(unsigned slots)
{
	struct password_hasher *hasher = calloc(1, sizeof(*hasher));

	if (!hasher)
		return NULL;
	if (sodium_init() < 0 || sem_init(&hasher->slots, 0, slots ? slots : 1) != 0) {
		free(hasher);
		return NULL;
	}
	return hasher;
}

void password_hasher_free(struct password_hasher *hasher)
{
	if (!hasher)
		return;
	sem_destroy(&hasher->slots);
	free(hasher);
}

static int take_slot(struct password_hasher *hasher, int64_t deadline_us)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline_us / CLOCK_SECOND_US),
		.tv_nsec = (long)(deadline_us % CLOCK_SECOND_US) * 1000,
	};

	while (sem_timedwait(&hasher->slots, &until) != 0) {
		if (errno != EINTR)
			return ERR_DEADLINE;
	}
	return 0;
}

/* In a slot. */
static int argon2id(struct str password, const unsigned char salt[PASSWORD_SALT_LEN],
	unsigned char ret_hash[PASSWORD_HASH_LEN])
{
	int rc = crypto_pwhash(ret_hash, PASSWORD_HASH_LEN, password.p ? password.p : "",
		password.len, salt, ARGON2ID_PASSES, ARGON2ID_BYTES, crypto_pwhash_ALG_ARGON2ID13);

	return rc ? ERR_BUSY : 0; /* the parameters are valid, so it can only have been memory */
}

static struct str digest_text(const struct legacy_digest *digest)
{
	return (struct str){(const char *)digest->bytes, digest->len};
}

/* In a slot. */
static int hash_with(struct str recipe, struct str password,
	const unsigned char salt[PASSWORD_SALT_LEN], unsigned char ret_hash[PASSWORD_HASH_LEN])
{
	struct legacy_digest digest;
	int rc;

	if (!recipe.p)
		return argon2id(password, salt, ret_hash);
	rc = legacy_compute(recipe, password, &digest);
	if (!rc)
		rc = argon2id(digest_text(&digest), salt, ret_hash);
	sodium_memzero(&digest, sizeof(digest));
	return rc;
}

int password_make(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	struct password_hash *ret_hash)
{
	struct password_hash made = {.algorithm = PASSWORD_ARGON2ID_19M_2};
	int rc;

	_Static_assert(PASSWORD_SALT_LEN == crypto_pwhash_SALTBYTES, "salt length");
	randombytes_buf(made.salt, sizeof(made.salt));
	rc = take_slot(hasher, deadline_us);
	if (rc)
		return rc;
	rc = argon2id(password, made.salt, made.hash);
	sem_post(&hasher->slots);
	if (!rc)
		*ret_hash = made;
	return rc;
}

int password_wrap(struct password_hasher *hasher, int64_t deadline_us, struct str recipe,
	const struct legacy_digest *digest, struct password_hash *ret_hash)
{
	int rc = password_make(hasher, deadline_us, digest_text(digest), ret_hash);

	if (!rc)
		ret_hash->recipe = recipe;
	return rc;
}

int password_check(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	const struct password_hash *stored)
{
	static const struct password_hash nobody = {.algorithm = PASSWORD_ARGON2ID_19M_2};
	const struct password_hash *want = stored ? stored : &nobody;
	unsigned char got[PASSWORD_HASH_LEN];
	int rc;

	if (want->algorithm != PASSWORD_ARGON2ID_19M_2)
		return ERR_INTERNAL;
	rc = take_slot(hasher, deadline_us);
	if (rc)
		return rc;
	rc = hash_with(want->recipe, password, want->salt, got);
	sem_post(&hasher->slots);
	if (rc)
		return rc;
	if (sodium_memcmp(got, want->hash, sizeof(got)) != 0 || !stored)
		rc = ERR_BAD_CREDENTIALS;
	sodium_memzero(got, sizeof(got));
	return rc;
}

int password_check_digest(struct password_hasher *hasher, int64_t deadline_us, struct str password,
	struct str recipe, const struct legacy_digest *digest)
{
	static const unsigned char salt[PASSWORD_SALT_LEN];
	unsigned char unused[PASSWORD_HASH_LEN];
	struct legacy_digest got;
	int rc = take_slot(hasher, deadline_us);

	if (rc)
		return rc;
	rc = legacy_compute(recipe, password, &got);
	if (!rc)
		rc = argon2id(digest_text(&got), salt, unused); /* for the time it takes */
	sem_post(&hasher->slots);
	if (!rc && !str_eq_secret(digest_text(&got), digest_text(digest)))
		rc = ERR_BAD_CREDENTIALS;
	sodium_memzero(&got, sizeof(got));
	sodium_memzero(unused, sizeof(unused));
	return rc;
}

/* The list's line that holds the byte at `at`. */
static struct str line_at(const char *at)
{
	const char *start = at;
	const char *end = at;

	while (start > auth_common_passwords && start[-1] != '\n')
		start--;
	while (*end != '\n')
		end++;
	return (struct str){start, (size_t)(end - start)};
}

static int compare(struct str a, struct str b)
{
	int order = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool password_is_common(struct str password)
{
	const char *low = auth_common_passwords;
	const char *high = auth_common_passwords_end;
	char lower[COMMON_LEN_MAX];

	if (!password.len || password.len > sizeof(lower))
		return false;
	for (size_t i = 0; i < password.len; i++) {
		char c = password.p[i];
		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	while (low < high) {
		struct str line = line_at(low + (high - low) / 2);
		int order = compare((struct str){lower, password.len}, line);
		if (!order)
			return true;
		if (order < 0)
			high = line.p;
		else
			low = line.p + line.len + 1;
	}
	return false;
}

int password_policy(enum auth_policy policy, struct str password)
{
	if (!password.len || password.len > AUTH_PASSWORD_MAX)
		return ERR_WEAK_PASSWORD;
	if (policy == POLICY_OPAQUE)
		return 0;
	if (password.len < PASSWORD_NATIVE_MIN || password_is_common(password))
		return ERR_WEAK_PASSWORD;
	return 0;
}
