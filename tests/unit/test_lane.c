#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/err.h"
#include "common/rpc/lane.h"

static sem_t started, let_go;
static atomic_int done, contexts, niceness;

static void *open_context(void *arg)
{
	atomic_fetch_add(&contexts, 1);
	return arg;
}

static void close_context(void *context)
{
	atomic_fetch_sub((atomic_int *)context, 1);
}

static void hold(void *job, void *context)
{
	(void)job;
	assert_ptr_equal(context, &contexts);
	atomic_store(&niceness, getpriority(PRIO_PROCESS, (id_t)gettid()));
	sem_post(&started);
	sem_wait(&let_go);
	atomic_fetch_add(&done, 1);
}

static int set_up(void **state)
{
	(void)state;
	sem_init(&started, 0, 0);
	sem_init(&let_go, 0, 0);
	atomic_store(&done, 0);
	return 0;
}

static struct lane_pool *make(int threads, int queue, int nice)
{
	const struct lane_conf conf = {
		.threads = threads,
		.queue = queue,
		.nice = nice,
		.on_job = hold,
		.thread_start = open_context,
		.thread_stop = close_context,
		.arg = &contexts,
	};
	struct lane_pool *pool = NULL;

	assert_int_equal(lane_new(&conf, &pool), 0);
	return pool;
}

static void test_queue_is_bounded(void **state)
{
	struct lane_pool *pool = make(1, 2, 0);
	int job;

	(void)state;
	assert_int_equal(lane_push(pool, &job), 0);
	sem_wait(&started);
	assert_int_equal(lane_push(pool, &job), 0);
	assert_int_equal(lane_push(pool, &job), 0);
	assert_int_equal(lane_queued(pool), 2);
	assert_int_equal(lane_push(pool, &job), ERR_BUSY);
	for (int i = 0; i < 3; i++)
		sem_post(&let_go);
	lane_free(pool);
	assert_int_equal(atomic_load(&done), 3);
	assert_int_equal(atomic_load(&contexts), 0);
}

static void test_threads_run_side_by_side(void **state)
{
	struct lane_pool *pool = make(4, 8, 0);
	int job;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(lane_push(pool, &job), 0);
	for (int i = 0; i < 4; i++)
		sem_wait(&started);
	for (int i = 0; i < 4; i++)
		sem_post(&let_go);
	lane_free(pool);
	assert_int_equal(atomic_load(&done), 4);
}

static void test_slow_threads_are_nice(void **state)
{
	struct lane_pool *pool = make(1, 1, 5);
	int job, own = getpriority(PRIO_PROCESS, 0);

	(void)state;
	assert_int_equal(lane_push(pool, &job), 0);
	sem_wait(&started);
	sem_post(&let_go);
	lane_free(pool);
	assert_int_equal(atomic_load(&niceness), own + 5 > 19 ? 19 : own + 5);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

struct pusher {
	struct lane_pool *pool;
	int refused;
};

static void *push_many(void *arg)
{
	struct pusher *pusher = arg;

	for (int i = 0; i < 1000; i++) {
		sem_post(&let_go);
		pusher->refused += lane_push(pusher->pool, pusher) != 0;
	}
	return NULL;
}

/* Whatever was taken is done, whatever was refused is not. */
static void test_nothing_is_lost(void **state)
{
	struct lane_pool *pool = make(3, 16, 0);
	struct pusher pushers[4];
	pthread_t threads[4];
	int refused = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		pushers[i] = (struct pusher){pool, 0};
		pthread_create(&threads[i], NULL, push_many, &pushers[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		refused += pushers[i].refused;
	}
	lane_free(pool);
	assert_int_equal(atomic_load(&done), 4000 - refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_queue_is_bounded, set_up),
		cmocka_unit_test_setup(test_threads_run_side_by_side, set_up),
		cmocka_unit_test_setup(test_slow_threads_are_nice, set_up),
		cmocka_unit_test_setup(test_nothing_is_lost, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
