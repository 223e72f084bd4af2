/* common/svc/db: real SQLite files in a fresh directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/svc/db.h"

static const char *const color_words[] = {NULL, "red", "green"};
static const struct enum_words colors = {color_words, 3};

#define THING(X, S)                                                                                \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, STR, name, 0, 100)                                                                    \
	X(S, SECRET, secret, 0, 100)                                                               \
	X(S, BYTES, data, 0, 100)                                                                  \
	X(S, BOOL, flag, 0, 0)                                                                     \
	X(S, INT, number, 0, INT64_MAX)                                                            \
	X(S, OINT, age, 0, 150)                                                                    \
	X(S, TIME, at, 0, 0)                                                                       \
	X(S, ENUM, color, 0, colors)
FIELD_STRUCT(thing, THING)
FIELD_TABLE(thing, THING)

#define NAMED(X, S)                                                                                \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, STR, name, 0, 100)
FIELD_STRUCT(named, NAMED)
FIELD_TABLE(named, NAMED)

#define COLORED(X, S) X(S, ENUM, color, 0, colors)
FIELD_STRUCT(colored, COLORED)
FIELD_TABLE(colored, COLORED)

static const char *const migrations[] = {
	"CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT UNIQUE, secret TEXT, data BLOB,"
	" flag BIGINT, number BIGINT CHECK (number >= 0), age BIGINT, at BIGINT, color BIGINT);"
	"CREATE TABLE part (id INTEGER PRIMARY KEY, thing BIGINT NOT NULL REFERENCES thing (id))",
};
static const struct db_spec spec = {
	.file = "test.db", .migrations = migrations, .migration_count = 1, .readers = 2};

static const struct db_sql sql_insert = {"INSERT INTO thing (id, name, number) VALUES ($1, $2, 7)"};
static const struct db_sql sql_insert_all = {
	"INSERT INTO thing (name, id, secret, data, flag, number, age, at, color)"
	" VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9) RETURNING id, name"};
static const struct db_sql sql_all = {
	"SELECT id, name, secret, data, flag, number, age, at, color FROM thing WHERE id = $1"};
static const struct db_sql sql_list = {"SELECT id, name FROM thing ORDER BY id"};
static const struct db_sql sql_count = {"SELECT count(*) FROM thing"};
static const struct db_sql sql_part = {"INSERT INTO part (thing) VALUES ($1)"};
static const struct db_sql sql_negative = {"UPDATE thing SET number = -1 WHERE id = $1"};
static const struct db_sql sql_rename = {"UPDATE thing SET name = $2 WHERE id > $1"};

struct env {
	char dir[64];
	struct db *db;
	struct arena *arena;
};

static void remove_dir(const char *dir)
{
	DIR *handle = opendir(dir);
	const struct dirent *entry;

	if (!handle)
		return;
	while ((entry = readdir(handle)))
		unlinkat(dirfd(handle), entry->d_name, 0);
	closedir(handle);
	rmdir(dir);
}

static void reopen(struct env *env)
{
	const char *reason = NULL;

	db_close(env->db);
	env->db = NULL;
	assert_int_equal(db_open(env->dir, &spec, &env->db, &reason), 0);
}

static int setup(void **state)
{
	struct env *env = calloc(1, sizeof(*env));

	strcpy(env->dir, "/tmp/quintet-db-XXXXXX");
	assert_non_null(mkdtemp(env->dir));
	env->arena = arena_new(16 << 20);
	reopen(env);
	*state = env;
	return 0;
}

static int teardown(void **state)
{
	struct env *env = *state;

	db_close(env->db);
	arena_free(env->arena);
	remove_dir(env->dir);
	free(env);
	return 0;
}

static int64_t count_things(struct env *env)
{
	int64_t count = -1;

	assert_int_equal(db_number(db_reader(env->db), &sql_count, DB_NO_ARGS, &count), 0);
	return count;
}

struct insert {
	int64_t id;
	const char *name;
	int result;
};

/* Inserts and then returns what it is told to. */
static int insert_job(struct db_conn *conn, void *arg)
{
	const struct insert *insert = arg;
	int err = db_exec(
		conn, &sql_insert, DB_ARGS(DB_ID(insert->id), DB_STR(str_c(insert->name))), NULL);

	return err ? err : insert->result;
}

