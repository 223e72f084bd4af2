#include "common/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* With AddressSanitizer, what is not handed out (or was before a reset) must not be touched. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(ARENA_ASAN)
#include <sanitizer/asan_interface.h>
#define MARK(region, p, size) __asan_##region##_memory_region((p), (size))
#else
#define MARK(region, p, size) ((void)(p), (void)(size))
#endif

#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST ((size_t)8 * 1024)
/* Chunks double up to this; a larger block gets a chunk of its own size. */
#define ARENA_CHUNK_MAX ((size_t)1024 * 1024)

static_assert(alignof(max_align_t) <= ARENA_ALIGN, "blocks suit any type");

struct chunk {
	struct chunk *older;
	size_t cap;
	alignas(16) char data[];
};

struct arena {
	size_t limit;
	size_t used; /* all chunks, the tails lost at their ends not counted */
	struct chunk *chunk;
	char *next; /* where the next block starts in `chunk` */
	char *end;
	char *newest;
	struct chunk *first;
};

/* Not inlined: gcc would take the argument for a read of fresh memory, and warn. */
static __attribute__((noinline)) void poison(char *p, size_t size)
{
	MARK(poison, p, size);
}

static void unpoison(char *p, size_t size)
{
	MARK(unpoison, p, size);
}

static size_t align_up(size_t size)
{
	return (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
}

static bool chunk_add(struct arena *arena, size_t cap)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + cap);

	if (!chunk)
		return false;
	chunk->older = arena->chunk;
	chunk->cap = cap;
	arena->chunk = chunk;
	arena->next = chunk->data;
	arena->end = chunk->data + cap;
	poison(arena->next, cap);
	return true;
}

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		return NULL;
	arena->limit = limit > SIZE_MAX / 4 ? SIZE_MAX / 4 : align_up(limit);
	if (!chunk_add(arena, ARENA_FIRST)) {
		free(arena);
		return NULL;
	}
	arena->first = arena->chunk;
	return arena;
}

static void free_newer_chunks(struct arena *arena)
{
	while (arena->chunk != arena->first) {
		struct chunk *older = arena->chunk->older;

		free(arena->chunk);
		arena->chunk = older;
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	free_newer_chunks(arena);
	free(arena->first);
	free(arena);
}

void arena_reset(struct arena *arena)
{
	free_newer_chunks(arena);
	arena->next = arena->first->data;
	arena->end = arena->first->data + arena->first->cap;
	arena->newest = NULL;
	arena->used = 0;
	poison(arena->first->data, arena->first->cap);
}

/* The size of the chunk for a block: room for more, but never beyond the limit. */
static size_t chunk_cap(const struct arena *arena, size_t size, size_t wish)
{
	size_t cap = arena->chunk->cap * 2;
	size_t rest = arena->limit - arena->used;

	if (cap > ARENA_CHUNK_MAX)
		cap = ARENA_CHUNK_MAX;
	if (cap < wish)
		cap = wish;
	if (cap > rest)
		cap = rest;
	return cap < size ? size : cap;
}

/* A block of `size`, not zeroed; wish is the room to aim at when a chunk must be added. */
static char *take(struct arena *arena, size_t size, size_t wish)
{
	size_t rounded;
	char *block;

	if (size > arena->limit - arena->used)
		return NULL;
	rounded = size ? align_up(size) : ARENA_ALIGN;
	if (rounded > arena->limit - arena->used)
		return NULL;
	if (rounded > (size_t)(arena->end - arena->next) &&
		!chunk_add(arena, chunk_cap(arena, rounded, wish)))
		return NULL;
	block = arena->next;
	unpoison(block, size);
	arena->next += rounded;
	arena->used += rounded;
	arena->newest = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *block = take(arena, size, 0);

	if (block)
		memset(block, 0, size);
	return block;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, n * size);
}

static bool grow_in_place(struct arena *arena, char *block, size_t new_size)
{
	size_t rounded, taken, more;

	if (block != arena->newest || new_size > (size_t)(arena->end - block))
		return false;
	rounded = align_up(new_size);
	taken = (size_t)(arena->next - block);
	more = rounded > taken ? rounded - taken : 0;
	if (rounded > (size_t)(arena->end - block) || more > arena->limit - arena->used)
		return false;
	unpoison(block, new_size);
	arena->next += more;
	arena->used += more;
	return true;
}

void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
	char *to;

	if (!block)
		return arena_alloc(arena, new_size);
	if (new_size <= old_size)
		return block;
	if (grow_in_place(arena, block, new_size)) {
		to = block;
	} else {
		/* What grows once grows again: leave room to do so in place. */
		to = take(arena, new_size, new_size > SIZE_MAX / 2 ? new_size : new_size * 2);
		if (!to)
			return NULL;
		memcpy(to, block, old_size);
	}
	memset(to + old_size, 0, new_size - old_size);
	return to;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
