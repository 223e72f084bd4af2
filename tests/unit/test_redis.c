/* common/svc/redis against a real redis-server, which is stopped, killed and started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/svc/redis.h"

#define PASSWORD "p@ss/word"
#define START_MS 10000
#define RECOVERY_MS 1000

struct env {
	char dir[64];
	int port;
	pid_t server;
	char tcp_url[128];
	struct redis *redis;
	struct arena *arena;
};

static void nap(void)
{
	usleep(2000);
}

static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void server_start(struct env *env)
{
	char port[16];
	pid_t child;

	snprintf(port, sizeof(port), "%d", env->port);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		if (chdir(env->dir) == 0)
			execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port",
				port, "--unixsocket", "redis.sock", "--requirepass", PASSWORD,
				"--appendonly", "yes", "--save", "", "--enable-debug-command",
				"yes", (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0);
	env->server = child;
}

static void server_kill(struct env *env)
{
	if (env->server <= 0)
		return;
	kill(env->server, SIGKILL);
	waitpid(env->server, NULL, 0);
	env->server = 0;
}

static int ping(struct env *env)
{
	struct redis_reply reply;
	int err;

	arena_reset(env->arena);
	err = redis_command(env->redis, env->arena, REDIS_ARGS(STR("PING")), &reply);
	if (!err)
		assert_true(str_eq(reply.text, STR("PONG")));
	return err;
}

/* Until a command is answered; the time it took, or -1. */
static int64_t wait_up(struct env *env, int64_t limit_ms)
{
	int64_t start = clock_mono_ms();

	while (ping(env) != 0) {
		if (clock_mono_ms() - start > limit_ms)
			return -1;
		nap();
	}
	return clock_mono_ms() - start;
}

static void open_redis(struct env *env, const char *url)
{
	redis_free(env->redis);
	env->redis = NULL;
	assert_int_equal(redis_new(str_c(url), &env->redis), 0);
}

static int setup_group(void **state)
{
	struct env *env = calloc(1, sizeof(*env));

	strcpy(env->dir, "/tmp/quintet-redis-XXXXXX");
	assert_non_null(mkdtemp(env->dir));
	env->port = free_port();
	snprintf(env->tcp_url, sizeof(env->tcp_url), "redis://:%s@127.0.0.1:%d/3", PASSWORD,
		env->port);
	env->arena = arena_new(1 << 20);
	server_start(env);
	*state = env;
	return 0;
}

static int remove_tree(const char *dir)
{
	DIR *handle = opendir(dir);
	const struct dirent *entry;
	char path[400];

	while (handle && (entry = readdir(handle))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) != 0)
			remove_tree(path);
	}
	if (handle)
		closedir(handle);
	return rmdir(dir);
}

static int teardown_group(void **state)
{
	struct env *env = *state;

	server_kill(env);
	remove_tree(env->dir);
	arena_free(env->arena);
	free(env);
	return 0;
}

static int setup(void **state)
{
	struct env *env = *state;

	open_redis(env, env->tcp_url);
	assert_true(wait_up(env, START_MS) >= 0);
	return 0;
}

static int teardown(void **state)
{
	struct env *env = *state;

	redis_free(env->redis);
	env->redis = NULL;
	return 0;
}

