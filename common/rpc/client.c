/*
 * How calls travel. A caller packs its arguments and queues; whoever finds a free slot (one nng context
 * with one aio) sends for all. Calls of LANE_READ are gathered: while READ_FRAMES frames are on their
 * way, further calls wait and then leave together in one frame, so that a busy gateway pays for far
 * fewer frames than calls. All other calls have a frame of their own, so that none waits for another.
 */
#include "common/rpc/client.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/codec.h"
#include "common/rpc/envelope.h"
#include "common/rpc/method.h"
#include "common/rpc/seal.h"

#define SLOTS_PER_SOCKET 128 /* nng 1.5.2's timers are quadratic in the contexts of a socket */
#define SOCKETS_MAX 4
#define READ_FRAMES 2  /* gathered frames under way */
#define GATHER_MAX 64  /* calls in one frame */
#define SEND_TIMEOUT_MS 700 /* how long a call waits for a connection */
#define ATTEMPTS_MAX 3
/* nng 1.5.2 sometimes never dials again after a connection broke (its reaper waits for an operation
 * that nobody completes: event.c). So when nothing could be sent we dial anew, at growing intervals. */
#define REDIAL_FIRST_MS 1000
#define REDIAL_MAX_MS 60000

/* One call that waits, on its caller's stack. */
struct waiter {
	struct waiter *next;
	struct rpc_request request;
	const struct rpc_method *method;
	struct call *call;
	sem_t done;
	int status;        /* 0 or an error of the transport or the handler */
	bool lost;         /* the outcome is unknown: no reply came */
	struct str result; /* packed, in call->arena */
};

struct queue {
	struct waiter *first, **last;
};

struct slot {
	struct slot *next_free;
	struct rpc_client *client;
	nng_ctx ctx;
	nng_aio *aio;
	bool receiving;
	bool gathered;
	enum lane lane;
	int64_t deadline_us;
	struct arena *arena;
	struct waiter *waiters[GATHER_MAX];
	size_t count;
};

struct rpc_client {
	struct seal_key key;
	char *url;
	pthread_mutex_t lock;
	nng_socket sockets[SOCKETS_MAX];
	nng_dialer dialers[SOCKETS_MAX];
	size_t socket_count;
	struct slot *slots[SOCKETS_MAX * SLOTS_PER_SOCKET];
	size_t slot_count;
	struct slot *free_slots;
	struct queue reads, others;
	int read_frames;
	int64_t redial_at_ms, redial_wait_ms; /* 0 while all is well */
	atomic_uint_fast64_t dropped;
};

/* How many sockets are to dial anew now; 0 until it is time. */
static size_t redial_due(struct rpc_client *client)
{
	int64_t now = clock_mono_ms();

	pthread_mutex_lock(&client->lock);
	size_t due = now >= client->redial_at_ms ? client->socket_count : 0;
	if (due) {
		int64_t wait = client->redial_wait_ms ? 2 * client->redial_wait_ms : REDIAL_FIRST_MS;
		client->redial_wait_ms = wait < REDIAL_MAX_MS ? wait : REDIAL_MAX_MS;
		client->redial_at_ms = now + client->redial_wait_ms;
	}
	pthread_mutex_unlock(&client->lock);
	return due;
}

/* Only redial_due's winner comes here, and the next one not before REDIAL_FIRST_MS. */
static void redial(struct rpc_client *client, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		nng_dialer_close(client->dialers[i]);
		nng_dial(client->sockets[i], client->url, &client->dialers[i], NNG_FLAG_NONBLOCK);
	}
}

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_add(struct queue *queue, struct waiter *waiter)
{
	waiter->next = NULL;
	*queue->last = waiter;
	queue->last = &waiter->next;
}

static struct waiter *queue_take(struct queue *queue)
{
	struct waiter *waiter = queue->first;

	if (waiter && !(queue->first = waiter->next))
		queue->last = &queue->first;
	return waiter;
}

