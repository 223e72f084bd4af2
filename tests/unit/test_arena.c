#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"

#define MIB ((size_t)1024 * 1024)

static void blocks_are_zeroed_and_aligned(void **state)
{
	struct arena *arena = arena_new(MIB);

	(void)state;
	assert_non_null(arena);
	for (int round = 0; round < 2; round++) {
		for (size_t size = 0; size < 600; size += 7) {
			char *block = arena_alloc(arena, size);

			assert_non_null(block);
			assert_int_equal((uintptr_t)block % 16, 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(block[i], 0);
			memset(block, 0xff, size);
		}
		arena_reset(arena);
	}
	arena_free(arena);
}

static void limit_holds(void **state)
{
	struct arena *arena = arena_new(100000);
	size_t got = 0;

	(void)state;
	while (arena_alloc(arena, 1000))
		got += 1000;
	assert_in_range(got, 90000, 100000);
	assert_in_range(arena_used(arena), got, 100000);
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, SIZE_MAX - 8));
	arena_reset(arena);
	assert_int_equal(arena_used(arena), 0);
	assert_non_null(arena_alloc(arena, 100000));
	assert_null(arena_alloc(arena, 1));
	arena_free(arena);
}

static void array_overflow_is_refused(void **state)
{
	struct arena *arena = arena_new(MIB);

	(void)state;
	assert_null(arena_array(arena, SIZE_MAX / 4 + 1, 8));
	assert_null(ARENA_ARRAY(arena, uint64_t, SIZE_MAX / 2));
	assert_non_null(ARENA_ARRAY(arena, uint64_t, 10));
	assert_int_equal(arena_used(arena), 80);
	arena_free(arena);
}

static void newest_grows_in_place(void **state)
{
	struct arena *arena = arena_new(MIB);
	char *block = arena_alloc(arena, 10);

	(void)state;
	memset(block, 'x', 10);
	assert_ptr_equal(arena_grow(arena, block, 10, 4000), block);
	assert_int_equal(arena_used(arena), 4000);
	assert_memory_equal(block, "xxxxxxxxxx", 10);
	for (size_t i = 10; i < 4000; i++)
		assert_int_equal(block[i], 0);
	assert_ptr_equal(arena_grow(arena, block, 4000, 5), block);
	arena_free(arena);
}

static void grown_part_is_zero_after_reset(void **state)
{
	struct arena *arena = arena_new(MIB);
	char *block = arena_alloc(arena, 2000);

	(void)state;
	memset(block, 0xff, 2000);
	arena_reset(arena);
	block = arena_alloc(arena, 5);
	block = arena_grow(arena, block, 5, 2000);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(block[i], 0);
	arena_free(arena);
}

static void older_block_is_copied(void **state)
{
	struct arena *arena = arena_new(MIB);
	char *block = arena_alloc(arena, 3);
	char *other = arena_alloc(arena, 3);
	char *grown;

	(void)state;
	memcpy(block, "abc", 3);
	memcpy(other, "def", 3);
	grown = arena_grow(arena, block, 3, 30);
	assert_ptr_not_equal(grown, block);
	assert_memory_equal(grown, "abc\0\0", 5);
	assert_memory_equal(block, "abc", 3);
	assert_memory_equal(other, "def", 3);
	arena_free(arena);
}

static void growth_across_chunks_keeps_content(void **state)
{
	struct arena *arena = arena_new(64 * MIB);
	char *block = arena_grow(arena, NULL, 0, 1);
	size_t size = 1;

	(void)state;
	assert_non_null(block);
	block[0] = 'a';
	while (size < 4 * MIB) {
		block = arena_grow(arena, block, size, size * 3);
		assert_non_null(block);
		assert_int_equal(block[size], 0);
		memset(block + size, 'a', size * 2);
		size *= 3;
	}
	for (size_t i = 0; i < size; i++)
		assert_int_equal(block[i], 'a');
	assert_null(arena_grow(arena, block, size, 65 * MIB));
	assert_int_equal(block[size - 1], 'a');
	arena_free(arena);
	arena_free(NULL);
}

static void first_chunk_is_kept(void **state)
{
	struct arena *arena = arena_new(64 * MIB);
	void *first = arena_alloc(arena, 16);

	(void)state;
	assert_non_null(arena_alloc(arena, 3 * MIB));
	arena_reset(arena);
	assert_ptr_equal(arena_alloc(arena, 16), first);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_zeroed_and_aligned),
		cmocka_unit_test(limit_holds),
		cmocka_unit_test(array_overflow_is_refused),
		cmocka_unit_test(newest_grows_in_place),
		cmocka_unit_test(grown_part_is_zero_after_reset),
		cmocka_unit_test(older_block_is_copied),
		cmocka_unit_test(growth_across_chunks_keeps_content),
		cmocka_unit_test(first_chunk_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
