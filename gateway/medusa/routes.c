#include "gateway/medusa/medusa.h"
#include "gateway/picture.h"
#include "gateway/req.h"

#define FAULT "{\"message\":\"自己去看报错日志！\",\"code\":169}"

static const struct route routes[] = {
	{"GET", "/api/get_verification_code/", AUTH_NONE, medusa_captcha, .failure = FAULT},
	{"POST", "/api/registered", AUTH_NONE, medusa_registered,
		.failure = "{\"message\":\"报错\",\"code\":404}",
		.deadline_ms = ROUTE_HASH_MS},
	{"POST", "/api/login", AUTH_NONE, medusa_login, .failure = FAULT,
		.deadline_ms = ROUTE_HASH_MS},
	{"POST", "/api/user_info/", AUTH_NONE, medusa_user_info, .failure = FAULT},
	{"POST", "/api/update_password/", AUTH_NONE, medusa_update_password, .failure = FAULT,
		.deadline_ms = ROUTE_HASH_MS},
	{"POST", "/api/update_show_name/", AUTH_NONE, medusa_update_show_name, .failure = FAULT},
	{"POST", "/api/update_key/", AUTH_NONE, medusa_update_key, .failure = FAULT},
	{"POST", "/api/forget_password/", AUTH_NONE, medusa_forget_password, .failure = FAULT,
		.deadline_ms = ROUTE_HASH_MS},
	{"POST", "/api/upload_avatar/", AUTH_NONE, medusa_upload_avatar,
		.failure = "{\"message\":\"你不对劲！为什么报错了？\",\"code\":169}",
		.body_max = MEDUSA_PICTURE_MAX},
	{"GET", "/s/{*}", AUTH_NONE, picture_serve, .failure = FAULT},
};

/* In the body, but beside a file in a header. Each route has its own words for who has none, so
 * that handlers ask for the session themselves. */
static struct str read_token(struct req *req)
{
	struct str token;

	if (req->route->handle != medusa_upload_avatar)
		return medusa_peek(req, "token");
	token = str_trim(req_header(req, "token"));
	return token.len ? token : STR_NONE;
}

const struct dialect medusa_dialect = {
	.name = "medusa",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.loose_slash = true,
	.token = read_token,
	.fail = medusa_fail,
	.wrong_method = medusa_wrong_method,
};
