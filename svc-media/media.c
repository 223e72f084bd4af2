#include "svc-media/media.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/err.h"
#include "svc-media/painter.h"

METHOD_HANDLERS(media, MEDIA_METHODS)

/* The worker stands beside this program, or where the build puts it as seen from the tests. */
static const char *const worker_places[] = {"quintet-picture", "../svc-media/quintet-picture"};

char *media_worker_path(void)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len <= 0)
		return NULL;
	own[len] = '\0';
	*strrchr(own, '/') = '\0';
	for (size_t i = 0; i < sizeof(worker_places) / sizeof(worker_places[0]); i++) {
		char *path;

		if (asprintf(&path, "%s/%s", own, worker_places[i]) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static void done(void *state)
{
	struct media *media = state;

	if (!media)
		return;
	painter_free(media->painter);
	free(media);
}

static int init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	struct media *media = calloc(1, sizeof(*media));
	char *worker = media_worker_path();
	int rc = worker ? ERR_NOMEM : ERR_NOT_FOUND;

	*ret_reason =
		worker ? "memory is short" : "there is no quintet-picture beside this program";
	if (media && worker) {
		media->svc = svc;
		rc = painter_new(worker, PAINTER_IDLE_MS, &media->painter);
	}
	free(worker);
	if (rc) {
		done(media);
		return rc;
	}
	*ret_state = media;
	return 0;
}

const struct svc_spec media_spec = {
	.name = "svc-media",
	.service = SERVICE_MEDIA,
	.process = CONF_MEDIA,
	.handlers = media_handlers,
	.handler_count = &media_handler_count,
	.db = &media_db,
	.lanes =
		{
			[LANE_READ] = {.threads = MEDIA_READ_THREADS, .queue = 256},
			[LANE_WRITE] = {.threads = MEDIA_WRITE_THREADS, .queue = 256},
			[LANE_SLOW] = {.threads = PAINTER_WORKERS, .queue = 128},
		},
	.init = init,
	.done = done,
};
