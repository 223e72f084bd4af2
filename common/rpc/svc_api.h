/* What every service answers beside its own methods. */
#ifndef RPC_SVC_API_H
#define RPC_SVC_API_H

#include "common/rpc/method.h"

#define SVC_HEALTH_IN NOTHING
#define SVC_HEALTH_OUT(X, S)                                                                       \
	X(S, STR, process, 0, 32)                                                                  \
	X(S, STR, version, 0, 32)                                                                  \
	X(S, STR, ailment, 0, 64) /* absent when all is well */                                    \
	X(S, TIME, started, 0, 0)                                                                  \
	X(S, INT, pid, 0, INT32_MAX)
FIELD_STRUCT(svc_health_in, SVC_HEALTH_IN)
FIELD_STRUCT(svc_health_out, SVC_HEALTH_OUT)

/* Samples in the form of Prometheus: full name with labels, "quintet_db_jobs_total{db=\"user\"}". */
#define SVC_SAMPLE(X, S)                                                                           \
	X(S, STR, name, FIELD_REQUIRED, 200)                                                       \
	X(S, INT, value, 0, INT64_MAX)
FIELD_STRUCT(svc_sample, SVC_SAMPLE)
#define SVC_STATS_IN NOTHING
#define SVC_STATS_OUT(X, S) X(S, LIST, samples, 0, svc_sample)
FIELD_STRUCT(svc_stats_in, SVC_STATS_IN)
FIELD_STRUCT(svc_stats_out, SVC_STATS_OUT)

#define SVC_METHODS(M)                                                                             \
	M(svc, health, CALLER_ALL, METHOD_IDEMPOTENT, LANE_READ)                                   \
	M(svc, stats, CALLER_SERVICE | CALLER_OPERATOR, METHOD_IDEMPOTENT, LANE_READ)

SVC_METHODS(METHOD_EXTERN_)

#endif
