/* JSON from clients into structs; what is accepted is written as JSON that can be read again. */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/json.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/field_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_set(const struct field_set *set, const json_t *value, struct arena *arena)
{
	void *object = arena_alloc(arena, set->size);
	struct field_problems problems;
	json_t *again = NULL;
	struct buf out;

	if (field_json_read(set, value, arena, object, &problems) != 0)
		return;
	buf_init(&out, arena, 1 << 20);
	field_json_write(set, object, true, &out);
	if (json_parse(buf_str(&out), &again) != 0)
		abort();
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *value = NULL;

	if (json_parse((struct str){(const char *)data, size}, &value) != 0)
		return 0;
	struct arena *arena = arena_new(8 << 20);
	try_set(&auth_register_in_fields, value, arena);
	try_set(&user_update_in_fields, value, arena);
	try_set(&user_account_fields, value, arena);
	try_set(&user_search_out_fields, value, arena);
	arena_free(arena);
	json_decref(value);
	return 0;
}
