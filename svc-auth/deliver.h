/*
 * Delivery of codes: a bounded queue, tried again with growing pauses. Each try is a process of its
 * own (svc-auth-deliver), since libcurl would cost svc-auth 6 MB for good. Threads are started with
 * the first message.
 */
#ifndef AUTH_DELIVER_H
#define AUTH_DELIVER_H

#include <stdint.h>

#include "svc-auth/job.h"

struct arena;
struct deliver;

#define DELIVER_QUEUE_MAX 256 /* messages, those under way included */
#define DELIVER_THREADS 4     /* messages under way at once */
#define DELIVER_WAITERS 8     /* callers that wait at once: fewer than a lane has threads */
#define DELIVER_WAIT_MS 2500  /* with all around it, a request for a code takes less than 3 s */
#define DELIVER_PAUSE_MS 200  /* after the first failure; doubled after each */
#define DELIVER_PAUSE_MAX_MS 30000

struct deliver_conf {
	const char *program; /* path of svc-auth-deliver; NULL: beside this process's own */
	/* Called on a thread of deliver's after each try that failed; may be NULL. */
	void (*on_failure)(struct str id, enum auth_channel channel, int tries, int final);
};

int deliver_new(const struct deliver_conf *conf, struct deliver **ret_deliver);
/* Gives up what is not delivered yet. No other thread may be in a call; NULL is allowed. */
void deliver_free(struct deliver *deliver);

/* Queues the message, to be tried until until_us (wall clock), and waits for its delivery at most
 * wait_ms. 0: delivered, or under way without a failure so far (always when wait_ms is 0 or too
 * many wait already). ERR_UNAVAILABLE: every try failed; it is not tried again. ERR_BUSY: the queue
 * is full. */
int deliver_send(struct deliver *deliver, struct arena *arena, const struct deliver_job *job,
	int64_t until_us, int64_t wait_ms);
/* Messages in the queue. */
int deliver_queued(struct deliver *deliver);

#endif
