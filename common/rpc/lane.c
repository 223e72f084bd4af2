#include "common/rpc/lane.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/err.h"

#define LANE_STACK (512 * 1024) /* bytes */

struct lane_pool {
	struct lane_conf conf;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	void **jobs; /* ring of conf.queue */
	int first, count;
	int idle; /* threads that wait for a job */
	bool closing;
	pthread_t *threads;
	int started;
};

/* The next job; NULL when the pool closes and nothing is left. */
static void *take(struct lane_pool *pool)
{
	void *job = NULL;

	pthread_mutex_lock(&pool->lock);
	while (pool->count == 0 && !pool->closing) {
		pool->idle++;
		pthread_cond_wait(&pool->filled, &pool->lock);
		pool->idle--;
	}
	if (pool->count > 0) {
		job = pool->jobs[pool->first];
		pool->first = (pool->first + 1) % pool->conf.queue;
		pool->count--;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *lane_thread(void *arg)
{
	struct lane_pool *pool = arg;
	void *context = NULL, *job;

	/* On Linux the niceness is the thread's own. */
	if (pool->conf.nice)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(),
			getpriority(PRIO_PROCESS, 0) + pool->conf.nice);
	if (pool->conf.thread_start)
		context = pool->conf.thread_start(pool->conf.arg);
	while ((job = take(pool)))
		pool->conf.on_job(job, context);
	if (pool->conf.thread_stop)
		pool->conf.thread_stop(context);
	return NULL;
}

int lane_new(const struct lane_conf *conf, struct lane_pool **ret_pool)
{
	struct lane_pool *pool = calloc(1, sizeof(*pool));
	pthread_attr_t attributes;

	if (!pool)
		return ERR_NOMEM;
	pool->conf = *conf;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->filled, NULL);
	pool->jobs = calloc((size_t)conf->queue, sizeof(*pool->jobs));
	pool->threads = calloc((size_t)conf->threads, sizeof(*pool->threads));
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, LANE_STACK);
	while (pool->jobs && pool->threads && pool->started < conf->threads &&
		pthread_create(&pool->threads[pool->started], &attributes, lane_thread, pool) == 0)
		pool->started++;
	pthread_attr_destroy(&attributes);
	if (pool->started < conf->threads) {
		lane_free(pool);
		return ERR_NOMEM;
	}
	*ret_pool = pool;
	return 0;
}

int lane_push(struct lane_pool *pool, void *job)
{
	int err = ERR_BUSY;
	bool wake = false;

	pthread_mutex_lock(&pool->lock);
	if (pool->count < pool->conf.queue && !pool->closing) {
		pool->jobs[(pool->first + pool->count) % pool->conf.queue] = job;
		pool->count++;
		wake = pool->idle > 0;
		err = 0;
	}
	pthread_mutex_unlock(&pool->lock);
	if (wake)
		pthread_cond_signal(&pool->filled);
	return err;
}

int lane_queued(struct lane_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	int count = pool->count;
	pthread_mutex_unlock(&pool->lock);
	return count;
}

void lane_free(struct lane_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_broadcast(&pool->filled);
	for (int i = 0; i < pool->started; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->filled);
	pthread_mutex_destroy(&pool->lock);
	free(pool->jobs);
	free(pool->threads);
	free(pool);
}
