/* The outbox file: where codes go when no delivery is configured, for a developer to read. */
#ifndef AUTH_OUTBOX_H
#define AUTH_OUTBOX_H

#include <stdint.h>

#include "common/base/str.h"

struct arena;

#define OUTBOX_FILE "outbox.jsonl"
#define OUTBOX_MAX (8 * 1024 * 1024) /* bytes; then it becomes outbox.jsonl.old */

struct outbox_line {
	int64_t time_us;
	struct str channel; /* "sms", "email" or "captcha" */
	struct str to;	    /* "" for a captcha */
	struct str key;	    /* the challenge */
	struct str code;
	struct str purpose;
};

/* Appends a line with one write(2); makes the file, mode 0600. ERR_IO, ERR_NOMEM. */
int outbox_add(const char *data_dir, struct arena *arena, const struct outbox_line *line);

#endif