static void urls_are_checked(void **state)
{
	static const struct {
		const char *url;
		int want;
	} cases[] = {
		{"redis://127.0.0.1:6379", 0},
		{"redis://localhost", 0},
		{"redis://:secret@127.0.0.1:6379/15", 0},
		{"redis://:a@b:c/d@127.0.0.1:6379/", 0},
		{"redis://[::1]:6379/1", 0},
		{"unix:///run/redis.sock", 0},
		{"", ERR_INVALID},
		{"redis://", ERR_INVALID},
		{"redis://:6379", ERR_INVALID},
		{"redis://host:0", ERR_INVALID},
		{"redis://host:65536", ERR_INVALID},
		{"redis://host:12x", ERR_INVALID},
		{"redis://host:", ERR_INVALID},
		{"redis://host:6379/x", ERR_INVALID},
		{"redis://host:6379/-1", ERR_INVALID},
		{"redis://user:secret@host:6379", ERR_INVALID},
		{"redis://:@host:6379", ERR_INVALID},
		{"redis://[::1:6379", ERR_INVALID},
		{"redis://[::1]6379", ERR_INVALID},
		{"rediss://host:6379", ERR_INVALID},
		{"http://host:6379", ERR_INVALID},
		{"unix://relative", ERR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redis *redis = NULL;
		int got = redis_new(str_c(cases[i].url), &redis);

		if (got != cases[i].want)
			fail_msg("%s: %d", cases[i].url, got);
		redis_free(redis);
	}
}

static int command(struct env *env, struct redis_reply *reply, const struct str *args, size_t count)
{
	return redis_command(env->redis, env->arena, args, count, reply);
}

static void replies_have_their_kinds(void **state)
{
	struct env *env = *state;
	const struct str binary = STR("a\0b\r\n%s %b\xff");
	struct redis_reply r;

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("SET"), STR("key"), binary)), 0);
	assert_int_equal(r.kind, REDIS_TEXT);
	assert_true(str_eq(r.text, STR("OK")));
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("key"))), 0);
	assert_int_equal(r.kind, REDIS_TEXT);
	assert_true(str_eq(r.text, binary));
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("SET"), STR("empty"), STR_NONE)), 0);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("empty"))), 0);
	assert_int_equal(r.kind, REDIS_TEXT);
	assert_non_null(r.text.p);
	assert_int_equal(r.text.len, 0);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("nothing"))), 0);
	assert_int_equal(r.kind, REDIS_NIL);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("STRLEN"), STR("key"))), 0);
	assert_int_equal(r.kind, REDIS_INTEGER);
	assert_int_equal(r.integer, binary.len);
	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("MGET"), STR("key"), STR("nothing"), STR("empty"))),
		0);
	assert_int_equal(r.kind, REDIS_LIST);
	assert_int_equal(r.count, 3);
	assert_true(str_eq(r.items[0].text, binary));
	assert_int_equal(r.items[1].kind, REDIS_NIL);
	assert_int_equal(r.items[2].kind, REDIS_TEXT);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("KEYS"), STR("nothing*"))), 0);
	assert_int_equal(r.kind, REDIS_LIST);
	assert_int_equal(r.count, 0);
}

static void refusals_have_their_errors(void **state)
{
	struct env *env = *state;
	struct redis_reply r = {.integer = 42};
	struct arena *small = arena_new(4096);

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("NONSENSE"))), ERR_INTERNAL);
	assert_int_equal(command(env, &r, NULL, 0), ERR_TOO_LARGE);
	assert_int_equal(r.integer, 42);
	/* A database that is full refuses writes, answers reads and is not down. */
	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("CONFIG"), STR("SET"), STR("maxmemory"), STR("1"))),
		0);
	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("SET"), STR("k"), STR("v"))), ERR_UNAVAILABLE);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("none"))), 0);
	assert_true(redis_up(env->redis));
	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("CONFIG"), STR("SET"), STR("maxmemory"), STR("0"))),
		0);
	/* More than the arena takes; the connection is as good as before. */
	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("SETRANGE"), STR("big"), STR("100000"), STR("x"))),
		0);
	assert_int_equal(redis_command(env->redis, small, REDIS_ARGS(STR("GET"), STR("big")), &r),
		ERR_NOMEM);
	assert_int_equal(ping(env), 0);
	arena_free(small);
}

static const struct redis_script script = {
	"redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], ARGV[1], #ARGV, false}"};

static int eval(struct env *env, struct redis_reply *reply)
{
	return redis_eval(env->redis, env->arena, &script, 1,
		REDIS_ARGS(STR("script-key"), STR("\0value"), STR("more")), reply);
}

static void scripts_run_by_their_sum(void **state)
{
	struct env *env = *state;
	struct redis_reply r;

	for (int round = 0; round < 4; round++) {
		assert_int_equal(eval(env, &r), 0);
		assert_int_equal(r.kind, REDIS_LIST);
		assert_int_equal(r.count, 4);
		assert_true(str_eq(r.items[0].text, STR("script-key")));
		assert_true(str_eq(r.items[1].text, STR("\0value")));
		assert_int_equal(r.items[2].integer, 2);
		assert_int_equal(r.items[3].kind, REDIS_NIL);
		if (round == 1) /* as a restart does */
			assert_int_equal(
				command(env, &r, REDIS_ARGS(STR("SCRIPT"), STR("FLUSH"))), 0);
	}
}

