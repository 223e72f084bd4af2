/* What the files of common/svc/svc share; nobody else includes it. */
#ifndef SVC_SVC_INTERNAL_H
#define SVC_SVC_INTERNAL_H

#include "common/svc/svc.h"

/* svc_builtin.c: the handlers of svc.health and svc.stats. A handler's ctx->state is the service's
 * own, so what these two look at is set once, before the server answers. */
struct svc_builtin {
	const struct svc_spec *spec;
	const struct svc *svc;
	void *state;
	int64_t started_us;
};
void svc_builtin_set(const struct svc_builtin *values);
/* The server whose numbers svc.stats tells: known only once it answers already. */
void svc_builtin_set_server(struct rpc_server *server);
extern const struct rpc_handler svc_handlers[];
extern const size_t svc_handler_count;

#endif
