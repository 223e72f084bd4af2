/* Counters and their text, /metrics and /readyz, with the services' part over the real bus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "gateway/metrics.h"
#include "gateway/req.h"
#include "gateway/router.h"
#include "gateway/samples.h"
#include "tests/unit/gateway_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FAMILIES_MAX 64

static struct kit_bus bus;
static struct gateway gateway;
static struct arena *arena;

static int ok(struct req *req)
{
	return req_reply_text(req, 200, "{}");
}

static const struct route rows[] = {
	{.method = "GET", .path = "/t/{id}", .auth = AUTH_NONE, .handle = ok},
	{.method = "POST", .path = "/t/{id}", .auth = AUTH_NONE, .handle = ok},
	{.method = "GET", .path = "/unused", .auth = AUTH_NONE, .handle = ok},
};
static const struct dialect dialect = {.name = "t", .routes = rows, .route_count = COUNT(rows)};

static int health(struct svc_health_out *out)
{
	out->process = STR("svc");
	return 0;
}

static int sick_health(struct svc_health_out *out)
{
	out->ailment = STR("redis");
	return 0;
}

/* All four services give the same, so everything is there four times; some of it is not valid. */
static int stats(struct svc_stats_out *out)
{
	static struct svc_sample samples[] = {
		{STR_INIT("quintet_db_jobs_total{db=\"user\"}"), 5},
		{STR_INIT("quintet_messages_total"), 9},
		{STR_INIT("quintet_db_jobs_total{db=\"auth\"}"), 6},
		{STR_INIT("quintet_db_jobs"), 1},
		{STR_INIT("process_resident_memory_bytes{process=\"svc\"}"), 7},
		{STR_INIT("bad name"), 1},
		{STR_INIT("1bad"), 1},
		{STR_INIT("bad{x=\"\n\"}"), 1},
		{STR_INIT("bad{x"), 1},
		{STR_INIT("quintet_http_requests_total{route=\"x\"}"), 1},
	};

	out->samples = samples;
	out->samples_count = COUNT(samples);
	return 0;
}

static int start(void **state)
{
	static const struct dialect *const dialects[] = {&dialect};

	(void)state;
	arena = arena_new(8 << 20);
	bus.stats = stats;
	kit_bus_start(&bus);
	setenv("QUINTET_METRICS_ALLOW", "192.0.2.0/24", 1);
	kit_gateway_start(&gateway, dialects, 1, &bus);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_gateway_stop(&gateway);
	kit_bus_stop(&bus);
	arena_free(arena);
	return 0;
}

static const char *text_of(struct metrics *metrics)
{
	struct call call = kit_call(&bus, arena);
	struct buf out;

	buf_init(&out, arena, 4 << 20);
	metrics_write(metrics, &call, &out);
	assert_false(buf_failed(&out));
	return str_cstr(arena, buf_str(&out));
}

static void expect_line(const char *text, const char *line)
{
	char all[300];

	snprintf(all, sizeof(all), "\n%s\n", line);
	if (!strstr(text, all))
		fail_msg("no line %s in\n%s", line, text);
}

static void counts_requests(void **state)
{
	static const char *const lines[] = {
		"quintet_http_requests_total{route=\"/t/{id}\",dialect=\"t\",code=\"200\"} 3",
		"quintet_http_requests_total{route=\"/t/{id}\",dialect=\"t\",code=\"404\"} 1",
		"quintet_http_requests_total{route=\"\",dialect=\"t\",code=\"405\"} 1",
		"quintet_http_requests_total{route=\"\",dialect=\"\",code=\"other\"} 1",
		"quintet_http_request_seconds_bucket{route=\"/t/{id}\",dialect=\"t\",le=\"0.0005\"} 1",
		"quintet_http_request_seconds_bucket{route=\"/t/{id}\",dialect=\"t\",le=\"0.001\"} 2",
		"quintet_http_request_seconds_bucket{route=\"/t/{id}\",dialect=\"t\",le=\"0.0025\"} 3",
		"quintet_http_request_seconds_bucket{route=\"/t/{id}\",dialect=\"t\",le=\"10\"} 3",
		"quintet_http_request_seconds_bucket{route=\"/t/{id}\",dialect=\"t\",le=\"+Inf\"} 4",
		"quintet_http_request_seconds_sum{route=\"/t/{id}\",dialect=\"t\"} 20.0025",
		"quintet_http_request_seconds_count{route=\"/t/{id}\",dialect=\"t\"} 4",
		"quintet_http_refused_total{code=\"400\"} 2",
	};
	struct metrics *metrics;
	const char *text;

	(void)state;
	assert_int_equal(metrics_new(&gateway, &metrics), 0);
	metrics_count(metrics, &dialect, &rows[0], 200, 500);
	metrics_count(metrics, &dialect, &rows[1], 200, 501);
	metrics_count(metrics, &dialect, &rows[1], 200, 1499);
	metrics_count(metrics, &dialect, &rows[0], 404, 20000000);
	metrics_count(metrics, &dialect, NULL, 405, 1);
	metrics_count(metrics, NULL, NULL, 299, 1);
	metrics_refused(metrics, 400);
	metrics_refused(metrics, 400);
	text = text_of(metrics);
	for (size_t i = 0; i < COUNT(lines); i++)
		expect_line(text, lines[i]);
	assert_null(strstr(text, "/unused"));
	metrics_free(metrics);
}

