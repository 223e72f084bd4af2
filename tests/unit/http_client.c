#include "tests/unit/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CLIENT_PATIENCE_S 20

int client_connect(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {CLIENT_PATIENCE_S, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void client_send(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		assert_true(n > 0);
		bytes.p += n;
		bytes.len -= (size_t)n;
	}
}

bool client_is_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	assert_false(n < 0 && errno == EAGAIN);
	return n <= 0;
}

char *client_header(const struct client_reply *reply, const char *name)
{
	static char value[512];
	size_t len = strlen(name);

	for (const char *line = strstr(reply->head, "\r\n"); line;
		line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 4, "\r"),
			line + len + 4);
		return value;
	}
	return NULL;
}

struct client_reply client_receive(int fd, bool has_body)
{
	struct client_reply reply = {.head = calloc(1, 65536)};
	const char *length;
	size_t len = 0;

	while (len < 65535 && !strstr(reply.head, "\r\n\r\n")) {
		ssize_t n = recv(fd, reply.head + len, 1, 0);

		assert_false(n < 0 && errno == EAGAIN);
		if (n <= 0)
			break;
		len++;
	}
	if (sscanf(reply.head, "HTTP/1.1 %d", &reply.status) != 1)
		return reply;
	assert_non_null(strstr(reply.head, "\r\n\r\n"));
	length = client_header(&reply, "Content-Length");
	reply.body_len = has_body && length ? strtoul(length, NULL, 10) : 0;
	reply.body = calloc(1, reply.body_len + 1);
	for (size_t got = 0; got < reply.body_len;) {
		ssize_t n = recv(fd, reply.body + got, reply.body_len - got, 0);

		assert_true(n > 0);
		got += (size_t)n;
	}
	return reply;
}

void client_reply_free(struct client_reply *reply)
{
	free(reply->head);
	free(reply->body);
}

int client_status(int port, struct str bytes)
{
	int fd = client_connect(port);
	struct client_reply reply;
	int status;

	client_send(fd, bytes);
	reply = client_receive(fd, true);
	status = reply.status;
	client_reply_free(&reply);
	close(fd);
	return status;
}
