/* Patterns, and a gateway with a dialect of the test's own behind a real HTTP front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "gateway/check.h"
#include "gateway/guard.h"
#include "gateway/network.h"
#include "gateway/req.h"
#include "gateway/router.h"
#include "tests/unit/gateway_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HOUR_US (3600 * CLOCK_SECOND_US)

static void matches_patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool loose, want;
		const char *params[2];
	} cases[] = {
		{"/", "/", false, true, {0}},
		{"/v1/me", "/v1/me", false, true, {0}},
		{"/v1/me", "/v1/me/", false, false, {0}},
		{"/v1/me", "/v1/m", false, false, {0}},
		{"/v1/me", "/v1/mee", false, false, {0}},
		{"/v1/me", "/V1/me", false, false, {0}},
		{"/v1/me", "/v1/me/", true, true, {0}},
		{"/v1/me", "/v1/me//", true, false, {0}},
		{"/user/login/", "/user/login", false, false, {0}},
		{"/user/login/", "/user/login", true, true, {0}},
		{"/user/login/", "/user/login/", true, true, {0}},
		{"/v1/users/{id}", "/v1/users/7", false, true, {"7"}},
		{"/v1/users/{id}", "/v1/users/7/", false, false, {0}},
		{"/v1/users/{id}", "/v1/users/7/", true, true, {"7"}},
		{"/v1/users/{id}", "/v1/users/", false, false, {0}},
		{"/v1/users/{id}", "/v1/users/", true, false, {0}},
		{"/v1/users/{id}", "/v1/users/7/8", false, false, {0}},
		{"/g/{a}/m/{b}", "/g/1/m/2", false, true, {"1", "2"}},
		{"/g/{a}/m/{b}", "/g/1/n/2", false, false, {0}},
		{"/c/{id}.png", "/c/x.png", false, true, {"x"}},
		{"/c/{id}.png", "/c/.png", false, false, {0}},
		{"/c/{id}.png", "/c/x.pnga", false, false, {0}},
		{"/c/{id}.png", "/c/png", false, false, {0}},
		{"/image/{*}", "/image/user/a.png", false, true, {"user/a.png"}},
		{"/image/{*}", "/image/", false, false, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route route = {.path = cases[i].pattern};
		struct str params[ROUTE_PARAMS_MAX] = {0};

		if (router_match(&route, cases[i].loose, str_c(cases[i].path), params) !=
			cases[i].want)
			fail_msg("%s against %s", cases[i].path, cases[i].pattern);
		for (size_t p = 0; p < COUNT(cases[i].params); p++)
			assert_true(str_eq(params[p], str_c(cases[i].params[p])));
	}
}

static void prefers_the_exact(void **state)
{
	static const struct {
		const char *better, *worse;
	} cases[] = {
		{"/v1/sessions/current", "/v1/sessions/{id}"},
		{"/a/{b}/c", "/a/{b}/{c}"},
		{"/a/b/{c}", "/a/{b}/c"},
		{"/a/{b}", "/a/{*}"},
		{"/a/b", "/{*}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route a = {.path = cases[i].better}, b = {.path = cases[i].worse};

		assert_true(router_beats(&a, &b));
		assert_false(router_beats(&b, &a));
		assert_false(router_beats(&a, &a));
	}
}

static void knows_networks(void **state)
{
	static const struct {
		const char *list, *address;
		bool want;
	} cases[] = {
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "11.1.2.3", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.8", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.200", true},
		{"fd00::/8, 10.0.0.0/9", "fdab::1", true},
		{"fd00::/8, 10.0.0.0/9", "10.127.0.1", true},
		{"fd00::/8, 10.0.0.0/9", "10.128.0.1", false},
		{"0.0.0.0/0", "fdab::1", false},
		{"0.0.0.0/0", "203.0.113.1", true},
		{"10.0.0.0/8", "here", false},
		{"10.0.0.0/8", "", false},
		{"", "10.0.0.1", false},
	};
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8", "fd00::/129", "x", "10.0.0.0/",
		"10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8,x", "10.0.0.0/8x"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (network_list_has(str_c(cases[i].list), str_c(cases[i].address)) != cases[i].want)
			fail_msg("%s in %s", cases[i].address, cases[i].list);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(network_list_check(str_c(bad[i])), ERR_INVALID);
	assert_int_equal(network_list_check(STR("10.0.0.0/8, ::1, fd00::/8")), 0);
	assert_int_equal(network_list_check(STR("")), 0);
	assert_true(network_is_loopback(STR("127.0.0.2")));
	assert_true(network_is_loopback(STR("::1")));
	assert_true(network_is_loopback(STR("::ffff:127.0.0.1")));
	assert_false(network_is_loopback(STR("128.0.0.1")));
}

static void checks_configuration(void **state)
{
	static const char *const origins[] = {
		"https://example.org", "http://127.0.0.1:8080", "app://x", "http://[::1]:80"};
	static const char *const bad_origins[] = {"example.org", "https://", "https://a/", "*",
		"https://a b", "null", "https://a?b", "://a"};
	static const char *const bad_zones[] = {"", "Asia/Nowhere", "../../etc/passwd", "/etc/passwd",
		"Asia", "shanghai"};

	(void)state;
	for (size_t i = 0; i < COUNT(origins); i++)
		assert_int_equal(check_origin(str_c(origins[i])), 0);
	for (size_t i = 0; i < COUNT(bad_origins); i++)
		assert_int_equal(check_origin(str_c(bad_origins[i])), ERR_INVALID);
	assert_int_equal(check_zone(STR("UTC")), 0);
	assert_int_equal(check_zone(STR("Asia/Shanghai")), 0);
	assert_int_equal(check_zone(STR("CST-8")), 0);
	assert_int_equal(check_zone(STR("<+08>-8")), 0);
	for (size_t i = 0; i < COUNT(bad_zones); i++)
		assert_int_equal(check_zone(str_c(bad_zones[i])), ERR_INVALID);
}

/* The test's dialect: a handler says what it saw; errors come from the path. */

