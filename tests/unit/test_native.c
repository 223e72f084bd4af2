/* What of /v1 needs no service: refusals, cursors, the OpenAPI document, the bearer header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/json.h"
#include "common/rpc/field_json.h"
#include "gateway/flow.h"
#include "gateway/native/cursor.h"
#include "gateway/native/openapi.h"
#include "gateway/native/refusal.h"
#include "gateway/problem.h"
#include "gateway/req.h"
#include "gateway/service.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
	struct arena *arena = arena_new(8 * 1024 * 1024);
	struct req *req = arena ? ARENA_NEW(arena, struct req) : NULL;

	if (!req)
		return -1;
	req->arena = arena;
	buf_init(&req->headers, arena, 4096);
	buf_init(&req->out, arena, 4 * 1024 * 1024);
	*state = req;
	return 0;
}

static int teardown(void **state)
{
	struct req *req = *state;

	arena_free(req->arena);
	return 0;
}

static json_t *parse(struct str text)
{
	json_t *value = NULL;

	assert_int_equal(json_parse(text, &value), 0);
	return value;
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void test_every_error_has_a_status(void **state)
{
	static const int errors[] = {
#define ERR_CODE(code, name, wire, text) ERR_##name,
		ERR_LIST(ERR_CODE)
#undef ERR_CODE
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(errors); i++) {
		int status = refusal_status(errors[i]);

		assert_true(status >= 400 && status <= 503);
		assert_string_not_equal(problem_title(status), "");
	}
	assert_int_equal(refusal_status(0), 500);
	assert_int_equal(refusal_status(-10000), 500);
	assert_int_equal(refusal_status(1), 500);
}

static void test_statuses_of_the_contract(void **state)
{
	static const struct {
		int err, status;
		const char *code;
	} rows[] = {
		{ERR_BAD_JSON, 400, "bad_json"},
		{ERR_UNAUTHENTICATED, 401, "unauthenticated"},
		{ERR_BAD_CREDENTIALS, 401, "bad_credentials"},
		{ERR_UNKNOWN_ACCOUNT, 401, "bad_credentials"},
		{ERR_TOTP_REQUIRED, 401, "totp_required"},
		{ERR_DENIED, 403, "forbidden"},
		{ERR_NOT_NORMAL, 403, "account_not_normal"},
		{ERR_NOT_FOUND, 404, "not_found"},
		{ERR_METHOD, 405, "method_not_allowed"},
		{ERR_TAKEN, 409, "taken"},
		{ERR_TOO_LARGE, 413, "too_large"},
		{ERR_MEDIA_TYPE, 415, "unsupported_media_type"},
		{ERR_INVALID, 422, "invalid"},
		{ERR_BAD_CODE, 422, "bad_code"},
		{ERR_LIMITED, 429, "too_many_tries"},
		{ERR_PROTOCOL, 500, "internal"},
		{ERR_UNAVAILABLE, 503, "unavailable"},
		{ERR_BUSY, 503, "busy"},
		{ERR_IO, 503, "unavailable"},
	};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		json_t *problem;

		refusal_fail(req, rows[i].err);
		problem = parse(buf_str(&req->out));
		assert_int_equal(req->status, rows[i].status);
		assert_string_equal(req->content_type, "application/problem+json");
		assert_int_equal(json_integer_value(json_object_get(problem, "status")),
			rows[i].status);
		assert_string_equal(word(problem, "code"), rows[i].code);
		assert_string_equal(word(problem, "title"), problem_title(rows[i].status));
		word(problem, "detail");
		json_decref(problem);
	}
}

static json_t *error_at(const json_t *problem, size_t index)
{
	json_t *error = json_array_get(json_object_get(problem, "errors"), index);

	assert_non_null(error);
	return error;
}

static void test_faulty_fields_are_named(void **state)
{
	struct req *req = *state;
	json_t *problem;

	assert_int_equal(refusal_field(req, "age", FIELD_RANGE), ERR_INVALID);
	assert_int_equal(refusal_field(req, "sex", FIELD_UNKNOWN), ERR_INVALID);
	for (int i = 0; i < 2 * FIELD_PROBLEMS_MAX; i++)
		refusal_field(req, "more", FIELD_TYPE);
	/* What the reader found goes before what a service said. */
	call_refuse(&req->call, ERR_INVALID, STR("phone"));
	refusal_fail(req, ERR_INVALID);
	problem = parse(buf_str(&req->out));
	assert_int_equal(json_array_size(json_object_get(problem, "errors")), FIELD_PROBLEMS_MAX);
	assert_string_equal(word(error_at(problem, 0), "field"), "age");
	assert_string_equal(word(error_at(problem, 0), "code"), "range");
	assert_string_equal(word(error_at(problem, 1), "code"), "unknown");
	word(error_at(problem, 1), "detail");
	json_decref(problem);
}

