/* svc-auth on the bus: registration, passwords, sessions. PROTOCOL.md has the words. */
#ifndef RPC_AUTH_API_H
#define RPC_AUTH_API_H

#include "common/rpc/method.h"
#include "common/rpc/user_api.h"

#define AUTH_PASSWORD_MAX 1024 /* bytes */
#define AUTH_TOTP_MAX 32       /* characters of a code, blanks and dashes included */
#define AUTH_RECOVERY_CODES 10
#define AUTH_TOKEN_MAX 1024    /* bytes; an opaque token has 43, a JWT more */

/* native: 8-1024 bytes and not among the commonest; opaque: 1-1024 bytes, whatever they are. */
enum auth_policy { POLICY_NATIVE = 1, POLICY_OPAQUE };
extern const struct enum_words auth_policies;

/* How a code reaches a person. picture: drawn by the caller, from the code it gets back. */
enum auth_channel { CHANNEL_SMS = 1, CHANNEL_EMAIL, CHANNEL_PICTURE };
enum auth_purpose { PURPOSE_REGISTER = 1, PURPOSE_RESET, PURPOSE_VERIFY, PURPOSE_LOGIN };
/* digits4: 300 s; digits6: 600 s; captcha (six of a-z1-9): 60 s. Dead after 5, 5 and 3 wrong tries. */
enum auth_code_format { CODE_DIGITS4 = 1, CODE_DIGITS6, CODE_CAPTCHA };
extern const struct enum_words auth_channels;
extern const struct enum_words auth_purposes;
extern const struct enum_words auth_code_formats;

#define AUTH_CHALLENGE_LEN 32 /* hex digits */
#define AUTH_CODE_MAX 16
#define AUTH_PROVEN_S 900 /* how long a number verified with `remember` is good for phone_proven */

#define AUTH_SESSION(X, S)                                                                         \
	X(S, STR, id, FIELD_REQUIRED, 64)                                                          \
	X(S, STR, device, 0, 100)                                                                  \
	X(S, STR, address, 0, 64)                                                                  \
	X(S, TIME, created, 0, 0)                                                                  \
	X(S, TIME, last_seen, 0, 0)                                                                \
	X(S, TIME, expires, 0, 0)                                                                  \
	X(S, BOOL, current, 0, 0)
FIELD_STRUCT(auth_session, AUTH_SESSION)

/* Makes credential and account (DESIGN.md, "Accounts across two services"). ERR_INVALID and
 * ERR_TAKEN name the fields, ERR_WEAK_PASSWORD; ERR_LIMITED when the operator limits registrations.
 * With open_session a token is made as auth.login would. Without any identifier only by id_only. */
#define AUTH_REGISTER_IN(X, S)                                                                     \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, email, 0, USER_EMAIL_MAX)                                                        \
	X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                  \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, ENUM, policy, FIELD_REQUIRED | FIELD_INTERNAL, auth_policies)                         \
	X(S, STR, first_name, FIELD_INTERNAL, USER_NAME_MAX)                                       \
	X(S, STR, last_name, FIELD_INTERNAL, USER_NAME_MAX)                                        \
	X(S, ENUM, role, FIELD_INTERNAL, user_roles)                                               \
	X(S, STR, identity, FIELD_INTERNAL, USER_NAME_MAX)                                         \
	X(S, ENUM, sex, FIELD_INTERNAL, user_sexes)                                                \
	X(S, OINT, age, FIELD_INTERNAL, 150)                                                       \
	X(S, STR, description, FIELD_INTERNAL, USER_DESCRIPTION_MAX)                               \
	X(S, BOOL, open_session, FIELD_INTERNAL, 0)                                                \
	X(S, STR, device, FIELD_INTERNAL, 100)                                                     \
	X(S, BOOL, phone_proven, FIELD_INTERNAL, 0) /* else ERR_BAD_CODE, see auth.answer */       \
	X(S, BOOL, id_only, FIELD_INTERNAL, 0)      /* who will sign in by the id alone */
#define AUTH_REGISTER_OUT(X, S)                                                                    \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, STR, token, 0, AUTH_TOKEN_MAX) /* only with open_session */
FIELD_STRUCT(auth_register_in, AUTH_REGISTER_IN)
FIELD_STRUCT(auth_register_out, AUTH_REGISTER_OUT)

