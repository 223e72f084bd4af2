/* Random identifiers, from getrandom(2). */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define ID_REQUEST_LEN 32

/* Fills len bytes; a failing kernel source ends the process. */
void id_random(void *bytes, size_t len);
/* Uniform in [0, bound). */
uint64_t id_below(uint64_t bound);
/* len characters drawn uniformly from alphabet, then NUL. */
void id_text(const char *alphabet, char *ret_text, size_t len);
/* 32 lower-case hex digits and NUL. */
void id_request(char ret_text[ID_REQUEST_LEN + 1]);
/* A request id from outside is kept only if it matches [A-Za-z0-9_.:-]{8,64} (v1.md). */
int id_request_check(struct str text);
/* Lower-case hex, then NUL: 2 * len + 1 bytes. */
void id_hex(const void *bytes, size_t len, char *ret_text);

#endif
