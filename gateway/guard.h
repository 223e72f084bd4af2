/*
 * Whether a request may go on: size of the body, session, role, and for tokens that a browser sends
 * by itself (cookies) the Origin. Also cross-origin headers (Fetch standard, "CORS protocol").
 */
#ifndef GATEWAY_GUARD_H
#define GATEWAY_GUARD_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct req;

/* Before the handler, from req->route: ERR_TOO_LARGE by the declared length; ERR_UNAUTHENTICATED,
 * ERR_UNAVAILABLE, ERR_DENIED by route->auth. Sets req->session and req->call.caller. */
int guard_check(struct req *req);
/* For a handler of an AUTH_NONE route that shows more to those who are signed in: req->session and
 * caller are set if a valid token came along. 0 also when none or a stale one did; ERR_UNAVAILABLE. */
int guard_session(struct req *req);

/* Is the text an origin whose pages may call from elsewhere (QUINTET_CORS_ORIGINS)? */
bool guard_origin_allowed(const struct req *req, struct str origin);
/* Adds the reply headers that let an allowed origin read the reply; `allow` is present for a
 * preflight and lists the path's methods. */
void guard_add_cors(const struct req *req, struct str allow, struct buf *headers);

#endif
