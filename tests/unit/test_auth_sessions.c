/* svc-auth's sessions: list, end, change of password, erasure; and the scripts beneath. */
#include "tests/unit/auth_kit.h"

#include <pthread.h>
#include <string.h>

#include "common/rpc/event.h"
#include "common/svc/redis.h"
#include "svc-auth/session.h"
#include "svc-auth/store.h"

#define EVENTS_MAX 16
#define EVENT_WAIT_S 20

/* Collects auth.revoked as "<account> <detail>". */
struct listener {
	struct event_sub *sub;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool connected;
	char texts[EVENTS_MAX][128];
	size_t count, taken;
};

static void on_event(void *arg, const struct event *event)
{
	struct listener *l = arg;

	pthread_mutex_lock(&l->lock);
	if (str_eq(event->topic, STR("auth.revoked")) && l->count < EVENTS_MAX)
		snprintf(l->texts[l->count++], sizeof(l->texts[0]), "%lld %.*s",
			(long long)event->account, STR_ARG(event->detail));
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static void on_gap(void *arg)
{
	struct listener *l = arg;

	pthread_mutex_lock(&l->lock);
	l->connected = true;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

static void wait_until(struct listener *l, const bool *flag, size_t events)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += EVENT_WAIT_S;
	pthread_mutex_lock(&l->lock);
	while (!*flag || l->count < events)
		if (pthread_cond_timedwait(&l->changed, &l->lock, &until) != 0)
			break;
	assert_true(*flag && l->count >= events);
	pthread_mutex_unlock(&l->lock);
}

/* The first heartbeat is a new epoch, which counts as a gap: from then on nothing is missed. */
static void listen(struct auth_kit *kit, struct listener *l)
{
	const struct event_sub_conf conf = {
		.url = harness_event_url(kit->h, SERVICE_AUTH),
		.key = harness_key(kit->h),
		.arg = l,
		.on_event = on_event,
		.on_gap = on_gap,
	};

	*l = (struct listener){0};
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	assert_int_equal(event_sub_new(&conf, &l->sub), 0);
	wait_until(l, &l->connected, 0);
}

static void assert_event(
	struct listener *l, int64_t account, const char *prefix, struct str session)
{
	char want[128];

	snprintf(want, sizeof(want), "%lld %s%.*s", (long long)account, prefix, STR_ARG(session));
	wait_until(l, &l->connected, l->taken + 1);
	assert_string_equal(l->texts[l->taken++], want);
}

static void unlisten(struct listener *l)
{
	event_sub_free(l->sub);
	assert_int_equal(l->count, l->taken);
}

static int list(struct auth_kit *kit, int64_t account, struct str session,
	struct auth_sessions_out *ret_out)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, session);

	return call_auth_sessions(&call, &(struct auth_sessions_in){0}, ret_out);
}

static int end(struct auth_kit *kit, int64_t account, struct str own, struct auth_end_in in)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, own);
	struct auth_end_out out;

	return call_auth_end(&call, &in, &out);
}

static void test_list(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "lister");
	int64_t before_us = clock_now_us();
	struct auth_login_out first = auth_kit_enter(kit, "lister");
	struct auth_login_out second = auth_kit_enter(kit, "lister");
	struct auth_sessions_out out;

	assert_int_equal(list(kit, id, first.id, &out), 0);
	assert_int_equal(out.items_count, 2);
	assert_true(str_eq(out.items[0].id, second.id));
	assert_true(str_eq(out.items[1].id, first.id));
	assert_false(out.items[0].current);
	assert_true(out.items[1].current);
	assert_str(out.items[1].device, "test");
	assert_true(str_eq(out.items[1].address, kit->address));
	assert_true(out.items[1].created >= before_us && out.items[1].created <= clock_now_us());
	assert_true(out.items[1].last_seen >= before_us - 10000);
	assert_true(out.items[1].last_seen <= clock_now_us() + 10000);
	assert_true(out.items[1].expires > before_us + 604790 * CLOCK_SECOND_US);
	assert_int_equal(list(kit, 10000001, STR_NONE, &out), ERR_UNAUTHENTICATED);
}

