/* The HTTP front under clients that are slow, silent or too many, and while it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "gateway/http.h"
#include "tests/unit/http_client.h"

#define HOST "Host: a\r\n"
#define THREADS 8 /* of which 7 may be busy, and from the 7th connection on each is closed */
#define BUSY_MAX 7
#define SHARE_MAX 6
#define RATE (32 * 1024 * 1024)
#define LONG_BODY (32 * 1024 * 1024)
#define HEADER_MS 700

static const struct str get = STR_INIT("GET / HTTP/1.1\r\n" HOST "\r\n");
static const struct str get_wait = STR_INIT("GET /wait HTTP/1.1\r\n" HOST "\r\n");
static char *long_body;
static sem_t entered;
static sem_t released;

static void on_request(void *arg, struct http_exchange *ex)
{
	char bytes[4096];
	int n = 0;

	(void)arg;
	if (str_eq(http_path(ex), STR("/long"))) {
		http_reply(ex, 200, STR_NONE, (struct str){long_body, LONG_BODY});
		return;
	}
	if (str_eq(http_path(ex), STR("/wait"))) {
		sem_post(&entered);
		sem_wait(&released);
	}
	if (str_eq(http_path(ex), STR("/body")))
		while ((n = http_body_read(ex, bytes, sizeof(bytes))) > 0)
			;
	http_reply(ex, n < 0 ? 408 : 200, STR_NONE, STR("done"));
}

static int start(void **state)
{
	const struct http_conf conf = {.listen = "127.0.0.1",
		.threads = THREADS,
		.header_timeout_ms = HEADER_MS,
		.body_rate_min = RATE,
		.on_request = on_request};
	struct http_server *server;

	sem_init(&entered, 0, 0);
	sem_init(&released, 0, 0);
	if (http_start(&conf, &server) != 0)
		return -1;
	*state = server;
	return 0;
}

static int stop(void **state)
{
	http_stop(*state);
	sem_destroy(&entered);
	sem_destroy(&released);
	return 0;
}

static int request_send(const struct http_server *server, struct str bytes)
{
	int fd = client_connect(http_port(server));

	assert_true(fd >= 0);
	client_send(fd, bytes);
	return fd;
}

/* Takes a reply; true when the connection goes on. */
static bool reply_take(int fd, int status)
{
	struct client_reply reply = client_receive(fd, true);
	bool keeps;

	assert_int_equal(reply.status, status);
	keeps = strcmp(client_header(&reply, "Connection"), "keep-alive") == 0;
	if (status == 503)
		assert_string_equal(client_header(&reply, "Retry-After"), "1");
	client_reply_free(&reply);
	return keeps;
}

static void connections_await(const struct http_server *server, int count)
{
	int64_t end_ms = clock_mono_ms() + 20000;

	while (http_connections(server) != count) {
		assert_true(clock_mono_ms() < end_ms);
		sched_yield();
	}
}

static void connections_are_counted(void **state)
{
	int fds[3];

	connections_await(*state, 0);
	for (int i = 0; i < 3; i++) {
		fds[i] = request_send(*state, get);
		assert_true(reply_take(fds[i], 200));
	}
	assert_int_equal(http_connections(*state), 3);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	connections_await(*state, 0);
}

static void a_full_house_closes_behind_each(void **state)
{
	int fds[SHARE_MAX];
	int last;

	for (int i = 0; i < SHARE_MAX; i++) {
		fds[i] = request_send(*state, get);
		assert_true(reply_take(fds[i], 200));
	}
	last = request_send(*state, get);
	assert_false(reply_take(last, 200));
	assert_true(client_is_closed(last));
	close(last);
	for (int i = 0; i < SHARE_MAX; i++)
		close(fds[i]);
}

static void a_busy_house_says_so(void **state)
{
	int fds[BUSY_MAX];
	int last;

	for (int i = 0; i < BUSY_MAX; i++) {
		fds[i] = request_send(*state, get_wait);
		sem_wait(&entered);
	}
	last = request_send(*state, get);
	assert_false(reply_take(last, 503));
	assert_true(client_is_closed(last));
	close(last);
	for (int i = 0; i < BUSY_MAX; i++)
		sem_post(&released);
	for (int i = 0; i < BUSY_MAX; i++) {
		reply_take(fds[i], 200);
		close(fds[i]);
	}
}

/* Twice as many as there are threads say nothing, or said something once; others are still served
 * long before these would time out. */
static void silent_connections_make_room(void **state)
{
	int fds[2 * THREADS];
	int64_t start_ms;

	for (int i = 0; i < SHARE_MAX; i++) {
		fds[i] = request_send(*state, get);
		assert_true(reply_take(fds[i], 200));
	}
	for (int i = SHARE_MAX; i < 2 * THREADS; i++)
		fds[i] = client_connect(http_port(*state));
	start_ms = clock_mono_ms();
	for (int i = 0; i < 20; i++) {
		int fd = request_send(*state, get);

		reply_take(fd, 200);
		close(fd);
	}
	assert_in_range(clock_mono_ms() - start_ms, 0, 5000);
	for (int i = 0; i < 2 * THREADS; i++)
		close(fds[i]);
}

