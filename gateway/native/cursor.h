/*
 * The opaque cursor of a list: where to go on, signed, so that nobody can make one up and none can be
 * carried from one list to another.
 */
#ifndef GATEWAY_NATIVE_CURSOR_H
#define GATEWAY_NATIVE_CURSOR_H

#include <stdint.h>

#include "common/base/str.h"

struct arena;

#define CURSOR_KEY_BYTES 32
#define CURSOR_LEN 32 /* characters */

/* list: which list it belongs to. Absent when the arena is full. */
struct str cursor_make(const unsigned char key[CURSOR_KEY_BYTES], struct str list, int64_t after,
	struct arena *arena);
/* ERR_INVALID when it was not made with this key for this list. */
int cursor_read(const unsigned char key[CURSOR_KEY_BYTES], struct str list, struct str cursor,
	int64_t *ret_after);

#endif
