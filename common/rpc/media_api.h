/* svc-media on the bus. */
#ifndef RPC_MEDIA_API_H
#define RPC_MEDIA_API_H

#include "common/rpc/method.h"

#define MEDIA_PICTURE_MAX (256 * 1024)

/* A public picture by its path, e.g. "/image/user/default.png". ERR_NOT_FOUND. */
#define MEDIA_PICTURE_IN(X, S) X(S, STR, path, FIELD_REQUIRED, 200)
#define MEDIA_PICTURE_OUT(X, S)                                                                    \
	X(S, STR, type, FIELD_REQUIRED, 100) /* MIME type */                                       \
	X(S, STR, etag, FIELD_REQUIRED, 100) /* without quotes; changes with the content */        \
	X(S, BYTES, content, FIELD_REQUIRED, MEDIA_PICTURE_MAX)
FIELD_STRUCT(media_picture_in, MEDIA_PICTURE_IN)
FIELD_STRUCT(media_picture_out, MEDIA_PICTURE_OUT)

#define MEDIA_CAPTCHA_TEXT_MAX 8 /* characters of a-z1-9 */
#define MEDIA_CAPTCHA_WIDTH_MIN 80
#define MEDIA_CAPTCHA_WIDTH_MAX 320
#define MEDIA_CAPTCHA_HEIGHT_MIN 30
#define MEDIA_CAPTCHA_HEIGHT_MAX 120
#define MEDIA_CAPTCHA_SEED_BYTES 32

/* A PNG that shows the text to people only. seed: MEDIA_CAPTCHA_SEED_BYTES bytes, from which the same
 * picture comes again; absent: another picture at every call. ERR_INVALID for any other text, size or
 * seed; ERR_UNAVAILABLE when it cannot be drawn now. */
#define MEDIA_CAPTCHA_IN(X, S)                                                                     \
	X(S, SECRET, text, FIELD_REQUIRED, MEDIA_CAPTCHA_TEXT_MAX)                                 \
	X(S, INT, width, FIELD_REQUIRED, MEDIA_CAPTCHA_WIDTH_MAX)                                  \
	X(S, INT, height, FIELD_REQUIRED, MEDIA_CAPTCHA_HEIGHT_MAX)                                \
	X(S, BYTES, seed, 0, MEDIA_CAPTCHA_SEED_BYTES)
#define MEDIA_CAPTCHA_OUT(X, S) X(S, BYTES, content, FIELD_REQUIRED, MEDIA_PICTURE_MAX)
FIELD_STRUCT(media_captcha_in, MEDIA_CAPTCHA_IN)
FIELD_STRUCT(media_captcha_out, MEDIA_CAPTCHA_OUT)

#define MEDIA_METHODS(M)                                                                           \
	M(media, picture, CALLER_ALL, METHOD_IDEMPOTENT, LANE_WRITE)                               \
	M(media, captcha, CALLER_ALL, METHOD_IDEMPOTENT, LANE_SLOW)

METHOD_DECLARE(MEDIA, MEDIA_METHODS)

#endif
