/* Client and server of the bus against each other, over real sockets. */
#include <arpa/inet.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/client.h"
#include "common/rpc/envelope.h"
#include "common/rpc/seal.h"
#include "common/rpc/server.h"

#define THREADS 24
#define CALLS 200

#define DEMO_TEXT(X, S)                                                                            \
	X(S, STR, text, FIELD_REQUIRED, 20)                                                        \
	X(S, INT, number, 0, 1000)
FIELD_STRUCT(demo_echo_in, DEMO_TEXT)
FIELD_STRUCT(demo_echo_out, DEMO_TEXT)
FIELD_STRUCT(demo_hold_in, DEMO_TEXT)
FIELD_STRUCT(demo_hold_out, DEMO_TEXT)
FIELD_STRUCT(demo_refuse_in, DEMO_TEXT)
FIELD_STRUCT(demo_refuse_out, DEMO_TEXT)
FIELD_STRUCT(demo_secret_in, DEMO_TEXT)
FIELD_STRUCT(demo_secret_out, DEMO_TEXT)
#define DEMO_METHODS(M)                                                                            \
	M(demo, echo, CALLER_PEOPLE, METHOD_IDEMPOTENT, LANE_READ)                                 \
	M(demo, hold, CALLER_PEOPLE, 0, LANE_SLOW)                                                 \
	M(demo, refuse, CALLER_PEOPLE, 0, LANE_WRITE)                                              \
	M(demo, secret, CALLER_OPERATOR, 0, LANE_WRITE)
#define METHOD_STUB_DEMO(service, verb, may, flags, lane) METHOD_STUB(SERVICE_CHAT, service, verb)
METHOD_DECLARE(DEMO, DEMO_METHODS)
FIELD_TABLE(demo_echo_in, DEMO_TEXT)
FIELD_TABLE(demo_echo_out, DEMO_TEXT)
FIELD_TABLE(demo_hold_in, DEMO_TEXT)
FIELD_TABLE(demo_hold_out, DEMO_TEXT)
FIELD_TABLE(demo_refuse_in, DEMO_TEXT)
FIELD_TABLE(demo_refuse_out, DEMO_TEXT)
FIELD_TABLE(demo_secret_in, DEMO_TEXT)
FIELD_TABLE(demo_secret_out, DEMO_TEXT)
DEMO_METHODS(METHOD_TABLE)

static sem_t held, let_go;
static atomic_int runs;

int demo_echo(struct svc_ctx *ctx, const struct demo_echo_in *in, struct demo_echo_out *out)
{
	(void)ctx;
	atomic_fetch_add(&runs, 1);
	out->text = in->text;
	out->number = in->number + 1;
	return 0;
}

int demo_hold(struct svc_ctx *ctx, const struct demo_hold_in *in, struct demo_hold_out *out)
{
	(void)ctx;
	sem_post(&held);
	sem_wait(&let_go);
	out->text = in->text;
	return 0;
}

int demo_refuse(struct svc_ctx *ctx, const struct demo_refuse_in *in, struct demo_refuse_out *out)
{
	(void)in;
	(void)out;
	call_refuse(&ctx->call, ERR_TAKEN, STR("name"));
	call_refuse_for(&ctx->call, ERR_TAKEN, 7);
	return call_refuse(&ctx->call, ERR_TAKEN, STR("email"));
}

int demo_secret(struct svc_ctx *ctx, const struct demo_secret_in *in, struct demo_secret_out *out)
{
	(void)ctx;
	out->text = in->text;
	return 0;
}

METHOD_HANDLERS(demo, DEMO_METHODS)

struct fixture {
	char url[64];
	struct seal_key key;
	struct rpc_server *server;
	struct rpc_client *client;
	struct rpc_client *services[SERVICE_COUNT];
};

static struct rpc_server *start_server(const struct fixture *f)
{
	static const struct rpc_handler *rows[4];
	struct rpc_server *server = NULL;

	for (size_t i = 0; i < demo_handler_count; i++)
		rows[i] = &demo_handlers[i];
	const struct rpc_server_conf conf = {
		.url = f->url,
		.key = &f->key,
		.handlers = rows,
		.handler_count = demo_handler_count,
		.lanes = {{2, 16}, {2, 16}, {1, 1}},
	};
	assert_int_equal(rpc_server_new(&conf, &server), 0);
	return server;
}

