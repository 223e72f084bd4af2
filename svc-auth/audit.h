/* The record of sign-ins: who tried, from where, how it went. Never what was typed. */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <stdint.h>

#include "common/base/str.h"

struct call;
struct db;

/* Stored as numbers: append only. Their words are auth_outcomes. */
enum audit_outcome {
	AUDIT_SUCCESS = 1,
	AUDIT_WRONG_PASSWORD,
	AUDIT_UNKNOWN_ACCOUNT,
	AUDIT_NOT_NORMAL,
};

/* The newest rows that are kept, in all and of those without an account. */
#define AUDIT_KEPT 1000000
#define AUDIT_UNKNOWN_KEPT 100000

/* Returns when it is on disk. A failure is logged and changes nothing for the caller. */
void audit_sign_in(struct db *db, const struct call *call, int64_t account, struct str device,
	enum audit_outcome outcome);

#endif