/* Signs in. ERR_UNKNOWN_ACCOUNT and ERR_BAD_CREDENTIALS take the same time; ERR_NOT_NORMAL only
 * with the right password; ERR_LIMITED (retry_after_s) after too many wrong tries. Where a second factor
 * is in force: ERR_TOTP_REQUIRED with the right password and no `totp` (a code of the app, or a recovery
 * code), a wrong one counts as a wrong password; without asks_totp, for doors that cannot ask, every
 * password is wrong. */
#define AUTH_LOGIN_IN(X, S)                                                                        \
	X(S, STR, login, FIELD_REQUIRED, USER_EMAIL_MAX)                                           \
	X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                  \
	X(S, STR, device, 0, 100)                                                                  \
	X(S, ENUM, by, FIELD_REQUIRED | FIELD_INTERNAL, user_login_kinds)                          \
	X(S, INT, ttl_s, FIELD_INTERNAL, 31536000) /* 0: QUINTET_SESSION_TTL */                    \
	X(S, BOOL, want_jwt, FIELD_INTERNAL, 0)                                                    \
	X(S, STR, totp, 0, AUTH_TOTP_MAX)                                                          \
	X(S, BOOL, asks_totp, FIELD_INTERNAL, 0)
#define AUTH_LOGIN_OUT(X, S)                                                                       \
	X(S, STR, token, FIELD_REQUIRED, AUTH_TOKEN_MAX)                                           \
	X(S, STR, id, FIELD_REQUIRED, 64) /* of the session */                                     \
	X(S, TIME, expires, FIELD_REQUIRED, 0)                                                     \
	X(S, OBJ, account, 0, user_account)                                                        \
	X(S, STR, jwt, FIELD_INTERNAL, AUTH_TOKEN_MAX) /* only with want_jwt */
FIELD_STRUCT(auth_login_in, AUTH_LOGIN_IN)
FIELD_STRUCT(auth_login_out, AUTH_LOGIN_OUT)

/* Whose token (opaque or JWT) is this? Slides its expiry. ERR_UNAUTHENTICATED for a token that is
 * unknown, forged, expired, revoked, or whose account is not normal; ERR_UNAVAILABLE when that
 * cannot be told now. */
#define AUTH_RESOLVE_IN(X, S) X(S, SECRET, token, FIELD_REQUIRED, AUTH_TOKEN_MAX)
#define AUTH_RESOLVE_OUT(X, S)                                                                     \
	X(S, ID, account, FIELD_REQUIRED, 0)                                                       \
	X(S, ENUM, role, FIELD_REQUIRED, user_roles)                                               \
	X(S, STR, session, FIELD_REQUIRED, 64)                                                     \
	X(S, TIME, expires, FIELD_REQUIRED, 0)
FIELD_STRUCT(auth_resolve_in, AUTH_RESOLVE_IN)
FIELD_STRUCT(auth_resolve_out, AUTH_RESOLVE_OUT)

/* The caller's sessions, newest first. */
#define AUTH_SESSIONS_IN NOTHING
#define AUTH_SESSIONS_OUT(X, S) X(S, LIST, items, 0, auth_session)
FIELD_STRUCT(auth_sessions_in, AUTH_SESSIONS_IN)
FIELD_STRUCT(auth_sessions_out, AUTH_SESSIONS_OUT)

/* Ends one session of the caller (ERR_NOT_FOUND for anybody else's), or with `others` all but the
 * caller's. Publishes auth.revoked. */
#define AUTH_END_IN(X, S)                                                                          \
	X(S, STR, session, 0, 64)                                                                  \
	X(S, BOOL, others, 0, 0)
#define AUTH_END_OUT NOTHING
FIELD_STRUCT(auth_end_in, AUTH_END_IN)
FIELD_STRUCT(auth_end_out, AUTH_END_OUT)

/* All that svc-auth holds about the caller beside his sessions; tries to sign in: the newest 10,000, also
 * those of others who failed. */
extern const struct enum_words auth_outcomes;
#define AUTH_SIGN_IN(X, S)                                                                         \
	X(S, TIME, time, FIELD_REQUIRED, 0)                                                        \
	X(S, STR, address, 0, 64)                                                                  \
	X(S, STR, device, 0, 100)                                                                  \
	X(S, ENUM, outcome, FIELD_REQUIRED, auth_outcomes)
