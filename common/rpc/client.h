/*
 * The calling side of the bus: one client a service and process, shared by all threads. How calls
 * travel (one to a frame, or gathered) is its own affair; callers use the stubs of <service>_api.h.
 */
#ifndef RPC_CLIENT_H
#define RPC_CLIENT_H

#include "common/rpc/call.h"

struct seal_key;
struct rpc_client;

/* url: "tcp://host:port"; it is dialled in the background and again whenever it is lost. */
int rpc_client_new(const char *url, const struct seal_key *key, struct rpc_client **ret_client);
/* No call may be under way. */
void rpc_client_free(struct rpc_client *client);
/* Frames that did not open, since the start. */
uint64_t rpc_client_dropped(const struct rpc_client *client);

#endif
