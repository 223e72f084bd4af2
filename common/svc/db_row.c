#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/svc/db_internal.h"

#define ROWS_FIRST 16 /* room for so many rows at first, then twice as many */

struct db_value db_value_str(struct str s)
{
	return (struct db_value){.kind = s.p ? DB_TEXT : DB_NULL, .text = s};
}

struct db_value db_value_id(int64_t id)
{
	return (struct db_value){.kind = id ? DB_INTEGER : DB_NULL, .integer = id};
}

struct db_value db_value_opt(struct opt_int value)
{
	return (struct db_value){.kind = value.set ? DB_INTEGER : DB_NULL, .integer = value.value};
}

static int read_text(
	sqlite3_stmt *handle, int column, int type, struct arena *arena, struct str *ret_text)
{
	struct str s = STR("");

	if (sqlite3_column_type(handle, column) != type)
		return ERR_INTERNAL;
	/* An empty blob is a null pointer in SQLite. */
	if (sqlite3_column_bytes(handle, column) > 0) {
		s.p = sqlite3_column_blob(handle, column);
		s.len = (size_t)sqlite3_column_bytes(handle, column);
	}
	s = str_dup(arena, s);
	if (!s.p)
		return ERR_NOMEM;
	*ret_text = s;
	return 0;
}

static int read_enum(int64_t value, const struct field *field, int *ret_index)
{
	if (value < 0 || (uint64_t)value >= field->words->count)
		return ERR_INTERNAL;
	*ret_index = (int)value;
	return 0;
}

static int read_number(sqlite3_stmt *handle, int column, const struct field *field, void *member)
{
	int64_t value;

	if (sqlite3_column_type(handle, column) != SQLITE_INTEGER)
		return ERR_INTERNAL;
	value = sqlite3_column_int64(handle, column);
	switch (field->kind) {
	case FIELD_BOOL:
		*(bool *)member = value != 0;
		return 0;
	case FIELD_INT:
	case FIELD_ID:
	case FIELD_TIME:
		*(int64_t *)member = value;
		return 0;
	case FIELD_OINT:
		*(struct opt_int *)member = (struct opt_int){.set = true, .value = value};
		return 0;
	case FIELD_ENUM:
		return read_enum(value, field, member);
	default:
		return ERR_INTERNAL;
	}
}

static int read_member(sqlite3_stmt *handle, int column, const struct field *field,
	struct arena *arena, void *member)
{
	if (sqlite3_column_type(handle, column) == SQLITE_NULL)
		return 0;
	switch (field->kind) {
	case FIELD_STR:
	case FIELD_SECRET:
		return read_text(handle, column, SQLITE_TEXT, arena, member);
	case FIELD_BYTES:
		return read_text(handle, column, SQLITE_BLOB, arena, member);
	default:
		return read_number(handle, column, field, member);
	}
}

/* object is zeroed. */
static int read_row(
	sqlite3_stmt *handle, const struct field_set *set, struct arena *arena, void *object)
{
	if ((size_t)sqlite3_column_count(handle) != set->count)
		return ERR_INTERNAL;
	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];
		int err = read_member(handle, (int)i, field, arena, (char *)object + field->offset);

		if (err)
			return err;
	}
	return 0;
}

/* A statement that writes must be run to its end; of one that reads the rest is of no interest. */
static int run_out(struct db_stmt *stmt)
{
	int got = 1;

	while (got > 0 && stmt->writes)
		got = db_conn_step(stmt);
	return got < 0 ? got : 0;
}

int db_exec(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, int64_t *ret_changes)
{
	struct db_stmt *stmt;
	int got, err = db_conn_bind(conn, sql, args, count, &stmt);

	if (err)
		return err;
	do
		got = db_conn_step(stmt);
	while (got > 0);
	if (got == 0 && ret_changes)
		*ret_changes = stmt->writes ? sqlite3_changes64(conn->handle) : 0;
	db_conn_reset(stmt);
	return got;
}

int db_row(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, const struct field_set *set, struct arena *arena, void *ret_object)
{
	struct db_stmt *stmt;
	void *object = NULL;
	int err = db_conn_bind(conn, sql, args, count, &stmt);

	if (err)
		return err;
	err = db_conn_step(stmt);
	if (err <= 0) {
		err = err ? err : ERR_NOT_FOUND;
		goto out;
	}
	/* Aside first: the output is written only on success. */
	object = arena_alloc(arena, set->size);
	err = object ? read_row(stmt->handle, set, arena, object) : ERR_NOMEM;
	if (!err)
		err = run_out(stmt);
	if (!err)
		memcpy(ret_object, object, set->size);
out:
	db_conn_reset(stmt);
	return err;
}

/* Makes room for one more row. */
static int rows_grow(struct arena *arena, size_t size, size_t count, void **rows, size_t *cap)
{
	size_t more = *cap ? *cap * 2 : ROWS_FIRST;
	void *grown;

	if (count >= FIELD_LIST_MAX)
		return ERR_TOO_LARGE;
	if (count < *cap)
		return 0;
	grown = *rows ? arena_grow(arena, *rows, *cap * size, more * size)
		      : arena_alloc(arena, more * size);
	if (!grown)
		return ERR_NOMEM;
	*rows = grown;
	*cap = more;
	return 0;
}

int db_rows(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, const struct field_set *set, struct arena *arena, void *ret_array,
	size_t *ret_count)
{
	struct db_stmt *stmt;
	void *rows = NULL;
	size_t cap = 0, n = 0;
	int got, err = db_conn_bind(conn, sql, args, count, &stmt);

	if (err)
		return err;
	while ((got = db_conn_step(stmt)) > 0) {
		err = rows_grow(arena, set->size, n, &rows, &cap);
		if (!err)
			err = read_row(stmt->handle, set, arena, (char *)rows + n * set->size);
		if (err)
			goto out;
		n++;
	}
	err = got;
	if (!err) {
		memcpy(ret_array, &rows, sizeof(rows));
		*ret_count = n;
	}
out:
	db_conn_reset(stmt);
	return err;
}

int db_number(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, int64_t *ret_number)
{
	struct db_stmt *stmt;
	int64_t number;
	int type, err = db_conn_bind(conn, sql, args, count, &stmt);

	if (err)
		return err;
	err = db_conn_step(stmt);
	if (err <= 0) {
		err = err ? err : ERR_NOT_FOUND;
		goto out;
	}
	type = sqlite3_column_type(stmt->handle, 0);
	number = sqlite3_column_int64(stmt->handle, 0);
	err = type == SQLITE_INTEGER || type == SQLITE_NULL ? run_out(stmt) : ERR_INTERNAL;
	if (!err)
		*ret_number = number;
out:
	db_conn_reset(stmt);
	return err;
}
