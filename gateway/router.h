/* From a request's path to its route, through the guard, to the reply. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H

#include "common/base/str.h"
#include "gateway/dialect.h"

struct arena;
struct gateway;
struct http_exchange;

/* http_conf.on_request: arg is the struct gateway. Finds the route (404; 405 with Allow; OPTIONS and
 * CORS), checks the body's declared length (413) and the session, runs the handler, sends the reply,
 * counts it and logs failures once with the request id. */
void router_on_request(void *gateway, struct http_exchange *exchange);
void router_on_refused(void *gateway, int status);

/* What a path comes to. */
struct found {
	const struct dialect *dialect; /* NULL: nobody knows the path */
	const struct route *route;     /* NULL: not with this method */
	struct str params[ROUTE_PARAMS_MAX];
};
/* Among the dialects that are on and the service routes. */
void router_find(const struct gateway *gateway, struct str method, struct str path,
	struct found *ret_found);
/* The path's methods for Allow: "GET, HEAD, OPTIONS"; absent when the arena is full. */
struct str router_allow(const struct gateway *gateway, struct str path, struct arena *arena);

/* Does the path fit the route's pattern? Fills ret_params. A parameter takes at least one character
 * and may have a literal end ("/v1/captchas/{id}.png"). */
bool router_match(const struct route *route, bool loose_slash, struct str path,
	struct str ret_params[ROUTE_PARAMS_MAX]);
/* Of two patterns that fit one path: is a the more exact one? */
bool router_beats(const struct route *a, const struct route *b);

#endif
