/*
 * Who is calling: tokens resolved by svc-auth, cached for at most SESSION_CACHE_MS. Revocations arrive
 * as events and empty the cache at once; a gap in the events empties all of it. While svc-auth or Redis
 * cannot answer, sessions confirmed within the last SESSION_STALE_MS are still honoured for what they
 * were: people who are signed in go on reading. Tokens are kept as hashes only.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include <stdint.h>

#include "common/base/str.h"
#include "common/rpc/user_api.h"

struct call;
struct event;
struct session_cache;

#define SESSION_CACHE_MS 5000
#define SESSION_STALE_MS (10 * 60 * 1000)
#define SESSION_CACHE_ENTRIES 65536
#define SESSION_ID_MAX 64

struct session {
	int64_t account; /* 0: nobody */
	enum user_role role;
	struct str id; /* session id */
	int64_t expires_us;
};

int session_cache_new(struct session_cache **ret_cache);
void session_cache_free(struct session_cache *cache);
/* ERR_UNAUTHENTICATED, ERR_UNAVAILABLE. Text lives in call->arena. Of several threads asking for the
 * same unknown token only one asks svc-auth at a time if that is simple; it need not. */
int session_resolve(struct session_cache *cache, struct call *call, struct str token,
	struct session *ret_session);
/* Topics auth.revoked (detail: "" all of the account, "<sid>" one, "!<sid>" all but one) and
 * user.changed (all of the account). */
void session_on_event(struct session_cache *cache, const struct event *event);
/* Something may have been missed: every entry must be confirmed anew (it stays usable as a stale one
 * only while svc-auth cannot be asked). */
void session_on_gap(struct session_cache *cache);
/* Entries, for metrics. */
int64_t session_cache_size(struct session_cache *cache);

#endif