static void test_end(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "ender");
	int64_t other = auth_kit_named(kit, "bystander");
	struct auth_login_out one = auth_kit_enter(kit, "ender");
	struct auth_login_out two = auth_kit_enter(kit, "ender");
	struct auth_login_out foreign = auth_kit_enter(kit, "bystander");
	struct auth_sessions_out out;
	struct listener listener;

	listen(kit, &listener);
	assert_int_equal(
		end(kit, id, one.id, (struct auth_end_in){.session = foreign.id}), ERR_NOT_FOUND);
	assert_int_equal(
		end(kit, id, one.id, (struct auth_end_in){.session = STR("x")}), ERR_NOT_FOUND);
	assert_int_equal(end(kit, id, one.id, (struct auth_end_in){0}), ERR_INVALID);
	assert_int_equal(end(kit, id, one.id, (struct auth_end_in){.session = two.id}), 0);
	assert_event(&listener, id, "", two.id);
	assert_int_equal(
		end(kit, id, one.id, (struct auth_end_in){.session = two.id}), ERR_NOT_FOUND);
	assert_int_equal(auth_kit_alive(kit, two.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, two.jwt), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, one.token), 0);
	assert_int_equal(end(kit, id, one.id, (struct auth_end_in){.session = one.id}), 0);
	assert_event(&listener, id, "", one.id);
	assert_int_equal(auth_kit_alive(kit, one.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, foreign.token), 0);
	assert_int_equal(list(kit, id, STR_NONE, &out), 0);
	assert_int_equal(out.items_count, 0);
	assert_int_equal(list(kit, other, STR_NONE, &out), 0);
	assert_int_equal(out.items_count, 1);
	unlisten(&listener);
}

static void test_end_others(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "others");
	struct auth_login_out one = auth_kit_enter(kit, "others");
	struct auth_login_out two = auth_kit_enter(kit, "others");
	struct auth_login_out three = auth_kit_enter(kit, "others");
	struct listener listener;

	listen(kit, &listener);
	assert_int_equal(end(kit, id, two.id, (struct auth_end_in){.others = true}), 0);
	assert_event(&listener, id, "!", two.id);
	assert_int_equal(auth_kit_alive(kit, one.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, two.token), 0);
	assert_int_equal(auth_kit_alive(kit, three.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, auth_kit_enter(kit, "others").token), 0);
	unlisten(&listener);
}

static int change(
	struct auth_kit *kit, int64_t account, struct str session, struct auth_password_in in)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, session);
	struct auth_password_out out;

	if (!in.policy)
		in.policy = POLICY_NATIVE;
	return call_auth_password(&call, &in, &out);
}

static void test_password(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "changer");
	struct auth_login_out mine = auth_kit_enter(kit, "changer");
	struct auth_login_out other = auth_kit_enter(kit, "changer");
	struct auth_password_in in = {.current = STR("wrong"),
		.new_password = STR("quite another one"),
		.check_current = true};
	struct listener listener;

	listen(kit, &listener);
	assert_int_equal(change(kit, id, mine.id, in), ERR_BAD_CREDENTIALS);
	in.current = STR_NONE;
	assert_int_equal(change(kit, id, mine.id, in), ERR_BAD_CREDENTIALS);
	in.current = STR(AUTH_KIT_PASSWORD);
	in.new_password = STR("password");
	assert_int_equal(change(kit, id, mine.id, in), ERR_WEAK_PASSWORD);
	in.new_password = STR("");
	in.policy = POLICY_OPAQUE;
	assert_int_equal(change(kit, id, mine.id, in), ERR_WEAK_PASSWORD);
	assert_int_equal(auth_kit_alive(kit, other.token), 0);
	in.new_password = STR("other");
	assert_int_equal(change(kit, id, mine.id, in), 0);
	assert_event(&listener, id, "!", mine.id);
	assert_int_equal(auth_kit_alive(kit, mine.token), 0);
	assert_int_equal(auth_kit_alive(kit, other.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_login(kit, "changer", AUTH_KIT_PASSWORD), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "changer", "other"), 0);
	in.check_current = false;
	in.new_password = STR("third");
	assert_int_equal(change(kit, id, mine.id, in), 0);
	assert_event(&listener, id, "!", mine.id);
	assert_int_equal(auth_kit_login(kit, "changer", "third"), 0);
	unlisten(&listener);
}

/* What is on disk decides: sessions that Redis still has (it lost the last second of what it was
 * told, say) stay void. */
