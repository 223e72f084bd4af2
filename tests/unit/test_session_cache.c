/* The session cache over the real bus, and what it does when svc-auth is down, slow or contradicted
 * by an event. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/event.h"
#include "gateway/session.h"
#include "gateway/session_shard.h"
#include "tests/unit/gateway_kit.h"

#define ALICE 10000001
#define BOB 10000002
#define HOUR_US (3600 * CLOCK_SECOND_US)
#define WAIT_S 10
#define THREADS 4
#define ROUNDS 300
#define REVOKED_WITHIN_MS 100

static struct kit_bus bus;
static struct arena *arena;
static struct session_cache *cache;
static atomic_int asks, answer;
static atomic_llong life_us;
static atomic_int version; /* of the session ids that svc-auth gives */
static void (*_Atomic while_asking)(void);

/* Tokens "a…" are Alice's, "b…" Bob's, "admin" is an administrator's; "s1" in "a-s1" is the session. */
static int resolve(const struct auth_resolve_in *in, struct auth_resolve_out *out)
{
	static _Thread_local char id[SESSION_ID_MAX];
	struct str rest = in->token, part;
	int err = atomic_load(&answer);
	void (*interrupt)(void) = while_asking;

	atomic_fetch_add(&asks, 1);
	if (interrupt)
		interrupt();
	if (err)
		return err;
	if (str_eq(in->token, STR("nobody")))
		return ERR_UNAUTHENTICATED;
	str_cut(&rest, '-', &part);
	snprintf(id, sizeof(id), "%.*s", STR_ARG(rest));
	if (str_eq(in->token, STR("versioned")))
		snprintf(id, sizeof(id), "%d", atomic_load(&version));
	out->account = in->token.p[0] == 'b' ? BOB : ALICE;
	out->role = str_eq(in->token, STR("admin")) ? ROLE_ADMINISTRATOR : ROLE_MEMBER;
	out->session = id[0] ? str_c(id) : STR("s");
	out->expires = clock_now_us() + atomic_load(&life_us);
	return 0;
}

static int start_bus(void **state)
{
	(void)state;
	bus.resolve = resolve;
	kit_bus_start(&bus);
	return 0;
}

static int stop_bus(void **state)
{
	(void)state;
	kit_bus_stop(&bus);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	atomic_store(&asks, 0);
	atomic_store(&answer, 0);
	atomic_store(&life_us, HOUR_US);
	while_asking = NULL;
	return session_cache_new(&cache);
}

static int tear_down(void **state)
{
	(void)state;
	session_cache_free(cache);
	arena_free(arena);
	return 0;
}

static int look_up(const char *token, struct session *ret_session)
{
	struct call call = kit_call(&bus, arena);

	return session_resolve(cache, &call, str_c(token), ret_session);
}

static void expect(const char *token, int err, int asked)
{
	struct session session = {0};
	int before = atomic_load(&asks);

	assert_int_equal(look_up(token, &session), err);
	assert_int_equal(atomic_load(&asks) - before, asked);
}

static void publish(const char *topic, int64_t account, const char *detail)
{
	struct event event = {
		.topic = str_c(topic), .account = account, .detail = str_c(detail)};

	session_on_event(cache, &event);
}

static void answers_from_memory(void **state)
{
	struct session session;

	(void)state;
	assert_int_equal(look_up("admin", &session), 0);
	assert_int_equal(session.account, ALICE);
	assert_int_equal(session.role, ROLE_ADMINISTRATOR);
	assert_true(str_eq(session.id, STR("s")));
	assert_true(session.expires_us > clock_now_us());
	expect("admin", 0, 0);
	expect("b-1", 0, 1);
	expect("b-1", 0, 0);
	assert_int_equal(session_cache_size(cache), 2);
}

static void remembers_no_refusal(void **state)
{
	(void)state;
	expect("nobody", ERR_UNAUTHENTICATED, 1);
	expect("nobody", ERR_UNAUTHENTICATED, 1);
	assert_int_equal(session_cache_size(cache), 0);
}

