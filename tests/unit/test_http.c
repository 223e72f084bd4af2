/* The fence, bodies and replies of the HTTP front, by a real server and raw sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/http.h"
#include "tests/unit/http_client.h"

#define HOST "Host: a\r\n"
#define LONG_BODY (3 * 1024 * 1024)

static struct http_server *server;
static int port;
static atomic_int served;
static atomic_int refused;
static char *long_body;

static void echo(struct http_exchange *ex)
{
	static const struct str headers = STR_INIT("Content-Type: text/plain\r\nX-Echo: yes\r\n");
	char *bytes = malloc(LONG_BODY + 1);
	size_t len = 0;
	int n;

	while ((n = http_body_read(ex, bytes + len, LONG_BODY + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		http_reply(ex, 400, STR_NONE, STR("broken body"));
	else
		http_reply(ex, 200, headers, (struct str){bytes, len});
	free(bytes);
}

static void on_request(void *arg, struct http_exchange *ex)
{
	struct str path = http_path(ex);

	assert_ptr_equal(arg, &served);
	atomic_fetch_add(&served, 1);
	if (str_eq(path, STR("/echo")))
		echo(ex);
	else if (str_eq(path, STR("/unread")))
		http_reply(ex, 403, STR_NONE, STR("no"));
	else if (str_eq(path, STR("/long")))
		http_reply(ex, 200, STR_NONE, (struct str){long_body, LONG_BODY});
	else if (str_eq(path, STR("/empty")))
		http_reply(ex, 204, STR_NONE, STR("not to be sent"));
	else if (str_eq(path, STR("/query")))
		http_reply(ex, 200, STR_NONE, http_query(ex));
	else if (str_eq(path, STR("/header")))
		http_reply(ex, 200, STR_NONE, http_header(ex, "x-test"));
	else if (str_eq(path, STR("/address")))
		http_reply(ex, 200, STR_NONE, http_address(ex));
	else if (!str_eq(path, STR("/silent")))
		http_reply(ex, 200, STR_NONE, path);
}

static void on_refused(void *arg, int status)
{
	assert_ptr_equal(arg, &served);
	assert_in_range(status, 400, 599);
	atomic_fetch_add(&refused, 1);
}

static int start(void **state)
{
	const struct http_conf conf = {.listen = "127.0.0.1",
		.threads = 16,
		.header_timeout_ms = 10000,
		.body_rate_min = 4096,
		.arg = &served,
		.on_request = on_request,
		.on_refused = on_refused};

	(void)state;
	long_body = malloc(LONG_BODY);
	for (size_t i = 0; i < LONG_BODY; i++)
		long_body[i] = (char)('a' + i % 23);
	if (http_start(&conf, &server) != 0)
		return -1;
	port = http_port(server);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_stop(server);
	free(long_body);
	return 0;
}

struct fence_row {
	const char *name;
	struct str bytes;
	int status;
};

#define ROW(name_, status_, bytes_)                                                                \
	{                                                                                          \
		name_, STR_INIT(bytes_), status_                                                   \
	}

static const struct fence_row passing[] = {
	ROW("plain", 200, "GET / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("no blank before a value", 200, "GET / HTTP/1.1\r\nHost:a\r\n\r\n"),
	ROW("blanks around a length", 200,
		"POST / HTTP/1.1\r\n" HOST "Content-Length:  1 \r\n\r\nx"),
	ROW("empty value", 200, "GET / HTTP/1.1\r\n" HOST "X:\r\n\r\n"),
	ROW("1.0", 200, "GET / HTTP/1.0\r\n" HOST "\r\n"),
	ROW("OPTIONS", 200,
		"OPTIONS / HTTP/1.1\r\n" HOST "Origin: http://x\r\n"
		"Access-Control-Request-Method: GET\r\n\r\n"),
	ROW("DELETE", 200, "DELETE /x HTTP/1.1\r\n" HOST "\r\n"),
	ROW("upgrade", 200,
		"GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
	ROW("host with port", 200, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
	ROW("bytes above ASCII in a value", 200,
		"GET / HTTP/1.1\r\n" HOST "User-Agent: \xc3\xa9\r\n\r\n"),
};

static const struct fence_row refused_rows[] = {
	ROW("no Host", 400, "GET / HTTP/1.1\r\nX: a\r\n\r\n"),
	ROW("no header", 400, "GET / HTTP/1.1\r\n\r\n"),
	ROW("two Hosts", 400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
	ROW("two Hosts, other case", 400, "GET / HTTP/1.1\r\n" HOST "hOST: b\r\n\r\n"),
	ROW("empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	ROW("two words in Host", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
	ROW("path in Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	ROW("two lengths", 400,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
	ROW("list of lengths", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\nx"),
	ROW("signed length", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\nx"),
	ROW("negative length", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\nx"),
	ROW("hex length", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\nx"),
	ROW("word for a length", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: one\r\n\r\nx"),
	ROW("empty length", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nx"),
	ROW("length over 63 bits", 400,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n"),
	ROW("length that wraps", 400,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\nx"),
	ROW("length and chunked", 400,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	ROW("chunked and length", 400,
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
		"Content-Length: 5\r\n\r\n0\r\n\r\n"),
	ROW("identity", 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"),
	ROW("gzip, chunked", 400,
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	ROW("chunked twice", 400,
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	ROW("identity, then chunked", 400,
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	ROW("chunked in 1.0", 400,
		"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	ROW("blank before a colon", 400, "POST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\nx"),
	ROW("folded line", 400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"),
	ROW("folded first line", 400, "GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n"),
	ROW("hidden header after a bad line", 400,
		"POST / HTTP/1.1\r\n" HOST "\xff: a\r\nContent-Length: 1\r\n\r\nx"),
	ROW("empty name", 400, "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"),
	ROW("name that is no token", 400, "GET / HTTP/1.1\r\n" HOST "X(): a\r\n\r\n"),
	ROW("line without colon", 400, "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"),
	ROW("bare LF after the request line", 400, "GET / HTTP/1.1\n" HOST "\r\n"),
	ROW("bare LF after a header", 400, "GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n"),
	ROW("bare LFs at the end", 400, "GET / HTTP/1.1\r\n" HOST "X: a\n\n"),
	ROW("bare LFs only", 400, "GET / HTTP/1.1\nHost: a\n\n"),
	ROW("bare CR in a header", 400, "GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n"),
	ROW("bare CR after the request line", 400, "GET / HTTP/1.1\r" HOST "\r\n"),
	ROW("two line ends after the request line", 400, "GET / HTTP/1.1\r\n\n" HOST "\r\n"),
	ROW("line end inside the request line", 400, "GET \r\n/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("two blanks in the request line", 400, "GET  / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("two blanks before the version", 400, "GET /?q  HTTP/1.1\r\n" HOST "\r\n"),
	ROW("blank line before", 400, "\r\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("two blank lines before", 400, "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("blank before the method", 400, " GET / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("tab in a header", 400, "GET / HTTP/1.1\r\n" HOST "X: a\tb\r\n\r\n"),
	ROW("NUL in a header", 400, "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
	ROW("NUL in the path", 400, "GET /a\0b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded NUL", 400, "GET /a%00b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded LF", 400, "GET /a%0Ab HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded DEL", 400, "GET /a%7fb HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded C1 control", 400, "GET /a%c2%85b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded slash", 400, "GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded slash, small", 400, "GET /a%2fb HTTP/1.1\r\n" HOST "\r\n"),
	ROW("encoded backslash", 400, "GET /a%5Cb HTTP/1.1\r\n" HOST "\r\n"),
	ROW("backslash", 400, "GET /a\\b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("one hex digit", 400, "GET /a%2 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("no hex digit", 400, "GET /a% HTTP/1.1\r\n" HOST "\r\n"),
	ROW("no hex digits", 400, "GET /a%zz HTTP/1.1\r\n" HOST "\r\n"),
	ROW("half an escape before a query", 400, "GET /a%2?f HTTP/1.1\r\n" HOST "\r\n"),
	ROW("invalid UTF-8", 400, "GET /%ff HTTP/1.1\r\n" HOST "\r\n"),
	ROW("overlong UTF-8", 400, "GET /%c0%af HTTP/1.1\r\n" HOST "\r\n"),
	ROW("surrogate", 400, "GET /%ed%a0%80 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("raw UTF-8", 400, "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("HTTP/2.0", 400, "GET / HTTP/2.0\r\n" HOST "\r\n"),
	ROW("HTTP/1.2", 400, "GET / HTTP/1.2\r\n" HOST "\r\n"),
	ROW("HTTP/0.9", 400, "GET /\r\n\r\n"),
	ROW("another protocol", 400, "GET / FTP/1.1\r\n" HOST "\r\n"),
	ROW("another protocol, bare version", 400, "GET / 1.1\r\n" HOST "\r\n"),
	ROW("absolute form", 400, "GET http://a/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("absolute form, no path", 400, "GET http://a HTTP/1.1\r\n" HOST "\r\n"),
	ROW("asterisk", 400, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	ROW("authority form", 400, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("relative path", 400, "GET a HTTP/1.1\r\n" HOST "\r\n"),
	ROW("unknown method", 501, "BREW / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("TRACE", 501, "TRACE / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("small method", 501, "get / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("other expectation", 417,
		"POST / HTTP/1.1\r\n" HOST "Expect: cake\r\nContent-Length: 1\r\n\r\nx"),
	ROW("TLS", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
};

static void fence_lets_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		int before = atomic_load(&served);

		print_message("%s\n", passing[i].name);
		assert_int_equal(client_status(port, passing[i].bytes), passing[i].status);
		assert_int_equal(atomic_load(&served), before + 1);
	}
}

/* One reply, which says that it closes, is a problem document, and is the last. */
static void assert_refusal(struct str bytes, int status)
{
	int before_served = atomic_load(&served);
	int before_refused = atomic_load(&refused);
	int fd = client_connect(port);
	struct client_reply reply;

	client_send(fd, bytes);
	reply = client_receive(fd, true);
	assert_int_equal(reply.status, status);
	assert_string_equal(client_header(&reply, "Connection"), "close");
	assert_string_equal(client_header(&reply, "Content-Type"), "application/problem+json");
	assert_null(client_header(&reply, "Server"));
	assert_ptr_equal(strstr(reply.body, "{\"status\":"), reply.body);
	assert_true(client_is_closed(fd));
	assert_int_equal(atomic_load(&served), before_served);
	assert_int_equal(atomic_load(&refused), before_refused + 1);
	client_reply_free(&reply);
	close(fd);
}

