/* Bytes from the bus, once opened, into structs; what is accepted is packed again the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/codec.h"
#include "common/rpc/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_set(const struct field_set *set, struct str bytes, struct arena *arena)
{
	struct buf first, second;
	void *object = arena_alloc(arena, set->size);

	if (codec_unpack(set, bytes, arena, object, NULL) != 0)
		return;
	buf_init(&first, arena, 1 << 20);
	codec_pack(set, object, &first);
	if (codec_unpack(set, buf_str(&first), arena, object, NULL) != 0)
		abort();
	buf_init(&second, arena, 1 << 20);
	codec_pack(set, object, &second);
	if (!str_eq(buf_str(&first), buf_str(&second)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct field_set *const sets[] = {
		&rpc_requests_fields,
		&rpc_replies_fields,
		&user_search_out_fields,
		&auth_register_in_fields,
	};
	struct arena *arena = arena_new(8 << 20);

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		try_set(sets[i], (struct str){(const char *)data, size}, arena);
	arena_free(arena);
	return 0;
}
