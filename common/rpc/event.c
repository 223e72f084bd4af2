#include "common/rpc/event.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/codec.h"
#include "common/rpc/seal.h"

#define EVENT_FRAME_MAX 1024  /* bytes, sealed */
#define EVENT_QUEUE 4096      /* events nng may hold for a slow peer */
#define EVENT_ARENA_MAX (64 * 1024)
#define HEARTBEAT_S 1
/* Without even a heartbeat for so long we dial anew, at growing intervals: see client.c. */
#define SILENCE_MS 3000
#define SILENCE_MAX_MS 60000

/*
 * Why there is no nng_close in this library: in nng 1.5.2 it can wait for ever when it meets a message
 * half written or half read (the transport goes on with an operation that has been closed, and nobody
 * completes it). Closing the listener or dialer closes the connections too and does not wait. The bare
 * sockets stay until the process ends, which is when clients, servers and events are freed.
 */

struct event_pub {
	struct seal_key key;
	nng_socket socket;
	nng_listener listener;
	int64_t epoch, number;
	struct arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t heart;
	bool stopping, beating;
};

struct event_sub {
	struct event_sub_conf conf;
	struct seal_key key;
	nng_socket socket;
	nng_dialer dialer;
	nng_aio *aio;
	nng_duration silence_ms; /* that is borne before dialling anew */
	struct arena *arena;
	char *url;
	int64_t epoch, number; /* of the last event; epoch 0 before the first */
};

/* Called under the lock. */
static void send_event(struct event_pub *pub, const struct event *event)
{
	struct buf plain;
	nng_msg *msg = NULL;

	arena_reset(pub->arena);
	buf_init(&plain, pub->arena, EVENT_FRAME_MAX - SEAL_OVERHEAD);
	codec_pack(&event_fields, event, &plain);
	/* What cannot be sent is missed, and a missed number is noticed. */
	if (buf_failed(&plain) || nng_msg_alloc(&msg, plain.len + SEAL_OVERHEAD) != 0)
		return;
	seal_frame(&pub->key, SEAL_EVENT, buf_str(&plain), nng_msg_body(msg));
	if (nng_sendmsg(pub->socket, msg, NNG_FLAG_NONBLOCK) != 0)
		nng_msg_free(msg);
}

