/*
 * Idempotency keys, in Redis: i:<hash of owner and key> holds the request's fingerprint and either the
 * ticket of the one that runs it or the reply, which only the gateway can open; j:<owner> is the index
 * of an owner's keys. An owner is an account, or the client address of those who are not signed in.
 */
#ifndef AUTH_IDEM_H
#define AUTH_IDEM_H

#include <stdint.h>

struct arena;
struct redis;

#define IDEM_RUNNING_S 60 /* how long a request holds its key if it never ends */
#define IDEM_MAX 1000	  /* keys of one owner; one more makes the oldest be forgotten */

/* Forgets all of an account. ERR_UNAVAILABLE, ERR_NOMEM. */
int idem_forget(struct redis *redis, struct arena *arena, int64_t account);

#endif