static void test_taken_fields_are_named(void **state)
{
	struct req *req = *state;
	json_t *problem;

	call_refuse(&req->call, ERR_TAKEN, STR("username"));
	call_refuse(&req->call, ERR_TAKEN, STR("email"));
	refusal_fail(req, ERR_TAKEN);
	problem = parse(buf_str(&req->out));
	assert_string_equal(word(error_at(problem, 0), "field"), "username");
	assert_string_equal(word(error_at(problem, 1), "field"), "email");
	assert_string_equal(word(error_at(problem, 1), "code"), "taken");
	json_decref(problem);
}

static void test_headers_of_refusals(void **state)
{
	struct req *req = *state;

	refusal_fail(req, ERR_UNAUTHENTICATED);
	assert_true(str_eq(buf_str(&req->headers), STR("WWW-Authenticate: Bearer\r\n")));
	req->headers.len = 0;
	call_refuse_for(&req->call, ERR_LIMITED, 30);
	refusal_fail(req, ERR_LIMITED);
	assert_true(str_eq(buf_str(&req->headers), STR("Retry-After: 30\r\n")));
	req->headers.len = 0;
	assert_int_equal(refusal_send(req, 403, ERR_BAD_CREDENTIALS), 0);
	assert_int_equal(req->status, 403);
	assert_int_equal(req->headers.len, 0);
}

static void test_cursor_comes_back(void **state)
{
	static const int64_t places[] = {0, 1, 12345678, INT64_MAX, INT64_MIN, -1};
	static const unsigned char key[CURSOR_KEY_BYTES] = {7};
	struct req *req = *state;

	for (size_t i = 0; i < LENGTH(places); i++) {
		struct str cursor = cursor_make(key, STR("/v1/users"), places[i], req->arena);
		int64_t after = 5;

		assert_int_equal(cursor.len, CURSOR_LEN);
		assert_int_equal(cursor_read(key, STR("/v1/users"), cursor, &after), 0);
		assert_true(after == places[i]);
	}
}

static void test_cursor_cannot_be_forged(void **state)
{
	static const unsigned char key[CURSOR_KEY_BYTES] = {7}, other[CURSOR_KEY_BYTES] = {8};
	struct req *req = *state;
	struct str list = STR("/v1/users");
	struct str cursor = cursor_make(key, list, 12345678, req->arena);
	int64_t after = 5;

	assert_int_equal(cursor_read(other, list, cursor, &after), ERR_INVALID);
	assert_int_equal(cursor_read(key, STR("/v1/user"), cursor, &after), ERR_INVALID);
	assert_int_equal(cursor_read(key, list, STR_NONE, &after), ERR_INVALID);
	assert_int_equal(cursor_read(key, list, STR(""), &after), ERR_INVALID);
	for (size_t i = 0; i < CURSOR_LEN; i++) {
		char text[CURSOR_LEN];

		assert_int_equal(cursor_read(key, list, str_sub(cursor, 0, i), &after), ERR_INVALID);
		for (int c = 0; c < 256; c++) {
			memcpy(text, cursor.p, CURSOR_LEN);
			if (text[i] == (char)c)
				continue;
			text[i] = (char)c;
			assert_int_equal(cursor_read(key, list, (struct str){text, CURSOR_LEN}, &after),
				ERR_INVALID);
		}
	}
	assert_true(after == 5);
}

