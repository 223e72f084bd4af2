/*
 * Samples of several processes gathered into one valid text (Prometheus exposition format 0.0.4): a
 * family's samples stand together, behind one HELP and one TYPE line, and none comes twice.
 */
#ifndef GATEWAY_SAMPLES_H
#define GATEWAY_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

#define SAMPLES_MAX 1024

struct sample {
	struct str name; /* with labels */
	int64_t value;
};

struct samples {
	struct sample items[SAMPLES_MAX];
	size_t count;
};

/* name must live as long as samples. Ill-formed names and what is too many are left out. */
void samples_add(struct samples *samples, struct str name, int64_t value);
/* Writes and sorts; a family whose name ends in _total is a counter, any other a gauge. */
void samples_write(struct samples *samples, struct buf *out);
/* The two lines before a family. */
void samples_write_head(struct str family, const char *type, struct buf *out);

#endif
