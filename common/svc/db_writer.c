#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/err.h"
#include "common/svc/db_internal.h"

/* On the stack of the caller, who sleeps on its own semaphore: no stampede after a commit. */
struct task {
	db_job *job;
	void *arg;
	int result;
	sem_t answered;
	struct task *next;
};

struct db_writer {
	struct db_conn *conn;
	pthread_t thread;
	int page_size;
	int wal_pages;	   /* in the log after the latest commit */
	int checkpoint_at; /* pages at which to copy the log into the file */

	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t wake;
	struct task *head, **tail;
	int queued;
	bool idle, stop;

	atomic_uint_fast64_t commits, jobs, wal_bytes;
};

static const struct db_sql sql_begin = {"BEGIN IMMEDIATE"};
static const struct db_sql sql_commit = {"COMMIT"};
static const struct db_sql sql_rollback = {"ROLLBACK"};
static const struct db_sql sql_savepoint = {"SAVEPOINT job"};
static const struct db_sql sql_undo = {"ROLLBACK TO job"};
static const struct db_sql sql_release = {"RELEASE job"};
static const struct db_sql sql_page_size = {"PRAGMA page_size"};

static int run(struct db_writer *writer, const struct db_sql *sql)
{
	return db_exec(writer->conn, sql, DB_NO_ARGS, NULL);
}

/* Takes at most DB_BATCH_MAX tasks off the queue, waiting for the first; NULL at the end. */
static struct task *take_batch(struct db_writer *writer)
{
	struct task *batch, **end;
	int count = 0;

	pthread_mutex_lock(&writer->mutex);
	while (!writer->head && !writer->stop) {
		writer->idle = true;
		pthread_cond_wait(&writer->wake, &writer->mutex);
	}
	writer->idle = false;
	batch = writer->head;
	for (end = &batch; *end && count < DB_BATCH_MAX; end = &(*end)->next)
		count++;
	writer->head = *end;
	if (!writer->head)
		writer->tail = &writer->head;
	*end = NULL;
	writer->queued -= count;
	pthread_mutex_unlock(&writer->mutex);
	return batch;
}

/* An error means that the transaction is gone; a refused job is none. */
static int run_task(struct db_writer *writer, struct task *task)
{
	int err = run(writer, &sql_savepoint);

	if (err)
		return err;
	task->result = task->job(writer->conn, task->arg);
	if (task->result < 0)
		err = run(writer, &sql_undo);
	return err ? err : run(writer, &sql_release);
}

static int run_batch(struct db_writer *writer, struct task *batch)
{
	struct db_conn *conn = writer->conn;
	uint_fast64_t jobs = 0;
	int err = run(writer, &sql_begin);

	if (err)
		return err;
	conn->in_batch = true;
	for (struct task *task = batch; task && !err; task = task->next, jobs++)
		err = run_task(writer, task);
	if (!err)
		err = run(writer, &sql_commit);
	conn->in_batch = false;
	if (err) {
		if (!sqlite3_get_autocommit(conn->handle))
			run(writer, &sql_rollback);
		return err;
	}
	atomic_fetch_add_explicit(&writer->jobs, jobs, memory_order_relaxed);
	atomic_fetch_add_explicit(&writer->commits, 1, memory_order_relaxed);
	return 0;
}

/* Without the commit no answer stands, not even a refusal: it may rest on a job now undone. */
static void answer(struct task *batch, int err)
{
	while (batch) {
		struct task *next = batch->next; /* gone with its caller once posted */

		if (err)
			batch->result = ERR_IO;
		sem_post(&batch->answered);
		batch = next;
	}
}

static int on_wal(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct db_writer *writer = arg;

	(void)handle;
	(void)name;
	if (pages < writer->wal_pages)
		writer->checkpoint_at = DB_CHECKPOINT_PAGES; /* the log began anew */
	writer->wal_pages = pages;
	/* A log's header has 32 bytes, each page's 24. */
	atomic_store_explicit(&writer->wal_bytes,
		32 + (uint_fast64_t)pages * (uint_fast64_t)(24 + writer->page_size),
		memory_order_relaxed);
	return SQLITE_OK;
}