static int insert_thing(struct env *env, int64_t id, const char *name, int result)
{
	struct insert insert = {id, name, result};

	return db_write(env->db, insert_job, &insert);
}

/* ---- values ---- */

static int insert_all_job(struct db_conn *conn, void *arg)
{
	const struct thing *t = arg;
	struct arena *arena = arena_new(4096);
	struct named made = {0};
	int err = db_row(conn, &sql_insert_all,
		DB_ARGS(DB_ID(t->id), DB_STR(t->name), DB_STR(t->secret), DB_BYTES(t->data),
			DB_INT(t->flag), DB_INT(t->number), DB_OINT(t->age), DB_ID(t->at),
			DB_ID(t->color)),
		&named_fields, arena, &made);

	if (!err && (made.id != t->id || !str_eq(made.name, t->name)))
		err = ERR_CONFLICT;
	arena_free(arena);
	return err;
}

static void every_kind_goes_in_and_out(void **state)
{
	struct env *env = *state;
	const struct thing cases[] = {
		{.id = 1},
		{.id = INT64_MAX,
			.name = STR("na'me\xc3\xa9"),
			.secret = STR("s"),
			.data = STR("\0\xff\1"),
			.flag = true,
			.number = INT64_MAX,
			.age = {true, 0},
			.at = 1700000000123456,
			.color = 2},
		{.id = 2,
			.name = STR(""),
			.secret = STR(""),
			.data = STR(""),
			.age = {true, 150},
			.color = 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct thing want = cases[i], got;

		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(db_write(env->db, insert_all_job, &want), 0);
		assert_int_equal(db_row(db_reader(env->db), &sql_all, DB_ARGS(DB_ID(want.id)),
					 &thing_fields, env->arena, &got),
			0);
		assert_int_equal(got.id, want.id);
		assert_true(str_eq(got.name, want.name));
		assert_int_equal(!got.name.p, !want.name.p);
		assert_true(str_eq(got.secret, want.secret));
		assert_int_equal(!got.secret.p, !want.secret.p);
		assert_true(str_eq(got.data, want.data));
		assert_int_equal(!got.data.p, !want.data.p);
		assert_int_equal(got.flag, want.flag);
		assert_int_equal(got.number, want.number);
		assert_int_equal(got.age.set, want.age.set);
		assert_int_equal(got.age.value, want.age.value);
		assert_int_equal(got.at, want.at);
		assert_int_equal(got.color, want.color);
	}
}

static void rows_come_in_order(void **state)
{
	struct env *env = *state;
	struct named *rows = NULL;
	size_t count = 99;
	char name[16];

	assert_int_equal(db_rows(db_reader(env->db), &sql_list, DB_NO_ARGS, &named_fields,
				 env->arena, &rows, &count),
		0);
	assert_int_equal(count, 0);
	for (int i = 100; i > 0; i--) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(insert_thing(env, i, name, 0), 0);
	}
	assert_int_equal(db_rows(db_reader(env->db), &sql_list, DB_NO_ARGS, &named_fields,
				 env->arena, &rows, &count),
		0);
	assert_int_equal(count, 100);
	for (int i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(rows[i - 1].id, i);
		assert_true(str_eq(rows[i - 1].name, str_c(name)));
	}
}

static void too_many_rows_are_refused(void **state)
{
	static const struct db_sql sql = {
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)"
		" SELECT i, 'x' FROM n"};
	struct env *env = *state;
	struct named *rows = NULL;
	size_t count = 0;

	assert_int_equal(db_rows(db_reader(env->db), &sql, DB_ARGS(DB_INT(FIELD_LIST_MAX)),
				 &named_fields, env->arena, &rows, &count),
		0);
	assert_int_equal(count, FIELD_LIST_MAX);
	assert_int_equal(rows[FIELD_LIST_MAX - 1].id, FIELD_LIST_MAX);
	arena_reset(env->arena);
	assert_int_equal(db_rows(db_reader(env->db), &sql, DB_ARGS(DB_INT(FIELD_LIST_MAX + 1)),
				 &named_fields, env->arena, &rows, &count),
		ERR_TOO_LARGE);
}

