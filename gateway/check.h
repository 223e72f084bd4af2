/* Values of the gateway's configuration whose form the rows cannot say: networks, origins, zone. */
#ifndef GATEWAY_CHECK_H
#define GATEWAY_CHECK_H

#include <stdio.h>

#include "common/base/str.h"

struct conf;

/* ERR_INVALID after one clear line to `errors`. */
int check_conf(const struct conf *conf, FILE *errors);
/* "scheme://host[:port]" as browsers write it (RFC 6454, 6.2): ERR_INVALID otherwise. */
int check_origin(struct str origin);
/* A zone that is installed, or in POSIX form ("CST-8"): ERR_INVALID otherwise. libc would take any
 * other word for UTC. */
int check_zone(struct str zone);

#endif
