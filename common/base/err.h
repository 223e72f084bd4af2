/*
 * Every error of Quintet: code, wire name, text. Functions return 0 or one of these (negative);
 * a reply on the bus carries the number, so rows are only ever appended.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_LIST(X)                                                                                \
	X(-1, INTERNAL, "internal", "something broke inside")                                      \
	X(-2, NOMEM, "no_memory", "out of memory or over a buffer's limit")                        \
	X(-3, INVALID, "invalid", "a field is missing or ill-formed")                              \
	X(-4, PROTOCOL, "protocol", "bytes that do not follow the protocol")                       \
	X(-5, NOT_FOUND, "not_found", "there is no such thing")                                    \
	X(-6, TAKEN, "taken", "the name is taken")                                                 \
	X(-7, DENIED, "forbidden", "the caller may not do this")                                   \
	X(-8, UNAUTHENTICATED, "unauthenticated", "no valid session")                              \
	X(-9, UNAVAILABLE, "unavailable", "a service does not answer")                             \
	X(-10, BUSY, "busy", "a queue is full")                                                    \
	X(-11, DEADLINE, "deadline", "not done in time")                                           \
	X(-12, LIMITED, "too_many_tries", "too many tries, wait")                                  \
	X(-13, TOO_LARGE, "too_large", "over a size limit")                                        \
	X(-14, IO, "io", "a file or socket failed")                                                \
	X(-15, UNKNOWN_ACCOUNT, "unknown_account", "there is no such account")                     \
	X(-16, BAD_CREDENTIALS, "bad_credentials", "wrong account or password")                    \
	X(-17, NOT_NORMAL, "account_not_normal", "the account is frozen or deleted")               \
	X(-18, WEAK_PASSWORD, "weak_password", "the password is too common or ill-formed")         \
	X(-19, EXISTS, "exists", "it is already so")                                               \
	X(-20, NO_METHOD, "no_method", "the service has no such method")                           \
	X(-21, CONFLICT, "conflict", "the same key came with another request")                     \
	X(-22, BAD_CODE, "bad_code", "wrong, used or expired code")                                \
	X(-23, TOTP_REQUIRED, "totp_required", "a second factor is needed")                        \
	X(-24, BAD_JSON, "bad_json", "the body is not JSON")                                       \
	X(-25, MEDIA_TYPE, "unsupported_media_type", "the body has the wrong Content-Type")        \
	X(-26, METHOD, "method_not_allowed", "the path does not know this method")

enum err {
#define ERR_ENUM(code, name, wire, text) ERR_##name = (code),
	ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

/* The stable word for a code ("ok" for 0, "internal" for one that is not listed). */
const char *err_name(int err);
const char *err_text(int err);

#endif
