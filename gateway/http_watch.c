/*
 * The watchdog: civetweb waits for ever on a client that sends or takes a byte now and then, and a
 * silent connection costs it a thread. It does not tell a connection's descriptor either, so that
 * one is looked up, when it is needed, among the process's sockets.
 */
#include "gateway/http_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/err.h"

#define IDLE_MIN_MS 250 /* when it is crowded, who has been silent that long may go */
#define WATCH_STACK 65536

struct sweep {
	struct http_server *server;
	int64_t now_ms;
	unsigned idle_min_ms;
	size_t connections; /* sockets seen */
	size_t idle;
	int listener; /* for listener_find */
};

static int port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
	return -1;
}

static bool is_ours(const struct http_server *server, int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &len) == 0 &&
	       port_of(&name) == server->port;
}

static bool is_listener(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

/* The worker that handles a request of this peer. */
static struct http_worker *worker_find(
	const struct http_server *server, const struct sockaddr_storage *peer, socklen_t peer_len)
{
	int port = port_of(peer);
	char text[NI_MAXHOST] = "";

	for (size_t i = 0; i < server->workers_max; i++) {
		struct http_worker *worker = &server->workers[i];

		if (!atomic_load(&worker->busy) || worker->info->remote_port != port)
			continue;
		if (!text[0] && getnameinfo((const struct sockaddr *)peer, peer_len, text,
					sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
			return NULL;
		if (strcmp(text, worker->info->remote_addr) == 0)
			return worker;
	}
	return NULL;
}

/* How long nothing has come; 0 when there is something to be read. */
static unsigned idle_ms(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int waiting = 0;

	if (ioctl(fd, FIONREAD, &waiting) != 0 || waiting > 0 ||
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return info.tcpi_last_data_recv < info.tcpi_last_data_sent ? info.tcpi_last_data_recv
								   : info.tcpi_last_data_sent;
}

static void sweep_socket(struct sweep *sweep, int fd)
{
	struct http_server *server = sweep->server;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	struct http_worker *worker;
	unsigned silent_ms;

	if (!is_ours(server, fd) || getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		return;
	sweep->connections++;
	worker = worker_find(server, &peer, len);
	if (worker) {
		if (atomic_load(&worker->deadline_ms) <= sweep->now_ms) {
			http_watch_deadline(worker, HTTP_NEVER);
			shutdown(fd, SHUT_RDWR);
		}
		return;
	}
	silent_ms = idle_ms(fd);
	if (silent_ms >= sweep->idle_min_ms && sweep->idle < server->idle_max)
		server->idle[sweep->idle++] = (struct http_idle){fd, silent_ms};
}

static void sockets_each(void (*visit)(struct sweep *, int), struct sweep *sweep)
{
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			visit(sweep, atoi(entry->d_name));
	closedir(dir);
}

static int idle_order(const void *a, const void *b)
{
	unsigned left = ((const struct http_idle *)a)->idle_ms;
	unsigned right = ((const struct http_idle *)b)->idle_ms;

	return (left < right) - (left > right);
}

/* Cuts what is past its deadline, and ends the waiting of the longest idle connections until no
 * more than `keep` connections are left. Their read side only: a request that has just come is
 * still answered. */
static size_t sweep_run(struct http_server *server, unsigned idle_min_ms, int keep)
{
	struct sweep sweep = {
		.server = server, .now_ms = clock_mono_ms(), .idle_min_ms = idle_min_ms};
	size_t surplus;

	pthread_rwlock_wrlock(&server->closing);
	sockets_each(sweep_socket, &sweep);
	surplus = sweep.connections > (size_t)keep ? sweep.connections - (size_t)keep : 0;
	if (surplus < sweep.idle)
		qsort(server->idle, sweep.idle, sizeof(server->idle[0]), idle_order);
	for (size_t i = 0; i < sweep.idle && i < surplus; i++)
		shutdown(server->idle[i].fd, SHUT_RD);
	pthread_rwlock_unlock(&server->closing);
	return sweep.connections;
}

static void listener_find(struct sweep *sweep, int fd)
{
	if (is_ours(sweep->server, fd) && is_listener(fd))
		sweep->listener = fd;
}

/* civetweb cannot stop accepting without dropping everything. So its listening socket is shut down.
 */
void http_watch_close(struct http_server *server)
{
	struct sweep sweep = {.server = server, .listener = -1};

	sockets_each(listener_find, &sweep);
	server->listener = sweep.listener;
	if (server->listener >= 0)
		shutdown(server->listener, SHUT_RD);
}

/* civetweb's poll spins on a socket that was shut down. If there is more than a moment to wait, a
 * descriptor on which nothing happens takes its place; not at once, for a poll that still sleeps on
 * the socket would go on sleeping, on nothing. */
void http_watch_quiet(struct http_server *server)
{
	if (server->listener < 0 || server->quiet_fd >= 0)
		return;
	server->quiet_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->quiet_fd >= 0)
		dup3(server->quiet_fd, server->listener, O_CLOEXEC);
}

size_t http_watch_drain(struct http_server *server)
{
	return sweep_run(server, 0, 0);
}

void http_watch_wake(struct http_server *server, int64_t at_ms)
{
	if (at_ms >= atomic_load(&server->wake_ms))
		return;
	pthread_mutex_lock(&server->lock);
	if (at_ms < atomic_load(&server->wake_ms)) {
		atomic_store(&server->wake_ms, at_ms);
		pthread_cond_signal(&server->wake);
	}
	pthread_mutex_unlock(&server->lock);
}

void http_watch_deadline(struct http_worker *worker, int64_t at_ms)
{
	atomic_store(&worker->deadline_ms, at_ms);
	http_watch_wake(worker->server, at_ms);
}

/* Sleeps until wake_ms, which others may bring forward; false when it is time to quit. */
static bool watch_wait(struct http_server *server, int64_t at_ms)
{
	bool quit;

	pthread_mutex_lock(&server->lock);
	if (at_ms < atomic_load(&server->wake_ms))
		atomic_store(&server->wake_ms, at_ms);
	while (!server->quit && clock_mono_ms() < atomic_load(&server->wake_ms)) {
		int64_t wake_ms = atomic_load(&server->wake_ms);
		struct timespec until = {wake_ms / 1000, wake_ms % 1000 * 1000000};

		if (wake_ms == HTTP_NEVER)
			pthread_cond_wait(&server->wake, &server->lock);
		else
			pthread_cond_timedwait(&server->wake, &server->lock, &until);
	}
	/* From here on, whoever sets a deadline brings the next look forward by it, or it is seen
	 * by this look. */
	atomic_store(&server->wake_ms, HTTP_NEVER);
	quit = server->quit;
	pthread_mutex_unlock(&server->lock);
	return !quit;
}

static void *watch_run(void *arg)
{
	struct http_server *server = arg;
	int64_t next_ms = HTTP_NEVER;

	while (watch_wait(server, next_ms)) {
		int64_t now_ms = clock_mono_ms();
		bool crowded = atomic_load(&server->connections) > server->held_max;
		bool late = false;

		next_ms = crowded ? now_ms + HTTP_CROWDED_MS : HTTP_NEVER;
		for (size_t i = 0; i < server->workers_max; i++) {
			int64_t deadline_ms = atomic_load(&server->workers[i].deadline_ms);

			if (deadline_ms <= now_ms)
				late = true;
			else if (deadline_ms < next_ms)
				next_ms = deadline_ms;
		}
		if (crowded)
			sweep_run(server, IDLE_MIN_MS, server->held_max);
		else if (late)
			sweep_run(server, IDLE_MIN_MS, INT32_MAX);
	}
	return NULL;
}

int http_watch_start(struct http_server *server)
{
	pthread_attr_t attr;
	int err;

	if (pthread_attr_init(&attr) != 0)
		return ERR_NOMEM;
	pthread_attr_setstacksize(&attr, WATCH_STACK);
	err = pthread_create(&server->watchdog, &attr, watch_run, server) ? ERR_NOMEM : 0;
	pthread_attr_destroy(&attr);
	return err;
}

void http_watch_stop(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	server->quit = true;
	pthread_cond_signal(&server->wake);
	pthread_mutex_unlock(&server->lock);
	pthread_join(server->watchdog, NULL);
}