static void the_urls_database_and_socket_are_used(void **state)
{
	struct env *env = *state;
	struct redis_reply r;
	char url[160];

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("SET"), STR("where"), STR("three"))), 0);
	snprintf(url, sizeof(url), "redis://:%s@localhost:%d", PASSWORD, env->port);
	open_redis(env, url);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("where"))), 0);
	assert_int_equal(r.kind, REDIS_NIL); /* database 0 */
	/* The socket's URL holds no password, so Redis must ask for none. */
	assert_int_equal(
		command(env, &r,
			REDIS_ARGS(STR("CONFIG"), STR("SET"), STR("requirepass"), STR(""))),
		0);
	snprintf(url, sizeof(url), "unix://%s/redis.sock", env->dir);
	open_redis(env, url);
	assert_int_equal(ping(env), 0);
	assert_int_equal(
		command(env, &r,
			REDIS_ARGS(STR("CONFIG"), STR("SET"), STR("requirepass"), STR(PASSWORD))),
		0);
	/* Without the password nothing is answered. */
	open_redis(env, url);
	assert_int_equal(ping(env), ERR_UNAVAILABLE);
	snprintf(url, sizeof(url), "redis://:wrong@127.0.0.1:%d", env->port);
	open_redis(env, url);
	assert_int_equal(ping(env), ERR_UNAVAILABLE);
	assert_false(redis_up(env->redis));
}

/* ---- outages ---- */

/* The first call may wait for its time-out, the next ones do not. */
static void expect_down(struct env *env)
{
	int64_t start = clock_mono_ms(), taken;

	assert_int_equal(ping(env), ERR_UNAVAILABLE);
	taken = clock_mono_ms() - start;
	if (taken > REDIS_TIMEOUT_MS + 100)
		fail_msg("the first call took %d ms", (int)taken);
	assert_false(redis_up(env->redis));
	start = clock_mono_ms();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ping(env), ERR_UNAVAILABLE);
	taken = clock_mono_ms() - start;
	if (taken > 100)
		fail_msg("1000 calls took %d ms", (int)taken);
}

static void expect_recovery(struct env *env, int64_t limit_ms)
{
	int64_t taken = wait_up(env, limit_ms);

	if (taken < 0)
		fail_msg("not back within %d ms", (int)limit_ms);
	assert_true(redis_up(env->redis));
}

static void a_hanging_redis_is_down_and_comes_back(void **state)
{
	struct env *env = *state;

	for (int round = 0; round < 2; round++) {
		kill(env->server, SIGSTOP);
		expect_down(env);
		kill(env->server, SIGCONT);
		expect_recovery(env, RECOVERY_MS);
	}
}

/* The time-out holds for a connection made after a failure, too. */
static void a_new_connection_has_its_time_out(void **state)
{
	struct env *env = *state;

	server_kill(env);
	server_start(env);
	assert_true(wait_up(env, START_MS) >= 0);
	kill(env->server, SIGSTOP);
	expect_down(env);
	kill(env->server, SIGCONT);
	expect_recovery(env, RECOVERY_MS);
}

static void a_killed_redis_is_down_and_comes_back(void **state)
{
	struct env *env = *state;
	struct redis_reply r;

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("SET"), STR("kept"), STR("1"))), 0);
	assert_int_equal(eval(env, &r), 0);
	server_kill(env);
	expect_down(env);
	server_start(env);
	expect_recovery(env, START_MS);
	assert_int_equal(eval(env, &r), 0); /* forgotten there, known here */
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("kept"))), 0);
}

/* redis_up tells what the last command saw; redis_check looks. */
static void a_check_notices_what_no_command_did(void **state)
{
	struct env *env = *state;
	struct redis_reply r;

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("PING"))), 0);
	assert_true(redis_check(env->redis));
	server_kill(env);
	assert_false(redis_check(env->redis));
	assert_false(redis_up(env->redis));
	server_start(env);
	expect_recovery(env, START_MS);
	assert_true(redis_check(env->redis));
}

/* Whoever was idle meanwhile never notices, and nothing is sent twice. */
static void a_restart_behind_an_idle_connection_goes_unnoticed(void **state)
{
	struct env *env = *state;
	struct redis *other = env->redis;
	struct redis_reply r;

	env->redis = NULL;
	server_kill(env);
	server_start(env);
	open_redis(env, env->tcp_url);
	assert_true(wait_up(env, START_MS) >= 0);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("DEL"), STR("n"))), 0);
	redis_free(env->redis);
	env->redis = other;
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("INCR"), STR("n"))), 0);
	assert_int_equal(r.integer, 1);
	/* A connection Redis closes is replaced as well. */
	assert_int_equal(command(env, &r,
				 REDIS_ARGS(STR("CLIENT"), STR("KILL"), STR("TYPE"), STR("normal"),
					 STR("SKIPME"), STR("yes"))),
		0);
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("INCR"), STR("n"))), 0);
	assert_int_equal(r.integer, 2);
}

