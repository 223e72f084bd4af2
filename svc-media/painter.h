/*
 * The picture workers (worker/): processes that are started when there is something to draw, ended
 * when there was nothing for a while, and replaced when they die. Many threads may ask at once.
 */
#ifndef SVC_MEDIA_PAINTER_H
#define SVC_MEDIA_PAINTER_H

#include "svc-media/picture_job.h"

#define PAINTER_WORKERS 2 /* that run at once: each keeps a core busy */
#define PAINTER_IDLE_MS 60000

struct painter;

/* program: path of the worker's executable. Starts no worker yet. ERR_NOMEM. */
int painter_new(const char *program, int64_t idle_ms, struct painter **ret_painter);
void painter_free(struct painter *painter);
/* Has the job done; the answer lives in the arena. A worker that died meanwhile is replaced once.
 * ERR_UNAVAILABLE when none can be had or it failed twice, ERR_DEADLINE (the worker is ended then),
 * ERR_BUSY when all are at work, or what the worker refused the job with. */
int painter_ask(struct painter *painter, const struct picture_job *job, int64_t deadline_us,
	struct arena *arena, struct picture_answer *ret_answer);

#endif
