/*
 * What tests of the gateway's parts share: a bus on which auth.resolve and the svc methods answer as
 * the test wants (for what a real svc-auth does only when it is broken), and a gateway with a front of
 * its own around given dialects.
 */
#ifndef TESTS_UNIT_GATEWAY_KIT_H
#define TESTS_UNIT_GATEWAY_KIT_H

#include "common/rpc/auth_api.h"
#include "common/rpc/client.h"
#include "common/rpc/seal.h"
#include "common/rpc/server.h"
#include "common/rpc/svc_api.h"
#include "gateway/gateway.h"
#include "tests/unit/http_client.h"

#define KIT_URL_MAX 64

struct kit_bus {
	struct seal_key key;
	char url[KIT_URL_MAX];
	char event_url[KIT_URL_MAX];
	struct rpc_server *server;
	struct rpc_client *services[SERVICE_COUNT]; /* all four lead to the one server */
	/* On the server's threads; what is NULL answers ERR_UNAVAILABLE. */
	int (*_Atomic resolve)(const struct auth_resolve_in *in, struct auth_resolve_out *out);
	int (*_Atomic health)(struct svc_health_out *out);
	int (*_Atomic stats)(struct svc_stats_out *out);
};

void kit_bus_start(struct kit_bus *bus);
void kit_bus_stop(struct kit_bus *bus);

/* Fills conf (from the environment), sessions, metrics, http, services of the bus (NULL: none). */
void kit_gateway_start(struct gateway *gateway, const struct dialect *const *dialects, size_t count,
	struct kit_bus *bus);
void kit_gateway_stop(struct gateway *gateway);
/* Sends the request's text on a connection of its own. The caller frees the reply. */
struct client_reply kit_ask(const struct gateway *gateway, const char *text);
/* A call context with five seconds, whose results live in the arena. */
struct call kit_call(struct kit_bus *bus, struct arena *arena);

#endif