static atomic_int handled;

static int say(struct req *req)
{
	atomic_fetch_add(&handled, 1);
	req_reply_json(req, 200);
	buf_addf(&req->out, "%s %.*s|%lld|%lld|%.*s", req->route->path, STR_ARG(req->params[0]),
		(long long)req->call.caller.kind, (long long)req->call.caller.account,
		STR_ARG(req->call.traceparent));
	return 0;
}

static int read_body(struct req *req)
{
	struct str body;
	int err = req_body(req, &body);

	if (err)
		return err;
	req_reply_json(req, 201);
	buf_add_i64(&req->out, (int64_t)body.len);
	return 0;
}

/* The reply and the header were begun before the error and must not be seen. */
static int go_wrong(struct req *req)
{
	int64_t code = 0;

	req_add_header(req, "X-Begun", STR("1"));
	buf_add_c(&req->out, "begun");
	str_to_i64(req->params[0], &code);
	if (code == 12)
		req->call.retry_after_s = 7;
	return (int)-code;
}

static int say_nothing(struct req *req)
{
	(void)req;
	return 0;
}

static int overflow(struct req *req)
{
	req_reply_json(req, 200);
	while (!buf_failed(&req->out))
		buf_add_c(&req->out, "0123456789abcdef0123456789abcdef0123456789abcdef");
	return 0;
}

static int peek(struct req *req)
{
	int err = guard_session(req);

	return err ? err : say(req);
}

static int say_deadline(struct req *req)
{
	req_reply_json(req, 200);
	buf_add_i64(&req->out, (req->call.deadline_us - clock_now_us() + 500000) / 1000000);
	return 0;
}

static const struct route rows[] = {
	{.method = "GET", .path = "/t/open", .auth = AUTH_NONE, .handle = say},
	{.method = "POST", .path = "/t/open", .auth = AUTH_NONE, .handle = read_body},
	{.method = "GET", .path = "/t/item/{id}", .auth = AUTH_NONE, .handle = say},
	{.method = "DELETE", .path = "/t/item/{id}", .auth = AUTH_ACCOUNT, .handle = say},
	{.method = "GET", .path = "/t/item/special", .auth = AUTH_NONE, .handle = say},
	{.method = "GET", .path = "/t/mine", .auth = AUTH_ACCOUNT, .handle = say},
	{.method = "POST", .path = "/t/mine", .auth = AUTH_ACCOUNT, .handle = say},
	{.method = "GET", .path = "/t/admin", .auth = AUTH_ADMIN, .handle = say},
	{.method = "GET", .path = "/t/peek", .auth = AUTH_NONE, .handle = peek},
	{.method = "POST", .path = "/t/peek", .auth = AUTH_NONE, .handle = peek},
	{.method = "GET", .path = "/t/forgot", .handle = say},
	{.method = "GET", .path = "/t/err/{code}", .auth = AUTH_NONE, .handle = go_wrong},
	{.method = "GET", .path = "/t/nothing", .auth = AUTH_NONE, .handle = say_nothing},
	{.method = "GET", .path = "/t/overflow", .auth = AUTH_NONE, .handle = overflow},
	{.method = "POST", .path = "/t/big", .auth = AUTH_NONE, .handle = read_body, .body_max = 200000},
	{.method = "GET", .path = "/t/slow", .auth = AUTH_NONE, .handle = say_deadline, .deadline_ms = 8000},
	{.method = "GET", .path = "/t/quick", .auth = AUTH_NONE, .handle = say_deadline},
};

