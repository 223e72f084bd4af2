/* A bounded queue and the threads that empty it. */
#ifndef RPC_LANE_H
#define RPC_LANE_H

struct lane_pool;

/* nice: added to the threads' niceness, so that slow lanes yield to fast ones. on_job runs on a
 * thread of the pool with the thread's own context, made by thread_start(arg) (may be NULL). */
struct lane_conf {
	int threads;
	int queue;
	int nice;
	void (*on_job)(void *job, void *thread_context);
	void *(*thread_start)(void *arg);
	void (*thread_stop)(void *thread_context);
	void *arg;
};

int lane_new(const struct lane_conf *conf, struct lane_pool **ret_pool);
/* ERR_BUSY when the queue is full. */
int lane_push(struct lane_pool *pool, void *job);
int lane_queued(struct lane_pool *pool);
/* Finishes what is queued, then ends the threads. */
void lane_free(struct lane_pool *pool);

#endif