/* The command was sent and the connection broke: it may have been done, so it is not repeated. */
static void a_broken_reply_is_not_repeated(void **state)
{
	struct env *env = *state;
	struct redis_reply r;

	assert_int_equal(
		command(env, &r, REDIS_ARGS(STR("DEBUG"), STR("SEGFAULT"))), ERR_UNAVAILABLE);
	waitpid(env->server, NULL, 0);
	env->server = 0;
	expect_down(env);
	server_start(env);
	expect_recovery(env, START_MS);
	assert_int_equal(waitpid(env->server, NULL, WNOHANG), 0); /* once was enough */
}

static void it_may_come_later(void **state)
{
	struct env *env = *state;

	server_kill(env);
	open_redis(env, env->tcp_url);
	expect_down(env);
	server_start(env);
	expect_recovery(env, START_MS);
}

enum { THREADS = 6 };
static atomic_bool stop_threads;

struct counter {
	struct env *env;
	int64_t done, unsure, slowest_ms;
};

static void *count_up(void *arg)
{
	struct counter *me = arg;
	struct arena *arena = arena_new(65536);

	while (!atomic_load(&stop_threads)) {
		struct redis_reply r;
		int64_t start = clock_mono_ms(), taken;
		int err = redis_command(
			me->env->redis, arena, REDIS_ARGS(STR("INCR"), STR("sum")), &r);

		taken = clock_mono_ms() - start;
		if (taken > me->slowest_ms)
			me->slowest_ms = taken;
		if (err)
			me->unsure++;
		else
			me->done++;
		if (err)
			nap();
		arena_reset(arena);
	}
	arena_free(arena);
	return NULL;
}

/* Each thread has its own connection; what was acknowledged has happened, through any outage. */
static void threads_count_through_outages(void **state)
{
	struct env *env = *state;
	struct counter counters[THREADS];
	pthread_t threads[THREADS];
	struct redis_reply r;
	int64_t done = 0, unsure = 0, sum;

	assert_int_equal(command(env, &r, REDIS_ARGS(STR("DEL"), STR("sum"))), 0);
	atomic_store(&stop_threads, false);
	for (int i = 0; i < THREADS; i++) {
		counters[i] = (struct counter){.env = env};
		assert_int_equal(pthread_create(&threads[i], NULL, count_up, &counters[i]), 0);
	}
	for (int round = 0; round < 2; round++) {
		usleep(100000);
		kill(env->server, SIGSTOP);
		usleep(600000);
		kill(env->server, SIGCONT);
		expect_recovery(env, RECOVERY_MS);
	}
	usleep(100000);
	atomic_store(&stop_threads, true);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		done += counters[i].done;
		unsure += counters[i].unsure;
		if (counters[i].slowest_ms > REDIS_TIMEOUT_MS + 200)
			fail_msg("a call took %d ms", (int)counters[i].slowest_ms);
	}
	assert_int_equal(command(env, &r, REDIS_ARGS(STR("GET"), STR("sum"))), 0);
	assert_int_equal(str_to_i64(r.text, &sum), 0);
	assert_true(done > 0 && unsure > 0);
	assert_in_range(sum, done, done + 4 * THREADS); /* those in flight may count too */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(urls_are_checked),
		TEST(replies_have_their_kinds),
		TEST(refusals_have_their_errors),
		TEST(scripts_run_by_their_sum),
		TEST(the_urls_database_and_socket_are_used),
		TEST(a_hanging_redis_is_down_and_comes_back),
		TEST(a_new_connection_has_its_time_out),
		TEST(a_killed_redis_is_down_and_comes_back),
		TEST(a_check_notices_what_no_command_did),
		TEST(a_restart_behind_an_idle_connection_goes_unnoticed),
		TEST(a_broken_reply_is_not_repeated),
		TEST(it_may_come_later),
		TEST(threads_count_through_outages),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("redis", tests, setup_group, teardown_group);
}
