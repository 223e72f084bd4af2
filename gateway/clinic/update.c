/* POST /user/updatemyinfo: profile and password in one, all or nothing. */
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/rpc/auth_api.h"
#include "gateway/clinic/clinic.h"
#include "gateway/form.h"
#include "gateway/gateway.h"
#include "gateway/req.h"

#define AGE_MAX 150

/* What the page shows in place of the password, and what a client that hashes makes of it:
 * printf '******' | sha256sum */
static const struct str masks[] = {
	STR_INIT("******"),
	STR_INIT("2efb1047074f7a387fa60c82d2b05bc742cfaf8163ccbb2012cb61108f87fa4f"),
};

static const struct {
	struct str word;
	int sex;
} sexes[] = {
	{STR_INIT("M"), SEX_MALE},
	{STR_INIT("Male"), SEX_MALE},
	{STR_INIT("男"), SEX_MALE},
	{STR_INIT("F"), SEX_FEMALE},
	{STR_INIT("Female"), SEX_FEMALE},
	{STR_INIT("女"), SEX_FEMALE},
	{STR_INIT("O"), SEX_UNKNOWN},
	{STR_INIT("Other"), SEX_UNKNOWN},
};

static int read_sex(const struct form *form, int *ret_sex)
{
	struct str word = form_value(form, STR("sex"));

	for (size_t i = 0; i < sizeof(sexes) / sizeof(sexes[0]); i++) {
		if (str_eq(word, sexes[i].word)) {
			*ret_sex = sexes[i].sex;
			return 0;
		}
	}
	return ERR_INVALID;
}

static int read_age(const struct form *form, struct opt_int *ret_age)
{
	struct str text = form_value(form, STR("age"));
	int64_t age;

	if (!str_is_digits(text) || str_to_i64(text, &age) || age > AGE_MAX)
		return ERR_INVALID;
	*ret_age = (struct opt_int){.set = true, .value = age};
	return 0;
}

/* Must be there, but may be empty: that clears the value. */
static int read_clearable(const struct form *form, const char *name, ptrdiff_t max,
	struct str *ret_text)
{
	struct str text = form_value(form, str_c(name));

	if (!text.p || str_chars(text) > max)
		return ERR_INVALID;
	*ret_text = text;
	return 0;
}

/* ret_password is absent when it shall stay. */
static int read_password(const struct form *form, struct str *ret_password)
{
	struct str password;
	int rc = clinic_text(form, "password", CLINIC_PASSWORD_MAX, &password);

	if (rc)
		return rc;
	*ret_password = password;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		if (str_eq(password, masks[i]))
			*ret_password = STR_NONE;
	}
	return 0;
}

static int read_form(const struct form *form, struct user_update_in *ret_profile,
	struct str *ret_password)
{
	struct user_update_in profile = {0};
	int rc = clinic_text(form, "username", CLINIC_USERNAME_MAX, &profile.username);

	if (rc == 0)
		rc = read_password(form, ret_password);
	if (rc == 0)
		rc = read_age(form, &profile.age);
	if (rc == 0)
		rc = read_sex(form, &profile.sex);
	if (rc == 0)
		rc = read_clearable(form, "email", CLINIC_EMAIL_MAX, &profile.email);
	if (rc == 0)
		rc = read_clearable(form, "uid", CLINIC_UID_MAX, &profile.wechat);
	if (rc == 0)
		rc = read_clearable(
			form, "description", CLINIC_DESCRIPTION_MAX, &profile.description);
	/* 1 brings a picture, for which there is no store yet: refused as a whole, see README.md. */
	if (rc == 0 && !str_eq(form_value(form, STR("ifChangeImage")), STR("0")))
		rc = ERR_INVALID;
	if (rc == 0)
		*ret_profile = profile;
	return rc;
}

static struct str or_empty(struct str text)
{
	return text.p ? text : STR("");
}

/* Puts back what update() changed, whatever is left of the request's own time. */
static void restore(struct req *req, const struct user_account *old)
{
	struct user_update_in in = {
		.username = or_empty(old->username),
		.age = old->age,
		.no_age = !old->age.set,
		.sex = old->sex,
		.email = or_empty(old->email),
		.wechat = or_empty(old->wechat),
		.description = or_empty(old->description),
	};
	struct user_update_out out;
	struct call call = req->call;
	int rc;

	call.deadline_us = clock_now_us() + GATEWAY_CALL_MS * INT64_C(1000);
	rc = call_user_update(&call, &in, &out);
	if (rc)
		log_event(LOG_ERROR, req->call.request_id, "profile could not be put back",
			LOG_INT("account", old->id), LOG_STR("error", str_c(err_name(rc))));
}

static int update(struct req *req, const struct user_update_in *profile, struct str password)
{
	struct auth_password_in in = {.new_password = password, .policy = POLICY_OPAQUE};
	struct auth_password_out done;
	struct user_get_out old;
	struct user_update_out changed;
	int rc = call_user_get(&req->call, &(struct user_get_in){.id = req->session.account}, &old);

	if (rc == 0)
		rc = call_user_update(&req->call, profile, &changed);
	if (rc || !password.p)
		return rc;
	rc = call_auth_password(&req->call, &in, &done);
	if (rc)
		restore(req, &old.account);
	return rc;
}

int clinic_updatemyinfo(struct req *req)
{
	struct user_update_in profile;
	struct str password;
	struct form *form;
	int rc = clinic_upload(req, &form);

	if (rc == 0)
		rc = read_form(form, &profile, &password);
	if (rc == 0)
		rc = update(req, &profile, password);
	if (rc)
		return rc;
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"status\":true,\"id\":");
	buf_add_i64(&req->out, req->session.account);
	buf_add_char(&req->out, '}');
	return 0;
}
