/* The life of an account: made, looked up, erased. */
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "svc-user/check.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

/* Less than half of a range is ever used, so that so many draws in a row fail never. */
#define ID_DRAWS_MAX 100

/* Where ids are drawn from for the n-th account: ranges of ten times the size follow one another,
 * each used to its half. */
static int64_t id_range(int64_t first, int64_t n)
{
	while (n > first * 9 / 2) {
		n -= first * 9 / 2;
		first *= 10;
	}
	return first;
}

static int id_draw(struct svc_ctx *ctx, struct db_conn *conn, int64_t n, int64_t *ret_id)
{
	const struct user *user = ctx->state;
	int64_t first = id_range(user->id_first, n), seq;

	for (int i = 0; i < ID_DRAWS_MAX; i++) {
		int64_t id = first + (int64_t)id_below((uint64_t)first * 9);
		int err = user_store_seq(conn, id, &seq);

		if (err == ERR_NOT_FOUND) {
			*ret_id = id;
			return 0;
		}
		if (err)
			return err;
	}
	return ERR_INTERNAL;
}

struct create {
	struct svc_ctx *ctx;
	const struct user_create_in *in;
	struct user_account *account;
};

static struct user_account account_of(const struct user_create_in *in)
{
	int64_t now_us = clock_now_us();

	return (struct user_account){
		.username = in->username,
		.phone = in->phone,
		.email = in->email,
		.display_name = user_value(in->display_name),
		.first_name = user_value(in->first_name),
		.last_name = user_value(in->last_name),
		.role = in->role ? in->role : ROLE_MEMBER,
		.status = STATUS_NORMAL,
		.identity = user_value(in->identity),
		.sex = in->sex ? in->sex : SEX_UNKNOWN,
		.age = in->age,
		.description = user_value(in->description),
		.created = now_us,
		.modified = now_us,
		.registration = in->registration,
	};
}

static int id_choose(
	struct svc_ctx *ctx, struct db_conn *conn, int64_t n, int64_t wanted, int64_t *ret_id)
{
	int64_t seq;
	int err = wanted ? user_store_seq(conn, wanted, &seq) : 0;

	if (err == ERR_NOT_FOUND) {
		*ret_id = wanted;
		return 0;
	}
	return err ? err : id_draw(ctx, conn, n, ret_id);
}

static int act_add(
	struct svc_ctx *ctx, struct db_conn *conn, int64_t actor, const struct user_account *account)
{
	const struct user_act act = {
		.time = account->created,
		.actor = actor,
		.action = STR("user.create"),
		.target = account->id,
		.address = user_value(ctx->call.caller.address),
		.detail = enum_words_text(&user_roles, account->role),
	};

	return user_store_act_add(conn, &act);
}

int user_account_make(struct svc_ctx *ctx, struct db_conn *conn, const struct user_create_in *in,
	int64_t wanted, struct user_account *ret_account)
{
	const struct user_names names = {in->username, in->phone, in->email};
	int64_t seq;
	int err;

	err = user_check_free(ctx, conn, &names, 0);
	if (err)
		return err;
	err = user_store_count(conn, STR("accounts"), &seq);
	if (err)
		return err;
	*ret_account = account_of(in);
	err = id_choose(ctx, conn, seq, wanted, &ret_account->id);
	if (err)
		return err;
	err = user_store_insert(conn, ctx->arena, seq, ret_account);
	if (err || ret_account->role != ROLE_ADMINISTRATOR)
		return err;
	return act_add(ctx, conn, in->actor, ret_account);
}

static int create_job(struct db_conn *conn, void *arg)
{
	struct create *create = arg;
	struct svc_ctx *ctx = create->ctx;
	const struct user_create_in *in = create->in;
	int err = user_store_by_registration(conn, ctx->arena, in->registration, create->account);

	if (err != ERR_NOT_FOUND)
		return err;
	return user_account_make(ctx, conn, in, 0, create->account);
}