static void fence_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		print_message("%s\n", refused_rows[i].name);
		assert_refusal(refused_rows[i].bytes, refused_rows[i].status);
	}
}

/* The same after a good request on the same connection: other bytes stand in the buffer then. */
static void fence_refuses_the_second_too(void **state)
{
	static const struct str good = STR_INIT("GET /first HTTP/1.1\r\n" HOST "X: y\r\n\r\n");

	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		int fd = client_connect(port);
		struct client_reply reply;

		print_message("%s\n", refused_rows[i].name);
		client_send(fd, good);
		reply = client_receive(fd, true);
		assert_int_equal(reply.status, 200);
		client_reply_free(&reply);
		client_send(fd, refused_rows[i].bytes);
		reply = client_receive(fd, true);
		assert_int_equal(reply.status, refused_rows[i].status);
		assert_true(client_is_closed(fd));
		client_reply_free(&reply);
		close(fd);
	}
}

static void many_headers(void **state)
{
	char bytes[4096];

	(void)state;
	for (int count = 62; count <= 66; count++) {
		size_t len = (size_t)snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\n" HOST);

		for (int i = 1; i < count; i++)
			len += (size_t)snprintf(
				bytes + len, sizeof(bytes) - len, "X-%d: %d\r\n", i, i);
		len += (size_t)snprintf(bytes + len, sizeof(bytes) - len, "\r\n");
		assert_int_equal(
			client_status(port, (struct str){bytes, len}), count < 64 ? 200 : 400);
	}
}

