#include "common/rpc/server.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/codec.h"
#include "common/rpc/envelope.h"
#include "common/rpc/lane.h"
#include "common/rpc/seal.h"

#define SLOW_NICE 10 /* a flood of sign-ins must not delay a profile */
#define SPARE_SLOTS 8 /* beyond what the lanes can hold, to receive what they refuse */

/* One nng context: receives a frame, carries it through its lane, sends the reply. */
struct slot {
	struct rpc_server *server;
	nng_ctx ctx;
	nng_aio *aio;
	enum { RECEIVING, WORKING, SENDING } state;
	nng_msg *msg;
};

struct rpc_server {
	struct rpc_server_conf conf;
	struct seal_key key;
	nng_socket socket;
	nng_listener listener;
	struct lane_pool *lanes[LANE_COUNT];
	struct slot *slots;
	size_t slot_count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	size_t busy; /* slots that work or send */
	atomic_uint_fast64_t dropped, calls, refused;
};

static void receive(struct slot *slot)
{
	slot->state = RECEIVING;
	nng_ctx_recv(slot->ctx, slot->aio);
}

/* The slot is through with its frame. */
static void finish_slot(struct slot *slot)
{
	struct rpc_server *server = slot->server;

	pthread_mutex_lock(&server->lock);
	server->busy--;
	bool stopping = server->stopping;
	pthread_cond_signal(&server->changed);
	pthread_mutex_unlock(&server->lock);
	if (!stopping)
		receive(slot);
}

/* False once the server stops: what arrives now is not started. */
static bool begin_work(struct rpc_server *server)
{
	pthread_mutex_lock(&server->lock);
	bool begun = !server->stopping;
	server->busy += begun;
	pthread_mutex_unlock(&server->lock);
	return begun;
}

/* Seals and sends; takes the request's message. */
static void send_frame(struct slot *slot, const struct rpc_replies *frame, struct arena *arena)
{
	struct rpc_replies too_large = {.status = -ERR_TOO_LARGE};
	struct buf plain;
	nng_msg *reply = NULL;

	buf_init(&plain, arena, RPC_FRAME_MAX - SEAL_OVERHEAD);
	codec_pack(&rpc_replies_fields, frame, &plain);
	if (buf_failed(&plain)) {
		arena_reset(arena);
		buf_init(&plain, arena, RPC_FRAME_MAX - SEAL_OVERHEAD);
		codec_pack(&rpc_replies_fields, &too_large, &plain);
	}
	if (slot->msg)
		nng_msg_free(slot->msg);
	slot->msg = NULL;
	if (buf_failed(&plain) || nng_msg_alloc(&reply, plain.len + SEAL_OVERHEAD) != 0) {
		finish_slot(slot); /* the caller's deadline tells it */
		return;
	}
	seal_frame(&slot->server->key, SEAL_REPLY, buf_str(&plain), nng_msg_body(reply));
	slot->state = SENDING;
	nng_aio_set_msg(slot->aio, reply);
	nng_ctx_send(slot->ctx, slot->aio);
}

static const struct rpc_handler *find_handler(const struct rpc_server *server, struct str name)
{
	for (size_t i = 0; i < server->conf.handler_count; i++)
		if (str_eq(str_c(server->conf.handlers[i]->method->name), name))
			return server->conf.handlers[i];
	return NULL;
}

/* Runs one call; its result is packed into the arena. */
static int run_call(struct rpc_server *server, enum lane lane, const struct rpc_request *request,
	struct svc_ctx *ctx, struct str *ret_result)
{
	const struct rpc_handler *handler = find_handler(server, request->method);
	const char *field = NULL;

	if (!handler || handler->method->lane != lane)
		return ERR_NO_METHOD;
	const struct rpc_method *method = handler->method;
	if (!(method->may & (unsigned)request->caller.kind))
		return ERR_DENIED;
	if (request->deadline <= clock_now_us())
		return ERR_DEADLINE;
	void *in = arena_alloc(ctx->arena, method->in->size);
	void *out = arena_alloc(ctx->arena, method->out->size);
	if (!in || !out)
		return ERR_NOMEM;
	int err = codec_unpack(method->in, request->args, ctx->arena, in, &field);
	if (err == ERR_INVALID)
		return call_refuse(&ctx->call, err, str_c(field));
	if (err == 0)
		err = handler->run(ctx, in, out);
	if (err)
		return err;
	struct buf result;
	buf_init(&result, ctx->arena, RPC_FRAME_MAX);
	codec_pack(method->out, out, &result);
	if (buf_failed(&result))
		return ERR_TOO_LARGE;
	*ret_result = buf_str(&result);
	return 0;
}

