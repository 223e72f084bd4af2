/* svc-user on the bus: accounts, profiles, follows, contacts. PROTOCOL.md has the words. */
#ifndef RPC_USER_API_H
#define RPC_USER_API_H

#include "common/rpc/method.h"

#define USER_USERNAME_MAX 30
#define USER_PHONE_MAX 11
#define USER_EMAIL_MAX 254
#define USER_NAME_MAX 64
#define USER_DESCRIPTION_MAX 1000

enum user_role { ROLE_ADMINISTRATOR = 1, ROLE_DONOR, ROLE_VOLUNTEER, ROLE_MEMBER };
enum user_status { STATUS_NORMAL = 1, STATUS_FROZEN, STATUS_DELETED };
enum user_sex { SEX_UNKNOWN = 1, SEX_FEMALE, SEX_MALE };
/* By which identifier a login is looked up. */
enum user_login_kind { LOGIN_ANY = 1, LOGIN_USERNAME, LOGIN_PHONE, LOGIN_EMAIL, LOGIN_ID };

extern const struct enum_words user_roles;
extern const struct enum_words user_statuses;
extern const struct enum_words user_sexes;
extern const struct enum_words user_login_kinds;

/* In the order and with the names of /v1's account object. */
#define USER_ACCOUNT(X, S)                                                                         \
	X(S, ID, id, FIELD_REQUIRED, 0)                                                            \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, FIELD_PRIVATE, USER_PHONE_MAX)                                            \
	X(S, STR, email, FIELD_PRIVATE, USER_EMAIL_MAX)                                            \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, FIELD_REQUIRED, user_roles)                                               \
	X(S, ENUM, status, FIELD_REQUIRED | FIELD_PRIVATE, user_statuses)                          \
	X(S, STR, identity, 0, USER_NAME_MAX)                                                      \
	X(S, ENUM, sex, FIELD_REQUIRED, user_sexes)                                                \
	X(S, OINT, age, 0, 150)                                                                    \
	X(S, STR, description, 0, USER_DESCRIPTION_MAX)                                            \
	X(S, STR, wechat, FIELD_PRIVATE, 50)                                                       \
	X(S, STR, avatar, 0, 200)                                                                  \
	X(S, TIME, created, FIELD_REQUIRED, 0)                                                     \
	X(S, TIME, modified, FIELD_REQUIRED, 0)                                                    \
	X(S, STR, registration, FIELD_INTERNAL, 32) /* credential this account began with */       \
	X(S, TIME, sessions_from, FIELD_INTERNAL, 0) /* sessions begun before are void */
FIELD_STRUCT(user_account, USER_ACCOUNT)

/* Makes an account with a fresh random id. Idempotent on `registration`. ERR_TAKEN names the taken
 * fields, ERR_INVALID the ill-formed ones. At least one identifier is not asked for here. */
#define USER_CREATE_IN(X, S)                                                                       \
	X(S, STR, registration, FIELD_REQUIRED, 32)                                                \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, email, 0, USER_EMAIL_MAX)                                                        \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, 0, user_roles) /* absent: member */                                       \
	X(S, STR, identity, 0, USER_NAME_MAX)                                                      \
	X(S, ENUM, sex, 0, user_sexes)                                                             \
	X(S, OINT, age, 0, 150)                                                                    \
	X(S, STR, description, 0, USER_DESCRIPTION_MAX)                                            \
	X(S, ID, actor, 0, 0) /* who makes an administrator, for the audit; 0: the operator */
#define USER_CREATE_OUT(X, S) X(S, OBJ, account, 0, user_account)
FIELD_STRUCT(user_create_in, USER_CREATE_IN)
FIELD_STRUCT(user_create_out, USER_CREATE_OUT)

/* ERR_NOT_FOUND. Everybody may ask; what is private is the gateway's rendering. */
#define USER_GET_IN(X, S) X(S, ID, id, FIELD_REQUIRED, 0)
#define USER_GET_OUT USER_CREATE_OUT
FIELD_STRUCT(user_get_in, USER_GET_IN)
FIELD_STRUCT(user_get_out, USER_GET_OUT)

/* The account with this identifier, ASCII case ignored. LOGIN_ANY: username, phone, e-mail or id
 * (their forms exclude one another). ERR_NOT_FOUND. */
#define USER_FIND_IN(X, S)                                                                         \
	X(S, STR, login, FIELD_REQUIRED, USER_EMAIL_MAX)                                           \
	X(S, ENUM, by, FIELD_REQUIRED, user_login_kinds)
