/* common/svc/svc: a real service in a process of its own, asked over the bus. */
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/client.h"
#include "common/rpc/seal.h"
#include "common/rpc/svc_api.h"
#include "common/rpc/user_api.h"
#include "common/svc/svc.h"

#define START_MS 10000
#define REQUEST_ID "request-0123456789"

/* ---- the service: user.get answers, or fails in the way its id says ---- */

enum { ID_FINE = 1, ID_ABSENT, ID_BROKEN, ID_SLOW };

static const struct db_sql sql_add = {"INSERT INTO asked (id) VALUES ($1)"};

static int add_job(struct db_conn *conn, void *arg)
{
	return db_exec(conn, &sql_add, DB_ARGS(DB_ID(*(const int64_t *)arg)), NULL);
}

static int toy_get(struct svc_ctx *ctx, const void *in, void *out)
{
	const struct svc *svc = ctx->state;
	int64_t id = ((const struct user_get_in *)in)->id;
	struct user_account *account = &((struct user_get_out *)out)->account;
	int err;

	if (id == ID_ABSENT)
		return ERR_NOT_FOUND;
	if (id == ID_BROKEN)
		return ERR_INTERNAL;
	if (id == ID_SLOW)
		usleep(300000);
	err = db_write(svc->db, add_job, &id);
	*account = (struct user_account){.id = id,
		.role = ROLE_MEMBER,
		.status = STATUS_NORMAL,
		.sex = SEX_UNKNOWN,
		.created = 1,
		.modified = 1};
	return err;
}

static const struct rpc_handler toy_handlers[] = {{&user_get_method, toy_get}};
static const size_t toy_handler_count = 1;
static const char *const migrations[] = {"CREATE TABLE asked (id BIGINT)"};
static const struct db_spec toy_db = {
	.file = "toy.db", .migrations = migrations, .migration_count = 1, .readers = 1};

static int toy_init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	if (getenv("TOY_FAILS")) {
		*ret_reason = "the toy is broken";
		return ERR_IO;
	}
	*ret_state = svc;
	return 0;
}

static const char *toy_ailment(void *state)
{
	const struct svc *svc = state;
	char path[200];

	snprintf(path, sizeof(path), "%s/ail", svc->data_dir);
	return access(path, F_OK) == 0 ? "redis" : "";
}

static const struct svc_spec toy_spec = {
	.name = "svc-toy",
	.service = SERVICE_USER,
	.process = CONF_USER,
	.handlers = toy_handlers,
	.handler_count = &toy_handler_count,
	.db = &toy_db,
	.lanes = {[LANE_READ] = {2, 64}, [LANE_WRITE] = {1, 16}},
	.init = toy_init,
	.ailment = toy_ailment,
};

/* ---- running it ---- */

struct env {
	char dir[64];
	int port;
	pid_t pid;
	struct rpc_client *clients[SERVICE_COUNT];
	struct arena *arena;
};

/* The start of two neighbouring free ports. */
static int free_ports(void)
{
	for (;;) {
		struct sockaddr_in address = {.sin_family = AF_INET};
		socklen_t len = sizeof(address);
		int fd = socket(AF_INET, SOCK_STREAM, 0), next = socket(AF_INET, SOCK_STREAM, 0);
		int port, free_next;

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
		port = ntohs(address.sin_port);
		address.sin_port = htons((uint16_t)(port + 1));
		free_next = port < 65000 && bind(next, (struct sockaddr *)&address, len) == 0;
		close(fd);
		close(next);
		if (free_next)
			return port;
	}
}

static char *path_in(struct env *env, const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", env->dir, name);
	return path;
}

/* This program again, under the service's name, as nng does not live through a bare fork. stdout
 * and stderr go to files in the directory. */
