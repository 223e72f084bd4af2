#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "svc-auth/auth.h"
#include "svc-auth/moving.h"
#include "svc-auth/sealed.h"

#define THREADS_MAX 64

struct work {
	struct auth *auth;
	int64_t deadline_us;
	struct moving *lines;
	size_t count;
	bool defer;
	atomic_size_t next;
	atomic_int result; /* the first error */
};

static bool is_plain(const struct moving *line)
{
	return line->row->scheme == SCHEME_PLAIN;
}

/* Without arena: that is not for several threads. */
static int hash_line(struct work *work, struct moving *line)
{
	struct password_hasher *hasher = work->auth->hasher;

	if (work->defer)
		return is_plain(line)
			       ? legacy_compute(line->recipe, line->row->password, &line->digest)
			       : 0;
	if (is_plain(line))
		return password_make(hasher, work->deadline_us, line->row->password, &line->hash);
	return password_wrap(hasher, work->deadline_us, line->recipe, &line->digest, &line->hash);
}

static void *run(void *arg)
{
	struct work *work = arg;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->count) {
		int none = 0, rc = atomic_load(&work->result);

		if (rc)
			break;
		if (work->lines[i].result->outcome || work->lines[i].twin != i)
			continue;
		rc = hash_line(work, &work->lines[i]);
		if (rc)
			atomic_compare_exchange_strong(&work->result, &none, rc);
	}
	return NULL;
}

static int run_all(struct work *work)
{
	pthread_t threads[THREADS_MAX];
	unsigned started = 0, wanted = work->auth->cores;

	/* The caller is one of them. */
	while (started + 1 < wanted && started < THREADS_MAX && started + 1 < work->count &&
		pthread_create(&threads[started], NULL, run, work) == 0)
		started++;
	run(work);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return atomic_load(&work->result);
}

/* A plain password is not even sealed as it is, but as a salted digest of our own. */
static int plan(struct svc_ctx *ctx, struct moving *lines, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		if (!lines[i].result->outcome && lines[i].twin == i && is_plain(&lines[i]))
			rc = legacy_recipe(ctx->arena, &lines[i].recipe);
	return rc;
}

static int seal(struct svc_ctx *ctx, struct moving *lines, size_t count)
{
	struct auth *auth = ctx->state;
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		struct moving *line = &lines[i];

		if (line->result->outcome || line->twin != i)
			continue;
		rc = sealed_make(&auth->import_key, line->registration, line->recipe, &line->digest,
			ctx->arena, &line->sealed);
	}
	return rc;
}

int moving_hash(struct svc_ctx *ctx, struct moving *lines, size_t count, bool defer)
{
	struct work work = {
		.auth = ctx->state,
		.deadline_us = ctx->call.deadline_us,
		.lines = lines,
		.count = count,
		.defer = defer,
	};
	int rc = defer ? plan(ctx, lines, count) : 0;

	if (!rc)
		rc = run_all(&work);
	return rc || !defer ? rc : seal(ctx, lines, count);
}
