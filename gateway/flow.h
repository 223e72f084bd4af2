/* What two dialects need and no service does. No storage, no rules. */
#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

#include "common/base/str.h"

struct req;

/* The token of an Authorization header "Bearer <token>" (RFC 6750), the scheme's case ignored; absent
 * for any other header and when nothing follows the scheme. */
struct str flow_bearer(struct str header);

/* Past the limit of wrong tries a dialect gives its ordinary "wrong" answer, which in some depends on
 * the account: ERR_UNKNOWN_ACCOUNT or ERR_BAD_CREDENTIALS; or what kept it from being told. by: enum
 * user_login_kind. */
int flow_limited(struct req *req, struct str login, int by);

#endif
