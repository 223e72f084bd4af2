#include "common/rpc/address.h"

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/conf.h"

#define URL_MAX 300

static const char *const host_keys[SERVICE_COUNT] = {
	[SERVICE_USER] = "QUINTET_BUS_USER",
	[SERVICE_AUTH] = "QUINTET_BUS_AUTH",
	[SERVICE_CHAT] = "QUINTET_BUS_CHAT",
	[SERVICE_MEDIA] = "QUINTET_BUS_MEDIA",
};

struct str address_bus_url(const struct conf *conf, enum service service, bool events, bool listen,
	struct arena *arena)
{
	const char *key = listen ? "QUINTET_BUS_LISTEN" : host_keys[service];
	struct str host = conf_text(conf, key);
	/* An IPv6 address needs its brackets. */
	bool bare = str_find(host, ':') >= 0 && host.p[0] != '[';
	struct buf url;
	struct str text;

	buf_init(&url, arena, URL_MAX);
	buf_addf(&url, bare ? "tcp://[%.*s]:" : "tcp://%.*s:", STR_ARG(host));
	buf_add_i64(&url, conf_int(conf, "QUINTET_BUS_PORT") + 2 * (int64_t)service + events);
	buf_add_char(&url, '\0');
	text = buf_str(&url);
	return text.p ? str_sub(text, 0, text.len - 1) : STR_NONE;
}
