#include "svc-auth/repair.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "svc-auth/idem.h"
#include "svc-auth/session.h"
#include "svc-auth/totp.h"

#define ARENA_BYTES (1024 * 1024)
#define PAGE 200	 /* credentials looked at together */
#define RETRY_S 1	 /* while something is undone */
#define OWN_CALL_MAX_S 2 /* deadline of the thread's own calls */

struct repair {
	struct auth *auth;
	struct rpc_client **clients;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct repair_work *works;
	bool woken;
	bool stopping;
};

struct activation {
	struct str registration;
	int64_t account;
};

void repair_begin(struct repair *repair, struct repair_work *work)
{
	pthread_mutex_lock(&repair->lock);
	work->next = repair->works;
	repair->works = work;
	pthread_mutex_unlock(&repair->lock);
}

void repair_end(struct repair *repair, struct repair_work *work)
{
	struct repair_work **at;

	pthread_mutex_lock(&repair->lock);
	for (at = &repair->works; *at && *at != work; at = &(*at)->next)
		;
	if (*at)
		*at = work->next;
	pthread_mutex_unlock(&repair->lock);
}

void repair_wake(struct repair *repair)
{
	pthread_mutex_lock(&repair->lock);
	repair->woken = true;
	pthread_cond_signal(&repair->changed);
	pthread_mutex_unlock(&repair->lock);
}

static bool under_way(struct repair *repair, struct str registration)
{
	struct repair_work *work;

	pthread_mutex_lock(&repair->lock);
	for (work = repair->works; work && !str_eq(work->registration, registration);
		work = work->next)
		;
	pthread_mutex_unlock(&repair->lock);
	return work;
}

static bool stopping(struct repair *repair)
{
	bool stop;

	pthread_mutex_lock(&repair->lock);
	stop = repair->stopping;
	pthread_mutex_unlock(&repair->lock);
	return stop;
}

static int activate(struct db_conn *conn, void *arg)
{
	const struct activation *job = arg;

	return store_activate(conn, job->registration, job->account);
}

int repair_activate(struct db *db, struct str registration, int64_t account)
{
	struct activation job = {registration, account};

	return db_write(db, activate, &job);
}

int repair_credential(struct auth *auth, struct call *call, const struct user_account *account,
	struct credential *ret_credential)
{
	struct db_conn *conn = db_reader(auth->db);
	int rc;

	if (!conn)
		return ERR_UNAVAILABLE;
	rc = store_credential(conn, account->id, call->arena, ret_credential);
	if (rc != ERR_NOT_FOUND || !account->registration.len)
		return rc;
	rc = repair_activate(auth->db, account->registration, account->id);
	if (rc)
		return rc;
	return store_credential(conn, account->id, call->arena, ret_credential);
}

static int forget(struct db_conn *conn, void *arg)
{
	const int64_t *account = arg;
	int rc = store_credential_delete(conn, *account);

	if (!rc)
		rc = totp_forget(conn, *account);
	return rc ? rc : store_sign_ins_forget(conn, *account);
}

int repair_erase(struct auth *auth, struct call *call, int64_t account)
{
	struct call own = auth_own_call(call);
	const struct user_erase_in in = {.id = account};
	struct user_erase_out out;
	int rc = call_user_erase(&own, &in, &out);

	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	rc = db_write(auth->db, forget, &account);
	if (rc)
		return rc;
	/* Without Redis the sessions are void all the same, for want of a normal account. */
	session_end_all(auth->redis, call->arena, account, STR_NONE);
	idem_forget(auth->redis, call->arena, account);
	event_publish(auth->events, STR("auth.revoked"), account, STR_NONE);
	return 0;
}

static int remove_pending(struct db_conn *conn, void *arg)
{
	return store_pending_delete(conn, *(const struct str *)arg);
}

/* 0 when nothing is left to do about it; ERR_EXISTS when it is to be asked again. */
static int finish_pending(
	struct repair *repair, struct call *call, const struct credential *credential)
{
	const struct user_registered_in in = {.registration = credential->registration};
	struct user_registered_out out;
	struct str registration = credential->registration;
	int64_t asked_us = clock_now_us();
	int rc;

	if (under_way(repair, registration))
		return ERR_EXISTS;
	rc = call_user_registered(call, &in, &out);
	if (!rc) {
		rc = repair_activate(repair->auth->db, registration, out.account.id);
		return rc == ERR_NOT_FOUND ? 0 : rc;
	}
	if (rc != ERR_NOT_FOUND)
		return rc;
	if (asked_us - credential->created < REPAIR_ORPHAN_S * CLOCK_SECOND_US)
		return ERR_EXISTS;
	return db_write(repair->auth->db, remove_pending, &registration);
}

