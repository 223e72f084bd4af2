/* The part of router.h that searches the dialects' tables. */
#include <string.h>

#include "common/base/buf.h"
#include "gateway/gateway.h"
#include "gateway/router.h"
#include "gateway/service.h"

#define ALLOW_MAX 100

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))
enum { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS = METHOD_COUNT - 1 };

static bool method_fits(const struct route *route, struct str method)
{
	size_t len = strlen(route->method);

	if (len == method.len && memcmp(route->method, method.p, len) == 0)
		return true;
	return str_eq(method, STR("HEAD")) && strcmp(route->method, "GET") == 0;
}

static const struct dialect *dialect_at(const struct gateway *gateway, size_t index)
{
	return index < gateway->dialect_count ? gateway->dialects[index] : &service_dialect;
}

static void find_in(const struct dialect *dialect, struct str method, struct str path,
	struct found *found)
{
	for (size_t i = 0; i < dialect->route_count; i++) {
		const struct route *route = &dialect->routes[i];
		struct str params[ROUTE_PARAMS_MAX];

		if (!router_match(route, dialect->loose_slash, path, params))
			continue;
		if (!found->route)
			found->dialect = dialect;
		if (!method_fits(route, method) ||
			(found->route && !router_beats(route, found->route)))
			continue;
		found->dialect = dialect;
		found->route = route;
		memcpy(found->params, params, sizeof(params));
	}
}

void router_find(const struct gateway *gateway, struct str method, struct str path,
	struct found *ret_found)
{
	*ret_found = (struct found){0};
	for (size_t i = 0; i <= gateway->dialect_count; i++)
		find_in(dialect_at(gateway, i), method, path, ret_found);
}

static unsigned methods_in(const struct dialect *dialect, struct str path)
{
	unsigned set = 0;

	for (size_t i = 0; i < dialect->route_count; i++) {
		const struct route *route = &dialect->routes[i];
		struct str params[ROUTE_PARAMS_MAX];

		if (!router_match(route, dialect->loose_slash, path, params))
			continue;
		for (size_t m = 0; m < METHOD_COUNT; m++)
			if (strcmp(route->method, methods[m]) == 0)
				set |= 1u << m;
	}
	return set;
}

struct str router_allow(const struct gateway *gateway, struct str path, struct arena *arena)
{
	unsigned set = 1u << METHOD_OPTIONS;
	struct buf text;

	for (size_t i = 0; i <= gateway->dialect_count; i++)
		set |= methods_in(dialect_at(gateway, i), path);
	if (set & 1u << METHOD_GET)
		set |= 1u << METHOD_HEAD;
	buf_init(&text, arena, ALLOW_MAX);
	for (size_t m = 0; m < METHOD_COUNT; m++) {
		if (!(set & 1u << m))
			continue;
		if (text.len)
			buf_add_c(&text, ", ");
		buf_add_c(&text, methods[m]);
	}
	return buf_str(&text);
}
