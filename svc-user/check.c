#include "svc-user/check.h"

#include <string.h>

#include "common/base/err.h"
#include "common/rpc/call.h"
#include "common/rpc/server.h"
#include "svc-user/store.h"

/* Blanks as keyboards type them: the plain, the no-break and the ideographic one. */
static const struct str blanks[] = {STR_INIT(" "), STR_INIT("\xc2\xa0"), STR_INIT("\xe3\x80\x80")};

static bool has_blank_end(struct str s)
{
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		struct str blank = blanks[i];

		if (s.len < blank.len)
			continue;
		if (str_starts(s, blank) || str_eq(str_sub(s, s.len - blank.len, blank.len), blank))
			return true;
	}
	return false;
}

bool user_check_username(struct str name)
{
	ptrdiff_t chars = str_chars(name);

	return chars >= 1 && chars <= USER_USERNAME_MAX && !str_has_control(name) &&
	       str_find(name, '@') < 0 && !has_blank_end(name) && !str_is_digits(name);
}

bool user_check_phone(struct str phone)
{
	return phone.len == USER_PHONE_MAX && str_is_digits(phone) && phone.p[0] == '1' &&
	       phone.p[1] >= '3';
}

/* Words with dots between them, none of them empty. */
static bool is_dotted(struct str s, size_t least_words)
{
	struct str word;
	size_t words = 0;

	while (str_cut(&s, '.', &word)) {
		if (word.len == 0)
			return false;
		words++;
	}
	return words >= least_words;
}

bool user_check_email(struct str email)
{
	struct str local, domain = email;

	if (email.len == 0 || email.len > USER_EMAIL_MAX || str_chars(email) < 0 ||
		str_has_control(email))
		return false;
	for (size_t i = 0; i < email.len; i++)
		if (strchr(" ()<>[]:;,\\\"", email.p[i]))
			return false;
	str_cut(&domain, '@', &local);
	return domain.p && str_find(domain, '@') < 0 && is_dotted(local, 1) && is_dotted(domain, 2);
}

int user_check_names(struct call *call, const struct user_names *names)
{
	int err = 0;

	if (names->username.p && !user_check_username(names->username))
		err = call_refuse(call, ERR_INVALID, STR("username"));
	if (names->phone.p && !user_check_phone(names->phone))
		err = call_refuse(call, ERR_INVALID, STR("phone"));
	if (names->email.p && !user_check_email(names->email))
		err = call_refuse(call, ERR_INVALID, STR("email"));
	return err;
}

typedef int lookup(struct db_conn *conn, struct arena *arena, struct str text,
	struct user_account *ret_account);

/* ERR_TAKEN if somebody else has it, ERR_NOT_FOUND if nobody else has. */
static int holder_check(struct svc_ctx *ctx, struct db_conn *conn, struct str field, lookup *find,
	struct str text, int64_t own)
{
	struct user_account holder;
	int err;

	if (!text.p)
		return ERR_NOT_FOUND;
	err = find(conn, ctx->arena, text, &holder);
	if (err)
		return err;
	return holder.id == own ? ERR_NOT_FOUND : call_refuse(&ctx->call, ERR_TAKEN, field);
}

int user_check_free(
	struct svc_ctx *ctx, struct db_conn *conn, const struct user_names *names, int64_t own)
{
	const struct {
		struct str field, text;
		lookup *find;
	} rows[] = {
		{STR("username"), names->username, user_store_by_username},
		{STR("phone"), names->phone, user_store_by_phone},
		{STR("email"), names->email, user_store_by_email},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = holder_check(ctx, conn, rows[i].field, rows[i].find, rows[i].text, own);

		if (err == ERR_TAKEN)
			result = ERR_TAKEN;
		else if (err != ERR_NOT_FOUND)
			return err;
	}
	return result;
}
