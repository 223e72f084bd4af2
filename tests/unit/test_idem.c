/* Idempotency keys: a gateway of the test's own before a real svc-auth and Redis. */
#include "tests/unit/auth_kit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "common/svc/redis.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"
#include "svc-auth/idem.h"
#include "tests/unit/gateway_kit.h"

#define THREADS 8
#define SECRET "the-token-nobody-may-read"

struct env {
	struct auth_kit *kit;
	struct kit_bus bus;
	struct gateway gateway;
};

static atomic_int runs;
static sem_t entered, leave;

/* What the body says: "wait", "later", "down" and "taken"; anything else makes something. */
static int make(struct req *req)
{
	struct str body;
	int rc = req_body(req, &body);

	atomic_fetch_add(&runs, 1);
	if (rc)
		return rc;
	if (str_eq(body, STR("down")))
		return ERR_UNAVAILABLE;
	if (str_eq(body, STR("later")))
		return call_refuse_for(&req->call, ERR_LIMITED, 7);
	if (str_eq(body, STR("taken")))
		return call_refuse(&req->call, ERR_TAKEN, STR("name"));
	if (str_eq(body, STR("wait"))) {
		sem_post(&entered);
		sem_wait(&leave);
	}
	req_add_header(req, "Location", STR("/made/1"));
	req_reply_json(req, 201);
	buf_addf(&req->out, "{\"token\":\"" SECRET "\",\"run\":%d}", atomic_load(&runs));
	return 0;
}

static int make_nothing(struct req *req)
{
	atomic_fetch_add(&runs, 1);
	return req_reply_empty(req, 204);
}

static const struct route routes[] = {
	{"POST", "/make", AUTH_NONE, make, .creates = true},
	{"POST", "/nothing", AUTH_NONE, make_nothing, .creates = true},
	{"POST", "/again", AUTH_NONE, make, .creates = false},
};
static const struct dialect dialect = {
	.name = "test", .routes = routes, .route_count = 3, .fail = refusal_fail};

static int setup_group(void **state)
{
	static const struct dialect *const dialects[] = {&dialect};
	static struct env env;
	struct call call;

	sem_init(&entered, 0, 0);
	sem_init(&leave, 0, 0);
	auth_kit_setup((void **)&env.kit);
	call = harness_call(env.kit->h, CALLER_ANYONE, 0);
	memcpy(env.bus.services, call.services, sizeof(env.bus.services));
	kit_gateway_start(&env.gateway, dialects, 1, &env.bus);
	id_random(&env.gateway.idem_reply_key, sizeof(env.gateway.idem_reply_key));
	id_random(env.gateway.idem_print_key, sizeof(env.gateway.idem_print_key));
	*state = &env;
	return 0;
}

static int teardown_group(void **state)
{
	struct env *env = *state;

	kit_gateway_stop(&env->gateway);
	auth_kit_teardown((void **)&env->kit);
	return 0;
}

static int setup(void **state)
{
	struct env *env = *state;

	atomic_store(&runs, 0);
	return auth_kit_reset((void **)&env->kit);
}

static struct client_reply ask(struct env *env, const char *path, const char *key, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s%s%s\r\n%s", path,
		strlen(body), key ? "Idempotency-Key: " : "", key ? key : "", key ? "\r\n" : "",
		body);
	return kit_ask(&env->gateway, text);
}

static void expect(struct env *env, const char *key, const char *body, int status, const char *part)
{
	struct client_reply reply = ask(env, "/make", key, body);

	assert_int_equal(reply.status, status);
	assert_non_null(memmem(reply.body, reply.body_len, part, strlen(part)));
	client_reply_free(&reply);
}

static void test_same_reply(void **state)
{
	struct env *env = *state;

	for (int i = 0; i < 3; i++) {
		struct client_reply reply = ask(env, "/make", "same-1", "body");

		assert_int_equal(reply.status, 201);
		assert_string_equal(client_header(&reply, "Location"), "/made/1");
		assert_string_equal(client_header(&reply, "Content-Type"),
			"application/json; charset=utf-8");
		assert_string_equal(client_header(&reply, "Cache-Control"), "no-store");
		assert_int_equal(reply.body_len, strlen("{\"token\":\"" SECRET "\",\"run\":1}"));
		client_reply_free(&reply);
	}
	assert_int_equal(atomic_load(&runs), 1);
}

