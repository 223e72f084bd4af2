#include "gateway/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "gateway/http_impl.h"

#define STOP_MS 10000
#define STOP_LOOK_MS 50
#define KEEP_ALIVE_MS "15000"
#define QUEUE "256" /* connections accepted that no thread serves yet */

_Static_assert(HTTP_HEAD_MAX == 16384, "the option max_request_size below");

/* Runs in each of civetweb's threads, before its first connection. */
static void *on_thread(const struct mg_context *context, int type)
{
	struct http_server *server = mg_get_user_data(context);
	int index;

	if (type != 1)
		return NULL;
	index = atomic_fetch_add(&server->worker_count, 1);
	return (size_t)index < server->workers_max ? &server->workers[index] : NULL;
}

static int on_connect(const struct mg_connection *connection, void **ret_data)
{
	struct http_worker *worker = mg_get_thread_pointer(connection);
	struct http_server *server = worker->server;

	*ret_data = NULL;
	worker->refused = false;
	if (atomic_fetch_add(&server->connections, 1) >= server->held_max)
		http_watch_wake(server, clock_mono_ms() + HTTP_CROWDED_MS);
	return 0;
}

/* civetweb says nothing to a target that is '*' or another server's, it just closes. */
static void refuse_unanswered(struct http_worker *worker, const struct mg_connection *connection)
{
	const struct mg_request_info *info = mg_get_request_info(connection);

	if (info && info->request_uri && !info->local_uri_raw && !worker->refused)
		http_refuse(
			worker->server, worker, (struct mg_connection *)(uintptr_t)connection, 400);
}

static void on_close(const struct mg_connection *connection)
{
	struct http_worker *worker = mg_get_thread_pointer(connection);

	refuse_unanswered(worker, connection);
	pthread_rwlock_rdlock(&worker->server->closing);
}

static void on_closed(const struct mg_connection *connection)
{
	struct http_worker *worker = mg_get_thread_pointer(connection);
	struct http_server *server = worker->server;

	pthread_rwlock_unlock(&server->closing);
	atomic_fetch_sub(&server->connections, 1);
	if (atomic_load(&server->stopping)) {
		pthread_mutex_lock(&server->lock);
		pthread_cond_signal(&server->closed);
		pthread_mutex_unlock(&server->lock);
	}
}

/* When a request's line was read, but its method is none that civetweb knows. */
static bool is_unknown_method(const struct mg_request_info *info)
{
	return info && info->http_version && info->num_headers == 0 &&
	       strncmp(info->http_version - 5, "HTTP/", 5) == 0 &&
	       (strcmp(info->http_version, "1.1") == 0 || strcmp(info->http_version, "1.0") == 0);
}

/* What civetweb itself refuses, before on_begin. */
static int on_error(struct mg_connection *connection, int status, const char *text)
{
	struct http_worker *worker = mg_get_thread_pointer(connection);

	(void)text;
	worker->refused = true;
	if (status == 400 && is_unknown_method(mg_get_request_info(connection)))
		status = 501;
	else if (status < 500 || status == 505)
		status = 400;
	http_refuse(worker->server, worker, connection, status);
	return 0;
}

static int on_log(const struct mg_connection *connection, const char *text)
{
	(void)connection;
	(void)text;
	return 1;
}

static void serve(struct http_exchange *ex, int busy)
{
	struct http_server *server = ex->server;
	int status = http_fence(ex);

	if (status == 0 && busy > server->busy_max)
		status = 503;
	if (status != 0) {
		http_refuse(server, ex->worker, ex->connection, status);
		return;
	}
	server->conf.on_request(server->conf.arg, ex);
	if (!ex->replied)
		http_reply(ex, 500, STR_NONE, STR_NONE);
}

/* civetweb's first call for each request that it could read, whatever its target. */
static int on_begin(struct mg_connection *connection)
{
	char path[HTTP_PATH_MAX];
	struct http_worker *worker = mg_get_thread_pointer(connection);
	struct http_exchange ex = {
		.server = worker->server,
		.worker = worker,
		.connection = connection,
		.info = mg_get_request_info(connection),
		.path_buffer = path,
	};

	if (worker->info != ex.info) /* always the same for a thread */
		worker->info = ex.info;
	atomic_store(&worker->busy, true);
	serve(&ex, atomic_fetch_add(&worker->server->busy, 1) + 1);
	atomic_fetch_sub(&worker->server->busy, 1);
	atomic_store(&worker->busy, false);
	/* The body is read, or the connection marked for closing: civetweb drains nothing then. */
	return 200;
}

