#include <assert.h>

#include "gateway/form.h"
#include "gateway/friendlive/friendlive.h"
#include "gateway/req.h"

#define RESULT(code) "{\"result\":\"" code "\",\"message\":null}"
#define FAILURE_CREATE RESULT("0006")

/* What each error says to a client; NULL is the route's own failure. One row for each of ERR_LIST:
 * an error without one does not compile. */
#define SAYS_INTERNAL NULL
#define SAYS_NOMEM NULL
#define SAYS_INVALID NULL
#define SAYS_PROTOCOL NULL
#define SAYS_NOT_FOUND NULL
#define SAYS_TAKEN RESULT("0001")
#define SAYS_DENIED NULL
#define SAYS_UNAUTHENTICATED NULL
#define SAYS_UNAVAILABLE NULL
#define SAYS_BUSY NULL
#define SAYS_DEADLINE NULL
#define SAYS_LIMITED RESULT("0005")
#define SAYS_TOO_LARGE NULL
#define SAYS_IO NULL
#define SAYS_UNKNOWN_ACCOUNT RESULT("0007")
#define SAYS_BAD_CREDENTIALS RESULT("0008")
#define SAYS_NOT_NORMAL RESULT("0008")
#define SAYS_WEAK_PASSWORD NULL
#define SAYS_EXISTS NULL
#define SAYS_NO_METHOD NULL
#define SAYS_CONFLICT NULL
#define SAYS_BAD_CODE RESULT("0004")
#define SAYS_TOTP_REQUIRED RESULT("0008")
#define SAYS_BAD_JSON NULL
#define SAYS_MEDIA_TYPE NULL
#define SAYS_METHOD NULL

#define SAYS_ROW(code, name, wire, text) [-(code)] = SAYS_##name,
static const char *const says[] = {ERR_LIST(SAYS_ROW)};
#define SAYS_COUNT(code, name, wire, text) +1
static_assert(sizeof(says) / sizeof(says[0]) == 1 ERR_LIST(SAYS_COUNT), "error codes have no gaps");

bool friendlive_is_create(const struct form *form)
{
	return str_eq(form_value(form, STR("register")), STR("1"));
}

/* Two routes in one: which of them was meant is known as far as the request can be read. */
static bool was_create(struct req *req)
{
	struct form *form;

	if (!req->route || req->route->handle != friendlive_register)
		return false;
	return (req_form(req, true, false, &form) == 0 || req_query(req, &form) == 0) &&
	       friendlive_is_create(form);
}

void friendlive_fail(struct req *req, int err)
{
	const char *text = NULL;

	if (was_create(req))
		text = FAILURE_CREATE;
	else if (err < 0 && (size_t)-err < sizeof(says) / sizeof(says[0]))
		text = says[-err];
	if (!text)
		text = req->route && req->route->failure ? req->route->failure : RESULT("0002");
	req->out.len = 0; /* a reply that had been begun */
	req_reply_text(req, req->status ? req->status : 200, text);
}

int friendlive_success(struct req *req, struct str message)
{
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"result\":\"0000\",\"message\":");
	if (message.p)
		buf_add_json(&req->out, message);
	else
		buf_add_c(&req->out, "null");
	buf_add_char(&req->out, '}');
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

bool friendlive_is_number(struct str text)
{
	return text.len == 11 && str_is_digits(text) && text.p[0] == '1' && text.p[1] >= '3';
}
