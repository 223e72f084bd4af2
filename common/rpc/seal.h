/*
 * Sealed frames: XChaCha20-Poly1305 (libsodium, IETF variant) under the one bus key. A frame is
 * purpose (1 byte) || nonce (24 bytes) || ciphertext || tag (16 bytes); the purpose is authenticated
 * too, so a reply can never be taken for a request. PROTOCOL.md, "Frames".
 */
#ifndef RPC_SEAL_H
#define RPC_SEAL_H

#include <stddef.h>

#include "common/base/str.h"

#define SEAL_KEY_LEN 32
#define SEAL_OVERHEAD 41 /* purpose, nonce and tag */

/* A request says its lane in the clear (SEAL_REQUEST + enum lane), so that the receiver can queue it
 * unopened. */
enum seal_purpose {
	SEAL_REPLY = 2,
	SEAL_EVENT = 3,
	SEAL_STORED = 4, /* no frame: something kept, under a key of its own */
	SEAL_REQUEST = 16,
};

struct seal_key {
	unsigned char bytes[SEAL_KEY_LEN];
};

/* Reads the key file; makes it (32 random bytes, mode 0600) when it is not there. Several
 * processes may do so at once and get the same key. ERR_IO, ERR_INVALID (not 32 bytes, or readable
 * by others). */
int seal_key_load(const char *path, struct seal_key *ret_key);
/* Derives an independent 32-byte key for another use, e.g. "cursor" (crypto_kdf; purpose: at most 8
 * characters). */
void seal_key_derive(const struct seal_key *key, const char *purpose,
	unsigned char ret_key[SEAL_KEY_LEN]);
/* ret_frame has room for plain.len + SEAL_OVERHEAD bytes. */
void seal_frame(const struct seal_key *key, int purpose, struct str plain, unsigned char *ret_frame);
/* Opens in place: *ret_plain points into frame. ERR_PROTOCOL when it does not open or has another
 * purpose. */
int seal_open(const struct seal_key *key, int purpose, unsigned char *frame, size_t frame_len,
	struct str *ret_plain);

#endif
