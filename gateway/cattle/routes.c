#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

/* clang-format off: a table */
#define ROW(method_, path_, auth_, handler, ...)                                                   \
	{.method = method_, .path = path_, .auth = auth_, .handle = handler, __VA_ARGS__}
#define POST(path, auth, handler, ...) ROW("POST", path, auth, handler, __VA_ARGS__)
#define GET(path, handler) ROW("GET", path, AUTH_ACCOUNT, handler, .deadline_ms = 0)
/* The web client's prefix has the very same routes. */
#define ROUTES(prefix)                                                                             \
	POST(prefix "register/", AUTH_NONE, cattle_register, .deadline_ms = ROUTE_HASH_MS),        \
	POST(prefix "login/", AUTH_NONE, cattle_login, .deadline_ms = ROUTE_HASH_MS),              \
	GET(prefix "out/", cattle_out),                                                            \
	POST(prefix "complete_account/", AUTH_ACCOUNT, cattle_complete_account, .body_max = 0),    \
	POST(prefix "save_file/", AUTH_ACCOUNT, cattle_save_file, .body_max = CATTLE_FILE_MAX),    \
	GET(prefix "user_search/{field}/{page}/", cattle_user_search),                             \
	GET(prefix "add_friend/{userId}/", cattle_add_friend),                                     \
	GET(prefix "user_contacts/", cattle_all_contacts),                                         \
	GET(prefix "user_contacts/{page}/", cattle_user_contacts),                                 \
	GET(prefix "group_search/{name}/{page}/", cattle_group_search),                            \
	GET(prefix "push_id/{pushId}", cattle_push_id)
/* clang-format on */

static const struct route routes[] = {ROUTES("/android/"), ROUTES("/web/")};

/* A browser says from which page a request comes, and that page is then checked; apps say nothing.
 * It also says so where it sends no Origin: no other site's link may act for somebody, since half
 * of these routes act by GET. */
static struct str read_token(struct req *req)
{
	struct str token = req_cookie(req, STR(CATTLE_COOKIE));

	if (str_eq(req_header(req, "Sec-Fetch-Site"), STR("cross-site")))
		return STR_NONE;
	req->token_from_cookie = req_header(req, "Origin").p != NULL;
	return token.len ? token : STR_NONE;
}

const struct dialect cattle_dialect = {
	.name = "cattle",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.loose_slash = true,
	.token = read_token,
	.fail = cattle_fail,
};
