#include <assert.h>

#include "gateway/clinic/clinic.h"
#include "gateway/form.h"
#include "gateway/req.h"

#define IMAGE_DEFAULT "/image/user/default.png"

/* What each error says to a client; NULL is the route's own failure. One row for each of ERR_LIST: an
 * error without one does not compile. */
#define SAYS_INTERNAL NULL
#define SAYS_NOMEM NULL
#define SAYS_INVALID NULL
#define SAYS_PROTOCOL NULL
#define SAYS_NOT_FOUND NULL
#define SAYS_TAKEN NULL
#define SAYS_DENIED NULL
#define SAYS_UNAUTHENTICATED "{\"status\":\"jwt error\"}"
#define SAYS_UNAVAILABLE NULL
#define SAYS_BUSY NULL
#define SAYS_DEADLINE NULL
#define SAYS_LIMITED NULL
#define SAYS_TOO_LARGE NULL
#define SAYS_IO NULL
#define SAYS_UNKNOWN_ACCOUNT "{\"status\":\"user not found\"}"
#define SAYS_BAD_CREDENTIALS "{\"status\":\"invalid password\"}"
#define SAYS_NOT_NORMAL NULL
#define SAYS_WEAK_PASSWORD NULL
#define SAYS_EXISTS NULL
#define SAYS_NO_METHOD NULL
#define SAYS_CONFLICT NULL
#define SAYS_BAD_CODE NULL
#define SAYS_TOTP_REQUIRED NULL
#define SAYS_BAD_JSON NULL
#define SAYS_MEDIA_TYPE NULL
#define SAYS_METHOD NULL

#define SAYS_ROW(code, name, wire, text) [-(code)] = SAYS_##name,
static const char *const says[] = {ERR_LIST(SAYS_ROW)};
#define SAYS_COUNT(code, name, wire, text) +1
static_assert(sizeof(says) / sizeof(says[0]) == 1 ERR_LIST(SAYS_COUNT), "error codes have no gaps");

void clinic_fail(struct req *req, int err)
{
	const char *text = NULL;

	if (err < 0 && (size_t)-err < sizeof(says) / sizeof(says[0]))
		text = says[-err];
	if (!text)
		text = req->route && req->route->failure ? req->route->failure
							 : "{\"status\":\"error\"}";
	req->out.len = 0; /* a reply that had been begun */
	req_reply_text(req, req->status ? req->status : 200, text);
}

int clinic_text(const struct form *form, const char *name, ptrdiff_t max, struct str *ret_text)
{
	struct str text = form_value(form, str_c(name));

	if (text.len == 0 || str_chars(text) > max)
		return ERR_INVALID;
	*ret_text = text;
	return 0;
}

void clinic_add_text(struct req *req, const char *key, struct str text)
{
	buf_addf(&req->out, ",\"%s\":", key);
	buf_add_json(&req->out, text.p ? text : STR(""));
}

struct str clinic_image(const struct user_account *account)
{
	return account->avatar.p ? account->avatar : STR(IMAGE_DEFAULT);
}

struct str clinic_sex(const struct user_account *account)
{
	switch (account->sex) {
	case SEX_MALE:
		return STR("M");
	case SEX_FEMALE:
		return STR("F");
	default:
		return STR("O");
	}
}
