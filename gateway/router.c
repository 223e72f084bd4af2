#include "gateway/router.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/gateway.h"
#include "gateway/guard.h"
#include "gateway/http.h"
#include "gateway/idem.h"
#include "gateway/metrics.h"
#include "gateway/problem.h"
#include "gateway/req.h"

#define REPLY_HEADERS_MAX (32 * 1024)

static const char broken[] = "{\"status\":500,\"code\":\"internal\",\"title\":\"Internal Server "
			     "Error\",\"detail\":\"\"}";

static pthread_key_t arena_key;
static pthread_once_t arena_once = PTHREAD_ONCE_INIT;

static void arena_key_free(void *arena)
{
	arena_free(arena);
}

static void arena_key_make(void)
{
	if (pthread_key_create(&arena_key, arena_key_free))
		abort();
}

/* One arena for each of the front's threads, kept from request to request. */
static struct arena *thread_arena(void)
{
	struct arena *arena;

	pthread_once(&arena_once, arena_key_make);
	arena = pthread_getspecific(arena_key);
	if (!arena) {
		arena = arena_new(REQ_ARENA_MAX);
		if (arena && pthread_setspecific(arena_key, arena)) {
			arena_free(arena);
			arena = NULL;
		}
	}
	return arena;
}

static void drop_reply(struct req *req)
{
	req->status = 0;
	req->content_type = NULL;
	req->headers.len = 0;
	buf_init(&req->out, req->arena, REQ_REPLY_MAX);
}

/* 503: later it will work; 500: it will not; 200: the dialect knows what to say. */
static int status_of(int err)
{
	switch (err) {
	case ERR_UNAVAILABLE:
	case ERR_BUSY:
	case ERR_DEADLINE:
	case ERR_IO:
	case ERR_NOMEM:
		return 503;
	case ERR_INTERNAL:
	case ERR_PROTOCOL:
	case ERR_NO_METHOD:
		return 500;
	default:
		return 200;
	}
}

static void add_retry_after(struct req *req)
{
	int64_t seconds = req->call.retry_after_s > 0 ? req->call.retry_after_s : 1;

	buf_add_c(&req->headers, "Retry-After: ");
	buf_add_i64(&req->headers, seconds);
	buf_add_c(&req->headers, "\r\n");
}

static void fail(struct req *req, int err)
{
	drop_reply(req);
	if (req->body_err == err && err == ERR_TOO_LARGE) {
		problem_reply(req, 413, "too_large", "the body is over this path's limit");
		return;
	}
	/* The client went away in the middle of its body, or sent another one than announced. */
	if (req->body_err == err && err == ERR_IO) {
		problem_reply(req, 400, "bad_request", "the body could not be read");
		return;
	}
	req->status = status_of(err);
	if (req->status == 503)
		add_retry_after(req);
	req->dialect->fail(req, err);
}

static void refuse_method(struct req *req)
{
	struct str allow = router_allow(req->gateway, req->path, req->arena);

	req_add_header(req, "Allow", allow);
	if (str_eq(req->method, STR("OPTIONS")))
		req_reply_empty(req, 204);
	else
		problem_reply(req, 405, "method_not_allowed", "see Allow");
}

/* A browser asks before a request to another origin; that is never for a handler. */
static bool is_preflight(const struct req *req)
{
	return str_eq(req->method, STR("OPTIONS")) && req_header(req, "Origin").p &&
		req_header(req, "Access-Control-Request-Method").p;
}

