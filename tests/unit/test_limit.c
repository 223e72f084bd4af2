/* svc-auth's limits, against a real Redis and with times of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/svc/redis.h"
#include "svc-auth/limit.h"
#include "tests/unit/redis_server.h"

#define START_MS INT64_C(1790000000000)
#define MINUTE_MS 60000

struct env {
	struct redis_server *server;
	struct redis *redis;
	struct arena *arena;
	int64_t now_ms;
	int64_t wait_s;
	struct limit_who who;
};

static int setup_group(void **state)
{
	struct env *env = calloc(1, sizeof(*env));

	env->server = redis_server_start();
	env->arena = arena_new(64 << 20);
	assert_int_equal(redis_new(str_c(redis_server_url(env->server)), &env->redis), 0);
	*state = env;
	return 0;
}

static int teardown_group(void **state)
{
	struct env *env = *state;

	redis_free(env->redis);
	redis_server_free(env->server);
	arena_free(env->arena);
	free(env);
	return 0;
}

static struct redis_reply command(struct env *env, const struct str *args, size_t count)
{
	struct redis_reply reply;

	assert_int_equal(redis_command(env->redis, env->arena, args, count, &reply), 0);
	return reply;
}

static int setup(void **state)
{
	struct env *env = *state;

	arena_reset(env->arena);
	command(env, REDIS_ARGS(STR("FLUSHALL")));
	env->now_ms = START_MS;
	env->wait_s = 0;
	return limit_who(env->arena, 12345678, STR_NONE, STR("192.0.2.1"), &env->who);
}

static int check(struct env *env)
{
	return limit_check(env->redis, env->arena, &env->who, env->now_ms, &env->wait_s);
}

static int wrong(struct env *env)
{
	return limit_fail(env->redis, env->arena, &env->who, env->now_ms, &env->wait_s);
}

static int right(struct env *env)
{
	return limit_pass(env->redis, env->arena, &env->who, env->now_ms, &env->wait_s);
}

static void assert_shut_for(struct env *env, int64_t wait_s)
{
	env->wait_s = 0;
	assert_int_equal(check(env), ERR_LIMITED);
	assert_int_equal(env->wait_s, wait_s);
}

static void fail_times(struct env *env, int times)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(check(env), 0);
		assert_int_equal(wrong(env), 0);
		env->now_ms += 10;
	}
}

static void test_ten_tries(void **state)
{
	struct env *env = *state;

	fail_times(env, 10);
	assert_shut_for(env, 30);
	env->now_ms += 29 * 1000;
	assert_shut_for(env, 1);
	env->now_ms += 1000;
	assert_int_equal(check(env), 0);
}

static void test_growing(void **state)
{
	static const int64_t want_s[] = {30, 60, 120, 240, 480, 900, 900, 900};
	struct env *env = *state;

	fail_times(env, 9);
	for (size_t i = 0; i < sizeof(want_s) / sizeof(want_s[0]); i++) {
		assert_int_equal(check(env), 0);
		assert_int_equal(wrong(env), 0);
		assert_shut_for(env, want_s[i]);
		env->now_ms += want_s[i] * 1000;
	}
}

static void test_forgotten_after_quiet(void **state)
{
	struct env *env = *state;

	fail_times(env, 10);
	env->now_ms += (30 + 901) * 1000;
	fail_times(env, 9);
	assert_int_equal(check(env), 0);
	assert_int_equal(wrong(env), 0);
	assert_shut_for(env, 30);
}

static void test_window(void **state)
{
	struct env *env = *state;

	for (int i = 0; i < 50; i++) {
		assert_int_equal(check(env), 0);
		assert_int_equal(wrong(env), 0);
		env->now_ms += 2 * MINUTE_MS;
	}
	assert_int_equal(check(env), 0);
}

static void test_success_clears_the_account(void **state)
{
	struct env *env = *state;

	fail_times(env, 9);
	assert_int_equal(right(env), 0);
	fail_times(env, 9);
	assert_int_equal(check(env), 0);
	assert_int_equal(wrong(env), 0);
	assert_int_equal(check(env), ERR_LIMITED);
	/* the right password does not help while it is shut */
	assert_int_equal(right(env), ERR_LIMITED);
	env->now_ms += 30 * 1000;
	assert_int_equal(right(env), 0);
	fail_times(env, 10);
	assert_shut_for(env, 30);
}

/* Tries that passed the check together learn no more than tries one after the other. */
static void test_beside_each_other(void **state)
{
	struct env *env = *state;
	int told = 0;

	for (int i = 0; i < 40; i++)
		assert_int_equal(check(env), 0);
	for (int i = 0; i < 40; i++)
		told += wrong(env) == 0;
	assert_int_equal(told, 10);
	assert_shut_for(env, 30);
}

static void test_accounts_apart(void **state)
{
	struct env *env = *state;

	fail_times(env, 10);
	assert_int_equal(check(env), ERR_LIMITED);
	assert_int_equal(limit_who(env->arena, 12345679, STR_NONE, STR("192.0.2.1"), &env->who), 0);
	assert_int_equal(check(env), 0);
}

