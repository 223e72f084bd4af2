/*
 * Draws captcha pictures with libvips: text that a person can read and a script cannot trivially.
 * One thread only. Not for deciding what the text is, nor for keeping it.
 */
#ifndef PICTURE_CAPTCHA_H
#define PICTURE_CAPTCHA_H

#include <stddef.h>

#include "common/base/str.h"

#define CAPTCHA_ALPHABET "abcdefghijklmnopqrstuvwxyz123456789"
#define CAPTCHA_SEED_BYTES 32

struct captcha;

/* Renders every character of the alphabet once; what is drawn later is made of these. ERR_IO:
 * libvips cannot set text, the fonts are missing. */
int captcha_new(struct captcha **ret_captcha);
void captcha_free(struct captcha *captcha);
/* A PNG, to be freed with g_free: the same for the same seed, another for every other. ERR_INVALID
 * unless text is characters of the alphabet, and beyond MEDIA_CAPTCHA_… (media_api.h). */
int captcha_draw(struct captcha *captcha, struct str text, int width, int height,
	const unsigned char seed[CAPTCHA_SEED_BYTES], void **ret_png, size_t *ret_len);

#endif
