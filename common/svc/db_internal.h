/* What the files of common/svc/db share; nobody else includes it. */
#ifndef SVC_DB_INTERNAL_H
#define SVC_DB_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "common/svc/db.h"

#define DB_STATEMENTS_MAX 256 /* kept prepared, a connection; a power of two */
#define DB_ARGS_MAX 64	      /* parameters of one statement */
#define DB_QUEUE_MAX 4096     /* jobs that may wait for the writer */
#define DB_BATCH_MAX 512      /* jobs of one commit */
#define DB_BUSY_MS 500	      /* only a foreign tool (sqlite3, a backup) can hold the lock */
#define DB_CHECKPOINT_PAGES 1000

struct db_stmt {
	const struct db_sql *sql;
	sqlite3_stmt *handle;
	bool writes;
	int param_count;
	size_t arg_count;
	unsigned char arg_of[]; /* SQLite numbers $n by first appearance, not by n */
};

struct db_conn {
	sqlite3 *handle;
	struct db *db;
	struct db_conn *next; /* among the readers */
	/* True while the writer's transaction must be open: a statement after SQLite rolled it back
	 * by itself would commit alone. */
	bool in_batch;
	struct db_stmt *statements[DB_STATEMENTS_MAX];
};

struct db_writer;

struct db {
	char *path;
	int lock_fd;
	struct db_conn *conn; /* the writer's */
	struct db_writer *writer;
	pthread_key_t reader_key;
	pthread_mutex_t reader_mutex; /* guards the list and the count */
	struct db_conn *readers;
	int reader_count, reader_max;
};

/* db_files.c: makes directory and file with tight modes, takes the lock. */
int db_files_open(const char *data_dir, const char *file, char **ret_path, int *ret_lock_fd,
	const char **ret_reason);

/* db_conn.c: a connection with its statements. */
int db_conn_open(const char *path, bool readonly, struct db_conn **ret_conn);
void db_conn_close(struct db_conn *conn);
/* Runs SQL without parameters or rows, prepared each time. */
int db_conn_script(struct db_conn *conn, const char *text);
/* Finds or prepares the statement and binds its parameters, without copying them. */
int db_conn_bind(struct db_conn *conn, const struct db_sql *sql, const struct db_value *args,
	size_t count, struct db_stmt **ret_stmt);
/* 1: a row, 0: done, or an error. */
int db_conn_step(struct db_stmt *stmt);
void db_conn_reset(struct db_stmt *stmt);

/* db_migrate.c */
int db_migrate(struct db_conn *conn, const char *path, const struct db_spec *spec,
	const char **ret_reason);

/* db_writer.c: the thread that owns the writing connection until it is stopped. */
int db_writer_start(struct db_conn *conn, struct db_writer **ret_writer);
void db_writer_stop(struct db_writer *writer);
int db_writer_submit(struct db_writer *writer, db_job *job, void *arg);
void db_writer_stats(struct db_writer *writer, struct db_stats *ret_stats);

#endif
