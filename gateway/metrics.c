#include "gateway/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/client.h"
#include "common/rpc/svc_api.h"
#include "gateway/dialect.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/samples.h"
#include "gateway/service.h"
#include "gateway/session.h"

#define STATS_MS 250 /* for each service to answer */
#define NAME_MAX_LEN 100

/* What is not listed counts as the last, "other". */
static const int codes[] = {200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404,
	405, 408, 409, 411, 412, 413, 414, 415, 416, 417, 422, 429, 431, 500, 501, 503, 505};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]) + 1)
#define CODE_OTHER (CODE_COUNT - 1)
#define STATUS_MAX 600

static const int64_t bounds_us[] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000, 10000000};
#define BOUND_COUNT (sizeof(bounds_us) / sizeof(bounds_us[0]))

/* Of all routes with one path: routes that differ by method count together, as the label says. */
struct series {
	const struct dialect *dialect;
	const struct route *route;
	atomic_uint_fast64_t answered[CODE_COUNT];
	atomic_uint_fast64_t buckets[BOUND_COUNT + 1];
	atomic_uint_fast64_t sum_us;
};

struct metrics {
	const struct gateway *gateway;
	const struct dialect *dialects[GATEWAY_DIALECTS_MAX + 1];
	size_t first[GATEWAY_DIALECTS_MAX + 1]; /* the dialect's first series: of no route */
	size_t dialect_count;
	struct series *series; /* series[0]: of no dialect */
	size_t series_count;
	size_t *same; /* of each series, the one that counts for it */
	unsigned char code_index[STATUS_MAX];
	atomic_uint_fast64_t refused[CODE_COUNT];
};

static void index_codes(struct metrics *metrics)
{
	for (size_t i = 0; i < STATUS_MAX; i++)
		metrics->code_index[i] = CODE_OTHER;
	for (size_t i = 0; i < CODE_OTHER; i++)
		metrics->code_index[codes[i]] = (unsigned char)i;
}

static void index_routes(struct metrics *metrics, size_t index)
{
	const struct dialect *dialect = metrics->dialects[index];
	size_t first = metrics->first[index] + 1;

	metrics->series[first - 1].dialect = dialect;
	metrics->same[first - 1] = first - 1;
	for (size_t i = 0; i < dialect->route_count; i++) {
		size_t same = 0;

		while (!str_eq(str_c(dialect->routes[same].path), str_c(dialect->routes[i].path)))
			same++;
		metrics->same[first + i] = first + same;
		metrics->series[first + i].dialect = dialect;
		metrics->series[first + i].route = &dialect->routes[i];
	}
}

