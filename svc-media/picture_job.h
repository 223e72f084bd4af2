/*
 * What svc-media and its picture worker say to each other over a socket pair: a length (4 bytes,
 * big-endian), then one of these structs in msgpack (common/rpc/codec.h). One answer to each job,
 * in order. Both sides are always of one build.
 */
#ifndef SVC_MEDIA_PICTURE_JOB_H
#define SVC_MEDIA_PICTURE_JOB_H

#include "common/rpc/media_api.h"

#define PICTURE_FRAME_MAX (1024 * 1024) /* bytes behind the length */
#define PICTURE_SOCKET 3		/* the worker's end */

enum picture_task { PICTURE_CAPTCHA = 1 };
extern const struct enum_words picture_tasks;

#define PICTURE_JOB(X, S)                                                                          \
	X(S, ENUM, task, FIELD_REQUIRED, picture_tasks)                                            \
	X(S, SECRET, text, 0, MEDIA_CAPTCHA_TEXT_MAX)                                              \
	X(S, INT, width, 0, MEDIA_CAPTCHA_WIDTH_MAX)                                               \
	X(S, INT, height, 0, MEDIA_CAPTCHA_HEIGHT_MAX)                                             \
	X(S, BYTES, seed, 0, MEDIA_CAPTCHA_SEED_BYTES)
#define PICTURE_ANSWER(X, S)                                                                       \
	X(S, INT, refusal, 0, INT16_MAX) /* 0, or an ERR_* without its sign */                     \
	X(S, BYTES, content, 0, MEDIA_PICTURE_MAX)
FIELD_STRUCT(picture_job, PICTURE_JOB)
FIELD_STRUCT(picture_answer, PICTURE_ANSWER)

struct arena;

/* One frame, whole. ERR_IO: the other side is gone; ERR_DEADLINE: it said nothing until deadline_ms
 * (clock_mono_ms; 0: wait for ever); ERR_PROTOCOL: what it said is no such struct. */
int picture_send(int socket, const struct field_set *set, const void *object, struct arena *arena);
int picture_receive(int socket, const struct field_set *set, int64_t deadline_ms,
	struct arena *arena, void *ret_object);

#endif
