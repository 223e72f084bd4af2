#include "common/rpc/auth_api.h"
#include "gateway/flow.h"
#include "gateway/form.h"
#include "gateway/friendlive/friendlive.h"
#include "gateway/req.h"

/* Whose number it is: the cookie's, or for clients without cookies the one they name. */
static int find_number(struct req *req, const struct form *form, struct str *ret_number)
{
	struct str named = form_value(form, STR("userId"));
	struct friendlive_ticket ticket;
	bool has_ticket = friendlive_ticket_get(req, &ticket);

	if (named.len && !friendlive_is_number(named))
		return ERR_INVALID;
	if (has_ticket && named.len && !str_eq(named, ticket.number))
		return ERR_INVALID;
	if (!has_ticket && !named.len)
		return ERR_INVALID;
	*ret_number = has_ticket ? ticket.number : named;
	return 0;
}

static int read_password(const struct form *form, struct str *ret_password)
{
	struct str text = form_value(form, STR("password"));
	ptrdiff_t chars = str_chars(text);
	bool has_letter = false, has_digit = false;

	for (size_t i = 0; i < text.len; i++) {
		char lower = (char)(text.p[i] | 0x20);

		has_letter = has_letter || (lower >= 'a' && lower <= 'z');
		has_digit = has_digit || (text.p[i] >= '0' && text.p[i] <= '9');
	}
	if (chars < FRIENDLIVE_PASSWORD_MIN || chars > FRIENDLIVE_PASSWORD_MAX || !has_letter ||
		!has_digit)
		return ERR_INVALID;
	*ret_password = text;
	return 0;
}

/* Pictures come with /upload, so there is none yet that could be named. */
static int read_profile(const struct form *form, struct auth_register_in *in)
{
	struct str gender = form_value(form, STR("gender"));
	struct str nickname = form_value(form, STR("nickname"));

	if (form_value(form, STR("headImage")).len)
		return ERR_INVALID;
	if (str_eq(gender, STR("0")))
		in->sex = SEX_FEMALE;
	else if (str_eq(gender, STR("1")))
		in->sex = SEX_MALE;
	else if (gender.len)
		return ERR_INVALID;
	if (str_chars(nickname) > FRIENDLIVE_NICKNAME_MAX)
		return ERR_INVALID;
	if (nickname.len)
		in->display_name = nickname;
	return 0;
}

int friendlive_create(struct req *req, const struct form *form)
{
	struct auth_register_in in = {.policy = POLICY_OPAQUE, .phone_proven = true};
	struct auth_register_out out;
	int rc = find_number(req, form, &in.phone);

	if (!rc)
		rc = read_password(form, &in.password);
	if (!rc)
		rc = read_profile(form, &in);
	if (!rc)
		rc = call_auth_register(&req->call, &in, &out);
	return rc ? rc : friendlive_success(req, STR_NONE);
}

/* Until pictures are stored nothing is one. */
int friendlive_upload(struct req *req)
{
	(void)req;
	return ERR_INVALID;
}

/* Absent: 0, which is QUINTET_SESSION_TTL. A number of any length is clamped. */
static int read_ttl(const struct form *form, int64_t *ret_ttl_s)
{
	struct str text = form_value(form, STR("expire_in"));
	bool negative = str_starts(text, STR("-"));
	struct str digits = negative ? str_sub(text, 1, text.len) : text;
	int64_t value;

	if (!text.len) {
		*ret_ttl_s = 0;
		return 0;
	}
	if (!str_is_digits(digits))
		return ERR_INVALID;
	if (str_to_i64(text, &value))
		value = negative ? 0 : FRIENDLIVE_TTL_MAX_S;
	if (value < FRIENDLIVE_TTL_MIN_S)
		value = FRIENDLIVE_TTL_MIN_S;
	if (value > FRIENDLIVE_TTL_MAX_S)
		value = FRIENDLIVE_TTL_MAX_S;
	*ret_ttl_s = value;
	return 0;
}

/* A password is as long as the account's own dialect allows, not as this one does. */
int friendlive_log(struct req *req)
{
	struct auth_login_in in = {.by = LOGIN_PHONE};
	struct auth_login_out out;
	struct form *form;
	int rc = req_form(req, true, false, &form);

	if (rc)
		return rc;
	in.login = form_value(form, STR("userId"));
	in.password = form_value(form, STR("password"));
	if (!in.login.len || in.login.len > USER_EMAIL_MAX || !in.password.len ||
		in.password.len > AUTH_PASSWORD_MAX)
		return ERR_INVALID;
	rc = read_ttl(form, &in.ttl_s);
	if (!rc)
		rc = call_auth_login(&req->call, &in, &out);
	if (rc == ERR_LIMITED)
		rc = flow_limited(req, in.login, LOGIN_PHONE);
	return rc ? rc : friendlive_success(req, out.token);
}
