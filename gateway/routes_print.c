#include "gateway/routes_print.h"

#include <inttypes.h>

void routes_print(const struct dialect *const *dialects, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < dialects[i]->route_count; k++) {
			const struct route *route = &dialects[i]->routes[k];
			int64_t limit = route->body_max ? route->body_max : ROUTE_BODY_MAX;

			fprintf(out, "%s %s %s %" PRId64 "\n", route->method, route->path,
				dialects[i]->name, limit);
		}
	}
}