static void test_password_outlives_redis(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	int64_t id = auth_kit_named(kit, "rolled back");
	struct auth_login_out mine = auth_kit_enter(kit, "rolled back");
	struct auth_login_out other = auth_kit_enter(kit, "rolled back");
	struct auth_password_in in = {.new_password = STR("quite another one")};
	struct session again = {.account = id, .created_us = clock_now_us(), .ttl_s = 100};
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_sessions_out out;
	struct str *ended;
	size_t count;

	assert_int_equal(change(kit, id, mine.id, in), 0);
	memcpy(again.id, other.id.p, SESSION_ID_LEN);
	assert_int_equal(session_open(auth->redis, call.arena, &again, &ended, &count), 0);
	assert_int_equal(list(kit, id, mine.id, &out), 0);
	assert_int_equal(out.items_count, 1);
	assert_int_equal(auth_kit_alive(kit, other.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, mine.token), 0);
}

static void test_password_limit(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "change guessed");
	struct auth_login_out mine = auth_kit_enter(kit, "change guessed");
	struct auth_password_in in = {.current = STR("wrong"),
		.new_password = STR("quite another one"),
		.check_current = true};

	for (int i = 0; i < 10; i++)
		assert_int_equal(change(kit, id, mine.id, in), ERR_BAD_CREDENTIALS);
	in.current = STR(AUTH_KIT_PASSWORD);
	assert_int_equal(change(kit, id, mine.id, in), ERR_LIMITED);
	assert_int_equal(auth_kit_login(kit, "change guessed", AUTH_KIT_PASSWORD), ERR_LIMITED);
}

static int erase(struct auth_kit *kit, int64_t account, struct str session, const char *password)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, account, session);
	const struct auth_erase_in in = {.password = str_c(password)};
	struct auth_erase_out out;

	return call_auth_erase(&call, &in, &out);
}