static void asks_nobody_about_the_impossible(void **state)
{
	static char huge[AUTH_TOKEN_MAX + 2];
	static const char *const tokens[] = {"", "a b", "a\n", "a\x7f", "\xc3\xa4", huge};

	(void)state;
	memset(huge, 'a', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		expect(tokens[i], ERR_UNAUTHENTICATED, 0);
}

static void drops_what_is_revoked(void **state)
{
	static const struct {
		const char *topic, *detail;
		int first, second; /* asked anew */
	} cases[] = {
		{"auth.revoked", "", 1, 1},
		{"auth.revoked", "1", 1, 0},
		{"auth.revoked", "!1", 0, 1},
		{"auth.revoked", "3", 0, 0},
		{"user.changed", "", 1, 1},
		{"user.changed", "1", 1, 1},
		{"chat.message", "", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session session;

		look_up("a-1", &session);
		look_up("a-2", &session);
		look_up("b-1", &session);
		publish(cases[i].topic, ALICE, cases[i].detail);
		expect("a-1", 0, cases[i].first);
		expect("a-2", 0, cases[i].second);
		expect("b-1", 0, 0);
	}
	publish("auth.revoked", 0, "");
	assert_int_equal(session_cache_size(cache), 3);
}

static void revoke_alice(void)
{
	publish("auth.revoked", ALICE, "");
}

static void revoke_bob(void)
{
	publish("auth.revoked", BOB, "");
}

static void an_event_overtakes_an_answer(void **state)
{
	(void)state;
	while_asking = revoke_alice;
	expect("a-1", 0, 1);
	assert_int_equal(session_cache_size(cache), 0);
	while_asking = revoke_bob;
	expect("a-1", 0, 1);
	assert_int_equal(session_cache_size(cache), 1);
}

static void gap(void)
{
	session_on_gap(cache);
}

static void a_gap_confirms_anew(void **state)
{
	(void)state;
	expect("a-1", 0, 1);
	session_on_gap(cache);
	expect("a-1", 0, 1);
	expect("a-1", 0, 0);
	/* A gap while asking: that answer may be older than what was missed. */
	while_asking = gap;
	session_on_gap(cache);
	expect("a-1", 0, 1);
	while_asking = NULL;
	expect("a-1", 0, 1);
}

static void goes_on_while_auth_is_down(void **state)
{
	static const int faults[] = {ERR_UNAVAILABLE, ERR_BUSY, ERR_INTERNAL, ERR_DEADLINE};
	struct session session;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		atomic_store(&answer, 0);
		assert_int_equal(look_up("a-1", &session), 0);
		session_on_gap(cache);
		atomic_store(&answer, faults[i]);
		expect("a-1", 0, 1);
		/* For a moment nobody who is known waits for svc-auth again. */
		expect("a-1", 0, 0);
		assert_int_equal(look_up("a-2", &session), ERR_UNAVAILABLE);
		publish("auth.revoked", ALICE, "1");
		assert_int_equal(look_up("a-1", &session), ERR_UNAVAILABLE);
		session_cache_free(cache);
		assert_int_equal(session_cache_new(&cache), 0);
	}
}

static void revoked_while_down(void **state)
{
	(void)state;
	expect("a-1", 0, 1);
	session_on_gap(cache);
	atomic_store(&answer, ERR_UNAVAILABLE);
	while_asking = revoke_alice;
	expect("a-1", ERR_UNAVAILABLE, 1);
}

static void a_refusal_ends_a_stale_entry(void **state)
{
	(void)state;
	expect("a-1", 0, 1);
	session_on_gap(cache);
	atomic_store(&answer, ERR_UNAUTHENTICATED);
	expect("a-1", ERR_UNAUTHENTICATED, 1);
	assert_int_equal(session_cache_size(cache), 0);
}

static void expired_is_not_stale(void **state)
{
	(void)state;
	atomic_store(&life_us, 0);
	expect("a-1", 0, 1);
	expect("a-1", 0, 1);
	atomic_store(&answer, ERR_UNAVAILABLE);
	expect("a-1", ERR_UNAVAILABLE, 1);
}

static bool always(const void *arg)
{
	(void)arg;
	return true;
}

static struct session_entry numbered(uint32_t n)
{
	struct session_entry entry = {.account = ALICE + n % 3, .id_len = 1, .id = "x"};

	memcpy(entry.key.bytes + 4, &n, sizeof(n));
	return entry;
}

static void a_shard_has_its_limit(void **state)
{
	struct session_shard shard;
	struct session_entry entry = numbered(0), got;

	(void)state;
	assert_int_equal(shard_init(&shard), 0);
	assert_false(shard_get(&shard, &entry.key, &got));
	shard_drop(&shard, &entry.key);
	for (uint32_t n = 0; n < 3 * SESSION_SHARD_MAX; n++) {
		entry = numbered(n);
		shard_put(&shard, &entry, always, NULL);
		assert_true(shard_get(&shard, &entry.key, &got));
		assert_int_equal(got.account, entry.account);
		/* In use all the time, so it stays. */
		entry = numbered(7);
		assert_true(n < 7 || shard_get(&shard, &entry.key, &got));
	}
	assert_int_equal(shard_count(&shard), SESSION_SHARD_MAX);
	for (int i = 0; i < 3; i++)
		shard_drop_account(&shard, ALICE + i, STR_NONE, false);
	assert_int_equal(shard_count(&shard), 0);
	shard_done(&shard);
}

struct signal {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int gaps;
};
static struct signal seen = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void note(int *counter)
{
	pthread_mutex_lock(&seen.lock);
	(*counter)++;
	pthread_cond_broadcast(&seen.changed);
	pthread_mutex_unlock(&seen.lock);
}

static void on_event(void *arg, const struct event *event)
{
	session_on_event(arg, event);
}

static void on_gap(void *arg)
{
	session_on_gap(arg);
	note(&seen.gaps);
}

static void wait_for(const int *counter, int least)
{
	struct timespec until;
	int have;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&seen.lock);
	while (*counter < least &&
		pthread_cond_timedwait(&seen.changed, &seen.lock, &until) == 0)
		;
	have = *counter;
	pthread_mutex_unlock(&seen.lock);
	assert_true(have >= least);
}

