#include "common/rpc/auth_api.h"
#include "gateway/gateway.h"
#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

static const struct medusa_word no_captcha = {504, "验证码或者验证码秘钥不能为空！"};
static const struct medusa_word wrong_captcha = {503, "验证码错误或者过期！"};

/* The operator's secret for a route; empty: the route is off. */
static struct str secret(const struct req *req, const char *key)
{
	return conf_text(req->gateway->conf, key);
}

static bool is_password(struct str text)
{
	return text.len > 0 && str_chars(text) <= MEDUSA_PASSWORD_MAX;
}

static int registered(struct req *req, const struct str texts[])
{
	static const struct medusa_word done = {200, "注册成功"};
	static const struct medusa_word taken = {604, "用户名或邮箱已存在"};
	static const struct medusa_word failed = {603, "注册失败"};
	struct auth_register_in in = {
		.display_name = texts[0],
		.username = texts[1],
		.password = texts[2],
		.email = texts[3],
		.policy = POLICY_OPAQUE,
	};
	struct auth_register_out out;
	int rc;

	if (!is_password(in.password) || str_chars(in.display_name) > USER_NAME_MAX)
		return medusa_say(req, &failed);
	rc = call_auth_register(&req->call, &in, &out);
	if (!rc)
		return medusa_say(req, &done);
	return medusa_refuse(req, rc, rc == ERR_TAKEN ? &taken : &failed);
}

int medusa_registered(struct req *req)
{
	static const char *const keys[] = {"show_name", "username", "passwd", "email", "key"};
	static const struct medusa_word empty_captcha = {505, "验证码或者验证码秘钥不能为空！"};
	static const struct medusa_word bad_captcha = {504, "验证码错误或者过期！"};
	static const struct medusa_word off = {503, "小宝贝你没有开启注册功能哦！！"};
	static const struct medusa_word nothing = {666, "宝贝数据呢？"};
	static const struct medusa_word illegal = {403, "小宝贝这是非法注册哦(๑•̀ㅂ•́)و✧"};
	struct str texts[5], key = secret(req, "QUINTET_MEDUSA_REGISTER_KEY");
	bool passed;
	int rc = medusa_read(req, keys, texts, 5);

	if (!rc)
		rc = medusa_check_captcha(req, &empty_captcha, &bad_captcha, &passed);
	if (rc || !passed)
		return rc;
	if (!key.len)
		return medusa_say(req, &off);
	for (size_t i = 0; i < 5; i++)
		if (!texts[i].len)
			return medusa_say(req, &nothing);
	if (!str_eq_secret(texts[4], key))
		return medusa_say(req, &illegal);
	return registered(req, texts);
}

/* A password is as long as the account's own dialect allows, not as this one does. */
int medusa_login(struct req *req)
{
	static const char *const keys[] = {"username", "passwd"};
	static const struct medusa_word wrong = {604, "账号或密码错误"};
	struct str texts[2];
	struct auth_login_in in = {.by = LOGIN_USERNAME};
	struct auth_login_out out;
	bool passed;
	int rc = medusa_read(req, keys, texts, 2);

	if (!rc)
		rc = medusa_check_captcha(req, &no_captcha, &wrong_captcha, &passed);
	if (rc || !passed)
		return rc;
	in.login = texts[0];
	in.password = texts[1];
	if (!in.login.len || !in.password.len)
		return medusa_say(req, &wrong);
	rc = call_auth_login(&req->call, &in, &out);
	if (rc)
		return medusa_refuse(req, rc, &wrong);
	return medusa_say(req, &(struct medusa_word){200, str_cstr(req->arena, out.token)});
}

int medusa_update_password(struct req *req)
{
	static const char *const keys[] = {"username", "old_passwd", "new_passwd"};
	static const struct medusa_word done = {200, "好耶！修改成功~"};
	static const struct medusa_word wrong = {404, "输入信息有误重新输入"};
	struct str texts[3];
	struct auth_password_by_in in = {.by = LOGIN_USERNAME, .policy = POLICY_OPAQUE};
	struct auth_password_by_out out;
	bool passed;
	int rc = medusa_read(req, keys, texts, 3);

	if (!rc)
		rc = medusa_check_captcha(req, &no_captcha, &wrong_captcha, &passed);
	if (rc || !passed)
		return rc;
	in.login = texts[0];
	in.current = texts[1];
	in.new_password = texts[2];
	if (!in.login.len || !in.current.len || !is_password(in.new_password))
		return medusa_say(req, &wrong);
	rc = call_auth_password_by(&req->call, &in, &out);
	return rc ? medusa_refuse(req, rc, &wrong) : medusa_say(req, &done);
}

static int forget(struct req *req, const struct str texts[])
{
	static const struct medusa_word done = {
		200, "修改成功啦~建议去配置文件中关闭忘记密码功能哦~"};
	static const struct medusa_word nobody = {501, "这个数据你是认真的嘛(。﹏。)"};
	const struct auth_forget_in in = {
		.username = texts[1],
		.new_password = texts[2],
		.email = texts[3],
		.policy = POLICY_OPAQUE,
	};
	struct auth_forget_out out;
	int rc;

	if (!in.username.len || !in.email.len || !is_password(in.new_password))
		return medusa_say(req, &nobody);
	rc = call_auth_forget(&req->call, &in, &out);
	return rc ? medusa_refuse(req, rc, &nobody) : medusa_say(req, &done);
}

int medusa_forget_password(struct req *req)
{
	static const char *const keys[] = {"key", "name", "new_passwd", "email"};
	static const struct medusa_word off = {403, "小宝贝你没有开启忘记密码功能哦(๑•̀ㅂ•́)و✧"};
	static const struct medusa_word mischief = {404, "大黑阔别乱搞，莎莎好怕怕(*/ω＼*)"};
	struct str texts[4], key = secret(req, "QUINTET_MEDUSA_FORGET_KEY");
	bool passed;
	int rc = medusa_read(req, keys, texts, 4);

	if (!rc)
		rc = medusa_check_captcha(req, &no_captcha, &wrong_captcha, &passed);
	if (rc || !passed)
		return rc;
	if (!key.len)
		return medusa_say(req, &off);
	if (!str_eq_secret(texts[0], key))
		return medusa_say(req, &mischief);
	return forget(req, texts);
}
