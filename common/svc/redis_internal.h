/* What the files of common/svc/redis share; nobody else includes it. */
#ifndef SVC_REDIS_INTERNAL_H
#define SVC_REDIS_INTERNAL_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/svc/redis.h"

#define REDIS_PROBE_MS 100
#define REDIS_SCRIPTS_MAX 64 /* whose SHA-1 is kept; more go by their text */
#define REDIS_SHA_LEN 40
#define REDIS_DEPTH_MAX 8     /* lists in lists */
#define REDIS_ARGS_MAX 100000 /* of one command */

/* redis_address.c */
struct redis_address {
	char *host; /* NULL: path is a socket's */
	int port;
	char *path;
	char *password; /* NULL: no AUTH */
	int db;
};
int redis_address_parse(struct str url, struct redis_address *ret_address);
void redis_address_done(struct redis_address *address);

/* redis_conn.c: one connection; the time-out holds for each answer. NULL when Redis cannot be
 * reached or refuses us. */
redisContext *redis_conn_open(const struct redis_address *address);
/* The other side has closed it, or sent what nobody asked for: not to be used again. */
bool redis_conn_stale(const redisContext *context);
/* Redis answers, and not only that it is loading. */
bool redis_conn_ping(redisContext *context);

/* redis_reply.c: copies a reply into the arena. */
int redis_reply_copy(const redisReply *reply, struct arena *arena, struct redis_reply *ret_reply);
bool redis_reply_is_error(const redisReply *reply, const char *word);

struct redis_link;

struct redis_sha {
	const struct redis_script *script;
	char hex[REDIS_SHA_LEN];
};

struct redis {
	struct redis_address address;
	pthread_key_t key;
	atomic_bool down;

	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t wake;
	pthread_t prober;
	bool probe, stop;
	struct redis_link *links;
	struct redis_sha shas[REDIS_SCRIPTS_MAX];
	size_t sha_count;
};

/* redis_probe.c: the thread that watches for Redis's return; asleep while it is up. */
int redis_probe_start(struct redis *redis);
void redis_probe_stop(struct redis *redis);
void redis_probe_down(struct redis *redis);

#endif
