#include "svc-auth/deliver.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/codec.h"
#include "svc-auth/deliver_run.h"

enum state { FREE, WAITING, RUNNING, DELIVERED, FAILED };

struct message {
	enum state state;
	bool watched; /* a caller waits for it, and frees it */
	bool dropped; /* nobody wants it any more */
	int tries;
	pid_t pid; /* of the child; 0: none */
	int64_t due_ms, until_ms;
	enum auth_channel channel;
	char id[33];
	char *bytes;
	size_t len;
};

struct deliver {
	char *program;
	void (*on_failure)(struct str id, enum auth_channel channel, int tries, int final);
	pthread_mutex_t lock;
	pthread_cond_t work;   /* for threads: something is to do, or it is time to stop */
	pthread_cond_t result; /* for callers: some message is settled */
	pthread_t threads[DELIVER_THREADS];
	int thread_count;
	int waiters; /* callers */
	int queued;
	bool stopping;
	struct message messages[DELIVER_QUEUE_MAX];
};

static void set_free(struct deliver *d, struct message *m)
{
	if (m->bytes)
		explicit_bzero(m->bytes, m->len); /* it holds a code */
	free(m->bytes);
	*m = (struct message){.state = FREE};
	d->queued--;
}

/* The one that has been due longest, or will be first; NULL: none is waiting. */
static struct message *first_due(struct deliver *d)
{
	struct message *first = NULL;

	for (size_t i = 0; i < DELIVER_QUEUE_MAX; i++) {
		struct message *m = &d->messages[i];

		if (m->state == WAITING && (!first || m->due_ms < first->due_ms))
			first = m;
	}
	return first;
}

static struct timespec at(int64_t mono_ms)
{
	return (struct timespec){
		.tv_sec = (time_t)(mono_ms / 1000), .tv_nsec = (long)(mono_ms % 1000) * 1000000};
}

static void settle(struct deliver *d, struct message *m, int status)
{
	int64_t pause_ms = DELIVER_PAUSE_MS;
	int64_t now_ms = clock_mono_ms();
	bool final;

	m->tries++;
	for (int i = 1; i < m->tries && pause_ms < DELIVER_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > DELIVER_PAUSE_MAX_MS)
		pause_ms = DELIVER_PAUSE_MAX_MS;
	m->due_ms = now_ms + pause_ms;
	final = status == JOB_REFUSED || m->dropped || m->due_ms > m->until_ms;
	if (status == JOB_DELIVERED)
		m->state = DELIVERED;
	else
		m->state = final ? FAILED : WAITING;
	if (status != JOB_DELIVERED && d->on_failure && !d->stopping)
		d->on_failure(str_c(m->id), m->channel, m->tries, final);
	if (m->state == WAITING)
		return;
	if (m->watched)
		pthread_cond_broadcast(&d->result);
	else
		set_free(d, m);
}

/* With the lock held, which is let go meanwhile. */
static void try_once(struct deliver *d, struct message *m)
{
	struct str bytes = {m->bytes, m->len};
	pid_t pid;
	int status = JOB_AGAIN;

	m->state = RUNNING;
	pthread_mutex_unlock(&d->lock);
	if (deliver_run_start(d->program, bytes, &pid) == 0) {
		pthread_mutex_lock(&d->lock);
		m->pid = pid;
		if (d->stopping)
			kill(pid, SIGKILL);
		pthread_mutex_unlock(&d->lock);
		deliver_run_wait(pid);
		pthread_mutex_lock(&d->lock);
		m->pid = 0;
		status = deliver_run_reap(pid);
	} else {
		pthread_mutex_lock(&d->lock);
	}
	settle(d, m, status);
}