int user_create(struct svc_ctx *ctx, const struct user_create_in *in, struct user_create_out *out)
{
	const struct user_names names = {in->username, in->phone, in->email};
	struct create create = {ctx, in, &out->account};
	int err = user_check_names(&ctx->call, &names);

	if (in->registration.len == 0)
		err = call_refuse(&ctx->call, ERR_INVALID, STR("registration"));
	if (err)
		return err;
	return user_write(ctx, create_job, &create);
}

int user_get(struct svc_ctx *ctx, const struct user_get_in *in, struct user_get_out *out)
{
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (err)
		return err;
	return user_store_by_id(conn, ctx->arena, in->id, &out->account);
}

static enum user_login_kind login_kind(struct str login)
{
	if (str_find(login, '@') >= 0)
		return LOGIN_EMAIL;
	if (!str_is_digits(login))
		return LOGIN_USERNAME;
	return login.len == USER_PHONE_MAX ? LOGIN_PHONE : LOGIN_ID;
}

static int find_by_id(struct svc_ctx *ctx, struct db_conn *conn, struct str login,
	struct user_account *ret_account)
{
	int64_t id;

	if (!str_is_digits(login) || login.p[0] == '0' || str_to_i64(login, &id) != 0)
		return ERR_NOT_FOUND;
	return user_store_by_id_alive(conn, ctx->arena, id, ret_account);
}

int user_find(struct svc_ctx *ctx, const struct user_find_in *in, struct user_find_out *out)
{
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (err)
		return err;
	switch (in->by == LOGIN_ANY ? login_kind(in->login) : (enum user_login_kind)in->by) {
	case LOGIN_USERNAME:
		return user_store_by_username(conn, ctx->arena, in->login, &out->account);
	case LOGIN_PHONE:
		return user_store_by_phone(conn, ctx->arena, in->login, &out->account);
	case LOGIN_EMAIL:
		return user_store_by_email(conn, ctx->arena, in->login, &out->account);
	case LOGIN_ID:
		return find_by_id(ctx, conn, in->login, &out->account);
	case LOGIN_ANY:
	default:
		return ERR_INVALID;
	}
}

int user_registered(
	struct svc_ctx *ctx, const struct user_registered_in *in, struct user_registered_out *out)
{
	struct db_conn *conn;
	int err = user_reader(ctx, &conn);

	if (err)
		return err;
	return user_store_by_registration(conn, ctx->arena, in->registration, &out->account);
}

struct erase {
	struct svc_ctx *ctx;
	struct user_account account;
	bool done; /* now, not before */
};

/* Who follows an erased account keeps a row of two ids that shows nowhere: to remove them could
 * mean any number of rows in the one thread that writes. */
static int erase_job(struct db_conn *conn, void *arg)
{
	struct erase *erase = arg;
	struct svc_ctx *ctx = erase->ctx;
	int64_t id = erase->account.id;
	int err;

	err = user_store_by_id_alive(conn, ctx->arena, id, &erase->account);
	if (err == ERR_NOT_FOUND)
		return user_store_by_id(conn, ctx->arena, id, &erase->account);
	if (!err)
		err = user_store_follow_remove_all(conn, id);
	if (!err)
		err = user_store_contact_remove_all(conn, id);
	if (!err)
		err = user_store_acts_forget(conn, id);
	if (!err)
		err = user_store_erase(conn, id, clock_now_us());
	erase->account.status = STATUS_DELETED;
	erase->done = err == 0;
	return err;
}

int user_erase(struct svc_ctx *ctx, const struct user_erase_in *in, struct user_erase_out *out)
{
	struct erase erase = {.ctx = ctx, .account.id = in->id};
	int err = user_write(ctx, erase_job, &erase);

	(void)out;
	if (!err && erase.done)
		user_publish_change(ctx, &erase.account);
	return err;
}
