/*
 * The OpenAPI 3.1 document of /v1, made of nothing but the route rows (struct route_doc) and the field
 * tables they name: a route without an entry, or an entry without a route, cannot be.
 */
#ifndef GATEWAY_NATIVE_OPENAPI_H
#define GATEWAY_NATIVE_OPENAPI_H

#include "common/base/buf.h"
#include "gateway/dialect.h"

struct req;

/* Writes the document of all routes that have a route_doc. */
void openapi_write(const struct dialect *const *dialects, size_t count, struct buf *out);
/* GET /v1/openapi.json: made at the first request, then served from memory. */
int openapi_get(struct req *req);

#endif
