/*
 * Idempotency-Key (v1.md, "Conventions"; draft-ietf-httpapi-idempotency-key-header): a route that
 * `creates` is run once for a key, and whoever sends the same request again gets the same reply. Kept
 * are replies below 500 but for 429, which says "later"; the rest leaves the key free. Replies may hold
 * tokens, so what is kept in Redis (by svc-auth) is sealed here, and requests, which may hold passwords,
 * are known there by a keyed fingerprint only. Not for bodies that are streamed.
 */
#ifndef GATEWAY_IDEM_H
#define GATEWAY_IDEM_H

#include <stdbool.h>

#include "common/base/id.h"
#include "common/base/str.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/call.h"

struct req;

struct idem {
	bool begun;    /* to be ended */
	bool replayed; /* the reply is set: nothing is to be run */
	struct str key;
	struct caller caller; /* a handler may learn more of him */
	char ticket[ID_REQUEST_LEN + 1];
	unsigned char print[AUTH_IDEM_PRINT_LEN];
};

/* Before the handler; idem is zeroed. Nothing happens without a key, or on another route. ERR_INVALID
 * (in req->call) for an ill-formed key, ERR_CONFLICT, ERR_BUSY while the same request is being run, or
 * what reading the body came to. */
int idem_begin(struct req *req, struct idem *idem);
/* When the reply is set. */
void idem_end(struct req *req, const struct idem *idem);

#endif
