/* What a request gives to handlers: body, JSON, parameters, cookies, and the reply's parts. A real
 * front receives each request; the check for its path runs where a handler would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/form.h"
#include "gateway/req.h"
#include "tests/unit/gateway_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct gateway gateway;

/* "name=value;" for all fields in order, or the error's name. */
static int show_form(struct req *req, int err, const struct form *form)
{
	req_reply_json(req, 200);
	if (err) {
		buf_add_c(&req->out, err_name(err));
		return 0;
	}
	for (size_t i = 0; i < form->count; i++) {
		buf_add_str(&req->out, form->fields[i].name);
		buf_add_char(&req->out, '=');
		buf_add_str(&req->out, form->fields[i].value);
		buf_add_char(&req->out, ';');
	}
	return 0;
}

static int form_both(struct req *req)
{
	struct form *form = NULL;
	int err = req_form(req, true, true, &form);

	return show_form(req, err, form);
}

static int form_plain(struct req *req)
{
	struct form *form = NULL;
	int err = req_form(req, false, false, &form);

	return show_form(req, err, form);
}

static int query(struct req *req)
{
	struct form *form = NULL;
	int err = req_query(req, &form);

	return show_form(req, err, form);
}

/* Reads twice: the second answer must be the first one. */
static int json(struct req *req)
{
	json_t *value = NULL, *again = NULL;
	int err = req_json(req, &value);

	if (req_json(req, &again) != err || again != value)
		return ERR_INTERNAL;
	return req_reply_text(req, 200, err ? err_name(err) : "json");
}

static int body(struct req *req)
{
	struct str first = STR_NONE, again = STR_NONE;
	int err = req_body(req, &first);

	if (req_body(req, &again) != err || again.p != first.p || again.len != first.len)
		return ERR_INTERNAL;
	if (err)
		return err;
	req_reply_json(req, 200);
	buf_add_i64(&req->out, (int64_t)first.len);
	return 0;
}

static int cookie(struct req *req)
{
	struct str value = req_cookie(req, STR("sid"));

	req_reply_json(req, 200);
	if (value.p)
		buf_addf(&req->out, "[%.*s]", STR_ARG(value));
	return 0;
}

static int param(struct req *req)
{
	int64_t id = 0;
	int err = req_param_id(req, 0, &id);

	if (err)
		return err;
	req_reply_json(req, 200);
	buf_add_i64(&req->out, id);
	return 0;
}

static int headers(struct req *req)
{
	req_add_header(req, "X-Good", STR("yes"));
	req_add_header(req, "X-Split", STR("a\r\nX-Evil: 1"));
	req_add_header(req, "Cache-Control", STR("public"));
	return req_reply_empty(req, 204);
}

static const struct route rows[] = {
	{.method = "POST", .path = "/form", .auth = AUTH_NONE, .handle = form_both},
	{.method = "POST", .path = "/plain", .auth = AUTH_NONE, .handle = form_plain},
	{.method = "GET", .path = "/query", .auth = AUTH_NONE, .handle = query},
	{.method = "POST", .path = "/json", .auth = AUTH_NONE, .handle = json},
	{.method = "POST", .path = "/body", .auth = AUTH_NONE, .handle = body, .body_max = 100000},
	{.method = "GET", .path = "/cookie", .auth = AUTH_NONE, .handle = cookie},
	{.method = "GET", .path = "/param/{id}", .auth = AUTH_NONE, .handle = param},
	{.method = "GET", .path = "/headers", .auth = AUTH_NONE, .handle = headers},
};

static void fail_with(struct req *req, int err)
{
	req->content_type = "text/plain";
	buf_add_c(&req->out, err_name(err));
}

static const struct dialect dialect = {
	.name = "t", .routes = rows, .route_count = COUNT(rows), .fail = fail_with};

static int start(void **state)
{
	static const struct dialect *const dialects[] = {&dialect};

	(void)state;
	kit_gateway_start(&gateway, dialects, 1, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_gateway_stop(&gateway);
	return 0;
}

static struct client_reply ask(const char *line, const char *more, const char *text)
{
	char *request = malloc(strlen(text) + 1000);
	struct client_reply reply;

	if (strncmp(line, "POST", 4) == 0)
		sprintf(request, "%s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s", line,
			more, strlen(text), text);
	else
		sprintf(request, "%s HTTP/1.1\r\nHost: a\r\n%s\r\n", line, more);
	reply = kit_ask(&gateway, request);
	free(request);
	return reply;
}

struct row {
	const char *line, *headers, *text, *want;
};

static void expect_rows(const struct row *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct client_reply reply = ask(cases[i].line, cases[i].headers, cases[i].text);

		if (strcmp(reply.body, cases[i].want) != 0)
			fail_msg("%s %s: %s\n got %s\nwant %s", cases[i].line, cases[i].headers,
				cases[i].text, reply.body, cases[i].want);
		client_reply_free(&reply);
	}
}

#define URLENCODED "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON "Content-Type: application/json; charset=utf-8\r\n"
#define MULTIPART "Content-Type: multipart/form-data; boundary=b\r\n"