/* After the answers, so that nobody waits for it. A reader's snapshot may keep it from finishing;
 * then the log grows and the next one goes on. */
static void checkpoint_if_due(struct db_writer *writer)
{
	if (writer->wal_pages < writer->checkpoint_at)
		return;
	sqlite3_wal_checkpoint_v2(
		writer->conn->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	writer->checkpoint_at = writer->wal_pages + DB_CHECKPOINT_PAGES;
}

static void *writer_run(void *arg)
{
	struct db_writer *writer = arg;
	struct task *batch;

	while ((batch = take_batch(writer)) != NULL) {
		answer(batch, run_batch(writer, batch));
		checkpoint_if_due(writer);
	}
	return NULL;
}

static void writer_free(struct db_writer *writer)
{
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

int db_writer_start(struct db_conn *conn, struct db_writer **ret_writer)
{
	struct db_writer *writer = calloc(1, sizeof(*writer));
	int64_t page_size = 0;
	int err;

	if (!writer)
		return ERR_NOMEM;
	writer->conn = conn;
	writer->tail = &writer->head;
	writer->checkpoint_at = DB_CHECKPOINT_PAGES;
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_cond_init(&writer->wake, NULL);
	err = db_number(conn, &sql_page_size, DB_NO_ARGS, &page_size);
	if (err)
		goto out;
	writer->page_size = (int)page_size;
	sqlite3_wal_hook(conn->handle, on_wal, writer);
	if (pthread_create(&writer->thread, NULL, writer_run, writer) != 0) {
		err = ERR_NOMEM;
		goto out;
	}
	*ret_writer = writer;
	return 0;
out:
	sqlite3_wal_hook(conn->handle, NULL, NULL);
	writer_free(writer);
	return err;
}

void db_writer_stop(struct db_writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->mutex);
	writer->stop = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);
	sqlite3_wal_hook(writer->conn->handle, NULL, NULL);
	writer_free(writer);
}

static int enqueue(struct db_writer *writer, struct task *task)
{
	bool wake;

	pthread_mutex_lock(&writer->mutex);
	if (writer->queued >= DB_QUEUE_MAX || writer->stop) {
		pthread_mutex_unlock(&writer->mutex);
		return ERR_BUSY;
	}
	*writer->tail = task;
	writer->tail = &task->next;
	writer->queued++;
	wake = writer->idle;
	writer->idle = false;
	pthread_mutex_unlock(&writer->mutex);
	if (wake)
		pthread_cond_signal(&writer->wake);
	return 0;
}

int db_writer_submit(struct db_writer *writer, db_job *job, void *arg)
{
	struct task task = {.job = job, .arg = arg};
	int err;

	if (pthread_equal(pthread_self(), writer->thread))
		return ERR_INTERNAL; /* a job that writes through the queue would wait for itself */
	sem_init(&task.answered, 0, 0);
	err = enqueue(writer, &task);
	if (!err) {
		while (sem_wait(&task.answered) != 0)
			; /* EINTR */
		err = task.result;
	}
	sem_destroy(&task.answered);
	return err;
}

void db_writer_stats(struct db_writer *writer, struct db_stats *ret_stats)
{
	ret_stats->commits = atomic_load_explicit(&writer->commits, memory_order_relaxed);
	ret_stats->jobs = atomic_load_explicit(&writer->jobs, memory_order_relaxed);
	ret_stats->wal_bytes = atomic_load_explicit(&writer->wal_bytes, memory_order_relaxed);
	pthread_mutex_lock(&writer->mutex);
	ret_stats->queued = (uint64_t)writer->queued;
	pthread_mutex_unlock(&writer->mutex);
}