static int listen_start(struct http_server *server)
{
	const struct mg_callbacks callbacks = {
		.begin_request = on_begin,
		.log_message = on_log,
		.http_error = on_error,
		.init_thread = on_thread,
		.init_connection = on_connect,
		.connection_close = on_close,
		.connection_closed = on_closed,
	};
	char listen[80];
	char threads[12];
	char timeout[12];
	const char *options[] = {
		"listening_ports",
		listen,
		"num_threads",
		threads,
		"request_timeout_ms",
		timeout,
		"enable_keep_alive",
		"yes",
		"keep_alive_timeout_ms",
		KEEP_ALIVE_MS,
		"tcp_nodelay",
		"1",
		"max_request_size",
		"16384",
		"decode_url",
		"no",
		"decode_query_string",
		"no",
		"connection_queue",
		QUEUE,
		"listen_backlog",
		"1024",
		"enable_directory_listing",
		"no",
		"enable_auth_domain_check",
		"no",
		NULL,
	};
	struct mg_server_port port;

	if (snprintf(listen, sizeof(listen), "%s:%d", server->conf.listen, server->conf.port) >=
		(int)sizeof(listen))
		return ERR_INVALID;
	snprintf(threads, sizeof(threads), "%d", server->conf.threads);
	snprintf(timeout, sizeof(timeout), "%d", server->conf.header_timeout_ms);
	server->context = mg_start(&callbacks, server, options);
	if (!server->context || mg_get_server_ports(server->context, 1, &port) != 1)
		return ERR_IO;
	server->port = port.port;
	return 0;
}

static void server_free(struct http_server *server)
{
	pthread_cond_destroy(&server->closed);
	pthread_cond_destroy(&server->wake);
	pthread_mutex_destroy(&server->lock);
	pthread_rwlock_destroy(&server->closing);
	if (server->quiet_fd >= 0)
		close(server->quiet_fd);
	free(server->idle);
	free(server->workers);
	free(server);
}

static void server_init_locks(struct http_server *server)
{
	pthread_rwlockattr_t lock_attr;
	pthread_condattr_t cond_attr;

	pthread_rwlockattr_init(&lock_attr);
	pthread_rwlockattr_setkind_np(&lock_attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&server->closing, &lock_attr);
	pthread_rwlockattr_destroy(&lock_attr);
	pthread_mutex_init(&server->lock, NULL);
	pthread_condattr_init(&cond_attr);
	pthread_condattr_setclock(&cond_attr, CLOCK_MONOTONIC);
	pthread_cond_init(&server->wake, &cond_attr);
	pthread_cond_init(&server->closed, &cond_attr);
	pthread_condattr_destroy(&cond_attr);
}

static struct http_server *server_new(const struct http_conf *conf)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int spare = conf->threads / 16;

	if (!server)
		return NULL;
	server_init_locks(server);
	server->conf = *conf;
	server->quiet_fd = -1;
	atomic_store(&server->wake_ms, HTTP_NEVER);
	/* A few threads are for saying no, a few more for whoever comes next. */
	if (spare == 0 && conf->threads > 1)
		spare = 1;
	server->busy_max = conf->threads - spare;
	server->held_max = conf->threads - spare;
	server->share_max = conf->threads - 2 * spare;
	server->workers_max = (size_t)conf->threads;
	server->idle_max = (size_t)conf->threads * 2;
	server->workers = aligned_alloc(
		alignof(struct http_worker), server->workers_max * sizeof(*server->workers));
	server->idle = calloc(server->idle_max, sizeof(*server->idle));
	if (!server->workers || !server->idle) {
		server_free(server);
		return NULL;
	}
	memset(server->workers, 0, server->workers_max * sizeof(*server->workers));
	for (size_t i = 0; i < server->workers_max; i++) {
		server->workers[i].server = server;
		atomic_store(&server->workers[i].deadline_ms, HTTP_NEVER);
	}
	return server;
}

int http_start(const struct http_conf *conf, struct http_server **ret_server)
{
	struct http_server *server;
	int err;

	if (conf->threads < 1 || conf->body_rate_min < 1 || conf->header_timeout_ms < 1)
		return ERR_INVALID;
	server = server_new(conf);
	if (!server)
		return ERR_NOMEM;
	err = listen_start(server);
	if (err == 0)
		err = http_watch_start(server);
	if (err != 0) {
		mg_stop(server->context);
		server_free(server);
		return err;
	}
	*ret_server = server;
	return 0;
}

void http_stop(struct http_server *server)
{
	int64_t end_ms = clock_mono_ms() + STOP_MS;
	int64_t now_ms;
	int err;

	if (!server)
		return;
	atomic_store(&server->stopping, true);
	http_watch_close(server);
	while (http_watch_drain(server) > 0 && (now_ms = clock_mono_ms()) < end_ms) {
		struct timespec until = {
			(now_ms + STOP_LOOK_MS) / 1000, (now_ms + STOP_LOOK_MS) % 1000 * 1000000};

		pthread_mutex_lock(&server->lock);
		err = pthread_cond_timedwait(&server->closed, &server->lock, &until);
		pthread_mutex_unlock(&server->lock);
		if (err == ETIMEDOUT)
			http_watch_quiet(server);
	}
	/* Wakes civetweb's accepting thread, which would look for the end only every 2 s. */
	if (server->quiet_fd >= 0)
		eventfd_write(server->quiet_fd, 1);
	mg_stop(server->context);
	http_watch_stop(server);
	server_free(server);
}

int http_port(const struct http_server *server)
{
	return server->port;
}

int http_connections(const struct http_server *server)
{
	return atomic_load(&server->connections);
}