static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sem_init(&held, 0, 0);
	sem_init(&let_go, 0, 0);
	snprintf(f->url, sizeof(f->url), "tcp://127.0.0.1:%d", free_port());
	id_random(f->key.bytes, sizeof(f->key.bytes));
	f->server = start_server(f);
	assert_int_equal(rpc_client_new(f->url, &f->key, &f->client), 0);
	f->services[SERVICE_CHAT] = f->client;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	rpc_client_free(f->client);
	rpc_server_free(f->server);
	free(f);
	return 0;
}

static struct call new_call(struct fixture *f, int64_t timeout_ms)
{
	return (struct call){
		.arena = arena_new(1 << 20),
		.services = f->services,
		.request_id = STR("test-request"),
		.caller = {.kind = CALLER_ANYONE, .address = STR("127.0.0.1")},
		.deadline_us = clock_now_us() + timeout_ms * 1000,
	};
}

static void test_echo(void **state)
{
	struct call call = new_call(*state, 3000);
	struct demo_echo_in in = {.text = STR("hällo"), .number = 41};
	struct demo_echo_out out;

	assert_int_equal(call_demo_echo(&call, &in, &out), 0);
	assert_true(str_eq(out.text, in.text));
	assert_int_equal(out.number, 42);
	arena_free(call.arena);
}

static void test_refusal_tells_fields(void **state)
{
	struct call call = new_call(*state, 3000);
	struct demo_refuse_out out;

	assert_int_equal(call_demo_refuse(&call, &(struct demo_refuse_in){.text = STR("x")}, &out), ERR_TAKEN);
	assert_int_equal(call.field_count, 2);
	assert_true(str_eq(call.fields[0], STR("name")));
	assert_true(str_eq(call.fields[1], STR("email")));
	assert_int_equal(call.retry_after_s, 7);
	arena_free(call.arena);
}

static void test_limits_are_checked(void **state)
{
	struct call call = new_call(*state, 3000);
	struct demo_echo_out out;
	struct demo_echo_in too_long = {.text = STR("123456789012345678901")};

	assert_int_equal(call_demo_echo(&call, &too_long, &out), ERR_INVALID);
	assert_int_equal(call.field_count, 1);
	assert_true(str_eq(call.fields[0], STR("text")));
	assert_int_equal(call_demo_echo(&call, &(struct demo_echo_in){0}, &out), ERR_INVALID);
	arena_free(call.arena);
}

static void test_nobody_else_may_call(void **state)
{
	struct call call = new_call(*state, 3000);
	struct demo_secret_in in = {.text = STR("x")};
	struct demo_secret_out out;

	assert_int_equal(call_demo_secret(&call, &in, &out), ERR_DENIED);
	call.caller.kind = CALLER_ADMIN;
	assert_int_equal(call_demo_secret(&call, &in, &out), ERR_DENIED);
	call.caller.kind = 0;
	assert_int_equal(call_demo_secret(&call, &in, &out), ERR_DENIED);
	call.caller.kind = CALLER_OPERATOR;
	assert_int_equal(call_demo_secret(&call, &in, &out), 0);
	arena_free(call.arena);
}

static void test_past_deadline_is_not_started(void **state)
{
	struct call call = new_call(*state, -1);
	struct demo_echo_out out;
	int before = atomic_load(&runs);

	assert_int_equal(call_demo_echo(&call, &(struct demo_echo_in){.text = STR("x")}, &out), ERR_DEADLINE);
	assert_int_equal(atomic_load(&runs), before);
	arena_free(call.arena);
}

static void *hold_one(void *arg)
{
	struct call call = new_call(arg, 20000);
	struct demo_hold_out out;
	int status = call_demo_hold(&call, &(struct demo_hold_in){.text = STR("x")}, &out);

	arena_free(call.arena);
	return (void *)(intptr_t)status;
}

/* One slow call runs, one waits, the third is refused at once; fast calls go on meanwhile. */
static void test_full_lane_is_busy(void **state)
{
	pthread_t threads[2];
	struct call call = new_call(*state, 10000);
	struct demo_hold_out hold_out;
	struct demo_echo_out out;
	struct rpc_server_stats stats;

	pthread_create(&threads[0], NULL, hold_one, *state);
	sem_wait(&held);
	pthread_create(&threads[1], NULL, hold_one, *state);
	do
		rpc_server_stats(((struct fixture *)*state)->server, &stats);
	while (stats.queued[LANE_SLOW] < 1);
	int64_t start = clock_mono_ms();
	assert_int_equal(call_demo_hold(&call, &(struct demo_hold_in){.text = STR("x")}, &hold_out), ERR_BUSY);
	assert_int_equal(call_demo_echo(&call, &(struct demo_echo_in){.text = STR("x")}, &out), 0);
	assert_true(clock_mono_ms() - start < 5000);
	sem_post(&let_go);
	sem_post(&let_go);
	for (int i = 0; i < 2; i++) {
		void *status;
		pthread_join(threads[i], &status);
		assert_int_equal((intptr_t)status, 0);
	}
	arena_free(call.arena);
}

