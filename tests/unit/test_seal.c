#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/err.h"
#include "common/rpc/seal.h"

static char directory[64], path[128];

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_seal.XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/bus.key", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void test_opens_only_as_sealed(void **state)
{
	struct seal_key key, other;
	unsigned char frame[256], copy[256];
	struct str plain = STR("attack at dawn"), opened;
	size_t len = plain.len + SEAL_OVERHEAD;

	(void)state;
	assert_int_equal(seal_key_load(path, &key), 0);
	seal_frame(&key, SEAL_REQUEST, plain, frame);
	assert_null(memmem(frame, len, "dawn", 4));
	memcpy(copy, frame, len);
	assert_int_equal(seal_open(&key, SEAL_REQUEST, copy, len, &opened), 0);
	assert_true(str_eq(opened, plain));
	for (size_t i = 0; i < len; i++) {
		memcpy(copy, frame, len);
		copy[i] ^= 1;
		assert_int_equal(seal_open(&key, SEAL_REQUEST, copy, len, &opened), ERR_PROTOCOL);
	}
	for (size_t cut = 0; cut < len; cut++) {
		memcpy(copy, frame, len);
		assert_int_equal(seal_open(&key, SEAL_REQUEST, copy, cut, &opened), ERR_PROTOCOL);
	}
	memcpy(copy, frame, len);
	assert_int_equal(seal_open(&key, SEAL_REPLY, copy, len, &opened), ERR_PROTOCOL);
	/* Not even when the clear byte is changed to what the receiver expects. */
	copy[0] = SEAL_REPLY;
	assert_int_equal(seal_open(&key, SEAL_REPLY, copy, len, &opened), ERR_PROTOCOL);
	memset(&other, 7, sizeof(other));
	memcpy(copy, frame, len);
	assert_int_equal(seal_open(&other, SEAL_REQUEST, copy, len, &opened), ERR_PROTOCOL);
}

static void test_never_the_same_twice(void **state)
{
	struct seal_key key;
	unsigned char a[64], b[64];

	(void)state;
	assert_int_equal(seal_key_load(path, &key), 0);
	seal_frame(&key, SEAL_EVENT, STR("x"), a);
	seal_frame(&key, SEAL_EVENT, STR("x"), b);
	assert_memory_not_equal(a, b, SEAL_OVERHEAD + 1);
}

static void *load(void *arg)
{
	return (void *)(intptr_t)seal_key_load(path, arg);
}

static void test_all_who_start_at_once_get_one_key(void **state)
{
	struct seal_key keys[8];
	pthread_t threads[8];
	struct stat info;

	(void)state;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, load, &keys[i]);
	for (int i = 0; i < 8; i++) {
		void *err;
		pthread_join(threads[i], &err);
		assert_int_equal((intptr_t)err, 0);
		assert_memory_equal(&keys[i], &keys[0], sizeof(keys[0]));
	}
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(info.st_size, SEAL_KEY_LEN);
}

static void test_unsafe_files_are_refused(void **state)
{
	struct seal_key key;

	(void)state;
	assert_int_equal(seal_key_load(path, &key), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(seal_key_load(path, &key), ERR_INVALID);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 31), 0);
	assert_int_equal(seal_key_load(path, &key), ERR_INVALID);
	assert_int_equal(truncate(path, 33), 0);
	assert_int_equal(seal_key_load(path, &key), ERR_INVALID);
	assert_int_equal(seal_key_load("/nonexistent/bus.key", &key), ERR_IO);
}

static void test_derived_keys_differ(void **state)
{
	struct seal_key key;
	unsigned char a[SEAL_KEY_LEN], b[SEAL_KEY_LEN], again[SEAL_KEY_LEN];

	(void)state;
	assert_int_equal(seal_key_load(path, &key), 0);
	seal_key_derive(&key, "cursor", a);
	seal_key_derive(&key, "other", b);
	seal_key_derive(&key, "cursor", again);
	assert_memory_equal(a, again, sizeof(a));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, key.bytes, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_opens_only_as_sealed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_never_the_same_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_who_start_at_once_get_one_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unsafe_files_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_derived_keys_differ, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
