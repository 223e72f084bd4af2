#include "svc-auth/templates.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define TEXT_MAX 1024

/* In a text, %c is the code and %m for how many minutes it is good. */
struct words {
	const char *sms, *subject, *mail;
};

static const struct words words[][PURPOSE_LOGIN + 1] = {
	[LANGUAGE_ZH] =
		{
			[PURPOSE_REGISTER] =
				{
					"【Quintet】验证码%c，用于注册，%"
					"m分钟内有效。请勿告诉他人。",
					"Quintet 注册验证码",
					"您正在注册 Quintet 账号，验证码：\r\n\r\n    %c\r\n\r\n%m "
					"分钟内有效，请勿告诉他人。如非本人操作，请忽略本邮件。\r"
					"\n",
				},
			[PURPOSE_RESET] =
				{
					"【Quintet】验证码%c，用于重设密码，%"
					"m分钟内有效。如非本人操作，请勿告诉他人。",
					"Quintet 重设密码验证码",
					"您正在重设 Quintet 账号的密码，验证码：\r\n\r\n    "
					"%c\r\n\r\n%m "
					"分钟内有效，请勿告诉他人。如非本人操作，请忽略本邮件，密码"
					"不会改变。\r\n",
				},
			[PURPOSE_VERIFY] =
				{
					"【Quintet】验证码%c，%m分钟内有效。请勿告诉他人。",
					"Quintet 验证码",
					"您的 Quintet 验证码：\r\n\r\n    %c\r\n\r\n%m "
					"分钟内有效，请勿告诉他人。\r\n",
				},
			[PURPOSE_LOGIN] =
				{
					"【Quintet】验证码%c，用于登录，%"
					"m分钟内有效。请勿告诉他人。",
					"Quintet 登录验证码",
					"您正在登录 Quintet，验证码：\r\n\r\n    %c\r\n\r\n%m "
					"分钟内有效，请勿告诉他人。如非本人操作，请立即修改密码。\r"
					"\n",
				},
		},
	[LANGUAGE_EN] =
		{
			[PURPOSE_REGISTER] =
				{
					"[Quintet] %c is your code to register, good for %m "
					"minutes. Do not share it.",
					"Your code to register with Quintet",
					"To finish registering with Quintet, enter this "
					"code:\r\n\r\n    %c\r\n\r\nIt is good for %m minutes. Do "
					"not share it. If this was not you, ignore this mail.\r\n",
				},
			[PURPOSE_RESET] =
				{
					"[Quintet] %c is your code to set a new password, good for "
					"%m minutes. Do not share it.",
					"Your code to set a new Quintet password",
					"To set a new password for Quintet, enter this "
					"code:\r\n\r\n    %c\r\n\r\nIt is good for %m minutes. Do "
					"not share it. If this was not you, ignore this mail: "
					"your\r\npassword stays as it is.\r\n",
				},
			[PURPOSE_VERIFY] =
				{
					"[Quintet] %c is your code, good for %m minutes. Do not "
					"share it.",
					"Your Quintet code",
					"Your Quintet code:\r\n\r\n    %c\r\n\r\nIt is good for %m "
					"minutes. Do not share it.\r\n",
				},
			[PURPOSE_LOGIN] =
				{
					"[Quintet] %c is your code to sign in, good for %m "
					"minutes. Do not share it.",
					"Your code to sign in to Quintet",
					"To sign in to Quintet, enter this code:\r\n\r\n    "
					"%c\r\n\r\nIt is good for %m minutes. Do not share it. If "
					"this was not you, change your password.\r\n",
				},
		},
};

static bool begins(struct str tag, struct str language)
{
	return str_eq_nocase(str_sub(tag, 0, language.len), language) &&
	       (tag.len == language.len || tag.p[language.len] == '-' ||
		       tag.p[language.len] == '_');
}

enum template_language template_language(struct str tag, enum template_language fallback)
{
	if (begins(tag, STR("en")))
		return LANGUAGE_EN;
	return begins(tag, STR("zh")) ? LANGUAGE_ZH : fallback;
}

static struct str fill(const char *template, struct str code, int64_t life_s, struct arena *arena)
{
	struct str rest = str_c(template), part;
	struct buf out;

	buf_init(&out, arena, TEXT_MAX);
	str_cut(&rest, '%', &part);
	buf_add_str(&out, part);
	while (str_cut(&rest, '%', &part)) {
		if (part.p[0] == 'c')
			buf_add_str(&out, code);
		else
			buf_add_i64(&out, life_s / 60);
		buf_add_str(&out, str_sub(part, 1, part.len));
	}
	return buf_failed(&out) ? STR_NONE : buf_str(&out);
}

int template_fill(enum template_language language, enum auth_channel channel,
	enum auth_purpose purpose, struct str code, int64_t life_s, struct arena *arena,
	struct template_text *ret_text)
{
	const struct words *w = &words[language][purpose];
	struct template_text text = {.subject = str_c(w->subject)};

	text.text = fill(channel == CHANNEL_EMAIL ? w->mail : w->sms, code, life_s, arena);
	if (!text.text.p)
		return ERR_NOMEM;
	*ret_text = text;
	return 0;
}
