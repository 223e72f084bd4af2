/*
 * What the gateway knows of an API it speaks: a const struct dialect with a table of routes. A handler
 * parses foreign input, calls typed stubs (common/rpc/<service>_api.h) and renders; no rule, no SQL,
 * no storage. /v1 is a dialect like the others.
 */
#ifndef GATEWAY_DIALECT_H
#define GATEWAY_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/rpc/field.h"

struct req;

/* Not saying is refusing: 0 denies everybody. */
enum route_auth {
	AUTH_NONE = 1, /* anybody; the token is not looked at, unless a handler asks by guard_session */
	AUTH_ACCOUNT,  /* a valid session */
	AUTH_ADMIN,    /* a valid session of an administrator */
};

#define ROUTE_PARAMS_MAX 4
#define ROUTE_BODY_MAX (64 * 1024) /* bytes, of a route that takes no file */
#define ROUTE_HASH_MS 4500	  /* deadline of routes that hash a password, for a crowd at once */

/* What OpenAPI says of a /v1 route. */
struct route_doc {
	const char *summary;
	const struct field_set *in;  /* JSON body; NULL: none */
	const struct field_set *out; /* NULL: none, or out_type */
	const struct field_set *or_out; /* what else it may be */
	const char *out_type;        /* MIME type of a reply that is not JSON */
	int status;                  /* of success */
	bool list;                   /* {"items": [out…], "next"} */
	const char *query;           /* names of query parameters, blank-separated */
};

struct route {
	const char *method; /* "GET" also serves HEAD */
	const char *path;   /* "/v1/users/{id}": a segment in braces is a parameter; a last segment
	                       "{*}" takes the rest of the path, slashes included */
	enum route_auth auth;
	/* 0 once a reply was set (req_reply…); a negative ERR_* is rendered by dialect->fail. */
	int (*handle)(struct req *req);
	const char *failure; /* the route's general failure envelope, for dialects that have one */
	int64_t body_max;    /* bytes; 0 is ROUTE_BODY_MAX. Larger by Content-Length: 413 unread */
	const struct route_doc *doc;
	int deadline_ms; /* of the request's calls; 0 is GATEWAY_CALL_MS. Hashing: ROUTE_HASH_MS */
	bool creates;	 /* a POST with a whole body, which is run once for an Idempotency-Key (idem.h) */
};

struct dialect {
	const char *name; /* "clinic", "v1" */
	const struct route *routes;
	size_t route_count;
	bool loose_slash; /* paths are accepted with and without the last slash */
	/* Where this dialect carries the token; absent if the request has none. */
	struct str (*token)(struct req *req);
	/* Sets the reply for a refusal. req->status is already 503 (500) with Retry-After when a service
	 * is down (broken), otherwise 200; v1 sets its own. Knows every ERR_*. */
	void (*fail)(struct req *req, int err);
	/* Sets the reply for a path of the dialect's that does not know the method; false: 405 as
	 * everywhere. NULL: always. req->route is NULL. */
	bool (*wrong_method)(struct req *req);
};

extern const struct dialect native_dialect;
extern const struct dialect clinic_dialect;
extern const struct dialect friendlive_dialect;
extern const struct dialect medusa_dialect;
extern const struct dialect volunteer_dialect;
extern const struct dialect cattle_dialect;

#endif
