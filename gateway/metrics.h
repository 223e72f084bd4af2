/* Counters of the gateway, and the text of /metrics (Prometheus exposition format 0.0.4). */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stdint.h>

#include "common/base/buf.h"

struct gateway;
struct metrics;
struct call;
struct dialect;
struct route;

int metrics_new(const struct gateway *gateway, struct metrics **ret_metrics);
void metrics_free(struct metrics *metrics);
/* One answered request; route NULL for what no route took. No lock on the way. */
void metrics_count(struct metrics *metrics, const struct dialect *dialect, const struct route *route,
	int status, int64_t taken_us);
/* One request that the front refused (http_conf.on_refused). */
void metrics_refused(struct metrics *metrics, int status);
/* Writes all samples: the gateway's own and, by svc.stats, those of the services that answer. */
void metrics_write(struct metrics *metrics, struct call *call, struct buf *out);

#endif
