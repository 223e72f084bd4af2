/* Opening a session: the end of every way to sign in. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "common/rpc/server.h"
#include "svc-auth/session.h"

/* Fills id and token and stores the session, of which account, device, created_us and ttl_s are
 * given; ends those that are too many. The token ends with the arena. ERR_UNAVAILABLE. */
int login_open(struct svc_ctx *ctx, struct session *session, struct str *ret_token);

#endif