static int open_socket(struct rpc_client *client)
{
	nng_socket socket;

	if (nng_req0_open(&socket) != 0)
		return ERR_NOMEM;
	/* Retries are ours: nng's own would run a method twice. */
	if (nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE) != 0 ||
		nng_socket_set_ms(socket, NNG_OPT_RECONNMINT, 10) != 0 ||
		nng_socket_set_ms(socket, NNG_OPT_RECONNMAXT, 200) != 0 ||
		nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, RPC_FRAME_MAX) != 0 ||
		nng_dial(socket, client->url, &client->dialers[client->socket_count], NNG_FLAG_NONBLOCK)) {
		nng_close(socket);
		return ERR_INVALID;
	}
	client->sockets[client->socket_count++] = socket;
	return 0;
}

static void on_progress(void *arg);

/* A new slot; NULL when there are as many as there may be. Called under the lock. */
static struct slot *make_slot(struct rpc_client *client)
{
	if (client->slot_count == SLOTS_PER_SOCKET * client->socket_count &&
		(client->socket_count == SOCKETS_MAX || open_socket(client) != 0))
		return NULL;
	struct slot *slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->client = client;
	slot->arena = arena_new(RPC_ARENA_MAX);
	if (!slot->arena || nng_aio_alloc(&slot->aio, on_progress, slot) != 0) {
		arena_free(slot->arena);
		free(slot);
		return NULL;
	}
	if (nng_ctx_open(&slot->ctx, client->sockets[client->socket_count - 1]) != 0) {
		nng_aio_free(slot->aio);
		arena_free(slot->arena);
		free(slot);
		return NULL;
	}
	client->slots[client->slot_count++] = slot;
	return slot;
}

static struct slot *take_slot(struct rpc_client *client)
{
	struct slot *slot = client->free_slots;

	if (slot)
		client->free_slots = slot->next_free;
	return slot ? slot : make_slot(client);
}

static void finish(struct waiter *waiter, int status, bool lost)
{
	waiter->status = status;
	waiter->lost = lost;
	sem_post(&waiter->done);
}

/* Fills a slot from the queue, leaving out calls whose time has passed. */
static void fill_slot(struct slot *slot, struct queue *queue, size_t most)
{
	int64_t now = clock_now_us();

	slot->count = 0;
	slot->deadline_us = 0;
	while (slot->count < most && queue->first) {
		struct waiter *waiter = queue_take(queue);
		if (waiter->request.deadline <= now) {
			finish(waiter, ERR_DEADLINE, false);
			continue;
		}
		if (waiter->request.deadline > slot->deadline_us)
			slot->deadline_us = waiter->request.deadline;
		slot->lane = waiter->method->lane;
		slot->waiters[slot->count++] = waiter;
	}
}

/* Takes what may leave now from the queues; a chain of filled slots. Called under the lock. */
static struct slot *gather(struct rpc_client *client)
{
	struct slot *chain = NULL, *slot;

	for (;;) {
		bool reads = client->reads.first && client->read_frames < READ_FRAMES;
		if (!reads && !client->others.first)
			return chain;
		if (!(slot = take_slot(client)))
			return chain; /* the next reply takes it up */
		fill_slot(slot, reads ? &client->reads : &client->others, reads ? GATHER_MAX : 1);
		if (slot->count == 0) {
			slot->next_free = client->free_slots;
			client->free_slots = slot;
			continue;
		}
		slot->gathered = reads;
		client->read_frames += reads;
		slot->next_free = chain;
		chain = slot;
	}
}

/* The sealed frame of all calls in the slot. */
static int build_frame(struct slot *slot, nng_msg **ret_msg)
{
	struct rpc_requests frame = {.version = RPC_VERSION, .calls_count = slot->count};
	struct buf plain;

	arena_reset(slot->arena);
	frame.calls = ARENA_ARRAY(slot->arena, struct rpc_request, slot->count);
	if (!frame.calls)
		return ERR_NOMEM;
	for (size_t i = 0; i < slot->count; i++)
		frame.calls[i] = slot->waiters[i]->request;
	buf_init(&plain, slot->arena, RPC_FRAME_MAX - SEAL_OVERHEAD);
	codec_pack(&rpc_requests_fields, &frame, &plain);
	if (buf_failed(&plain))
		return ERR_TOO_LARGE;
	if (nng_msg_alloc(ret_msg, plain.len + SEAL_OVERHEAD) != 0)
		return ERR_NOMEM;
	seal_frame(&slot->client->key, SEAL_REQUEST + (int)slot->lane, buf_str(&plain),
		nng_msg_body(*ret_msg));
	return 0;
}