int metrics_new(const struct gateway *gateway, struct metrics **ret_metrics)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return ERR_NOMEM;
	metrics->gateway = gateway;
	metrics->dialect_count = gateway->dialect_count + 1;
	metrics->series_count = 1;
	for (size_t i = 0; i < metrics->dialect_count; i++) {
		metrics->dialects[i] =
			i < gateway->dialect_count ? gateway->dialects[i] : &service_dialect;
		metrics->first[i] = metrics->series_count;
		metrics->series_count += 1 + metrics->dialects[i]->route_count;
	}
	metrics->series = calloc(metrics->series_count, sizeof(*metrics->series));
	metrics->same = calloc(metrics->series_count, sizeof(*metrics->same));
	if (!metrics->series || !metrics->same) {
		metrics_free(metrics);
		return ERR_NOMEM;
	}
	index_codes(metrics);
	for (size_t i = 0; i < metrics->dialect_count; i++)
		index_routes(metrics, i);
	*ret_metrics = metrics;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	free(metrics->series);
	free(metrics->same);
	free(metrics);
}

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t value(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t code_of(const struct metrics *metrics, int status)
{
	return status >= 0 && status < STATUS_MAX ? metrics->code_index[status] : CODE_OTHER;
}

static struct series *series_of(struct metrics *metrics, const struct dialect *dialect,
	const struct route *route)
{
	for (size_t i = 0; i < metrics->dialect_count; i++) {
		size_t first = metrics->first[i];

		if (metrics->dialects[i] != dialect)
			continue;
		if (!route)
			return &metrics->series[first];
		return &metrics->series[metrics->same[first + 1 + (size_t)(route - dialect->routes)]];
	}
	return &metrics->series[0];
}

void metrics_count(struct metrics *metrics, const struct dialect *dialect, const struct route *route,
	int status, int64_t taken_us)
{
	struct series *series = series_of(metrics, dialect, route);
	size_t bucket = 0;

	while (bucket < BOUND_COUNT && taken_us > bounds_us[bucket])
		bucket++;
	add(&series->answered[code_of(metrics, status)], 1);
	add(&series->buckets[bucket], 1);
	add(&series->sum_us, taken_us > 0 ? (uint64_t)taken_us : 0);
}

void metrics_refused(struct metrics *metrics, int status)
{
	add(&metrics->refused[code_of(metrics, status)], 1);
}

static void write_seconds(int64_t us, struct buf *out)
{
	buf_addf(out, "%.9g", (double)us / 1e6);
}

static void write_code(size_t code, struct buf *out)
{
	if (code == CODE_OTHER)
		buf_add_c(out, "other");
	else
		buf_add_i64(out, codes[code]);
}

/* Braces and slashes of a pattern need no escape in a label. */
static void write_labels(const struct series *series, struct buf *out)
{
	buf_add_c(out, "route=\"");
	buf_add_c(out, series->route ? series->route->path : "");
	buf_add_c(out, "\",dialect=\"");
	buf_add_c(out, series->dialect ? series->dialect->name : "");
	buf_add_char(out, '"');
}

static void write_requests(const struct series *series, struct buf *out)
{
	for (size_t i = 0; i < CODE_COUNT; i++) {
		uint64_t n = value(&series->answered[i]);

		if (!n)
			continue;
		buf_add_c(out, "quintet_http_requests_total{");
		write_labels(series, out);
		buf_add_c(out, ",code=\"");
		write_code(i, out);
		buf_add_c(out, "\"} ");
		buf_add_i64(out, (int64_t)n);
		buf_add_char(out, '\n');
	}
}

static void write_histogram(const struct series *series, struct buf *out)
{
	static const char name[] = "quintet_http_request_seconds";
	uint64_t below = 0;

	for (size_t i = 0; i <= BOUND_COUNT; i++) {
		below += value(&series->buckets[i]);
		buf_addf(out, "%s_bucket{", name);
		write_labels(series, out);
		buf_add_c(out, ",le=\"");
		if (i < BOUND_COUNT)
			write_seconds(bounds_us[i], out);
		else
			buf_add_c(out, "+Inf");
		buf_addf(out, "\"} %llu\n", (unsigned long long)below);
	}
	buf_addf(out, "%s_sum{", name);
	write_labels(series, out);
	buf_add_c(out, "} ");
	write_seconds((int64_t)value(&series->sum_us), out);
	buf_addf(out, "\n%s_count{", name);
	write_labels(series, out);
	buf_addf(out, "} %llu\n", (unsigned long long)below);
}

static bool was_used(const struct series *series)
{
	for (size_t i = 0; i <= BOUND_COUNT; i++)
		if (value(&series->buckets[i]))
			return true;
	return false;
}

static void write_series(const struct metrics *metrics, struct buf *out)
{
	samples_write_head(STR("quintet_http_requests_total"), "counter", out);
	for (size_t i = 0; i < metrics->series_count; i++)
		write_requests(&metrics->series[i], out);
	samples_write_head(STR("quintet_http_request_seconds"), "histogram", out);
	for (size_t i = 0; i < metrics->series_count; i++)
		if (was_used(&metrics->series[i]))
			write_histogram(&metrics->series[i], out);
}

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*s %lld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void add_refused(const struct metrics *metrics, struct samples *samples, struct arena *arena)
{
	for (size_t i = 0; i < CODE_COUNT; i++) {
		uint64_t n = value(&metrics->refused[i]);
		struct buf name;

		if (!n)
			continue;
		buf_init(&name, arena, NAME_MAX_LEN);
		buf_add_c(&name, "quintet_http_refused_total{code=\"");
		write_code(i, &name);
		buf_add_c(&name, "\"}");
		samples_add(samples, buf_str(&name), (int64_t)n);
	}
}

static void add_own(const struct metrics *metrics, struct samples *samples, struct arena *arena)
{
	const struct gateway *gateway = metrics->gateway;
	uint64_t dropped = 0;

	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (gateway->services[i])
			dropped += rpc_client_dropped(gateway->services[i]);
	samples_add(samples, STR("quintet_bus_frames_dropped_total{process=\"gateway\"}"),
		(int64_t)dropped);
	samples_add(samples, STR("process_resident_memory_bytes{process=\"gateway\"}"),
		resident_bytes());
	samples_add(samples, STR("process_start_time_seconds{process=\"gateway\"}"),
		gateway->started_us / CLOCK_SECOND_US);
	if (gateway->sessions)
		samples_add(samples, STR("quintet_session_cache_entries"),
			session_cache_size(gateway->sessions));
	if (gateway->http)
		samples_add(samples, STR("quintet_http_connections"),
			http_connections(gateway->http));
	add_refused(metrics, samples, arena);
}

static void add_service(enum service service, const struct call *call, struct samples *samples)
{
	struct svc_stats_in in = {0};
	struct svc_stats_out out;
	struct call mine = *call;

	mine.caller = (struct caller){.kind = CALLER_SERVICE};
	mine.deadline_us = clock_now_us() + STATS_MS * 1000;
	if (!call->services[service] || rpc_call(service, &mine, &svc_stats_method, &in, &out))
		return;
	for (size_t i = 0; i < out.samples_count; i++)
		if (!str_starts(out.samples[i].name, STR("quintet_http_request")))
			samples_add(samples, out.samples[i].name, out.samples[i].value);
}

void metrics_write(struct metrics *metrics, struct call *call, struct buf *out)
{
	struct samples *samples = ARENA_NEW(call->arena, struct samples);

	write_series(metrics, out);
	if (!samples)
		return;
	add_own(metrics, samples, call->arena);
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		add_service((enum service)i, call, samples);
	samples_write(samples, out);
}
