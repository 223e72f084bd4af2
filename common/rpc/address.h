/* Where on the bus a service answers and publishes. */
#ifndef RPC_ADDRESS_H
#define RPC_ADDRESS_H

#include <stdbool.h>

#include "common/base/str.h"
#include "common/rpc/call.h"

struct arena;
struct conf;

/* Service n answers on QUINTET_BUS_PORT + 2n and publishes on the next port (events). listen: the
 * address it binds, otherwise the one others dial. "tcp://host:port", NUL-terminated, in the arena;
 * absent when that is full. */
struct str address_bus_url(const struct conf *conf, enum service service, bool events, bool listen,
	struct arena *arena);

#endif
