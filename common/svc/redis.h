/*
 * Redis: one connection a thread, made when first used and again after a failure; every command is
 * sent as binary-safe arguments. After a time-out or a refused connection Redis counts as down: calls
 * fail at once with ERR_UNAVAILABLE, and a background probe (every 100 ms) notices its return, so
 * nothing waits on a dead Redis more than once. AUTH and SELECT come from the URL.
 */
#ifndef SVC_REDIS_H
#define SVC_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct arena;
struct redis;

#define REDIS_TIMEOUT_MS 400 /* to connect, and for each answer */

/* url: redis://[:password@]host[:port][/db] (the password as it is, not percent-encoded), or
 * unix:///path. Does not wait for Redis: it may come later. ERR_INVALID for a malformed URL. */
int redis_new(struct str url, struct redis **ret_redis);
/* No other thread may be in a call; NULL is allowed. */
void redis_free(struct redis *redis);
/* False from the first failure (or the first look, right after redis_new) until a probe succeeds. */
bool redis_up(struct redis *redis);
/* As redis_up, but asks Redis when nothing is known against it: for who has not used it lately. Takes
 * up to REDIS_TIMEOUT_MS. */
bool redis_check(struct redis *redis);

struct redis_reply {
	enum { REDIS_NIL, REDIS_INTEGER, REDIS_TEXT, REDIS_LIST } kind;
	int64_t integer;
	struct str text; /* TEXT and status replies */
	struct redis_reply *items;
	size_t count;
};

/* One command, never sent twice: after ERR_UNAVAILABLE it may or may not have been done. That is the
 * result when Redis is down, breaks the connection or answers LOADING, OOM, MISCONF, READONLY and
 * the like; ERR_INTERNAL for any other error reply. The reply lives in the arena. */
int redis_command(struct redis *redis, struct arena *arena, const struct str *args, size_t count,
	struct redis_reply *ret_reply);
#define REDIS_ARGS(...)                                                                            \
	(const struct str[]){__VA_ARGS__},                                                         \
		sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)

/* A Lua script: sent by its SHA-1, by its text where Redis does not know it yet. A static object. */
struct redis_script {
	const char *text;
};
/* keys then args, as EVAL has them. */
int redis_eval(struct redis *redis, struct arena *arena, const struct redis_script *script,
	size_t key_count, const struct str *args, size_t count, struct redis_reply *ret_reply);

#endif
