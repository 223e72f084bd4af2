/*
 * Baseline: civetweb, and behind it one nng round trip a request, unsealed, over loopback TCP to
 * another process that returns what it gets. What the design's two processes cost with no work done
 * in either.
 */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "echo.h"

#define CONTEXTS_A_SOCKET 128 /* nng 1.5.2's timers are quadratic in them */
#define SOCKETS (ECHO_THREADS / CONTEXTS_A_SOCKET)
#define RESPONDER_CONTEXTS ECHO_THREADS
#define TIMEOUT_MS 5000

struct caller {
	nng_ctx ctx;
	nng_aio *aio;
};

struct responder {
	nng_ctx ctx;
	nng_aio *aio;
	bool sending;
};

static nng_socket sockets[SOCKETS];
static atomic_int thread_count;

static void die(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, nng_strerror(err));
	_exit(1);
}

static void check(const char *what, int err)
{
	if (err)
		die(what, err);
}

static void on_progress(void *arg)
{
	struct responder *responder = arg;
	nng_msg *msg = responder->sending ? NULL : nng_aio_get_msg(responder->aio);

	if (nng_aio_result(responder->aio) != 0)
		return;
	responder->sending = !responder->sending;
	if (responder->sending) {
		nng_aio_set_msg(responder->aio, msg);
		nng_ctx_send(responder->ctx, responder->aio);
	} else {
		nng_ctx_recv(responder->ctx, responder->aio);
	}
}

/* The other process: listens on a free port, writes it to the pipe, echoes until its parent ends.
 */
static void respond(int port_pipe)
{
	static struct responder responders[RESPONDER_CONTEXTS];
	nng_socket socket;
	nng_listener listener;
	nng_sockaddr address;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	check("rep", nng_rep0_open(&socket));
	check("listen", nng_listen(socket, "tcp://127.0.0.1:0", &listener, 0));
	check("port", nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address));
	for (size_t i = 0; i < RESPONDER_CONTEXTS; i++) {
		check("context", nng_ctx_open(&responders[i].ctx, socket));
		check("aio", nng_aio_alloc(&responders[i].aio, on_progress, &responders[i]));
		nng_ctx_recv(responders[i].ctx, responders[i].aio);
	}
	if (write(port_pipe, &address.s_in.sa_port, sizeof(address.s_in.sa_port)) < 0)
		_exit(1);
	for (;;)
		pause();
}

static uint16_t start_responder(void)
{
	uint16_t port = 0;
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe", NNG_ESYSERR);
	pid_t pid = fork();
	if (pid == 0)
		respond(ends[1]);
	close(ends[1]);
	if (read(ends[0], &port, sizeof(port)) != sizeof(port))
		die("responder", NNG_ESYSERR);
	close(ends[0]);
	return (uint16_t)(port >> 8 | port << 8);
}

static void dial(uint16_t port)
{
	char url[40];

	snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", port);
	for (size_t i = 0; i < SOCKETS; i++) {
		check("req", nng_req0_open(&sockets[i]));
		check("resend", nng_socket_set_ms(
					sockets[i], NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE));
		check("dial", nng_dial(sockets[i], url, NULL, 0));
	}
}

static void *on_thread(void)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	int index = atomic_fetch_add(&thread_count, 1);

	if (!caller)
		die("thread", NNG_ENOMEM);
	check("context", nng_ctx_open(&caller->ctx, sockets[index / CONTEXTS_A_SOCKET % SOCKETS]));
	check("aio", nng_aio_alloc(&caller->aio, NULL, NULL));
	return caller;
}

/* The reply, to be freed; NULL on failure. */
static nng_msg *round_trip(struct caller *caller)
{
	nng_msg *msg;

	if (nng_msg_alloc(&msg, echo_body_len()) != 0)
		return NULL;
	memcpy(nng_msg_body(msg), echo_body, echo_body_len());
	nng_aio_set_timeout(caller->aio, TIMEOUT_MS);
	nng_aio_set_msg(caller->aio, msg);
	nng_ctx_send(caller->ctx, caller->aio);
	nng_aio_wait(caller->aio);
	if (nng_aio_result(caller->aio) != 0) {
		nng_msg_free(msg);
		return NULL;
	}
	nng_ctx_recv(caller->ctx, caller->aio);
	nng_aio_wait(caller->aio);
	return nng_aio_result(caller->aio) == 0 ? nng_aio_get_msg(caller->aio) : NULL;
}

static int on_request(struct mg_connection *connection)
{
	nng_msg *reply = round_trip(mg_get_thread_pointer(connection));

	if (!reply) {
		mg_send_http_error(connection, 503, "no reply");
		return 503;
	}
	echo_answer(connection, nng_msg_body(reply), nng_msg_len(reply));
	nng_msg_free(reply);
	return 200;
}

int main(void)
{
	dial(start_responder());
	return echo_serve(on_request, on_thread);
}
