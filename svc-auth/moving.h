/* Lines that move in together (auth.import): what is known of each on its way through. */
#ifndef AUTH_MOVING_H
#define AUTH_MOVING_H

#include "common/rpc/server.h"
#include "svc-auth/legacy.h"
#include "svc-auth/store.h"

struct moving {
	const struct auth_import_row *row;
	struct user_import_result *result; /* outcome 0: not decided yet */
	struct str registration;
	struct str recipe; /* absent: a plain hash */
	struct legacy_digest digest;
	struct password_hash hash;
	struct str sealed;
	size_t twin; /* index of an earlier line with the same registration; its own if there is
			none */
};

/* Refuses a line for good. */
void moving_refuse(struct svc_ctx *ctx, struct moving *moving, int err, struct str field);
/* Makes hash or sealed of what each undecided line brought, on as many threads as there are cores.
 * ERR_DEADLINE, ERR_BUSY, ERR_NOMEM. */
int moving_hash(struct svc_ctx *ctx, struct moving *lines, size_t count, bool defer);

#endif