static void mistakes_are_told(void **state)
{
	static const struct db_sql wrong = {"SELEC 1"};
	static const struct db_sql two = {"SELECT 1, 'a'; SELECT 2, 'b'"};
	static const struct db_sql unnumbered = {"SELECT id, name FROM thing WHERE id = ?"};
	static const struct db_sql narrow = {"SELECT 1"};
	static const struct db_sql kind = {"SELECT 'text', 'name'"};
	static const struct db_sql number_as_text = {"SELECT 1, 2"};
	static const struct db_sql no_row = {"SELECT 1, 'a' WHERE 1 = 0"};
	static const struct db_sql write = {"DELETE FROM thing"};
	static const struct {
		const struct db_sql *sql;
		int want;
	} cases[] = {
		{&wrong, ERR_INTERNAL}, {&two, ERR_INTERNAL}, {&unnumbered, ERR_INTERNAL},
		{&narrow, ERR_INTERNAL}, {&kind, ERR_INTERNAL}, {&number_as_text, ERR_INTERNAL},
		{&sql_all, ERR_INTERNAL},			  /* an argument is missing */
		{&no_row, ERR_NOT_FOUND}, {&write, ERR_INTERNAL}, /* on a reader */
	};
	static const struct db_sql sql_color = {"SELECT $1"};
	static const struct {
		int64_t value;
		int want;
	} color_cases[] = {{1, 0}, {2, 0}, {3, ERR_INTERNAL}, {-1, ERR_INTERNAL}};
	struct env *env = *state;
	struct named row = {.id = 42};
	struct colored colored;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(db_row(db_reader(env->db), cases[i].sql, DB_NO_ARGS, &named_fields,
					 env->arena, &row),
			cases[i].want);
		assert_int_equal(row.id, 42); /* written only on success */
	}
	for (size_t i = 0; i < sizeof(color_cases) / sizeof(color_cases[0]); i++)
		assert_int_equal(db_row(db_reader(env->db), &sql_color,
					 DB_ARGS(DB_INT(color_cases[i].value)), &colored_fields,
					 env->arena, &colored),
			color_cases[i].want);
}

static void a_full_arena_is_no_memory(void **state)
{
	static const struct db_sql sql = {"SELECT 1, hex(zeroblob(10000))"};
	struct env *env = *state;
	struct arena *small = arena_new(4096);
	struct named row;

	assert_int_equal(db_row(db_reader(env->db), &sql, DB_NO_ARGS, &named_fields, small, &row),
		ERR_NOMEM);
	arena_free(small);
}

/* More statements than a connection keeps: the oldest give way, all still work. */
static void the_statement_cache_is_bounded(void **state)
{
	enum { MANY = 1000 };
	struct env *env = *state;
	struct db_sql *statements = calloc(MANY, sizeof(*statements));
	char(*texts)[32] = calloc(MANY, sizeof(*texts));

	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "SELECT %d + $1", i);
		statements[i].text = texts[i];
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			int64_t sum = 0;

			assert_int_equal(db_number(db_reader(env->db), &statements[i],
						 DB_ARGS(DB_INT(5)), &sum),
				0);
			assert_int_equal(sum, i + 5);
		}
	}
	reopen(env); /* no connection remembers addresses that are about to be freed */
	free(statements);
	free(texts);
}

/* ---- writing ---- */

static int part_job(struct db_conn *conn, void *arg)
{
	return db_exec(conn, &sql_part, DB_ARGS(DB_INT(*(int64_t *)arg)), NULL);
}

static int negative_job(struct db_conn *conn, void *arg)
{
	return db_exec(conn, &sql_negative, DB_ARGS(DB_INT(*(int64_t *)arg)), NULL);
}