static void answer_call(struct rpc_server *server, enum lane lane,
	const struct rpc_request *request, struct arena *arena, struct rpc_reply *ret_reply)
{
	int64_t start = clock_mono_us();
	struct svc_ctx ctx = {
		.call = {
			.arena = arena,
			.services = server->conf.services,
			.request_id = request->request_id,
			.traceparent = request->traceparent,
			.idempotency_key = request->idempotency_key,
			.caller = request->caller,
			.deadline_us = request->deadline,
		},
		.arena = arena,
		.state = server->conf.state,
	};
	struct str result = STR_NONE;
	int status = run_call(server, lane, request, &ctx, &result);

	*ret_reply = (struct rpc_reply){.status = -status, .result = result};
	if (status) {
		ret_reply->retry_after_s = ctx.call.retry_after_s;
		ret_reply->fields = ARENA_ARRAY(arena, struct str, CALL_FIELDS_MAX);
		ret_reply->fields_count = ret_reply->fields ? ctx.call.field_count : 0;
		if (ret_reply->fields)
			memcpy(ret_reply->fields, ctx.call.fields, sizeof(ctx.call.fields));
	}
	atomic_fetch_add_explicit(&server->calls, 1, memory_order_relaxed);
	if (server->conf.on_answer) {
		const struct rpc_handler *handler = find_handler(server, request->method);
		server->conf.on_answer(handler ? handler->method : NULL, &ctx.call, status,
			clock_mono_us() - start);
	}
}

/* On a lane's thread: one frame. */
static void on_frame(void *job, void *thread_context)
{
	struct slot *slot = job;
	struct rpc_server *server = slot->server;
	struct arena *arena = thread_context;
	unsigned char *body = nng_msg_body(slot->msg);
	int purpose = body[0];
	struct rpc_requests requests = {0};
	struct rpc_replies replies = {0};
	struct str plain;

	if (seal_open(&server->key, purpose, body, nng_msg_len(slot->msg), &plain) != 0) {
		atomic_fetch_add(&server->dropped, 1);
		nng_msg_free(slot->msg);
		slot->msg = NULL;
		finish_slot(slot);
		return;
	}
	int err = codec_unpack(&rpc_requests_fields, plain, arena, &requests, NULL);
	if (err == 0 && requests.version != RPC_VERSION)
		err = ERR_PROTOCOL;
	if (err == 0 && requests.calls_count)
		replies.replies = ARENA_ARRAY(arena, struct rpc_reply, requests.calls_count);
	if (err == 0 && !replies.replies)
		err = ERR_NOMEM;
	for (size_t i = 0; err == 0 && i < requests.calls_count; i++) {
		answer_call(server, (enum lane)(purpose - SEAL_REQUEST), &requests.calls[i], arena,
			&replies.replies[i]);
		replies.replies_count++;
	}
	replies.status = -err;
	send_frame(slot, &replies, arena);
	arena_reset(arena);
}

/* On an nng thread: to its lane, unopened. */
static void take_frame(struct slot *slot)
{
	struct rpc_server *server = slot->server;
	size_t len = nng_msg_len(slot->msg);
	int lane = len >= SEAL_OVERHEAD ? *(unsigned char *)nng_msg_body(slot->msg) - SEAL_REQUEST : -1;

	if (lane < 0 || lane >= LANE_COUNT || !server->lanes[lane]) {
		atomic_fetch_add(&server->dropped, 1);
		nng_msg_free(slot->msg);
		slot->msg = NULL;
		finish_slot(slot);
		return;
	}
	slot->state = WORKING;
	if (lane_push(server->lanes[lane], slot) == 0)
		return;
	atomic_fetch_add(&server->refused, 1);
	struct arena *arena = arena_new(RPC_ARENA_MAX);
	if (arena)
		send_frame(slot, &(struct rpc_replies){.status = -ERR_BUSY}, arena);
	else
		finish_slot(slot);
	arena_free(arena);
}

