/*
 * One call's context: who calls, until when, on whose behalf; and after a refusal, what was wrong.
 * The same struct goes along from the gateway through every service that takes part.
 */
#ifndef RPC_CALL_H
#define RPC_CALL_H

#include "common/base/str.h"
#include "common/rpc/field.h"

struct arena;
struct rpc_client;

enum service { SERVICE_USER, SERVICE_AUTH, SERVICE_CHAT, SERVICE_MEDIA, SERVICE_COUNT };

/* Who may call a method, or'ed in its row; 0 is nobody. The bus key already proves that a process of
 * ours asks; this says for whom. */
enum caller_kind {
	CALLER_ANYONE = 1,   /* somebody without a session */
	CALLER_ACCOUNT = 2,  /* the holder of a session */
	CALLER_ADMIN = 4,    /* a session whose account is an administrator */
	CALLER_SERVICE = 8,  /* a service on its own behalf */
	CALLER_OPERATOR = 16, /* deploy/ctl */
	CALLER_PEOPLE = CALLER_ANYONE | CALLER_ACCOUNT | CALLER_ADMIN,
	CALLER_SIGNED_IN = CALLER_ACCOUNT | CALLER_ADMIN,
	CALLER_ALL = CALLER_PEOPLE | CALLER_SERVICE | CALLER_OPERATOR,
};

#define CALLER(X, S)                                                                               \
	X(S, INT, kind, 0, CALLER_ALL)          /* one of enum caller_kind */                      \
	X(S, ID, account, 0, 0)                                                                    \
	X(S, STR, session, 0, 64)               /* session id, not the token */                    \
	X(S, STR, address, 0, 64)               /* of the client, without port */
FIELD_STRUCT(caller, CALLER)

#define CALL_FIELDS_MAX 4

struct call {
	struct arena *arena;          /* results live here */
	struct rpc_client **services; /* indexed by enum service; NULL where not connected */
	struct str request_id;
	struct str traceparent;
	struct str idempotency_key;
	struct caller caller;
	int64_t deadline_us; /* wall clock */

	/* Set when a call was refused. */
	struct str fields[CALL_FIELDS_MAX]; /* the fields that were taken or ill-formed */
	size_t field_count;
	int64_t retry_after_s;
};

/* Notes a field for the refusal that the caller is about to return; returns err for brevity:
 * return call_refuse(call, ERR_TAKEN, STR("username")). */
int call_refuse(struct call *call, int err, struct str field);
/* The same with a time to wait. */
int call_refuse_for(struct call *call, int err, int64_t retry_after_s);

#endif