static void send_slots(struct slot *chain);

/* Every call of the slot has its outcome: give the slot back and send what waited meanwhile. */
static void release_slot(struct slot *slot)
{
	struct rpc_client *client = slot->client;

	arena_reset(slot->arena);
	pthread_mutex_lock(&client->lock);
	if (slot->receiving)
		client->redial_wait_ms = client->redial_at_ms = 0;
	client->read_frames -= slot->gathered;
	slot->next_free = client->free_slots;
	client->free_slots = slot;
	struct slot *chain = gather(client);
	pthread_mutex_unlock(&client->lock);
	send_slots(chain);
}

static void fail_slot(struct slot *slot, int status, bool lost)
{
	for (size_t i = 0; i < slot->count; i++)
		finish(slot->waiters[i], status, lost);
	release_slot(slot);
}

static nng_duration remaining_ms(int64_t deadline_us)
{
	int64_t left = (deadline_us - clock_now_us()) / 1000;

	return left < 1 ? 1 : (nng_duration)left;
}

static void send_slots(struct slot *chain)
{
	while (chain) {
		struct slot *slot = chain;
		nng_msg *msg = NULL;
		chain = slot->next_free;
		int err = build_frame(slot, &msg);
		if (err) {
			fail_slot(slot, err, false);
			continue;
		}
		nng_duration timeout = remaining_ms(slot->deadline_us);
		slot->receiving = false;
		nng_aio_set_timeout(slot->aio, timeout < SEND_TIMEOUT_MS ? timeout : SEND_TIMEOUT_MS);
		nng_aio_set_msg(slot->aio, msg);
		nng_ctx_send(slot->ctx, slot->aio);
	}
}

/* One call's reply into its caller's arena; the caller sleeps, so the arena is ours now. */
static void deliver(struct waiter *waiter, const struct rpc_reply *reply)
{
	struct call *call = waiter->call;
	int status = -(int)reply->status;

	if (status == 0 && reply->result.p) {
		waiter->result = str_dup(call->arena, reply->result);
		if (!waiter->result.p)
			status = ERR_NOMEM;
	}
	for (size_t i = 0; i < reply->fields_count && call->field_count < CALL_FIELDS_MAX; i++)
		call->fields[call->field_count++] = str_dup(call->arena, reply->fields[i]);
	if (reply->retry_after_s)
		call->retry_after_s = reply->retry_after_s;
	finish(waiter, status, false);
}

static void take_reply(struct slot *slot, nng_msg *msg)
{
	struct rpc_replies frame = {0};
	struct str plain;
	int err = seal_open(&slot->client->key, SEAL_REPLY, nng_msg_body(msg), nng_msg_len(msg), &plain);

	if (err)
		atomic_fetch_add(&slot->client->dropped, 1);
	else
		err = codec_unpack(&rpc_replies_fields, plain, slot->arena, &frame, NULL);
	if (err == 0 && frame.status)
		err = -(int)frame.status;
	else if (err == 0 && frame.replies_count != slot->count)
		err = ERR_PROTOCOL;
	for (size_t i = 0; i < slot->count; i++) {
		if (err)
			finish(slot->waiters[i], err, err != ERR_BUSY);
		else
			deliver(slot->waiters[i], &frame.replies[i]);
	}
	nng_msg_free(msg);
	release_slot(slot);
}

/* nng's callback: a frame was sent (or not), or its reply came (or not). */
static void on_progress(void *arg)
{
	struct slot *slot = arg;
	int result = nng_aio_result(slot->aio);

	if (!slot->receiving && result != 0) {
		nng_msg_free(nng_aio_get_msg(slot->aio));
		nng_aio_set_msg(slot->aio, NULL);
		if (result == NNG_ETIMEDOUT)
			redial(slot->client, redial_due(slot->client));
		fail_slot(slot, ERR_UNAVAILABLE, false);
	} else if (!slot->receiving) {
		/* Only now: receiving with a time-out before the send is complete crashes nng 1.5.2. */
		slot->receiving = true;
		nng_aio_set_timeout(slot->aio, remaining_ms(slot->deadline_us));
		nng_ctx_recv(slot->ctx, slot->aio);
	} else if (result != 0) {
		fail_slot(slot, result == NNG_ETIMEDOUT ? ERR_DEADLINE : ERR_UNAVAILABLE, true);
	} else {
		nng_msg *msg = nng_aio_get_msg(slot->aio);
		nng_aio_set_msg(slot->aio, NULL);
		take_reply(slot, msg);
	}
}

