/*
 * Accounts that move in (auth.import). As in a registration the credentials are pending on disk
 * before svc-user is asked, all of a call in one commit, so that a crash leaves what repair.c or
 * the same call once more brings to its end.
 */
#include <sodium.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "svc-auth/auth.h"
#include "svc-auth/moving.h"
#include "svc-auth/repair.h"
#include "svc-auth/sealed.h"
#include "svc-auth/wrap.h"

struct import {
	struct svc_ctx *ctx;
	bool defer;
	struct moving *lines;
	size_t count;
	size_t undecided;
};

void moving_refuse(struct svc_ctx *ctx, struct moving *moving, int err, struct str field)
{
	struct str *fields = ARENA_NEW(ctx->arena, struct str);

	*moving->result = (struct user_import_result){
		.outcome = IMPORT_REFUSED,
		.reason = str_c(err_name(err)),
		.fields = fields,
		.fields_count = fields ? 1 : 0,
	};
	if (fields)
		*fields = field;
}

static struct str present(struct str text)
{
	return text.len ? text : STR_NONE;
}

static bool is_open(const struct import *import, size_t i)
{
	return !import->lines[i].result->outcome && import->lines[i].twin == i;
}

/* What can be said of a line by itself. */
static int look_at(struct import *import, struct moving *line)
{
	struct svc_ctx *ctx = import->ctx;
	const struct auth_import_row *row = line->row;
	int rc;

	if (!row->username.len && !row->phone.len && !row->email.len) {
		moving_refuse(ctx, line, ERR_INVALID, STR("username"));
		return 0;
	}
	rc = row->scheme == SCHEME_PLAIN
		     ? password_policy(POLICY_OPAQUE, row->password)
		     : legacy_parse((enum auth_scheme)row->scheme, row->password, ctx->arena,
			       &line->recipe, &line->digest);
	if (rc == ERR_INVALID || rc == ERR_WEAK_PASSWORD) {
		moving_refuse(ctx, line, ERR_INVALID, STR("password"));
		return 0;
	}
	return rc;
}

/* Whether it is here already, and whether an earlier line of the same call is the same. */
static int recognise(struct import *import, struct db_conn *conn, size_t i)
{
	const struct auth *auth = import->ctx->state;
	struct arena *arena = import->ctx->arena;
	struct moving *line = &import->lines[i];
	struct credential credential;
	int rc = sealed_registration(&auth->import_key, line->row, arena, &line->registration);

	if (rc)
		return rc;
	for (size_t k = 0; k < i; k++)
		if (str_eq(import->lines[k].registration, line->registration)) {
			line->twin = k;
			return 0;
		}
	rc = store_registered(conn, line->registration, arena, &credential);
	if (rc)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (credential.account)
		*line->result = (struct user_import_result){
			.outcome = IMPORT_ALREADY, .account = credential.account};
	return 0;
}

static int prepare(struct import *import)
{
	const struct auth *auth = import->ctx->state;
	struct db_conn *conn = db_reader(auth->db);
	int rc = conn ? 0 : ERR_UNAVAILABLE;

	for (size_t i = 0; i < import->count && !rc; i++) {
		rc = look_at(import, &import->lines[i]);
		if (!rc && is_open(import, i))
			rc = recognise(import, conn, i);
		import->undecided += !rc && is_open(import, i);
	}
	return rc;
}

static int add_pending(struct db_conn *conn, void *arg)
{
	const struct import *import = arg;
	const int64_t now_us = clock_now_us();
	int rc = 0;

	for (size_t i = 0; i < import->count && !rc; i++) {
		const struct moving *line = &import->lines[i];
		const struct store_moving moving = {
			.registration = line->registration,
			.hash = import->defer ? NULL : &line->hash,
			.recipe = line->recipe,
			.sealed = line->sealed,
		};

		if (is_open(import, i))
			rc = store_pending_move(conn, &moving, now_us);
	}
	return rc;
}

static struct user_import_row row_of(const struct moving *line)
{
	const struct auth_import_row *row = line->row;

