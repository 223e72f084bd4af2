/* The queue of messages, with the real svc-auth-deliver and a webhook that answers as the test
 * wants. What it sends, and mail, is tests/e2e/test_codes.py's. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/deliver.h"

#define ANSWERS_MAX 8
#define HANGS 0 /* instead of a status: never answers */
#define WAIT_MS 2500
#define LIFE_US (60 * CLOCK_SECOND_US)

struct hook {
	int listener;
	pthread_t thread;
	int answers[ANSWERS_MAX]; /* in this order, the last for ever */
	_Atomic int taken;
	int held[DELIVER_THREADS * 4]; /* connections that hang */
	int held_count;
};

struct kit {
	struct hook hook;
	struct arena *arena;
	struct deliver *deliver;
};

static _Atomic int failures, finals;

static void on_failure(struct str id, enum auth_channel channel, int tries, int final)
{
	(void)id;
	(void)channel;
	(void)tries;
	failures++;
	finals += final != 0;
}

/* Reads head and body; our client sends both at once or at least does not wait in between. */
static void read_request(int fd)
{
	char text[16384];
	size_t len = 0, want = sizeof(text) - 1;

	while (len < want) {
		ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		const char *end, *length;

		if (n <= 0)
			return;
		len += (size_t)n;
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		length = strcasestr(text, "content-length:");
		if (end && length)
			want = (size_t)(end + 4 - text) + strtoul(length + 15, NULL, 10);
	}
}

static void *serve(void *arg)
{
	struct hook *hook = arg;
	int fd;

	while ((fd = accept(hook->listener, NULL, NULL)) >= 0) {
		int at = hook->taken < ANSWERS_MAX ? hook->taken : ANSWERS_MAX - 1;
		int status = hook->answers[at];
		char reply[128];
		int len;

		read_request(fd);
		hook->taken++;
		if (status == HANGS) {
			hook->held[hook->held_count++] = fd;
			continue;
		}
		len = snprintf(reply, sizeof(reply),
			"HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
		send(fd, reply, (size_t)len, MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void start(struct kit *kit, const int *answers, size_t count)
{
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		kit->hook.answers[i] = answers[i < count ? i : count - 1];
	failures = 0;
	finals = 0;
	assert_int_equal(pthread_create(&kit->hook.thread, NULL, serve, &kit->hook), 0);
}

#define START(kit, ...)                                                                            \
	start(kit, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static int setup(void **state)
{
	static const struct deliver_conf conf = {
		.program = AUTH_DELIVER_PROGRAM, .on_failure = on_failure};
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct kit *kit = calloc(1, sizeof(*kit));
	char url[64];

	kit->hook.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(kit->hook.listener, (struct sockaddr *)&address, len) != 0 ||
		listen(kit->hook.listener, 64) != 0 ||
		getsockname(kit->hook.listener, (struct sockaddr *)&address, &len) != 0)
		return -1;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
	setenv("QUINTET_SMS_URL", url, 1);
	setenv("QUINTET_SMS_SECRET", "secret", 1);
	kit->arena = arena_new(1024 * 1024);
	*state = kit;
	return deliver_new(&conf, &kit->deliver);
}

static int teardown(void **state)
{
	struct kit *kit = *state;

	deliver_free(kit->deliver);
	shutdown(kit->hook.listener, SHUT_RDWR);
	if (kit->hook.thread)
		pthread_join(kit->hook.thread, NULL);
	close(kit->hook.listener);
	for (int i = 0; i < kit->hook.held_count; i++)
		close(kit->hook.held[i]);
	arena_free(kit->arena);
	free(kit);
	return 0;
}

static int deliver(struct kit *kit, int64_t wait_ms)
{
	const struct deliver_job job = {
		.id = STR("0123456789abcdef0123456789abcdef"),
		.time = clock_now_us(),
		.channel = CHANNEL_SMS,
		.to = STR("13700000001"),
		.text = STR("1234"),
		.code = STR("1234"),
		.purpose = PURPOSE_VERIFY,
	};
	int rc = deliver_send(kit->deliver, kit->arena, &job, clock_now_us() + LIFE_US, wait_ms);

	arena_reset(kit->arena);
	return rc;
}

static void test_delivered(void **state)
{
	struct kit *kit = *state;

	START(kit, 200, 204);
	assert_int_equal(deliver(kit, WAIT_MS), 0);
	assert_int_equal(deliver(kit, WAIT_MS), 0);
	assert_int_equal(kit->hook.taken, 2);
	assert_int_equal(failures, 0);
	assert_int_equal(deliver_queued(kit->deliver), 0);
}

static void test_tried_again(void **state)
{
	struct kit *kit = *state;

	START(kit, 500, 429, 200);
	assert_int_equal(deliver(kit, 20000), 0);
	assert_int_equal(kit->hook.taken, 3);
	assert_int_equal(failures, 2);
	assert_int_equal(finals, 0);
}

static void test_refused_at_once(void **state)
{
	static const int refusals[] = {301, 400, 403, 404};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct kit *kit;
		void *own;

		if (i)
			assert_int_equal(setup(&own), 0);
		else
			own = *state;
		kit = own;
		START(kit, refusals[i]);
		assert_int_equal(deliver(kit, 20000), ERR_UNAVAILABLE);
		assert_int_equal(kit->hook.taken, 1);
		assert_int_equal(finals, 1);
		assert_int_equal(deliver_queued(kit->deliver), 0);
		if (i)
			teardown(&own);
	}
}

/* Nobody listens: given up at the end of the caller's patience, and not tried for ever after. */
static void test_nobody_there(void **state)
{
	struct kit *kit = *state;
	int64_t begun_ms = clock_mono_ms(), took_ms;

	failures = 0;
	close(kit->hook.listener);
	kit->hook.listener = -1;
	assert_int_equal(deliver(kit, WAIT_MS), ERR_UNAVAILABLE);
	took_ms = clock_mono_ms() - begun_ms;
	assert_in_range(took_ms, WAIT_MS - 100, WAIT_MS + 1000);
	assert_true(failures >= 2);
}

static void test_a_slow_one_is_under_way(void **state)
{
	struct kit *kit = *state;
	int64_t begun_ms = clock_mono_ms();

	START(kit, HANGS);
	assert_int_equal(deliver(kit, 500), 0);
	assert_in_range(clock_mono_ms() - begun_ms, 400, 1500);
	assert_int_equal(deliver_queued(kit->deliver), 1);
	assert_int_equal(failures, 0);
}

static void test_queue_is_bounded_and_ends_at_once(void **state)
{
	struct kit *kit = *state;
	int64_t begun_ms = clock_mono_ms();

	START(kit, HANGS);
	for (int i = 0; i < DELIVER_QUEUE_MAX; i++)
		assert_int_equal(deliver(kit, 0), 0);
	assert_int_equal(deliver(kit, 0), ERR_BUSY);
	assert_int_equal(deliver(kit, WAIT_MS), ERR_BUSY);
	assert_int_equal(deliver_queued(kit->deliver), DELIVER_QUEUE_MAX);
	deliver_free(kit->deliver);
	kit->deliver = NULL;
	assert_true(clock_mono_ms() - begun_ms < 5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_delivered),
		TEST(test_tried_again),
		TEST(test_refused_at_once),
		TEST(test_nobody_there),
		TEST(test_a_slow_one_is_under_way),
		TEST(test_queue_is_bounded_and_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
