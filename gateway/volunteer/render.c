#include <assert.h>

#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

static_assert(ROLE_ADMINISTRATOR == 1 && ROLE_DONOR == 2 && ROLE_VOLUNTEER == 3,
	"volunteer's roles 0-2 are svc-user's, counted from 0");
static_assert(STATUS_NORMAL == 1 && STATUS_FROZEN == 2 && STATUS_DELETED == 3,
	"volunteer's statuses 0-2 are svc-user's, counted from 0");

#define INCORRECT VOLUNTEER_SAY("401", "Incorrect username or password")
#define PERMISSIONS VOLUNTEER_SAY("401", "you don't enough permissions")
#define LOGIN_AGAIN VOLUNTEER_SAY("401", "please login again")

/* What each error says. One row for each of ERR_LIST: an error without one does not compile. */
#define SAYS_INTERNAL VOLUNTEER_FAILURE
#define SAYS_NOMEM VOLUNTEER_FAILURE
#define SAYS_INVALID VOLUNTEER_FAILURE
#define SAYS_PROTOCOL VOLUNTEER_FAILURE
#define SAYS_NOT_FOUND VOLUNTEER_SAY("404", "The target user does not exist")
#define SAYS_TAKEN VOLUNTEER_FAILURE
#define SAYS_DENIED PERMISSIONS
#define SAYS_UNAUTHENTICATED PERMISSIONS
#define SAYS_UNAVAILABLE VOLUNTEER_FAILURE
#define SAYS_BUSY VOLUNTEER_FAILURE
#define SAYS_DEADLINE VOLUNTEER_FAILURE
#define SAYS_LIMITED INCORRECT
#define SAYS_TOO_LARGE VOLUNTEER_FAILURE
#define SAYS_IO VOLUNTEER_FAILURE
#define SAYS_UNKNOWN_ACCOUNT INCORRECT
#define SAYS_BAD_CREDENTIALS INCORRECT
#define SAYS_NOT_NORMAL VOLUNTEER_SAY("403", "Account status is abnormal")
#define SAYS_WEAK_PASSWORD VOLUNTEER_FAILURE
#define SAYS_EXISTS VOLUNTEER_FAILURE
#define SAYS_NO_METHOD VOLUNTEER_FAILURE
#define SAYS_CONFLICT VOLUNTEER_FAILURE
#define SAYS_BAD_CODE VOLUNTEER_FAILURE
#define SAYS_TOTP_REQUIRED INCORRECT
#define SAYS_BAD_JSON VOLUNTEER_FAILURE
#define SAYS_MEDIA_TYPE VOLUNTEER_FAILURE
#define SAYS_METHOD VOLUNTEER_FAILURE

#define SAYS_ROW(code, name, wire, text) [-(code)] = SAYS_##name,
static const char *const says[] = {ERR_LIST(SAYS_ROW)};
#define SAYS_COUNT(code, name, wire, text) +1
static_assert(sizeof(says) / sizeof(says[0]) == 1 ERR_LIST(SAYS_COUNT), "error codes have no gaps");

void volunteer_fail(struct req *req, int err)
{
	const char *text = VOLUNTEER_FAILURE;

	if (err < 0 && (size_t)-err < sizeof(says) / sizeof(says[0]))
		text = says[-err];
	if (err == ERR_UNAUTHENTICATED && req->route->handle == volunteer_changeinformation)
		text = LOGIN_AGAIN;
	req->out.len = 0; /* a reply that had been begun */
	req_reply_text(req, req->status ? req->status : 200, text);
}

void volunteer_begin(struct req *req)
{
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"code\":200,\"msg\":\"\",\"data\":{");
}

int volunteer_end(struct req *req)
{
	buf_add_c(&req->out, "}}");
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

static void add_name(struct req *req, const char *name)
{
	if (req->out.len && req->out.p[req->out.len - 1] != '{')
		buf_add_char(&req->out, ',');
	buf_addf(&req->out, "\"%s\":", name);
}

void volunteer_add_text(struct req *req, const char *name, struct str text)
{
	add_name(req, name);
	buf_add_json(&req->out, text.p ? text : STR(""));
}

void volunteer_add_id(struct req *req, const char *name, int64_t id)
{
	add_name(req, name);
	buf_add_char(&req->out, '"');
	buf_add_i64(&req->out, id);
	buf_add_char(&req->out, '"');
}

struct str volunteer_digit(int choice)
{
	static const char digits[] = "012";

	return choice < 1 || choice > 3 ? STR("") : (struct str){digits + choice - 1, 1};
}