static struct str token_of(struct req *req)
{
	struct str token = req_header(req, "Token");

	if (token.p)
		return token;
	token = req_cookie(req, STR("sid"));
	req->token_from_cookie = token.p != NULL;
	return token;
}

static void fail_with(struct req *req, int err)
{
	req->content_type = "text/plain";
	buf_addf(&req->out, "fail %s", err_name(err));
}

static const struct dialect dialect = {
	.name = "t",
	.routes = rows,
	.route_count = COUNT(rows),
	.token = token_of,
	.fail = fail_with,
};

static const struct route loose_rows[] = {
	{.method = "POST", .path = "/loose/a/", .auth = AUTH_NONE, .handle = say},
};
static const struct dialect loose = {
	.name = "loose",
	.routes = loose_rows,
	.route_count = 1,
	.loose_slash = true,
	.fail = fail_with,
};

static struct kit_bus bus;
static struct gateway gateway;

static int resolve(const struct auth_resolve_in *in, struct auth_resolve_out *out)
{
	if (str_eq(in->token, STR("down")))
		return ERR_UNAVAILABLE;
	if (!str_eq(in->token, STR("good")) && !str_eq(in->token, STR("admin")))
		return ERR_UNAUTHENTICATED;
	out->account = 10000001;
	out->role = str_eq(in->token, STR("admin")) ? ROLE_ADMINISTRATOR : ROLE_MEMBER;
	out->session = STR("session");
	out->expires = clock_now_us() + HOUR_US;
	return 0;
}

static int start(void **state)
{
	static const struct dialect *const dialects[] = {&dialect, &loose};

	(void)state;
	setenv("QUINTET_CORS_ORIGINS", "https://app.example, http://localhost:3000", 1);
	bus.resolve = resolve;
	kit_bus_start(&bus);
	kit_gateway_start(&gateway, dialects, COUNT(dialects), &bus);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_gateway_stop(&gateway);
	kit_bus_stop(&bus);
	return 0;
}

/* line: "GET /path"; headers: complete lines. */
static struct client_reply ask(const char *line, const char *headers)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: api.example:8080\r\n%s\r\n", line, headers);
	return kit_ask(&gateway, text);
}

static void expect_header(const struct client_reply *reply, const char *name, const char *want)
{
	const char *got = client_header(reply, name);

	if (!want != !got || (want && strcmp(want, got) != 0))
		fail_msg("%s: \"%s\", want \"%s\"", name, got ? got : "(none)", want ? want : "(none)");
}

struct row {
	const char *line, *headers;
	int status;
	const char *body; /* NULL: not looked at */
};

static void expect_rows(const struct row *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct client_reply reply = ask(cases[i].line, cases[i].headers);

		if (reply.status != cases[i].status)
			fail_msg("%s %s: %d, want %d", cases[i].line, cases[i].headers, reply.status,
				cases[i].status);
		if (cases[i].body)
			assert_string_equal(reply.body, cases[i].body);
		assert_non_null(client_header(&reply, "X-Request-Id"));
		expect_header(&reply, "X-Content-Type-Options", "nosniff");
		client_reply_free(&reply);
	}
}

