/*
 * The id of a captcha in /v1: the challenge, then its text and end, sealed. So any gateway can draw
 * the picture later, the same one every time, and nothing is kept. The challenge is what answers
 * name.
 */
#ifndef GATEWAY_NATIVE_CAPTCHA_ID_H
#define GATEWAY_NATIVE_CAPTCHA_ID_H

#include <stdint.h>

#include "common/base/str.h"

struct arena;

#define CAPTCHA_ID_KEY_BYTES 32
#define CAPTCHA_ID_CHALLENGE 32 /* hex digits it begins with */
#define CAPTCHA_ID_TEXT 6
#define CAPTCHA_ID_SEED_BYTES 32
#define CAPTCHA_ID_LEN 68

struct captcha_id {
	struct str challenge;
	char text[CAPTCHA_ID_TEXT + 1];
	int64_t expires_s;
	unsigned char seed[CAPTCHA_ID_SEED_BYTES]; /* of the picture; set by captcha_id_read */
};

/* Absent when the arena is full, or challenge or text have another length. Each challenge is sealed
 * with one text only. */
struct str captcha_id_make(const unsigned char key[CAPTCHA_ID_KEY_BYTES],
	const struct captcha_id *id, struct arena *arena);
/* ERR_NOT_FOUND when it was not made with this key, or its end was before now_s. */
int captcha_id_read(const unsigned char key[CAPTCHA_ID_KEY_BYTES], struct str text, int64_t now_s,
	struct captcha_id *ret_id);

#endif
