#include "svc-auth/store.h"

#include <string.h>

#include "common/base/err.h"

FIELD_TABLE(credential, CREDENTIAL)
FIELD_TABLE(sign_in, SIGN_IN)
FIELD_TABLE(totp, TOTP)

#define CREDENTIAL_COLUMNS                                                                         \
	"registration, account, algorithm, salt, hash, created, sessions_from, keep_session, "     \
	"erasing, recipe, sealed"

static struct str bytes(const unsigned char *p, size_t len)
{
	return (struct str){(const char *)p, len};
}

static struct db_value optional(struct str blob)
{
	return blob.p ? DB_BYTES(blob) : (struct db_value){.kind = DB_NULL};
}

/* ERR_NOT_FOUND when nothing changed. */
static int change_one(
	struct db_conn *conn, const struct db_sql *sql, const struct db_value *args, size_t count)
{
	int64_t changes;
	int rc = db_exec(conn, sql, args, count, &changes);

	if (rc)
		return rc;
	return changes ? 0 : ERR_NOT_FOUND;
}

int store_pending_add(struct db_conn *conn, struct str registration,
	const struct password_hash *hash, int64_t created_us)
{
	static const struct db_sql sql = {
		"INSERT INTO credentials (registration, algorithm, salt, hash, created) "
		"VALUES ($1, $2, $3, $4, $5)"};

	return db_exec(conn, &sql,
		DB_ARGS(DB_STR(registration), DB_INT(hash->algorithm),
			DB_BYTES(bytes(hash->salt, sizeof(hash->salt))),
			DB_BYTES(bytes(hash->hash, sizeof(hash->hash))), DB_INT(created_us)),
		NULL);
}

int store_pending_move(struct db_conn *conn, const struct store_moving *moving, int64_t created_us)
{
	static const struct db_sql sql = {
		"INSERT INTO credentials "
		"(registration, algorithm, salt, hash, created, recipe, sealed) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7) "
		"ON CONFLICT (registration) DO UPDATE SET algorithm = excluded.algorithm, "
		"salt = excluded.salt, hash = excluded.hash, created = excluded.created, "
		"recipe = excluded.recipe, sealed = excluded.sealed "
		"WHERE credentials.account IS NULL"};
	const struct password_hash *hash = moving->hash;
	const struct str none = STR("");

	return db_exec(conn, &sql,
		DB_ARGS(DB_STR(moving->registration), DB_INT(hash ? hash->algorithm : 0),
			DB_BYTES(hash ? bytes(hash->salt, sizeof(hash->salt)) : none),
			DB_BYTES(hash ? bytes(hash->hash, sizeof(hash->hash)) : none),
			DB_INT(created_us), DB_STR(moving->recipe), optional(moving->sealed)),
		NULL);
}

int store_registered(struct db_conn *conn, struct str registration, struct arena *arena,
	struct credential *ret_credential)
{
	static const struct db_sql sql = {
		"SELECT " CREDENTIAL_COLUMNS " FROM credentials WHERE registration = $1"};

	return db_row(conn, &sql, DB_ARGS(DB_STR(registration)), &credential_fields, arena,
		ret_credential);
}

int store_sealed(struct db_conn *conn, struct str after, int64_t limit, struct arena *arena,
	struct credential **ret_credentials, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT " CREDENTIAL_COLUMNS " FROM credentials "
		"WHERE sealed IS NOT NULL AND registration > $1 ORDER BY registration LIMIT $2"};

	return db_rows(conn, &sql, DB_ARGS(DB_STR(after), DB_INT(limit)), &credential_fields, arena,
		ret_credentials, ret_count);
}

int store_wrapped(
	struct db_conn *conn, const struct credential *was, const struct password_hash *hash)
{
	static const struct db_sql sql = {
		"UPDATE credentials SET algorithm = $3, salt = $4, hash = $5, sealed = NULL "
		"WHERE registration = $1 AND sealed = $2"};

	return db_exec(conn, &sql,
		DB_ARGS(DB_STR(was->registration), DB_BYTES(was->sealed), DB_INT(hash->algorithm),
			DB_BYTES(bytes(hash->salt, sizeof(hash->salt))),
			DB_BYTES(bytes(hash->hash, sizeof(hash->hash)))),
		NULL);
}

