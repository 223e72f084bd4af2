#include <time.h>

#include "common/base/err.h"
#include "common/svc/redis_internal.h"

static bool probe_once(const struct redis_address *address)
{
	redisContext *context = redis_conn_open(address);
	bool up = context && redis_conn_ping(context);

	if (context)
		redisFree(context);
	return up;
}

/* Until the next round, or the end. */
static void pause_locked(struct redis *redis)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += REDIS_PROBE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	while (!redis->stop && pthread_cond_timedwait(&redis->wake, &redis->mutex, &until) == 0)
		;
}

static void *probe_run(void *arg)
{
	struct redis *redis = arg;

	pthread_mutex_lock(&redis->mutex);
	while (!redis->stop) {
		bool up;

		if (!redis->probe) {
			pthread_cond_wait(&redis->wake, &redis->mutex);
			continue;
		}
		pthread_mutex_unlock(&redis->mutex);
		up = probe_once(&redis->address);
		pthread_mutex_lock(&redis->mutex);
		redis->probe = !up;
		atomic_store(&redis->down, !up);
		if (!up)
			pause_locked(redis);
	}
	pthread_mutex_unlock(&redis->mutex);
	return NULL;
}

int redis_probe_start(struct redis *redis)
{
	/* The first round tells readiness before anybody has asked for anything. */
	redis->probe = true;
	return pthread_create(&redis->prober, NULL, probe_run, redis) == 0 ? 0 : ERR_NOMEM;
}

void redis_probe_stop(struct redis *redis)
{
	pthread_mutex_lock(&redis->mutex);
	redis->stop = true;
	pthread_cond_signal(&redis->wake);
	pthread_mutex_unlock(&redis->mutex);
	pthread_join(redis->prober, NULL);
}

void redis_probe_down(struct redis *redis)
{
	pthread_mutex_lock(&redis->mutex);
	atomic_store(&redis->down, true);
	if (!redis->probe) {
		redis->probe = true;
		pthread_cond_signal(&redis->wake);
	}
	pthread_mutex_unlock(&redis->mutex);
}
