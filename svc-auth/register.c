#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/audit.h"
#include "svc-auth/auth.h"
#include "svc-auth/code.h"
#include "svc-auth/limit.h"
#include "svc-auth/login.h"
#include "svc-auth/repair.h"

_Static_assert(STORE_REGISTRATION_LEN == ID_REQUEST_LEN, "a registration is made by id_request");

struct pending {
	struct str registration;
	struct password_hash hash;
};

static int add_pending(struct db_conn *conn, void *arg)
{
	const struct pending *pending = arg;

	return store_pending_add(conn, pending->registration, &pending->hash, clock_now_us());
}

static int delete_pending(struct db_conn *conn, void *arg)
{
	const struct pending *pending = arg;

	return store_pending_delete(conn, pending->registration);
}

static int check(struct svc_ctx *ctx, const struct auth_register_in *in)
{
	int rc = password_policy((enum auth_policy)in->policy, in->password);

	if (rc)
		return call_refuse(&ctx->call, rc, STR("password"));
	if (!in->username.p && !in->phone.p && !in->email.p && !in->id_only)
		return call_refuse(&ctx->call, ERR_INVALID, STR("username"));
	if (in->role == ROLE_ADMINISTRATOR &&
		!(ctx->call.caller.kind & (CALLER_OPERATOR | CALLER_ADMIN)))
		return call_refuse(&ctx->call, ERR_DENIED, STR("role"));
	return 0;
}

/* Only these say for certain that there is no account; anything else may have lost an answer. */
static bool is_refusal(int rc)
{
	return rc == ERR_TAKEN || rc == ERR_INVALID || rc == ERR_DENIED || rc == ERR_NO_METHOD;
}

static int create(struct svc_ctx *ctx, const struct auth_register_in *in, struct str registration,
	struct user_account *ret_account)
{
	const struct user_create_in user = {
		.registration = registration,
		.username = in->username,
		.phone = in->phone,
		.email = in->email,
		.display_name = in->display_name,
		.first_name = in->first_name,
		.last_name = in->last_name,
		.role = in->role,
		.identity = in->identity,
		.sex = in->sex,
		.age = in->age,
		.description = in->description,
		.actor = ctx->call.caller.account,
	};
	struct call own = auth_own_call(&ctx->call);
	struct user_create_out made;
	int rc;

	own.idempotency_key = registration;
	rc = call_user_create(&own, &user, &made);
	if (rc) {
		for (size_t i = 0; i < own.field_count; i++)
			call_refuse(&ctx->call, rc, own.fields[i]);
		return rc;
	}
	*ret_account = made.account;
	return 0;
}

/* The name may be held by a registration that a crash has cut short: see to it that its owner can
 * log in. */
static void adopt(struct svc_ctx *ctx, struct str login, enum user_login_kind by)
{
	const struct user_find_in in = {.login = login, .by = (int)by};
	struct call own = auth_own_call(&ctx->call);
	struct credential credential;
	struct user_find_out found;

	if (login.len && !call_user_find(&own, &in, &found))
		repair_credential(ctx->state, &ctx->call, &found.account, &credential);
}

static void give_up(
	struct svc_ctx *ctx, const struct auth_register_in *in, struct pending *pending, int rc)
{
	struct auth *auth = ctx->state;

	if (!is_refusal(rc) || db_write(auth->db, delete_pending, pending))
		repair_wake(auth->repair);
	if (rc != ERR_TAKEN)
		return;
	adopt(ctx, in->username, LOGIN_USERNAME);
	adopt(ctx, in->phone, LOGIN_PHONE);
	adopt(ctx, in->email, LOGIN_EMAIL);
}

/* Pending credential, account, active credential: in this order, each on disk before the next. */
static int make(struct svc_ctx *ctx, const struct auth_register_in *in, struct pending *pending,
	struct user_account *ret_account)
{
	struct auth *auth = ctx->state;
	struct repair_work work = {.registration = pending->registration};
	int rc;

	repair_begin(auth->repair, &work);
	rc = db_write(auth->db, add_pending, pending);
	if (!rc)
		rc = create(ctx, in, pending->registration, ret_account);
	if (!rc)
		rc = repair_activate(auth->db, pending->registration, ret_account->id);
	repair_end(auth->repair, &work);
	if (!rc)
		return 0;
	give_up(ctx, in, pending, rc);
	return is_refusal(rc) || rc == ERR_BUSY ? rc : ERR_UNAVAILABLE;
}

static int open_session(
	struct svc_ctx *ctx, const struct auth_register_in *in, struct auth_register_out *out)
{
	const struct auth *auth = ctx->state;
	struct session session = {
		.account = out->account.id,
		.device = in->device,
		.created_us = clock_now_us(),
		.ttl_s = auth->session_ttl_s,
	};
	int rc = login_open(ctx, &session, &out->token);

	if (!rc)
		audit_sign_in(auth->db, &ctx->call, session.account, in->device, AUDIT_SUCCESS);
	return rc;
}

static int register_account(
	struct svc_ctx *ctx, const struct auth_register_in *in, struct auth_register_out *out)
{
	struct auth *auth = ctx->state;
	char registration[ID_REQUEST_LEN + 1];
	struct pending pending = {.registration = {registration, ID_REQUEST_LEN}};
	int rc;

	id_request(registration);
	rc = password_make(auth->hasher, ctx->call.deadline_us, in->password, &pending.hash);
	return rc ? rc : make(ctx, in, &pending, &out->account);
}

int auth_register(
	struct svc_ctx *ctx, const struct auth_register_in *in, struct auth_register_out *out)
{
	struct auth *auth = ctx->state;
	const bool limited = auth->register_limit && ctx->call.caller.address.len;
	int64_t wait_s;
	int rc = check(ctx, in);

	if (rc)
		return rc;
	if (in->open_session)
		rc = session_ping(auth->redis, ctx->arena);
	if (!rc && in->phone_proven)
		rc = code_proven(&auth->codes, ctx->arena, in->phone);
	if (rc)
		return rc;
	if (limited) {
		rc = limit_register(auth->redis, ctx->arena, ctx->call.caller.address,
			auth->register_limit, &wait_s);
		if (rc)
			return rc == ERR_LIMITED ? call_refuse_for(&ctx->call, rc, wait_s) : rc;
	}
	rc = register_account(ctx, in, out);
	if (rc && limited)
		limit_register_undo(auth->redis, ctx->arena, ctx->call.caller.address);
	if (!rc && in->phone_proven)
		code_proof_end(&auth->codes, ctx->arena, in->phone);
	if (rc || !in->open_session)
		return rc;
	return open_session(ctx, in, out);
}