/* Only moving in sets a recipe, and a new password takes it away: while there is one, the password is
 * what it was. */
int store_settled(struct db_conn *conn, int64_t account, const struct password_hash *hash)
{
	static const struct db_sql sql = {
		"UPDATE credentials SET algorithm = $2, salt = $3, hash = $4, recipe = NULL, "
		"sealed = NULL WHERE account = $1 AND recipe IS NOT NULL"};

	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(account), DB_INT(hash->algorithm),
			DB_BYTES(bytes(hash->salt, sizeof(hash->salt))),
			DB_BYTES(bytes(hash->hash, sizeof(hash->hash)))),
		NULL);
}

int store_activate(struct db_conn *conn, struct str registration, int64_t account)
{
	static const struct db_sql sql = {
		"UPDATE credentials SET account = $2 "
		"WHERE registration = $1 AND (account IS NULL OR account = $2)"};

	return change_one(conn, &sql, DB_ARGS(DB_STR(registration), DB_INT(account)));
}

int store_pending_delete(struct db_conn *conn, struct str registration)
{
	static const struct db_sql sql = {
		"DELETE FROM credentials WHERE registration = $1 AND account IS NULL"};

	return db_exec(conn, &sql, DB_ARGS(DB_STR(registration)), NULL);
}

int store_credential(struct db_conn *conn, int64_t account, struct arena *arena,
	struct credential *ret_credential)
{
	static const struct db_sql sql = {
		"SELECT " CREDENTIAL_COLUMNS " FROM credentials WHERE account = $1"};

	return db_row(
		conn, &sql, DB_ARGS(DB_INT(account)), &credential_fields, arena, ret_credential);
}

int store_unfinished(struct db_conn *conn, struct str after, int64_t limit, struct arena *arena,
	struct credential **ret_credentials, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT " CREDENTIAL_COLUMNS " FROM credentials "
		"WHERE (account IS NULL OR erasing = 1) AND registration > $1 "
		"ORDER BY registration LIMIT $2"};

	return db_rows(conn, &sql, DB_ARGS(DB_STR(after), DB_INT(limit)), &credential_fields, arena,
		ret_credentials, ret_count);
}

int store_password_set(struct db_conn *conn, int64_t account, const struct password_hash *hash,
	int64_t sessions_from_us, struct str keep_session)
{
	static const struct db_sql sql = {
		"UPDATE credentials SET algorithm = $2, salt = $3, hash = $4, sessions_from = $5, "
		"keep_session = $6, recipe = NULL, sealed = NULL WHERE account = $1"};

	return change_one(conn, &sql,
		DB_ARGS(DB_INT(account), DB_INT(hash->algorithm),
			DB_BYTES(bytes(hash->salt, sizeof(hash->salt))),
			DB_BYTES(bytes(hash->hash, sizeof(hash->hash))), DB_INT(sessions_from_us),
			DB_STR(keep_session)));
}

int store_sessions_from(
	struct db_conn *conn, int64_t account, int64_t sessions_from_us, struct str keep_session)
{
	static const struct db_sql sql = {
		"UPDATE credentials SET sessions_from = $2, keep_session = $3 WHERE account = $1"};

	return change_one(conn, &sql,
		DB_ARGS(DB_INT(account), DB_INT(sessions_from_us), DB_STR(keep_session)));
}

int store_erasing_set(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"UPDATE credentials SET erasing = 1 WHERE account = $1"};

	return change_one(conn, &sql, DB_ARGS(DB_INT(account)));
}

int store_credential_delete(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"DELETE FROM credentials WHERE account = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account)), NULL);
}

int store_hash(const struct credential *credential, struct password_hash *ret_hash)
{
	if (credential->salt.len != PASSWORD_SALT_LEN || credential->hash.len != PASSWORD_HASH_LEN)
		return ERR_INTERNAL;
	ret_hash->recipe = credential->recipe;
	ret_hash->algorithm = credential->algorithm;
	memcpy(ret_hash->salt, credential->salt.p, PASSWORD_SALT_LEN);
	memcpy(ret_hash->hash, credential->hash.p, PASSWORD_HASH_LEN);
	return 0;
}