/* Sends a byte now and then until the server closes; how long it took. */
static int64_t drip(int fd, const char *bytes)
{
	int64_t start_ms = clock_mono_ms();
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (size_t i = 0; poll(&poll_fd, 1, 100) == 0; i++) {
		assert_true(clock_mono_ms() - start_ms < 30000);
		send(fd, bytes + i % strlen(bytes), 1, MSG_NOSIGNAL);
	}
	return clock_mono_ms() - start_ms;
}

static void slow_headers_end(void **state)
{
	int fd = request_send(*state, STR("GET / HTTP/1.1\r\n" HOST "X: "));

	assert_in_range(drip(fd, "x"), HEADER_MS, 5 * HEADER_MS);
	assert_false(reply_take(fd, 400));
	close(fd);
	fd = client_connect(http_port(*state));
	assert_true(client_is_closed(fd));
	close(fd);
}

struct slow {
	const struct http_server *server;
	int64_t took_ms;
	size_t got;
};

static void *slow_body(void *arg)
{
	struct slow *slow = arg;
	int fd = request_send(slow->server,
		STR("POST /body HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n"));

	slow->took_ms = drip(fd, "x");
	close(fd);
	return NULL;
}

static void *slow_chunks(void *arg)
{
	struct slow *slow = arg;
	int fd = request_send(slow->server,
		STR("POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));

	slow->took_ms = drip(fd, "1\r\nx\r\n");
	close(fd);
	return NULL;
}

/* Takes a little of a long reply now and then. */
static void *slow_reader(void *arg)
{
	struct slow *slow = arg;
	int fd = request_send(slow->server, STR("GET /long HTTP/1.1\r\n" HOST "\r\n"));
	int64_t start_ms = clock_mono_ms();
	struct pollfd nothing = {.fd = -1};
	char bytes[65536];
	ssize_t n = 1;

	while (n > 0 && clock_mono_ms() - start_ms < 20000) {
		bool slowly = clock_mono_ms() - start_ms < 13000;

		if (slowly)
			poll(&nothing, 1, 100);
		n = recv(fd, bytes, slowly ? 1000 : sizeof(bytes), 0);
		slow->got += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return NULL;
}

/* A body that takes long because its reader does is not slow. */
static void *slow_handler(void *arg)
{
	struct slow *slow = arg;
	int fd = request_send(slow->server, get_wait);

	slow->got = reply_take(fd, 200);
	close(fd);
	return NULL;
}

static void slow_clients_are_cut(void **state)
{
	void *(*const runs[])(void *) = {slow_body, slow_chunks, slow_reader, slow_handler};
	struct slow slow[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		slow[i] = (struct slow){.server = *state};
		assert_int_equal(pthread_create(&threads[i], NULL, runs[i], &slow[i]), 0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	sem_wait(&entered);
	sem_post(&released);
	pthread_join(threads[3], NULL);
	assert_in_range(slow[0].took_ms, 9900, 14000);
	assert_in_range(slow[1].took_ms, 9900, 14000);
	assert_in_range(slow[2].got, 1, LONG_BODY - 1);
	assert_int_equal(slow[3].got, 1);
	connections_await(*state, 0);
}

static void *stopping(void *arg)
{
	http_stop(arg);
	return NULL;
}

static void stop_lets_requests_finish(void **state)
{
	void *server;
	pthread_t thread;
	int port, idle, under_way, fd;
	int64_t start_ms;

	(void)state;
	assert_int_equal(start(&server), 0);
	port = http_port(server);
	idle = request_send(server, get);
	assert_true(reply_take(idle, 200));
	under_way = request_send(server, get_wait);
	sem_wait(&entered);
	start_ms = clock_mono_ms();
	assert_int_equal(pthread_create(&thread, NULL, stopping, server), 0);
	assert_true(client_is_closed(idle));
	while ((fd = client_connect(port)) >= 0) {
		close(fd);
		assert_true(clock_mono_ms() - start_ms < 5000);
	}
	sem_post(&released);
	assert_false(reply_take(under_way, 200));
	assert_true(client_is_closed(under_way));
	pthread_join(thread, NULL);
	assert_in_range(clock_mono_ms() - start_ms, 0, 1500);
	close(idle);
	close(under_way);
}

static void a_taken_port_is_an_error(void **state)
{
	struct http_conf conf = {.listen = "127.0.0.1",
		.port = http_port(*state),
		.threads = 2,
		.header_timeout_ms = 1000,
		.body_rate_min = 1,
		.on_request = on_request};
	struct http_server *other;

	assert_int_equal(http_start(&conf, &other), ERR_IO);
	conf.port = 0;
	conf.threads = 0;
	assert_int_equal(http_start(&conf, &other), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(connections_are_counted, start, stop),
		cmocka_unit_test_setup_teardown(a_full_house_closes_behind_each, start, stop),
		cmocka_unit_test_setup_teardown(a_busy_house_says_so, start, stop),
		cmocka_unit_test_setup_teardown(silent_connections_make_room, start, stop),
		cmocka_unit_test_setup_teardown(slow_headers_end, start, stop),
		cmocka_unit_test_setup_teardown(slow_clients_are_cut, start, stop),
		cmocka_unit_test_setup_teardown(a_taken_port_is_an_error, start, stop),
		cmocka_unit_test(stop_lets_requests_finish),
	};
	int failed;

	long_body = calloc(1, LONG_BODY);
	failed = long_body ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
	free(long_body);
	return failed;
}