static void finds_routes(void **state)
{
	static const struct row cases[] = {
		{"GET /t/open", "", 200, "/t/open |1|0|"},
		{"GET /t/open?x=1", "", 200, "/t/open |1|0|"},
		{"HEAD /t/open", "", 200, NULL},
		{"GET /t/item/5", "", 200, "/t/item/{id} 5|1|0|"},
		{"GET /t/item/special", "", 200, "/t/item/special |1|0|"},
		{"DELETE /t/item/special", "Token: good\r\n", 200, "/t/item/{id} special|2|10000001|"},
		{"POST /loose/a", "Content-Length: 0\r\n", 200, "/loose/a/ |1|0|"},
		{"POST /loose/a/", "Content-Length: 0\r\n", 200, "/loose/a/ |1|0|"},
		{"GET /t/open/", "", 404, NULL},
		{"GET /t/item/", "", 404, NULL},
		{"GET /nowhere", "", 404,
			"{\"status\":404,\"code\":\"not_found\",\"title\":\"Not Found\","
			"\"detail\":\"there is nothing at this path\"}"},
		{"OPTIONS /nowhere", "", 404, NULL},
		{"PUT /t/open", "Content-Length: 0\r\n", 405,
			"{\"status\":405,\"code\":\"method_not_allowed\",\"title\":\"Method Not "
			"Allowed\",\"detail\":\"see Allow\"}"},
		{"GET /healthz", "", 200, "{\"status\":\"ok\"}"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void names_allowed_methods(void **state)
{
	static const struct {
		const char *line;
		int status;
		const char *allow;
	} cases[] = {
		{"PATCH /t/open", 405, "GET, HEAD, POST, OPTIONS"},
		{"OPTIONS /t/open", 204, "GET, HEAD, POST, OPTIONS"},
		{"OPTIONS /t/item/special", 204, "GET, HEAD, DELETE, OPTIONS"},
		{"GET /loose/a", 405, "POST, OPTIONS"},
		{"HEAD /loose/a", 405, "POST, OPTIONS"},
		{"DELETE /metrics", 405, "GET, HEAD, OPTIONS"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client_reply reply = ask(cases[i].line, "");

		assert_int_equal(reply.status, cases[i].status);
		expect_header(&reply, "Allow", cases[i].allow);
		expect_header(&reply, "Content-Type",
			cases[i].status == 405 ? "application/problem+json" : NULL);
		client_reply_free(&reply);
	}
}

static void authenticates(void **state)
{
	static const struct row cases[] = {
		{"GET /t/mine", "", 200, "fail unauthenticated"},
		{"GET /t/mine", "Token: bad\r\n", 200, "fail unauthenticated"},
		{"GET /t/mine", "Token: down\r\n", 503, "fail unavailable"},
		{"GET /t/mine", "Token: good\r\n", 200, "/t/mine |2|10000001|"},
		{"GET /t/mine", "Token: admin\r\n", 200, "/t/mine |4|10000001|"},
		{"GET /t/admin", "Token: good\r\n", 200, "fail forbidden"},
		{"GET /t/admin", "Token: admin\r\n", 200, "/t/admin |4|10000001|"},
		{"GET /t/open", "Token: bad\r\n", 200, "/t/open |1|0|"},
		{"GET /t/open", "Token: down\r\n", 200, "/t/open |1|0|"},
		{"GET /t/open", "Token: good\r\n", 200, "/t/open |1|0|"},
		{"GET /t/peek", "", 200, "/t/peek |1|0|"},
		{"GET /t/peek", "Token: bad\r\n", 200, "/t/peek |1|0|"},
		{"GET /t/peek", "Token: down\r\n", 503, "fail unavailable"},
		{"GET /t/peek", "Token: good\r\n", 200, "/t/peek |2|10000001|"},
		{"GET /t/forgot", "Token: admin\r\n", 200, "fail forbidden"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

#define COOKIE "Cookie: x=1; sid=good\r\nContent-Length: 0\r\n"

static void asks_cookies_for_an_origin(void **state)
{
	static const char mine[] = "/t/mine |2|10000001|", no[] = "fail forbidden";
	static const struct row cases[] = {
		{"GET /t/mine", COOKIE, 200, mine},
		{"GET /t/mine", COOKIE "Origin: https://evil.example\r\n", 200, mine},
		{"POST /t/mine", COOKIE, 200, no},
		{"POST /t/mine", COOKIE "Origin: null\r\n", 200, no},
		{"POST /t/mine", COOKIE "Origin: https://evil.example\r\n", 200, no},
		{"POST /t/mine", COOKIE "Origin: https://api.example\r\n", 200, no},
		{"POST /t/mine", COOKIE "Origin: https://api.example:8080.evil.example\r\n", 200, no},
		{"POST /t/mine", COOKIE "Origin: api.example:8080\r\n", 200, no},
		{"POST /t/mine", COOKIE "Origin: https://api.example:8080\r\n", 200, mine},
		{"POST /t/mine", COOKIE "Origin: http://API.example:8080\r\n", 200, mine},
		{"POST /t/mine", COOKIE "Origin: https://app.example\r\n", 200, mine},
		{"POST /t/mine", "Token: good\r\nContent-Length: 0\r\n", 200, mine},
		{"POST /t/mine", "Cookie: sid=bad\r\nContent-Length: 0\r\n", 200, "fail unauthenticated"},
		{"POST /t/peek", COOKIE, 200, "/t/peek |1|0|"},
		{"POST /t/peek", COOKIE "Origin: https://app.example\r\n", 200,
			"/t/peek |2|10000001|"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void speaks_cors(void **state)
{
	static const struct {
		const char *line, *headers;
		int status;
		const char *origin, *methods, *expose;
	} cases[] = {
		{"OPTIONS /t/open",
			"Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n", 204,
			"https://app.example", "GET, HEAD, POST, OPTIONS", NULL},
		{"OPTIONS /t/open",
			"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", 204,
			NULL, NULL, NULL},
		{"GET /t/open", "Origin: HTTPS://App.example\r\n", 200, "HTTPS://App.example", NULL,
			"VerificationCodeKey, X-Request-Id, Retry-After, Location"},
		{"GET /t/open", "Origin: https://app.example.evil\r\n", 200, NULL, NULL, NULL},
		{"GET /t/open", "Origin: http://localhost:300\r\n", 200, NULL, NULL, NULL},
		{"GET /t/open", "", 200, NULL, NULL, NULL},
		{"GET /nowhere", "Origin: http://localhost:3000\r\n", 404, "http://localhost:3000", NULL,
			"VerificationCodeKey, X-Request-Id, Retry-After, Location"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client_reply reply = ask(cases[i].line, cases[i].headers);

		assert_int_equal(reply.status, cases[i].status);
		expect_header(&reply, "Vary", "Origin");
		expect_header(&reply, "Access-Control-Allow-Origin", cases[i].origin);
		expect_header(&reply, "Access-Control-Allow-Methods", cases[i].methods);
		expect_header(&reply, "Access-Control-Expose-Headers", cases[i].expose);
		expect_header(&reply, "Access-Control-Allow-Credentials", NULL);
		client_reply_free(&reply);
	}
}

static void turns_errors_into_statuses(void **state)
{
	static const struct {
		const char *path;
		int status;
		const char *retry, *body;
	} cases[] = {
		{"/t/err/1", 500, NULL, "fail internal"},
		{"/t/err/2", 503, "1", "fail no_memory"},
		{"/t/err/3", 200, NULL, "fail invalid"},
		{"/t/err/4", 500, NULL, "fail protocol"},
		{"/t/err/5", 200, NULL, "fail not_found"},
		{"/t/err/9", 503, "1", "fail unavailable"},
		{"/t/err/10", 503, "1", "fail busy"},
		{"/t/err/11", 503, "1", "fail deadline"},
		{"/t/err/12", 200, NULL, "fail too_many_tries"},
		{"/t/err/13", 200, NULL, "fail too_large"},
		{"/t/err/14", 503, "1", "fail io"},
		{"/t/err/20", 500, NULL, "fail no_method"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[64];
		struct client_reply reply;

		snprintf(line, sizeof(line), "GET %s", cases[i].path);
		reply = ask(line, "");
		assert_int_equal(reply.status, cases[i].status);
		assert_string_equal(reply.body, cases[i].body);
		expect_header(&reply, "Retry-After", cases[i].retry);
		expect_header(&reply, "X-Begun", NULL);
		client_reply_free(&reply);
	}
}

static void never_leaves_a_request_without_reply(void **state)
{
	static const struct row cases[] = {{"GET /t/nothing", "", 500, NULL}, {"GET /t/overflow", "", 500, NULL},
		{"GET /t/open", "", 200, "/t/open |1|0|"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client_reply reply = ask(cases[i].line, "");

		assert_int_equal(reply.status, cases[i].status);
		client_reply_free(&reply);
	}
}

static void bounds_bodies(void **state)
{
	static const char too_large[] =
		"{\"status\":413,\"code\":\"too_large\",\"title\":\"Content Too Large\","
		"\"detail\":\"the body is over this path's limit\"}";
	static const struct {
		const char *path;
		size_t len;
		bool chunked;
		int status;
	} cases[] = {
		{"/t/open", 0, false, 201},
		{"/t/open", ROUTE_BODY_MAX, false, 201},
		{"/t/open", ROUTE_BODY_MAX + 1, false, 413},
		{"/t/open", ROUTE_BODY_MAX, true, 201},
		{"/t/open", ROUTE_BODY_MAX + 1, true, 413},
		{"/t/big", 200000, false, 201},
		{"/t/big", 200000, true, 201},
		{"/t/big", 200001, false, 413},
		{"/t/big", 200001, true, 413},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = malloc(cases[i].len + 400), want[32];
		int head = snprintf(text, 300, "POST %s HTTP/1.1\r\nHost: a\r\n", cases[i].path);
		struct client_reply reply;

		if (cases[i].chunked)
			head += snprintf(text + head, 100, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
				cases[i].len);
		else
			head += snprintf(text + head, 100, "Content-Length: %zu\r\n\r\n",
				cases[i].len);
		memset(text + head, 'a', cases[i].len);
		strcpy(text + head + cases[i].len, cases[i].chunked ? "\r\n0\r\n\r\n" : "");
		reply = kit_ask(&gateway, text);
		assert_int_equal(reply.status, cases[i].status);
		snprintf(want, sizeof(want), "%zu", cases[i].len);
		assert_string_equal(reply.body, reply.status == 201 ? want : too_large);
		client_reply_free(&reply);
		free(text);
	}
}

/* Told by its length alone: no byte of the body is sent. */
static void refuses_large_bodies_unread(void **state)
{
	int before = atomic_load(&handled);
	struct client_reply reply = ask("POST /t/mine", "Token: good\r\nContent-Length: 65537\r\n");

	(void)state;
	assert_int_equal(reply.status, 413);
	assert_int_equal(atomic_load(&handled), before);
	client_reply_free(&reply);
}

static void names_requests(void **state)
{
	static const struct {
		const char *given;
		bool kept;
	} cases[] = {
		{"abcd-1234.X_y:z", true},
		{"short", false},
		{"has blank in it", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char headers[100];
		struct client_reply reply;
		const char *id;

		snprintf(headers, sizeof(headers), "X-Request-Id: %s\r\n", cases[i].given);
		reply = ask("GET /nowhere", headers);
		id = client_header(&reply, "X-Request-Id");
		assert_non_null(id);
		assert_int_equal(strcmp(id, cases[i].given) == 0, cases[i].kept);
		assert_true(cases[i].kept || strlen(id) == 32);
		client_reply_free(&reply);
	}
}

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void carries_traces(void **state)
{
	static const struct row cases[] = {
		{"GET /t/open", "traceparent: " TRACE "\r\n", 200, "/t/open |1|0|" TRACE},
		{"GET /t/open", "traceparent: " TRACE "0\r\n", 200, "/t/open |1|0|"},
		{"GET /t/open",
			"traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n", 200,
			"/t/open |1|0|"},
		{"GET /t/open",
			"traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n", 200,
			"/t/open |1|0|"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void gives_time(void **state)
{
	static const struct row cases[] = {
		{"GET /t/quick", "", 200, "3"}, {"GET /t/slow", "", 200, "8"}};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_patterns),
		cmocka_unit_test(prefers_the_exact),
		cmocka_unit_test(knows_networks),
		cmocka_unit_test(checks_configuration),
		cmocka_unit_test(finds_routes),
		cmocka_unit_test(names_allowed_methods),
		cmocka_unit_test(authenticates),
		cmocka_unit_test(asks_cookies_for_an_origin),
		cmocka_unit_test(speaks_cors),
		cmocka_unit_test(turns_errors_into_statuses),
		cmocka_unit_test(never_leaves_a_request_without_reply),
		cmocka_unit_test(bounds_bodies),
		cmocka_unit_test(refuses_large_bodies_unread),
		cmocka_unit_test(names_requests),
		cmocka_unit_test(carries_traces),
		cmocka_unit_test(gives_time),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
