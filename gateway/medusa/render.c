#include <assert.h>

#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

/* Whether an error means that what the client sent does not fit, or that we are at fault. One row
 * for each of ERR_LIST: an error without one does not compile. */
enum meaning { MEANS_FAULT, MEANS_WRONG };
#define MEANING_INTERNAL MEANS_FAULT
#define MEANING_NOMEM MEANS_FAULT
#define MEANING_INVALID MEANS_WRONG
#define MEANING_PROTOCOL MEANS_FAULT
#define MEANING_NOT_FOUND MEANS_WRONG
#define MEANING_TAKEN MEANS_WRONG
#define MEANING_DENIED MEANS_WRONG
#define MEANING_UNAUTHENTICATED MEANS_WRONG
#define MEANING_UNAVAILABLE MEANS_FAULT
#define MEANING_BUSY MEANS_FAULT
#define MEANING_DEADLINE MEANS_FAULT
#define MEANING_LIMITED MEANS_WRONG
#define MEANING_TOO_LARGE MEANS_FAULT
#define MEANING_IO MEANS_FAULT
#define MEANING_UNKNOWN_ACCOUNT MEANS_WRONG
#define MEANING_BAD_CREDENTIALS MEANS_WRONG
#define MEANING_NOT_NORMAL MEANS_WRONG
#define MEANING_WEAK_PASSWORD MEANS_WRONG
#define MEANING_EXISTS MEANS_WRONG
#define MEANING_NO_METHOD MEANS_FAULT
#define MEANING_CONFLICT MEANS_WRONG
#define MEANING_BAD_CODE MEANS_WRONG
#define MEANING_TOTP_REQUIRED MEANS_WRONG
#define MEANING_BAD_JSON MEANS_FAULT
#define MEANING_MEDIA_TYPE MEANS_FAULT
#define MEANING_METHOD MEANS_FAULT

#define MEANING_ROW(code, name, wire, text) [-(code)] = MEANING_##name,
static const enum meaning meanings[] = {ERR_LIST(MEANING_ROW)};
#define MEANING_COUNT(code, name, wire, text) +1
static_assert(sizeof(meanings) / sizeof(meanings[0]) == 1 ERR_LIST(MEANING_COUNT),
	"error codes have no gaps");

static const struct medusa_word unreadable = {169, "自己去看报错日志！"};

static void begin(struct req *req, int status)
{
	req->out.len = 0; /* a reply that had been begun */
	req_reply_json(req, status);
}

static void add(struct req *req, const struct medusa_word *word)
{
	buf_add_c(&req->out, "{\"message\":");
	buf_add_json(&req->out, str_c(word->message));
	buf_addf(&req->out, ",\"code\":%d}", word->code);
}

int medusa_say(struct req *req, const struct medusa_word *word)
{
	begin(req, 200);
	add(req, word);
	return 0;
}

int medusa_refuse(struct req *req, int err, const struct medusa_word *wrong)
{
	if (err < 0 && (size_t)-err < sizeof(meanings) / sizeof(meanings[0]) &&
		meanings[-err] == MEANS_WRONG)
		return medusa_say(req, wrong);
	return err;
}

void medusa_fail(struct req *req, int err)
{
	begin(req, req->status ? req->status : 200);
	if (err != ERR_INVALID && req->route && req->route->failure)
		buf_add_c(&req->out, req->route->failure);
	else
		add(req, &unreadable);
}

bool medusa_wrong_method(struct req *req)
{
	static const struct medusa_word post = {500, "请使用Post请求"};
	static const struct medusa_word get = {500, "请使用GET请求"};

	if (!str_starts(req->path, STR("/api/")))
		return false;
	medusa_say(req, str_starts(req->path, STR("/api/get_")) ? &get : &post);
	return true;
}
