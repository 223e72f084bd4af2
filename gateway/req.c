#include "gateway/req.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "gateway/gateway.h"
#include "gateway/http.h"

#define REQ_HEADERS_MAX (16 * 1024)
#define BODY_FIRST ((size_t)8 * 1024)
#define TRACEPARENT_LEN 55 /* 00-<32 hex>-<16 hex>-<2 hex> */
#define ID_DIGITS_MAX 18

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

static bool is_zero(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

/* W3C Trace Context, 3.2: what is not in this form is not passed on. */
static bool traceparent_check(struct str s)
{
	struct str trace = str_sub(s, 3, 32), span = str_sub(s, 36, 16);

	return s.len == TRACEPARENT_LEN && str_starts(s, STR("00-")) && s.p[35] == '-' &&
		s.p[52] == '-' && is_hex(trace) && is_hex(span) && is_hex(str_sub(s, 53, 2)) &&
		!is_zero(trace) && !is_zero(span);
}

static int identify(struct req *req)
{
	struct str id = req_header(req, "X-Request-Id");
	struct str trace = req_header(req, "traceparent");
	char *made;

	if (traceparent_check(trace))
		req->call.traceparent = trace;
	if (id.p && id_request_check(id) == 0) {
		req->call.request_id = id;
		return 0;
	}
	made = arena_alloc(req->arena, ID_REQUEST_LEN + 1);
	if (!made)
		return ERR_NOMEM;
	id_request(made);
	req->call.request_id = (struct str){made, ID_REQUEST_LEN};
	return 0;
}

int req_init(struct req *req, struct gateway *gateway, struct http_exchange *http,
	struct arena *arena)
{
	*req = (struct req){
		.gateway = gateway,
		.http = http,
		.arena = arena,
		.method = http_method(http),
		.path = http_path(http),
		.call = {
			.arena = arena,
			.services = gateway->services,
			.caller = {.kind = CALLER_ANYONE, .address = http_address(http)},
			.deadline_us = clock_now_us() + GATEWAY_CALL_MS * INT64_C(1000),
		},
	};
	buf_init(&req->headers, arena, REQ_HEADERS_MAX);
	buf_init(&req->out, arena, REQ_REPLY_MAX);
	return identify(req);
}

void req_done(struct req *req)
{
	json_decref(req->json);
	req->json = NULL;
}

/* Reads until the end, or until `size` bytes are there: ERR_TOO_LARGE when more would come. */
static int read_up_to(struct req *req, size_t limit, size_t first)
{
	size_t cap = first < limit + 1 ? first : limit + 1;
	char *bytes = arena_alloc(req->arena, cap);
	size_t len = 0;
	int n;

	if (!bytes)
		return ERR_NOMEM;
	while ((n = http_body_read(req->http, bytes + len, cap - len)) > 0) {
		len += (size_t)n;
		if (len > limit)
			return ERR_TOO_LARGE;
		if (len == cap) {
			size_t more = cap * 2 < limit + 1 ? cap * 2 : limit + 1;

			bytes = arena_grow(req->arena, bytes, cap, more);
			if (!bytes)
				return ERR_NOMEM;
			cap = more;
		}
	}
	req->body = (struct str){bytes, len};
	return n;
}

static int body_load(struct req *req)
{
	int64_t limit = req->route && req->route->body_max ? req->route->body_max : ROUTE_BODY_MAX;
	int64_t length = http_body_length(req->http);

	if (length < 0) {
		req->body = STR("");
		return 0;
	}
	if (length == INT64_MAX)
		return read_up_to(req, (size_t)limit, BODY_FIRST);
	if (length > limit)
		return ERR_TOO_LARGE;
	/* One byte more than announced, so that the end is seen without growing. */
	return read_up_to(req, (size_t)limit, (size_t)length + 1);
}

int req_body(struct req *req, struct str *ret_body)
{
	if (!req->body_read) {
		req->body_read = true;
		req->body_err = body_load(req);
	}
	if (req->body_err)
		return req->body_err;
	*ret_body = req->body;
	return 0;
}

int req_json(struct req *req, json_t **ret_value)
{
	struct str body;
	int err = req_body(req, &body);

	if (err)
		return err;
	if (!req->json) {
		err = json_parse(body, &req->json);
		if (err)
			return err;
	}
	*ret_value = req->json;
	return 0;
}

struct str req_header(const struct req *req, const char *name)
{
	return http_header(req->http, name);
}

struct str req_cookie(const struct req *req, struct str name)
{
	struct str rest = req_header(req, "Cookie"), pair, key;

	while (str_cut(&rest, ';', &pair)) {
		struct str value = pair;

		if (!str_cut(&value, '=', &key) || !value.p || !str_eq(str_trim(key), name))
			continue;
		value = str_trim(value);
		if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
			value = str_sub(value, 1, value.len - 2);
		return value;
	}
	return STR_NONE;
}

int req_param_id(const struct req *req, size_t index, int64_t *ret_id)
{
	struct str text = index < ROUTE_PARAMS_MAX ? req->params[index] : STR_NONE;

	if (!str_is_digits(text) || text.len > ID_DIGITS_MAX || text.p[0] == '0')
		return ERR_NOT_FOUND;
	return str_to_i64(text, ret_id) ? ERR_NOT_FOUND : 0;
}

static bool has_control(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return true;
	return false;
}

void req_add_header(struct req *req, const char *name, struct str value)
{
	if (has_control(value))
		return;
	buf_add_c(&req->headers, name);
	buf_add_c(&req->headers, ": ");
	buf_add_str(&req->headers, value);
	buf_add_c(&req->headers, "\r\n");
}

void req_reply_json(struct req *req, int status)
{
	req->status = status;
	req->content_type = "application/json; charset=utf-8";
}

int req_reply_text(struct req *req, int status, const char *json)
{
	req_reply_json(req, status);
	buf_add_c(&req->out, json);
	return 0;
}

int req_reply_empty(struct req *req, int status)
{
	req->status = status;
	req->content_type = NULL;
	return 0;
}
