/*
 * The HTTP front: civetweb, fenced (design.md, "HTTP"). The only file that knows civetweb. It refuses
 * what is malformed or ambiguous before anybody else sees it, answers Expect: 100-continue when the
 * body is asked for, bounds the time of headers and bodies, and sends one reply a request.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct http_server;
struct http_exchange; /* one request and its reply */

struct http_conf {
	const char *listen; /* address */
	int port;            /* 0: a free one, see http_port */
	int threads;         /* connections served at once */
	int header_timeout_ms;
	int body_rate_min;   /* bytes a second a body must reach after its first 10 s */
	void *arg;
	/* Called on a thread of its own for each request that passed the fence. Must call http_reply
	 * exactly once, unless it returns without: then 500 is sent. */
	void (*on_request)(void *arg, struct http_exchange *exchange);
	/* Called for a request that the fence refused, for counting; may be NULL. */
	void (*on_refused)(void *arg, int status);
};

/* ERR_IO when the port cannot be bound. */
int http_start(const struct http_conf *conf, struct http_server **ret_server);
/* Stops accepting, lets requests under way finish (at most 10 s), frees. */
void http_stop(struct http_server *server);
int http_port(const struct http_server *server);
/* Connections now. */
int http_connections(const struct http_server *server);

/* Request line and headers; slices live until the reply is sent. */
struct str http_method(const struct http_exchange *exchange);
/* Percent-decoded path: valid UTF-8, no control characters, no encoded slash; not normalised. */
struct str http_path(const struct http_exchange *exchange);
/* The raw query, absent if there is none. Never log it. */
struct str http_query(const struct http_exchange *exchange);
/* By name, ASCII case ignored; absent if there is none; the last of several. */
struct str http_header(const struct http_exchange *exchange, const char *name);
/* Client address without port. */
struct str http_address(const struct http_exchange *exchange);
/* -1 when there is no body length (then there is no body). Chunked bodies are decoded; *their* length
 * is unknown: INT64_MAX. */
int64_t http_body_length(const struct http_exchange *exchange);
/* Next bytes of the body: > 0 bytes read, 0 at the end, ERR_IO when the client vanished, lied about
 * the length or was too slow. The first call answers Expect: 100-continue. */
int http_body_read(struct http_exchange *exchange, void *bytes, size_t size);

/* headers: complete lines "Name: value\r\n", may be absent; Content-Length, Date and Connection are
 * added here. For HEAD the body is not sent but counted. A body left unread closes the connection. */
void http_reply(struct http_exchange *exchange, int status, struct str headers, struct str body);

#endif
