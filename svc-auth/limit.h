/*
 * Limits on guessing (v1.md, "Limits") and on registrations, counted in Redis. Only failures count.
 * An account: after LIMIT_ACCOUNT_TRIES failures in LIMIT_WINDOW_S it is shut for 30 s, and from
 * then on after every further failure for twice as long, 15 minutes at most, until 15 minutes have
 * passed in quiet. An address (of IPv6 the /64): shut while the last LIMIT_WINDOW_S hold
 * LIMIT_ADDRESS_TRIES failures. ERR_UNAVAILABLE from any of these: Redis is down.
 */
#ifndef AUTH_LIMIT_H
#define AUTH_LIMIT_H

#include <stdint.h>

#include "common/base/str.h"

struct arena;
struct redis;

#define LIMIT_ACCOUNT_TRIES 10
#define LIMIT_ADDRESS_TRIES 100
#define LIMIT_WINDOW_S 900
#define LIMIT_FIRST_WAIT_S 30
#define LIMIT_WAIT_MAX_S 900

/* What counts as one client: an IPv4 address, or the first half of an IPv6 one. Anything else is
 * itself. Absent when the arena is full. */
struct str limit_household(struct arena *arena, struct str address);

/* Who tries to sign in: made by limit_who. */
struct limit_who {
	struct str account;
	struct str address; /* empty: none is known, and none is counted */
};

/* account: 0 when there is none; then the login itself is counted, ASCII case ignored, as a hash.
 * ERR_NOMEM. */
int limit_who(struct arena *arena, int64_t account, struct str login, struct str address,
	struct limit_who *ret_who);

/* One household: an IPv4 address as it is, of an IPv6 one the /64. Absent when the arena is full. */
struct str limit_household(struct arena *arena, struct str address);

/* Asked before a password is looked at. ERR_LIMITED: *ret_wait_s is at least 1. */
int limit_check(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s);
/* Says that the password was wrong. ERR_LIMITED when tries that ran beside this one have reached
 * the limit meanwhile: then nothing may be said about the password. */
int limit_fail(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s);
/* Says that the password was right: forgets the account's failures, not the address's. ERR_LIMITED
 * as above. */
int limit_pass(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s);

/* Counts a registration from an address; at most `most` an hour. ERR_LIMITED. */
int limit_register(struct redis *redis, struct arena *arena, struct str address, int64_t most,
	int64_t *ret_wait_s);
/* Takes one back that came to nothing. */
void limit_register_undo(struct redis *redis, struct arena *arena, struct str address);

#endif
