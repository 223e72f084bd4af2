#include "gateway/http_impl.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/err.h"

#define PIECE_MIN 1024
#define PIECE_MAX 16384
#define DRAIN_MAX 65536
#define LINGER_MAX_MS 2000
#define LINGER_PIECE_MS 300

struct str http_method(const struct http_exchange *ex)
{
	return ex->method;
}

struct str http_path(const struct http_exchange *ex)
{
	return ex->path;
}

struct str http_query(const struct http_exchange *ex)
{
	return ex->query;
}

struct str http_header(const struct http_exchange *ex, const char *name)
{
	const struct mg_header *headers = ex->info->http_headers;
	struct str wanted = str_c(name);

	for (int i = ex->info->num_headers - 1; i >= 0; i--)
		if (str_eq_nocase(str_c(headers[i].name), wanted))
			return str_trim(str_c(headers[i].value));
	return STR_NONE;
}

struct str http_address(const struct http_exchange *ex)
{
	return str_c(ex->info->remote_addr);
}

int64_t http_body_length(const struct http_exchange *ex)
{
	return ex->length;
}

static size_t min_size(size_t a, int64_t b)
{
	return b < (int64_t)a ? (size_t)b : a;
}

/* civetweb's read returns when the buffer is full, so a fast sender earns larger pieces. */
static size_t piece_size(const struct http_exchange *ex, size_t size)
{
	size_t piece = min_size(PIECE_MAX, ex->read < PIECE_MIN ? PIECE_MIN : ex->read);

	if (size < piece)
		piece = size;
	return ex->length == INT64_MAX ? piece : min_size(piece, ex->length - ex->read);
}

/* mg_read with a deadline: the rate counts only time spent waiting here, not the handler's. */
static int read_piece(struct http_exchange *ex, void *bytes, size_t piece)
{
	int64_t start_ms = clock_mono_ms();
	int64_t due = ex->read + (int64_t)piece;
	int64_t budget_ms = HTTP_GRACE_MS + due * 1000 / ex->server->conf.body_rate_min;
	int n;

	http_watch_deadline(ex->worker, start_ms + budget_ms - ex->waited_ms);
	n = mg_read(ex->connection, bytes, piece);
	http_watch_deadline(ex->worker, HTTP_NEVER);
	ex->waited_ms += clock_mono_ms() - start_ms;
	return n;
}

int http_body_read(struct http_exchange *ex, void *bytes, size_t size)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	int n;

	if (ex->body_failed)
		return ERR_IO;
	if (ex->body_done || size == 0)
		return 0;
	if (ex->expects) {
		ex->expects = false;
		if (!http_write(ex->worker, ex->connection, go_on, sizeof(go_on) - 1)) {
			ex->body_failed = true;
			return ERR_IO;
		}
	}
	n = read_piece(ex, bytes, piece_size(ex, size));
	/* 0 is the end of a chunked body, but only that. */
	if (n < 0 || (n == 0 && ex->length != INT64_MAX)) {
		ex->body_failed = true;
		return ERR_IO;
	}
	ex->read += n;
	ex->body_done = n == 0 || ex->read == ex->length;
	return n;
}

bool http_body_drain(struct http_exchange *ex)
{
	char bytes[PIECE_MIN];

	if (ex->body_done)
		return true;
	if (ex->expects)
		return false;
	/* A chunked body has no known length, but its end may be all that is missing. */
	if (ex->length == INT64_MAX ? ex->read == 0 : ex->length - ex->read > DRAIN_MAX)
		return false;
	for (int64_t start = ex->read; ex->read - start <= DRAIN_MAX;) {
		int n = http_body_read(ex, bytes, sizeof(bytes));

		if (n <= 0)
			return n == 0;
	}
	return false;
}

void http_body_linger(struct http_exchange *ex)
{
	int64_t end_ms = clock_mono_ms() + LINGER_MAX_MS;
	char bytes[PIECE_MIN];

	if (ex->body_done || ex->body_failed || ex->expects)
		return;
	for (int64_t now_ms; (now_ms = clock_mono_ms()) < end_ms;) {
		size_t size = ex->length == INT64_MAX
				      ? sizeof(bytes)
				      : min_size(sizeof(bytes), ex->length - ex->read);
		int n;

		if (size == 0)
			return;
		http_watch_deadline(ex->worker, now_ms + LINGER_PIECE_MS);
		n = mg_read(ex->connection, bytes, size);
		http_watch_deadline(ex->worker, HTTP_NEVER);
		if (n <= 0)
			return;
		ex->read += n;
	}
}