static void long_heads(void **state)
{
	static const struct {
		size_t path_len, header_len;
		int status;
	} rows[] = {
		{2048, 1, 200}, {2049, 1, 414}, {1, 16000, 200}, {1, 16384, 400}, {16384, 1, 400}};
	char *fill = malloc(16384);
	char *bytes = malloc(65536);

	(void)state;
	assert_true(fill && bytes);
	memset(fill, 'x', 16384);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int len = snprintf(bytes, 65536, "GET /%.*s HTTP/1.1\r\n" HOST "X: %.*s\r\n\r\n",
			(int)rows[i].path_len - 1, fill, (int)rows[i].header_len, fill);

		assert_int_equal(
			client_status(port, (struct str){bytes, (size_t)len}), rows[i].status);
	}
	free(bytes);
	free(fill);
}

static void assert_reply(int fd, int status, const char *body)
{
	struct client_reply reply = client_receive(fd, true);

	assert_int_equal(reply.status, status);
	assert_string_equal(reply.body, body);
	client_reply_free(&reply);
}

static void requests_are_told_rightly(void **state)
{
	static const struct {
		const char *request;
		const char *body;
	} rows[] = {
		{"GET /a/../b/./c//d HTTP/1.1\r\n" HOST "\r\n", "/a/../b/./c//d"},
		{"GET /%e4%bd%a0+%20%25%41 HTTP/1.1\r\n" HOST "\r\n", "/\xe4\xbd\xa0+ %A"},
		{"GET /trailing/?x HTTP/1.1\r\n" HOST "\r\n", "/trailing/"},
		{"GET /query?a=%2F&b?c HTTP/1.1\r\n" HOST "\r\n", "a=%2F&b?c"},
		{"GET /header HTTP/1.1\r\n" HOST "X-Test: 1\r\nX-TEST: 2  \r\nX-Tes: 3\r\n\r\n",
			"2"},
		{"GET /header HTTP/1.1\r\n" HOST "\r\n", ""},
		{"GET /address HTTP/1.1\r\n" HOST "\r\n", "127.0.0.1"},
		{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "abc"},
		{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", ""},
		{"POST /echo HTTP/1.1\r\n" HOST "\r\n", ""},
		{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
		 "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
			"abc0123456789"},
	};
	int fd = client_connect(port);

	/* All on one connection: each reply must leave it clean for the next. */
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_send(fd, str_c(rows[i].request));
		assert_reply(fd, 200, rows[i].body);
	}
	/* And once more, all of them sent before the first reply is read. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		client_send(fd, str_c(rows[i].request));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_reply(fd, 200, rows[i].body);
	close(fd);
}

static void connections_end_as_said(void **state)
{
	static const struct {
		const char *request;
		bool keep;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", true},
		{"GET / HTTP/1.0\r\n" HOST "\r\n", false},
		{"GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n", true},
		{"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" HOST "Connection: Keep-Alive, TE\r\n\r\n", true},
		{"GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" HOST "Connection: k\r\n\r\n", false},
		{"GET / HTTP/1.1\r\n" HOST
		 "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
			false},
		{"GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", false},
		{"GET /silent HTTP/1.1\r\n" HOST "\r\n", true},
		{"POST /unread HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde", true},
		{"POST /unread HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\nabcde", false},
		{"POST /unread HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
			false},
		{"POST /unread HTTP/1.1\r\n" HOST
		 "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
			false},
		{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
			false},
		{"POST /echo HTTP/1.1\r\n" HOST
		 "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\na",
			false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = client_connect(port);
		struct client_reply reply;

		print_message("%s", rows[i].request);
		client_send(fd, str_c(rows[i].request));
		reply = client_receive(fd, true);
		assert_string_equal(
			client_header(&reply, "Connection"), rows[i].keep ? "keep-alive" : "close");
		if (rows[i].keep) {
			client_send(fd, STR("GET /again HTTP/1.1\r\n" HOST "\r\n"));
			assert_reply(fd, 200, "/again");
		} else {
			assert_true(client_is_closed(fd));
		}
		client_reply_free(&reply);
		close(fd);
	}
}

static void replies_without_body(void **state)
{
	int fd = client_connect(port);
	struct client_reply reply;

	(void)state;
	client_send(fd, STR("HEAD /abc HTTP/1.1\r\n" HOST "\r\nGET /empty HTTP/1.1\r\n" HOST "\r\n"
			    "GET /silent HTTP/1.1\r\n" HOST "\r\n"));
	reply = client_receive(fd, false);
	assert_int_equal(reply.status, 200);
	assert_string_equal(client_header(&reply, "Content-Length"), "4");
	assert_int_equal(strlen(client_header(&reply, "Date")), 29);
	client_reply_free(&reply);
	reply = client_receive(fd, true);
	assert_int_equal(reply.status, 204);
	assert_null(client_header(&reply, "Content-Length"));
	client_reply_free(&reply);
	assert_reply(fd, 500, "");
	close(fd);
}

static void bodies_of_all_sizes(void **state)
{
	static const size_t sizes[] = {1, 100, 3800, 4000, 16383, 16384, 70000, LONG_BODY};
	int fd = client_connect(port);
	struct client_reply reply;
	char head[128];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(head, sizeof(head),
			"POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", sizes[i]);
		client_send(fd, str_c(head));
		client_send(fd, (struct str){long_body, sizes[i]});
		reply = client_receive(fd, true);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.body_len, sizes[i]);
		assert_memory_equal(reply.body, long_body, sizes[i]);
		assert_string_equal(client_header(&reply, "X-Echo"), "yes");
		client_reply_free(&reply);
	}
	client_send(fd, STR("GET /long HTTP/1.1\r\n" HOST "\r\n"));
	reply = client_receive(fd, true);
	assert_int_equal(reply.body_len, LONG_BODY);
	assert_memory_equal(reply.body, long_body, LONG_BODY);
	client_reply_free(&reply);
	close(fd);
}

static void waits_for_continue(void **state)
{
	int fd = client_connect(port);

	(void)state;
	client_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST
			    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
	for (const char *p = "HTTP/1.1 100 Continue\r\n\r\n"; *p; p++) {
		char byte;

		assert_int_equal(recv(fd, &byte, 1, 0), 1);
		assert_int_equal(byte, *p);
	}
	client_send(fd, STR("abc"));
	assert_reply(fd, 200, "abc");
	/* A client of 1.0 does not know it. */
	client_send(fd, STR("POST /echo HTTP/1.0\r\n" HOST
			    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"));
	assert_reply(fd, 200, "abc");
	close(fd);
}

/* A reply that comes before the body was read must not be lost to a reset. */
static void early_reply_arrives(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		int fd = client_connect(port);

		client_send(fd,
			STR("POST /unread HTTP/1.1\r\n" HOST "Content-Length: 3145728\r\n\r\n"));
		client_send(fd, (struct str){long_body, LONG_BODY});
		assert_reply(fd, 403, "no");
		close(fd);
	}
}

static void client_that_vanishes_does_no_harm(void **state)
{
	static const char *const requests[] = {
		"",
		"GET / HT",
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
		"GET /long HTTP/1.1\r\n" HOST "\r\n",
	};
	struct linger reset = {1, 0};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(requests) / sizeof(requests[0]); i++) {
		int fd = client_connect(port);

		client_send(fd, str_c(requests[i / 2]));
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	assert_int_equal(client_status(port, STR("GET / HTTP/1.1\r\n" HOST "\r\n")), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fence_lets_pass),
		cmocka_unit_test(fence_refuses),
		cmocka_unit_test(fence_refuses_the_second_too),
		cmocka_unit_test(many_headers),
		cmocka_unit_test(long_heads),
		cmocka_unit_test(requests_are_told_rightly),
		cmocka_unit_test(connections_end_as_said),
		cmocka_unit_test(replies_without_body),
		cmocka_unit_test(bodies_of_all_sizes),
		cmocka_unit_test(waits_for_continue),
		cmocka_unit_test(early_reply_arrives),
		cmocka_unit_test(client_that_vanishes_does_no_harm),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
