#include "gateway/native/refusal.h"

#include <assert.h>

#include "common/rpc/field_json.h"
#include "gateway/problem.h"
#include "gateway/req.h"

/* One for each row of ERR_LIST: an error without a status does not compile. */
enum http_status {
	HTTP_INTERNAL = 500,
	HTTP_NOMEM = 503,
	HTTP_INVALID = 422,
	HTTP_PROTOCOL = 500,
	HTTP_NOT_FOUND = 404,
	HTTP_TAKEN = 409,
	HTTP_DENIED = 403,
	HTTP_UNAUTHENTICATED = 401,
	HTTP_UNAVAILABLE = 503,
	HTTP_BUSY = 503,
	HTTP_DEADLINE = 503,
	HTTP_LIMITED = 429,
	HTTP_TOO_LARGE = 413,
	HTTP_IO = 503,
	HTTP_UNKNOWN_ACCOUNT = 401,
	HTTP_BAD_CREDENTIALS = 401,
	HTTP_NOT_NORMAL = 403,
	HTTP_WEAK_PASSWORD = 422,
	HTTP_EXISTS = 409,
	HTTP_NO_METHOD = 500,
	HTTP_CONFLICT = 409,
	HTTP_BAD_CODE = 422,
	HTTP_TOTP_REQUIRED = 401,
	HTTP_BAD_JSON = 400,
	HTTP_MEDIA_TYPE = 415,
	HTTP_METHOD = 405,
};

#define STATUS_ROW(code, name, wire, text) [-(code)] = HTTP_##name,
static const int statuses[] = {ERR_LIST(STATUS_ROW)};

#define COUNT_ROW(code, name, wire, text) +1
static_assert(sizeof(statuses) / sizeof(statuses[0]) == 1 ERR_LIST(COUNT_ROW),
	"error codes have no gaps");

static const char *const fault_details[] = {
	[FIELD_OK] = "ill-formed",
	[FIELD_MISSING] = "missing",
	[FIELD_TYPE] = "of the wrong type",
	[FIELD_TOO_LONG] = "too long",
	[FIELD_RANGE] = "out of range",
	[FIELD_UNKNOWN] = "not a known word",
};
static_assert(sizeof(fault_details) / sizeof(fault_details[0]) == FIELD_UNKNOWN + 1,
	"every fault has its words");

int refusal_status(int err)
{
	if (err >= 0 || (size_t)-err >= sizeof(statuses) / sizeof(statuses[0]))
		return HTTP_INTERNAL;
	return statuses[-err];
}

int refusal_field(struct req *req, const char *field, enum field_fault fault)
{
	struct field_problems *problems = req->problems;

	if (!problems) {
		problems = ARENA_NEW(req->arena, struct field_problems);
		if (!problems)
			return ERR_NOMEM;
		req->problems = problems;
	}
	if (problems->count < FIELD_PROBLEMS_MAX)
		problems->items[problems->count++] = (struct field_problem){field, fault};
	return ERR_INVALID;
}

static void add_error(struct buf *out, bool first, struct str field, const char *code,
	const char *detail)
{
	buf_add_c(out, first ? "{\"field\":" : ",{\"field\":");
	buf_add_json(out, field);
	buf_add_c(out, ",\"code\":");
	buf_add_json(out, str_c(code));
	buf_add_c(out, ",\"detail\":");
	buf_add_json(out, str_c(detail));
	buf_add_char(out, '}');
}

/* What the reader of the body found, or else the fields that the service named. */
static void add_errors(struct req *req, int err)
{
	const struct field_problems *problems = req->problems;
	bool named = err == ERR_TAKEN || err == ERR_WEAK_PASSWORD || err == ERR_BAD_CODE;
	const char *code = named ? err_name(err) : "invalid";
	const char *detail = err == ERR_INVALID ? fault_details[FIELD_OK] : err_text(err);

	buf_add_c(&req->out, ",\"errors\":[");
	for (size_t i = 0; problems && i < problems->count; i++) {
		const struct field_problem *item = &problems->items[i];

		add_error(&req->out, i == 0, str_c(item->field), field_fault_name(item->fault),
			fault_details[item->fault]);
	}
	for (size_t i = 0; !problems && i < req->call.field_count; i++)
		add_error(&req->out, i == 0, req->call.fields[i], code, detail);
	buf_add_char(&req->out, ']');
}

/* What a client need not tell apart, or must not: which accounts exist, what broke inside. */
static int shown_as(int err, int status)
{
	if (err == ERR_UNKNOWN_ACCOUNT)
		return ERR_BAD_CREDENTIALS;
	if (status == HTTP_INTERNAL)
		return ERR_INTERNAL;
	return err == ERR_NOMEM || err == ERR_IO ? ERR_UNAVAILABLE : err;
}

static void add_headers(struct req *req, int status)
{
	int64_t seconds = req->call.retry_after_s > 0 ? req->call.retry_after_s : 1;
	struct buf text;

	if (status == HTTP_UNAUTHENTICATED)
		req_add_header(req, "WWW-Authenticate", STR("Bearer"));
	if (status != HTTP_LIMITED)
		return;
	buf_init(&text, req->arena, 32);
	buf_add_i64(&text, seconds);
	req_add_header(req, "Retry-After", buf_str(&text));
}

int refusal_send(struct req *req, int status, int err)
{
	int shown = shown_as(err, status);

	problem_reply(req, status, err_name(shown), err_text(shown));
	add_headers(req, status);
	if (status == HTTP_INVALID || shown == ERR_TAKEN) {
		req->out.len--; /* the brace */
		add_errors(req, shown);
		buf_add_char(&req->out, '}');
	}
	return 0;
}

void refusal_fail(struct req *req, int err)
{
	refusal_send(req, refusal_status(err), err);
}
