/* What a frame holds once it is opened. PROTOCOL.md, "Envelope". */
#ifndef RPC_ENVELOPE_H
#define RPC_ENVELOPE_H

#include "common/rpc/call.h"
#include "common/rpc/field.h"

#define RPC_VERSION 1
#define RPC_FRAME_MAX (8 * 1024 * 1024) /* bytes, sealed */
#define RPC_ARENA_MAX (4 * RPC_FRAME_MAX)

#define RPC_REQUEST(X, S)                                                                          \
	X(S, STR, method, FIELD_REQUIRED, 64)                                                      \
	X(S, STR, request_id, 0, 64)                                                               \
	X(S, STR, traceparent, 0, 64)                                                              \
	X(S, STR, idempotency_key, 0, 128)                                                         \
	X(S, TIME, deadline, FIELD_REQUIRED, 0)                                                    \
	X(S, OBJ, caller, FIELD_REQUIRED, caller)                                                  \
	X(S, BYTES, args, FIELD_REQUIRED, RPC_FRAME_MAX)
FIELD_STRUCT(rpc_request, RPC_REQUEST)

#define RPC_REQUESTS(X, S)                                                                         \
	X(S, INT, version, FIELD_REQUIRED, 1000)                                                   \
	X(S, LIST, calls, FIELD_REQUIRED, rpc_request)
FIELD_STRUCT(rpc_requests, RPC_REQUESTS)

/* status: 0, or an ERR_* code without its sign. */
#define RPC_REPLY(X, S)                                                                            \
	X(S, INT, status, 0, 1000)                                                                 \
	X(S, BYTES, result, 0, RPC_FRAME_MAX)                                                      \
	X(S, STRS, fields, 0, 64)                                                                  \
	X(S, INT, retry_after_s, 0, 86400)
FIELD_STRUCT(rpc_reply, RPC_REPLY)

/* In the order of the calls; with a status other than 0 none of them was started. */
#define RPC_REPLIES(X, S)                                                                          \
	X(S, INT, status, 0, 1000)                                                                 \
	X(S, LIST, replies, 0, rpc_reply)
FIELD_STRUCT(rpc_replies, RPC_REPLIES)

#endif