int store_totp_begin(struct db_conn *conn, const struct totp *totp)
{
	static const struct db_sql sql = {
		"INSERT INTO totp (account, secret) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE "
		"SET secret = excluded.secret, step = 0, used = 0 WHERE totp.since IS NULL"};
	int rc = change_one(conn, &sql, DB_ARGS(DB_INT(totp->account), DB_BYTES(totp->secret)));

	return rc == ERR_NOT_FOUND ? ERR_EXISTS : rc;
}

int store_totp(
	struct db_conn *conn, int64_t account, struct arena *arena, struct totp *ret_totp)
{
	static const struct db_sql sql = {
		"SELECT account, secret, since, step, used FROM totp WHERE account = $1"};

	return db_row(conn, &sql, DB_ARGS(DB_INT(account)), &totp_fields, arena, ret_totp);
}

int store_totp_use(struct db_conn *conn, const struct totp *totp)
{
	static const struct db_sql sql = {
		"UPDATE totp SET since = $2, step = $3, used = $4 WHERE account = $1"};

	return change_one(conn, &sql,
		DB_ARGS(DB_INT(totp->account), DB_INT(totp->since), DB_INT(totp->step),
			DB_INT(totp->used)));
}

int store_totp_delete(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"DELETE FROM totp WHERE account = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account)), NULL);
}

int store_recovery_add(struct db_conn *conn, int64_t account, struct str hash)
{
	static const struct db_sql sql = {
		"INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account), DB_BYTES(hash)), NULL);
}

int store_recovery_use(struct db_conn *conn, int64_t account, struct str hash)
{
	static const struct db_sql sql = {
		"DELETE FROM recovery_codes WHERE account = $1 AND hash = $2"};

	return change_one(conn, &sql, DB_ARGS(DB_INT(account), DB_BYTES(hash)));
}

int store_recovery_left(struct db_conn *conn, int64_t account, int64_t *ret_left)
{
	static const struct db_sql sql = {
		"SELECT COUNT(*) FROM recovery_codes WHERE account = $1"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(account)), ret_left);
}

int store_recovery_delete(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"DELETE FROM recovery_codes WHERE account = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account)), NULL);
}

int store_sign_in_add(struct db_conn *conn, const struct sign_in *sign_in, int64_t *ret_id)
{
	static const struct db_sql sql = {
		"INSERT INTO sign_ins (id, time, account, address, device, outcome) "
		"SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5 FROM sign_ins RETURNING id"};

	return db_number(conn, &sql,
		DB_ARGS(DB_INT(sign_in->time), DB_ID(sign_in->account), DB_STR(sign_in->address),
			DB_STR(sign_in->device), DB_INT(sign_in->outcome)),
		ret_id);
}

int store_sign_ins_prune(struct db_conn *conn, int64_t last)
{
	static const struct db_sql sql = {"DELETE FROM sign_ins WHERE id <= $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(last)), NULL);
}

int store_sign_ins_prune_unknown(struct db_conn *conn, int64_t after, int64_t last)
{
	static const struct db_sql sql = {
		"DELETE FROM sign_ins WHERE id > $1 AND id <= $2 AND account IS NULL"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(after), DB_INT(last)), NULL);
}

int store_sign_ins_forget(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"DELETE FROM sign_ins WHERE account = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account)), NULL);
}

int store_sign_ins_of(struct db_conn *conn, int64_t account, int64_t limit, struct arena *arena,
	struct auth_sign_in **ret_sign_ins, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT time, address, device, outcome FROM sign_ins WHERE account = $1 "
		"ORDER BY id DESC LIMIT $2"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(account), DB_INT(limit)), &auth_sign_in_fields,
		arena, ret_sign_ins, ret_count);
}

int store_sign_ins(struct db_conn *conn, int64_t limit, struct arena *arena,
	struct sign_in **ret_sign_ins, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT id, time, account, address, device, outcome FROM sign_ins "
		"ORDER BY id DESC LIMIT $1"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(limit)), &sign_in_fields, arena, ret_sign_ins,
		ret_count);
}
