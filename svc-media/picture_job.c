#include "svc-media/picture_job.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/codec.h"

#define LENGTH_BYTES 4

static const char *const task_words[] = {NULL, "captcha"};
const struct enum_words picture_tasks = {task_words, sizeof(task_words) / sizeof(task_words[0])};

FIELD_TABLE(picture_job, PICTURE_JOB)
FIELD_TABLE(picture_answer, PICTURE_ANSWER)

int picture_send(int socket, const struct field_set *set, const void *object, struct arena *arena)
{
	struct buf frame;
	size_t sent = 0;

	buf_init(&frame, arena, LENGTH_BYTES + PICTURE_FRAME_MAX);
	buf_add(&frame, "\0\0\0\0", LENGTH_BYTES);
	codec_pack(set, object, &frame);
	if (buf_failed(&frame))
		return ERR_NOMEM;
	for (int i = 0; i < LENGTH_BYTES; i++)
		frame.p[i] = (char)((frame.len - LENGTH_BYTES) >> (24 - 8 * i));
	while (sent < frame.len) {
		ssize_t n = send(socket, frame.p + sent, frame.len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		sent += (size_t)n;
	}
	return 0;
}

static int wait_readable(int socket, int64_t deadline_ms)
{
	struct pollfd poller = {.fd = socket, .events = POLLIN};

	for (;;) {
		int64_t left_ms = deadline_ms ? deadline_ms - clock_mono_ms() : -1;
		int n;

		if (deadline_ms && left_ms <= 0)
			return ERR_DEADLINE;
		n = poll(&poller, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return ERR_IO;
	}
}

static int read_all(int socket, char *bytes, size_t len, int64_t deadline_ms)
{
	size_t got = 0;

	while (got < len) {
		int rc = wait_readable(socket, deadline_ms);
		ssize_t n;

		if (rc)
			return rc;
		n = recv(socket, bytes + got, len - got, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return ERR_IO;
		got += (size_t)n;
	}
	return 0;
}

int picture_receive(int socket, const struct field_set *set, int64_t deadline_ms,
	struct arena *arena, void *ret_object)
{
	unsigned char head[LENGTH_BYTES];
	size_t len = 0;
	char *bytes;
	int rc = read_all(socket, (char *)head, LENGTH_BYTES, deadline_ms);

	if (rc)
		return rc;
	for (int i = 0; i < LENGTH_BYTES; i++)
		len = len << 8 | head[i];
	if (len > PICTURE_FRAME_MAX)
		return ERR_PROTOCOL;
	bytes = arena_alloc(arena, len ? len : 1);
	if (!bytes)
		return ERR_NOMEM;
	rc = read_all(socket, bytes, len, deadline_ms);
	if (!rc && codec_unpack(set, (struct str){bytes, len}, arena, ret_object, NULL) != 0)
		rc = ERR_PROTOCOL;
	return rc;
}
