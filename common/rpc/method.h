/*
 * A service's interface, declared once in <service>_api.h as a list of method rows:
 *
 *	#define USER_METHODS(M)                                                        \
 *		M(user, get, CALLER_ALL, METHOD_IDEMPOTENT, LANE_READ)                 \
 *
 * A row METHOD(service, verb, …) has its request in struct service_verb_in and its reply in struct
 * service_verb_out. From the list come the client stubs call_<service>_<verb>, the declarations of
 * the handlers <service>_<verb>, and the dispatch table.
 */
#ifndef RPC_METHOD_H
#define RPC_METHOD_H

#include "common/rpc/call.h"
#include "common/rpc/field.h"

/* Threads that run a method. Slow work never delays fast work: each lane has threads and a bounded
 * queue of its own; a full queue answers ERR_BUSY at once. */
enum lane {
	LANE_READ,  /* microseconds, never waits: calls travel many to a frame */
	LANE_WRITE, /* waits for a commit, Redis or another service */
	LANE_SLOW,  /* burns processor time: hashing, pictures */
	LANE_COUNT,
};

enum method_flag {
	METHOD_IDEMPOTENT = 1, /* the client may send it again after a lost reply */
};

struct rpc_method {
	const char *name; /* "user.get" */
	unsigned may;     /* enum caller_kind, or'ed */
	unsigned flags;
	enum lane lane;
	const struct field_set *in, *out;
};

struct svc_ctx;

struct rpc_handler {
	const struct rpc_method *method;
	int (*run)(struct svc_ctx *ctx, const void *in, void *out);
};

int rpc_call(enum service service, struct call *call, const struct rpc_method *method,
	const void *in, void *out);

/* In <service>_api.h, after the structs: declarations, and stubs of the form
 * int call_user_get(struct call *, const struct user_get_in *, struct user_get_out *).
 * A stub returns what the handler returned, or ERR_UNAVAILABLE, ERR_BUSY, ERR_DEADLINE,
 * ERR_PROTOCOL. The result lives in call->arena. */
#define METHOD_DECLARE(SERVICE, METHODS)                                                           \
	METHODS(METHOD_EXTERN_)                                                                    \
	METHODS(METHOD_STUB_##SERVICE)
#define METHOD_EXTERN_(service, verb, may, flags, lane)                                            \
	extern const struct rpc_method service##_##verb##_method;                                  \
	int service##_##verb(struct svc_ctx *ctx, const struct service##_##verb##_in *in,          \
		struct service##_##verb##_out *out);
#define METHOD_STUB(SERVICE, service, verb)                                                        \
	static inline int call_##service##_##verb(struct call *call,                               \
		const struct service##_##verb##_in *in, struct service##_##verb##_out *out)        \
	{                                                                                          \
		return rpc_call(SERVICE, call, &service##_##verb##_method, in, out);               \
	}
#define METHOD_STUB_USER(service, verb, may, flags, lane) METHOD_STUB(SERVICE_USER, service, verb)
#define METHOD_STUB_AUTH(service, verb, may, flags, lane) METHOD_STUB(SERVICE_AUTH, service, verb)
#define METHOD_STUB_CHAT(service, verb, may, flags, lane) METHOD_STUB(SERVICE_CHAT, service, verb)
#define METHOD_STUB_MEDIA(service, verb, may, flags, lane) METHOD_STUB(SERVICE_MEDIA, service, verb)

/* In <service>_api.c. */
#define METHOD_TABLE(service_, verb, may_, flags_, lane_)                                          \
	const struct rpc_method service_##_##verb##_method = {                                     \
		.name = #service_ "." #verb,                                                       \
		.may = (may_),                                                                     \
		.flags = (flags_),                                                                 \
		.lane = (lane_),                                                                   \
		.in = &service_##_##verb##_in_fields,                                              \
		.out = &service_##_##verb##_out_fields,                                            \
	};

/* In the service: METHOD_HANDLERS(user, USER_METHODS) defines the const table user_handlers[]. */
#define METHOD_HANDLERS(service, METHODS)                                                          \
	METHODS(METHOD_TRAMPOLINE)                                                                 \
	const struct rpc_handler service##_handlers[] = {METHODS(METHOD_HANDLER_ROW)};             \
	const size_t service##_handler_count =                                                     \
		sizeof(service##_handlers) / sizeof(service##_handlers[0]);
#define METHOD_TRAMPOLINE(service, verb, may, flags, lane)                                         \
	static int run_##service##_##verb(struct svc_ctx *ctx, const void *in, void *out)          \
	{                                                                                          \
		return service##_##verb(ctx, in, out);                                             \
	}
#define METHOD_HANDLER_ROW(service, verb, may, flags, lane)                                        \
	{&service##_##verb##_method, run_##service##_##verb},

#endif