static void merges_parameters(void **state)
{
	static const struct row cases[] = {
		{"POST /form?a=1", URLENCODED, "b=2", "a=1;b=2;"},
		{"POST /form?a=1", URLENCODED, "a=2", "a=1;a=2;"},
		{"POST /form", "", "a=x+y%21", "a=x y!;"},
		{"POST /form", "Content-Type: APPLICATION/x-www-form-urlencoded;x=y\r\n", "a=1", "a=1;"},
		{"POST /form", URLENCODED, "", ""},
		{"POST /form", URLENCODED, "a=%ff", "invalid"},
		{"POST /form?a=%00", "", "", "invalid"},
		{"POST /form", MULTIPART,
			"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n", "a=1;"},
		{"POST /form", MULTIPART, "--b\r\nContent-Disposition: form-data", "invalid"},
		{"POST /form", JSON, "{\"a\":\"x\",\"b\":7,\"c\":true,\"d\":1.5,\"e\":null}",
			"a=x;b=7;c=true;d=1.5;"},
		{"POST /form", "", " {\"a\":\"x\"}", "a=x;"},
		{"POST /form", "Content-Type: text/plain\r\n", "{\"a\":false}", "a=false;"},
		{"POST /form", JSON, "{\"a\":[1]}", "invalid"},
		{"POST /form", JSON, "{\"a\":{}}", "invalid"},
		{"POST /form", JSON, "[1]", "invalid"},
		{"POST /form", JSON, "{\"a\":", "invalid"},
		{"POST /form", JSON, "a=1", "invalid"},
		{"POST /plain?a=1", "", "b=2", "b=2;"},
		{"POST /plain", JSON, "{\"a\":1}", "{\"a\":1}=;"},
		{"GET /query?x=1&y=%E4%B8%AD&x=2", "", "", "x=1;y=中;x=2;"},
		{"GET /query", "", "", ""},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void bounds_json_parameters(void **state)
{
	for (int count = FORM_FIELDS_MAX; count <= FORM_FIELDS_MAX + 1; count++) {
		char text[4000] = "{";
		struct client_reply reply;

		(void)state;
		for (int i = 0; i < count; i++)
			sprintf(text + strlen(text), "%s\"k%d\":1", i ? "," : "", i);
		strcat(text, "}");
		reply = ask("POST /form", JSON, text);
		assert_int_equal(strcmp(reply.body, "invalid") == 0, count > FORM_FIELDS_MAX);
		client_reply_free(&reply);
	}
}

static void reads_json(void **state)
{
	static const struct row cases[] = {
		{"POST /json", "", "{\"a\":1}", "json"},
		{"POST /json", "", "3", "json"},
		{"POST /json", "", "", "invalid"},
		{"POST /json", "", "{\"a\":1}x", "invalid"},
		{"POST /json", "", "{\"a\":\"\\ud800\"}", "invalid"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void reads_bodies(void **state)
{
	static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 99999, 100000, 100001};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *text = calloc(1, sizes[i] + 1), want[20];
		struct client_reply reply;

		memset(text, 'x', sizes[i]);
		reply = ask("POST /body", "", text);
		snprintf(want, sizeof(want), "%zu", sizes[i]);
		if (sizes[i] > 100000)
			assert_int_equal(reply.status, 413);
		else
			assert_string_equal(reply.body, want);
		client_reply_free(&reply);
		free(text);
	}
}

static void reads_cookies(void **state)
{
	static const struct row cases[] = {
		{"GET /cookie", "Cookie: sid=abc\r\n", "", "[abc]"},
		{"GET /cookie", "Cookie: a=1; sid=abc; b=2\r\n", "", "[abc]"},
		{"GET /cookie", "Cookie: a=1;sid=\"abc\"\r\n", "", "[abc]"},
		{"GET /cookie", "Cookie: sid=a=b\r\n", "", "[a=b]"},
		{"GET /cookie", "Cookie: sid=1; sid=2\r\n", "", "[1]"},
		{"GET /cookie", "Cookie: sid=\r\n", "", "[]"},
		{"GET /cookie", "Cookie: xsid=1; SID=2; sid\r\n", "", ""},
		{"GET /cookie", "Cookie: =; ; ;=x\r\n", "", ""},
		{"GET /cookie", "", "", ""},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void reads_ids(void **state)
{
	static const struct row cases[] = {
		{"GET /param/12345678", "", "", "12345678"},
		{"GET /param/1", "", "", "1"},
		{"GET /param/999999999999999999", "", "", "999999999999999999"},
		{"GET /param/1000000000000000000", "", "", "not_found"},
		{"GET /param/0", "", "", "not_found"},
		{"GET /param/01", "", "", "not_found"},
		{"GET /param/-1", "", "", "not_found"},
		{"GET /param/1x", "", "", "not_found"},
		{"GET /param/%20", "", "", "not_found"},
	};

	(void)state;
	expect_rows(cases, COUNT(cases));
}

static void adds_headers(void **state)
{
	struct client_reply reply = ask("GET /headers", "", "");

	(void)state;
	assert_int_equal(reply.status, 204);
	assert_string_equal(client_header(&reply, "X-Good"), "yes");
	assert_string_equal(client_header(&reply, "Cache-Control"), "public");
	assert_null(client_header(&reply, "X-Split"));
	assert_null(client_header(&reply, "X-Evil"));
	assert_null(client_header(&reply, "Content-Type"));
	client_reply_free(&reply);
	reply = ask("GET /cookie", "", "");
	assert_string_equal(client_header(&reply, "Cache-Control"), "no-store");
	assert_string_equal(client_header(&reply, "Content-Type"), "application/json; charset=utf-8");
	client_reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_parameters),
		cmocka_unit_test(bounds_json_parameters),
		cmocka_unit_test(reads_json),
		cmocka_unit_test(reads_bodies),
		cmocka_unit_test(reads_cookies),
		cmocka_unit_test(reads_ids),
		cmocka_unit_test(adds_headers),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
