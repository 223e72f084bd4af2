#include <poll.h>
#include <stdio.h>
#include <sys/time.h>

#include "common/svc/redis_internal.h"

static const struct timeval timeout = {
	.tv_sec = REDIS_TIMEOUT_MS / 1000, .tv_usec = REDIS_TIMEOUT_MS % 1000 * 1000L};

static bool run_ok(redisContext *context, int argc, const char **argv)
{
	redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
	bool ok = reply && reply->type != REDIS_REPLY_ERROR;

	if (reply)
		freeReplyObject(reply);
	return ok;
}

static bool introduce(redisContext *context, const struct redis_address *address)
{
	char db[16];

	if (address->password && !run_ok(context, 2, (const char *[]){"AUTH", address->password}))
		return false;
	snprintf(db, sizeof(db), "%d", address->db);
	return address->db == 0 || run_ok(context, 2, (const char *[]){"SELECT", db});
}

redisContext *redis_conn_open(const struct redis_address *address)
{
	redisContext *context =
		address->host ? redisConnectWithTimeout(address->host, address->port, timeout)
			      : redisConnectUnixWithTimeout(address->path, timeout);

	if (!context)
		return NULL;
	/* hiredis 0.14 does not carry the time-out over to a new connection. */
	if (!context->err && redisSetTimeout(context, timeout) == REDIS_OK &&
		introduce(context, address))
		return context;
	redisFree(context);
	return NULL;
}

bool redis_conn_stale(const redisContext *context)
{
	struct pollfd fd = {.fd = context->fd, .events = POLLIN | POLLRDHUP};

	return poll(&fd, 1, 0) != 0;
}

bool redis_conn_ping(redisContext *context)
{
	redisReply *reply = redisCommandArgv(context, 1, (const char *[]){"PING"}, NULL);
	bool up = reply && !redis_reply_is_error(reply, "LOADING") &&
		  !redis_reply_is_error(reply, "NOAUTH") && !redis_reply_is_error(reply, "BUSY");

	if (reply)
		freeReplyObject(reply);
	return up;
}