#define USER_FIND_OUT USER_CREATE_OUT
FIELD_STRUCT(user_find_in, USER_FIND_IN)
FIELD_STRUCT(user_find_out, USER_FIND_OUT)

/* The account that came of a registration: ERR_NOT_FOUND means there is none. */
#define USER_REGISTERED_IN(X, S) X(S, STR, registration, FIELD_REQUIRED, 32)
#define USER_REGISTERED_OUT USER_CREATE_OUT
FIELD_STRUCT(user_registered_in, USER_REGISTERED_IN)
FIELD_STRUCT(user_registered_out, USER_REGISTERED_OUT)

/* Changes the caller's own profile; absent fields stay, an empty text removes the value. All or
 * nothing. ERR_TAKEN and ERR_INVALID name the fields. With only_check nothing is stored. */
#define USER_UPDATE_IN(X, S)                                                                       \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, OINT, age, 0, 150)                                                                    \
	X(S, ENUM, sex, 0, user_sexes)                                                             \
	X(S, STR, description, 0, USER_DESCRIPTION_MAX)                                            \
	X(S, STR, email, 0, USER_EMAIL_MAX)                                                        \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, wechat, 0, 50)                                                                   \
	X(S, BOOL, no_age, FIELD_INTERNAL, 0) /* removes the age */                                \
	X(S, BOOL, only_check, FIELD_INTERNAL, 0)
#define USER_UPDATE_OUT USER_CREATE_OUT
FIELD_STRUCT(user_update_in, USER_UPDATE_IN)
FIELD_STRUCT(user_update_out, USER_UPDATE_OUT)

/* An administrator's change. A status other than normal ends every session (sessions_from) and
 * publishes user.changed; so does a new role. ERR_NOT_FOUND. With lower_only also for a deleted
 * account, and ERR_DENIED for an administrator; asked even when nothing is to be changed. */
#define USER_GOVERN_IN(X, S)                                                                       \
	X(S, ID, id, FIELD_REQUIRED | FIELD_INTERNAL, 0)                                           \
	X(S, ENUM, role, 0, user_roles)                                                            \
	X(S, ENUM, status, 0, user_statuses)                                                       \
	X(S, STR, identity, 0, USER_NAME_MAX)                                                      \
	X(S, BOOL, lower_only, FIELD_INTERNAL, 0)
#define USER_GOVERN_OUT USER_CREATE_OUT
FIELD_STRUCT(user_govern_in, USER_GOVERN_IN)
FIELD_STRUCT(user_govern_out, USER_GOVERN_OUT)

/* Removes all personal data and frees the identifiers; the id stays, with status deleted. Called by
 * svc-auth after the password was checked. Idempotent. */
#define USER_ERASE_IN USER_GET_IN
#define USER_ERASE_OUT NOTHING
FIELD_STRUCT(user_erase_in, USER_ERASE_IN)
FIELD_STRUCT(user_erase_out, USER_ERASE_OUT)

/* Conditions are ANDed; absent means no restriction. q: part of username or display name, ASCII case
 * ignored. username, phone, first_name, last_name: exact (username's ASCII case ignored). role and
 * status only for administrators (ERR_DENIED); others find neither frozen nor deleted accounts and
 * nobody by first or last name. Oldest account first, from the one after `after`. ERR_INVALID when
 * `after` is no account. */
#define USER_SEARCH_IN(X, S)                                                                       \
	X(S, STR, q, 0, USER_NAME_MAX)                                                             \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, 0, user_roles)                                                            \
	X(S, ENUM, status, 0, user_statuses)                                                       \
	X(S, INT, limit, FIELD_REQUIRED, FIELD_LIST_MAX)                                           \
	X(S, ID, after, 0, 0)
#define USER_SEARCH_OUT(X, S)                                                                      \
	X(S, LIST, items, 0, user_account)                                                         \
	X(S, BOOL, more, 0, 0)
FIELD_STRUCT(user_search_in, USER_SEARCH_IN)
FIELD_STRUCT(user_search_out, USER_SEARCH_OUT)

/* For administrators: only the ids of those found, whatever their status. Names are compared whole,
 * case included. Oldest account first, from the one after `after` (ERR_INVALID when it is none). */
#define USER_SEARCH_IDS_IN(X, S)                                                                   \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, 0, user_roles)                                                            \
	X(S, INT, limit, FIELD_REQUIRED, FIELD_LIST_MAX)                                           \
	X(S, ID, after, 0, 0)
