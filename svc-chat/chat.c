#include "svc-chat/chat.h"

/* No methods but those that every service has (svc_api.h). */
static const size_t handler_count = 0;

/* The service's state is the process itself: its database is all there is so far. */
static int init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	(void)ret_reason;
	*ret_state = svc;
	return 0;
}

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
	.init = init,
};
