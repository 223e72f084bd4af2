#include "svc-media/media.h"

METHOD_HANDLERS(media, MEDIA_METHODS)

/* The service's state is the process itself: its database is all there is so far. */
static int init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	(void)ret_reason;
	*ret_state = svc;
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
		},
	.init = init,
};
