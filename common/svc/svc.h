/*
 * The skeleton of every service: a daemon's main only fills a struct svc_spec. svc_main reads the
 * configuration (--help, --check-config, --version), starts log, bus key, database, the clients of
 * the other services, events and the bus server, answers svc.health and svc.stats, and stops
 * gracefully on SIGTERM and SIGINT.
 */
#ifndef SVC_SVC_H
#define SVC_SVC_H

#include "common/base/conf.h"
#include "common/rpc/event.h"
#include "common/rpc/server.h"
#include "common/svc/db.h"

/* What a service holds while it runs; handlers reach their own part as ctx->state. */
struct svc {
	const struct conf *conf;
	const char *data_dir;
	const struct seal_key *key;
	struct db *db;
	struct event_pub *events;
	struct rpc_client *clients[SERVICE_COUNT];
};

struct svc_spec {
	const char *name; /* "svc-user" */
	enum service service;
	enum conf_process process;
	const struct rpc_handler *handlers;
	const size_t *handler_count;
	const struct db_spec *db;
	unsigned needs; /* services it calls: 1 << SERVICE_USER | … */
	struct rpc_lane_conf lanes[LANE_COUNT];
	/* Makes the service's state; *ret_reason is static text for the log when it fails. */
	int (*init)(struct svc *svc, void **ret_state, const char **ret_reason);
	void (*done)(void *state);
	/* For readiness: NULL or "" when well, else a word ("redis"); may be NULL. */
	const char *(*ailment)(void *state);
};

int svc_main(int argc, char **argv, const struct svc_spec *spec);

#endif
