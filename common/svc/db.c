#include <stdlib.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/svc/db_internal.h"

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static void (*fault_hook)(int code, const char *text);

/* Broken constraints are answers, not faults; a changed schema is prepared anew by itself. */
static void on_sqlite_log(void *arg, int code, const char *text)
{
	int primary = code & 0xff;

	(void)arg;
	if (primary != SQLITE_CONSTRAINT && primary != SQLITE_SCHEMA && primary != SQLITE_NOTICE)
		fault_hook(code, text);
}

void db_watch_faults(void (*on_fault)(int code, const char *text))
{
	fault_hook = on_fault;
	sqlite3_config(SQLITE_CONFIG_LOG, on_sqlite_log, NULL);
}

static void setup(void)
{
	/* Counting every allocation costs a lock that all readers share. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void reader_close(void *arg)
{
	struct db_conn *conn = arg;
	struct db *db = conn->db;
	struct db_conn **at;

	pthread_mutex_lock(&db->reader_mutex);
	for (at = &db->readers; *at != conn; at = &(*at)->next)
		;
	*at = conn->next;
	db->reader_count--;
	pthread_mutex_unlock(&db->reader_mutex);
	db_conn_close(conn);
}

static struct db_conn *reader_open(struct db *db)
{
	struct db_conn *conn = NULL;

	pthread_mutex_lock(&db->reader_mutex);
	if (db->reader_count < db->reader_max && db_conn_open(db->path, true, &conn) == 0) {
		conn->db = db;
		conn->next = db->readers;
		db->readers = conn;
		db->reader_count++;
	}
	pthread_mutex_unlock(&db->reader_mutex);
	if (conn && pthread_setspecific(db->reader_key, conn) != 0) {
		reader_close(conn);
		conn = NULL;
	}
	return conn;
}

struct db_conn *db_reader(struct db *db)
{
	struct db_conn *conn = pthread_getspecific(db->reader_key);

	return conn ? conn : reader_open(db);
}

/* Frees what db_files_open and db_conn_open gave. */
static void db_free(struct db *db)
{
	db_conn_close(db->conn);
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	pthread_mutex_destroy(&db->reader_mutex);
	free(db->path);
	free(db);
}

/* SQLite falls back silently where a file system cannot do WAL. */
static bool has_wal(struct db_conn *conn)
{
	int pages = -1;

	sqlite3_wal_checkpoint_v2(conn->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
	return pages >= 0;
}

static int open_writer(struct db *db, const struct db_spec *spec, const char **ret_reason)
{
	int err;

	*ret_reason = "cannot open the database: it is damaged, or no database";
	err = db_conn_open(db->path, false, &db->conn);
	if (err)
		return err;
	*ret_reason = "the file system cannot keep a write-ahead log";
	if (!has_wal(db->conn))
		return ERR_IO;
	err = db_migrate(db->conn, db->path, spec, ret_reason);
	if (err)
		return err;
	*ret_reason = "cannot start the database's writer";
	if (pthread_key_create(&db->reader_key, reader_close) != 0)
		return ERR_NOMEM;
	err = db_writer_start(db->conn, &db->writer);
	if (err)
		pthread_key_delete(db->reader_key);
	return err;
}

int db_open(const char *data_dir, const struct db_spec *spec, struct db **ret_db,
	const char **ret_reason)
{
	struct db *db = calloc(1, sizeof(*db));
	int err;

	*ret_reason = "out of memory";
	if (!db)
		return ERR_NOMEM;
	db->lock_fd = -1;
	db->reader_max = spec->readers;
	pthread_mutex_init(&db->reader_mutex, NULL);
	pthread_once(&setup_once, setup);
	err = db_files_open(data_dir, spec->file, &db->path, &db->lock_fd, ret_reason);
	if (!err)
		err = open_writer(db, spec, ret_reason);
	if (err) {
		db_free(db);
		return err == ERR_NOMEM || err == ERR_EXISTS || err == ERR_CONFLICT ? err : ERR_IO;
	}
	*ret_db = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_writer_stop(db->writer);
	pthread_key_delete(db->reader_key);
	while (db->readers)
		reader_close(db->readers);
	/* Closing does it too, but gives no second chance to a busy file. */
	sqlite3_wal_checkpoint_v2(db->conn->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	db_free(db);
}

int db_write(struct db *db, db_job *job, void *arg)
{
	return db_writer_submit(db->writer, job, arg);
}

void db_stats(struct db *db, struct db_stats *ret_stats)
{
	db_writer_stats(db->writer, ret_stats);
}
