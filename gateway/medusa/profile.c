#include "common/rpc/auth_api.h"
#include "gateway/guard.h"
#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

#define AVATAR_DEFAULT "admin.jpg"

static const struct medusa_word illegal = {403, "小宝贝这是非法查询哦(๑•̀ㅂ•́)و✧"};

/* Whether it looks like a token at all: base64url, or three pieces of it in a JWT. */
static bool is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			c != '-' && c != '_' && c != '.')
			return false;
	}
	return text.len > 0 && text.len <= AUTH_TOKEN_MAX;
}

static struct str or_empty(struct str text)
{
	return text.p ? text : STR("");
}

/* A picture is named as the document does, by the last part of its URL. */
static struct str avatar(const struct user_account *account)
{
	struct str rest = account->avatar, part = STR_NONE;

	while (str_cut(&rest, '/', &part))
		;
	return part.len ? part : STR(AVATAR_DEFAULT);
}

static void add_text(struct req *req, const char *key, struct str text)
{
	buf_addf(&req->out, ",\"%s\":", key);
	buf_add_json(&req->out, or_empty(text));
}

static int show(struct req *req)
{
	struct user_get_out me;
	struct user_key_out key;
	int rc = call_user_get(&req->call, &(struct user_get_in){.id = req->session.account}, &me);

	if (!rc)
		rc = call_user_key(&req->call, &(struct user_key_in){0}, &key);
	if (rc)
		return medusa_refuse(req, rc, &illegal);
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"message\":{\"id\":");
	buf_add_i64(&req->out, me.account.id);
	add_text(req, "key", key.key);
	add_text(req, "name", me.account.username);
	add_text(req, "token", req->token);
	add_text(req, "show_name", me.account.display_name);
	add_text(req, "email", me.account.email);
	add_text(req, "avatar", avatar(&me.account));
	buf_add_c(&req->out, "},\"code\":200}");
	return 0;
}

int medusa_user_info(struct req *req)
{
	static const char *const keys[] = {"token"};
	static const struct medusa_word nonsense = {404, "搁着闹呢？"};
	struct str token;
	int rc = medusa_read(req, keys, &token, 1);

	if (rc)
		return rc;
	if (!is_token(token))
		return medusa_say(req, &nonsense);
	rc = guard_session(req);
	if (rc)
		return rc;
	return req->session.account ? show(req) : medusa_say(req, &illegal);
}

int medusa_update_show_name(struct req *req)
{
	static const char *const keys[] = {"token", "new_show_name"};
	static const struct medusa_word done = {200, "好诶！修改成功~"};
	static const struct medusa_word wrong = {404, "输入信息有误重新输入"};
	struct str texts[2];
	struct user_update_in in = {0};
	struct user_update_out out;
	int rc = medusa_read(req, keys, texts, 2);

	if (!rc)
		rc = guard_session(req);
	if (rc)
		return rc;
	if (!req->session.account)
		return medusa_say(req, &illegal);
	in.display_name = texts[1];
	if (!in.display_name.len || str_chars(in.display_name) > USER_NAME_MAX)
		return medusa_say(req, &wrong);
	rc = call_user_update(&req->call, &in, &out);
	if (rc)
		return medusa_refuse(req, rc, rc == ERR_UNAUTHENTICATED ? &illegal : &wrong);
	return medusa_say(req, &done);
}

int medusa_update_key(struct req *req)
{
	static const char *const keys[] = {"token"};
	static const struct medusa_word done = {200, "呐呐呐呐！修改成功了呢~"};
	struct user_key_out out;
	struct str token;
	int rc = medusa_read(req, keys, &token, 1);

	if (!rc)
		rc = guard_session(req);
	if (rc)
		return rc;
	if (!req->session.account)
		return medusa_say(req, &illegal);
	rc = call_user_key(&req->call, &(struct user_key_in){.renew = true}, &out);
	return rc ? medusa_refuse(req, rc, &illegal) : medusa_say(req, &done);
}