	return (struct user_import_row){
		.registration = line->registration,
		.id = row->id,
		.username = present(row->username),
		.phone = present(row->phone),
		.email = present(row->email),
		.display_name = row->display_name,
		.first_name = row->first_name,
		.last_name = row->last_name,
		.role = row->role,
	};
}

/* As the operator: svc-user takes such from nobody else, and writes down who it was. */
static int ask_user(struct import *import, struct user_import_out *ret_out)
{
	struct svc_ctx *ctx = import->ctx;
	struct call own = auth_own_call(&ctx->call);
	struct user_import_in in = {0};
	int rc;

	own.caller = ctx->call.caller;
	in.rows = ARENA_ARRAY(ctx->arena, struct user_import_row, import->undecided);
	if (!in.rows)
		return ERR_NOMEM;
	for (size_t i = 0; i < import->count; i++)
		if (is_open(import, i))
			in.rows[in.rows_count++] = row_of(&import->lines[i]);
	rc = call_user_import(&own, &in, ret_out);
	return !rc && ret_out->results_count != in.rows_count ? ERR_PROTOCOL : rc;
}

struct ending {
	struct import *import;
	const struct user_import_result *results;
};

/* An account gets its credential; where none came, or it has been erased since, none stays pending.
 */
static int finish(struct db_conn *conn, void *arg)
{
	struct ending *ending = arg;
	const struct import *import = ending->import;
	const struct user_import_result *result = ending->results;
	int rc = 0;

	for (size_t i = 0; i < import->count && !rc; i++) {
		struct str registration = import->lines[i].registration;

		if (!is_open(import, i))
			continue;
		rc = result->account ? store_activate(conn, registration, result->account)
				     : store_pending_delete(conn, registration);
		result++;
	}
	return rc;
}

static int make(struct import *import)
{
	struct auth *auth = import->ctx->state;
	struct ending ending = {.import = import};
	struct user_import_out out;
	size_t at = 0;
	int rc = db_write(auth->db, add_pending, import);

	if (!rc)
		rc = ask_user(import, &out);
	if (!rc) {
		ending.results = out.results;
		rc = db_write(auth->db, finish, &ending);
	}
	if (rc) {
		repair_wake(auth->repair);
		return rc == ERR_BUSY || rc == ERR_DEADLINE ? rc : ERR_UNAVAILABLE;
	}
	for (size_t i = 0; i < import->count; i++)
		if (is_open(import, i))
			*import->lines[i].result = out.results[at++];
	if (import->defer)
		wrap_wake(auth->wrap);
	return 0;
}

/* Of two equal lines the second is there already, if the first is. */
static void answer_twins(struct import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		const struct moving *line = &import->lines[i];

		if (line->result->outcome || line->twin == i)
			continue;
		*line->result = *import->lines[line->twin].result;
		if (line->result->outcome == IMPORT_MADE)
			line->result->outcome = IMPORT_ALREADY;
	}
}

int auth_import(struct svc_ctx *ctx, const struct auth_import_in *in, struct auth_import_out *out)
{
	struct import import = {.ctx = ctx, .defer = in->defer, .count = in->rows_count};
	int rc;

	if (in->rows_count > AUTH_IMPORT_MAX)
		return call_refuse(&ctx->call, ERR_TOO_LARGE, STR("rows"));
	import.lines = ARENA_ARRAY(ctx->arena, struct moving, in->rows_count + 1);
	out->results = ARENA_ARRAY(ctx->arena, struct user_import_result, in->rows_count + 1);
	if (!import.lines || !out->results)
		return ERR_NOMEM;
	out->results_count = in->rows_count;
	for (size_t i = 0; i < in->rows_count; i++)
		import.lines[i] =
			(struct moving){.row = &in->rows[i], .result = &out->results[i], .twin = i};
	rc = prepare(&import);
	if (!rc && import.undecided)
		rc = moving_hash(ctx, import.lines, import.count, import.defer);
	if (!rc && import.undecided)
		rc = make(&import);
	answer_twins(&import);
	sodium_memzero(import.lines, import.count * sizeof(*import.lines));
	return rc;
}