static int finish(struct repair *repair, struct call *call, const struct credential *credential)
{
	call->deadline_us = clock_now_us() + OWN_CALL_MAX_S * CLOCK_SECOND_US;
	if (credential->account)
		return repair_erase(repair->auth, call, credential->account);
	return finish_pending(repair, call, credential);
}

/* One page from the credential after `after`; moves `after` on, to "" behind the last page. */
static int pass_page(struct repair *repair, struct call *call,
	char after[STORE_REGISTRATION_LEN + 1], bool *undone)
{
	struct db_conn *conn = db_reader(repair->auth->db);
	struct credential *rows;
	size_t count;
	int rc;

	rc = conn ? store_unfinished(conn, str_c(after), PAGE, call->arena, &rows, &count)
		  : ERR_UNAVAILABLE;
	if (rc)
		return rc;
	for (size_t i = 0; i < count && !stopping(repair); i++) {
		rc = finish(repair, call, &rows[i]);
		if (rc == ERR_UNAVAILABLE || rc == ERR_BUSY || rc == ERR_DEADLINE)
			return rc;
		*undone |= rc != 0;
	}
	after[0] = '\0';
	if (count == PAGE && rows[count - 1].registration.len == STORE_REGISTRATION_LEN) {
		memcpy(after, rows[count - 1].registration.p, STORE_REGISTRATION_LEN);
		after[STORE_REGISTRATION_LEN] = '\0';
	}
	return 0;
}

/* Goes over everything unfinished. True when something stays so. */
static bool pass(struct repair *repair, struct arena *arena)
{
	char after[STORE_REGISTRATION_LEN + 1] = "";
	char request_id[ID_REQUEST_LEN + 1];
	bool undone = false;
	int rc;

	id_request(request_id);
	do {
		struct call call = {
			.arena = arena,
			.services = repair->clients,
			.request_id = {request_id, ID_REQUEST_LEN},
			.caller = {.kind = CALLER_SERVICE},
		};
		rc = pass_page(repair, &call, after, &undone);
		arena_reset(arena);
	} while (!rc && after[0] && !stopping(repair));
	if (rc)
		log_event(LOG_DEBUG, str_c(request_id), "repair is put off",
			LOG_STR("error", str_c(err_name(rc))));
	return undone || rc;
}

/* Sleeps until woken, or for RETRY_S when something is undone. False: stop. */
static bool rest(struct repair *repair, bool undone)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RETRY_S;
	pthread_mutex_lock(&repair->lock);
	while (!repair->stopping && !repair->woken && !rc) {
		if (undone)
			rc = pthread_cond_timedwait(&repair->changed, &repair->lock, &until);
		else
			rc = pthread_cond_wait(&repair->changed, &repair->lock);
	}
	repair->woken = false;
	rc = repair->stopping;
	pthread_mutex_unlock(&repair->lock);
	return !rc;
}

static void *run(void *arg)
{
	struct repair *repair = arg;
	struct arena *arena = NULL;
	bool undone;

	do {
		if (!arena)
			arena = arena_new(ARENA_BYTES);
		undone = !arena || pass(repair, arena);
	} while (rest(repair, undone));
	arena_free(arena);
	return NULL;
}

int repair_new(struct auth *auth, struct rpc_client **clients, struct repair **ret_repair)
{
	struct repair *repair = calloc(1, sizeof(*repair));
	pthread_condattr_t attr;

	if (!repair)
		return ERR_NOMEM;
	repair->auth = auth;
	repair->clients = clients;
	pthread_mutex_init(&repair->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&repair->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&repair->thread, NULL, run, repair) != 0) {
		pthread_cond_destroy(&repair->changed);
		pthread_mutex_destroy(&repair->lock);
		free(repair);
		return ERR_INTERNAL;
	}
	*ret_repair = repair;
	return 0;
}

void repair_free(struct repair *repair)
{
	if (!repair)
		return;
	pthread_mutex_lock(&repair->lock);
	repair->stopping = true;
	pthread_cond_signal(&repair->changed);
	pthread_mutex_unlock(&repair->lock);
	pthread_join(repair->thread, NULL);
	pthread_cond_destroy(&repair->changed);
	pthread_mutex_destroy(&repair->lock);
	free(repair);
}
