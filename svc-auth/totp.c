#include "svc-auth/totp.h"

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/otp.h"
#include "svc-auth/proof.h"
#include "svc-auth/store.h"

#define ISSUER "Quintet"
#define URI_MAX 1000
#define RECOVERY_HALF 5 /* characters of 5 bits each: 50 in all, "abcde-fghij" */
#define RECOVERY_LEN (2 * RECOVERY_HALF)

_Static_assert(SEAL_KEY_LEN == crypto_generichash_KEYBYTES, "key length");
_Static_assert(STORE_RECOVERY_LEN == crypto_generichash_BYTES, "hash length");
_Static_assert(STORE_TOTP_SECRET_MAX == 8 + OTP_SECRET_LEN + SEAL_OVERHEAD, "sealed secret");

/* Sealed together, so that one account's secret cannot be put into another's row. */
struct secret {
	unsigned char account[8];
	unsigned char bytes[OTP_SECRET_LEN];
};

/* One use of a code, carried out by the writer. */
struct use {
	struct svc_ctx *ctx;
	int64_t account;
	struct str code;
	struct str recovery[AUTH_RECOVERY_CODES]; /* hashes: given when the factor comes in force */
};

int totp_keys_load(const char *path, struct totp_keys *ret_keys)
{
	int rc = seal_key_load(path, &ret_keys->secret);

	if (!rc)
		seal_key_derive(&ret_keys->secret, "recovery", ret_keys->recovery);
	return rc;
}

static void put_account(int64_t account, unsigned char ret_bytes[8])
{
	for (int i = 0; i < 8; i++)
		ret_bytes[i] = (unsigned char)((uint64_t)account >> (56 - 8 * i));
}

static int open_secret(struct svc_ctx *ctx, const struct totp *row, struct secret *ret_secret)
{
	const struct auth *auth = ctx->state;
	unsigned char frame[STORE_TOTP_SECRET_MAX], account[8];
	struct str plain;
	int rc = ERR_INTERNAL;

	if (row->secret.len != sizeof(frame))
		return ERR_INTERNAL;
	memcpy(frame, row->secret.p, sizeof(frame));
	put_account(row->account, account);
	if (seal_open(&auth->totp_keys.secret, SEAL_STORED, frame, sizeof(frame), &plain) == 0 &&
		memcmp(plain.p, account, sizeof(account)) == 0) {
		memcpy(ret_secret, plain.p, sizeof(*ret_secret));
		rc = 0;
	}
	sodium_memzero(frame, sizeof(frame));
	return rc;
}

/* Uses a code of the app up. ERR_BAD_CREDENTIALS. */
static int use_app(struct use *use, struct db_conn *conn, struct totp *row)
{
	struct otp_used used = {row->step, row->used};
	struct secret secret;
	int rc = open_secret(use->ctx, row, &secret);
	bool good;

	if (rc)
		return rc;
	good = otp_use((struct str){(const char *)secret.bytes, sizeof(secret.bytes)}, use->code,
		otp_step(clock_now_us()), &used);
	sodium_memzero(&secret, sizeof(secret));
	if (!good)
		return ERR_BAD_CREDENTIALS;
	row->step = used.latest;
	row->used = used.bits;
	return store_totp_use(conn, row);
}

/* As a person may have typed it: case, blanks and dashes do not count. */
static struct str plain_code(struct arena *arena, struct str code)
{
	struct str lower = str_lower(arena, code);
	struct buf plain;

	buf_init(&plain, arena, AUTH_TOTP_MAX * 4 + 1);
	for (size_t i = 0; i < lower.len; i++)
		if (lower.p[i] != '-' && lower.p[i] != ' ')
			buf_add_char(&plain, lower.p[i]);
	return plain.len ? buf_str(&plain) : STR("");
}

static int hash_recovery(
	struct svc_ctx *ctx, int64_t account, struct str code, struct str *ret_hash)
{
	const struct auth *auth = ctx->state;
	unsigned char *hash = arena_alloc(ctx->arena, STORE_RECOVERY_LEN), text[8 + RECOVERY_LEN];

