/* common/svc/db's migrations: real files, from version to version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those four first. */
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/svc/db.h"

struct env {
	char dir[64];
	struct db *db;
	const char *reason;
};

static const struct db_sql sql_version = {"SELECT max(version) FROM schema_version"};
static const struct db_sql sql_parents = {"SELECT count(*) FROM parent"};
static const struct db_sql sql_children = {"SELECT count(*) FROM child"};
static const struct db_sql sql_insert = {"INSERT INTO parent (id, name) VALUES ($1, 'x')"};
static const struct db_sql sql_child = {"INSERT INTO child (parent) VALUES ($1)"};
static const struct db_sql sql_orphan = {"INSERT INTO child (parent) VALUES (999)"};

static const char *const steps[] = {
	"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)",
	"CREATE TABLE child (id INTEGER PRIMARY KEY,"
	" parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE);"
	"CREATE INDEX child_parent ON child (parent)",
	/* The usual way to change a column in SQLite: rebuild the table others refer to. */
	"CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
	"INSERT INTO parent_new SELECT id, name FROM parent;"
	"DROP TABLE parent;"
	"ALTER TABLE parent_new RENAME TO parent",
};

static int setup(void **state)
{
	struct env *env = calloc(1, sizeof(*env));

	strcpy(env->dir, "/tmp/quintet-migrate-XXXXXX");
	assert_non_null(mkdtemp(env->dir));
	*state = env;
	return 0;
}

static int teardown(void **state)
{
	struct env *env = *state;
	DIR *handle;
	const struct dirent *entry;

	db_close(env->db);
	handle = opendir(env->dir);
	while (handle && (entry = readdir(handle)))
		unlinkat(dirfd(handle), entry->d_name, 0);
	closedir(handle);
	rmdir(env->dir);
	free(env);
	return 0;
}

/* Opens with the first `count` of the given steps. */
static int open_with(struct env *env, const char *const *migrations, size_t count)
{
	struct db_spec spec = {
		.file = "m.db", .migrations = migrations, .migration_count = count, .readers = 1};

	db_close(env->db);
	env->db = NULL;
	env->reason = NULL;
	return db_open(env->dir, &spec, &env->db, &env->reason);
}

static int64_t number(struct env *env, const struct db_sql *sql)
{
	int64_t value = -1;

	assert_int_equal(db_number(db_reader(env->db), sql, DB_NO_ARGS, &value), 0);
	return value;
}

static int exec_job(struct db_conn *conn, void *arg)
{
	const struct db_sql *sql = arg;

	return sql == &sql_orphan ? db_exec(conn, sql, DB_NO_ARGS, NULL)
				  : db_exec(conn, sql, DB_ARGS(DB_INT(1)), NULL);
}

static int exec(struct env *env, const struct db_sql *sql)
{
	return db_write(env->db, exec_job, (void *)(uintptr_t)sql);
}

static bool has_file(struct env *env, const char *name, mode_t *ret_mode)
{
	struct stat info;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", env->dir, name);
	if (stat(path, &info) != 0)
		return false;
	if (ret_mode)
		*ret_mode = info.st_mode & 0777;
	return true;
}

static void a_new_file_gets_all_steps_and_no_copy(void **state)
{
	struct env *env = *state;

	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(number(env, &sql_version), 3);
	assert_int_equal(number(env, &sql_parents), 0);
	assert_false(has_file(env, "m.db.before-0", NULL));
}

static void an_old_file_is_copied_and_brought_up(void **state)
{
	struct env *env = *state;
	char from[128], to[128];
	mode_t mode = 0;

	assert_int_equal(open_with(env, steps, 2), 0);
	assert_int_equal(exec(env, &sql_insert), 0);
	assert_int_equal(exec(env, &sql_child), 0);
	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(number(env, &sql_version), 3);
	assert_int_equal(number(env, &sql_parents), 1);
	assert_int_equal(number(env, &sql_children), 1); /* the rebuilt parent took nobody along */
	assert_int_equal(exec(env, &sql_orphan), ERR_INVALID); /* and keys are checked again */
	assert_true(has_file(env, "m.db.before-2", &mode));
	assert_int_equal(mode, 0600);
	assert_false(has_file(env, "m.db.before-2.part", NULL));

	/* The copy is a whole database of the old version. */
	db_close(env->db);
	env->db = NULL;
	snprintf(from, sizeof(from), "%s/m.db.before-2", env->dir);
	snprintf(to, sizeof(to), "%s/m.db", env->dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(open_with(env, steps, 2), 0);
	assert_int_equal(number(env, &sql_version), 2);
	assert_int_equal(number(env, &sql_children), 1);
}

static void an_equal_file_is_left_alone(void **state)
{
	struct env *env = *state;

	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(number(env, &sql_version), 3);
	assert_false(has_file(env, "m.db.before-3", NULL));
}

static void a_newer_file_is_refused(void **state)
{
	struct env *env = *state;

	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(open_with(env, steps, 2), ERR_CONFLICT);
	assert_non_null(strstr(env->reason, "newer"));
	assert_int_equal(
		open_with(env, steps, 3), 0); /* the lock was given back, nothing changed */
}

static void a_failing_step_leaves_the_step_before(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"wrong SQL after right", "CREATE TABLE extra (id INTEGER); SELEC"},
		{"a broken reference",
			"INSERT INTO child (parent) VALUES (999); CREATE TABLE extra (id INTEGER)"},
		{"ends the transaction", "CREATE TABLE extra2 (id INTEGER); ROLLBACK"},
	};
	static const struct db_sql extra = {
		"SELECT count(*) FROM sqlite_schema WHERE name LIKE 'extra%'"};
	struct env *env = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const with[] = {steps[0], steps[1], cases[i].text};

		print_message("  %s\n", cases[i].name);
		assert_int_equal(open_with(env, with, 3), ERR_IO);
		assert_string_equal(env->reason, "a migration failed");
		assert_int_equal(open_with(env, steps, 2), 0);
		assert_int_equal(number(env, &sql_version), 2);
		assert_int_equal(number(env, &extra), 0);
	}
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct env *env = *state;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/m.db", env->dir);
	file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is a letter, not a database\n", file);
	fclose(file);
	assert_int_equal(open_with(env, steps, 3), ERR_IO);
	assert_non_null(env->reason);
}

/* Killed in the middle of a long step, the file is as it was, and the next start does it all. */
static void a_killed_migration_is_done_again(void **state)
{
	static const char slow[] =
		"INSERT INTO parent (name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 300000000) SELECT 'x' FROM n";
	const char *const with[] = {steps[0], steps[1], slow};
	struct env *env = *state;
	pid_t child;
	int status;

	assert_int_equal(open_with(env, steps, 2), 0);
	assert_int_equal(exec(env, &sql_insert), 0);
	db_close(env->db);
	env->db = NULL;
	child = fork();
	if (child == 0)
		_exit(open_with(env, with, 3) == 0 ? 1 : 2);
	while (!has_file(env, "m.db.before-2", NULL)) /* then the step begins */
		usleep(1000);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(open_with(env, steps, 3), 0);
	assert_int_equal(number(env, &sql_parents), 1);
	assert_int_equal(number(env, &sql_version), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_gets_all_steps_and_no_copy),
		TEST(an_old_file_is_copied_and_brought_up),
		TEST(an_equal_file_is_left_alone),
		TEST(a_newer_file_is_refused),
		TEST(a_failing_step_leaves_the_step_before),
		TEST(a_file_that_is_no_database_is_refused),
		TEST(a_killed_migration_is_done_again),
	};

	return cmocka_run_group_tests_name("db_migrate", tests, NULL, NULL);
}
