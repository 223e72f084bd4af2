#include "svc-auth/wrap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "svc-auth/auth.h"
#include "svc-auth/sealed.h"
#include "svc-auth/store.h"

#define ARENA_BYTES (256 * 1024)
#define PAGE 50
#define NICENESS 19
#define HASH_MAX_S 60 /* at this priority it may take that long */

struct wrap {
	struct auth *auth;
	struct password_hasher *hasher;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	bool joinable;	      /* there was a thread, which may have ended */
	bool running, woken, stopping;
};

struct wrapping {
	const struct credential *credential;
	struct password_hash hash;
};

static int write_down(struct db_conn *conn, void *arg)
{
	const struct wrapping *wrapping = arg;

	return store_wrapped(conn, wrapping->credential, &wrapping->hash);
}

static int wrap_one(struct wrap *wrap, const struct credential *credential)
{
	struct auth *auth = wrap->auth;
	struct wrapping wrapping = {.credential = credential};
	struct legacy_digest digest;
	int rc = sealed_open(&auth->import_key, credential->registration, credential->recipe,
		credential->sealed, &digest);

	if (!rc)
		rc = password_wrap(wrap->hasher, clock_now_us() + HASH_MAX_S * CLOCK_SECOND_US,
			credential->recipe, &digest, &wrapping.hash);
	explicit_bzero(&digest, sizeof(digest));
	return rc ? rc : db_write(auth->db, write_down, &wrapping);
}

static bool stopping(struct wrap *wrap)
{
	bool stop;

	pthread_mutex_lock(&wrap->lock);
	stop = wrap->stopping;
	pthread_mutex_unlock(&wrap->lock);
	return stop;
}

/* One page from the registration after `after`, which moves on; 0 rows are the end. */
static int pass_page(struct wrap *wrap, struct arena *arena, char after[STORE_REGISTRATION_LEN + 1],
	size_t *ret_count)
{
	struct db_conn *conn = db_reader(wrap->auth->db);
	struct credential *rows;
	size_t count;
	int rc = conn ? store_sealed(conn, str_c(after), PAGE, arena, &rows, &count) : ERR_IO;

	if (rc)
		return rc;
	for (size_t i = 0; i < count && !stopping(wrap); i++) {
		rc = wrap_one(wrap, &rows[i]);
		if (rc)
			log_event(LOG_ERROR, STR_NONE, "a moved password was not put into Argon2id",
				LOG_STR("registration", rows[i].registration),
				LOG_STR("error", str_c(err_name(rc))));
		if (rc && rc != ERR_INTERNAL)
			return rc;
		memcpy(after, rows[i].registration.p, STORE_REGISTRATION_LEN);
		after[STORE_REGISTRATION_LEN] = '\0';
	}
	*ret_count = count;
	return 0;
}

/* Once over all that is sealed. A damaged row is passed over. */
static void pass(struct wrap *wrap)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	char after[STORE_REGISTRATION_LEN + 1] = "";
	size_t count = 1;
	int rc = arena ? 0 : ERR_NOMEM;

	while (!rc && count && !stopping(wrap)) {
		rc = pass_page(wrap, arena, after, &count);
		arena_reset(arena);
	}
	if (rc)
		log_event(LOG_WARN, STR_NONE, "moved passwords wait for the next start or import",
			LOG_STR("error", str_c(err_name(rc))));
	arena_free(arena);
}

/* Says that the thread ends, unless something came meanwhile. */
static bool goes_on(struct wrap *wrap)
{
	bool again;

	pthread_mutex_lock(&wrap->lock);
	again = wrap->woken && !wrap->stopping;
	wrap->woken = false;
	wrap->running = again;
	pthread_mutex_unlock(&wrap->lock);
	return again;
}

static void *run(void *arg)
{
	struct wrap *wrap = arg;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* of this thread alone */
	do
		pass(wrap);
	while (goes_on(wrap));
	return NULL;
}

/* With the lock held. A thread that said it ends takes no lock any more. */
static int start(struct wrap *wrap)
{
	if (wrap->joinable)
		pthread_join(wrap->thread, NULL);
	wrap->running = wrap->joinable = pthread_create(&wrap->thread, NULL, run, wrap) == 0;
	return wrap->running ? 0 : ERR_INTERNAL;
}

void wrap_wake(struct wrap *wrap)
{
	pthread_mutex_lock(&wrap->lock);
	if (wrap->running)
		wrap->woken = true;
	else if (!wrap->stopping && start(wrap))
		log_event(
			LOG_WARN, STR_NONE, "no thread for moved passwords: after the next start");
	pthread_mutex_unlock(&wrap->lock);
}

int wrap_new(struct auth *auth, struct wrap **ret_wrap)
{
	struct wrap *wrap = calloc(1, sizeof(*wrap));
	int rc = 0;

	if (!wrap)
		return ERR_NOMEM;
	wrap->auth = auth;
	pthread_mutex_init(&wrap->lock, NULL);
	wrap->hasher = password_hasher_new(1);
	if (!wrap->hasher)
		rc = ERR_NOMEM;
	if (!rc) {
		pthread_mutex_lock(&wrap->lock);
		rc = start(wrap);
		pthread_mutex_unlock(&wrap->lock);
	}
	if (rc) {
		wrap_free(wrap);
		return rc;
	}
	*ret_wrap = wrap;
	return 0;
}

void wrap_free(struct wrap *wrap)
{
	bool joinable;

	if (!wrap)
		return;
	pthread_mutex_lock(&wrap->lock);
	wrap->stopping = true;
	joinable = wrap->joinable;
	pthread_mutex_unlock(&wrap->lock);
	if (joinable)
		pthread_join(wrap->thread, NULL);
	password_hasher_free(wrap->hasher);
	pthread_mutex_destroy(&wrap->lock);
	free(wrap);
}
