/* One message to deliver: what svc-auth hands to svc-auth-deliver on its standard input (msgpack).
 */
#ifndef AUTH_JOB_H
#define AUTH_JOB_H

#include "common/rpc/auth_api.h"

#define JOB_BYTES_MAX 8192 /* packed; fits into a socket's buffer */

#define DELIVER_JOB(X, S)                                                                          \
	X(S, STR, id, FIELD_REQUIRED, 32) /* the same in every try; not the challenge */           \
	X(S, TIME, time, FIELD_REQUIRED, 0)                                                        \
	X(S, ENUM, channel, FIELD_REQUIRED, auth_channels)                                         \
	X(S, STR, to, FIELD_REQUIRED, USER_EMAIL_MAX)                                              \
	X(S, STR, subject, 0, 200) /* of a mail */                                                 \
	X(S, STR, text, FIELD_REQUIRED, 1024)                                                      \
	X(S, SECRET, code, FIELD_REQUIRED, AUTH_CODE_MAX)                                          \
	X(S, ENUM, purpose, FIELD_REQUIRED, auth_purposes)
FIELD_STRUCT(deliver_job, DELIVER_JOB)

/* What the program's exit status says; anything else means JOB_AGAIN. */
enum job_status {
	JOB_DELIVERED = 0,
	JOB_AGAIN = 1,	 /* not now: try later */
	JOB_REFUSED = 2, /* nor later */
};

#endif