static int latency_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void dies_within_milliseconds(void **state)
{
	enum { TIMES = 50 };
	struct event_sub_conf conf = {.url = bus.event_url,
		.key = &bus.key,
		.arg = cache,
		.on_event = on_event,
		.on_gap = on_gap};
	struct event_pub *pub;
	struct event_sub *sub;
	int64_t taken_ms[TIMES];

	(void)state;
	assert_int_equal(event_pub_new(bus.event_url, &bus.key, &pub), 0);
	assert_int_equal(event_sub_new(&conf, &sub), 0);
	/* The first heartbeat: from here on the publisher knows us. */
	wait_for(&seen.gaps, 1);
	for (int i = 0; i < TIMES; i++) {
		struct session session;
		int before;
		int64_t start_ms;

		look_up("a-1", &session);
		before = atomic_load(&asks);
		start_ms = clock_mono_ms();
		event_publish(pub, STR("auth.revoked"), ALICE, STR("1"));
		while (atomic_load(&asks) == before && clock_mono_ms() - start_ms < 1000)
			assert_int_equal(look_up("a-1", &session), 0);
		taken_ms[i] = clock_mono_ms() - start_ms;
		arena_reset(arena);
	}
	qsort(taken_ms, TIMES, sizeof(taken_ms[0]), latency_order);
	assert_true(taken_ms[TIMES * 9 / 10] < REVOKED_WITHIN_MS);
	event_sub_free(sub);
	event_pub_free(pub);
}

static atomic_int revoked_version, failures;

static void *resolve_often(void *arg)
{
	struct arena *mine = arena_new(1 << 20);

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct call call = kit_call(&bus, mine);
		int least = atomic_load(&revoked_version);
		struct session session;
		int64_t got = -1;

		if (session_resolve(cache, &call, STR("versioned"), &session) != 0 ||
			str_to_i64(session.id, &got) != 0 || got < least)
			atomic_fetch_add(&failures, 1);
		arena_reset(mine);
	}
	arena_free(mine);
	return NULL;
}

/* What was revoked before a lookup began is never given by it, however events and answers interleave. */
static void never_gives_the_revoked(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, resolve_often, NULL), 0);
	for (int i = 1; i <= ROUNDS; i++) {
		struct session session;

		atomic_store(&version, i);
		publish("auth.revoked", ALICE, "");
		atomic_store(&revoked_version, i);
		look_up("versioned", &session);
		arena_reset(arena);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&failures), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_from_memory),
		TEST(remembers_no_refusal),
		TEST(asks_nobody_about_the_impossible),
		TEST(drops_what_is_revoked),
		TEST(an_event_overtakes_an_answer),
		TEST(a_gap_confirms_anew),
		TEST(goes_on_while_auth_is_down),
		TEST(revoked_while_down),
		TEST(a_refusal_ends_a_stale_entry),
		TEST(expired_is_not_stale),
		TEST(a_shard_has_its_limit),
		TEST(dies_within_milliseconds),
		TEST(never_gives_the_revoked),
	};

	return cmocka_run_group_tests(tests, start_bus, stop_bus);
}