static void test_lost_reply_tells_deadline(void **state)
{
	struct call call = new_call(*state, 200);
	struct demo_hold_out out;

	assert_int_equal(call_demo_hold(&call, &(struct demo_hold_in){.text = STR("x")}, &out), ERR_DEADLINE);
	sem_post(&let_go);
	arena_free(call.arena);
}

static void *echo_many(void *arg)
{
	intptr_t wrong = 0;

	for (int i = 0; i < CALLS; i++) {
		struct call call = new_call(arg, 10000);
		struct demo_echo_in in = {.text = STR("many"), .number = i};
		struct demo_echo_out out;
		wrong += call_demo_echo(&call, &in, &out) != 0 || out.number != i + 1;
		arena_free(call.arena);
	}
	return (void *)wrong;
}

static void test_gathered_calls_get_their_own_answers(void **state)
{
	pthread_t threads[THREADS];
	intptr_t wrong = 0;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, echo_many, *state);
	for (int i = 0; i < THREADS; i++) {
		void *count;
		pthread_join(threads[i], &count);
		wrong += (intptr_t)count;
	}
	assert_int_equal(wrong, 0);
}

static void test_server_comes_back(void **state)
{
	struct fixture *f = *state;
	struct call call = new_call(f, 5000);
	struct demo_echo_in in = {.text = STR("x")};
	struct demo_echo_out out;

	assert_int_equal(call_demo_echo(&call, &in, &out), 0);
	rpc_server_free(f->server);
	int64_t start = clock_mono_ms();
	assert_int_equal(call_demo_echo(&call, &in, &out), ERR_UNAVAILABLE);
	assert_true(clock_mono_ms() - start < 3000);
	f->server = start_server(f);
	/* The client dials again by itself; how soon depends on the machine. */
	call.deadline_us = clock_now_us() + 20000000;
	int err = ERR_UNAVAILABLE;
	while (err == ERR_UNAVAILABLE && clock_now_us() < call.deadline_us)
		err = call_demo_echo(&call, &in, &out);
	assert_int_equal(err, 0);
	arena_free(call.arena);
}

/* Who does not hold the key gets no answer, and is counted. */
static void test_foreign_frames_are_dropped(void **state)
{
	struct fixture *f = *state;
	struct rpc_server_stats stats;
	struct rpc_client *stranger = NULL;
	struct seal_key other;
	nng_socket raw;

	id_random(other.bytes, sizeof(other.bytes));
	assert_int_equal(rpc_client_new(f->url, &other, &stranger), 0);
	struct call call = new_call(f, 300);
	struct rpc_client *services[SERVICE_COUNT] = {[SERVICE_CHAT] = stranger};
	struct demo_echo_out out;
	call.services = services;
	assert_int_equal(call_demo_echo(&call, &(struct demo_echo_in){.text = STR("x")}, &out), ERR_DEADLINE);
	rpc_server_stats(f->server, &stats);
	assert_int_equal(stats.frames_dropped, 1);
	assert_int_equal(nng_req0_open(&raw), 0);
	assert_int_equal(nng_dial(raw, f->url, NULL, 0), 0);
	/* One after the other: a request that is not yet on its way is replaced by the next. */
	for (size_t len = 0; len < 64; len++) {
		char junk[64] = {SEAL_REQUEST};
		int64_t until = clock_mono_ms() + 5000;
		assert_int_equal(nng_send(raw, junk, len, 0), 0);
		do
			rpc_server_stats(f->server, &stats);
		while (stats.frames_dropped < 2 + len && clock_mono_ms() < until);
		assert_int_equal(stats.frames_dropped, 2 + len);
	}
	/* raw is not closed: see common/rpc/event.c. */
	rpc_client_free(stranger);
	struct call good = new_call(f, 3000);
	assert_int_equal(call_demo_echo(&good, &(struct demo_echo_in){.text = STR("x")}, &out), 0);
	arena_free(good.arena);
	arena_free(call.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_echo, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusal_tells_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits_are_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_else_may_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_past_deadline_is_not_started, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_lane_is_busy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_reply_tells_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gathered_calls_get_their_own_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_server_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_frames_are_dropped, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
