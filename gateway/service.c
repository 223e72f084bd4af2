#include "gateway/service.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/rpc/svc_api.h"
#include "gateway/gateway.h"
#include "gateway/metrics.h"
#include "gateway/network.h"
#include "gateway/problem.h"
#include "gateway/req.h"

#define HEALTH_MS 250 /* for each service; all four within a second */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static int get_healthz(struct req *req)
{
	return req_reply_text(req, 200, "{\"status\":\"ok\"}");
}

/* "ok", or why not. */
static struct str health_of(struct req *req, enum service service)
{
	struct svc_health_in in = {0};
	struct svc_health_out out = {0};
	struct call call = req->call;
	int err;

	if (!call.services[service])
		return STR("not connected");
	call.deadline_us = clock_now_us() + HEALTH_MS * 1000;
	err = rpc_call(service, &call, &svc_health_method, &in, &out);
	if (err)
		return str_c(err_name(err));
	return out.ailment.len ? out.ailment : STR("ok");
}

static void write_member(struct req *req, const char *name, struct str word)
{
	buf_add_c(&req->out, ",\"");
	buf_add_c(&req->out, name);
	buf_add_c(&req->out, "\":");
	buf_add_json(&req->out, word);
}

static int get_readyz(struct req *req)
{
	static const char *const names[SERVICE_COUNT] = {
		[SERVICE_USER] = "user",
		[SERVICE_AUTH] = "auth",
		[SERVICE_CHAT] = "chat",
		[SERVICE_MEDIA] = "media",
	};
	struct str words[SERVICE_COUNT], redis;
	bool is_ready = true;

	for (size_t i = 0; i < SERVICE_COUNT; i++)
		words[i] = health_of(req, (enum service)i);
	/* Redis is svc-auth's: its only ailment of that name. While svc-auth is silent nobody knows. */
	redis = words[SERVICE_AUTH];
	if (str_eq(redis, STR("redis"))) {
		redis = STR("unavailable");
		words[SERVICE_AUTH] = STR("ok");
	} else if (!str_eq(redis, STR("ok"))) {
		redis = STR("unknown");
	}
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		is_ready = is_ready && str_eq(words[i], STR("ok"));
	is_ready = is_ready && str_eq(redis, STR("ok"));
	req_reply_json(req, is_ready ? 200 : 503);
	if (!is_ready)
		req_add_header(req, "Retry-After", STR("1"));
	buf_add_c(&req->out, is_ready ? "{\"status\":\"ok\"" : "{\"status\":\"unavailable\"");
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		write_member(req, names[i], words[i]);
	write_member(req, "redis", redis);
	buf_add_char(&req->out, '}');
	return 0;
}

static int get_metrics(struct req *req)
{
	struct str address = req->call.caller.address;
	struct str allowed = conf_text(req->gateway->conf, "QUINTET_METRICS_ALLOW");

	if (!network_is_loopback(address) && !network_list_has(allowed, address)) {
		problem_reply(req, 403, "forbidden", "not from this address");
		return 0;
	}
	req->status = 200;
	req->content_type = METRICS_TYPE;
	metrics_write(req->gateway->metrics, &req->call, &req->out);
	return 0;
}

static const struct route_doc healthz_doc = {
	.summary = "The process lives", .out_type = "application/json", .status = 200};
static const struct route_doc readyz_doc = {
	.summary = "All services can be used; else 503 and which cannot",
	.out_type = "application/json",
	.status = 200};
static const struct route_doc metrics_doc = {
	.summary = "Counters for Prometheus", .out_type = "text/plain", .status = 200};

static const struct route routes[] = {
	{"GET", "/healthz", AUTH_NONE, get_healthz, .doc = &healthz_doc},
	{"GET", "/readyz", AUTH_NONE, get_readyz, .doc = &readyz_doc},
	{"GET", "/metrics", AUTH_NONE, get_metrics, .doc = &metrics_doc},
};

static void fail(struct req *req, int err)
{
	problem_reply(req, req->status == 200 ? 400 : req->status, err_name(err), err_text(err));
}

const struct dialect service_dialect = {
	.name = "service",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.fail = fail,
};
