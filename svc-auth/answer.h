/* Answers to challenges, for the methods that ask for one. */
#ifndef AUTH_ANSWER_H
#define AUTH_ANSWER_H

#include "common/rpc/auth_api.h"
#include "common/rpc/server.h"

/* As auth.answer; a refusal is noted in the call. */
int answer_check(struct svc_ctx *ctx, const struct auth_answer_in *answer, struct str *ret_to);

#endif
