/*
 * Sessions, in Redis. A token is 32 random bytes; what is kept is only the session's id, the first
 * half of the token's SHA-256. Each session is a hash "s:<id>" that Redis forgets after its
 * lifetime without use, and each account has an index "a:<account>" of its sessions by age. Every
 * operation is one script, so that it happens wholly or not at all. ERR_UNAVAILABLE from any of
 * these: Redis is down.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "svc-auth/store.h"

struct arena;
struct redis;

#define SESSION_TOKEN_LEN 43 /* base64url of 32 bytes */
#define SESSION_ID_LEN 32    /* hex digits */
#define SESSION_MAX 1000     /* of one account; one more ends the oldest */

struct session {
	char id[SESSION_ID_LEN + 1];
	int64_t account;
	struct str device;
	struct str address;
	int64_t created_us;
	int64_t ttl_s;	 /* lifetime without use */
	int64_t left_ms; /* of it */
};

/* Fills session->id; writes the token and NUL. */
void session_make_token(struct session *session, char ret_token[SESSION_TOKEN_LEN + 1]);
/* The id that belongs to an opaque token; ERR_UNAUTHENTICATED when it cannot be one of ours. */
int session_id_of(struct str token, char ret_id[SESSION_ID_LEN + 1]);

/* Stores a session. The ids of those it pushed out of a full index, in the arena. */
int session_open(struct redis *redis, struct arena *arena, const struct session *session,
	struct str **ret_ended, size_t *ret_ended_count);
/* Finds a session and starts its lifetime anew. ERR_UNAUTHENTICATED when there is none. */
int session_use(
	struct redis *redis, struct arena *arena, struct str id, struct session *ret_session);
/* All of an account, newest first. */
int session_list(struct redis *redis, struct arena *arena, int64_t account,
	struct session **ret_sessions, size_t *ret_count);
/* ERR_NOT_FOUND when the account has no such session. */
int session_end(struct redis *redis, struct arena *arena, int64_t account, struct str id);
/* Ends all of an account but `keep`, which may be absent. */
int session_end_all(struct redis *redis, struct arena *arena, int64_t account, struct str keep);
/* Whether Redis answers right now. */
int session_ping(struct redis *redis, struct arena *arena);

/* Whether a credential's sessions_from makes the session void. */
bool session_is_void(const struct session *session, const struct credential *credential);

#endif