	if (!hash)
		return ERR_NOMEM;
	if (code.len != RECOVERY_LEN)
		return ERR_BAD_CREDENTIALS;
	put_account(account, text);
	memcpy(text + 8, code.p, RECOVERY_LEN);
	crypto_generichash(hash, STORE_RECOVERY_LEN, text, sizeof(text), auth->totp_keys.recovery,
		sizeof(auth->totp_keys.recovery));
	*ret_hash = (struct str){(const char *)hash, STORE_RECOVERY_LEN};
	return 0;
}

static int use_recovery(struct use *use, struct db_conn *conn)
{
	struct str hash;
	int rc = hash_recovery(use->ctx, use->account, use->code, &hash);

	if (!rc)
		rc = store_recovery_use(conn, use->account, hash);
	return rc == ERR_NOT_FOUND ? ERR_BAD_CREDENTIALS : rc;
}

static int use_job(struct db_conn *conn, void *arg)
{
	struct use *use = arg;
	struct totp row;
	int rc = store_totp(conn, use->account, use->ctx->arena, &row);

	if (rc)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (!row.since)
		return 0;
	if (!use->code.len)
		return ERR_TOTP_REQUIRED;
	return use->code.len == OTP_DIGITS ? use_app(use, conn, &row) : use_recovery(use, conn);
}

int totp_check(struct svc_ctx *ctx, int64_t account, struct str code)
{
	const struct auth *auth = ctx->state;
	struct use use = {.ctx = ctx, .account = account, .code = plain_code(ctx->arena, code)};
	struct db_conn *conn = db_reader(auth->db);
	struct totp row;
	int rc = conn ? store_totp(conn, account, ctx->arena, &row) : ERR_UNAVAILABLE;

	/* Most accounts have none, and need no turn of the writer to know it. */
	if (rc == ERR_NOT_FOUND || (!rc && !row.since))
		return 0;
	return rc ? rc : db_write(auth->db, use_job, &use);
}

int totp_forget(struct db_conn *conn, int64_t account)
{
	int rc = store_totp_delete(conn, account);

	return rc ? rc : store_recovery_delete(conn, account);
}

static int begin_job(struct db_conn *conn, void *arg)
{
	return store_totp_begin(conn, arg);
}

/* otpauth://totp/…, as authenticator apps read it from a picture. */
static int write_uri(struct svc_ctx *ctx, const char *secret, struct str *ret_uri)
{
	const struct user_get_in in = {.id = ctx->call.caller.account};
	struct call own = auth_own_call(&ctx->call);
	struct user_get_out found;
	struct str name;
	struct buf uri;
	int rc = call_user_get(&own, &in, &found);

	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : rc;
	name = found.account.username.p ? found.account.username
	       : found.account.email.p	? found.account.email
					: found.account.phone;
	buf_init(&uri, ctx->arena, URI_MAX);
	buf_add_c(&uri, "otpauth://totp/" ISSUER ":");
	buf_add_percent(&uri, name);
	buf_addf(&uri, "?secret=%s&issuer=" ISSUER "&algorithm=SHA1&digits=%d&period=%d", secret,
		OTP_DIGITS, OTP_STEP_S);
	*ret_uri = buf_str(&uri);
	return buf_failed(&uri) ? ERR_NOMEM : 0;
}

int auth_totp_begin(struct svc_ctx *ctx, const struct auth_totp_begin_in *in,
	struct auth_totp_begin_out *out)
{
	const struct auth *auth = ctx->state;
	unsigned char frame[STORE_TOTP_SECRET_MAX];
	char *text = arena_alloc(ctx->arena, OTP_SECRET_TEXT + 1);
	struct totp row = {
		.account = ctx->call.caller.account,
		.secret = {(const char *)frame, sizeof(frame)},
	};
	struct secret secret;
	int rc;

