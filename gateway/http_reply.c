#include "gateway/http_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define LINES_MAX 192	   /* status line, Date, Connection, Content-Length */
#define STACK_MAX 4096	   /* replies up to this are put together on the stack, */
#define TOGETHER_MAX 65536 /* up to this on the heap, longer ones not at all */

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{206, "Partial Content"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
};

static struct str reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return str_c(reasons[i].text);
	return STR("Status");
}

bool http_write(struct http_worker *worker, struct mg_connection *connection, const void *bytes,
	size_t size)
{
	int64_t budget_ms =
		HTTP_GRACE_MS + (int64_t)size * 1000 / worker->server->conf.body_rate_min;
	int n;

	http_watch_deadline(worker, clock_mono_ms() + budget_ms);
	n = mg_write(connection, bytes, size);
	http_watch_deadline(worker, HTTP_NEVER);
	return n >= 0 && (size_t)n == size;
}

static struct str date_now(struct http_worker *worker)
{
	time_t now = time(NULL);
	struct tm tm;

	if (now != worker->date_time) {
		gmtime_r(&now, &tm);
		strftime(worker->date, sizeof(worker->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		worker->date_time = now;
	}
	return (struct str){worker->date, HTTP_DATE_LEN};
}

static char *put(char *p, struct str s)
{
	if (s.len == 0)
		return p;
	memcpy(p, s.p, s.len);
	return p + s.len;
}

static char *put_number(char *p, size_t number)
{
	char digits[20];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count > 0)
		*p++ = digits[--count];
	return p;
}

/* The lines that are added here: at most LINES_MAX bytes. */
static char *put_lines(char *p, struct http_worker *worker, int status, bool keep, size_t body_len)
{
	p = put(p, STR("HTTP/1.1 "));
	p = put_number(p, (size_t)status);
	p = put(p, STR(" "));
	p = put(p, reason(status));
	p = put(p, STR("\r\nDate: "));
	p = put(p, date_now(worker));
	p = put(p, keep ? STR("\r\nConnection: keep-alive\r\n") : STR("\r\nConnection: close\r\n"));
	if (status != 204 && status != 304 && status >= 200) {
		p = put(p, STR("Content-Length: "));
		p = put_number(p, body_len);
		p = put(p, STR("\r\n"));
	}
	return p;
}

struct message {
	struct http_worker *worker;
	struct mg_connection *connection;
	int status;
	bool keep;
	size_t body_len; /* as announced */
	struct str headers;
	struct str body; /* as sent */
};

static bool write_together(const struct message *m, char *buffer)
{
	char *p = put_lines(buffer, m->worker, m->status, m->keep, m->body_len);

	p = put(put(put(p, m->headers), STR("\r\n")), m->body);
	return http_write(m->worker, m->connection, buffer, (size_t)(p - buffer));
}

static __attribute__((noinline)) bool write_small(const struct message *m)
{
	char buffer[STACK_MAX];

	return write_together(m, buffer);
}

static bool write_message(const struct message *m)
{
	size_t head_len = LINES_MAX + m->headers.len + 2;
	struct message head = *m;
	char *buffer;
	bool done;

	if (head_len + m->body.len <= STACK_MAX)
		return write_small(m);
	if (m->body.len > TOGETHER_MAX) {
		head.body = STR_NONE;
		return write_message(&head) &&
		       http_write(m->worker, m->connection, m->body.p, m->body.len);
	}
	buffer = malloc(head_len + m->body.len);
	if (!buffer)
		return false;
	done = write_together(m, buffer);
	free(buffer);
	return done;
}

void http_reply(struct http_exchange *ex, int status, struct str headers, struct str body)
{
	struct http_server *server = ex->server;
	struct message m = {ex->worker, ex->connection, status, ex->keep, body.len, headers, body};

	if (ex->replied)
		return;
	ex->replied = true;
	if (!http_body_drain(ex) || atomic_load(&server->stopping) ||
		atomic_load(&server->connections) > server->share_max)
		m.keep = false;
	if (status == 204 || status == 304 || str_eq(ex->method, STR("HEAD")))
		m.body = STR_NONE;
	if (!write_message(&m))
		m.keep = false;
	else if (!m.keep)
		http_body_linger(ex);
	if (!m.keep)
		mg_disable_connection_keep_alive(ex->connection);
}

/* The words of problem.h's documents. */
static const char *refusal_code(int status)
{
	switch (status) {
	case 414:
	case 431:
		return "too_large";
	case 417:
		return "expectation_failed";
	case 500:
		return "internal";
	case 501:
		return "not_implemented";
	case 503:
		return "busy";
	default:
		return "bad_request";
	}
}

void http_refuse(struct http_server *server, struct http_worker *worker,
	struct mg_connection *connection, int status)
{
	const struct mg_request_info *info = mg_get_request_info(connection);
	bool bare = info && info->request_method && strcmp(info->request_method, "HEAD") == 0;
	char text[192];
	int len = snprintf(text, sizeof(text),
		"{\"status\":%d,\"code\":\"%s\",\"title\":\"%s\","
		"\"detail\":\"refused before it was routed\"}",
		status, refusal_code(status), reason(status).p);
	struct message m = {
		.worker = worker,
		.connection = connection,
		.status = status,
		.body_len = (size_t)len,
		.headers = status == 503 ? STR("Content-Type: "
					       "application/problem+json\r\nRetry-After: 1\r\n")
					 : STR("Content-Type: application/problem+json\r\n"),
		.body = {text, bare ? 0 : (size_t)len},
	};

	mg_disable_connection_keep_alive(connection);
	if (server->conf.on_refused)
		server->conf.on_refused(server->conf.arg, status);
	write_message(&m);
}
