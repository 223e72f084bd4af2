/* The inside of svc-media: its specification, its schema and the built-in pictures. */
#ifndef SVC_MEDIA_MEDIA_H
#define SVC_MEDIA_MEDIA_H

#include "common/rpc/media_api.h"
#include "common/svc/svc.h"

#define MEDIA_READ_THREADS 1
#define MEDIA_WRITE_THREADS 4

struct painter;

/* What the service holds while it runs (ctx->state). */
struct media {
	struct svc *svc;
	struct painter *painter;
};

/* Path of the picture worker's program, malloc'ed; NULL: there is none. */
char *media_worker_path(void);

/* Pictures that are part of the program: pictures/…, embedded by the build (embed.cmake). */
struct media_builtin {
	struct str path; /* of the URL */
	struct str type;
	struct str etag;
	struct str content;
};

extern const struct media_builtin media_builtins[];
extern const size_t media_builtin_count;

extern const struct svc_spec media_spec;
extern const struct db_spec media_db;
extern const struct rpc_handler media_handlers[];
extern const size_t media_handler_count;

#endif
