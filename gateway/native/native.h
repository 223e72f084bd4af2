/* The handlers of /v1 and the request shapes that are the gateway's own. */
#ifndef GATEWAY_NATIVE_H
#define GATEWAY_NATIVE_H

#include "common/rpc/auth_api.h"
#include "common/rpc/user_api.h"

struct req;

/* PUT /v1/me/password */
#define NATIVE_PASSWORD_IN(X, S)                                                                   \
	X(S, SECRET, current, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                   \
	X(S, SECRET, new, FIELD_REQUIRED, AUTH_PASSWORD_MAX)
FIELD_STRUCT(native_password_in, NATIVE_PASSWORD_IN)

/* POST /v1/codes: pictures and signing in are not for its callers. */
extern const struct enum_words native_code_channels;
extern const struct enum_words native_code_purposes;
#define NATIVE_CODE_IN(X, S)                                                                       \
	X(S, ENUM, channel, FIELD_REQUIRED, native_code_channels)                                  \
	X(S, STR, to, FIELD_REQUIRED, USER_EMAIL_MAX)                                              \
	X(S, ENUM, purpose, FIELD_REQUIRED, native_code_purposes)
FIELD_STRUCT(native_code_in, NATIVE_CODE_IN)

/* POST /v1/captchas */
#define NATIVE_CAPTCHA(X, S)                                                                       \
	X(S, STR, id, FIELD_REQUIRED, 100)                                                         \
	X(S, STR, image, FIELD_REQUIRED, 200) /* path of the picture */                            \
	X(S, TIME, expires, FIELD_REQUIRED, 0)
FIELD_STRUCT(native_captcha, NATIVE_CAPTCHA)

/* POST /v1/sessions; with `cookie` the token also comes as the cookie `sid` */
#define NATIVE_SESSION_IN(X, S)                                                                    \
	X(S, STR, login, FIELD_REQUIRED, USER_EMAIL_MAX)                                           \
	X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                  \
	X(S, STR, totp, 0, AUTH_TOTP_MAX)                                                          \
	X(S, STR, device, 0, 100)                                                                  \
	X(S, BOOL, cookie, 0, 0)
FIELD_STRUCT(native_session_in, NATIVE_SESSION_IN)

/* POST /v1/me/totp: without a code it begins, with one it comes in force */
#define NATIVE_TOTP_IN(X, S) X(S, STR, code, 0, AUTH_TOTP_MAX)
FIELD_STRUCT(native_totp_in, NATIVE_TOTP_IN)

/* GET /v1/me/export */
#define NATIVE_SECOND_FACTOR(X, S)                                                                 \
	X(S, TIME, since, 0, 0) /* null: none is in force */                                       \
	X(S, INT, recovery_codes, 0, AUTH_RECOVERY_CODES)
FIELD_STRUCT(native_second_factor, NATIVE_SECOND_FACTOR)
#define NATIVE_EXPORT(X, S)                                                                        \
	X(S, TIME, exported, FIELD_REQUIRED, 0)                                                    \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, LIST, contacts, 0, user_export_contact)                                               \
	X(S, LIST, follows, 0, user_export_follow)                                                 \
	X(S, LIST, acts, 0, user_act)                                                              \
	X(S, LIST, sessions, 0, auth_session)                                                      \
	X(S, LIST, sign_ins, 0, auth_sign_in)                                                      \
	X(S, OBJ, second_factor, 0, native_second_factor)
FIELD_STRUCT(native_export, NATIVE_EXPORT)

/* GET /v1/config */
#define NATIVE_PUSH(X, S) X(S, STR, url, FIELD_REQUIRED, 300)
FIELD_STRUCT(native_push, NATIVE_PUSH)
#define NATIVE_LIMITS(X, S)                                                                        \
	X(S, INT, body_bytes, 0, INT32_MAX)                                                        \
	X(S, INT, list_default, 0, INT32_MAX)                                                      \
	X(S, INT, list_items, 0, INT32_MAX)                                                        \
	X(S, INT, username_characters, 0, INT32_MAX)                                               \
	X(S, INT, display_name_characters, 0, INT32_MAX)                                           \
	X(S, INT, description_characters, 0, INT32_MAX)                                            \
	X(S, INT, password_bytes_min, 0, INT32_MAX)                                                \
	X(S, INT, password_bytes, 0, INT32_MAX)
FIELD_STRUCT(native_limits, NATIVE_LIMITS)
#define NATIVE_CONFIG(X, S)                                                                        \
	X(S, STR, version, FIELD_REQUIRED, 32)                                                     \
	X(S, STRS, dialects, 0, 32)                                                                \
	X(S, OBJ, push, 0, native_push)                                                            \
	X(S, OBJ, limits, 0, native_limits)
FIELD_STRUCT(native_config, NATIVE_CONFIG)

/* GET /v1/stats; erased accounts are in no other number */
#define NATIVE_ROLES(X, S)                                                                         \
	X(S, INT, administrator, 0, INT64_MAX)                                                     \
	X(S, INT, donor, 0, INT64_MAX)                                                             \
	X(S, INT, volunteer, 0, INT64_MAX)                                                         \
	X(S, INT, member, 0, INT64_MAX)
FIELD_STRUCT(native_roles, NATIVE_ROLES)
#define NATIVE_STATUSES(X, S)                                                                      \
	X(S, INT, normal, 0, INT64_MAX)                                                            \
	X(S, INT, frozen, 0, INT64_MAX)                                                            \
	X(S, INT, deleted, 0, INT64_MAX)
FIELD_STRUCT(native_statuses, NATIVE_STATUSES)
#define NATIVE_ACCOUNTS(X, S)                                                                      \
	X(S, INT, total, 0, INT64_MAX)                                                             \
	X(S, OBJ, role, 0, native_roles)                                                           \
	X(S, OBJ, status, 0, native_statuses)                                                      \
	X(S, INT, erased, 0, INT64_MAX)
FIELD_STRUCT(native_accounts, NATIVE_ACCOUNTS)
#define NATIVE_STATS(X, S) X(S, OBJ, accounts, 0, native_accounts)
FIELD_STRUCT(native_stats, NATIVE_STATS)

#define NATIVE_PASSWORD_MIN 8 /* bytes; svc-auth's POLICY_NATIVE enforces it */

/* accounts.c */
int accounts_post(struct req *req);
/* Adds the account as the caller may see it: private fields for its owner and administrators. */
void accounts_write(struct req *req, const struct user_account *account);
/* The whole reply: the account. */
int accounts_reply(struct req *req, int status, const struct user_account *account);

/* codes.c */
int codes_post(struct req *req);
int password_resets_post(struct req *req);

/* captchas.c */
int captchas_post(struct req *req);
int captchas_get(struct req *req);

/* sessions.c */
int sessions_post(struct req *req);
int sessions_list(struct req *req);
int sessions_delete(struct req *req);
int sessions_delete_current(struct req *req);
int sessions_delete_others(struct req *req);

/* me.c */
int me_get(struct req *req);
int me_patch(struct req *req);
int me_delete(struct req *req);
int me_put_password(struct req *req);

/* export.c */
int export_get(struct req *req);

/* totp.c */
int totp_post(struct req *req);
int totp_delete(struct req *req);

/* contacts.c */
int contacts_list(struct req *req);
int contacts_put(struct req *req);
int contacts_delete(struct req *req);

/* users.c */
int users_get(struct req *req);
int users_list(struct req *req);
int users_patch(struct req *req);

/* audit.c: for administrators */
int audit_list(struct req *req);
int stats_get(struct req *req);

/* config.c */
int config_get(struct req *req);

#endif
