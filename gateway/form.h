/*
 * Reader for application/x-www-form-urlencoded and multipart/form-data (RFC 7578), written because
 * civetweb's own spins for ever on the body `a=b%`. Works on bytes as they come, holds at most one
 * part header and one chunk, never the whole body.
 */
#ifndef GATEWAY_FORM_H
#define GATEWAY_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct arena;

#define FORM_FIELDS_MAX 64
#define FORM_NAME_MAX 128
#define FORM_BOUNDARY_MAX 70 /* RFC 2046 */
#define FORM_PART_HEADER_MAX 2048

struct form_field {
	struct str name;
	struct str value;
	struct str filename; /* present (maybe empty) for a file part */
	struct str type;     /* Content-Type of a part */
};

struct form {
	struct form_field fields[FORM_FIELDS_MAX];
	size_t count;
};

/* The last field with the name; absent if there is none. */
struct str form_value(const struct form *form, struct str name);
const struct form_field *form_find(const struct form *form, struct str name);

/* Adds the fields of a urlencoded text (a body or a query). Names and values are decoded: '+' is a
 * blank, a '%' that is not followed by two hex digits stands for itself. ERR_INVALID for invalid
 * UTF-8, NUL or too many fields. Text lives in the arena. */
int form_add_urlencoded(struct form *form, struct str text, struct arena *arena);

/* Streaming multipart. on_part is called at the start of each part; on_data with its bytes, in pieces;
 * on_end when it is whole. A negative result of a callback ends the reading with that result. */
struct multipart_sink {
	void *arg;
	int (*on_part)(void *arg, const struct form_field *part);
	int (*on_data)(void *arg, struct str bytes);
	int (*on_end)(void *arg);
};
struct multipart;
/* content_type: the header's value. ERR_INVALID when it is not multipart/form-data with a boundary. */
int multipart_new(struct str content_type, const struct multipart_sink *sink, struct arena *arena,
	struct multipart **ret_reader);
/* Feeds the next bytes of the body; ERR_INVALID when they are malformed. */
int multipart_feed(struct multipart *reader, struct str bytes);
/* The body is at its end: ERR_INVALID unless the closing boundary was seen. */
int multipart_finish(struct multipart *reader);

/* The whole body of small parts at once: every part becomes a field (files too). */
int form_add_multipart(struct form *form, struct str content_type, struct str body,
	struct arena *arena);

#endif