FIELD_STRUCT(auth_sign_in, AUTH_SIGN_IN)
#define AUTH_EXPORT_IN NOTHING
#define AUTH_EXPORT_OUT(X, S)                                                                      \
	X(S, LIST, sign_ins, 0, auth_sign_in)                                                      \
	X(S, TIME, totp_since, 0, 0) /* 0: no second factor is in force */                         \
	X(S, INT, recovery_codes, 0, AUTH_RECOVERY_CODES) /* that are left */
FIELD_STRUCT(auth_export_in, AUTH_EXPORT_IN)
FIELD_STRUCT(auth_export_out, AUTH_EXPORT_OUT)

/* An idempotency key of /v1 (v1.md, "Conventions") is kept AUTH_IDEM_KEPT_S for each account, or client
 * address of those who are not signed in. Begins a request: `print` is a fingerprint of it, `ticket` a
 * fresh random word to end it with. Without `reply` it is to be run; with it, the kept reply is sent
 * again. ERR_CONFLICT: the key came with another request; ERR_BUSY: the same one is still being run. */
#define AUTH_IDEM_KEPT_S 86400
#define AUTH_IDEM_KEY_MAX 128		 /* visible ASCII */
#define AUTH_IDEM_REPLY_MAX (64 * 1024) /* bytes; sealed by the gateway: here it is not read */
#define AUTH_IDEM_PRINT_LEN 32
#define AUTH_IDEM_BEGIN_IN(X, S)                                                                   \
	X(S, STR, key, FIELD_REQUIRED, AUTH_IDEM_KEY_MAX)                                          \
	X(S, BYTES, print, FIELD_REQUIRED, AUTH_IDEM_PRINT_LEN)                                    \
	X(S, STR, ticket, FIELD_REQUIRED, 32)
#define AUTH_IDEM_BEGIN_OUT(X, S) X(S, BYTES, reply, 0, AUTH_IDEM_REPLY_MAX)
FIELD_STRUCT(auth_idem_begin_in, AUTH_IDEM_BEGIN_IN)
FIELD_STRUCT(auth_idem_begin_out, AUTH_IDEM_BEGIN_OUT)
/* Ends it: the reply is kept, or without one the key is free again. Nothing happens when the ticket is
 * no longer the key's. */
#define AUTH_IDEM_END_IN(X, S)                                                                     \
	X(S, STR, key, FIELD_REQUIRED, AUTH_IDEM_KEY_MAX)                                          \
	X(S, STR, ticket, FIELD_REQUIRED, 32)                                                      \
	X(S, BYTES, reply, 0, AUTH_IDEM_REPLY_MAX)
#define AUTH_IDEM_END_OUT NOTHING
FIELD_STRUCT(auth_idem_end_in, AUTH_IDEM_END_IN)
FIELD_STRUCT(auth_idem_end_out, AUTH_IDEM_END_OUT)

/* The caller's second factor (RFC 6238: SHA-1, 6 digits, 30 s). Begins: a secret that is not in force
 * yet, anew each time. ERR_EXISTS when one is in force. */
#define AUTH_TOTP_BEGIN_IN NOTHING
#define AUTH_TOTP_BEGIN_OUT(X, S)                                                                  \
	X(S, STR, secret, FIELD_REQUIRED, 64) /* base32 */                                         \
	X(S, STR, uri, FIELD_REQUIRED, 1000)  /* otpauth://totp/… */
FIELD_STRUCT(auth_totp_begin_in, AUTH_TOTP_BEGIN_IN)
FIELD_STRUCT(auth_totp_begin_out, AUTH_TOTP_BEGIN_OUT)
/* A code of the app puts it in force. Recovery codes stand for a code, each once. ERR_BAD_CODE, also
 * when nothing was begun; ERR_EXISTS. */
#define AUTH_TOTP_CONFIRM_IN(X, S) X(S, STR, code, FIELD_REQUIRED, AUTH_TOTP_MAX)
#define AUTH_TOTP_CONFIRM_OUT(X, S) X(S, STRS, recovery_codes, 0, 16)
FIELD_STRUCT(auth_totp_confirm_in, AUTH_TOTP_CONFIRM_IN)
FIELD_STRUCT(auth_totp_confirm_out, AUTH_TOTP_CONFIRM_OUT)
/* Ends it. ERR_BAD_CREDENTIALS, ERR_LIMITED; ERR_NOT_FOUND when none was in force. */
#define AUTH_TOTP_REMOVE_IN(X, S)                                                                  \
	X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                  \
	X(S, STR, totp, FIELD_REQUIRED, AUTH_TOTP_MAX)
