/* IP networks in CIDR form ("10.0.0.0/8", "fd00::/8", "192.0.2.7"), to ask whether an address is in. */
#ifndef GATEWAY_NETWORK_H
#define GATEWAY_NETWORK_H

#include <stdbool.h>

#include "common/base/str.h"

/* IPv4 as its mapped IPv6 form (RFC 4291, 2.5.5.2). */
struct network {
	unsigned char address[16];
	unsigned bits;
};

/* An address alone is a network of one; bits behind the prefix are ignored. ERR_INVALID. */
int network_parse(struct str text, struct network *ret_network);
/* address: text of IPv4 or IPv6; false for anything else. */
bool network_has(const struct network *network, struct str address);
bool network_is_loopback(struct str address);
/* Is the address in one of the networks of a comma-separated list? Ill-formed items match nothing. */
bool network_list_has(struct str list, struct str address);
/* ERR_INVALID when an item of the list is ill-formed; an empty list is fine. */
int network_list_check(struct str list);

#endif
