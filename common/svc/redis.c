#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/svc/redis_internal.h"

/* A thread's connection; context is NULL while there is none. */
struct redis_link {
	struct redis *redis;
	redisContext *context;
	struct redis_link *next;
};

static void link_disconnect(struct redis_link *link)
{
	if (link->context)
		redisFree(link->context);
	link->context = NULL;
}

static void link_free(void *arg)
{
	struct redis_link *link = arg;
	struct redis_link **at;

	pthread_mutex_lock(&link->redis->mutex);
	for (at = &link->redis->links; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	pthread_mutex_unlock(&link->redis->mutex);
	link_disconnect(link);
	free(link);
}

static struct redis_link *link_get(struct redis *redis)
{
	struct redis_link *link = pthread_getspecific(redis->key);

	if (link)
		return link;
	link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->redis = redis;
	pthread_mutex_lock(&redis->mutex);
	link->next = redis->links;
	redis->links = link;
	pthread_mutex_unlock(&redis->mutex);
	if (pthread_setspecific(redis->key, link) != 0) {
		link_free(link);
		return NULL;
	}
	return link;
}

static void init_locks(struct redis *redis)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&redis->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&redis->mutex, NULL);
}

static void redis_release(struct redis *redis)
{
	pthread_cond_destroy(&redis->wake);
	pthread_mutex_destroy(&redis->mutex);
	redis_address_done(&redis->address);
	free(redis);
}

int redis_new(struct str url, struct redis **ret_redis)
{
	struct redis *redis = calloc(1, sizeof(*redis));
	int err;

	if (!redis)
		return ERR_NOMEM;
	init_locks(redis);
	err = redis_address_parse(url, &redis->address);
	if (err)
		goto out;
	if (pthread_key_create(&redis->key, link_free) != 0) {
		err = ERR_NOMEM;
		goto out;
	}
	err = redis_probe_start(redis);
	if (err) {
		pthread_key_delete(redis->key);
		goto out;
	}
	*ret_redis = redis;
	return 0;
out:
	redis_release(redis);
	return err;
}

void redis_free(struct redis *redis)
{
	if (!redis)
		return;
	redis_probe_stop(redis);
	pthread_key_delete(redis->key);
	while (redis->links)
		link_free(redis->links);
	redis_release(redis);
}

bool redis_up(struct redis *redis)
{
	return !atomic_load(&redis->down);
}

/* A connection that Redis closed while it was idle is replaced before anything is written to it, so
 * no command is ever sent twice. */
static int link_connect(struct redis_link *link)
{
	if (link->context && redis_conn_stale(link->context))
		link_disconnect(link);
	if (!link->context)
		link->context = redis_conn_open(&link->redis->address);
	if (link->context)
		return 0;
	redis_probe_down(link->redis);
	return ERR_UNAVAILABLE;
}

/* After a broken connection the next command tries a new one; a time-out means Redis hangs. */
static void link_failed(struct redis_link *link, int error)
{
	bool broken = link->context->err == REDIS_ERR_EOF || error == ECONNRESET || error == EPIPE;

	link_disconnect(link);
	if (!broken)
		redis_probe_down(link->redis);
}

/* The reply is hiredis's: freeReplyObject. */
static int send_command(struct redis *redis, int argc, const char **argv, const size_t *lens,
	redisReply **ret_reply)
{
	struct redis_link *link;
	redisReply *reply;
	int err;

	if (atomic_load(&redis->down))
		return ERR_UNAVAILABLE;
	link = link_get(redis);
	if (!link)
		return ERR_NOMEM;
	err = link_connect(link);
	if (err)
		return err;
	errno = 0;
	reply = redisCommandArgv(link->context, argc, argv, lens);
	if (!reply) {
		link_failed(link, errno);
		return ERR_UNAVAILABLE;
	}
	if (redis_reply_is_error(reply, "LOADING"))
		redis_probe_down(redis);
	*ret_reply = reply;
	return 0;
}

bool redis_check(struct redis *redis)
{
	const char *const ping = "PING";
	redisReply *reply;

	if (send_command(redis, 1, (const char *[]){ping}, (const size_t[]){4}, &reply) != 0)
		return false;
	freeReplyObject(reply);
	return redis_up(redis);
}

