/* From a request's path to its route, through the guard, to the reply. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H

#include "common/base/str.h"
#include "gateway/dialect.h"

struct gateway;
struct http_exchange;

/* http_conf.on_request: arg is the struct gateway. Finds the route (404; 405 with Allow; OPTIONS and
 * CORS), checks the body's declared length (413) and the session, runs the handler, sends the reply,
 * counts it and logs failures once with the request id. */
void router_on_request(void *gateway, struct http_exchange *exchange);
void router_on_refused(void *gateway, int status);

/* Does the path fit the route's pattern? Fills ret_params. For tests too. */
bool router_match(const struct route *route, bool loose_slash, struct str path,
	struct str ret_params[ROUTE_PARAMS_MAX]);

#endif
