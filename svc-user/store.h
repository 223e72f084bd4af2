/*
 * All SQL of svc-user, one function a statement. They run on a reader or, within a job, on the
 * writer; text of rows is copied into the arena. Unless told otherwise: 0, ERR_IO, ERR_NOMEM.
 */
#ifndef SVC_USER_STORE_H
#define SVC_USER_STORE_H

#include "common/rpc/user_api.h"
#include "common/svc/db.h"

/* In the order of USER_ACCOUNT's lines. */
#define USER_STORE_COLUMNS                                                                         \
	"id, username, phone, email, display_name, first_name, last_name, role, status,"           \
	" identity, sex, age, description, wechat, avatar, created, modified, registration,"       \
	" sessions_from"
/* For LIKE … ESCAPE '\\' on a …_key column: the part anywhere in it, ASCII case ignored. */
int user_store_pattern(struct arena *arena, struct str part, struct str *ret_pattern);

/* The next number of a counter, "accounts" or "admin_acts": 1, 2, 3 … without gaps. */
int user_store_count(struct db_conn *conn, struct str counter, int64_t *ret_number);

/* ERR_NOT_FOUND. ASCII case is ignored for username and e-mail. */
int user_store_by_id(
	struct db_conn *conn, struct arena *arena, int64_t id, struct user_account *ret_account);
/* Not for an erased account: ERR_NOT_FOUND. */
int user_store_by_id_alive(
	struct db_conn *conn, struct arena *arena, int64_t id, struct user_account *ret_account);
int user_store_by_username(struct db_conn *conn, struct arena *arena, struct str username,
	struct user_account *ret_account);
int user_store_by_phone(struct db_conn *conn, struct arena *arena, struct str phone,
	struct user_account *ret_account);
int user_store_by_email(struct db_conn *conn, struct arena *arena, struct str email,
	struct user_account *ret_account);
int user_store_by_registration(struct db_conn *conn, struct arena *arena, struct str registration,
	struct user_account *ret_account);
/* The account's place in the order of creation. ERR_NOT_FOUND. */
int user_store_seq(struct db_conn *conn, int64_t id, int64_t *ret_seq);

/* ERR_TAKEN when an identifier, id or registration is in use. */
int user_store_insert(
	struct db_conn *conn, struct arena *arena, int64_t seq, const struct user_account *account);
/* What its owner may change: identifiers and profile. ERR_TAKEN. */
int user_store_profile(
	struct db_conn *conn, struct arena *arena, const struct user_account *account);
/* What an administrator may change. */
int user_store_govern(struct db_conn *conn, const struct user_account *account);
/* Absent when it was never asked for. ERR_NOT_FOUND. */
int user_store_key(struct db_conn *conn, struct arena *arena, int64_t id, struct str *ret_key);
int user_store_key_set(struct db_conn *conn, int64_t id, struct str key);
/* Removes all personal data of the row and marks it erased for good. */
int user_store_erase(struct db_conn *conn, int64_t id, int64_t now_us);

/* Absent or 0: no restriction. Texts other than `part` are compared whole. */
struct user_store_query {
	int64_t after_seq;
	struct str part; /* of username or display name, ASCII case ignored */
	struct str username, phone, first_name, last_name;
	int role, status;
	int64_t limit; /* below FIELD_LIST_MAX */
};
/* In the order of creation; erased accounts are never found. */
int user_store_search(struct db_conn *conn, struct arena *arena,
	const struct user_store_query *query, struct user_account **ret_items, size_t *ret_count);

/* The same by names, role and place only, and only the ids. */
int user_store_search_ids(struct db_conn *conn, struct arena *arena,
	const struct user_store_query *query, int64_t **ret_ids, size_t *ret_count);

int user_store_follow_add(struct db_conn *conn, int64_t follower, int64_t followed, int64_t now_us);
int user_store_follow_remove(
	struct db_conn *conn, int64_t follower, int64_t followed, int64_t *ret_removed);