static pid_t spawn(struct env *env, const char *option)
{
	char *argv[] = {"svc-toy", (char *)(uintptr_t)option, NULL};
	char port[16];
	pid_t pid;

	snprintf(port, sizeof(port), "%d", env->port);
	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	dup2(open(path_in(env, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
	dup2(open(path_in(env, "log"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
	setenv("QUINTET_BUS_PORT", port, 1);
	setenv("QUINTET_DATA", path_in(env, "data"), 1);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static int wait_exit(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* The text of a file in the directory, in the arena. */
static const char *slurp(struct env *env, const char *name)
{
	char *text = arena_alloc(env->arena, 65536);
	FILE *file = fopen(path_in(env, name), "r");

	assert_non_null(file);
	text[fread(text, 1, 65535, file)] = '\0';
	fclose(file);
	return text;
}

static struct call make_call(struct env *env, enum caller_kind kind)
{
	return (struct call){.arena = env->arena,
		.services = env->clients,
		.request_id = STR(REQUEST_ID),
		.caller = {.kind = kind},
		.deadline_us = clock_now_us() + 2 * CLOCK_SECOND_US};
}

static int health(struct env *env, struct svc_health_out *out)
{
	struct call call = make_call(env, CALLER_SERVICE);
	struct svc_health_in in = {0};

	return rpc_call(SERVICE_USER, &call, &svc_health_method, &in, out);
}

static int get(struct env *env, int64_t id)
{
	struct call call = make_call(env, CALLER_ACCOUNT);
	struct user_get_in in = {id};
	struct user_get_out out;

	return call_user_get(&call, &in, &out);
}

static void start(struct env *env)
{
	int64_t until = clock_mono_ms() + START_MS;
	struct svc_health_out out;
	struct seal_key key;
	char url[64];

	env->pid = spawn(env, NULL);
	while (access(path_in(env, "data/bus.key"), F_OK) != 0) {
		assert_true(clock_mono_ms() < until);
		usleep(2000);
	}
	assert_int_equal(seal_key_load(path_in(env, "data/bus.key"), &key), 0);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", env->port);
	assert_int_equal(rpc_client_new(url, &key, &env->clients[SERVICE_USER]), 0);
	while (health(env, &out) != 0)
		assert_true(clock_mono_ms() < until);
}

static int stop(struct env *env)
{
	pid_t pid = env->pid;

	env->pid = 0;
	kill(pid, SIGTERM);
	return wait_exit(pid);
}

static int setup(void **state)
{
	struct env *env = calloc(1, sizeof(*env));

	strcpy(env->dir, "/tmp/quintet-svc-XXXXXX");
	assert_non_null(mkdtemp(env->dir));
	env->port = free_ports();
	env->arena = arena_new(8 << 20);
	*state = env;
	return 0;
}

static void remove_tree(const char *dir)
{
	DIR *handle = opendir(dir);
	const struct dirent *entry;
	char path[400];

	while (handle && (entry = readdir(handle))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) != 0)
			remove_tree(path);
	}
	if (handle)
		closedir(handle);
	rmdir(dir);
}

static int teardown(void **state)
{
	struct env *env = *state;

	if (env->pid > 0) {
		kill(env->pid, SIGKILL);
		waitpid(env->pid, NULL, 0);
	}
	rpc_client_free(env->clients[SERVICE_USER]);
	arena_free(env->arena);
	remove_tree(env->dir);
	free(env);
	return 0;
}

/* ---- the tests ---- */

static void options_do_what_they_say(void **state)
{
	static const struct {
		const char *option, *file, *says;
		int want;
	} cases[] = {
		{"--version", "out", "svc-toy " QUINTET_VERSION "\n", 0},
		{"--help", "out", "QUINTET_BUS_PORT", 0},
		{"--check-config", "log", "", 0},
		{"--nonsense", "log", "usage: svc-toy", 2},
	};
	struct env *env = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(wait_exit(spawn(env, cases[i].option)), cases[i].want);
		assert_non_null(strstr(slurp(env, cases[i].file), cases[i].says));
	}
	assert_int_not_equal(access(path_in(env, "data"), F_OK), 0); /* nothing was started */
}

static void bad_settings_stop_the_start(void **state)
{
	static const struct {
		const char *key, *value;
	} cases[] = {
		{"QUINTET_LOG_LEVEL", "loud"},
		{"QUINTET_BUS_LISTEN_", "127.0.0.1"},
		{"QUINTET_CONFIG", "/nonexistent"},
	};
	struct env *env = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text;

		setenv(cases[i].key, cases[i].value, 1);
		assert_int_equal(wait_exit(spawn(env, NULL)), 1);
		assert_int_equal(wait_exit(spawn(env, "--check-config")), 1);
		unsetenv(cases[i].key);
		text = slurp(env, "log");
		assert_non_null(strstr(text, cases[i].key));
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
	}
}

static void health_tells_who_and_what_ails(void **state)
{
	struct env *env = *state;
	struct svc_health_out out;
	int fd;

	start(env);
	assert_int_equal(health(env, &out), 0);
	assert_true(str_eq(out.process, STR("svc-toy")));
	assert_true(str_eq(out.version, STR(QUINTET_VERSION)));
	assert_null(out.ailment.p);
	assert_int_equal(out.pid, env->pid);
	assert_in_range(out.started, clock_now_us() - 60 * CLOCK_SECOND_US, clock_now_us());
	fd = open(path_in(env, "data/ail"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(health(env, &out), 0);
	assert_true(str_eq(out.ailment, STR("redis")));
	assert_int_equal(stop(env), 0);
}

static int64_t sample(const struct svc_stats_out *stats, const char *name)
{
	for (size_t i = 0; i < stats->samples_count; i++) {
		if (str_eq(stats->samples[i].name, str_c(name)))
			return stats->samples[i].value;
	}
	fail_msg("no sample %s", name);
	return -1;
}

static void stats_count(void **state)
{
	struct env *env = *state;
	struct svc_stats_in in = {0};
	struct svc_stats_out out;
	struct call call;

	start(env);
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(env, ID_FINE), 0);
	call = make_call(env, CALLER_SERVICE);
	assert_int_equal(rpc_call(SERVICE_USER, &call, &svc_stats_method, &in, &out), 0);
	assert_int_equal(sample(&out, "quintet_db_jobs_total{process=\"svc-toy\"}"), 3);
	assert_int_equal(sample(&out, "quintet_db_commits_total{process=\"svc-toy\"}"), 3);
	assert_true(sample(&out, "quintet_db_wal_bytes{process=\"svc-toy\"}") > 0);
	assert_int_equal(sample(&out, "quintet_db_queue_length{process=\"svc-toy\"}"), 0);
	assert_true(sample(&out, "quintet_bus_calls_total{process=\"svc-toy\"}") >= 4);
	assert_int_equal(sample(&out, "quintet_bus_busy_total{process=\"svc-toy\"}"), 0);
	assert_int_equal(sample(&out, "quintet_bus_frames_dropped_total{process=\"svc-toy\"}"), 0);
	sample(&out, "quintet_bus_queue_length{process=\"svc-toy\",lane=\"read\"}");
	sample(&out, "quintet_bus_queue_length{process=\"svc-toy\",lane=\"write\"}");
	call = make_call(env, CALLER_ANYONE);
	assert_int_equal(rpc_call(SERVICE_USER, &call, &svc_stats_method, &in, &out), ERR_DENIED);
	assert_int_equal(stop(env), 0);
}

static void failures_are_logged_once_with_their_request(void **state)
{
	struct env *env = *state;
	const char *text, *line;

	start(env);
	assert_int_equal(get(env, ID_FINE), 0);
	assert_int_equal(get(env, ID_ABSENT), ERR_NOT_FOUND);
	assert_int_equal(get(env, ID_BROKEN), ERR_INTERNAL);
	assert_int_equal(stop(env), 0);
	text = slurp(env, "log");
	line = strstr(text, "call failed");
	assert_non_null(line);
	assert_null(strstr(line + 1, "call failed"));
	assert_non_null(strstr(text, REQUEST_ID));
	assert_non_null(strstr(line, "user.get"));
	assert_null(strstr(text, "not_found")); /* refusals are no news */
	assert_non_null(strstr(text, "\"started\""));
	assert_non_null(strstr(text, "\"stopped\""));
}

/* What another version may ask for is refused, and the service lives on. */
static void an_unknown_method_does_no_harm(void **state)
{
	static const struct rpc_method unknown = {.name = "user.nonsense",
		.may = CALLER_ALL,
		.lane = LANE_READ,
		.in = &nothing_fields,
		.out = &nothing_fields};
	struct env *env = *state;
	struct svc_health_out out;
	struct nothing in = {0}, nothing;
	struct call call;

	start(env);
	call = make_call(env, CALLER_ACCOUNT);
	assert_int_equal(rpc_call(SERVICE_USER, &call, &unknown, &in, &nothing), ERR_NO_METHOD);
	assert_int_equal(health(env, &out), 0);
	assert_int_equal(out.pid, env->pid);
	assert_int_equal(stop(env), 0);
}

static void debug_logs_every_call(void **state)
{
	struct env *env = *state;
	const char *text;

	setenv("QUINTET_LOG_LEVEL", "debug", 1);
	start(env);
	unsetenv("QUINTET_LOG_LEVEL");
	assert_int_equal(get(env, ID_ABSENT), ERR_NOT_FOUND);
	assert_int_equal(stop(env), 0);
	text = slurp(env, "log");
	assert_non_null(strstr(text, "not_found"));
	assert_non_null(strstr(text, REQUEST_ID));
}

static void what_cannot_start_says_why(void **state)
{
	struct env *env = *state;
	struct env second;
	int listener;
	struct sockaddr_in address = {.sin_family = AF_INET};

	start(env);
	second = *env;
	second.port = free_ports();
	assert_int_equal(mkdir(path_in(env, "second"), 0700), 0);
	assert_int_equal(wait_exit(spawn(&second, NULL)), 1);
	assert_non_null(strstr(slurp(env, "log"), "already running"));
	assert_int_equal(stop(env), 0);

	setenv("TOY_FAILS", "1", 1);
	assert_int_equal(wait_exit(spawn(env, NULL)), 1);
	unsetenv("TOY_FAILS");
	assert_non_null(strstr(slurp(env, "log"), "the toy is broken"));

	listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	env->port = free_ports();
	address.sin_port = htons((uint16_t)env->port);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(wait_exit(spawn(env, NULL)), 1);
	assert_non_null(strstr(slurp(env, "log"), "bus port"));
	close(listener);

	setenv("QUINTET_BUS_KEY_FILE", path_in(env, "log"), 1); /* not 32 bytes */
	assert_int_equal(wait_exit(spawn(env, NULL)), 1);
	unsetenv("QUINTET_BUS_KEY_FILE");
	assert_non_null(strstr(slurp(env, "log"), "bus key"));
}

struct slow_call {
	struct env *env;
	struct arena *arena;
	int result;
};

static void *call_slowly(void *arg)
{
	struct slow_call *slow = arg;
	struct call call = make_call(slow->env, CALLER_ACCOUNT);
	struct user_get_in in = {ID_SLOW};
	struct user_get_out out;

	call.arena = slow->arena;
	slow->result = call_user_get(&call, &in, &out);
	return NULL;
}

/* SIGTERM in the middle of a call: it is answered, what it wrote is kept, and the exit is clean. */
static void a_stop_finishes_what_is_under_way(void **state)
{
	static const struct db_sql count = {"SELECT count(*) FROM asked"};
	struct env *env = *state;
	struct slow_call slow = {.env = env, .arena = arena_new(65536), .result = 1};
	pthread_t thread;
	const char *reason;
	struct db *db;
	int64_t asked = 0;

	start(env);
	assert_int_equal(pthread_create(&thread, NULL, call_slowly, &slow), 0);
	usleep(100000); /* the handler takes 300 ms */
	assert_int_equal(stop(env), 0);
	pthread_join(thread, NULL);
	assert_int_equal(slow.result, 0);
	arena_free(slow.arena);
	assert_int_equal(db_open(path_in(env, "data"), &toy_db, &db, &reason), 0);
	assert_int_equal(db_number(db_reader(db), &count, DB_NO_ARGS, &asked), 0);
	assert_int_equal(asked, 1);
	db_close(db);
	assert_int_not_equal(access(path_in(env, "data/toy.db-wal"), F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(options_do_what_they_say),
		TEST(bad_settings_stop_the_start),
		TEST(health_tells_who_and_what_ails),
		TEST(stats_count),
		TEST(failures_are_logged_once_with_their_request),
		TEST(an_unknown_method_does_no_harm),
		TEST(debug_logs_every_call),
		TEST(what_cannot_start_says_why),
		TEST(a_stop_finishes_what_is_under_way),
	};

	if (strcmp(argv[0], toy_spec.name) == 0)
		return svc_main(argc, argv, &toy_spec);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("svc", tests, NULL, NULL);
}
