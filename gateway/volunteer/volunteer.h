/* The volunteer dialect: handlers, and how they read and answer (contracts/volunteer.md). */
#ifndef GATEWAY_VOLUNTEER_H
#define GATEWAY_VOLUNTEER_H

#include <stddef.h>
#include <stdint.h>

#include "common/rpc/user_api.h"

struct req;
struct form;

#define VOLUNTEER_PASSWORD_MAX 128 /* characters of a new one */
#define VOLUNTEER_SEARCH_MAX 10000 /* ids in one reply */

#define VOLUNTEER_SAY(code, msg) "{\"code\":" code ",\"msg\":\"" msg "\",\"data\":{}}"
/* Every route's general failure. */
#define VOLUNTEER_FAILURE VOLUNTEER_SAY("400", "Bad request")

/* account.c: what people do for themselves */
int volunteer_register(struct req *req);
int volunteer_login(struct req *req);
int volunteer_changepassword(struct req *req);
int volunteer_changeinformation(struct req *req);

/* govern.c: what administrators do */
int volunteer_permission(struct req *req);
int volunteer_status(struct req *req);

/* look.c: finding accounts */
int volunteer_search(struct req *req);
int volunteer_getuser(struct req *req);

/* input.c: ERR_INVALID for a field that is not as it should be */
/* A text of 1 to max characters; in JSON a string. */
int volunteer_text(const struct req *req, const struct form *form, const char *name, ptrdiff_t max,
	struct str *ret_text);
/* '0' to '2', counted from 1 as svc-user does. 0: absent or empty. */
int volunteer_choice(const struct form *form, const char *name, int *ret_choice);
/* An account's id. Absent, empty or no id: ERR_NOT_FOUND, as nobody has it. */
int volunteer_id(const struct form *form, const char *name, int64_t *ret_id);

/* render.c */
/* dialect->fail */
void volunteer_fail(struct req *req, int err);
/* {"code":200,"msg":"","data":{…}}: what stands between begin and end are the members of data. */
void volunteer_begin(struct req *req);
/* ERR_NOMEM when the reply is over its limit. */
int volunteer_end(struct req *req);
/* "name":"text", with "" for what is absent; a comma goes before all but the first member. */
void volunteer_add_text(struct req *req, const char *name, struct str text);
void volunteer_add_id(struct req *req, const char *name, int64_t id);
/* '0', '1' or '2'. */
struct str volunteer_digit(int choice);

#endif