#define USER_SEARCH_IDS_OUT(X, S) X(S, IDS, ids, 0, 0)
FIELD_STRUCT(user_search_ids_in, USER_SEARCH_IDS_IN)
FIELD_STRUCT(user_search_ids_out, USER_SEARCH_IDS_OUT)

/* A normal account as the caller may see it: the phone only if it is his own or its owner has added him
 * as a contact, e-mail and wechat only his own. */
#define USER_PERSON(X, S)                                                                          \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, STR, alias, 0, USER_NAME_MAX)                                                         \
	X(S, BOOL, contact, 0, 0)          /* the caller's */                                      \
	X(S, INT, contacts, 0, INT64_MAX)  /* how many this person has */                          \
	X(S, BOOL, bound, 0, 0)            /* see user.bind */
FIELD_STRUCT(user_person, USER_PERSON)
#define USER_PEOPLE_MAX 200

/* One person, as the caller may see him. ERR_NOT_FOUND, also when his account is not normal. */
#define USER_PERSON_IN USER_GET_IN
#define USER_PERSON_OUT(X, S) X(S, OBJ, person, 0, user_person)
FIELD_STRUCT(user_person_in, USER_PERSON_IN)
FIELD_STRUCT(user_person_out, USER_PERSON_OUT)

/* With `contacts` those of the caller, in the order they were added; else all people with this phone,
 * or this part of a username (ASCII case ignored), oldest account first. ERR_INVALID when neither is
 * given. `skip` of them are left out, for dialects that count pages. */
#define USER_PEOPLE_IN(X, S)                                                                       \
	X(S, BOOL, contacts, 0, 0)                                                                 \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, part, 0, USER_USERNAME_MAX)                                                      \
	X(S, INT, skip, 0, INT32_MAX)                                                              \
	X(S, INT, limit, FIELD_REQUIRED, USER_PEOPLE_MAX)
#define USER_PEOPLE_OUT(X, S) X(S, LIST, items, 0, user_person)
FIELD_STRUCT(user_people_in, USER_PEOPLE_IN)
FIELD_STRUCT(user_people_out, USER_PEOPLE_OUT)

/* Notes that some device of the caller can be reached by push. */
#define USER_BIND_IN NOTHING
#define USER_BIND_OUT NOTHING
FIELD_STRUCT(user_bind_in, USER_BIND_IN)
FIELD_STRUCT(user_bind_out, USER_BIND_OUT)

/* The caller follows the account, or no longer: a toggle. ERR_NOT_FOUND; ERR_INVALID for oneself. */
#define USER_FOLLOW_IN(X, S) X(S, ID, id, FIELD_REQUIRED, 0)
#define USER_FOLLOW_OUT(X, S) X(S, BOOL, following, 0, 0)
FIELD_STRUCT(user_follow_in, USER_FOLLOW_IN)
FIELD_STRUCT(user_follow_out, USER_FOLLOW_OUT)

/* Whom the caller follows: how many, and the newest `limit`. Normal accounts only. */
#define USER_FOLLOWS_IN(X, S) X(S, INT, limit, 0, 200)
#define USER_FOLLOWS_OUT(X, S)                                                                     \
	X(S, INT, total, 0, INT64_MAX)                                                             \
	X(S, LIST, items, 0, user_account)
FIELD_STRUCT(user_follows_in, USER_FOLLOWS_IN)
FIELD_STRUCT(user_follows_out, USER_FOLLOWS_OUT)

/* The caller's contacts: one-way, with an alias. */
#define USER_CONTACT(X, S)                                                                         \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, STR, alias, 0, USER_NAME_MAX)                                                         \
	X(S, TIME, created, 0, 0)
FIELD_STRUCT(user_contact, USER_CONTACT)
#define USER_CONTACTS_IN(X, S)                                                                     \
	X(S, INT, limit, FIELD_REQUIRED, FIELD_LIST_MAX)                                           \
	X(S, ID, after, 0, 0)
#define USER_CONTACTS_OUT(X, S)                                                                    \
	X(S, LIST, items, 0, user_contact)                                                         \
	X(S, BOOL, more, 0, 0)
