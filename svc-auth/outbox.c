#include "svc-auth/outbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"

#define LINE_MAX_BYTES 2048

static void add_member(struct buf *out, const char *key, struct str text)
{
	buf_addf(out, ", \"%s\": ", key);
	buf_add_json(out, text.p ? text : STR(""));
}

static const char *path_of(struct arena *arena, const char *data_dir, const char *name)
{
	struct buf path;

	buf_init(&path, arena, 4096);
	buf_add_c(&path, data_dir);
	buf_add_char(&path, '/');
	buf_add_c(&path, name);
	buf_add_char(&path, '\0');
	return buf_failed(&path) ? NULL : path.p;
}

static int append(const char *path, const char *old, struct str text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat info;
	ssize_t written;

	if (fd < 0)
		return ERR_IO;
	written = write(fd, text.p, text.len);
	if (fstat(fd, &info) == 0 && info.st_size > OUTBOX_MAX)
		rename(path, old);
	close(fd);
	return written == (ssize_t)text.len ? 0 : ERR_IO;
}

int outbox_add(const char *data_dir, struct arena *arena, const struct outbox_line *line)
{
	const char *path = path_of(arena, data_dir, OUTBOX_FILE);
	const char *old = path_of(arena, data_dir, OUTBOX_FILE ".old");
	char time[CLOCK_RFC3339_LEN + 1];
	struct buf out;

	clock_rfc3339(line->time_us, time);
	buf_init(&out, arena, LINE_MAX_BYTES);
	buf_addf(&out, "{\"time\": \"%s\"", time);
	add_member(&out, "channel", line->channel);
	add_member(&out, "to", line->to);
	add_member(&out, "key", line->key);
	add_member(&out, "code", line->code);
	add_member(&out, "purpose", line->purpose);
	buf_add_c(&out, "}\n");
	if (buf_failed(&out) || !path || !old)
		return ERR_NOMEM;
	return append(path, old, buf_str(&out));
}
