#include "gateway/native/native.h"

#include <string.h>

#include "common/rpc/field_json.h"
#include "gateway/gateway.h"
#include "gateway/native/list.h"
#include "gateway/req.h"

/* The host the client used, without its port ("[::1]:8080" has colons of its own). */
static struct str host_name(struct str host)
{
	size_t end = host.len;

	while (end > 0 && host.p[end - 1] >= '0' && host.p[end - 1] <= '9')
		end--;
	return end > 0 && end <= host.len && host.p[end - 1] == ':' ? str_sub(host, 0, end - 1) : host;
}

static struct str push_url(struct req *req)
{
	struct buf url;

	buf_init(&url, req->arena, 300);
	buf_add_c(&url, "ws://");
	buf_add_str(&url, host_name(req_header(req, "Host")));
	buf_add_char(&url, ':');
	buf_add_i64(&url, conf_int(req->gateway->conf, "QUINTET_PUSH_PORT"));
	buf_add_c(&url, "/v1/push");
	return buf_str(&url);
}

int config_get(struct req *req)
{
	const struct gateway *gateway = req->gateway;
	struct str names[GATEWAY_DIALECTS_MAX];
	struct native_config config = {
		.version = STR(QUINTET_VERSION),
		.dialects = names,
		.push.url = push_url(req),
		.limits = {
			.body_bytes = ROUTE_BODY_MAX,
			.list_default = LIST_LIMIT_DEFAULT,
			.list_items = LIST_LIMIT_MAX,
			.username_characters = USER_USERNAME_MAX,
			.display_name_characters = USER_NAME_MAX,
			.description_characters = USER_DESCRIPTION_MAX,
			.password_bytes_min = NATIVE_PASSWORD_MIN,
			.password_bytes = AUTH_PASSWORD_MAX,
		},
	};

	/* Those that can be switched off: this API is always there. */
	for (size_t i = 0; i < gateway->dialect_count; i++) {
		struct str name = str_c(gateway->dialects[i]->name);

		if (conf_list_has(gateway->conf, "QUINTET_DIALECTS", name))
			names[config.dialects_count++] = name;
	}
	req_reply_json(req, 200);
	field_json_write(&native_config_fields, &config, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
