/*
 * The answering side of the bus: takes frames, checks who may call, runs handlers on the threads of
 * their lane, answers.
 */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H

#include "common/rpc/call.h"
#include "common/rpc/method.h"

struct seal_key;
struct rpc_server;

/* What a handler sees. Everything in it dies with the reply. */
struct svc_ctx {
	struct call call;    /* the caller, deadline and request id; also used to ask other services */
	struct arena *arena; /* = call.arena: emptied after the reply */
	void *state;         /* the service's own, from svc_spec.init */
};

struct rpc_lane_conf {
	int threads;
	int queue; /* frames that may wait */
};

struct rpc_server_conf {
	const char *url; /* "tcp://host:port" to listen on */
	const struct seal_key *key;
	const struct rpc_handler *const *handlers; /* all rows of all tables, by pointer */
	size_t handler_count;
	struct rpc_lane_conf lanes[LANE_COUNT]; /* threads 0: no method uses the lane */
	struct rpc_client **services;
	void *state;
	/* Called once for every call that was answered, on its lane's thread; may be NULL. */
	void (*on_answer)(const struct rpc_method *method, const struct call *call, int status,
		int64_t taken_us);
};

int rpc_server_new(const struct rpc_server_conf *conf, struct rpc_server **ret_server);
/* Answers what is under way, refuses the rest, then frees. */
void rpc_server_free(struct rpc_server *server);

struct rpc_server_stats {
	uint64_t frames_dropped; /* did not open */
	uint64_t calls;
	uint64_t busy; /* refused for a full queue */
	int queued[LANE_COUNT];
};
void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *ret_stats);

#endif
