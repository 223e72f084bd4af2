/* Routes about the process itself, outside of /v1: GET /healthz, /readyz, /metrics. Always on; the
 * router looks here beside gateway->dialects, which does not list this one. */
#ifndef GATEWAY_SERVICE_H
#define GATEWAY_SERVICE_H

#include "gateway/dialect.h"

extern const struct dialect service_dialect;

#endif
