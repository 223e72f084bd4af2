#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/svc/db_internal.h"

static const struct db_sql sql_tables = {"SELECT count(*) FROM sqlite_schema"};
static const struct db_sql sql_version = {"SELECT max(version) FROM schema_version"};
static const struct db_sql sql_copy = {"VACUUM INTO $1"};
static const struct db_sql sql_reached = {"INSERT INTO schema_version (version) VALUES ($1)"};
static const struct db_sql sql_dangling = {"SELECT count(*) FROM pragma_foreign_key_check"};

static int fail(int err, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return err;
}

static int sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_IO;

	if (fd >= 0)
		close(fd);
	return err;
}

static int sync_parent(const char *path)
{
	char *dir = strdup(path);
	int err;

	if (!dir)
		return ERR_NOMEM;
	*strrchr(dir, '/') = '\0';
	err = sync_path(*dir ? dir : "/");
	free(dir);
	return err;
}

/* VACUUM INTO takes an empty file, so the copy's mode is tight from the beginning; it does not
 * sync. */
static int copy_to(struct db_conn *conn, const char *part, const char *name)
{
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return ERR_IO;
	close(fd);
	err = db_exec(conn, &sql_copy, DB_ARGS(DB_STR(str_c(part))), NULL);
	if (!err)
		err = sync_path(part);
	if (!err && rename(part, name) != 0)
		err = ERR_IO;
	if (!err)
		err = sync_parent(name);
	if (err)
		unlink(part);
	return err;
}

static int copy_before(struct db_conn *conn, const char *path, int64_t version)
{
	char *name = NULL, *part = NULL;
	int err = ERR_NOMEM;

	if (asprintf(&name, "%s.before-%lld", path, (long long)version) < 0)
		return ERR_NOMEM;
	if (asprintf(&part, "%s.part", name) >= 0) {
		err = copy_to(conn, part, name);
		free(part);
	}
	free(name);
	return err;
}

static int run_step(struct db_conn *conn, const char *text, int64_t reached)
{
	int64_t dangling = 0;
	int err = db_conn_script(conn, text);

	if (!err && sqlite3_get_autocommit(conn->handle))
		return ERR_INTERNAL; /* the migration ended the transaction by itself */
	if (!err)
		err = db_number(conn, &sql_dangling, DB_NO_ARGS, &dangling);
	if (!err && dangling > 0)
		err = ERR_INVALID;
	return err ? err : db_exec(conn, &sql_reached, DB_ARGS(DB_INT(reached)), NULL);
}

static int migrate_one(struct db_conn *conn, const char *text, int64_t reached)
{
	int err = db_conn_script(conn, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = run_step(conn, text, reached);
	if (!err)
		err = db_conn_script(conn, "COMMIT");
	if (err && !sqlite3_get_autocommit(conn->handle))
		db_conn_script(conn, "ROLLBACK");
	return err;
}

/* Foreign keys are off meanwhile, or rebuilding a table would empty those that refer to it; each
 * step is checked as a whole instead. */
static int migrate_from(struct db_conn *conn, const struct db_spec *spec, int64_t version)
{
	int restored, err = db_conn_script(conn, "PRAGMA foreign_keys=OFF");

	for (size_t n = (size_t)version; !err && n < spec->migration_count; n++)
		err = migrate_one(conn, spec->migrations[n], (int64_t)n + 1);
	restored = db_conn_script(conn, "PRAGMA foreign_keys=ON");
	return err ? err : restored;
}

int db_migrate(
	struct db_conn *conn, const char *path, const struct db_spec *spec, const char **ret_reason)
{
	int64_t tables = 0, version = 0;
	int err = db_number(conn, &sql_tables, DB_NO_ARGS, &tables);

	if (!err)
		err = db_conn_script(conn, "CREATE TABLE IF NOT EXISTS schema_version"
					   " (version BIGINT NOT NULL PRIMARY KEY)");
	if (!err)
		err = db_number(conn, &sql_version, DB_NO_ARGS, &version);
	if (err)
		return fail(err, "cannot read the database's version", ret_reason);
	if (version > (int64_t)spec->migration_count)
		return fail(ERR_CONFLICT, "the database is newer than this program", ret_reason);
	if (version == (int64_t)spec->migration_count)
		return 0;
	if (tables > 0 && copy_before(conn, path, version) != 0)
		return fail(ERR_IO, "cannot copy the database before its migration", ret_reason);
	err = migrate_from(conn, spec, version);
	if (err)
		return fail(err == ERR_NOMEM ? err : ERR_IO, "a migration failed", ret_reason);
	return 0;
}