#define AUTH_TOTP_REMOVE_OUT NOTHING
FIELD_STRUCT(auth_totp_remove_in, AUTH_TOTP_REMOVE_IN)
FIELD_STRUCT(auth_totp_remove_out, AUTH_TOTP_REMOVE_OUT)

/* A new password for the caller; ends all other sessions in the same commit. With check_current the
 * old one must be right (ERR_BAD_CREDENTIALS, ERR_LIMITED). ERR_WEAK_PASSWORD. */
#define AUTH_PASSWORD_IN(X, S)                                                                     \
	X(S, SECRET, current, 0, AUTH_PASSWORD_MAX)                                                \
	X(S, SECRET, new_password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                              \
	X(S, ENUM, policy, FIELD_REQUIRED, auth_policies)                                          \
	X(S, BOOL, check_current, 0, 0)
#define AUTH_PASSWORD_OUT NOTHING
FIELD_STRUCT(auth_password_in, AUTH_PASSWORD_IN)
FIELD_STRUCT(auth_password_out, AUTH_PASSWORD_OUT)

/* The same for somebody without a session, who proves himself by the old password; ends every session.
 * Refusals as auth.login's, and ERR_WEAK_PASSWORD before any of them. */
#define AUTH_PASSWORD_BY_IN(X, S)                                                                  \
	X(S, STR, login, FIELD_REQUIRED, USER_EMAIL_MAX)                                           \
	X(S, ENUM, by, FIELD_REQUIRED, user_login_kinds)                                           \
	X(S, SECRET, current, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                   \
	X(S, SECRET, new_password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                              \
	X(S, ENUM, policy, FIELD_REQUIRED, auth_policies)
#define AUTH_PASSWORD_BY_OUT(X, S) X(S, OBJ, account, 0, user_account)
FIELD_STRUCT(auth_password_by_in, AUTH_PASSWORD_BY_IN)
FIELD_STRUCT(auth_password_by_out, AUTH_PASSWORD_BY_OUT)

/* Erases the caller's account after checking the password: credential, sessions, personal data. */
#define AUTH_ERASE_IN(X, S) X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)
#define AUTH_ERASE_OUT NOTHING
FIELD_STRUCT(auth_erase_in, AUTH_ERASE_IN)
FIELD_STRUCT(auth_erase_out, AUTH_ERASE_OUT)

/* Makes a code and sends it; waits for the delivery of a text message or mail at most 3 s, for that of
 * a reset code not at all, so that nobody learns whether there is such an account (when there is none,
 * nothing is sent). ERR_INVALID names `to`; ERR_LIMITED (retry_after_s): at most one a minute and 10 a
 * day to one address. `undelivered`: the delivery failed; the challenge is void and did not count.
 * `code` comes back for a picture, and where no delivery is configured (the outbox has it too). */
#define AUTH_CHALLENGE_IN(X, S)                                                                    \
	X(S, ENUM, channel, FIELD_REQUIRED, auth_channels)                                         \
	X(S, STR, to, 0, USER_EMAIL_MAX) /* phone or e-mail; absent for a picture */               \
	X(S, ENUM, purpose, FIELD_REQUIRED, auth_purposes)                                         \
	X(S, ENUM, format, FIELD_REQUIRED, auth_code_formats)                                      \
	X(S, STR, language, 0, 16) /* "en", "zh"; anything else: QUINTET_LANGUAGE */
#define AUTH_CHALLENGE_OUT(X, S)                                                                   \
	X(S, STR, challenge, FIELD_REQUIRED, AUTH_CHALLENGE_LEN)                                   \
	X(S, TIME, expires, FIELD_REQUIRED, 0)                                                     \
	X(S, SECRET, code, FIELD_INTERNAL, AUTH_CODE_MAX)                                          \
	X(S, BOOL, undelivered, FIELD_INTERNAL, 0)
FIELD_STRUCT(auth_challenge_in, AUTH_CHALLENGE_IN)
FIELD_STRUCT(auth_challenge_out, AUTH_CHALLENGE_OUT)

/* Is this the code? A right answer uses it up, unless `keep`. ERR_BAD_CODE: wrong, unknown, used,
 * expired or made for another purpose. ERR_LIMITED: dead of too many wrong tries; with retry_after_s:
 * too many wrong codes from this address. `shown` instead of the challenge, where codes come back to
 * the client: the newest with this code that the same address asked for. */
#define AUTH_ANSWER_IN(X, S)                                                                       \
	X(S, STR, challenge, 0, AUTH_CHALLENGE_LEN)                                                \
	X(S, SECRET, code, FIELD_REQUIRED, AUTH_CODE_MAX)                                          \
	X(S, ENUM, purpose, FIELD_REQUIRED, auth_purposes)                                         \
	X(S, BOOL, keep, 0, 0)                                                                     \
	X(S, BOOL, remember, 0, 0) /* for phone_proven of auth.register */                         \
	X(S, SECRET, shown, 0, AUTH_CODE_MAX)
#define AUTH_ANSWER_OUT(X, S) X(S, STR, to, 0, USER_EMAIL_MAX) /* where the code was sent */
FIELD_STRUCT(auth_answer_in, AUTH_ANSWER_IN)
FIELD_STRUCT(auth_answer_out, AUTH_ANSWER_OUT)

/* A new password for the account with the address that the code (purpose reset) was sent to; ends all
 * its sessions. Refusals as auth.answer; ERR_WEAK_PASSWORD does not use the code up. */
#define AUTH_RESET_IN(X, S)                                                                        \
	X(S, STR, challenge, FIELD_REQUIRED, AUTH_CHALLENGE_LEN)                                   \
	X(S, SECRET, code, FIELD_REQUIRED, AUTH_CODE_MAX)                                          \
	X(S, SECRET, password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                                  \
	X(S, ENUM, policy, FIELD_REQUIRED | FIELD_INTERNAL, auth_policies)
#define AUTH_RESET_OUT NOTHING
FIELD_STRUCT(auth_reset_in, AUTH_RESET_IN)
FIELD_STRUCT(auth_reset_out, AUTH_RESET_OUT)

/* A new password for the account with this name and this e-mail (ASCII case ignored); ends all its
 * sessions. For a door whose operator vouches for whoever knows his secret: the gateway has checked
 * that. ERR_NOT_FOUND when there is no such account in good standing, ERR_WEAK_PASSWORD. */
#define AUTH_FORGET_IN(X, S)                                                                       \
	X(S, STR, username, FIELD_REQUIRED, USER_USERNAME_MAX)                                     \
	X(S, STR, email, FIELD_REQUIRED, USER_EMAIL_MAX)                                           \
	X(S, SECRET, new_password, FIELD_REQUIRED, AUTH_PASSWORD_MAX)                              \
	X(S, ENUM, policy, FIELD_REQUIRED | FIELD_INTERNAL, auth_policies)
#define AUTH_FORGET_OUT NOTHING
FIELD_STRUCT(auth_forget_in, AUTH_FORGET_IN)
FIELD_STRUCT(auth_forget_out, AUTH_FORGET_OUT)

/* For the operator: an account's sessions, newest first. ERR_NOT_FOUND: there is no such account. */
#define AUTH_SESSIONS_OF_IN(X, S) X(S, ID, account, FIELD_REQUIRED, 0)
#define AUTH_SESSIONS_OF_OUT AUTH_SESSIONS_OUT
FIELD_STRUCT(auth_sessions_of_in, AUTH_SESSIONS_OF_IN)
FIELD_STRUCT(auth_sessions_of_out, AUTH_SESSIONS_OF_OUT)

/* For the operator: ends one session of an account, or all of them. Recorded as an act. ERR_NOT_FOUND:
 * no such account, or it has no such session. */
#define AUTH_REVOKE_IN(X, S)                                                                       \
	X(S, ID, account, FIELD_REQUIRED, 0)                                                       \
	X(S, STR, session, 0, 64) /* absent: all */
#define AUTH_REVOKE_OUT NOTHING
FIELD_STRUCT(auth_revoke_in, AUTH_REVOKE_IN)
FIELD_STRUCT(auth_revoke_out, AUTH_REVOKE_OUT)

/* Accounts that move in from another backend (deploy/operator/README.md). `password` is what that
 * backend stored: the password itself, hex digits, or the string of Django or bcrypt. Passwords are
 * hashed, and hashes put into Argon2id, before the answer; with `defer` they are kept sealed and that
 * is done afterwards. A line that moved in before is left alone, so that the same rows may come again:
 * its registration is made of its username, phone and e-mail. */
#define AUTH_IMPORT_MAX USER_IMPORT_MAX
enum auth_scheme { SCHEME_PLAIN = 1, SCHEME_MD5, SCHEME_SHA256, SCHEME_DJANGO, SCHEME_BCRYPT };
extern const struct enum_words auth_schemes;
#define AUTH_IMPORT_ROW(X, S)                                                                      \
	X(S, ID, id, FIELD_INTERNAL, 0)                                                            \
	X(S, STR, username, 0, USER_USERNAME_MAX)                                                  \
	X(S, STR, phone, 0, USER_PHONE_MAX)                                                        \
	X(S, STR, email, 0, USER_EMAIL_MAX)                                                        \
	X(S, STR, display_name, 0, USER_NAME_MAX)                                                  \
	X(S, STR, first_name, 0, USER_NAME_MAX)                                                    \
	X(S, STR, last_name, 0, USER_NAME_MAX)                                                     \
	X(S, ENUM, role, 0, user_roles)                                                            \
	X(S, ENUM, scheme, FIELD_REQUIRED | FIELD_INTERNAL, auth_schemes)                          \
	X(S, SECRET, password, FIELD_REQUIRED | FIELD_INTERNAL, AUTH_PASSWORD_MAX)
FIELD_STRUCT(auth_import_row, AUTH_IMPORT_ROW)
#define AUTH_IMPORT_IN(X, S)                                                                       \
	X(S, LIST, rows, 0, auth_import_row)                                                       \
	X(S, BOOL, defer, 0, 0)
#define AUTH_IMPORT_OUT USER_IMPORT_OUT
FIELD_STRUCT(auth_import_in, AUTH_IMPORT_IN)
FIELD_STRUCT(auth_import_out, AUTH_IMPORT_OUT)

#define AUTH_METHODS(M)                                                                            \
	M(auth, register, CALLER_PEOPLE | CALLER_OPERATOR, 0, LANE_SLOW)                           \
	M(auth, login, CALLER_PEOPLE, 0, LANE_SLOW)                                                \
	M(auth, resolve, CALLER_PEOPLE, METHOD_IDEMPOTENT, LANE_WRITE)                             \
	M(auth, sessions, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                         \
	M(auth, end, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                              \
	M(auth, export, CALLER_SIGNED_IN, METHOD_IDEMPOTENT, LANE_WRITE)                           \
	M(auth, idem_begin, CALLER_PEOPLE, METHOD_IDEMPOTENT, LANE_WRITE)                          \
	M(auth, idem_end, CALLER_PEOPLE, METHOD_IDEMPOTENT, LANE_WRITE)                            \
	M(auth, totp_begin, CALLER_SIGNED_IN, 0, LANE_WRITE)                                       \
	M(auth, totp_confirm, CALLER_SIGNED_IN, 0, LANE_WRITE)                                     \
	M(auth, totp_remove, CALLER_SIGNED_IN, 0, LANE_SLOW)                                       \
	M(auth, password, CALLER_SIGNED_IN, 0, LANE_SLOW)                                          \
	M(auth, password_by, CALLER_PEOPLE, 0, LANE_SLOW)                                          \
	M(auth, erase, CALLER_SIGNED_IN, 0, LANE_SLOW)                                             \
	M(auth, challenge, CALLER_PEOPLE, 0, LANE_WRITE)                                           \
	M(auth, answer, CALLER_PEOPLE, 0, LANE_WRITE)                                              \
	M(auth, reset, CALLER_PEOPLE, 0, LANE_SLOW)                                                \
	M(auth, forget, CALLER_PEOPLE, 0, LANE_SLOW)                                               \
	M(auth, sessions_of, CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)                       \
	M(auth, revoke, CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_WRITE)                            \
	M(auth, import, CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_SLOW)

METHOD_DECLARE(AUTH, AUTH_METHODS)

#endif
