/*
 * Puts what moved in sealed (sealed.h) into Argon2id, one after another, at the lowest priority and
 * with a slot of its own, so that nobody who signs in waits for it. Its thread lives only while
 * there is something to do: from the start of the service, or from wrap_wake, until nothing is
 * sealed any more.
 */
#ifndef AUTH_WRAP_H
#define AUTH_WRAP_H

struct auth;
struct wrap;

/* auth and its db must outlive it. ERR_NOMEM, ERR_INTERNAL. */
int wrap_new(struct auth *auth, struct wrap **ret_wrap);
/* Ends the thread; what is not done yet is done after the next start. */
void wrap_free(struct wrap *wrap);
/* There is something sealed. */
void wrap_wake(struct wrap *wrap);

#endif
