#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

#define FAILURE .failure = VOLUNTEER_FAILURE
#define HASHES FAILURE, .deadline_ms = ROUTE_HASH_MS

static const struct route routes[] = {
	{"POST", "/user/register/", AUTH_NONE, volunteer_register, HASHES},
	{"POST", "/user/login/", AUTH_NONE, volunteer_login, HASHES},
	{"POST", "/user/changepassword/", AUTH_NONE, volunteer_changepassword, HASHES},
	{"POST", "/user/changeinformation/", AUTH_ACCOUNT, volunteer_changeinformation, FAILURE},
	{"POST", "/user/permission/", AUTH_ADMIN, volunteer_permission, FAILURE},
	{"POST", "/user/status/", AUTH_ADMIN, volunteer_status, FAILURE},
	{"POST", "/user/search/", AUTH_ADMIN, volunteer_search, FAILURE},
	{"POST", "/user/getuser/", AUTH_ACCOUNT, volunteer_getuser, FAILURE},
};

static struct str read_token(struct req *req)
{
	struct str token = str_trim(req_header(req, "token"));

	return token.len ? token : STR_NONE;
}

const struct dialect volunteer_dialect = {
	.name = "volunteer",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.token = read_token,
	.fail = volunteer_fail,
};