static void test_reply_without_body(void **state)
{
	struct env *env = *state;

	for (int i = 0; i < 2; i++) {
		struct client_reply reply = ask(env, "/nothing", "nothing-1", "");

		assert_int_equal(reply.status, 204);
		assert_null(client_header(&reply, "Content-Type"));
		assert_int_equal(reply.body_len, 0);
		client_reply_free(&reply);
	}
	assert_int_equal(atomic_load(&runs), 1);
}

static void test_another_request(void **state)
{
	struct env *env = *state;
	struct client_reply reply;

	expect(env, "other-1", "body", 201, "\"run\":1");
	expect(env, "other-1", "body ", 409, "\"conflict\"");
	expect(env, "other-1", "", 409, "\"conflict\"");
	reply = ask(env, "/nothing", "other-1", "body");
	assert_int_equal(reply.status, 409);
	client_reply_free(&reply);
	reply = ask(env, "/make?x=1", "other-1", "body");
	assert_int_equal(reply.status, 409);
	client_reply_free(&reply);
	expect(env, "other-1", "body", 201, "\"run\":1");
	expect(env, "other-2", "body", 201, "\"run\":2");
	expect(env, NULL, "body", 201, "\"run\":3");
	expect(env, NULL, "body", 201, "\"run\":4");
}

static void test_only_where_something_is_made(void **state)
{
	struct env *env = *state;

	for (int i = 1; i <= 2; i++) {
		struct client_reply reply = ask(env, "/again", "again-1", "body");

		assert_int_equal(reply.status, 201);
		assert_int_equal(atomic_load(&runs), i);
		client_reply_free(&reply);
	}
}

/* What says "later" is not kept; what says "no" is. */
static void test_which_replies_are_kept(void **state)
{
	static const struct {
		const char *body;
		int status, runs;
	} rows[] = {
		{"down", 503, 2},
		{"later", 429, 2},
		{"taken", 409, 1},
	};
	struct env *env = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char key[32];

		snprintf(key, sizeof(key), "kept-%zu", i);
		atomic_store(&runs, 0);
		expect(env, key, rows[i].body, rows[i].status, "\"code\"");
		expect(env, key, rows[i].body, rows[i].status, "\"code\"");
		assert_int_equal(atomic_load(&runs), rows[i].runs);
	}
}

static void test_ill_formed_keys(void **state)
{
	static const char *const keys[] = {"", "two words", "caf\xc3\xa9"};
	struct env *env = *state;
	char key[AUTH_IDEM_KEY_MAX + 2];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct client_reply reply = ask(env, "/make", keys[i], "body");

		assert_int_equal(reply.status, 422);
		assert_non_null(strstr(reply.body, "\"field\":\"Idempotency-Key\""));
		client_reply_free(&reply);
	}
	memset(key, '~', sizeof(key));
	key[AUTH_IDEM_KEY_MAX + 1] = '\0';
	expect(env, key, "body", 422, "Idempotency-Key");
	assert_int_equal(atomic_load(&runs), 0);
	key[AUTH_IDEM_KEY_MAX] = '\0';
	expect(env, key, "body", 201, "\"run\":1");
	expect(env, key, "body", 201, "\"run\":1");
}

static void *ask_and_wait(void *arg)
{
	struct client_reply reply = ask(arg, "/make", "wait-1", "wait");
	int status = reply.status;

	client_reply_free(&reply);
	return (void *)(intptr_t)status;
}

static void test_while_it_runs(void **state)
{
	struct env *env = *state;
	struct client_reply reply;
	pthread_t thread;
	void *status;

	assert_int_equal(pthread_create(&thread, NULL, ask_and_wait, env), 0);
	sem_wait(&entered);
	reply = ask(env, "/make", "wait-1", "wait");
	assert_int_equal(reply.status, 503);
	assert_string_equal(client_header(&reply, "Retry-After"), "1");
	assert_non_null(strstr(reply.body, "\"busy\""));
	client_reply_free(&reply);
	expect(env, "wait-1", "not the same", 409, "\"conflict\"");
	sem_post(&leave);
	pthread_join(thread, &status);
	assert_int_equal((intptr_t)status, 201);
	expect(env, "wait-1", "wait", 201, "\"run\":1");
}

static void *ask_at_once(void *arg)
{
	struct client_reply reply = ask(arg, "/make", "once-1", "body");

	assert_true(reply.status == 201 || reply.status == 503);
	if (reply.status == 201)
		assert_non_null(strstr(reply.body, "\"run\":1"));
	client_reply_free(&reply);
	return NULL;
}

