/* Picture codes, for the dialects that ask for one: made by svc-auth, drawn by svc-media. */
#ifndef GATEWAY_CAPTCHA_H
#define GATEWAY_CAPTCHA_H

#include <stdint.h>

#include "common/base/str.h"

struct req;

#define CAPTCHA_WIDTH 160
#define CAPTCHA_HEIGHT 60

struct captcha_code {
	struct str challenge; /* what the client shows later */
	struct str text;      /* for drawing only: never to a client, never to a log */
	int64_t expires_us;
};

/* ERR_UNAVAILABLE and its kin. */
int captcha_make(struct req *req, struct captcha_code *ret_code);
/* The whole reply: 200 and the PNG. seed: 32 bytes, from which the same picture comes every time,
 * or absent. */
int captcha_show(struct req *req, struct str text, struct str seed);
/* Uses the captcha up if the answer is right, in either case of letters. ERR_BAD_CODE: wrong,
 * unknown, used, expired, or too many wrong ones before; ERR_UNAVAILABLE and its kin. */
int captcha_check(struct req *req, struct str challenge, struct str answer);

#endif
