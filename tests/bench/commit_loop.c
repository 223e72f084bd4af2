/*
 * Baseline: SQLite's group commit (WAL, synchronous=FULL) and nothing else. 32 threads each hand
 * one row to the one writer and wait until it is durable; the writer takes what waits, commits
 * once, wakes them. Then one row a commit. commit_loop FILE SECONDS prints {"rows": …, "commits":
 * …, "single": …}, each a second, and "done", all rows.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PRODUCERS 32
#define ROW "a row of about the size of an account: somebody, 13800000000, somebody@example.org"

struct row {
	struct row *next;
	sem_t durable;
};

static sqlite3 *db;
static sqlite3_stmt *insert;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct row *waiting;
static bool stop;
static double until;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void check(bool ok)
{
	if (!ok) {
		fprintf(stderr, "commit_loop: %s\n", db ? sqlite3_errmsg(db) : "out of memory");
		exit(1);
	}
}

static void run(const char *sql)
{
	check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void insert_row(void)
{
	check(sqlite3_step(insert) == SQLITE_DONE);
	sqlite3_reset(insert);
}

static void *produce(void *arg)
{
	struct row row;

	(void)arg;
	sem_init(&row.durable, 0, 0);
	while (now() < until) {
		pthread_mutex_lock(&lock);
		row.next = waiting;
		waiting = &row;
		pthread_mutex_unlock(&lock);
		pthread_cond_signal(&wake);
		while (sem_wait(&row.durable) != 0)
			;
	}
	return NULL;
}

static struct row *take_waiting(void)
{
	pthread_mutex_lock(&lock);
	while (!waiting && !stop)
		pthread_cond_wait(&wake, &lock);
	struct row *rows = waiting;
	waiting = NULL;
	pthread_mutex_unlock(&lock);
	return rows;
}

static void *write_rows(void *arg)
{
	long *counts = arg; /* rows, commits */
	struct row *rows;

	while ((rows = take_waiting()) != NULL) {
		run("BEGIN IMMEDIATE");
		for (struct row *row = rows; row; row = row->next, counts[0]++)
			insert_row();
		run("COMMIT");
		counts[1]++;
		while (rows) {
			struct row *next = rows->next;
			sem_post(&rows->durable);
			rows = next;
		}
	}
	return NULL;
}

/* Returns how many rows. */
static long measure_group(double seconds, double ret_rates[2])
{
	pthread_t producers[PRODUCERS], writer;
	long counts[2] = {0};
	double start = now();

	until = start + seconds;
	check(pthread_create(&writer, NULL, write_rows, counts) == 0);
	for (int i = 0; i < PRODUCERS; i++)
		check(pthread_create(&producers[i], NULL, produce, NULL) == 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i], NULL);
	pthread_mutex_lock(&lock);
	stop = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(writer, NULL);
	ret_rates[0] = (double)counts[0] / (now() - start);
	ret_rates[1] = (double)counts[1] / (now() - start);
	return counts[0];
}

static long measure_single(double seconds, double *ret_rate)
{
	double start = now();
	long count = 0;

	for (; now() < start + seconds; count++)
		insert_row();
	*ret_rate = (double)count / (now() - start);
	return count;
}

int main(int argc, char **argv)
{
	double rates[2], single;

	if (argc != 3)
		return 2;
	check(sqlite3_open(argv[1], &db) == SQLITE_OK);
	run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE row (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
	check(sqlite3_prepare_v2(db, "INSERT INTO row (name) VALUES ('" ROW "')", -1, &insert,
		      NULL) == SQLITE_OK);
	long done = measure_group(atof(argv[2]), rates);
	done += measure_single(atof(argv[2]) / 2, &single);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	printf("{\"rows\": %.0f, \"commits\": %.0f, \"single\": %.0f, \"done\": %ld}\n", rates[0],
		rates[1], single, done);
	return 0;
}