static void test_never_twice(void **state)
{
	struct env *env = *state;
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_at_once, env), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&runs), 1);
}

static struct redis_reply command(struct env *env, const struct str *args, size_t count)
{
	struct call call = harness_call(env->kit->h, CALLER_ANYONE, 0);
	struct redis_reply reply;

	assert_int_equal(
		redis_command(auth_kit_state(env->kit)->redis, call.arena, args, count, &reply), 0);
	return reply;
}

static void test_nothing_in_the_clear(void **state)
{
	struct env *env = *state;
	struct redis_reply keys;

	expect(env, "a-key-to-hide", "a-body-to-hide", 201, SECRET);
	keys = command(env, REDIS_ARGS(STR("KEYS"), STR("i:*")));
	assert_true(keys.count > 0);
	for (size_t i = 0; i < keys.count; i++) {
		struct str key = keys.items[i].text;
		struct redis_reply values = command(env, REDIS_ARGS(STR("HGETALL"), key));
		struct redis_reply ttl = command(env, REDIS_ARGS(STR("TTL"), key));

		assert_null(memmem(key.p, key.len, "a-key", 5));
		assert_in_range(ttl.integer, 1, AUTH_IDEM_KEPT_S);
		assert_true(values.count > 0);
		for (size_t k = 0; k < values.count; k++) {
			struct str text = values.items[k].text;

			assert_null(memmem(text.p, text.len, SECRET, strlen(SECRET)));
			assert_null(memmem(text.p, text.len, "-to-hide", 8));
			assert_null(memmem(text.p, text.len, "made", 4));
		}
	}
}

/* The reply of one key under the name of another does not open as its. */
static void test_replies_cannot_be_exchanged(void **state)
{
	static const struct redis_script swap = {
		"local all = redis.call('KEYS', 'i:*')\n"
		"local some\n"
		"for _, key in ipairs(all) do some = some or redis.call('HGET', key, 'reply') end\n"
		"for _, key in ipairs(all) do redis.call('HSET', key, 'reply', some) end\n"
		"return #all\n"};
	struct env *env = *state;
	struct call call = harness_call(env->kit->h, CALLER_ANYONE, 0);
	struct client_reply one, two;
	struct redis_reply reply;

	expect(env, "swap-1", "body", 201, SECRET);
	expect(env, "swap-2", "body", 201, SECRET);
	assert_int_equal(redis_eval(auth_kit_state(env->kit)->redis, call.arena, &swap, 0,
				 REDIS_ARGS(STR("")), &reply),
		0);
	one = ask(env, "/make", "swap-1", "body");
	two = ask(env, "/make", "swap-2", "body");
	assert_true(one.status == 409 || two.status == 409);
	client_reply_free(&one);
	client_reply_free(&two);
}

static void test_without_redis(void **state)
{
	struct env *env = *state;

	redis_server_halt(env->kit->redis);
	expect(env, "redis-1", "body", 503, "\"unavailable\"");
	assert_int_equal(atomic_load(&runs), 0);
	expect(env, NULL, "body", 201, "\"run\":1");
	redis_server_resume(env->kit->redis);
	while (!redis_up(auth_kit_state(env->kit)->redis))
		sched_yield();
	expect(env, "redis-1", "body", 201, "\"run\":2");
}

static int begin(struct env *env, int64_t account, const char *key, struct str *ret_reply)
{
	struct call call = auth_kit_call(
		env->kit, account ? CALLER_ACCOUNT : CALLER_ANYONE, account, STR_NONE);
	const struct auth_idem_begin_in in = {
		.key = str_c(key), .print = STR("print"), .ticket = STR("ticket")};
	struct auth_idem_begin_out out;
	int rc = call_auth_idem_begin(&call, &in, &out);

	if (!rc)
		*ret_reply = out.reply;
	return rc;
}

static int end(struct env *env, int64_t account, const char *key, const char *ticket)
{
	struct call call = auth_kit_call(
		env->kit, account ? CALLER_ACCOUNT : CALLER_ANYONE, account, STR_NONE);
	const struct auth_idem_end_in in = {
		.key = str_c(key), .ticket = str_c(ticket), .reply = STR("sealed")};
	struct auth_idem_end_out out;

	return call_auth_idem_end(&call, &in, &out);
}

