/*
 * A bump allocator with a hard limit: one for each request, emptied after the reply. Not for
 * anything that outlives a request, and not shared between threads.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

/* limit: bytes it may hand out in all. NULL when memory is short. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);
/* Zeroed, aligned for any type; NULL past the limit or when memory is short. */
void *arena_alloc(struct arena *arena, size_t size);
/* n elements; also NULL when n * size overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size);
/* Grows a block, in place when it is the newest; the new part is zeroed. */
void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size);
/* Forgets everything; keeps the first chunk for the next request. */
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_array((arena), (n), sizeof(type)))

#endif
