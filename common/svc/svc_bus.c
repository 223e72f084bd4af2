#include "common/base/buf.h"
#include "common/svc/svc.h"

#define URL_MAX 512

static const char *const host_keys[SERVICE_COUNT] = {
	[SERVICE_USER] = "QUINTET_BUS_USER",
	[SERVICE_AUTH] = "QUINTET_BUS_AUTH",
	[SERVICE_CHAT] = "QUINTET_BUS_CHAT",
	[SERVICE_MEDIA] = "QUINTET_BUS_MEDIA",
};

struct str svc_bus_url(const struct conf *conf, enum service service, bool events, bool listen,
	struct arena *arena)
{
	struct str host = conf_text(conf, listen ? "QUINTET_BUS_LISTEN" : host_keys[service]);
	int64_t port = conf_int(conf, "QUINTET_BUS_PORT") + 2 * (int64_t)service + (events ? 1 : 0);
	struct buf url;

	buf_init(&url, arena, URL_MAX);
	buf_add_c(&url, "tcp://");
	buf_add_str(&url, host);
	buf_add_char(&url, ':');
	buf_add_i64(&url, port);
	buf_add_char(&url, '\0');
	if (buf_failed(&url))
		return STR_NONE;
	/* With a NUL behind it, as nng wants. */
	return (struct str){url.p, url.len - 1};
}
