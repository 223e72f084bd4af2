#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"
#include "common/svc/db_internal.h"

#define PROBES 8 /* slots a statement may stand in */

/* Caches are small because all processes together must fit a small machine; pages come from the
 * kernel's cache anyway. */
static const char writer_setup[] = "PRAGMA journal_mode=WAL;"
				   "PRAGMA synchronous=FULL;"
				   "PRAGMA foreign_keys=ON;"
				   "PRAGMA wal_autocheckpoint=0;"
				   "PRAGMA journal_size_limit=16777216;"
				   "PRAGMA temp_store=MEMORY;"
				   "PRAGMA trusted_schema=OFF;"
				   "PRAGMA secure_delete=ON;"
				   "PRAGMA cache_size=-1024;";
static const char reader_setup[] = "PRAGMA query_only=ON;"
				   "PRAGMA wal_autocheckpoint=0;"
				   "PRAGMA temp_store=MEMORY;"
				   "PRAGMA trusted_schema=OFF;"
				   "PRAGMA cache_size=-256;";

static int map_error(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_TAKEN;
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_CONSTRAINT:
		return ERR_INVALID;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_TOOBIG:
		return ERR_TOO_LARGE;
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_MISMATCH:
	case SQLITE_READONLY:
		return ERR_INTERNAL;
	default:
		return ERR_IO;
	}
}

int db_conn_script(struct db_conn *conn, const char *text)
{
	return map_error(sqlite3_exec(conn->handle, text, NULL, NULL, NULL));
}

int db_conn_open(const char *path, bool readonly, struct db_conn **ret_conn)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	struct db_conn *conn = calloc(1, sizeof(*conn));
	int err;

	if (!conn)
		return ERR_NOMEM;
	err = map_error(sqlite3_open_v2(path, &conn->handle, flags, NULL));
	if (err)
		goto out;
	sqlite3_busy_timeout(conn->handle, DB_BUSY_MS);
	err = db_conn_script(conn, readonly ? reader_setup : writer_setup);
	if (err)
		goto out;
	*ret_conn = conn;
	return 0;
out:
	db_conn_close(conn);
	return err;
}

static void stmt_free(struct db_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_finalize(stmt->handle);
	free(stmt);
}

void db_conn_close(struct db_conn *conn)
{
	if (!conn)
		return;
	for (size_t i = 0; i < DB_STATEMENTS_MAX; i++)
		stmt_free(conn->statements[i]);
	sqlite3_close(conn->handle);
	free(conn);
}

/* The n of a parameter "$n", 0 for anything else. */
static size_t param_number(const char *name)
{
	size_t n = 0;

	if (!name || *name != '$')
		return 0;
	for (name++; *name >= '0' && *name <= '9' && n <= DB_ARGS_MAX; name++)
		n = n * 10 + (size_t)(*name - '0');
	return *name == '\0' && n <= DB_ARGS_MAX ? n : 0;
}

static int stmt_number_params(struct db_stmt *stmt)
{
	for (int i = 1; i <= stmt->param_count; i++) {
		size_t n = param_number(sqlite3_bind_parameter_name(stmt->handle, i));

		if (n == 0)
			return ERR_INTERNAL;
		stmt->arg_of[i - 1] = (unsigned char)(n - 1);
		if (n > stmt->arg_count)
			stmt->arg_count = n;
	}
	return 0;
}

static int stmt_prepare(struct db_conn *conn, const struct db_sql *sql, struct db_stmt **ret_stmt)
{
	sqlite3_stmt *handle = NULL;
	const char *tail = "";
	struct db_stmt *stmt;
	int err, params;

	err = map_error(sqlite3_prepare_v3(
		conn->handle, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail));
	if (err)
		return err;
	params = sqlite3_bind_parameter_count(handle);
	stmt = calloc(1, sizeof(*stmt) + (size_t)params);
	if (!stmt) {
		sqlite3_finalize(handle);
		return ERR_NOMEM;
	}
	stmt->sql = sql;
	stmt->handle = handle;
	stmt->writes = !sqlite3_stmt_readonly(handle);
	stmt->param_count = params;
	err = stmt_number_params(stmt);
	if (!err && (!handle || tail[strspn(tail, "; \t\n")] != '\0'))
		err = ERR_INTERNAL;
	if (err) {
		stmt_free(stmt);
		return err;
	}
	*ret_stmt = stmt;
	return 0;
}

/* Statements are static objects, so their address is their name. A crowded neighbourhood gives up
 * its first statement: none is in use between two calls. */
static int stmt_find(struct db_conn *conn, const struct db_sql *sql, struct db_stmt **ret_stmt)
{
	size_t home = (size_t)(((uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
	struct db_stmt **slot = NULL;
	struct db_stmt *fresh;
	int err;

	for (size_t i = 0; i < PROBES; i++) {
		struct db_stmt **at = &conn->statements[(home + i) & (DB_STATEMENTS_MAX - 1)];

		if (*at && (*at)->sql == sql) {
			*ret_stmt = *at;
			return 0;
		}
		if (!*at) {
			slot = at;
			break;
		}
	}
	if (!slot)
		slot = &conn->statements[home & (DB_STATEMENTS_MAX - 1)];
	err = stmt_prepare(conn, sql, &fresh);
	if (err)
		return err;
	stmt_free(*slot);
	*slot = fresh;
	*ret_stmt = fresh;
	return 0;
}

static int bind_value(sqlite3_stmt *handle, int index, const struct db_value *value)
{
	switch (value->kind) {
	case DB_INTEGER:
		return sqlite3_bind_int64(handle, index, value->integer);
	case DB_TEXT:
		return sqlite3_bind_text64(
			handle, index, value->text.p, value->text.len, SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(
			handle, index, value->text.p, value->text.len, SQLITE_STATIC);
	case DB_NULL:
	default:
		return sqlite3_bind_null(handle, index);
	}
}

int db_conn_bind(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, struct db_stmt **ret_stmt)
{
	struct db_stmt *stmt = NULL;
	int err;

	if (conn->in_batch && sqlite3_get_autocommit(conn->handle))
		return ERR_IO;
	err = stmt_find(conn, sql, &stmt);
	if (err)
		return err;
	if (stmt->arg_count != count)
		return ERR_INTERNAL;
	for (int i = 1; i <= stmt->param_count; i++) {
		err = map_error(bind_value(stmt->handle, i, &args[stmt->arg_of[i - 1]]));
		if (err)
			return err;
	}
	*ret_stmt = stmt;
	return 0;
}

int db_conn_step(struct db_stmt *stmt)
{
	int rc = sqlite3_step(stmt->handle);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : map_error(rc);
}

void db_conn_reset(struct db_stmt *stmt)
{
	/* At once, as an unfinished read would keep its snapshot and hold the log back. */
	sqlite3_reset(stmt->handle);
}