static void constraints_have_their_errors(void **state)
{
	struct env *env = *state;
	int64_t id = 1, nobody = 5;

	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
	assert_int_equal(insert_thing(env, 1, "b", 0), ERR_TAKEN);
	assert_int_equal(insert_thing(env, 2, "a", 0), ERR_TAKEN);
	assert_int_equal(db_write(env->db, part_job, &nobody), ERR_INVALID);
	assert_int_equal(db_write(env->db, part_job, &id), 0);
	assert_int_equal(db_write(env->db, negative_job, &id), ERR_INVALID);
	assert_int_equal(count_things(env), 1);
}

static int rename_job(struct db_conn *conn, void *arg)
{
	return db_exec(conn, &sql_rename, DB_ARGS(DB_INT(2), DB_STR(STR_NONE)), arg);
}

static void changes_are_counted(void **state)
{
	struct env *env = *state;
	int64_t changes = -1;

	for (int i = 1; i <= 5; i++)
		assert_int_equal(insert_thing(env, i, NULL, 0), 0);
	assert_int_equal(db_write(env->db, rename_job, &changes), 0);
	assert_int_equal(changes, 3);
	assert_int_equal(db_exec(db_reader(env->db), &sql_count, DB_NO_ARGS, &changes), 0);
	assert_int_equal(changes, 0);
}

static void a_refused_job_leaves_nothing(void **state)
{
	struct env *env = *state;

	assert_int_equal(insert_thing(env, 1, "a", ERR_DENIED), ERR_DENIED);
	assert_int_equal(count_things(env), 0);
	assert_int_equal(insert_thing(env, 1, "a", 7), 7); /* a positive result is success */
	assert_int_equal(count_things(env), 1);
}

static int write_in_job(struct db_conn *conn, void *arg)
{
	struct env *env = arg;

	(void)conn;
	return insert_thing(env, 1, "a", 0);
}

static void a_job_cannot_wait_for_itself(void **state)
{
	assert_int_equal(db_write(((struct env *)*state)->db, write_in_job, *state), ERR_INTERNAL);
}

enum { THREADS = 8, EACH = 200 };

struct writer_arg {
	struct env *env;
	int number;
};

/* Every third job is refused, every fifth meets a taken name. */
static void *write_many(void *arg)
{
	const struct writer_arg *me = arg;

	for (int i = 0; i < EACH; i++) {
		int64_t id = 1 + me->number * EACH + i;
		bool refuse = i % 3 == 0, taken = i % 5 == 0;
		char name[32];
		int want = taken ? ERR_TAKEN : refuse ? ERR_DENIED : 0;
		int64_t found = 0;
		static const struct db_sql sql = {"SELECT count(*) FROM thing WHERE id = $1"};

		snprintf(name, sizeof(name), taken ? "taken" : "n%d", (int)id);
		if (insert_thing(me->env, id, name, refuse ? ERR_DENIED : 0) != want)
			return "wrong result";
		/* Acknowledged is visible to every reader at once. */
		if (me->number < spec.readers - 1 &&
			(db_number(db_reader(me->env->db), &sql, DB_ARGS(DB_ID(id)), &found) != 0 ||
				found != (want == 0)))
			return "not there";
	}
	return NULL;
}