static void test_unknown_logins(void **state)
{
	static const struct str same[] = {
		STR_INIT("nobody"), STR_INIT("Nobody"), STR_INIT("NOBODY")};
	struct env *env = *state;

	for (int i = 0; i < 10; i++) {
		limit_who(env->arena, 0, same[i % 3], STR("192.0.2.1"), &env->who);
		assert_int_equal(wrong(env), 0);
	}
	assert_int_equal(check(env), ERR_LIMITED);
	limit_who(env->arena, 0, STR("nobody2"), STR("192.0.2.1"), &env->who);
	assert_int_equal(check(env), 0);
	limit_who(env->arena, 0, STR(""), STR("192.0.2.1"), &env->who);
	assert_int_equal(check(env), 0);
}

/* n failures, each against another account. */
static void fail_from(struct env *env, const char *address, int n)
{
	static int64_t account = 20000000;

	for (int i = 0; i < n; i++) {
		limit_who(env->arena, account++, STR_NONE, str_c(address), &env->who);
		assert_int_equal(wrong(env), 0);
		env->now_ms += 1000;
	}
}

static int check_from(struct env *env, const char *address)
{
	limit_who(env->arena, 99999999, STR_NONE, str_c(address), &env->who);
	return check(env);
}

static void test_address(void **state)
{
	struct env *env = *state;

	fail_from(env, "192.0.2.9", 99);
	assert_int_equal(check_from(env, "192.0.2.9"), 0);
	/* a success does not clear the address */
	assert_int_equal(right(env), 0);
	fail_from(env, "192.0.2.9", 1);
	assert_int_equal(check_from(env, "192.0.2.9"), ERR_LIMITED);
	assert_int_equal(env->wait_s, 900 - 100);
	assert_int_equal(right(env), ERR_LIMITED);
	assert_int_equal(check_from(env, "192.0.2.10"), 0);
	env->now_ms += 800 * 1000;
	assert_int_equal(check_from(env, "192.0.2.9"), 0);
}

static void test_address_kinds(void **state)
{
	static const struct {
		const char *one, *other;
		int want;
	} rows[] = {
		{"192.0.2.1", "192.0.2.2", 0},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff:1:2:3", ERR_LIMITED},
		{"2001:db8:1:2::1", "2001:0DB8:1:2::9", ERR_LIMITED},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", 0},
		{"::ffff:192.0.2.1", "192.0.2.1", ERR_LIMITED},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", 0},
		{"", "", 0},
		{"unix", "unix", ERR_LIMITED},
	};
	struct env *env = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got;
		command(env, REDIS_ARGS(STR("FLUSHALL")));
		fail_from(env, rows[i].one, 100);
		got = check_from(env, rows[i].other);
		if (got != rows[i].want)
			fail_msg("%s and %s: %s", rows[i].one, rows[i].other, err_name(got));
	}
}

/* Whatever is tried, Redis holds a bounded amount for a bounded time. */
static void test_everything_expires(void **state)
{
	struct env *env = *state;
	struct redis_reply keys;

	fail_times(env, 10);
	fail_from(env, "192.0.2.9", 100);
	limit_register(env->redis, env->arena, STR("192.0.2.9"), 5, &env->wait_s);
	keys = command(env, REDIS_ARGS(STR("KEYS"), STR("*")));
	assert_true(keys.count > 100);
	for (size_t i = 0; i < keys.count; i++) {
		struct redis_reply ttl = command(env, REDIS_ARGS(STR("TTL"), keys.items[i].text));
		if (ttl.integer <= 0 || ttl.integer > 3600)
			fail_msg("%.*s", STR_ARG(keys.items[i].text));
	}
	assert_int_equal(command(env, REDIS_ARGS(STR("LLEN"), STR("f:@192.0.2.9"))).integer, 100);
}

static void test_registrations(void **state)
{
	struct env *env = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(
			limit_register(env->redis, env->arena, STR("192.0.2.1"), 3, &env->wait_s),
			0);
	assert_int_equal(limit_register(env->redis, env->arena, STR("192.0.2.1"), 3, &env->wait_s),
		ERR_LIMITED);
	assert_in_range(env->wait_s, 3590, 3600);
	assert_int_equal(
		limit_register(env->redis, env->arena, STR("192.0.2.2"), 3, &env->wait_s), 0);
	limit_register_undo(env->redis, env->arena, STR("192.0.2.1"));
	assert_int_equal(
		limit_register(env->redis, env->arena, STR("192.0.2.1"), 3, &env->wait_s), 0);
}

static void test_redis_down(void **state)
{
	struct env *env = *state;

	redis_server_halt(env->server);
	assert_int_equal(check(env), ERR_UNAVAILABLE);
	assert_int_equal(wrong(env), ERR_UNAVAILABLE);
	assert_int_equal(right(env), ERR_UNAVAILABLE);
	assert_int_equal(limit_register(env->redis, env->arena, STR("192.0.2.1"), 3, &env->wait_s),
		ERR_UNAVAILABLE);
	redis_server_resume(env->server);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ten_tries),
		TEST(test_growing),
		TEST(test_forgotten_after_quiet),
		TEST(test_window),
		TEST(test_success_clears_the_account),
		TEST(test_beside_each_other),
		TEST(test_accounts_apart),
		TEST(test_unknown_logins),
		TEST(test_address),
		TEST(test_address_kinds),
		TEST(test_everything_expires),
		TEST(test_registrations),
		TEST(test_redis_down),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
