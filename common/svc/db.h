/*
 * The database of a service: SQLite in WAL mode. One thread with one connection does all writes and
 * checkpoints: it takes whatever jobs are queued, runs each in a savepoint, commits once, then lets
 * all callers go (group commit). Readers are read-only connections, one a thread. A job's caller is
 * let go only after its commit is on disk.
 *
 * SQL is written in the subset that SQLite and PostgreSQL share: $1-style parameters,
 * INSERT … ON CONFLICT … RETURNING.
 */
#ifndef SVC_DB_H
#define SVC_DB_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/rpc/field.h"

struct arena;
struct db;
/* A connection with, for a writer, an open savepoint. */
struct db_conn;

/* A statement: prepared once a connection, found by address. Always a static const. */
struct db_sql {
	const char *text;
};

struct db_value {
	enum { DB_NULL, DB_INTEGER, DB_TEXT, DB_BLOB } kind;
	int64_t integer;
	struct str text;
};
#define DB_INT(v) ((struct db_value){.kind = DB_INTEGER, .integer = (int64_t)(v)})
/* An absent slice is NULL. */
#define DB_STR(s) db_value_str(s)
struct db_value db_value_str(struct str s);
#define DB_BYTES(s) ((struct db_value){.kind = DB_BLOB, .text = (s)})
/* 0 is NULL. */
#define DB_ID(v) db_value_id(v)
struct db_value db_value_id(int64_t id);
#define DB_OINT(o) db_value_opt((o))
struct db_value db_value_opt(struct opt_int value);
#define DB_ARGS(...)                                                                               \
	(const struct db_value[]){__VA_ARGS__},                                                    \
		sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_ARGS NULL, 0

/* Append-only: migration n brings the schema from version n to n + 1. Each is one or several
 * statements, run in one transaction. */
struct db_spec {
	const char *file; /* "user.db", within the data directory */
	const char *const *migrations;
	size_t migration_count;
	int readers; /* the most threads that read; svc_main takes at least all lanes' threads */
};

/* Has SQLite's own reports (a failing disk, a damaged file, wrong SQL) told to on_fault, on any
 * thread; it must not use the database. Once, before the first db_open. */
void db_watch_faults(void (*on_fault)(int code, const char *text));

/* Opens or makes the database. Migrations run under a file lock, after a copy of the old file
 * (<file>.before-<version>). ERR_IO; ERR_EXISTS when another process has it open; ERR_CONFLICT when
 * the file is newer than the program. *ret_reason: static text for the log, set on errors. */
int db_open(const char *data_dir, const struct db_spec *spec, struct db **ret_db,
	const char **ret_reason);
/* Finishes queued jobs, checkpoints, closes. No other thread may be in a call; NULL is allowed. */
void db_close(struct db *db);

/* Runs job on the writer's thread and returns its result after the commit. A negative result undoes
 * the job's own changes only. ERR_IO when the commit failed, ERR_BUSY when the queue is full. A job
 * must not call db_write. */
typedef int db_job(struct db_conn *conn, void *arg);
int db_write(struct db *db, db_job *job, void *arg);

/* This thread's read-only connection (autocommit: each statement sees the newest commit). NULL when
 * it cannot be opened or spec->readers threads have one. Closed when the thread ends. */
struct db_conn *db_reader(struct db *db);

/* Runs a statement that returns no rows. ERR_TAKEN on a broken UNIQUE constraint, ERR_INVALID on any
 * other constraint, ERR_IO, ERR_INTERNAL for wrong SQL or a wrong number of arguments. ret_changes:
 * rows changed; may be NULL. */
int db_exec(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, int64_t *ret_changes);
/* The first row into the struct, columns to fields by position (as many columns as fields; LIST and
 * OBJ are not allowed). ERR_NOT_FOUND without a row. Text is copied into the arena. */
int db_row(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, const struct field_set *set, struct arena *arena, void *ret_object);
/* All rows as an array of structs (NULL when there are none); ERR_TOO_LARGE for more than
 * FIELD_LIST_MAX. */
int db_rows(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, const struct field_set *set, struct arena *arena, void *ret_array,
	size_t *ret_count);
/* The first column of the first row, an integer. ERR_NOT_FOUND without a row; NULL is 0. */
int db_number(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, int64_t *ret_number);

struct db_stats {
	uint64_t commits; /* batches */
	uint64_t jobs;
	uint64_t wal_bytes;
	uint64_t queued; /* jobs waiting now */
};
void db_stats(struct db *db, struct db_stats *ret_stats);

#endif
