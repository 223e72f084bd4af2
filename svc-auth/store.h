/* All SQL of svc-auth, one function a statement. Functions that write run in a db_job. */
#ifndef AUTH_STORE_H
#define AUTH_STORE_H

#include "common/svc/db.h"
#include "svc-auth/password.h"

#define STORE_REGISTRATION_LEN 32 /* hex digits */

#define CREDENTIAL(X, S)                                                                           \
	X(S, STR, registration, FIELD_REQUIRED, STORE_REGISTRATION_LEN)                            \
	X(S, ID, account, 0, 0) /* 0 while pending */                                              \
	X(S, INT, algorithm, 0, INT32_MAX)                                                         \
	X(S, BYTES, salt, FIELD_REQUIRED, PASSWORD_SALT_LEN)                                       \
	X(S, BYTES, hash, FIELD_REQUIRED, PASSWORD_HASH_LEN)                                       \
	X(S, TIME, created, 0, 0)                                                                  \
	X(S, TIME, sessions_from, 0, 0) /* sessions begun before are void, … */                  \
	X(S, STR, keep_session, 0, 64)	/* … except this one */                                  \
	X(S, BOOL, erasing, 0, 0)	/* the owner asked for erasure; to be finished */        \
	X(S, STR, recipe, 0, 160)	/* the hash is of an older one (legacy.h), … */          \
	X(S, BYTES, sealed, 0, 80)	/* … which is still here, sealed, and salt and hash are empty */
FIELD_STRUCT(credential, CREDENTIAL)

/* Adds a pending credential. */
int store_pending_add(struct db_conn *conn, struct str registration,
	const struct password_hash *hash, int64_t created_us);
/* The same for an account that moves in, or a new content for the pending credential of that
 * registration; either of hash and sealed, and the recipe. Does nothing to an active one. */
struct store_moving {
	struct str registration;
	const struct password_hash *hash; /* NULL: sealed */
	struct str recipe, sealed;
};
int store_pending_move(
	struct db_conn *conn, const struct store_moving *moving, int64_t created_us);
/* ERR_NOT_FOUND. */
int store_registered(struct db_conn *conn, struct str registration, struct arena *arena,
	struct credential *ret_credential);
/* Credentials that are sealed, by registration from the one after `after`. */
int store_sealed(struct db_conn *conn, struct str after, int64_t limit, struct arena *arena,
	struct credential **ret_credentials, size_t *ret_count);
/* Puts the hash of what was sealed in its place, unless that has gone meanwhile. */
int store_wrapped(
	struct db_conn *conn, const struct credential *was, const struct password_hash *hash);
/* Puts the plain hash of the same password in the place of an older backend's, unless that has gone
 * meanwhile. */
int store_settled(struct db_conn *conn, int64_t account, const struct password_hash *hash);
/* Gives a pending credential its account. Already so: 0. ERR_NOT_FOUND: no such credential. */
int store_activate(struct db_conn *conn, struct str registration, int64_t account);
/* Does nothing to an active one. */
int store_pending_delete(struct db_conn *conn, struct str registration);
/* The account's credential; ERR_NOT_FOUND. */
int store_credential(struct db_conn *conn, int64_t account, struct arena *arena,
	struct credential *ret_credential);
/* Pending credentials, and those to be erased, by registration from the one after `after`. */
int store_unfinished(struct db_conn *conn, struct str after, int64_t limit, struct arena *arena,
	struct credential **ret_credentials, size_t *ret_count);
/* ERR_NOT_FOUND when the account has no credential, also below. */
int store_password_set(struct db_conn *conn, int64_t account, const struct password_hash *hash,
	int64_t sessions_from_us, struct str keep_session);
int store_sessions_from(
	struct db_conn *conn, int64_t account, int64_t sessions_from_us, struct str keep_session);
int store_erasing_set(struct db_conn *conn, int64_t account);
int store_credential_delete(struct db_conn *conn, int64_t account);
/* The hash within a row, as long as that; ERR_INTERNAL when the row is damaged, or sealed. */
int store_hash(const struct credential *credential, struct password_hash *ret_hash);

#define STORE_TOTP_SECRET_MAX 69 /* bytes, sealed */
#define STORE_RECOVERY_LEN 32
#define TOTP(X, S)                                                                                 \
	X(S, ID, account, FIELD_REQUIRED, 0)                                                       \
	X(S, BYTES, secret, FIELD_REQUIRED, STORE_TOTP_SECRET_MAX)                                 \
	X(S, TIME, since, 0, 0) /* 0: not in force yet */                                          \
	X(S, INT, step, 0, INT64_MAX)                                                              \
	X(S, INT, used, 0, INT64_MAX)
FIELD_STRUCT(totp, TOTP)

/* A new secret, in the place of one that is not in force; ERR_EXISTS when it is. */
int store_totp_begin(struct db_conn *conn, const struct totp *totp);
/* ERR_NOT_FOUND. */
int store_totp(
	struct db_conn *conn, int64_t account, struct arena *arena, struct totp *ret_totp);
/* Writes since, step and used. */
int store_totp_use(struct db_conn *conn, const struct totp *totp);
int store_totp_delete(struct db_conn *conn, int64_t account);
int store_recovery_add(struct db_conn *conn, int64_t account, struct str hash);
/* Takes the code away; ERR_NOT_FOUND. */
int store_recovery_use(struct db_conn *conn, int64_t account, struct str hash);
int store_recovery_left(struct db_conn *conn, int64_t account, int64_t *ret_left);
int store_recovery_delete(struct db_conn *conn, int64_t account);

#define SIGN_IN(X, S)                                                                              \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, TIME, time, 0, 0)                                                                     \
	X(S, ID, account, 0, 0) /* 0: there was none */                                            \
	X(S, STR, address, 0, 64)                                                                  \
	X(S, STR, device, 0, 100)                                                                  \
	X(S, INT, outcome, 0, INT32_MAX) /* enum audit_outcome */
FIELD_STRUCT(sign_in, SIGN_IN)

/* Adds a row under the next id, which it returns; sign_in->id is not looked at. */
int store_sign_in_add(struct db_conn *conn, const struct sign_in *sign_in, int64_t *ret_id);
/* Deletes all rows up to `last`. */
int store_sign_ins_prune(struct db_conn *conn, int64_t last);
/* Deletes the rows without account in (after, last]. */
int store_sign_ins_prune_unknown(struct db_conn *conn, int64_t after, int64_t last);
/* Deletes the rows of one account. */
int store_sign_ins_forget(struct db_conn *conn, int64_t account);
/* The newest `limit` rows of an account, newest first. */
int store_sign_ins_of(struct db_conn *conn, int64_t account, int64_t limit, struct arena *arena,
	struct auth_sign_in **ret_sign_ins, size_t *ret_count);
/* The newest `limit` rows, newest first. */
int store_sign_ins(struct db_conn *conn, int64_t limit, struct arena *arena,
	struct sign_in **ret_sign_ins, size_t *ret_count);

#endif