	(void)in;
	if (!text)
		return ERR_NOMEM;
	put_account(row.account, secret.account);
	id_random(secret.bytes, sizeof(secret.bytes));
	otp_secret_text(secret.bytes, text);
	seal_frame(&auth->totp_keys.secret, SEAL_STORED,
		(struct str){(const char *)&secret, sizeof(secret)}, frame);
	sodium_memzero(&secret, sizeof(secret));
	rc = write_uri(ctx, text, &out->uri);
	if (!rc)
		rc = db_write(auth->db, begin_job, &row);
	out->secret = str_c(text);
	return rc;
}

static int make_recovery(struct use *use, struct str ret_codes[AUTH_RECOVERY_CODES])
{
	for (size_t i = 0; i < AUTH_RECOVERY_CODES; i++) {
		char *text = arena_alloc(use->ctx->arena, RECOVERY_LEN + 2);
		struct str code = {text, RECOVERY_LEN};
		int rc;

		if (!text)
			return ERR_NOMEM;
		/* No 0, 1, l and o, which are mistaken for one another. */
		id_text("abcdefghijkmnpqrstuvwxyz23456789", text, RECOVERY_LEN);
		rc = hash_recovery(use->ctx, use->account, code, &use->recovery[i]);
		if (rc)
			return rc;
		memmove(text + RECOVERY_HALF + 1, text + RECOVERY_HALF, RECOVERY_HALF + 1);
		text[RECOVERY_HALF] = '-';
		ret_codes[i] = str_c(text);
	}
	return 0;
}

static int confirm_job(struct db_conn *conn, void *arg)
{
	struct use *use = arg;
	struct totp row;
	int rc = store_totp(conn, use->account, use->ctx->arena, &row);

	if (rc)
		return rc == ERR_NOT_FOUND ? ERR_BAD_CODE : rc;
	if (row.since)
		return ERR_EXISTS;
	row.since = clock_now_us();
	rc = use_app(use, conn, &row);
	if (rc)
		return rc == ERR_BAD_CREDENTIALS ? ERR_BAD_CODE : rc;
	for (size_t i = 0; i < AUTH_RECOVERY_CODES && !rc; i++)
		rc = store_recovery_add(conn, use->account, use->recovery[i]);
	return rc;
}

int auth_totp_confirm(struct svc_ctx *ctx, const struct auth_totp_confirm_in *in,
	struct auth_totp_confirm_out *out)
{
	const struct auth *auth = ctx->state;
	struct use use = {
		.ctx = ctx, .account = ctx->call.caller.account, .code = plain_code(ctx->arena, in->code)};
	struct str *codes = ARENA_ARRAY(ctx->arena, struct str, AUTH_RECOVERY_CODES);
	int rc = codes ? make_recovery(&use, codes) : ERR_NOMEM;

	if (!rc)
		rc = db_write(auth->db, confirm_job, &use);
	if (rc)
		return rc;
	out->recovery_codes = codes;
	out->recovery_codes_count = AUTH_RECOVERY_CODES;
	return 0;
}

static int remove_job(struct db_conn *conn, void *arg)
{
	const struct use *use = arg;
	struct totp row;
	int rc = store_totp(conn, use->account, use->ctx->arena, &row);

	if (!rc && !row.since)
		rc = ERR_NOT_FOUND;
	return rc ? rc : totp_forget(conn, use->account);
}

int auth_totp_remove(struct svc_ctx *ctx, const struct auth_totp_remove_in *in,
	struct auth_totp_remove_out *out)
{
	const struct auth *auth = ctx->state;
	struct use use = {.ctx = ctx, .account = ctx->call.caller.account};
	struct credential credential;
	int rc = auth_credential(ctx, use.account, &credential);

	(void)out;
	if (!rc)
		rc = proof_check_both(ctx, &credential, STR_NONE, in->password, in->totp);
	return rc ? rc : db_write(auth->db, remove_job, &use);
}
