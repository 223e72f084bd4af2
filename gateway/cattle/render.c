#include <assert.h>

#include "common/base/clock.h"
#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

#define AVATAR_DEFAULT "media/avatars/android/default.png"
#define DATE_MAX 32

/* What each error is to a client. One row for each of ERR_LIST: an error without one does not
 * compile. A deadline or a lost service is a FAILURE_STATUS, too, beside the HTTP status. */
#define SAYS_INTERNAL FAILURE_STATUS
#define SAYS_NOMEM FAILURE_STATUS
#define SAYS_INVALID FAILURE_STATUS
#define SAYS_PROTOCOL FAILURE_STATUS
#define SAYS_NOT_FOUND NULL_USER
#define SAYS_TAKEN FAILURE_STATUS
#define SAYS_DENIED ERROR_NET
#define SAYS_UNAUTHENTICATED ERROR_NET
#define SAYS_UNAVAILABLE FAILURE_STATUS
#define SAYS_BUSY FAILURE_STATUS
#define SAYS_DEADLINE FAILURE_STATUS
#define SAYS_LIMITED FAILURE_STATUS
#define SAYS_TOO_LARGE FAILURE_STATUS
#define SAYS_IO FAILURE_STATUS
#define SAYS_UNKNOWN_ACCOUNT NULL_USER
#define SAYS_BAD_CREDENTIALS ERROR_PASSWORD
#define SAYS_NOT_NORMAL ERROR_PASSWORD
#define SAYS_WEAK_PASSWORD FAILURE_STATUS
#define SAYS_EXISTS EXIST_FRIENDS
#define SAYS_NO_METHOD FAILURE_STATUS
#define SAYS_CONFLICT FAILURE_STATUS
#define SAYS_BAD_CODE FAILURE_STATUS
#define SAYS_TOTP_REQUIRED ERROR_PASSWORD
#define SAYS_BAD_JSON FAILURE_STATUS
#define SAYS_MEDIA_TYPE FAILURE_STATUS
#define SAYS_METHOD FAILURE_STATUS

#define CODE_OF(name) CATTLE_##name
#define SAYS_CODE(name) CODE_OF(name)
#define SAYS_ROW(code, name, wire, text) [-(code)] = SAYS_CODE(SAYS_##name),
static const enum cattle_code says[] = {ERR_LIST(SAYS_ROW)};
#define SAYS_COUNT(code, name, wire, text) +1
static_assert(sizeof(says) / sizeof(says[0]) == 1 ERR_LIST(SAYS_COUNT), "error codes have no gaps");

static const char *name_of(enum cattle_code code)
{
#define NAME_CASE(name, status)                                                                    \
	case status:                                                                               \
		return #name;
	switch (code) {
		CATTLE_CODES(NAME_CASE)
	}
	return "FAILURE_STATUS";
}

static void add_tail(struct req *req, const char *message)
{
	char date[DATE_MAX];

	clock_local(clock_now_us(), "%Y-%m-%dT%H:%M:%S", date, sizeof(date));
	buf_addf(&req->out, ",\"message\":\"%s\",\"date\":\"%s\"}", message, date);
}

static void add_refusal(struct req *req, enum cattle_code code)
{
	req->out.len = 0; /* a reply that had been begun */
	buf_addf(&req->out, "{\"status\":%d,\"result\":[]", (int)code);
	add_tail(req, name_of(code));
}

void cattle_fail(struct req *req, int err)
{
	enum cattle_code code = CATTLE_FAILURE_STATUS;

	if (err < 0 && (size_t)-err < sizeof(says) / sizeof(says[0]))
		code = says[-err];
	req_reply_json(req, req->status ? req->status : 200);
	add_refusal(req, code);
}

int cattle_refuse(struct req *req, enum cattle_code code)
{
	req_reply_json(req, 200);
	add_refusal(req, code);
	return 0;
}

void cattle_begin(struct req *req, enum cattle_code code)
{
	req_reply_json(req, 200);
	buf_addf(&req->out, "{\"status\":%d,\"result\":", (int)code);
}

int cattle_end(struct req *req)
{
	add_tail(req, "ok");
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int cattle_done(struct req *req)
{
	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	buf_add_c(&req->out, "[]");
	return cattle_end(req);
}

struct str cattle_avatar(const struct user_account *account)
{
	struct str path = account->avatar;

	if (path.len == 0)
		return STR(AVATAR_DEFAULT);
	return *path.p == '/' ? str_sub(path, 1, path.len) : path;
}

/* ,"name":"text", with "" for what is absent */
static void add_text(struct req *req, const char *name, struct str text)
{
	buf_addf(&req->out, ",\"%s\":", name);
	buf_add_json(&req->out, text.p ? text : STR(""));
}

void cattle_add_user(struct req *req, const struct user_person *person)
{
	const struct user_account *account = &person->account;
	char date[DATE_MAX];

	clock_local(account->modified, "%Y/%m/%d", date, sizeof(date));
	buf_add_c(&req->out, "{\"id\":\"");
	buf_add_i64(&req->out, account->id);
	buf_add_char(&req->out, '"');
	add_text(req, "username", account->username);
	add_text(req, "phone", account->phone);
	add_text(req, "avatar", cattle_avatar(account));
	add_text(req, "desc", account->description);
	buf_add_c(&req->out, account->sex == SEX_FEMALE ? ",\"sex\":1" : ",\"sex\":0");
	add_text(req, "alias", person->alias);
	buf_add_c(&req->out, ",\"friends\":");
	buf_add_i64(&req->out, person->contacts);
	buf_addf(&req->out, ",\"isFriend\":%s,\"modifyAt\":\"%s\"}",
		person->contact ? "true" : "false", date);
}

void cattle_add_account(struct req *req, const struct user_person *person)
{
	buf_add_c(&req->out, "{\"user\":");
	cattle_add_user(req, person);
	add_text(req, "account", person->account.phone);
	buf_addf(&req->out, ",\"isBind\":%s}", person->bound ? "true" : "false");
}
