#include "common/rpc/svc_api.h"

FIELD_TABLE(svc_health_in, SVC_HEALTH_IN)
FIELD_TABLE(svc_health_out, SVC_HEALTH_OUT)
FIELD_TABLE(svc_sample, SVC_SAMPLE)
FIELD_TABLE(svc_stats_in, SVC_STATS_IN)
FIELD_TABLE(svc_stats_out, SVC_STATS_OUT)

SVC_METHODS(METHOD_TABLE)