static void *heartbeat(void *arg)
{
	struct event_pub *pub = arg;
	struct timespec until;

	pthread_mutex_lock(&pub->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	while (!pub->stopping) {
		until.tv_sec += HEARTBEAT_S;
		while (!pub->stopping && pthread_cond_timedwait(&pub->wake, &pub->lock, &until) == 0)
			; /* woken early */
		if (!pub->stopping)
			send_event(pub,
				&(struct event){.epoch = pub->epoch, .number = pub->number, .topic = STR("")});
	}
	pthread_mutex_unlock(&pub->lock);
	return NULL;
}

static int open_pub(struct event_pub *pub, const char *url)
{
	if (nng_pub0_open(&pub->socket) != 0)
		return ERR_NOMEM;
	if (nng_socket_set_int(pub->socket, NNG_OPT_SENDBUF, EVENT_QUEUE) != 0 ||
		nng_socket_set_size(pub->socket, NNG_OPT_RECVMAXSZ, EVENT_FRAME_MAX) != 0 ||
		nng_listen(pub->socket, url, &pub->listener, 0) != 0)
		return ERR_IO;
	return 0;
}

int event_pub_new(const char *url, const struct seal_key *key, struct event_pub **ret_pub)
{
	struct event_pub *pub = calloc(1, sizeof(*pub));
	pthread_condattr_t attributes;

	if (!pub)
		return ERR_NOMEM;
	pub->key = *key;
	pub->epoch = 1 + (int64_t)id_below(INT64_MAX);
	pthread_mutex_init(&pub->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pub->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pub->arena = arena_new(EVENT_ARENA_MAX);
	int err = pub->arena ? open_pub(pub, url) : ERR_NOMEM;
	if (err == 0 && pthread_create(&pub->heart, NULL, heartbeat, pub) != 0)
		err = ERR_NOMEM;
	pub->beating = err == 0;
	if (err)
		event_pub_free(pub);
	else
		*ret_pub = pub;
	return err;
}

void event_pub_free(struct event_pub *pub)
{
	if (!pub)
		return;
	pthread_mutex_lock(&pub->lock);
	pub->stopping = true;
	pthread_mutex_unlock(&pub->lock);
	pthread_cond_signal(&pub->wake);
	if (pub->beating)
		pthread_join(pub->heart, NULL);
	nng_listener_close(pub->listener);
	arena_free(pub->arena);
	pthread_cond_destroy(&pub->wake);
	pthread_mutex_destroy(&pub->lock);
	memset(&pub->key, 0, sizeof(pub->key));
	free(pub);
}

void event_publish(struct event_pub *pub, struct str topic, int64_t account, struct str detail)
{
	pthread_mutex_lock(&pub->lock);
	pub->number++;
	send_event(pub, &(struct event){
				.epoch = pub->epoch,
				.number = pub->number,
				.topic = topic,
				.account = account,
				.detail = detail,
			});
	pthread_mutex_unlock(&pub->lock);
}

/* The first event of an epoch says nothing of what came before it, unless it is number 1 of an epoch
 * that began after we did; so every change of epoch counts as a gap. */
static void take_event(struct event_sub *sub, const struct event *event)
{
	bool heartbeat_only = event->topic.len == 0;
	int64_t expected = heartbeat_only ? sub->number : sub->number + 1;
	bool gap = event->epoch != sub->epoch || event->number != expected;

	sub->epoch = event->epoch;
	sub->number = event->number;
	if (gap)
		sub->conf.on_gap(sub->conf.arg);
	if (!heartbeat_only)
		sub->conf.on_event(sub->conf.arg, event);
}

static void dial_anew(struct event_sub *sub)
{
	sub->silence_ms = 2 * sub->silence_ms < SILENCE_MAX_MS ? 2 * sub->silence_ms : SILENCE_MAX_MS;
	sub->conf.on_gap(sub->conf.arg);
	nng_dialer_close(sub->dialer);
	nng_dial(sub->socket, sub->url, &sub->dialer, NNG_FLAG_NONBLOCK);
}

/* nng's callback: one at a time, as there is one aio. */
static void on_message(void *arg)
{
	struct event_sub *sub = arg;
	struct event event;
	struct str plain;
	int result = nng_aio_result(sub->aio);

	if (result == NNG_ECLOSED || result == NNG_ECANCELED)
		return;
	if (result == NNG_ETIMEDOUT)
		dial_anew(sub);
	if (result == 0) {
		nng_msg *msg = nng_aio_get_msg(sub->aio);
		sub->silence_ms = SILENCE_MS;
		nng_aio_set_msg(sub->aio, NULL);
		arena_reset(sub->arena);
		if (seal_open(&sub->key, SEAL_EVENT, nng_msg_body(msg), nng_msg_len(msg), &plain) == 0 &&
			codec_unpack(&event_fields, plain, sub->arena, &event, NULL) == 0)
			take_event(sub, &event);
		nng_msg_free(msg);
	}
	nng_aio_set_timeout(sub->aio, sub->silence_ms);
	nng_recv_aio(sub->socket, sub->aio);
}

static void on_pipe_lost(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct event_sub *sub = arg;

	(void)pipe;
	(void)ev;
	sub->conf.on_gap(sub->conf.arg);
}

static int open_sub(struct event_sub *sub)
{
	if (nng_sub0_open(&sub->socket) != 0)
		return ERR_NOMEM;
	/* An empty prefix: frames are sealed, so all or nothing. */
	if (nng_socket_set(sub->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0) != 0 ||
		nng_socket_set_int(sub->socket, NNG_OPT_RECVBUF, EVENT_QUEUE) != 0 ||
		nng_socket_set_size(sub->socket, NNG_OPT_RECVMAXSZ, EVENT_FRAME_MAX) != 0 ||
		nng_socket_set_ms(sub->socket, NNG_OPT_RECONNMINT, 10) != 0 ||
		nng_socket_set_ms(sub->socket, NNG_OPT_RECONNMAXT, 200) != 0 ||
		nng_pipe_notify(sub->socket, NNG_PIPE_EV_REM_POST, on_pipe_lost, sub) != 0 ||
		nng_aio_alloc(&sub->aio, on_message, sub) != 0)
		return ERR_NOMEM;
	if (nng_dial(sub->socket, sub->url, &sub->dialer, NNG_FLAG_NONBLOCK) != 0)
		return ERR_INVALID;
	sub->silence_ms = SILENCE_MS;
	nng_aio_set_timeout(sub->aio, sub->silence_ms);
	nng_recv_aio(sub->socket, sub->aio);
	return 0;
}

int event_sub_new(const struct event_sub_conf *conf, struct event_sub **ret_sub)
{
	struct event_sub *sub = calloc(1, sizeof(*sub));

	if (!sub)
		return ERR_NOMEM;
	sub->conf = *conf;
	sub->key = *conf->key;
	sub->url = strdup(conf->url);
	sub->arena = arena_new(EVENT_ARENA_MAX);
	int err = sub->arena && sub->url ? open_sub(sub) : ERR_NOMEM;
	if (err)
		event_sub_free(sub);
	else
		*ret_sub = sub;
	return err;
}

void event_sub_free(struct event_sub *sub)
{
	if (!sub)
		return;
	nng_pipe_notify(sub->socket, NNG_PIPE_EV_REM_POST, NULL, NULL);
	nng_aio_stop(sub->aio);
	nng_dialer_close(sub->dialer);
	nng_aio_free(sub->aio);
	arena_free(sub->arena);
	free(sub->url);
	memset(&sub->key, 0, sizeof(sub->key));
	free(sub);
}