static void run(struct env *env, int64_t account, const char *key)
{
	struct str reply;

	assert_int_equal(begin(env, account, key, &reply), 0);
	assert_null(reply.p);
	assert_int_equal(end(env, account, key, "ticket"), 0);
}

static void test_owners_are_apart(void **state)
{
	struct env *env = *state;
	struct str reply;

	run(env, 11111111, "mine");
	run(env, 22222222, "mine");
	run(env, 0, "mine");
	assert_int_equal(begin(env, 11111111, "mine", &reply), 0);
	assert_str(reply, "sealed");
	auth_kit_reset((void **)&env->kit); /* another address */
	run(env, 0, "mine");
}

static void test_the_ticket_counts(void **state)
{
	struct env *env = *state;
	struct str reply;

	assert_int_equal(begin(env, 33333333, "ticket", &reply), 0);
	assert_int_equal(end(env, 33333333, "ticket", "another"), 0);
	/* Still being run by the same, whose first answer was lost. */
	assert_int_equal(begin(env, 33333333, "ticket", &reply), 0);
	assert_null(reply.p);
	assert_int_equal(end(env, 33333333, "ticket", "ticket"), 0);
	assert_int_equal(end(env, 33333333, "ticket", "ticket"), 0);
	assert_int_equal(begin(env, 33333333, "ticket", &reply), 0);
	assert_str(reply, "sealed");
}

static void test_so_many_keys_and_no_more(void **state)
{
	struct env *env = *state;
	struct redis_reply held;
	struct str reply;
	char key[32];

	assert_int_equal(begin(env, 44444444, "running", &reply), 0);
	for (int i = 0; i < IDEM_MAX + 9; i++) {
		snprintf(key, sizeof(key), "many-%d", i);
		run(env, 44444444, key);
	}
	held = command(env, REDIS_ARGS(STR("ZCARD"), STR("j:44444444")));
	assert_int_equal(held.integer, IDEM_MAX);
	/* The oldest gave way, the one that is being run did not. */
	assert_int_equal(end(env, 44444444, "running", "ticket"), 0);
	assert_int_equal(begin(env, 44444444, "running", &reply), 0);
	assert_str(reply, "sealed");
	assert_int_equal(begin(env, 44444444, key, &reply), 0);
	assert_str(reply, "sealed");
	assert_int_equal(begin(env, 44444444, "many-0", &reply), 0);
	assert_null(reply.p);
}

static void test_erased_with_the_account(void **state)
{
	struct env *env = *state;
	int64_t id = auth_kit_named(env->kit, "keyed");
	struct call call = auth_kit_call(env->kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct auth_erase_in in = {.password = STR(AUTH_KIT_PASSWORD)};
	struct redis_reply before, after;
	struct auth_erase_out out;
	char index[32];

	before = command(env, REDIS_ARGS(STR("KEYS"), STR("i:*")));
	run(env, id, "erased-1");
	run(env, id, "erased-2");
	assert_int_equal(call_auth_erase(&call, &in, &out), 0);
	after = command(env, REDIS_ARGS(STR("KEYS"), STR("i:*")));
	assert_int_equal(after.count, before.count);
	snprintf(index, sizeof(index), "j:%lld", (long long)id);
	assert_int_equal(command(env, REDIS_ARGS(STR("EXISTS"), str_c(index))).integer, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_same_reply, setup),
		cmocka_unit_test_setup(test_reply_without_body, setup),
		cmocka_unit_test_setup(test_another_request, setup),
		cmocka_unit_test_setup(test_only_where_something_is_made, setup),
		cmocka_unit_test_setup(test_which_replies_are_kept, setup),
		cmocka_unit_test_setup(test_ill_formed_keys, setup),
		cmocka_unit_test_setup(test_while_it_runs, setup),
		cmocka_unit_test_setup(test_never_twice, setup),
		cmocka_unit_test_setup(test_nothing_in_the_clear, setup),
		cmocka_unit_test_setup(test_replies_cannot_be_exchanged, setup),
		cmocka_unit_test_setup(test_without_redis, setup),
		cmocka_unit_test_setup(test_owners_are_apart, setup),
		cmocka_unit_test_setup(test_the_ticket_counts, setup),
		cmocka_unit_test_setup(test_so_many_keys_and_no_more, setup),
		cmocka_unit_test_setup(test_erased_with_the_account, setup),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
