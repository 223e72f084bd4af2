/* What both baselines share: civetweb as the gateway starts it, and the reply. Not for anything
 * else. */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <civetweb.h>
#include <stddef.h>

#define ECHO_THREADS 256

/* Starts civetweb on a free port, prints {"port": n} and serves until standard input ends.
 * on_thread may be NULL; what it returns, mg_get_thread_pointer gives to on_request. */
int echo_serve(int (*on_request)(struct mg_connection *), void *(*on_thread)(void));

/* Answers 200 with the body, head and body in one write. */
void echo_answer(struct mg_connection *connection, const char *body, size_t body_len);

/* JSON of the size of an account. */
extern const char echo_body[];
size_t echo_body_len(void);

#endif
