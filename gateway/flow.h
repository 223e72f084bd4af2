/* What two dialects need and no service does. No storage, no rules. */
#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

#include "common/base/str.h"

/* The token of an Authorization header "Bearer <token>" (RFC 6750), the scheme's case ignored; absent
 * for any other header and when nothing follows the scheme. */
struct str flow_bearer(struct str header);

#endif
