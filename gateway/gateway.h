/* What the gateway's process holds; made once in main.c, read by all threads. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stddef.h>

#include "common/base/conf.h"
#include "common/rpc/call.h"
#include "common/rpc/seal.h"

struct session_cache;
struct metrics;
struct http_server;

#define GATEWAY_DIALECTS_MAX 8
#define GATEWAY_CALL_MS 3000 /* deadline of a request's calls */

struct gateway {
	const struct conf *conf;
	const struct dialect *dialects[GATEWAY_DIALECTS_MAX]; /* that are switched on; v1 first */
	size_t dialect_count;
	struct rpc_client *services[SERVICE_COUNT];
	struct session_cache *sessions;
	struct metrics *metrics;
	struct http_server *http;
	unsigned char cursor_key[32]; /* signs list cursors */
	unsigned char idem_print_key[32]; /* for fingerprints of requests with an Idempotency-Key */
	struct seal_key idem_reply_key;	  /* for the replies that are kept for them */
	int64_t started_us;
};

#endif
