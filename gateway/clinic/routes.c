#include "gateway/clinic/clinic.h"
#include "gateway/flow.h"
#include "gateway/picture.h"
#include "gateway/req.h"

#define STATUS_ERROR "{\"status\":\"error\"}"

static const struct route routes[] = {
	{"POST", "/user/register", AUTH_NONE, clinic_register, .failure = STATUS_ERROR,
		.deadline_ms = ROUTE_HASH_MS},
	{"GET", "/user/login", AUTH_NONE, clinic_login, .failure = STATUS_ERROR,
		.deadline_ms = ROUTE_HASH_MS},
	{"GET", "/user/homepage", AUTH_ACCOUNT, clinic_homepage,
		.failure = "{\"status\":false,\"info\":\"errror\"}"},
	{"GET", "/user/tobeupdated", AUTH_ACCOUNT, clinic_tobeupdated,
		.failure = "{\"status\":false,\"info\":\"error\"}"},
	{"POST", "/user/updatemyinfo", AUTH_ACCOUNT, clinic_updatemyinfo,
		.failure = "{\"status\":false,\"id\":\"update failed\"}",
		.body_max = CLINIC_PICTURE_MAX, .deadline_ms = ROUTE_HASH_MS},
	{"POST", "/user/follow", AUTH_ACCOUNT, clinic_follow, .failure = "{\"status\":false}"},
	{"GET", "/image/{*}", AUTH_NONE, picture_serve, .failure = STATUS_ERROR},
};

/* Clients send the token bare; some libraries insist on a scheme. */
static struct str read_token(struct req *req)
{
	struct str header = req_header(req, "Authorization");
	struct str token = flow_bearer(header);

	if (token.p || !header.p)
		return token;
	header = str_trim(header);
	return header.len ? header : STR_NONE;
}

const struct dialect clinic_dialect = {
	.name = "clinic",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.token = read_token,
	.fail = clinic_fail,
};
