/*
 * Verification codes in Redis: kept as keyed hashes, checked and used up in one step. Every
 * function may return ERR_UNAVAILABLE (Redis is down) and ERR_NOMEM.
 */
#ifndef AUTH_CODE_H
#define AUTH_CODE_H

#include <stdbool.h>

#include "common/rpc/auth_api.h"
#include "common/rpc/seal.h"

struct arena;
struct redis;

#define CODE_MINUTE_S 60 /* between two to one address, … */
#define CODE_DAY_MOST 10 /* … and as many in 24 hours */

/* Where codes are and the key they are hashed under. */
struct code_store {
	struct redis *redis;
	unsigned char key[SEAL_KEY_LEN];
};

struct code {
	char challenge[AUTH_CHALLENGE_LEN + 1];
	char text[AUTH_CODE_MAX + 1];
	enum auth_purpose purpose;
	enum auth_code_format format;
	struct str to;	    /* phone or e-mail, as accounts compare it; absent for a picture */
	struct str address; /* of the client */
	bool shown;	    /* may be found by its text */
	int64_t created_us, expires_us;
};

/* Draws challenge and text, and stores the code. The caller has set purpose, format, to, address
 * and shown. ERR_LIMITED, with the time to wait, when `to` has had too many. */
int code_make(const struct code_store *store, struct arena *arena, struct code *code,
	int64_t *ret_wait_s);
/* As if it had never been made: it could not be delivered. */
void code_undo(const struct code_store *store, struct arena *arena, const struct code *code);

/* auth.answer. ERR_LIMITED sets *ret_wait_s, to 0 when it is the code that is dead. */
int code_check(const struct code_store *store, struct arena *arena,
	const struct auth_answer_in *answer, struct str address, struct str *ret_to,
	int64_t *ret_wait_s);

/* Was a code sent to this address answered with `remember` in the last AUTH_PROVEN_S? ERR_BAD_CODE
 * when not. */
int code_proven(const struct code_store *store, struct arena *arena, struct str to);
void code_proof_end(const struct code_store *store, struct arena *arena, struct str to);

#endif
