#include "common/rpc/codec.h"

#include <msgpack.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

static int write_bytes(void *out, const char *bytes, size_t len)
{
	buf_add(out, bytes, len);
	return 0;
}

static void pack_text(msgpack_packer *packer, struct str text, bool binary)
{
	if (!text.p)
		msgpack_pack_nil(packer);
	else if (binary)
		msgpack_pack_bin_with_body(packer, text.p, text.len);
	else
		msgpack_pack_str_with_body(packer, text.p, text.len);
}

static void pack_object(msgpack_packer *packer, const struct field_set *set, const void *object);

static void pack_list(msgpack_packer *packer, const struct field *field, const void *object)
{
	size_t count = *(const size_t *)((const char *)object + field->count_offset);
	const void *items = *(const void *const *)((const char *)object + field->offset);

	msgpack_pack_array(packer, count);
	for (size_t i = 0; i < count; i++) {
		if (field->kind == FIELD_LIST)
			pack_object(packer, field->elements,
				(const char *)items + i * field->elements->size);
		else if (field->kind == FIELD_STRS)
			pack_text(packer, ((const struct str *)items)[i], false);
		else
			msgpack_pack_int64(packer, ((const int64_t *)items)[i]);
	}
}

static void pack_field(msgpack_packer *packer, const struct field *field, const void *object)
{
	const void *member = (const char *)object + field->offset;

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
		pack_text(packer, *(const struct str *)member, false);
		break;
	case FIELD_BYTES:
		pack_text(packer, *(const struct str *)member, true);
		break;
	case FIELD_BOOL:
		if (*(const bool *)member)
			msgpack_pack_true(packer);
		else
			msgpack_pack_false(packer);
		break;
	case FIELD_OINT:
		if (((const struct opt_int *)member)->set)
			msgpack_pack_int64(packer, ((const struct opt_int *)member)->value);
		else
			msgpack_pack_nil(packer);
		break;
	case FIELD_INT:
	case FIELD_ID:
	case FIELD_TIME:
		msgpack_pack_int64(packer, *(const int64_t *)member);
		break;
	case FIELD_ENUM:
		msgpack_pack_int(packer, *(const int *)member);
		break;
	case FIELD_OBJ:
		pack_object(packer, field->elements, member);
		break;
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_IDS:
		pack_list(packer, field, object);
		break;
	}
}

static void pack_object(msgpack_packer *packer, const struct field_set *set, const void *object)
{
	msgpack_pack_array(packer, set->count);
	for (size_t i = 0; i < set->count; i++)
		pack_field(packer, &set->fields[i], object);
}

void codec_pack(const struct field_set *set, const void *object, struct buf *out)
{
	msgpack_packer packer;

	msgpack_packer_init(&packer, out, write_bytes);
	pack_object(&packer, set, object);
}

static int take_text(const msgpack_object *value, bool binary, struct str *ret_text)
{
	if (value->type == MSGPACK_OBJECT_NIL)
		return 0;
	if (value->type != (binary ? MSGPACK_OBJECT_BIN : MSGPACK_OBJECT_STR))
		return ERR_PROTOCOL;
	/* An empty text is present: its pointer must not be NULL. */
	*ret_text = (struct str){value->via.str.size ? value->via.str.ptr : "", value->via.str.size};
	return 0;
}

static int take_number(const msgpack_object *value, int64_t *ret_number)
{
	if (value->type == MSGPACK_OBJECT_POSITIVE_INTEGER && value->via.u64 <= INT64_MAX)
		*ret_number = (int64_t)value->via.u64;
	else if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*ret_number = value->via.i64;
	else
		return ERR_PROTOCOL;
	return 0;
}

static int take_word(const msgpack_object *value, int *ret_index)
{
	int64_t number = 0;
	int err = take_number(value, &number);

	if (err == 0 && (number < 0 || number > INT32_MAX))
		err = ERR_PROTOCOL;
	if (err == 0)
		*ret_index = (int)number;
	return err;
}

static int take_object(const struct field_set *set, const msgpack_object *value,
	struct arena *arena, void *ret_object);

static int take_list(const struct field *field, const msgpack_object *value, struct arena *arena,
	void *object)
{
	if (value->type != MSGPACK_OBJECT_ARRAY || value->via.array.size > FIELD_LIST_MAX)
		return ERR_PROTOCOL;
	size_t count = value->via.array.size;
	size_t size = field->kind == FIELD_LIST ? field->elements->size
		: field->kind == FIELD_STRS ? sizeof(struct str)
					    : sizeof(int64_t);
	if (count == 0)
		return 0;
	char *items = arena_alloc(arena, count * size);
	if (!items)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		const msgpack_object *item = &value->via.array.ptr[i];
		int err;
		if (field->kind == FIELD_LIST)
			err = take_object(field->elements, item, arena, items + i * size);
		else if (field->kind == FIELD_STRS)
			err = take_text(item, false, (struct str *)(void *)(items + i * size));
		else
			err = take_number(item, (int64_t *)(void *)(items + i * size));
		if (err)
			return err;
	}
	*(void **)((char *)object + field->offset) = items;
	*(size_t *)((char *)object + field->count_offset) = count;
	return 0;
}

static int take_field(const struct field *field, const msgpack_object *value, struct arena *arena,
	void *object)
{
	void *member = (char *)object + field->offset;

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
		return take_text(value, false, member);
	case FIELD_BYTES:
		return take_text(value, true, member);
	case FIELD_BOOL:
		if (value->type != MSGPACK_OBJECT_BOOLEAN)
			return ERR_PROTOCOL;
		*(bool *)member = value->via.boolean;
		return 0;
	case FIELD_OINT:
		if (value->type == MSGPACK_OBJECT_NIL)
			return 0;
		((struct opt_int *)member)->set = true;
		return take_number(value, &((struct opt_int *)member)->value);
	case FIELD_INT:
	case FIELD_ID:
	case FIELD_TIME:
		return take_number(value, member);
	case FIELD_ENUM:
		return take_word(value, member);
	case FIELD_OBJ:
		return take_object(field->elements, value, arena, member);
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_IDS:
		return take_list(field, value, arena, object);
	}
	return ERR_PROTOCOL;
}

static int take_object(const struct field_set *set, const msgpack_object *value,
	struct arena *arena, void *ret_object)
{
	if (value->type != MSGPACK_OBJECT_ARRAY)
		return ERR_PROTOCOL;
	for (size_t i = 0; i < set->count && i < value->via.array.size; i++) {
		int err = take_field(&set->fields[i], &value->via.array.ptr[i], arena, ret_object);
		if (err)
			return err;
	}
	return 0;
}

int codec_unpack(const struct field_set *set, struct str bytes, struct arena *arena,
	void *ret_object, const char **ret_field)
{
	const struct field *field = NULL;
	msgpack_unpacked unpacked;
	size_t used = 0;
	int err = codec_scan(bytes);

	if (err)
		return err;
	memset(ret_object, 0, set->size);
	msgpack_unpacked_init(&unpacked);
	if (msgpack_unpack_next(&unpacked, bytes.p, bytes.len, &used) != MSGPACK_UNPACK_SUCCESS ||
		used != bytes.len)
		err = ERR_PROTOCOL;
	if (err == 0)
		err = take_object(set, &unpacked.data, arena, ret_object);
	if (err == 0 && field_set_check(set, ret_object, &field) != FIELD_OK) {
		err = ERR_INVALID;
		if (ret_field)
			*ret_field = field->name;
	}
	msgpack_unpacked_destroy(&unpacked);
	return err;
}