static void on_progress(void *arg)
{
	struct slot *slot = arg;
	struct rpc_server *server = slot->server;
	int result = nng_aio_result(slot->aio);

	if (slot->state == SENDING) {
		if (result != 0)
			nng_msg_free(nng_aio_get_msg(slot->aio));
		nng_aio_set_msg(slot->aio, NULL);
		finish_slot(slot);
		return;
	}
	if (result == NNG_ECLOSED || result == NNG_ECANCELED)
		return; /* rpc_server_free */
	if (result != 0) {
		receive(slot);
		return;
	}
	slot->msg = nng_aio_get_msg(slot->aio);
	nng_aio_set_msg(slot->aio, NULL);
	if (begin_work(server)) {
		take_frame(slot);
	} else {
		nng_msg_free(slot->msg);
		slot->msg = NULL;
	}
}

static void *start_thread(void *arg)
{
	(void)arg;
	return arena_new(RPC_ARENA_MAX);
}

static void stop_thread(void *arena)
{
	arena_free(arena);
}

static int start_lanes(struct rpc_server *server)
{
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		const struct rpc_lane_conf *conf = &server->conf.lanes[lane];
		if (conf->threads == 0)
			continue;
		const struct lane_conf pool = {
			.threads = conf->threads,
			.queue = conf->queue,
			.nice = lane == LANE_SLOW ? SLOW_NICE : 0,
			.on_job = on_frame,
			.thread_start = start_thread,
			.thread_stop = stop_thread,
		};
		int err = lane_new(&pool, &server->lanes[lane]);
		if (err)
			return err;
		server->slot_count += (size_t)(conf->threads + conf->queue);
	}
	server->slot_count += SPARE_SLOTS;
	return 0;
}

static int start_slots(struct rpc_server *server)
{
	server->slots = calloc(server->slot_count, sizeof(*server->slots));
	if (!server->slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < server->slot_count; i++) {
		struct slot *slot = &server->slots[i];
		slot->server = server;
		if (nng_ctx_open(&slot->ctx, server->socket) != 0)
			return ERR_NOMEM;
		if (nng_aio_alloc(&slot->aio, on_progress, slot) != 0)
			return ERR_NOMEM;
		nng_aio_set_timeout(slot->aio, NNG_DURATION_INFINITE);
	}
	for (size_t i = 0; i < server->slot_count; i++)
		receive(&server->slots[i]);
	return 0;
}

int rpc_server_new(const struct rpc_server_conf *conf, struct rpc_server **ret_server)
{
	struct rpc_server *server = calloc(1, sizeof(*server));

	if (!server)
		return ERR_NOMEM;
	server->conf = *conf;
	server->key = *conf->key;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->changed, NULL);
	if (nng_rep0_open(&server->socket) != 0) {
		rpc_server_free(server);
		return ERR_NOMEM;
	}
	int err = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, RPC_FRAME_MAX) ? ERR_IO : 0;
	if (err == 0)
		err = start_lanes(server);
	if (err == 0)
		err = start_slots(server);
	/* Last: from here on frames come in. */
	if (err == 0 && nng_listen(server->socket, conf->url, &server->listener, 0) != 0)
		err = ERR_IO;
	if (err)
		rpc_server_free(server);
	else
		*ret_server = server;
	return err;
}

void rpc_server_free(struct rpc_server *server)
{
	if (!server)
		return;
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	while (server->busy)
		pthread_cond_wait(&server->changed, &server->lock);
	pthread_mutex_unlock(&server->lock);
	/* Not nng_close: see event.c. */
	for (int lane = 0; lane < LANE_COUNT; lane++)
		lane_free(server->lanes[lane]);
	for (size_t i = 0; server->slots && i < server->slot_count; i++)
		nng_aio_free(server->slots[i].aio);
	nng_listener_close(server->listener);
	free(server->slots);
	pthread_cond_destroy(&server->changed);
	pthread_mutex_destroy(&server->lock);
	memset(&server->key, 0, sizeof(server->key));
	free(server);
}

void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *ret_stats)
{
	*ret_stats = (struct rpc_server_stats){
		.frames_dropped = atomic_load(&server->dropped),
		.calls = atomic_load(&server->calls),
		.busy = atomic_load(&server->refused),
	};
	for (int lane = 0; lane < LANE_COUNT; lane++)
		if (server->lanes[lane])
			ret_stats->queued[lane] = lane_queued(server->lanes[lane]);
}
