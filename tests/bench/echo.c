#include "echo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPLY_MAX 1024

const char echo_body[] =
	"{\"id\":\"89552647\",\"username\":\"somebody\",\"phone\":null,\"email\":null,"
	"\"display_name\":null,\"first_name\":null,\"last_name\":null,\"role\":\"member\","
	"\"status\":\"normal\",\"identity\":null,\"sex\":\"unknown\",\"age\":null,"
	"\"description\":null,\"wechat\":null,\"avatar\":null,"
	"\"created\":\"2026-01-02T03:04:05.678901Z\",\"modified\":\"2026-01-02T03:04:05.678901Z\"}";

size_t echo_body_len(void)
{
	return sizeof(echo_body) - 1;
}

void echo_answer(struct mg_connection *connection, const char *body, size_t body_len)
{
	char reply[REPLY_MAX];
	int head = snprintf(reply, sizeof(reply),
		"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %zu\r\n"
		"Content-Type: application/json; charset=utf-8\r\n\r\n",
		body_len);

	if ((size_t)head + body_len > sizeof(reply))
		return;
	memcpy(reply + head, body, body_len);
	mg_write(connection, reply, (size_t)head + body_len);
}

static int (*answer)(struct mg_connection *);
static void *(*start_thread)(void);

static int on_begin(struct mg_connection *connection)
{
	return answer(connection);
}

static void *on_thread(const struct mg_context *context, int type)
{
	(void)context;
	return type == 1 && start_thread ? start_thread() : NULL;
}

int echo_serve(int (*on_request)(struct mg_connection *), void *(*thread_start)(void))
{
	const struct mg_callbacks callbacks = {.begin_request = on_begin, .init_thread = on_thread};
	const char *options[] = {"listening_ports", "127.0.0.1:0", "num_threads", "256",
		"enable_keep_alive", "yes", "keep_alive_timeout_ms", "15000", "tcp_nodelay", "1",
		"decode_url", "no", "listen_backlog", "1024", "connection_queue", "256", NULL};
	struct mg_server_port port;
	struct mg_context *context;
	char byte;

	answer = on_request;
	start_thread = thread_start;
	context = mg_start(&callbacks, NULL, options);
	if (!context || mg_get_server_ports(context, 1, &port) != 1) {
		fprintf(stderr, "civetweb does not start\n");
		return 1;
	}
	printf("{\"port\": %d}\n", port.port);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	mg_stop(context);
	return 0;
}
