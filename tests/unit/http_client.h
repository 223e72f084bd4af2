/*
 * A client that speaks HTTP in raw bytes, for tests of the HTTP front: what it sends is what stands
 * in the test. What goes wrong on the way fails the test.
 */
#ifndef TESTS_UNIT_HTTP_CLIENT_H
#define TESTS_UNIT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct client_reply {
	int status; /* 0: the connection was closed without a reply */
	char *head;
	char *body;
	size_t body_len;
};

/* A connection to a port on loopback; -1 when it is refused. */
int client_connect(int port);
void client_send(int fd, struct str bytes);
/* One reply, and not a byte more; has_body is false after HEAD. */
struct client_reply client_receive(int fd, bool has_body);
void client_reply_free(struct client_reply *reply);
/* A header's value, in a buffer that the next call overwrites; NULL if there is none. */
char *client_header(const struct client_reply *reply, const char *name);
/* Waits: true when the connection is closed, false when there is another byte. */
bool client_is_closed(int fd);
/* Sends the bytes on a connection of their own, gives the reply's status. */
int client_status(int port, struct str bytes);

#endif