static void check_reference(const json_t *document, const char *reference)
{
	static const char prefix[] = "#/components/";
	const json_t *at = json_object_get(document, "components");
	char path[200];
	char *name;

	assert_int_equal(strncmp(reference, prefix, strlen(prefix)), 0);
	assert_true(strlen(reference) < sizeof(path));
	strcpy(path, reference + strlen(prefix));
	name = strchr(path, '/');
	assert_non_null(name);
	*name++ = '\0';
	assert_non_null(json_object_get(json_object_get(at, path), name));
}

/* Every {"$ref": …} below the value leads somewhere. */
static void check_references(const json_t *document, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach(value, key, item) {
		if (strcmp(key, "$ref") == 0)
			check_reference(document, json_string_value(item));
		check_references(document, item);
	}
	json_array_foreach(value, i, item)
		check_references(document, item);
}

static void check_operation(const json_t *paths, const struct route *route)
{
	const json_t *operation;
	char method[16] = "";

	for (size_t i = 0; route->method[i] && i < sizeof(method) - 1; i++)
		method[i] = (char)(route->method[i] + ('a' - 'A'));
	operation = json_object_get(json_object_get(paths, route->path), method);
	if (!operation)
		fail_msg("%s %s is not in the document", route->method, route->path);
	assert_string_equal(word(operation, "summary"), route->doc->summary);
	assert_true((json_object_get(operation, "security") != NULL) == (route->auth == AUTH_NONE));
	assert_true((json_object_get(operation, "requestBody") != NULL) == (route->doc->in != NULL));
}

static void test_openapi_has_every_route(void **state)
{
	static const struct dialect *const dialects[] = {&native_dialect, &service_dialect};
	struct req *req = *state;
	json_t *document, *paths, *item;
	size_t entries = 0, rows = 0;
	const char *path;

	openapi_write(dialects, LENGTH(dialects), &req->out);
	assert_false(buf_failed(&req->out));
	/* Deeper than what json_parse takes from outside. */
	document = json_loadb(req->out.p, req->out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	paths = json_object_get(document, "paths");
	for (size_t i = 0; i < LENGTH(dialects); i++) {
		for (size_t k = 0; k < dialects[i]->route_count; k++, rows++) {
			assert_non_null(dialects[i]->routes[k].doc);
			check_operation(paths, &dialects[i]->routes[k]);
		}
	}
	json_object_foreach(paths, path, item)
		entries += json_object_size(item);
	assert_int_equal(entries, rows);
	check_references(document, document);
	json_decref(document);
}

static void test_openapi_of_too_small_a_buffer(void **state)
{
	static const struct dialect *const dialects[] = {&native_dialect};
	struct req *req = *state;
	struct buf out;

	buf_init(&out, req->arena, 4096);
	openapi_write(dialects, 1, &out);
	assert_true(buf_failed(&out));
}

static void test_bearer(void **state)
{
	static const struct {
		struct str header, token;
	} rows[] = {
		{STR_INIT("Bearer abc"), STR_INIT("abc")},
		{STR_INIT("bEARER \t abc  "), STR_INIT("abc")},
		{STR_INIT("Bearer a b"), STR_INIT("a b")},
		{STR_INIT("Bearer"), {NULL, 0}},
		{STR_INIT("Bearer  "), {NULL, 0}},
		{STR_INIT("Bearerabc"), {NULL, 0}},
		{STR_INIT("Basic abc"), {NULL, 0}},
		{STR_INIT("abc"), {NULL, 0}},
		{STR_INIT(""), {NULL, 0}},
		{{NULL, 0}, {NULL, 0}},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct str token = flow_bearer(rows[i].header);

		assert_true(str_eq(token, rows[i].token));
		assert_true((token.p == NULL) == (rows[i].token.p == NULL));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_error_has_a_status),
		TEST(test_statuses_of_the_contract),
		TEST(test_faulty_fields_are_named),
		TEST(test_taken_fields_are_named),
		TEST(test_headers_of_refusals),
		TEST(test_cursor_comes_back),
		TEST(test_cursor_cannot_be_forged),
		TEST(test_openapi_has_every_route),
		TEST(test_openapi_of_too_small_a_buffer),
		TEST(test_bearer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
