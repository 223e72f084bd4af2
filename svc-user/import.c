/* Accounts that move in from another backend. */
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-user/check.h"
#include "svc-user/store.h"
#include "svc-user/user.h"

/* Ids that a client may know by heart: as many digits as those that are drawn, or one more. */
#define ID_KEPT_FIRST INT64_C(10000000)
#define ID_KEPT_LAST INT64_C(999999999)

struct import {
	struct svc_ctx *ctx;
	const struct user_import_in *in;
	struct user_import_result *results;
	int64_t made;
};

static struct user_create_in create_of(const struct user_import_row *row)
{
	return (struct user_create_in){
		.registration = row->registration,
		.username = user_value(row->username),
		.phone = user_value(row->phone),
		.email = user_value(row->email),
		.display_name = row->display_name,
		.first_name = row->first_name,
		.last_name = row->last_name,
		.role = row->role,
	};
}

/* A refusal of one row is an answer; the others go on. */
static int refuse(struct svc_ctx *ctx, int err, struct user_import_result *ret_result)
{
	size_t count = ctx->call.field_count;
	struct str *fields = ARENA_ARRAY(ctx->arena, struct str, count + 1);

	if (err != ERR_TAKEN && err != ERR_INVALID)
		return err;
	if (!fields)
		return ERR_NOMEM;
	memcpy(fields, ctx->call.fields, count * sizeof(*fields));
	ctx->call.field_count = 0;
	*ret_result = (struct user_import_result){
		.outcome = IMPORT_REFUSED,
		.reason = str_c(err_name(err)),
		.fields = fields,
		.fields_count = count,
	};
	return 0;
}

static int row_make(struct import *import, struct db_conn *conn, const struct user_import_row *row,
	struct user_import_result *ret_result)
{
	const struct user_create_in in = create_of(row);
	struct svc_ctx *ctx = import->ctx;
	const bool keep = row->id >= ID_KEPT_FIRST && row->id <= ID_KEPT_LAST;
	struct user_account account;
	int err = user_account_make(ctx, conn, &in, keep ? row->id : 0, &account);

	if (err)
		return refuse(ctx, err, ret_result);
	import->made++;
	*ret_result = (struct user_import_result){.outcome = IMPORT_MADE, .account = account.id};
	return 0;
}

static int row_import(struct import *import, struct db_conn *conn,
	const struct user_import_row *row, struct user_import_result *ret_result)
{
	const struct user_names names = {
		user_value(row->username), user_value(row->phone), user_value(row->email)};
	struct svc_ctx *ctx = import->ctx;
	struct user_account account;
	int err = user_check_names(&ctx->call, &names);

	if (err)
		return refuse(ctx, err, ret_result);
	err = user_store_by_registration(conn, ctx->arena, row->registration, &account);
	if (err == ERR_NOT_FOUND)
		return row_make(import, conn, row, ret_result);
	if (!err)
		err = user_store_by_id_alive(conn, ctx->arena, account.id, &account);
	if (err && err != ERR_NOT_FOUND)
		return err;
	*ret_result = (struct user_import_result){
		.outcome = IMPORT_ALREADY, .account = err ? 0 : account.id};
	return 0;
}

static int act_add(struct import *import, struct db_conn *conn)
{
	struct user_act act = {
		.time = clock_now_us(),
		.action = STR("user.import"),
		.address = user_value(import->ctx->call.caller.address),
	};
	struct buf detail;

	buf_init(&detail, import->ctx->arena, USER_ACT_MAX);
	buf_add_i64(&detail, import->made);
	buf_add_c(&detail, " accounts");
	act.detail = buf_str(&detail);
	return buf_failed(&detail) ? ERR_NOMEM : user_store_act_add(conn, &act);
}

static int import_job(struct db_conn *conn, void *arg)
{
	struct import *import = arg;
	int err = 0;

	import->made = 0;
	for (size_t i = 0; i < import->in->rows_count && !err; i++)
		err = row_import(import, conn, &import->in->rows[i], &import->results[i]);
	return err || !import->made ? err : act_add(import, conn);
}

int user_import(struct svc_ctx *ctx, const struct user_import_in *in, struct user_import_out *out)
{
	struct import import = {.ctx = ctx, .in = in};

	if (in->rows_count > USER_IMPORT_MAX)
		return call_refuse(&ctx->call, ERR_TOO_LARGE, STR("rows"));
	for (size_t i = 0; i < in->rows_count; i++)
		if (!in->rows[i].registration.len)
			return call_refuse(&ctx->call, ERR_INVALID, STR("registration"));
	import.results = ARENA_ARRAY(ctx->arena, struct user_import_result, in->rows_count + 1);
	if (!import.results)
		return ERR_NOMEM;
	out->results = import.results;
	out->results_count = in->rows_count;
	return user_write(ctx, import_job, &import);
}