/* head and args in one command, with the slices taken apart as hiredis wants them. */
static int send_slices(struct redis *redis, struct arena *arena, const struct str *head,
	size_t head_count, const struct str *args, size_t count, redisReply **ret_reply)
{
	size_t argc = head_count + count;
	const char **argv;
	size_t *lens;

	if (argc == 0 || argc > REDIS_ARGS_MAX)
		return ERR_TOO_LARGE;
	argv = ARENA_ARRAY(arena, const char *, argc);
	lens = ARENA_ARRAY(arena, size_t, argc);
	if (!argv || !lens)
		return ERR_NOMEM;
	for (size_t i = 0; i < argc; i++) {
		struct str s = i < head_count ? head[i] : args[i - head_count];

		argv[i] = s.p ? s.p : "";
		lens[i] = s.len;
	}
	return send_command(redis, (int)argc, argv, lens, ret_reply);
}

int redis_command(struct redis *redis, struct arena *arena, const struct str *args, size_t count,
	struct redis_reply *ret_reply)
{
	redisReply *reply;
	int err = send_slices(redis, arena, NULL, 0, args, count, &reply);

	if (err)
		return err;
	err = redis_reply_copy(reply, arena, ret_reply);
	freeReplyObject(reply);
	return err;
}

static bool sha_find(struct redis *redis, const struct redis_script *script, char *ret_hex)
{
	bool found = false;

	pthread_mutex_lock(&redis->mutex);
	for (size_t i = 0; i < redis->sha_count && !found; i++) {
		found = redis->shas[i].script == script;
		if (found)
			memcpy(ret_hex, redis->shas[i].hex, REDIS_SHA_LEN);
	}
	pthread_mutex_unlock(&redis->mutex);
	return found;
}

static void sha_keep(struct redis *redis, const struct redis_script *script, struct str hex)
{
	pthread_mutex_lock(&redis->mutex);
	if (redis->sha_count < REDIS_SCRIPTS_MAX) {
		struct redis_sha *sha = &redis->shas[redis->sha_count++];

		sha->script = script;
		memcpy(sha->hex, hex.p, REDIS_SHA_LEN);
	}
	pthread_mutex_unlock(&redis->mutex);
}

/* Redis computes the SHA-1; it is the same for ever, also after Redis forgot the script. */
static int sha_load(
	struct redis *redis, struct arena *arena, const struct redis_script *script, char *ret_hex)
{
	struct redis_reply reply;
	int err = redis_command(
		redis, arena, REDIS_ARGS(STR("SCRIPT"), STR("LOAD"), str_c(script->text)), &reply);

	if (err)
		return err;
	if (reply.kind != REDIS_TEXT || reply.text.len != REDIS_SHA_LEN)
		return ERR_INTERNAL;
	sha_keep(redis, script, reply.text);
	memcpy(ret_hex, reply.text.p, REDIS_SHA_LEN);
	return 0;
}

int redis_eval(struct redis *redis, struct arena *arena, const struct redis_script *script,
	size_t key_count, const struct str *args, size_t count, struct redis_reply *ret_reply)
{
	char hex[REDIS_SHA_LEN], keys[24];
	struct str head[3] = {STR("EVALSHA"), {hex, sizeof(hex)}, {keys, 0}};
	redisReply *reply;
	int err;

	head[2].len = (size_t)snprintf(keys, sizeof(keys), "%zu", key_count);
	if (!sha_find(redis, script, hex)) {
		err = sha_load(redis, arena, script, hex);
		if (err)
			return err;
	}
	err = send_slices(redis, arena, head, 3, args, count, &reply);
	if (!err && redis_reply_is_error(reply, "NOSCRIPT")) {
		/* Nothing has run: a restarted Redis has forgotten the script. */
		freeReplyObject(reply);
		head[0] = STR("EVAL");
		head[1] = str_c(script->text);
		err = send_slices(redis, arena, head, 3, args, count, &reply);
	}
	if (err)
		return err;
	err = redis_reply_copy(reply, arena, ret_reply);
	freeReplyObject(reply);
	return err;
}