FIELD_STRUCT(user_contacts_in, USER_CONTACTS_IN)
FIELD_STRUCT(user_contacts_out, USER_CONTACTS_OUT)
/* Adds the contact or changes its alias; `added` tells which. ERR_NOT_FOUND; ERR_INVALID: oneself. */
#define USER_CONTACT_PUT_IN(X, S)                                                                  \
	X(S, ID, id, FIELD_REQUIRED | FIELD_INTERNAL, 0)                                           \
	X(S, STR, alias, 0, USER_NAME_MAX)
#define USER_CONTACT_PUT_OUT(X, S) X(S, BOOL, added, 0, 0)
FIELD_STRUCT(user_contact_put_in, USER_CONTACT_PUT_IN)
FIELD_STRUCT(user_contact_put_out, USER_CONTACT_PUT_OUT)
/* ERR_NOT_FOUND when it was none. */
#define USER_CONTACT_DELETE_IN USER_GET_IN
#define USER_CONTACT_DELETE_OUT NOTHING
FIELD_STRUCT(user_contact_delete_in, USER_CONTACT_DELETE_IN)
FIELD_STRUCT(user_contact_delete_out, USER_CONTACT_DELETE_OUT)

/* What administrators, the operator and services on their behalf did: never changed, newest first, from
 * the one before `after`. */
#define USER_ACT_MAX 600 /* characters of detail */
#define USER_ACT(X, S)                                                                             \
	X(S, ID, id, FIELD_REQUIRED, 0)                                                            \
	X(S, TIME, time, FIELD_REQUIRED, 0)                                                        \
	X(S, ID, actor, 0, 0) /* 0: the operator */                                                \
	X(S, STR, action, FIELD_REQUIRED, 64)                                                      \
	X(S, ID, target, 0, 0) /* 0: no account in particular */                                   \
	X(S, STR, address, 0, 64)                                                                  \
	X(S, STR, detail, 0, USER_ACT_MAX)
FIELD_STRUCT(user_act, USER_ACT)
#define USER_AUDIT_IN(X, S)                                                                        \
	X(S, INT, limit, FIELD_REQUIRED, 1000)                                                     \
	X(S, ID, after, 0, 0)
#define USER_AUDIT_OUT(X, S)                                                                       \
	X(S, LIST, items, 0, user_act)                                                             \
	X(S, BOOL, more, 0, 0)
FIELD_STRUCT(user_audit_in, USER_AUDIT_IN)
FIELD_STRUCT(user_audit_out, USER_AUDIT_OUT)
/* Records an act that svc-user did not do itself ("session.revoke"). The operator is its own actor; a
 * service names the actor and his address. */
#define USER_AUDIT_ADD_IN(X, S)                                                                    \
	X(S, STR, action, FIELD_REQUIRED, 64)                                                      \
	X(S, ID, target, 0, 0)                                                                     \
	X(S, STR, detail, 0, USER_ACT_MAX)                                                         \
	X(S, ID, actor, 0, 0)                                                                      \
	X(S, STR, address, 0, 64)
#define USER_AUDIT_ADD_OUT NOTHING
FIELD_STRUCT(user_audit_add_in, USER_AUDIT_ADD_IN)
FIELD_STRUCT(user_audit_add_out, USER_AUDIT_ADD_OUT)

/* All that svc-user holds about the caller. Acts: the newest 10,000 on his account or of his own, with the
 * address for his own only. */
#define USER_EXPORT_CONTACT(X, S)                                                                  \
	X(S, ID, id, FIELD_REQUIRED, 0)                                                            \
	X(S, STR, alias, 0, USER_NAME_MAX)                                                         \
	X(S, TIME, created, 0, 0)
FIELD_STRUCT(user_export_contact, USER_EXPORT_CONTACT)
#define USER_EXPORT_FOLLOW(X, S)                                                                   \
	X(S, ID, id, FIELD_REQUIRED, 0)                                                            \
	X(S, TIME, created, 0, 0)
FIELD_STRUCT(user_export_follow, USER_EXPORT_FOLLOW)
#define USER_EXPORT_IN NOTHING
#define USER_EXPORT_OUT(X, S)                                                                      \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, LIST, contacts, 0, user_export_contact)                                               \
	X(S, LIST, follows, 0, user_export_follow)                                                 \
	X(S, LIST, acts, 0, user_act)
FIELD_STRUCT(user_export_in, USER_EXPORT_IN)
FIELD_STRUCT(user_export_out, USER_EXPORT_OUT)

