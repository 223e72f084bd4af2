/* The operator's way to the bus: configuration, key, and one client for each service. */
#ifndef OPERATOR_LINK_H
#define OPERATOR_LINK_H

#include "common/rpc/call.h"
#include "common/rpc/seal.h"

struct conf;

struct link {
	struct conf *conf;
	struct arena *arena;
	struct seal_key key;
	struct rpc_client *clients[SERVICE_COUNT];
};

/* Reads the settings and the bus key and begins to dial the services. On errors one line has been
 * written to standard error. The key is never made here: without one there is no suite to talk to.
 * link_close in any case. */
int link_open(struct link *link);
void link_close(struct link *link);
/* A call as CALLER_OPERATOR, to be answered within timeout_ms. */
struct call link_call(struct link *link, int64_t timeout_ms);
/* Writes "quintet-ctl: what: why" to standard error, with the fields that the service named. */
void link_complain(const struct call *call, const char *what, int err);

#endif
