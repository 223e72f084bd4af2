#include "svc-media/painter.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

struct worker {
	pid_t pid; /* 0: it is not running */
	int socket;
	bool is_taken;
	int64_t idle_since_ms;
};

struct painter {
	char *program;
	int64_t idle_ms;
	pthread_mutex_t mutex; /* of what follows; a taken worker is its taker's alone */
	pthread_cond_t changed;
	struct worker workers[PAINTER_WORKERS];
	bool is_ending;
	pthread_t keeper;
};

/* What the worker may see of our environment: no setting of ours, so no secret. */
static const char *const passed_on[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
#define PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

static void fill_environment(char *ret_environment[PASSED_ON + 1], struct arena *arena)
{
	size_t count = 0;

	for (size_t i = 0; i < PASSED_ON; i++) {
		const char *value = getenv(passed_on[i]);
		struct buf line;

		if (!value)
			continue;
		buf_init(&line, arena, 4096);
		buf_addf(&line, "%s=%s", passed_on[i], value);
		buf_add_char(&line, '\0');
		if (!buf_failed(&line))
			ret_environment[count++] = line.p;
	}
	ret_environment[count] = NULL;
}

static int spawn(const char *program, int socket, struct arena *arena, pid_t *ret_pid)
{
	char name[] = "quintet-picture", *arguments[] = {name, NULL};
	char *environment[PASSED_ON + 1];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	fill_environment(environment, arena);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, socket, PICTURE_SOCKET);
	posix_spawn_file_actions_addclosefrom_np(&files, PICTURE_SOCKET + 1);
	rc = posix_spawn(ret_pid, program, &files, &attr, arguments, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc ? ERR_UNAVAILABLE : 0;
}

static int start(struct painter *painter, struct worker *worker, struct arena *arena)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_UNAVAILABLE;
	rc = spawn(painter->program, pair[1], arena, &worker->pid);
	close(pair[1]);
	if (rc) {
		worker->pid = 0;
		close(pair[0]);
		log_event(LOG_ERROR, STR_NONE, "the picture worker cannot be started",
			LOG_STR("program", str_c(painter->program)));
		return rc;
	}
	worker->socket = pair[0];
	return 0;
}

/* It holds nothing that would be lost. */
static void end(struct worker *worker)
{
	if (!worker->pid)
		return;
	close(worker->socket);
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
}

/* The one that was used last, so that the others become idle; NULL: all are at work. */
static struct worker *take(struct painter *painter)
{
	struct worker *best = NULL;

	pthread_mutex_lock(&painter->mutex);
	for (size_t i = 0; i < PAINTER_WORKERS; i++) {
		struct worker *worker = &painter->workers[i];

		if (worker->is_taken)
			continue;
		if (!best || (worker->pid && !best->pid) ||
			(worker->pid && worker->idle_since_ms > best->idle_since_ms))
			best = worker;
	}
	if (best)
		best->is_taken = true;
	pthread_mutex_unlock(&painter->mutex);
	return best;
}

static void give_back(struct painter *painter, struct worker *worker)
{
	pthread_mutex_lock(&painter->mutex);
	worker->is_taken = false;
	worker->idle_since_ms = clock_mono_ms();
	pthread_cond_signal(&painter->changed);
	pthread_mutex_unlock(&painter->mutex);
}

static int exchange(const struct worker *worker, const struct picture_job *job, int64_t deadline_ms,
	struct arena *arena, struct picture_answer *ret_answer)
{
	int rc = picture_send(worker->socket, &picture_job_fields, job, arena);

	if (rc)
		return rc;
	return picture_receive(
		worker->socket, &picture_answer_fields, deadline_ms, arena, ret_answer);
}

/* A worker may have died since its last job, of which nobody hears before the next; a fresh one
 * that dies is not tried again. */
static int do_job(struct painter *painter, struct worker *worker, const struct picture_job *job,
	int64_t deadline_ms, struct arena *arena, struct picture_answer *ret_answer)
{
	int rc = ERR_IO;

	if (worker->pid)
		rc = exchange(worker, job, deadline_ms, arena, ret_answer);
	if (rc == ERR_IO) {
		end(worker);
		rc = start(painter, worker, arena);
		if (!rc)
			rc = exchange(worker, job, deadline_ms, arena, ret_answer);
	}
	if (rc) {
		log_event(LOG_WARN, STR_NONE, "a picture worker failed",
			LOG_STR("error", str_c(err_name(rc))));
		end(worker);
	}
	return rc == ERR_IO || rc == ERR_PROTOCOL ? ERR_UNAVAILABLE : rc;
}

int painter_ask(struct painter *painter, const struct picture_job *job, int64_t deadline_us,
	struct arena *arena, struct picture_answer *ret_answer)
{
	int64_t deadline_ms = clock_mono_ms() + (deadline_us - clock_now_us()) / 1000;
	struct worker *worker = take(painter);
	int rc;

	if (!worker)
		return ERR_BUSY;
	rc = do_job(painter, worker, job, deadline_ms, arena, ret_answer);
	give_back(painter, worker);
	return rc ? rc : -(int)ret_answer->refusal;
}

/* Ends what has been idle for long enough; returns when the next will have been, 0: none is idle.
 */
static int64_t end_idle(struct painter *painter)
{
	int64_t now_ms = clock_mono_ms(), next_ms = 0;

	for (size_t i = 0; i < PAINTER_WORKERS; i++) {
		struct worker *worker = &painter->workers[i];
		int64_t until_ms = worker->idle_since_ms + painter->idle_ms;

		if (!worker->pid || worker->is_taken)
			continue;
		if (until_ms <= now_ms)
			end(worker);
		else if (!next_ms || until_ms < next_ms)
			next_ms = until_ms;
	}
	return next_ms;
}

static void *keep(void *arg)
{
	struct painter *painter = arg;

	pthread_mutex_lock(&painter->mutex);
	while (!painter->is_ending) {
		int64_t next_ms = end_idle(painter);
		struct timespec until = {next_ms / 1000, next_ms % 1000 * 1000000};

		if (next_ms)
			pthread_cond_timedwait(&painter->changed, &painter->mutex, &until);
		else
			pthread_cond_wait(&painter->changed, &painter->mutex);
	}
	pthread_mutex_unlock(&painter->mutex);
	return NULL;
}

int painter_new(const char *program, int64_t idle_ms, struct painter **ret_painter)
{
	struct painter *painter = calloc(1, sizeof(*painter));
	pthread_condattr_t attr;

	if (!painter)
		return ERR_NOMEM;
	painter->idle_ms = idle_ms;
	painter->program = strdup(program);
	pthread_mutex_init(&painter->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&painter->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (!painter->program || pthread_create(&painter->keeper, NULL, keep, painter) != 0) {
		pthread_cond_destroy(&painter->changed);
		pthread_mutex_destroy(&painter->mutex);
		free(painter->program);
		free(painter);
		return ERR_NOMEM;
	}
	*ret_painter = painter;
	return 0;
}

void painter_free(struct painter *painter)
{
	if (!painter)
		return;
	pthread_mutex_lock(&painter->mutex);
	painter->is_ending = true;
	pthread_cond_signal(&painter->changed);
	pthread_mutex_unlock(&painter->mutex);
	pthread_join(painter->keeper, NULL);
	for (size_t i = 0; i < PAINTER_WORKERS; i++)
		end(&painter->workers[i]);
	pthread_cond_destroy(&painter->changed);
	pthread_mutex_destroy(&painter->mutex);
	free(painter->program);
	free(painter);
}
