/* The forms of identifiers (contracts/README.md, rule 6): they exclude one another, so that a login
 * is never ambiguous. */
#ifndef SVC_USER_CHECK_H
#define SVC_USER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct call;
struct db_conn;
struct svc_ctx;

/* What an account is found by; absent members are not looked at. */
struct user_names {
	struct str username, phone, email;
};

/* 1-30 characters without control characters and '@', no blank at either end, not all digits. */
bool user_check_username(struct str name);
/* A mobile number of mainland China: 11 digits, 1 then 3-9. */
bool user_check_phone(struct str phone);
/* One '@' between a local part and a domain with a dot, no blanks, no control characters and none
 * of RFC 5322's special characters, at most 254 bytes. */
bool user_check_email(struct str email);
/* All three: ERR_INVALID with every ill-formed field named in the call. */
int user_check_names(struct call *call, const struct user_names *names);
/* Within a job: ERR_TAKEN with every field named that belongs to an account other than `own` (0: to
 * any). */
int user_check_free(
	struct svc_ctx *ctx, struct db_conn *conn, const struct user_names *names, int64_t own);

#endif
