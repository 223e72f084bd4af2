/*
 * A Content-Type, LF, a body. Whether the body comes at once or in pieces, the reader must say the
 * same, and a whole body's parts must lie in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader has told: a running checksum, so that pieces of data can be cut differently. */
struct account {
	uint64_t sum;
	size_t parts;
	bool in_part;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void add(struct account *account, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		account->sum = (account->sum ^ (uint8_t)bytes.p[i]) * 1099511628211U;
}

static int on_part(void *arg, const struct form_field *part)
{
	struct account *account = arg;

	check(!account->in_part && part->name.p && part->name.len <= FORM_NAME_MAX);
	check(str_chars(part->name) >= 0 && str_chars(part->filename) >= 0);
	check(!str_has_control(part->name) && !str_has_control(part->filename));
	account->in_part = true;
	account->parts++;
	add(account, part->name);
	add(account, STR("/"));
	add(account, part->filename);
	add(account, STR("/"));
	add(account, part->type);
	add(account, STR("/"));
	return 0;
}

static int on_data(void *arg, struct str bytes)
{
	struct account *account = arg;

	check(account->in_part && bytes.len > 0);
	add(account, bytes);
	return 0;
}

static int on_end(void *arg)
{
	struct account *account = arg;

	check(account->in_part);
	account->in_part = false;
	return 0;
}

static int read_in(size_t piece, struct str type, struct str body, struct account *account)
{
	struct multipart_sink sink = {account, on_part, on_data, on_end};
	struct arena *arena = arena_new(type.len + 2 * body.len + 1024 * 1024);
	struct multipart *reader;
	int err = multipart_new(type, &sink, arena, &reader);

	for (size_t i = 0; i < body.len && err == 0; i += piece) {
		/* A copy of its own size, so that reading over its end is seen. */
		struct str next = str_sub(body, i, piece);
		char *bytes = malloc(next.len);

		memcpy(bytes, next.p, next.len);
		err = multipart_feed(reader, (struct str){bytes, next.len});
		free(bytes);
	}
	if (err == 0)
		err = multipart_finish(reader);
	check(err == 0 || err == ERR_INVALID);
	check(err != 0 || !account->in_part);
	arena_free(arena);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 7, 64};
	struct str body = {(const char *)data, size};
	struct account whole = {14695981039346656037U, 0, false};
	struct arena *arena;
	struct form form = {.count = 0};
	struct str type;
	int err;

	if (!str_cut(&body, '\n', &type) || !body.p)
		return 0;
	err = read_in(size, type, body, &whole);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct account cut = {14695981039346656037U, 0, false};

		check(read_in(pieces[i], type, body, &cut) == err);
		check(cut.sum == whole.sum && cut.parts == whole.parts);
	}
	arena = arena_new(type.len + 4 * body.len + 1024 * 1024);
	if (form_add_multipart(&form, type, body, arena) == 0)
		check(err == 0 && form.count == whole.parts);
	arena_free(arena);
	return 0;
}
