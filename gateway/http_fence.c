/*
 * civetweb splits a request in place: it puts NULs over the ends of words and lines and forgets
 * what stood there, takes bare line feeds for line ends, blanks before a colon, a line it does not
 * understand for the end of the headers. Whoever stands before us may read the same bytes
 * otherwise, and then two requests are smuggled as one. What it did can be told from the distances
 * between the words that it leaves; only the two bytes that end the request line could be other
 * than CR LF (a CR or LF, then a CR or blank) without showing.
 */
#include "gateway/http_impl.h"

#include <string.h>
#include <strings.h>

static const bool is_token[256] = {
	['!'] = true,
	['#' ... '\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['^' ... 'z'] = true,
	['|'] = true,
	['~'] = true,
};

/* What the headers say about the message itself. */
struct framing {
	struct str host;
	struct str length;
	struct str encoding;
	struct str connection;
	struct str expect;
	int hosts;
	int lengths;
	int encodings;
	int connections;
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int path_decode(struct http_exchange *ex, struct str raw)
{
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.p[i];

		if (c == '%') {
			int high = i + 2 < raw.len ? hex_value(raw.p[i + 1]) : -1;
			int low = i + 2 < raw.len ? hex_value(raw.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return 400;
			c = (char)(high << 4 | low);
			if (c == '/' || c == '\\' || c == '\0')
				return 400;
			i += 2;
		}
		ex->path_buffer[len++] = c;
	}
	ex->path = (struct str){ex->path_buffer, len};
	return str_chars(ex->path) < 0 || str_has_control(ex->path) ? 400 : 0;
}

/* Without escapes civetweb's reader has let through only 0x21..0x7e. */
static int path_check(struct http_exchange *ex, struct str raw)
{
	if (raw.len == 0 || raw.p[0] != '/' || memchr(raw.p, '\\', raw.len))
		return 400;
	if (raw.len > HTTP_PATH_MAX)
		return 414;
	if (memchr(raw.p, '%', raw.len))
		return path_decode(ex, raw);
	ex->path = raw;
	return 0;
}

/* One blank between the words, nothing before the first, CR LF behind the last. */
static int line_check(struct http_exchange *ex)
{
	const struct mg_request_info *info = ex->info;
	struct http_worker *worker = ex->worker;
	const char *end;

	/* Requests start where civetweb's buffer starts, which malloc aligned. It skips blank lines
	 * before one but miscounts them: the same bytes would be read again as a second request. */
	if ((uintptr_t)info->request_method % 16 != 0 ||
		(worker->base && info->request_method > worker->base))
		return 400;
	worker->base = info->request_method;

	ex->method = str_c(info->request_method);
	ex->query = str_c(info->query_string);
	if (info->request_uri != ex->method.p + ex->method.len + 1)
		return 400;
	end = ex->query.p ? ex->query.p + ex->query.len
			  : info->request_uri + strlen(info->request_uri);
	/* http_version points behind "HTTP/". */
	if (info->http_version != end + 1 + 5 ||
		(strcmp(info->http_version, "1.1") != 0 && strcmp(info->http_version, "1.0") != 0))
		return 400;
	if (info->num_headers < 1 || info->http_headers[0].name != info->http_version + 3 + 2)
		return 400;
	return path_check(ex, str_c(info->request_uri));
}

static void framing_note(struct framing *framing, struct str name, struct str value)
{
	switch (name.p[0] | 0x20) {
	case 'h':
		if (str_eq_nocase(name, STR("host"))) {
			framing->host = value;
			framing->hosts++;
		}
		break;
	case 'c':
		if (str_eq_nocase(name, STR("content-length"))) {
			framing->length = value;
			framing->lengths++;
		} else if (str_eq_nocase(name, STR("connection"))) {
			framing->connection = value;
			framing->connections++;
		}
		break;
	case 't':
		if (str_eq_nocase(name, STR("transfer-encoding"))) {
			framing->encoding = value;
			framing->encodings++;
		}
		break;
	case 'e':
		if (str_eq_nocase(name, STR("expect")))
			framing->expect = value;
		break;
	}
}

/* Each line: name, colon, blanks, value, CR LF; behind the last an empty line. */
static int headers_read(struct http_exchange *ex, struct framing *framing)
{
	const struct mg_request_info *info = ex->info;
	int count = info->num_headers;

	/* civetweb drops what is more. */
	if (count >= MG_MAX_HEADERS)
		return 400;
	for (int i = 0; i < count; i++) {
		struct str name = {info->http_headers[i].name, 0};
		struct str value = str_c(info->http_headers[i].value);
		const char *end = value.p + value.len;

		while (is_token[(unsigned char)name.p[name.len]])
			name.len++;
		if (name.len == 0 || name.p[name.len] != '\0')
			return 400;
		for (const char *p = name.p + name.len + 1; p < value.p; p++)
			if (*p != ' ')
				return 400;
		if (end - ex->method.p > HTTP_HEAD_MAX - 4)
			return 431;
		if (end[1] != '\0')
			return 400;
		if (i + 1 < count ? info->http_headers[i + 1].name != end + 2
				  : end[2] != '\r' || end[3] != '\0')
			return 400;
		framing_note(framing, name, str_trim(value));
	}
	return 0;
}

static bool host_valid(struct str host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!is_token[(unsigned char)host.p[i]] && !strchr(":[]()=,;", host.p[i]))
			return false;
	return host.len > 0;
}

static int length_read(const struct framing *framing, bool chunked_allowed, int64_t *ret_length)
{
	int64_t length = -1;

	if (framing->encodings > 0) {
		if (framing->encodings > 1 || framing->lengths > 0 || !chunked_allowed ||
			!str_eq_nocase(framing->encoding, STR("chunked")))
			return 400;
		length = INT64_MAX;
	} else if (framing->lengths > 0) {
		if (framing->lengths > 1 || !str_is_digits(framing->length) ||
			str_to_i64(framing->length, &length) != 0 || length == INT64_MAX)
			return 400;
	}
	*ret_length = length;
	return 0;
}

/* Never says yes where civetweb would say no: to it any Connection header without "keep-alive"
 * means close, and so does one that asks for an upgrade. */
static bool keep_read(const struct framing *framing, bool http11)
{
	struct str rest = framing->connection;
	struct str word;
	bool keep = false;

	if (framing->connections == 0)
		return http11;
	if (framing->connections > 1)
		return false;
	while (str_cut(&rest, ',', &word)) {
		word = str_trim(word);
		if (str_eq_nocase(word, STR("close")))
			return false;
		if (str_eq_nocase(word, STR("keep-alive")))
			keep = true;
	}
	/* The slice is the middle of a NUL-terminated header. */
	return keep && !strcasestr(framing->connection.p, "upgrade");
}

int http_fence(struct http_exchange *ex)
{
	struct framing framing = {.hosts = 0};
	bool http11;
	int status = line_check(ex);

	if (status == 0)
		status = headers_read(ex, &framing);
	if (status != 0)
		return status;
	http11 = strcmp(ex->info->http_version, "1.1") == 0;
	if (framing.hosts != 1 || !host_valid(framing.host))
		return 400;
	status = length_read(&framing, http11, &ex->length);
	if (status != 0)
		return status;
	ex->body_done = ex->length <= 0;
	ex->keep = keep_read(&framing, http11);
	if (framing.expect.p) {
		if (!str_eq_nocase(framing.expect, STR("100-continue")))
			return 417;
		ex->expects = http11 && !ex->body_done;
	}
	return 0;
}
