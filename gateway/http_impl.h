/*
 * What the files of the HTTP front share: http.c (start, stop, civetweb's callbacks), http_fence.c
 * (what is refused), http_body.c, http_reply.c, http_watch.c (time limits, crowding). For no one
 * else.
 */
#ifndef GATEWAY_HTTP_IMPL_H
#define GATEWAY_HTTP_IMPL_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include <civetweb.h>

#include "gateway/http.h"

#define HTTP_HEAD_MAX 16384 /* request line and headers */
#define HTTP_PATH_MAX 2048
#define HTTP_DATE_LEN 29    /* "Thu, 01 Jan 1970 00:00:00 GMT" */
#define HTTP_GRACE_MS 10000 /* of a body or reply, before its rate counts */
#define HTTP_CROWDED_MS 100 /* between two looks of the watchdog while it is crowded */
#define HTTP_NEVER INT64_MAX

/* One of civetweb's threads with the connection it serves. Written by that thread only; `info` and
 * the atomics are read by the watchdog, under the server's closing lock. */
struct http_worker {
	alignas(64) struct http_server *server;
	const struct mg_request_info *info; /* while busy */
	_Atomic bool busy;		    /* a request is being handled */
	_Atomic int64_t deadline_ms;	    /* of the read or write under way, or HTTP_NEVER */
	const char *base;		    /* where requests start in civetweb's buffer */
	bool refused; /* this connection's last request was answered by an error page */
	time_t date_time;
	char date[HTTP_DATE_LEN + 1];
};

/* Sockets of ours that wait for a request; scratch of the watchdog. */
struct http_idle {
	int fd;
	unsigned idle_ms;
};

struct http_server {
	struct http_conf conf;
	struct mg_context *context; /* not for callbacks: they may run before it is set */
	int port;
	int busy_max;  /* requests at once; more get 503 */
	int held_max;  /* connections at once; more, and idle ones are closed */
	int share_max; /* connections at once; more, and replies close theirs */
	_Atomic int worker_count;
	struct http_worker *workers;
	size_t workers_max;

	_Atomic int connections;
	_Atomic int busy;
	_Atomic bool stopping;

	/* Connections are closed under the read lock; who holds the write lock can look at the
	 * process's sockets and knows that none of ours vanishes meanwhile. */
	pthread_rwlock_t closing;

	pthread_mutex_t lock;  /* of the two below */
	pthread_cond_t wake;   /* for the watchdog */
	pthread_cond_t closed; /* for http_stop */
	_Atomic int64_t wake_ms;
	bool quit;
	pthread_t watchdog;
	struct http_idle *idle;
	size_t idle_max;
	int listener; /* these two while stopping, see http_watch.c */
	int quiet_fd;
};

struct http_exchange {
	struct http_server *server;
	struct http_worker *worker;
	struct mg_connection *connection;
	const struct mg_request_info *info;
	struct str method;
	struct str path;
	struct str query;
	char *path_buffer; /* HTTP_PATH_MAX bytes, for a path with escapes */
	int64_t length;	   /* as http_body_length */
	int64_t read;	   /* bytes of the body handed out */
	int64_t waited_ms; /* time spent waiting for the body */
	bool keep;	   /* the client would go on with this connection */
	bool expects;	   /* 100-continue is still to be sent */
	bool body_done;	   /* nothing is left to read */
	bool body_failed;
	bool replied;
};

/* 0, or the status to refuse with. Fills what it learns of the request in exchange. */
int http_fence(struct http_exchange *exchange);

/* Reads and drops what is left of a short body whose sender is not waiting for us, so that the
 * connection can live on; false when it is not at its end. */
bool http_body_drain(struct http_exchange *exchange);
/* After the reply: a little patience with a client that is still sending, for a connection closed
 * on unread bytes is reset, and the reset may overtake the reply. */
void http_body_linger(struct http_exchange *exchange);

/* The reply to what never gets to on_request; closes the connection. */
void http_refuse(struct http_server *server, struct http_worker *worker,
	struct mg_connection *connection, int status);
/* civetweb's write with a deadline; false when the client is gone or too slow. */
bool http_write(struct http_worker *worker, struct mg_connection *connection, const void *bytes,
	size_t size);

int http_watch_start(struct http_server *server);
void http_watch_stop(struct http_server *server);
/* Sees to it that the watchdog looks not later than at `at_ms`. */
void http_watch_wake(struct http_server *server, int64_t at_ms);
/* The connection's read or write must be done by then (HTTP_NEVER: it is done). */
void http_watch_deadline(struct http_worker *worker, int64_t at_ms);
/* For http_stop: nobody new is accepted. */
void http_watch_close(struct http_server *server);
/* The stopping takes longer: see http_watch.c. */
void http_watch_quiet(struct http_server *server);
/* Ends the waiting of idle connections; returns how many connections there still are. */
size_t http_watch_drain(struct http_server *server);

#endif