static void test_erase(void **state)
{
	struct auth_kit *kit = *state;
	int64_t id = auth_kit_named(kit, "eraser");
	struct auth_login_out one = auth_kit_enter(kit, "eraser");
	struct auth_login_out two = auth_kit_enter(kit, "eraser");
	struct db_conn *conn = db_reader(harness_svc(kit->h, SERVICE_AUTH)->db);
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct listener listener;
	struct credential credential;
	struct sign_in *rows;
	size_t count;
	char text[24];

	listen(kit, &listener);
	assert_int_equal(erase(kit, id, one.id, "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_alive(kit, one.token), 0);
	assert_int_equal(erase(kit, id, one.id, AUTH_KIT_PASSWORD), 0);
	assert_event(&listener, id, "", STR_NONE);
	assert_int_equal(auth_kit_alive(kit, one.token), ERR_UNAUTHENTICATED);
	assert_int_equal(auth_kit_alive(kit, two.token), ERR_UNAUTHENTICATED);
	assert_int_equal(store_credential(conn, id, call.arena, &credential), ERR_NOT_FOUND);
	assert_int_equal(store_sign_ins(conn, 1000, call.arena, &rows, &count), 0);
	for (size_t i = 0; i < count; i++)
		assert_true(rows[i].account != id);
	assert_int_equal(user_kit_get(kit->h, id).status, STATUS_DELETED);
	assert_null(user_kit_get(kit->h, id).username.p);
	snprintf(text, sizeof(text), "%lld", (long long)id);
	assert_int_equal(auth_kit_login(kit, text, AUTH_KIT_PASSWORD), ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(erase(kit, id, one.id, AUTH_KIT_PASSWORD), ERR_UNAUTHENTICATED);
	/* the name is free again */
	assert_true(auth_kit_named(kit, "eraser") != id);
	unlisten(&listener);
}

/* One more than SESSION_MAX ends the oldest, and says which. */
static void test_cap(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	char token[SESSION_TOKEN_LEN + 1], first[SESSION_ID_LEN + 1];
	struct session session = {.account = 87654321, .ttl_s = 100}, got, *all;
	struct arena *arena = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE).arena;
	struct str *ended;
	size_t count;

	for (int i = 0; i < SESSION_MAX; i++) {
		session.created_us = 1000 + i;
		session_make_token(&session, token);
		if (i == 0)
			memcpy(first, session.id, sizeof(first));
		assert_int_equal(session_open(auth->redis, arena, &session, &ended, &count), 0);
		assert_int_equal(count, 0);
	}
	session.created_us = 5000;
	session_make_token(&session, token);
	assert_int_equal(session_open(auth->redis, arena, &session, &ended, &count), 0);
	assert_int_equal(count, 1);
	assert_true(str_eq(ended[0], str_c(first)));
	assert_int_equal(session_use(auth->redis, arena, str_c(first), &got), ERR_UNAUTHENTICATED);
	assert_int_equal(session_use(auth->redis, arena, str_c(session.id), &got), 0);
	assert_int_equal(session_list(auth->redis, arena, 87654321, &all, &count), 0);
	assert_int_equal(count, SESSION_MAX);
	assert_int_equal(all[0].created_us, 5000);
	assert_int_equal(session_end_all(auth->redis, arena, 87654321, str_c(session.id)), 0);
	assert_int_equal(session_list(auth->redis, arena, 87654321, &all, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(all[0].id, session.id);
}

static int64_t ttl(struct auth *auth, struct arena *arena, const char *key)
{
	struct redis_reply reply;

	assert_int_equal(
		redis_command(auth->redis, arena, REDIS_ARGS(STR("TTL"), str_c(key)), &reply), 0);
	return reply.integer;
}

/* Every use starts the lifetime anew, of the index too; what has expired leaves the index. */
static void test_sliding(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	struct session brief = {.account = 76543210, .created_us = 1, .ttl_s = 1};
	struct session lasting = {.account = 76543210, .created_us = 2, .ttl_s = 1000}, got, *all;
	struct arena *arena = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE).arena;
	char token[SESSION_TOKEN_LEN + 1], id[SESSION_ID_LEN + 1], key[64];
	struct redis_reply reply;
	struct str *ended;
	size_t count;

	session_make_token(&lasting, token);
	assert_int_equal(session_id_of(str_c(token), id), 0);
	assert_string_equal(id, lasting.id);
	assert_int_equal(session_open(auth->redis, arena, &lasting, &ended, &count), 0);
	session_make_token(&brief, token);
	assert_int_equal(session_open(auth->redis, arena, &brief, &ended, &count), 0);
	assert_in_range(ttl(auth, arena, "a:76543210"), 990, 1000);
	snprintf(key, sizeof(key), "s:%s", lasting.id);
	redis_command(auth->redis, arena, REDIS_ARGS(STR("EXPIRE"), str_c(key), STR("50")), &reply);
	redis_command(auth->redis, arena, REDIS_ARGS(STR("EXPIRE"), STR("a:76543210"), STR("50")),
		&reply);
	assert_int_equal(session_use(auth->redis, arena, str_c(lasting.id), &got), 0);
	assert_in_range(got.left_ms, 990000, 1000000);
	assert_in_range(ttl(auth, arena, key), 990, 1000);
	assert_in_range(ttl(auth, arena, "a:76543210"), 990, 1000);
	snprintf(key, sizeof(key), "s:%s", brief.id);
	while (ttl(auth, arena, key) != -2)
		;
	assert_int_equal(session_list(auth->redis, arena, 76543210, &all, &count), 0);
	assert_int_equal(count, 1);
	redis_command(auth->redis, arena, REDIS_ARGS(STR("ZCARD"), STR("a:76543210")), &reply);
	assert_int_equal(reply.integer, 1);
}

/* Neither the token nor anything it could be guessed from is in Redis. */
static void test_only_hashes(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	struct arena *arena = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE).arena;
	struct auth_login_out out;
	struct redis_reply keys, values;

	auth_kit_named(kit, "hashed");
	out = auth_kit_enter(kit, "hashed");
	redis_command(auth->redis, arena, REDIS_ARGS(STR("KEYS"), STR("s:*")), &keys);
	assert_true(keys.count > 0);
	for (size_t i = 0; i < keys.count; i++) {
		redis_command(
			auth->redis, arena, REDIS_ARGS(STR("HVALS"), keys.items[i].text), &values);
		assert_null(memmem(
			keys.items[i].text.p, keys.items[i].text.len, out.token.p, out.token.len));
		for (size_t j = 0; j < values.count; j++)
			assert_false(str_eq(values.items[j].text, out.token));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_end),
		TEST(test_end_others),
		TEST(test_password),
		TEST(test_password_outlives_redis),
		TEST(test_password_limit),
		TEST(test_erase),
		TEST(test_cap),
		TEST(test_sliding),
		TEST(test_only_hashes),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