static void *work(void *arg)
{
	struct deliver *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->stopping) {
		struct message *m = first_due(d);

		if (!m) {
			pthread_cond_wait(&d->work, &d->lock);
		} else if (m->due_ms > clock_mono_ms()) {
			struct timespec until = at(m->due_ms);
			pthread_cond_timedwait(&d->work, &d->lock, &until);
		} else {
			try_once(d, m);
		}
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* With the lock held. Without any thread there is nobody to send. */
static int start_thread(struct deliver *d)
{
	if (d->thread_count < DELIVER_THREADS && d->queued >= d->thread_count &&
		pthread_create(&d->threads[d->thread_count], NULL, work, d) == 0)
		d->thread_count++;
	return d->thread_count ? 0 : ERR_BUSY;
}

static struct message *take_free(struct deliver *d)
{
	for (size_t i = 0; i < DELIVER_QUEUE_MAX; i++) {
		if (d->messages[i].state == FREE)
			return &d->messages[i];
	}
	return NULL;
}

static int pack(struct arena *arena, const struct deliver_job *job, struct message *m)
{
	struct buf buf;

	buf_init(&buf, arena, JOB_BYTES_MAX);
	codec_pack(&deliver_job_fields, job, &buf);
	if (buf_failed(&buf) || job->id.len >= sizeof(m->id))
		return ERR_NOMEM;
	m->bytes = malloc(buf.len);
	if (!m->bytes)
		return ERR_NOMEM;
	memcpy(m->bytes, buf.p, buf.len);
	m->len = buf.len;
	memcpy(m->id, job->id.p, job->id.len);
	m->channel = (enum auth_channel)job->channel;
	explicit_bzero(buf.p, buf.len);
	return 0;
}

/* With the lock held. */
static int await(struct deliver *d, struct message *m, int64_t wait_ms)
{
	struct timespec until = at(clock_mono_ms() + wait_ms);
	int rc = 0, result;

	m->watched = true;
	d->waiters++;
	while ((m->state == WAITING || m->state == RUNNING) && !rc)
		rc = pthread_cond_timedwait(&d->result, &d->lock, &until);
	d->waiters--;
	m->watched = false;
	if (m->state == DELIVERED || m->state == FAILED) {
		result = m->state == DELIVERED ? 0 : ERR_UNAVAILABLE;
		set_free(d, m);
		return result;
	}
	if (m->tries == 0)
		return 0;
	m->dropped = true;
	if (m->state == WAITING)
		set_free(d, m);
	return ERR_UNAVAILABLE;
}

int deliver_send(struct deliver *d, struct arena *arena, const struct deliver_job *job,
	int64_t until_us, int64_t wait_ms)
{
	struct message *m;
	int rc = ERR_BUSY;

	pthread_mutex_lock(&d->lock);
	m = take_free(d);
	if (m)
		rc = pack(arena, job, m);
	if (!rc)
		rc = start_thread(d);
	if (rc) {
		if (m) {
			free(m->bytes);
			*m = (struct message){.state = FREE};
		}
		pthread_mutex_unlock(&d->lock);
		return rc;
	}
	d->queued++;
	m->state = WAITING;
	m->due_ms = clock_mono_ms();
	m->until_ms = m->due_ms + (until_us - clock_now_us()) / 1000;
	pthread_cond_signal(&d->work);
	if (wait_ms > 0 && d->waiters < DELIVER_WAITERS)
		rc = await(d, m, wait_ms);
	pthread_mutex_unlock(&d->lock);
	return rc;
}

int deliver_queued(struct deliver *d)
{
	int queued;

	pthread_mutex_lock(&d->lock);
	queued = d->queued;
	pthread_mutex_unlock(&d->lock);
	return queued;
}

int deliver_new(const struct deliver_conf *conf, struct deliver **ret_deliver)
{
	struct deliver *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	if (!d)
		return ERR_NOMEM;
	d->program = conf->program ? strdup(conf->program) : deliver_run_program();
	d->on_failure = conf->on_failure;
	if (!d->program) {
		free(d);
		return ERR_NOMEM;
	}
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->work, &attr);
	pthread_cond_init(&d->result, &attr);
	pthread_condattr_destroy(&attr);
	*ret_deliver = d;
	return 0;
}

void deliver_free(struct deliver *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	for (size_t i = 0; i < DELIVER_QUEUE_MAX; i++) {
		if (d->messages[i].pid)
			kill(d->messages[i].pid, SIGKILL);
	}
	pthread_cond_broadcast(&d->work);
	pthread_mutex_unlock(&d->lock);
	for (int i = 0; i < d->thread_count; i++)
		pthread_join(d->threads[i], NULL);
	for (size_t i = 0; i < DELIVER_QUEUE_MAX; i++) {
		if (d->messages[i].state != FREE)
			set_free(d, &d->messages[i]);
	}
	pthread_cond_destroy(&d->work);
	pthread_cond_destroy(&d->result);
	pthread_mutex_destroy(&d->lock);
	free(d->program);
	free(d);
}
