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

#define MEDIA_METHODS(M) M(media, picture, CALLER_ALL, METHOD_IDEMPOTENT, LANE_WRITE)

METHOD_DECLARE(MEDIA, MEDIA_METHODS)

#endif