static void many_writers_share_commits(void **state)
{
	struct env *env = *state;
	struct writer_arg args[THREADS];
	pthread_t threads[THREADS];
	struct db_stats stats;
	int64_t want = 1;

	assert_int_equal(insert_thing(env, INT64_MAX, "taken", 0), 0);
	for (int i = 0; i < THREADS; i++) {
		args[i] = (struct writer_arg){env, i};
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &args[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *fault;

		pthread_join(threads[i], &fault);
		assert_null(fault);
	}
	for (int i = 0; i < EACH; i++)
		want += i % 3 && i % 5 ? THREADS : 0;
	assert_int_equal(count_things(env), want);
	db_stats(env->db, &stats);
	assert_int_equal(stats.jobs, THREADS * EACH + 1);
	assert_true(stats.commits < stats.jobs);
	assert_true(stats.wal_bytes > 0);
	assert_int_equal(stats.queued, 0);
}

/* ---- a batch that fails as a whole ---- */

struct gate {
	sem_t entered, leave;
};

static int gate_job(struct db_conn *conn, void *arg)
{
	struct gate *gate = arg;

	(void)conn;
	sem_post(&gate->entered);
	sem_wait(&gate->leave);
	return 0;
}

struct waiting {
	struct env *env;
	db_job *job;
	void *arg;
	int result;
	pthread_t thread;
};

static void *wait_for_write(void *arg)
{
	struct waiting *waiting = arg;

	waiting->result = db_write(waiting->env->db, waiting->job, waiting->arg);
	return NULL;
}

static void queue_job(struct env *env, struct waiting *waiting, db_job *job, void *arg)
{
	struct db_stats stats;
	uint64_t before;

	db_stats(env->db, &stats);
	before = stats.queued;
	*waiting = (struct waiting){.env = env, .job = job, .arg = arg, .result = 1};
	assert_int_equal(pthread_create(&waiting->thread, NULL, wait_for_write, waiting), 0);
	do {
		sched_yield();
		db_stats(env->db, &stats);
	} while (stats.queued == before);
}

/* Runs the jobs in one batch: the writer is held inside another job until all are queued. */
static void run_batch(
	struct env *env, struct waiting *items, db_job *const *jobs, void **args, size_t count)
{
	struct waiting held;
	struct gate gate;

	sem_init(&gate.entered, 0, 0);
	sem_init(&gate.leave, 0, 0);
	held = (struct waiting){.env = env, .job = gate_job, .arg = &gate};
	assert_int_equal(pthread_create(&held.thread, NULL, wait_for_write, &held), 0);
	sem_wait(&gate.entered);
	for (size_t i = 0; i < count; i++)
		queue_job(env, &items[i], jobs[i], args[i]);
	sem_post(&gate.leave);
	pthread_join(held.thread, NULL);
	for (size_t i = 0; i < count; i++)
		pthread_join(items[i].thread, NULL);
	assert_int_equal(held.result, 0);
	sem_destroy(&gate.entered);
	sem_destroy(&gate.leave);
}

/* A full database makes SQLite undo the whole transaction; the job hides the error and goes on. */
static int fill_job(struct db_conn *conn, void *arg)
{
	static const struct db_sql limit = {"PRAGMA max_page_count = 20"};
	static const struct db_sql unlimit = {"PRAGMA max_page_count = 1000000"};
	static const struct db_sql big = {
		"INSERT INTO thing (id, data) VALUES ($1, zeroblob(1000000))"};
	int *full = arg;

	db_exec(conn, &limit, DB_NO_ARGS, NULL);
	*full = db_exec(conn, &big, DB_ARGS(DB_INT(50)), NULL);
	db_exec(conn, &unlimit, DB_NO_ARGS, NULL);
	db_exec(conn, &sql_insert, DB_ARGS(DB_INT(51), DB_STR(STR("stowaway"))), NULL);
	return 0;
}

/* Ends the transaction behind the writer's back. */
static int commit_job(struct db_conn *conn, void *arg)
{
	static const struct db_sql rollback = {"ROLLBACK"};

	*(int *)arg = db_exec(conn, &rollback, DB_NO_ARGS, NULL);
	db_exec(conn, &sql_insert, DB_ARGS(DB_INT(51), DB_STR(STR("stowaway"))), NULL);
	return 0;
}

static void a_broken_transaction_fails_its_whole_batch(void **state)
{
	struct env *env = *state;
	db_job *const breakers[] = {fill_job, commit_job};

	for (size_t i = 0; i < 2; i++) {
		struct insert first = {1, "first", 0}, refused = {3, "refused", ERR_DENIED},
			      last = {2, "last", 0};
		int broke = 1;
		struct waiting items[4];

		run_batch(env, items,
			(db_job *const[]){insert_job, insert_job, breakers[i], insert_job},
			(void *[]){&first, &refused, &broke, &last}, 4);
		assert_int_not_equal(broke, 1);
		for (int n = 0; n < 4; n++)
			assert_int_equal(items[n].result, ERR_IO);
		assert_int_equal(count_things(env), 0);
	}
	/* The next batch works. */
	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
	reopen(env);
	assert_int_equal(count_things(env), 1);
}

/* A disk that takes no more: the log may not grow past its present size. */
static void a_failed_commit_acknowledges_nothing(void **state)
{
	struct env *env = *state;
	struct insert one = {2, "two", 0}, two = {3, "three", 0}, no = {4, "no", ERR_DENIED};
	struct waiting items[3];
	struct rlimit old, tight;
	struct stat wal;
	char path[128];

	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
	snprintf(path, sizeof(path), "%s/test.db-wal", env->dir);
	assert_int_equal(stat(path, &wal), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = (struct rlimit){.rlim_cur = (rlim_t)wal.st_size, .rlim_max = old.rlim_max};
	setrlimit(RLIMIT_FSIZE, &tight);
	run_batch(env, items, (db_job *const[]){insert_job, insert_job, insert_job},
		(void *[]){&one, &two, &no}, 3);
	setrlimit(RLIMIT_FSIZE, &old);
	for (int n = 0; n < 3; n++)
		assert_int_equal(items[n].result, ERR_IO);
	assert_int_equal(count_things(env), 1);
	assert_int_equal(insert_thing(env, 2, "two", 0), 0);
	reopen(env);
	assert_int_equal(count_things(env), 2);
}

/* ---- files, readers, life ---- */

static void a_second_process_is_refused(void **state)
{
	struct env *env = *state;
	struct db *other = NULL;
	const char *reason = NULL;
	pid_t child;
	int status;

	assert_int_equal(db_open(env->dir, &spec, &other, &reason), ERR_EXISTS);
	assert_non_null(strstr(reason, "already running"));
	child = fork();
	if (child == 0)
		_exit(db_open(env->dir, &spec, &other, &reason) == ERR_EXISTS ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* And the attempts took no lock of the first one away. */
	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
}

static void files_are_private(void **state)
{
	static const char *const files[] = {
		"test.db", "test.db-wal", "test.db-shm", "test.db.lock"};
	struct env *env = *state;
	const char *reason = NULL;
	struct db *other = NULL;
	struct stat info;
	char path[128], dir[96];

	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", env->dir, files[i]);
		assert_int_equal(stat(path, &info), 0);
		assert_int_equal(info.st_mode & 0777, 0600);
	}
	snprintf(dir, sizeof(dir), "%s.new", env->dir);
	assert_int_equal(db_open(dir, &spec, &other, &reason), 0);
	assert_int_equal(stat(dir, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	db_close(other);
	remove_dir(dir);
	assert_int_equal(db_open("/nonexistent/dir", &spec, &other, &reason), ERR_IO);
	assert_non_null(reason);
}

static void *read_once(void *arg)
{
	return db_reader(arg);
}

static void readers_are_bounded_and_given_back(void **state)
{
	struct env *env = *state;

	assert_non_null(db_reader(env->db)); /* this thread's: one of two */
	assert_ptr_equal(db_reader(env->db), db_reader(env->db));
	for (int i = 0; i < 5; i++) {
		pthread_t thread;
		void *got = NULL;

		assert_int_equal(pthread_create(&thread, NULL, read_once, env->db), 0);
		pthread_join(thread, &got);
		assert_non_null(got);
	}
}

static void *read_crowded(void *arg)
{
	struct gate *gate = ((void **)arg)[1];
	struct db_conn *conn = db_reader(((void **)arg)[0]);

	sem_post(&gate->entered);
	sem_wait(&gate->leave);
	return conn;
}

static void one_reader_too_many_gets_none(void **state)
{
	struct env *env = *state;
	struct gate gate;
	void *arg[] = {env->db, &gate};
	pthread_t threads[3];
	int got = 0;

	sem_init(&gate.entered, 0, 0);
	sem_init(&gate.leave, 0, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_crowded, arg), 0);
	for (int i = 0; i < 3; i++)
		sem_wait(&gate.entered);
	for (int i = 0; i < 3; i++)
		sem_post(&gate.leave);
	for (int i = 0; i < 3; i++) {
		void *conn;

		pthread_join(threads[i], &conn);
		got += conn != NULL;
	}
	assert_int_equal(got, 2);
	sem_destroy(&gate.entered);
	sem_destroy(&gate.leave);
}

static int bulk_job(struct db_conn *conn, void *arg)
{
	static const struct db_sql sql = {
		"INSERT INTO thing (id, data) VALUES ($1, randomblob(100000))"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(*(int64_t *)arg)), NULL);
}

/* 40 MB go through a log that stays a fraction of that. */
static void the_log_is_checkpointed(void **state)
{
	struct env *env = *state;
	struct stat info;
	struct db_stats stats;
	char path[128];

	for (int64_t id = 1; id <= 400; id++)
		assert_int_equal(db_write(env->db, bulk_job, &id), 0);
	snprintf(path, sizeof(path), "%s/test.db-wal", env->dir);
	assert_int_equal(stat(path, &info), 0);
	assert_in_range(info.st_size, 1, 10 << 20);
	db_stats(env->db, &stats);
	assert_in_range(stats.wal_bytes, 1, 10 << 20);
	db_close(env->db);
	env->db = NULL;
	assert_int_not_equal(stat(path, &info), 0); /* emptied and removed by a clean end */
	reopen(env);
	assert_int_equal(count_things(env), 400);
}

/* Writes until it is killed, telling each acknowledged id. */
static void write_until_killed(const char *dir, int fd)
{
	struct env child = {.db = NULL};
	const char *reason;

	snprintf(child.dir, sizeof(child.dir), "%s", dir);
	if (db_open(child.dir, &spec, &child.db, &reason) != 0)
		_exit(1);
	for (int64_t id = 1;; id++) {
		if (insert_thing(&child, id, NULL, 0) != 0 || write(fd, &id, sizeof(id)) < 0)
			_exit(1);
	}
}

static void what_was_acknowledged_survives_kill(void **state)
{
	struct env *env = *state;
	int64_t acknowledged = 0, id;
	int pipes[2], status;
	pid_t child;

	db_close(env->db);
	env->db = NULL;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0)
		write_until_killed(env->dir, pipes[1]);
	close(pipes[1]);
	while (acknowledged < 300 && read(pipes[0], &id, sizeof(id)) == sizeof(id))
		acknowledged = id;
	kill(child, SIGKILL);
	while (read(pipes[0], &id, sizeof(id)) == sizeof(id))
		acknowledged = id;
	close(pipes[0]);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	reopen(env);
	assert_true(acknowledged >= 300);
	assert_in_range(count_things(env), acknowledged, acknowledged + 1);
}

static atomic_int faults;

static void on_fault(int code, const char *text)
{
	(void)code;
	(void)text;
	atomic_fetch_add(&faults, 1);
}

static void faults_are_reported_and_answers_are_not(void **state)
{
	static const struct db_sql wrong = {"SELECT nonsense"};
	struct env *env = *state;
	int64_t number;
	int before = atomic_load(&faults);

	assert_int_equal(insert_thing(env, 1, "a", 0), 0);
	assert_int_equal(insert_thing(env, 1, "a", 0), ERR_TAKEN);
	assert_int_equal(atomic_load(&faults), before);
	assert_int_equal(db_number(db_reader(env->db), &wrong, DB_NO_ARGS, &number), ERR_INTERNAL);
	assert_true(atomic_load(&faults) > before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_goes_in_and_out),
		TEST(rows_come_in_order),
		TEST(too_many_rows_are_refused),
		TEST(mistakes_are_told),
		TEST(a_full_arena_is_no_memory),
		TEST(the_statement_cache_is_bounded),
		TEST(constraints_have_their_errors),
		TEST(changes_are_counted),
		TEST(a_refused_job_leaves_nothing),
		TEST(a_job_cannot_wait_for_itself),
		TEST(many_writers_share_commits),
		TEST(a_broken_transaction_fails_its_whole_batch),
		TEST(a_failed_commit_acknowledges_nothing),
		TEST(a_second_process_is_refused),
		TEST(files_are_private),
		TEST(readers_are_bounded_and_given_back),
		TEST(one_reader_too_many_gets_none),
		TEST(the_log_is_checkpointed),
		TEST(what_was_acknowledged_survives_kill),
		TEST(faults_are_reported_and_answers_are_not),
	};

	db_watch_faults(on_fault);
	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
