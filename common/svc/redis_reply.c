#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/svc/redis_internal.h"

/* Refusals of a Redis that is there but cannot serve. */
static const char *const unavailable[] = {"LOADING", "OOM", "MISCONF", "READONLY", "BUSY", "NOAUTH",
	"MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS"};

bool redis_reply_is_error(const redisReply *reply, const char *word)
{
	size_t len = strlen(word);

	return reply->type == REDIS_REPLY_ERROR && (size_t)reply->len > len &&
	       memcmp(reply->str, word, len) == 0 && reply->str[len] == ' ';
}

static int map_error(const redisReply *reply)
{
	for (size_t i = 0; i < sizeof(unavailable) / sizeof(unavailable[0]); i++) {
		if (redis_reply_is_error(reply, unavailable[i]))
			return ERR_UNAVAILABLE;
	}
	return ERR_INTERNAL;
}

static int copy_text(const redisReply *reply, struct arena *arena, struct redis_reply *out)
{
	out->kind = REDIS_TEXT;
	out->text = str_dup(arena, (struct str){reply->str, (size_t)reply->len});
	return out->text.p ? 0 : ERR_NOMEM;
}

static int copy_reply(
	const redisReply *reply, int depth, struct arena *arena, struct redis_reply *out);

static int copy_list(
	const redisReply *reply, int depth, struct arena *arena, struct redis_reply *out)
{
	int err = 0;

	if (depth >= REDIS_DEPTH_MAX)
		return ERR_TOO_LARGE;
	out->kind = REDIS_LIST;
	out->count = reply->elements;
	if (out->count == 0)
		return 0;
	out->items = ARENA_ARRAY(arena, struct redis_reply, out->count);
	if (!out->items)
		return ERR_NOMEM;
	for (size_t i = 0; i < out->count && !err; i++)
		err = copy_reply(reply->element[i], depth + 1, arena, &out->items[i]);
	return err;
}

static int copy_reply(
	const redisReply *reply, int depth, struct arena *arena, struct redis_reply *out)
{
	*out = (struct redis_reply){.kind = REDIS_NIL};
	switch (reply->type) {
	case REDIS_REPLY_NIL:
		return 0;
	case REDIS_REPLY_INTEGER:
		out->kind = REDIS_INTEGER;
		out->integer = reply->integer;
		return 0;
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		return copy_text(reply, arena, out);
	case REDIS_REPLY_ARRAY:
		return copy_list(reply, depth, arena, out);
	case REDIS_REPLY_ERROR:
		return map_error(reply);
	default:
		return ERR_INTERNAL;
	}
}

int redis_reply_copy(const redisReply *reply, struct arena *arena, struct redis_reply *ret_reply)
{
	struct redis_reply copy;
	int err = copy_reply(reply, 0, arena, &copy);

	if (!err)
		*ret_reply = copy;
	return err;
}