static void gathers_services(void **state)
{
	static const char *const lines[] = {
		"# TYPE quintet_db_jobs gauge\nquintet_db_jobs 1",
		("# TYPE quintet_db_jobs_total counter\n"
		 "quintet_db_jobs_total{db=\"auth\"} 6\nquintet_db_jobs_total{db=\"user\"} 5"),
		"quintet_messages_total 9",
		"process_resident_memory_bytes{process=\"svc\"} 7",
		"quintet_bus_frames_dropped_total{process=\"gateway\"} 0",
	};
	const char *text = text_of(gateway.metrics);

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		expect_line(text, lines[i]);
	assert_null(strstr(text, "bad"));
	assert_null(strstr(text, "route=\"x\""));
	assert_non_null(strstr(text, "\nquintet_session_cache_entries 0\n"));
	assert_non_null(strstr(text, "\nquintet_http_connections "));
	assert_non_null(strstr(text, "\nprocess_start_time_seconds{process=\"gateway\"} "));
}

/* Of histograms, the family is the name without its suffix. */
static struct str family_of(struct str line)
{
	static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
	size_t len = strcspn(line.p, "{ ");

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		size_t end = strlen(suffixes[i]);

		if (len > end && memcmp(line.p + len - end, suffixes[i], end) == 0)
			len -= end;
	}
	return (struct str){line.p, len};
}

/* Each family in one piece, after its HELP and TYPE; each sample once. */
static void is_valid_exposition(void **state)
{
	struct str families[FAMILIES_MAX], rest = str_c(text_of(gateway.metrics)), line;
	struct str samples[1000];
	size_t family_count = 0, sample_count = 0;

	(void)state;
	while (str_cut(&rest, '\n', &line) && rest.p) {
		struct str name;

		if (str_starts(line, STR("# HELP "))) {
			struct str type, words = str_sub(line, 7, line.len);

			assert_true(str_cut(&words, ' ', &name));
			assert_true(str_cut(&rest, '\n', &type));
			assert_true(str_starts(type, STR("# TYPE ")));
			for (size_t i = 0; i < family_count; i++)
				assert_false(str_eq(families[i], name));
			assert_true(family_count < FAMILIES_MAX);
			families[family_count++] = name;
			continue;
		}
		assert_true(family_count > 0);
		assert_true(str_eq(family_of(line), families[family_count - 1]));
		name = (struct str){line.p, line.len};
		while (name.len && name.p[name.len - 1] != ' ')
			name.len--;
		for (size_t i = 0; i < sample_count; i++)
			assert_false(str_eq(samples[i], name));
		assert_true(sample_count < COUNT(samples));
		samples[sample_count++] = name;
	}
	assert_true(family_count >= 8);
}

static void a_silent_service_does_no_harm(void **state)
{
	int64_t start_ms = clock_mono_ms();
	const char *text;

	(void)state;
	bus.stats = NULL;
	text = text_of(gateway.metrics);
	assert_null(strstr(text, "quintet_db_jobs"));
	assert_non_null(strstr(text, "quintet_http_connections"));
	assert_true(clock_mono_ms() - start_ms < 2000);
	bus.stats = stats;
}

static void is_served(void **state)
{
	struct client_reply reply = kit_ask(&gateway, "GET /t/5 HTTP/1.1\r\nHost: a\r\n\r\n");

	(void)state;
	client_reply_free(&reply);
	reply = kit_ask(&gateway, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(reply.status, 200);
	assert_string_equal(client_header(&reply, "Content-Type"),
		"text/plain; version=0.0.4; charset=utf-8");
	expect_line(reply.body,
		"quintet_http_requests_total{route=\"/t/{id}\",dialect=\"t\",code=\"200\"} 1");
	client_reply_free(&reply);
}

static void readiness(void **state)
{
	static const struct {
		int (*health)(struct svc_health_out *out);
		int status;
		const char *body;
	} cases[] = {
		{health, 200,
			"{\"status\":\"ok\",\"user\":\"ok\",\"auth\":\"ok\",\"chat\":\"ok\","
			"\"media\":\"ok\",\"redis\":\"ok\"}"},
		{NULL, 503,
			"{\"status\":\"unavailable\",\"user\":\"unavailable\","
			"\"auth\":\"unavailable\",\"chat\":\"unavailable\","
			"\"media\":\"unavailable\",\"redis\":\"unknown\"}"},
		{sick_health, 503,
			"{\"status\":\"unavailable\",\"user\":\"redis\",\"auth\":\"ok\","
			"\"chat\":\"redis\",\"media\":\"redis\",\"redis\":\"unavailable\"}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client_reply reply;

		bus.health = cases[i].health;
		reply = kit_ask(&gateway, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(reply.status, cases[i].status);
		assert_string_equal(reply.body, cases[i].body);
		client_reply_free(&reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_requests),
		cmocka_unit_test(gathers_services),
		cmocka_unit_test(is_valid_exposition),
		cmocka_unit_test(a_silent_service_does_no_harm),
		cmocka_unit_test(is_served),
		cmocka_unit_test(readiness),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
