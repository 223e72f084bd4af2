/*
 * Sealed frames. The first byte chooses: the rest is opened as a frame from a stranger, or sealed first
 * and then damaged at the place the second byte names. Neither may open.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seal_key key = {{1, 2, 3}};
	struct str plain;

	if (size < 2)
		return 0;
	size_t len = size - 2 + (data[0] & 1 ? SEAL_OVERHEAD : 0);
	unsigned char *frame = malloc(len + 1);
	if (data[0] & 1) {
		seal_frame(&key, SEAL_REQUEST, (struct str){(const char *)data + 2, size - 2}, frame);
		frame[data[1] % len] ^= 0x20;
	} else {
		memcpy(frame, data + 2, len);
	}
	if (seal_open(&key, SEAL_REQUEST, frame, len, &plain) == 0)
		abort();
	free(frame);
	return 0;
}
