#include "svc-chat/chat.h"

/* No methods but those that every service has (svc_api.h). */
static const size_t handler_count = 0;

const struct svc_spec chat_spec = {
	.name = "svc-chat",
	.service = SERVICE_CHAT,
	.process = CONF_CHAT,
	.handlers = NULL,
	.handler_count = &handler_count,
	.db = &chat_db,
	.lanes =
		{
			[LANE_READ] = {.threads = CHAT_READ_THREADS, .queue = 256},
		},
};
