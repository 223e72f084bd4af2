/* What people say about themselves. */
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/check.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

struct update {
	struct svc_ctx *ctx;
	const struct user_update_in *in;
	struct user_account *account;
};

/* Absent: stays. Empty: is removed. */
static void text_set(struct str *member, struct str value)
{
	if (value.p)
		*member = user_value(value);
}

/* The identifiers that are to be set; those to be removed need no check. */
static struct user_names names_given(const struct user_update_in *in)
{
	return (struct user_names){
		user_value(in->username), user_value(in->phone), user_value(in->email)};
}

static void account_change(struct user_account *account, const struct user_update_in *in)
{
	text_set(&account->username, in->username);
	text_set(&account->phone, in->phone);
	text_set(&account->email, in->email);
	text_set(&account->display_name, in->display_name);
	text_set(&account->first_name, in->first_name);
	text_set(&account->last_name, in->last_name);
	text_set(&account->description, in->description);
	text_set(&account->wechat, in->wechat);
	if (in->age.set || in->no_age)
		account->age = in->age;
	if (in->sex)
		account->sex = in->sex;
	account->modified = clock_now_us();
}

/* The dialects sign in by username, phone or e-mail only: without any of them an account would be
 * out of their reach. */
static int last_name_check(
	struct call *call, const struct user_account *account, const struct user_update_in *in)
{
	int err = 0;

	if (account->username.p || account->phone.p || account->email.p)
		return 0;
	if (in->username.p)
		err = call_refuse(call, ERR_INVALID, STR("username"));
	if (in->phone.p)
		err = call_refuse(call, ERR_INVALID, STR("phone"));
	if (in->email.p)
		err = call_refuse(call, ERR_INVALID, STR("email"));
	return err;
}

static int update_job(struct db_conn *conn, void *arg)
{
	struct update *update = arg;
	struct svc_ctx *ctx = update->ctx;
	struct user_names names = names_given(update->in);
	int err = user_caller(ctx, conn, update->account);

	if (!err)
		err = user_check_free(ctx, conn, &names, update->account->id);
	if (err)
		return err;
	account_change(update->account, update->in);
	err = last_name_check(&ctx->call, update->account, update->in);
	if (err || update->in->only_check)
		return err;
	return user_store_profile(conn, ctx->arena, update->account);
}

int user_update(struct svc_ctx *ctx, const struct user_update_in *in, struct user_update_out *out)
{
	struct update update = {ctx, in, &out->account};
	struct user_names names = names_given(in);
	int err = user_check_names(&ctx->call, &names);

	if (err)
		return err;
	return user_write(ctx, update_job, &update);
}
