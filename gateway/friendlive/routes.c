#include "gateway/friendlive/friendlive.h"

#include "gateway/dialect.h"

#define RESULT(code) "{\"result\":\"" code "\",\"message\":null}"

static const struct route routes[] = {
	{"GET", "/register", AUTH_NONE, friendlive_code, .failure = RESULT("0002")},
	{"POST", "/register", AUTH_NONE, friendlive_register, .failure = RESULT("0004"),
		.deadline_ms = ROUTE_HASH_MS},
	{"POST", "/upload", AUTH_NONE, friendlive_upload, .failure = RESULT("0006"),
		.body_max = FRIENDLIVE_PICTURE_MAX},
	{"POST", "/log", AUTH_NONE, friendlive_log, .failure = RESULT("0007"),
		.deadline_ms = ROUTE_HASH_MS},
};

const struct dialect friendlive_dialect = {
	.name = "friendlive",
	.routes = routes,
	.route_count = sizeof(routes) / sizeof(routes[0]),
	.fail = friendlive_fail,
};