/* All of one's follows, whatever became of the accounts. */
int user_store_follow_remove_all(struct db_conn *conn, int64_t follower);
int user_store_follow_rows(struct db_conn *conn, int64_t follower, int64_t *ret_rows);
/* Normal accounts only, here and in the list (newest first). */
int user_store_follow_total(struct db_conn *conn, int64_t follower, int64_t *ret_total);
int user_store_follow_list(struct db_conn *conn, struct arena *arena, int64_t follower,
	int64_t limit, struct user_account **ret_items, size_t *ret_count);

/* An account with the contact's own columns behind it. */
#define USER_CONTACT_ROW(X, S)                                                                     \
	USER_ACCOUNT(X, S)                                                                         \
	X(S, STR, alias, 0, USER_NAME_MAX)                                                         \
	X(S, TIME, added, 0, 0)
FIELD_STRUCT(user_contact_row, USER_CONTACT_ROW)

int user_store_contact_add(
	struct db_conn *conn, int64_t owner, int64_t contact, struct str alias, int64_t now_us);
int user_store_contact_rename(
	struct db_conn *conn, int64_t owner, int64_t contact, struct str alias);
int user_store_contact_remove(
	struct db_conn *conn, int64_t owner, int64_t contact, int64_t *ret_removed);
/* Both one's own contacts and the entries others have of one, with their aliases. */
int user_store_contact_remove_all(struct db_conn *conn, int64_t account);
/* 0 or 1. */
int user_store_contact_exists(
	struct db_conn *conn, int64_t owner, int64_t contact, int64_t *ret_exists);
int user_store_contact_rows(struct db_conn *conn, int64_t owner, int64_t *ret_rows);
/* In the order of ids, from the one after `after`: a place that outlives the contact's removal. */
int user_store_contact_list(struct db_conn *conn, struct arena *arena, int64_t owner, int64_t after,
	int64_t limit, struct user_contact_row **ret_items, size_t *ret_count);

/* People as somebody sees them: store_person.c. Normal accounts only. */
#define USER_PERSON_ROW(X, S)                                                                      \
	USER_ACCOUNT(X, S)                                                                         \
	X(S, STR, alias, 0, USER_NAME_MAX)                                                         \
	X(S, BOOL, contact, 0, 0)                                                                  \
	X(S, BOOL, knows_viewer, 0, 0) /* has added him as a contact */                            \
	X(S, INT, contacts, 0, INT64_MAX)                                                          \
	X(S, BOOL, bound, 0, 0)
FIELD_STRUCT(user_person_row, USER_PERSON_ROW)
/* ERR_NOT_FOUND. */
int user_store_person(struct db_conn *conn, struct arena *arena, int64_t viewer, int64_t id,
	struct user_person_row *ret_row);
int user_store_people(struct db_conn *conn, struct arena *arena, int64_t viewer,
	const struct user_people_in *in, struct user_person_row **ret_rows, size_t *ret_count);
int user_store_bind(struct db_conn *conn, int64_t id);

/* The record of acts and figures: store_record.c. act->id is not looked at. */
int user_store_act_add(struct db_conn *conn, const struct user_act *act);
/* Newest first, those with a number below `before`. */
int user_store_acts(struct db_conn *conn, struct arena *arena, int64_t before, int64_t limit,
	struct user_act **ret_acts, size_t *ret_count);
/* On an account or of its own, the newest `limit`, newest first. */
int user_store_acts_of(struct db_conn *conn, struct arena *arena, int64_t account, int64_t limit,
	struct user_act **ret_acts, size_t *ret_count);
/* Whatever became of the other accounts. */
int user_store_export_contacts(struct db_conn *conn, struct arena *arena, int64_t account,
	struct user_export_contact **ret_items, size_t *ret_count);
int user_store_export_follows(struct db_conn *conn, struct arena *arena, int64_t account,
	struct user_export_follow **ret_items, size_t *ret_count);
/* What of the record is about the person and not about the act. */
int user_store_acts_forget(struct db_conn *conn, int64_t account);
int user_store_counts(struct db_conn *conn, struct arena *arena, struct user_count **ret_counts,
	size_t *ret_count);

#endif
