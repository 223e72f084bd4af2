/*
 * Keeps credentials and accounts together (DESIGN.md, "Accounts across two services"). A background
 * thread finishes what a crash or a lost answer left undone: a pending credential whose account
 * exists is activated, one whose account can no longer come is removed; an erasure that was begun
 * is completed. It sleeps while there is nothing to do.
 */
#ifndef AUTH_REPAIR_H
#define AUTH_REPAIR_H

#include "common/rpc/server.h"
#include "svc-auth/auth.h"
#include "svc-auth/store.h"

/* When a registration without account is removed: well after AUTH_CALL_MAX_S, when svc-user can no
 * longer start on it. */
#define REPAIR_ORPHAN_S 30

struct repair;

/* Starts the thread with a first pass; auth, its db, redis, events and the clients must outlive it.
 * ERR_NOMEM, ERR_INTERNAL. */
int repair_new(struct auth *auth, struct rpc_client **clients, struct repair **ret_repair);
void repair_free(struct repair *repair);

/* A registration under way, which the thread leaves alone. On the stack of its handler. */
struct repair_work {
	struct str registration;
	struct repair_work *next;
};
void repair_begin(struct repair *repair, struct repair_work *work);
void repair_end(struct repair *repair, struct repair_work *work);
/* Something was left undone. */
void repair_wake(struct repair *repair);

/* Writes the account into its credential. ERR_NOT_FOUND when there is none. */
int repair_activate(struct db *db, struct str registration, int64_t account);
/* The credential of an existing account, activated if that is still to be done. ERR_NOT_FOUND. */
int repair_credential(struct auth *auth, struct call *call, const struct user_account *account,
	struct credential *ret_credential);
/* Completes an erasure: personal data, credential, record of sign-ins, sessions. */
int repair_erase(struct auth *auth, struct call *call, int64_t account);

#endif