/* How many accounts there are. Erased ones are counted under `erased` alone. */
#define USER_COUNT(X, S)                                                                           \
	X(S, ENUM, role, FIELD_REQUIRED, user_roles)                                               \
	X(S, ENUM, status, FIELD_REQUIRED, user_statuses)                                          \
	X(S, BOOL, erased, 0, 0)                                                                   \
	X(S, INT, accounts, 0, INT64_MAX)
FIELD_STRUCT(user_count, USER_COUNT)
#define USER_STATS_IN NOTHING
#define USER_STATS_OUT(X, S) X(S, LIST, counts, 0, user_count) /* those that are not 0 */
FIELD_STRUCT(user_stats_in, USER_STATS_IN)
FIELD_STRUCT(user_stats_out, USER_STATS_OUT)

/* The key that the caller's clients show to other programs (medusa's `key`): made when it is first
 * asked for, and anew with `renew`. */
#define USER_KEY_LEN 40 /* characters of A-Za-z1-9 */
#define USER_KEY_IN(X, S) X(S, BOOL, renew, 0, 0)
#define USER_KEY_OUT(X, S) X(S, SECRET, key, FIELD_REQUIRED, USER_KEY_LEN)
FIELD_STRUCT(user_key_in, USER_KEY_IN)
FIELD_STRUCT(user_key_out, USER_KEY_OUT)

/* Makes accounts that move in from another backend, each as user.create would, all in one commit. What a
 * registration made before is left alone ("already"; account 0: it has been erased since). An id is
 * given if it is free and has 8 or 9 digits, else another. Recorded as an act of the operator. */
#define USER_IMPORT_MAX 200
enum user_import_outcome { IMPORT_MADE = 1, IMPORT_ALREADY, IMPORT_REFUSED };
extern const struct enum_words user_import_outcomes;
#define USER_IMPORT_ROW(X, S)                                                                      \
	X(S, STR, registration, FIELD_REQUIRED, 32)                                                \
	X(S, ID, id, 0, 0)                                                                         \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, email, 0, USER_EMAIL_MAX)                                                        \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, 0, user_roles)
#define USER_IMPORT_RESULT(X, S)                                                                   \
	X(S, ENUM, outcome, FIELD_REQUIRED, user_import_outcomes)                                  \
	X(S, ID, account, 0, 0)                                                                    \
	X(S, STR, reason, 0, 32) /* of a refusal: an error's name */                               \
	X(S, STRS, fields, 0, 32)
FIELD_STRUCT(user_import_row, USER_IMPORT_ROW)
FIELD_STRUCT(user_import_result, USER_IMPORT_RESULT)
#define USER_IMPORT_IN(X, S) X(S, LIST, rows, 0, user_import_row)
#define USER_IMPORT_OUT(X, S) X(S, LIST, results, 0, user_import_result) /* in the rows' order */
FIELD_STRUCT(user_import_in, USER_IMPORT_IN)
FIELD_STRUCT(user_import_out, USER_IMPORT_OUT)

#define USER_METHODS(M)                                                                            \
	M(user, create, CALLER_SERVICE, METHOD_IDEMPOTENT, LANE_WRITE)                             \
	M(user, get, CALLER_ALL, METHOD_IDEMPOTENT, LANE_READ)                                     \
	M(user, find, CALLER_ALL, METHOD_IDEMPOTENT, LANE_READ)                                    \
	M(user, registered, CALLER_SERVICE, METHOD_IDEMPOTENT, LANE_READ)                          \
	M(user, update, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                           \
	M(user, govern, CALLER_ADMIN | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)             \
	M(user, erase, CALLER_SERVICE, METHOD_IDEMPOTENT, LANE_WRITE)                              \
	M(user, search, CALLER_SIGNED_IN | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)         \
	M(user, search_ids, CALLER_ADMIN | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)         \
	M(user, person, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                           \
	M(user, people, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                           \
	M(user, bind, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                             \
	M(user, follow, CALLER_SIGNED_IN, 0, LANE_WRITE)                                           \
	M(user, follows, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_READ)                           \
	M(user, contacts, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                         \
	M(user, contact_put, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                      \
	M(user, contact_delete, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                   \
	M(user, audit, CALLER_ADMIN | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)              \
	M(user, audit_add, CALLER_SERVICE | CALLER_OPERATOR, 0, LANE_WRITE)                        \
	M(user, export, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                           \
	M(user, stats, CALLER_ADMIN | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)              \
	M(user, key, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                              \
	M(user, import, CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)

METHOD_DECLARE(USER, USER_METHODS)

#endif
