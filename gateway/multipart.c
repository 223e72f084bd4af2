/*
 * The reader looks for CR LF "--" boundary. CR stands only at its start (a boundary cannot contain
 * it), so bytes that began like a delimiter and went on otherwise need no second look: they are
 * data, and what follows them may only begin a delimiter anew.
 */
#include "gateway/form.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/multipart_part.h"

#define DELIMITER_MAX (4 + FORM_BOUNDARY_MAX)

enum state {
	PREAMBLE, /* before the first delimiter: dropped */
	TAIL,	  /* of a delimiter's line */
	TAIL_DASH,
	TAIL_BLANK,
	TAIL_CR,
	HEADER,
	DATA,
	EPILOGUE, /* after the last delimiter: dropped */
	BROKEN,
};

struct multipart {
	struct multipart_sink sink;
	struct arena *arena;
	enum state state;
	bool in_part;
	size_t parts;
	char delimiter[DELIMITER_MAX];
	size_t delimiter_len;
	size_t matched; /* of the delimiter; these bytes are not yet given on */
	size_t assumed; /* of these, not read: the first line of a body or of a part needs no CR LF
			 */
	char header[FORM_PART_HEADER_MAX];
	size_t header_len;
};

int multipart_new(struct str content_type, const struct multipart_sink *sink, struct arena *arena,
	struct multipart **ret_reader)
{
	struct multipart *reader = ARENA_NEW(arena, struct multipart);
	struct str boundary;
	int err;

	if (!reader)
		return ERR_NOMEM;
	err = multipart_boundary_read(content_type, arena, &boundary);
	if (err < 0)
		return err;
	memcpy(reader->delimiter, "\r\n--", 4);
	memcpy(reader->delimiter + 4, boundary.p, boundary.len);
	reader->delimiter_len = 4 + boundary.len;
	reader->sink = *sink;
	reader->arena = arena;
	reader->state = PREAMBLE;
	reader->matched = 2;
	reader->assumed = 2;
	*ret_reader = reader;
	return 0;
}

static int data_give(struct multipart *reader, const char *p, size_t len)
{
	if (len == 0 || reader->state != DATA)
		return 0;
	return reader->sink.on_data(reader->sink.arg, (struct str){p, len});
}

/* What looked like a delimiter was data. */
static int match_give(struct multipart *reader)
{
	size_t from = reader->assumed;
	size_t len = reader->matched - from;

	reader->matched = 0;
	reader->assumed = 0;
	return data_give(reader, reader->delimiter + from, len);
}

/* Data up to the next delimiter, or to the end of the bytes. */
static int data_feed(struct multipart *reader, struct str *bytes)
{
	int err = 0;

	while (bytes->len > 0 && err == 0) {
		const char *cr;
		size_t len;

		if (reader->matched > 0) {
			if (bytes->p[0] != reader->delimiter[reader->matched]) {
				err = match_give(reader);
				continue;
			}
			*bytes = str_sub(*bytes, 1, bytes->len);
			if (++reader->matched == reader->delimiter_len) {
				reader->matched = 0;
				reader->assumed = 0;
				reader->state = TAIL;
				return 0;
			}
			continue;
		}
		cr = memchr(bytes->p, '\r', bytes->len);
		len = cr ? (size_t)(cr - bytes->p) : bytes->len;
		err = data_give(reader, bytes->p, len);
		reader->matched = cr ? 1 : 0;
		*bytes = str_sub(*bytes, len + reader->matched, bytes->len);
	}
	return err;
}

/* The delimiter is whole, so the part before it is. */
static int part_end(struct multipart *reader, enum state next)
{
	bool ends = reader->in_part;

	reader->state = next;
	reader->in_part = false;
	reader->header_len = 0;
	return ends ? reader->sink.on_end(reader->sink.arg) : 0;
}

/* "--" ends the body; otherwise blanks, then CR LF. */
static int tail_feed(struct multipart *reader, char c)
{
	switch (reader->state) {
	case TAIL:
		if (c == '-') {
			reader->state = TAIL_DASH;
			return 0;
		}
		reader->state = TAIL_BLANK;
		/* fallthrough */
	case TAIL_BLANK:
		if (c == '\r')
			reader->state = TAIL_CR;
		return c == ' ' || c == '\t' || c == '\r' ? 0 : ERR_INVALID;
	case TAIL_DASH:
		return c == '-' ? part_end(reader, EPILOGUE) : ERR_INVALID;
	default:
		return c == '\n' ? part_end(reader, HEADER) : ERR_INVALID;
	}
}

static bool header_is_whole(const struct multipart *reader)
{
	size_t len = reader->header_len;

	return (len == 2 && memcmp(reader->header, "\r\n", 2) == 0) ||
	       (len >= 4 && memcmp(reader->header + len - 4, "\r\n\r\n", 4) == 0);
}

static int header_feed(struct multipart *reader, char c)
{
	struct form_field part;
	int err;

	if (reader->header_len == sizeof(reader->header))
		return ERR_INVALID;
	reader->header[reader->header_len++] = c;
	if (c != '\n' || !header_is_whole(reader))
		return 0;
	if (reader->parts++ == FORM_FIELDS_MAX)
		return ERR_INVALID;
	err = multipart_part_read(
		(struct str){reader->header, reader->header_len - 2}, reader->arena, &part);
	if (err < 0)
		return err;
	reader->state = DATA;
	reader->in_part = true;
	/* An empty part may come without a line end of its own before the delimiter. */
	reader->matched = 2;
	reader->assumed = 2;
	return reader->sink.on_part(reader->sink.arg, &part);
}

int multipart_feed(struct multipart *reader, struct str bytes)
{
	int err = reader->state == BROKEN ? ERR_INVALID : 0;

	while (bytes.len > 0 && err == 0) {
		if (reader->state == EPILOGUE)
			return 0;
		if (reader->state == PREAMBLE || reader->state == DATA) {
			err = data_feed(reader, &bytes);
			continue;
		}
		err = reader->state == HEADER ? header_feed(reader, bytes.p[0])
					      : tail_feed(reader, bytes.p[0]);
		bytes = str_sub(bytes, 1, bytes.len);
	}
	if (err < 0)
		reader->state = BROKEN;
	return err;
}

int multipart_finish(struct multipart *reader)
{
	return reader->state == EPILOGUE ? 0 : ERR_INVALID;
}
