/*
 * One HTTP request on its way through the gateway. Several dialects fill and read the same struct; the
 * parts below them do not know which. Everything in it dies with the reply.
 */
#ifndef GATEWAY_REQ_H
#define GATEWAY_REQ_H

#include <jansson.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/rpc/call.h"
#include "gateway/dialect.h"
#include "gateway/session.h"

struct gateway;
struct http_exchange;
struct form;
struct multipart;
struct field_problems;

#define REQ_ARENA_MAX (16 * 1024 * 1024)
#define REQ_REPLY_MAX (8 * 1024 * 1024)

struct req {
	struct gateway *gateway;
	struct http_exchange *http;
	struct arena *arena;
	const struct dialect *dialect;
	const struct route *route;
	struct str method;
	struct str path;
	struct str params[ROUTE_PARAMS_MAX]; /* in the order of the route's braces */
	struct str token;                    /* as presented; absent if there was none */
	bool token_from_cookie;              /* set by dialect->token: the guard then asks for an Origin */
	struct session session;              /* account 0: nobody is signed in */
	struct call call;                    /* for the stubs: caller, deadline, request id */

	/* The reply. */
	int status;
	const char *content_type;
	struct buf headers; /* further complete header lines */
	struct buf out;     /* body */

	/* Lazily read input; use the functions. */
	bool body_read;
	int body_err; /* what reading it came to: asked again, the answer is the same */
	struct str body;
	json_t *json;
	struct field_problems *problems; /* what was wrong with the fields; NULL: nothing was noted */
};

/* For the router: the request of an exchange, all in the arena, with id, trace and deadline set, and
 * what must be freed after the reply. ERR_NOMEM. */
int req_init(struct req *req, struct gateway *gateway, struct http_exchange *http,
	struct arena *arena);
void req_done(struct req *req);

/* The whole body, read on the first call: ERR_TOO_LARGE over the route's limit, ERR_IO when the client
 * vanished. */
int req_body(struct req *req, struct str *ret_body);
/* The body as a JSON value (borrowed from req): ERR_INVALID for malformed JSON. Looks at no header. */
int req_json(struct req *req, json_t **ret_value);
/* Parameters of query and body merged (the body wins): urlencoded, multipart or, with accept_json, a
 * JSON object whose strings, numbers and booleans count as text; chosen by Content-Type (no or unknown
 * type: urlencoded, or JSON if accept_json and the first byte is '{'). ERR_INVALID when malformed. */
int req_form(struct req *req, bool with_query, bool accept_json, struct form **ret_form);
/* Feeds the body to a multipart reader as it comes, so that a picture is never held whole. What the
 * router must know of a body that could not be read is noted, as by req_body. */
int req_feed(struct req *req, struct multipart *reader);
/* Only the query. */
int req_query(struct req *req, struct form **ret_form);
struct str req_header(const struct req *req, const char *name);
/* The cookie's value; absent if there is none. */
struct str req_cookie(const struct req *req, struct str name);
/* A path parameter as an account id: ERR_NOT_FOUND unless it is 1-18 digits without leading zero. */
int req_param_id(const struct req *req, size_t index, int64_t *ret_id);

/* Adds "Name: value". Values with control characters are dropped. */
void req_add_header(struct req *req, const char *name, struct str value);
/* Sets status and "application/json; charset=utf-8"; the body is then written to req->out. */
void req_reply_json(struct req *req, int status);
/* The whole JSON body from a literal. */
int req_reply_text(struct req *req, int status, const char *json);
/* No body. */
int req_reply_empty(struct req *req, int status);

#endif