int rpc_client_new(const char *url, const struct seal_key *key, struct rpc_client **ret_client)
{
	struct rpc_client *client = calloc(1, sizeof(*client));

	if (!client)
		return ERR_NOMEM;
	client->key = *key;
	client->url = strdup(url);
	pthread_mutex_init(&client->lock, NULL);
	queue_init(&client->reads);
	queue_init(&client->others);
	int err = client->url ? open_socket(client) : ERR_NOMEM;
	if (err)
		rpc_client_free(client);
	else
		*ret_client = client;
	return err;
}

void rpc_client_free(struct rpc_client *client)
{
	if (!client)
		return;
	/* All of them first: one slot's callback may still be sending for another. */
	for (size_t i = 0; i < client->slot_count; i++)
		nng_aio_stop(client->slots[i]->aio);
	/* Not nng_close: see event.c. */
	for (size_t i = 0; i < client->socket_count; i++)
		nng_dialer_close(client->dialers[i]);
	for (size_t i = 0; i < client->slot_count; i++) {
		struct slot *slot = client->slots[i];
		nng_ctx_close(slot->ctx);
		nng_aio_free(slot->aio);
		arena_free(slot->arena);
		free(slot);
	}
	pthread_mutex_destroy(&client->lock);
	memset(&client->key, 0, sizeof(client->key));
	free(client->url);
	free(client);
}

uint64_t rpc_client_dropped(const struct rpc_client *client)
{
	return atomic_load(&client->dropped);
}

/* Sends once and waits. Every slot has a time-out, so every waiter is woken. */
static void exchange(struct rpc_client *client, struct waiter *waiter)
{
	sem_init(&waiter->done, 0, 0);
	pthread_mutex_lock(&client->lock);
	queue_add(waiter->method->lane == LANE_READ ? &client->reads : &client->others, waiter);
	struct slot *chain = gather(client);
	pthread_mutex_unlock(&client->lock);
	send_slots(chain);
	while (sem_wait(&waiter->done) != 0)
		; /* a signal */
	sem_destroy(&waiter->done);
}

/* After a lost reply the method may have run: only what may run twice is sent again. */
static bool may_retry(const struct waiter *waiter)
{
	return waiter->lost && waiter->status == ERR_UNAVAILABLE &&
		(waiter->method->flags & METHOD_IDEMPOTENT || waiter->call->idempotency_key.len) &&
		clock_now_us() < waiter->request.deadline;
}

int rpc_call(enum service service, struct call *call, const struct rpc_method *method,
	const void *in, void *out)
{
	struct rpc_client *client = call->services ? call->services[service] : NULL;
	struct buf args;

	if (!client)
		return ERR_UNAVAILABLE;
	call->field_count = 0;
	call->retry_after_s = 0;
	buf_init(&args, call->arena, RPC_FRAME_MAX);
	codec_pack(method->in, in, &args);
	if (buf_failed(&args))
		return ERR_TOO_LARGE;
	struct waiter waiter = {
		.method = method,
		.call = call,
		.request = {
			.method = str_c(method->name),
			.request_id = call->request_id,
			.traceparent = call->traceparent,
			.idempotency_key = call->idempotency_key,
			.deadline = call->deadline_us,
			.caller = call->caller,
			.args = buf_str(&args),
		},
	};
	for (int attempt = 1; attempt == 1 || (attempt <= ATTEMPTS_MAX && may_retry(&waiter)); attempt++)
		exchange(client, &waiter);
	if (waiter.status)
		return waiter.status;
	if (!waiter.result.p)
		return ERR_PROTOCOL;
	return codec_unpack(method->out, waiter.result, call->arena, out, NULL) ? ERR_PROTOCOL : 0;
}