/* Sets the reply; the result is what went wrong inside, for the log. */
static int answer(struct req *req)
{
	struct idem idem = {0};
	struct found found;
	int err;

	router_find(req->gateway, req->method, req->path, &found);
	req->dialect = found.dialect;
	if (!found.dialect) {
		problem_reply(req, 404, "not_found", "there is nothing at this path");
		return 0;
	}
	if (is_preflight(req) || !found.route) {
		if (is_preflight(req) || !found.dialect->wrong_method ||
			!found.dialect->wrong_method(req))
			refuse_method(req);
		return 0;
	}
	req->route = found.route;
	memcpy(req->params, found.params, sizeof(req->params));
	if (found.route->deadline_ms)
		req->call.deadline_us += (found.route->deadline_ms - GATEWAY_CALL_MS) * INT64_C(1000);
	err = guard_check(req);
	if (!err)
		err = idem_begin(req, &idem);
	if (!err && !idem.replayed)
		err = found.route->handle(req);
	if (err)
		fail(req, err);
	idem_end(req, &idem);
	return err;
}

/* An API's replies are for one reader, unless a handler said otherwise. */
static bool says_cache_control(const struct req *req)
{
	static const char name[] = "Cache-Control:";

	return req->headers.len &&
		memmem(req->headers.p, req->headers.len, name, sizeof(name) - 1) != NULL;
}

static struct str reply_headers(struct req *req)
{
	bool is_preflight_reply = req->status == 204 && is_preflight(req);
	struct buf all;

	buf_init(&all, req->arena, REPLY_HEADERS_MAX);
	if (req->content_type) {
		buf_add_c(&all, "Content-Type: ");
		buf_add_c(&all, req->content_type);
		buf_add_c(&all, "\r\n");
	}
	buf_add_c(&all, "X-Request-Id: ");
	buf_add_str(&all, req->call.request_id);
	buf_add_c(&all, "\r\nX-Content-Type-Options: nosniff\r\n");
	if (!says_cache_control(req))
		buf_add_c(&all, "Cache-Control: no-store\r\n");
	guard_add_cors(req,
		is_preflight_reply ? router_allow(req->gateway, req->path, req->arena) : STR_NONE,
		&all);
	if (req->headers.len)
		buf_add_str(&all, buf_str(&req->headers));
	return buf_failed(&req->headers) ? STR_NONE : buf_str(&all);
}

/* Counted first, so that who has the reply finds it in the metrics. */
static void reply(struct req *req, int64_t taken_us)
{
	struct str headers = reply_headers(req);
	struct str body = req->out.len ? buf_str(&req->out) : STR_NONE;

	if (!req->status || !headers.p || buf_failed(&req->out)) {
		req->status = 500;
		headers = STR("Content-Type: application/problem+json\r\n");
		body = STR(broken);
	}
	metrics_count(req->gateway->metrics, req->dialect, req->route, req->status, taken_us);
	http_reply(req->http, req->status, headers, body);
}

/* Neither path nor query: they hold what a client put there, passwords included. */
static void note(const struct req *req, int err, int64_t taken_us)
{
	enum log_level level = req->status < 500 ? LOG_DEBUG :
		req->status == 503		 ? LOG_WARN :
						   LOG_ERROR;

	log_event(level, req->call.request_id, level == LOG_DEBUG ? "request" : "request failed",
		LOG_STR("route", req->route ? str_c(req->route->path) : STR("")),
		LOG_STR("method", req->route ? str_c(req->route->method) : STR("")),
		LOG_INT("status", req->status), LOG_STR("error", str_c(err_name(err))),
		LOG_INT("ms", taken_us / 1000));
}

void router_on_request(void *gateway, struct http_exchange *exchange)
{
	int64_t started_us = clock_mono_us(), taken_us;
	struct arena *arena = thread_arena();
	struct req req;
	int err;

	if (!arena)
		return;
	if (req_init(&req, gateway, exchange, arena) == 0) {
		err = answer(&req);
		taken_us = clock_mono_us() - started_us;
		reply(&req, taken_us);
		note(&req, err, taken_us);
		req_done(&req);
	}
	arena_reset(arena);
}

void router_on_refused(void *gateway, int status)
{
	struct gateway *gw = gateway;

	metrics_refused(gw->metrics, status);
}
