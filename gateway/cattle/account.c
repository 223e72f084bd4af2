#include "common/rpc/auth_api.h"
#include "gateway/cattle/cattle.h"
#include "gateway/flow.h"
#include "gateway/guard.h"
#include "gateway/req.h"

#define COOKIE_MAX 256

struct entry {
	struct str phone, password;
};

static int read_entry(struct req *req, struct entry *ret_entry)
{
	const json_t *object;
	int rc = cattle_object(req, &object);

	if (rc == 0)
		rc = cattle_number(req, object, "phone", &ret_entry->phone);
	if (rc == 0)
		rc = cattle_text(object, "password", &ret_entry->password);
	return rc;
}

/* The account as its owner sees it. */
static int reply_own(struct req *req, int64_t account)
{
	struct call call = req->call;
	struct user_person_out out;
	int rc;

	call.caller.kind = CALLER_ACCOUNT;
	call.caller.account = account;
	rc = call_user_person(&call, &(struct user_person_in){.id = account}, &out);
	if (rc)
		return rc;
	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	cattle_add_account(req, &out.person);
	return cattle_end(req);
}

/* Has ended before: that is as good. */
static int end_session(struct req *req, int64_t account, struct str session)
{
	struct call call = req->call;
	struct auth_end_out out;
	int rc;

	call.caller.kind = CALLER_ACCOUNT;
	call.caller.account = account;
	call.caller.session = session;
	rc = call_auth_end(&call, &(struct auth_end_in){.session = session}, &out);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static void set_cookie(struct req *req, struct str token, const char *more)
{
	struct buf cookie;

	buf_init(&cookie, req->arena, COOKIE_MAX + AUTH_TOKEN_MAX);
	buf_add_c(&cookie, CATTLE_COOKIE "=");
	buf_add_str(&cookie, token);
	buf_add_c(&cookie, "; Path=/; HttpOnly; SameSite=Lax");
	buf_add_c(&cookie, more);
	req_add_header(req, "Set-Cookie", buf_str(&cookie));
}

/* The new session takes the place of the one that came along, of another account. */
static int enter(struct req *req, int64_t account, struct str token)
{
	int rc = 0;

	if (req->session.account)
		rc = end_session(req, req->session.account, req->session.id);
	if (rc == 0)
		rc = reply_own(req, account);
	if (rc == 0)
		set_cookie(req, token, "");
	return rc;
}

int cattle_register(struct req *req)
{
	struct auth_register_in in = {.policy = POLICY_OPAQUE, .open_session = true};
	struct auth_register_out out;
	struct entry entry;
	enum cattle_code wrong;
	int rc = read_entry(req, &entry);

	if (rc)
		return rc;
	wrong = cattle_check_new(entry.phone, entry.password);
	if (wrong != CATTLE_SUCCESS_STATUS)
		return cattle_refuse(req, wrong);
	in.phone = entry.phone;
	in.password = entry.password;
	rc = guard_session(req);
	if (rc == 0)
		rc = call_auth_register(&req->call, &in, &out);
	if (rc == ERR_TAKEN)
		return cattle_refuse(req, CATTLE_SAME_PHONE);
	return rc ? rc : enter(req, out.account.id, out.token);
}

/* A password is as long as the account's own dialect allows. */
static int sign_in(struct req *req, const struct entry *entry, struct auth_login_out *out)
{
	const struct auth_login_in in = {
		.login = entry->phone, .password = entry->password, .by = LOGIN_PHONE};
	int rc;

	if (entry->phone.len > USER_PHONE_MAX)
		return ERR_UNKNOWN_ACCOUNT;
	rc = entry->password.len > AUTH_PASSWORD_MAX ? ERR_LIMITED
						     : call_auth_login(&req->call, &in, out);
	return rc == ERR_LIMITED ? flow_limited(req, entry->phone, LOGIN_PHONE) : rc;
}

/* Whether it is the same account once more shows only after the password: by then there is a second
 * session, which is given up. */
int cattle_login(struct req *req)
{
	struct auth_login_out out;
	struct entry entry;
	int rc = read_entry(req, &entry);

	if (rc)
		return rc;
	if (entry.password.len == 0)
		return cattle_refuse(req, CATTLE_NULL_PASSWORD);
	if (entry.phone.len == 0)
		return cattle_refuse(req, CATTLE_NULL_PHONE);
	rc = guard_session(req);
	if (rc == 0)
		rc = sign_in(req, &entry, &out);
	if (rc)
		return rc;
	if (out.account.id != req->session.account)
		return enter(req, out.account.id, out.token);
	rc = end_session(req, out.account.id, out.id);
	return rc ? rc : cattle_refuse(req, CATTLE_ERROR_REPEAT_LOGIN);
}

int cattle_out(struct req *req)
{
	int rc = end_session(req, req->session.account, req->session.id);

	if (rc)
		return rc;
	set_cookie(req, STR(""), "; Max-Age=0");
	return cattle_done(req);
}

struct profile {
	struct str user_id, avatar, username, desc, sex;
};

static int read_profile(struct req *req, struct profile *ret_profile)
{
	const json_t *object;
	int rc = cattle_object(req, &object);

	if (rc == 0)
		rc = cattle_number(req, object, "userId", &ret_profile->user_id);
	if (rc == 0)
		rc = cattle_text(object, "avatar", &ret_profile->avatar);
	if (rc == 0)
		rc = cattle_text(object, "username", &ret_profile->username);
	if (rc == 0)
		rc = cattle_text(object, "desc", &ret_profile->desc);
	return rc ? rc : cattle_number(req, object, "sex", &ret_profile->sex);
}

static bool is_caller(const struct req *req, struct str user_id)
{
	int64_t id;

	return str_is_digits(user_id) && *user_id.p != '0' && str_to_i64(user_id, &id) == 0 &&
	       id == req->session.account;
}

/* The forms of a name, and whether it is free, are svc-user's to say, before the picture is looked
 * at. */
static int check_name(struct req *req, struct str username, struct user_account *ret_account,
	enum cattle_code *ret_wrong)
{
	const struct user_update_in in = {.username = username, .only_check = true};
	struct user_update_out out;
	int rc = 0;

	if (username.len == 0)
		*ret_wrong = CATTLE_NULL_USERNAME;
	else if (str_chars(username) > CATTLE_USERNAME_MAX)
		*ret_wrong = CATTLE_FORMAT_ERROR_USER_LENGTH;
	else if ((rc = call_user_update(&req->call, &in, &out)) == 0)
		*ret_account = out.account;
	else if (rc == ERR_INVALID)
		*ret_wrong = CATTLE_ILLEGAL_USERNAME;
	else if (rc == ERR_TAKEN)
		*ret_wrong = CATTLE_SAME_USERNAME;
	return *ret_wrong != CATTLE_SUCCESS_STATUS ? 0 : rc;
}

static int check_profile(
	struct req *req, const struct profile *profile, enum cattle_code *ret_wrong)
{
	struct user_account account = {0};
	int rc;

	if (!is_caller(req, profile->user_id)) {
		*ret_wrong = CATTLE_NULL_USER;
		return 0;
	}
	rc = check_name(req, profile->username, &account, ret_wrong);
	if (rc || *ret_wrong != CATTLE_SUCCESS_STATUS)
		return rc;
	if (profile->avatar.len == 0)
		*ret_wrong = CATTLE_NULL_AVATAR;
	else if (!str_eq(profile->avatar, cattle_avatar(&account)))
		*ret_wrong = CATTLE_FORMAT_ERROR_FILE;
	return 0;
}

int cattle_complete_account(struct req *req)
{
	enum cattle_code wrong = CATTLE_SUCCESS_STATUS;
	struct user_update_in in = {0};
	struct user_update_out out;
	struct profile profile;
	int rc = read_profile(req, &profile);

	if (rc == 0)
		rc = check_profile(req, &profile, &wrong);
	if (rc == 0 && wrong == CATTLE_SUCCESS_STATUS)
		rc = cattle_sex(profile.sex, &in.sex);
	if (rc)
		return rc;
	if (wrong != CATTLE_SUCCESS_STATUS)
		return cattle_refuse(req, wrong);
	in.username = profile.username;
	in.description = profile.desc;
	rc = call_user_update(&req->call, &in, &out);
	if (rc == ERR_TAKEN)
		return cattle_refuse(req, CATTLE_SAME_USERNAME);
	return rc ? rc : reply_own(req, req->session.account);
}
