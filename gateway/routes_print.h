/* The list of all routes, for `gateway --routes`, against which the contract tests hold their cases. */
#ifndef GATEWAY_ROUTES_PRINT_H
#define GATEWAY_ROUTES_PRINT_H

#include <stdio.h>

#include "gateway/dialect.h"

/* One line a route: method, path, dialect, the most bytes a body may have. */
void routes_print(const struct dialect *const *dialects, size_t count, FILE *out);

#endif
