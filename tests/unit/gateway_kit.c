#include "tests/unit/gateway_kit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "gateway/http.h"
#include "gateway/metrics.h"
#include "gateway/router.h"
#include "gateway/session.h"

#define CALL_SECONDS 5
#define START_TRIES 20

static void die(const char *what)
{
	fprintf(stderr, "gateway kit: %s\n", what);
	abort();
}

static int run_resolve(struct svc_ctx *ctx, const void *in, void *out)
{
	struct kit_bus *bus = ctx->state;
	int (*resolve)(const struct auth_resolve_in *, struct auth_resolve_out *) = bus->resolve;

	return resolve ? resolve(in, out) : ERR_UNAVAILABLE;
}

static int run_health(struct svc_ctx *ctx, const void *in, void *out)
{
	struct kit_bus *bus = ctx->state;
	int (*health)(struct svc_health_out *) = bus->health;

	(void)in;
	return health ? health(out) : ERR_UNAVAILABLE;
}

static int run_stats(struct svc_ctx *ctx, const void *in, void *out)
{
	struct kit_bus *bus = ctx->state;
	int (*stats)(struct svc_stats_out *) = bus->stats;

	(void)in;
	return stats ? stats(out) : ERR_UNAVAILABLE;
}

static void free_url(char ret_url[KIT_URL_MAX])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		die("no free port");
	close(fd);
	snprintf(ret_url, KIT_URL_MAX, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

void kit_bus_start(struct kit_bus *bus)
{
	static const struct rpc_handler rows[] = {
		{&auth_resolve_method, run_resolve},
		{&svc_health_method, run_health},
		{&svc_stats_method, run_stats},
	};
	static const struct rpc_handler *const handlers[] = {&rows[0], &rows[1], &rows[2]};
	struct rpc_server_conf conf = {
		.url = bus->url,
		.key = &bus->key,
		.handlers = handlers,
		.handler_count = sizeof(handlers) / sizeof(handlers[0]),
		.lanes = {[LANE_READ] = {1, 64}, [LANE_WRITE] = {4, 64}},
		.state = bus,
	};
	int err = ERR_IO;

	id_random(bus->key.bytes, sizeof(bus->key.bytes));
	free_url(bus->event_url);
	/* Somebody else may take the port before we listen on it. */
	for (int i = 0; i < START_TRIES && err; i++) {
		free_url(bus->url);
		err = rpc_server_new(&conf, &bus->server);
	}
	for (size_t i = 0; i < SERVICE_COUNT && !err; i++)
		err = rpc_client_new(bus->url, &bus->key, &bus->services[i]);
	if (err)
		die("no bus");
}

void kit_bus_stop(struct kit_bus *bus)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		rpc_client_free(bus->services[i]);
	rpc_server_free(bus->server);
}

void kit_gateway_start(struct gateway *gateway, const struct dialect *const *dialects, size_t count,
	struct kit_bus *bus)
{
	struct conf *conf;
	struct http_conf http = {
		.listen = "127.0.0.1",
		.threads = 8,
		.header_timeout_ms = 10000,
		.body_rate_min = 1024,
		.arg = gateway,
		.on_request = router_on_request,
		.on_refused = router_on_refused,
	};

	*gateway = (struct gateway){.started_us = clock_now_us(), .dialect_count = count};
	memcpy(gateway->dialects, dialects, count * sizeof(dialects[0]));
	if (bus)
		memcpy(gateway->services, bus->services, sizeof(gateway->services));
	if (conf_load(CONF_GATEWAY, stderr, &conf) != 0)
		die("bad configuration");
	gateway->conf = conf;
	if (session_cache_new(&gateway->sessions) != 0 ||
		metrics_new(gateway, &gateway->metrics) != 0 ||
		http_start(&http, &gateway->http) != 0)
		die("no gateway");
}

void kit_gateway_stop(struct gateway *gateway)
{
	http_stop(gateway->http);
	metrics_free(gateway->metrics);
	session_cache_free(gateway->sessions);
	conf_free((struct conf *)gateway->conf);
}

struct client_reply kit_ask(const struct gateway *gateway, const char *text)
{
	int fd = client_connect(http_port(gateway->http));
	struct client_reply reply;

	client_send(fd, str_c(text));
	reply = client_receive(fd, strncmp(text, "HEAD", 4) != 0);
	close(fd);
	return reply;
}

struct call kit_call(struct kit_bus *bus, struct arena *arena)
{
	return (struct call){
		.arena = arena,
		.services = bus->services,
		.request_id = STR("kit-request"),
		.caller = {.kind = CALLER_ANYONE, .address = STR("127.0.0.1")},
		.deadline_us = clock_now_us() + CALL_SECONDS * CLOCK_SECOND_US,
	};
}
