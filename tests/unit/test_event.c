#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/id.h"
#include "common/rpc/event.h"
#include "common/rpc/seal.h"

#define WAIT_S 10

struct watcher {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int events, gaps;
	int64_t last_account;
	char last_topic[32];
};

static struct seal_key key;
static char url[64];
static struct watcher watcher;

static void on_event(void *arg, const struct event *event)
{
	struct watcher *w = arg;

	pthread_mutex_lock(&w->lock);
	w->events++;
	w->last_account = event->account;
	snprintf(w->last_topic, sizeof(w->last_topic), "%.*s", STR_ARG(event->topic));
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void on_gap(void *arg)
{
	struct watcher *w = arg;

	pthread_mutex_lock(&w->lock);
	w->gaps++;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Until there are that many; the assertion fails after WAIT_S. */
static void wait_for(const int *counter, int least)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&watcher.lock);
	while (*counter < least && pthread_cond_timedwait(&watcher.changed, &watcher.lock, &until) == 0)
		;
	int have = *counter;
	pthread_mutex_unlock(&watcher.lock);
	assert_true(have >= least);
}

static int set_up(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", ntohs(address.sin_port));
	id_random(key.bytes, sizeof(key.bytes));
	watcher = (struct watcher){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	return 0;
}

static struct event_sub *subscribe(const struct seal_key *with)
{
	struct event_sub *sub = NULL;
	const struct event_sub_conf conf = {
		.url = url, .key = with, .arg = &watcher, .on_event = on_event, .on_gap = on_gap};

	assert_int_equal(event_sub_new(&conf, &sub), 0);
	return sub;
}

/* The first heartbeat tells a new subscriber that it knows nothing of the time before. */
static void test_events_arrive_in_order(void **state)
{
	struct event_pub *pub = NULL;

	(void)state;
	assert_int_equal(event_pub_new(url, &key, &pub), 0);
	struct event_sub *sub = subscribe(&key);
	wait_for(&watcher.gaps, 1);
	for (int i = 1; i <= 100; i++)
		event_publish(pub, STR("auth.revoked"), i, STR("detail"));
	wait_for(&watcher.events, 100);
	assert_int_equal(watcher.last_account, 100);
	assert_string_equal(watcher.last_topic, "auth.revoked");
	assert_int_equal(watcher.gaps, 1);
	event_sub_free(sub);
	event_pub_free(pub);
}

static void test_restart_of_the_publisher_is_a_gap(void **state)
{
	struct event_pub *pub = NULL;

	(void)state;
	assert_int_equal(event_pub_new(url, &key, &pub), 0);
	struct event_sub *sub = subscribe(&key);
	wait_for(&watcher.gaps, 1);
	event_pub_free(pub);
	wait_for(&watcher.gaps, 2); /* the connection broke */
	assert_int_equal(event_pub_new(url, &key, &pub), 0);
	wait_for(&watcher.gaps, 3); /* another epoch */
	event_sub_free(sub);
	event_pub_free(pub);
}

/* A flood beyond what nng keeps: whatever is lost is noticed, at the latest by a heartbeat. */
static void test_loss_is_noticed(void **state)
{
	enum { FLOOD = 50000 };
	struct event_pub *pub = NULL;

	(void)state;
	assert_int_equal(event_pub_new(url, &key, &pub), 0);
	struct event_sub *sub = subscribe(&key);
	wait_for(&watcher.gaps, 1);
	for (int i = 0; i < FLOOD; i++)
		event_publish(pub, STR("user.changed"), 1, STR(""));
	pthread_mutex_lock(&watcher.lock);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	while (watcher.events < FLOOD && watcher.gaps < 2 &&
		pthread_cond_timedwait(&watcher.changed, &watcher.lock, &until) == 0)
		;
	bool all_or_told = watcher.events == FLOOD || watcher.gaps >= 2;
	pthread_mutex_unlock(&watcher.lock);
	assert_true(all_or_told);
	event_sub_free(sub);
	event_pub_free(pub);
}

/* A publisher that comes late is found, and silence counts as a gap. */
static void test_silence_is_a_gap(void **state)
{
	struct event_pub *pub = NULL;
	struct event_sub *sub = subscribe(&key);

	(void)state;
	wait_for(&watcher.gaps, 1);
	assert_int_equal(watcher.events, 0);
	assert_int_equal(event_pub_new(url, &key, &pub), 0);
	wait_for(&watcher.gaps, 2);
	event_publish(pub, STR("auth.revoked"), 9, STR(""));
	wait_for(&watcher.events, 1);
	assert_int_equal(watcher.last_account, 9);
	event_sub_free(sub);
	event_pub_free(pub);
}

static void test_foreign_events_are_not_believed(void **state)
{
	struct seal_key other;
	struct event_pub *pub = NULL;

	(void)state;
	id_random(other.bytes, sizeof(other.bytes));
	assert_int_equal(event_pub_new(url, &other, &pub), 0);
	struct event_sub *sub = subscribe(&key);
	struct event_sub *insider = subscribe(&other);
	wait_for(&watcher.gaps, 1); /* the insider's */
	event_publish(pub, STR("auth.revoked"), 5, STR(""));
	wait_for(&watcher.events, 1);
	event_sub_free(sub);
	event_sub_free(insider);
	assert_int_equal(watcher.events, 1);
	event_pub_free(pub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_events_arrive_in_order, set_up),
		cmocka_unit_test_setup(test_restart_of_the_publisher_is_a_gap, set_up),
		cmocka_unit_test_setup(test_loss_is_noticed, set_up),
		cmocka_unit_test_setup(test_silence_is_a_gap, set_up),
		cmocka_unit_test_setup(test_foreign_events_are_not_believed, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
