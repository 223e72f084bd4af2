/*
 * HMAC-SHA-1 (RFC 2104, RFC 3174): here because authenticator apps know nothing else (RFC 6238) and
 * libsodium does not have it. For nothing new.
 */
#ifndef AUTH_HMAC_SHA1_H
#define AUTH_HMAC_SHA1_H

#include "common/base/str.h"

#define SHA1_LEN 20 /* bytes */

void sha1(struct str text, unsigned char ret_hash[SHA1_LEN]);
void hmac_sha1(struct str key, struct str text, unsigned char ret_mac[SHA1_LEN]);

#endif
