/* The part of router.h that compares a path with a pattern. */
#include <string.h>

#include "gateway/router.h"

/* A parameter's segment: pattern at its '{', path at the segment's start. Both move behind it. */
static bool param_take(const char **pattern, struct str *path, struct str *ret_param)
{
	const char *suffix = strchr(*pattern, '}') + 1;
	size_t suffix_len = strcspn(suffix, "/");
	ptrdiff_t slash = str_find(*path, '/');
	size_t len = slash < 0 ? path->len : (size_t)slash;

	if ((*pattern)[1] == '*')
		len = path->len;
	if (len <= suffix_len || memcmp(path->p + len - suffix_len, suffix, suffix_len) != 0)
		return false;
	*ret_param = str_sub(*path, 0, len - suffix_len);
	*path = str_sub(*path, len, path->len);
	*pattern = suffix + suffix_len;
	return true;
}

bool router_match(const struct route *route, bool loose_slash, struct str path,
	struct str ret_params[ROUTE_PARAMS_MAX])
{
	const char *pattern = route->path;
	struct str params[ROUTE_PARAMS_MAX] = {0};
	size_t count = 0;

	while (*pattern) {
		if (*pattern == '{') {
			if (count == ROUTE_PARAMS_MAX || !param_take(&pattern, &path, &params[count++]))
				return false;
			continue;
		}
		if (path.len == 0) {
			if (!loose_slash || strcmp(pattern, "/") != 0)
				return false;
			break;
		}
		if (*path.p != *pattern)
			return false;
		path.p++;
		path.len--;
		pattern++;
	}
	if (path.len && !(loose_slash && path.len == 1 && path.p[0] == '/'))
		return false;
	memcpy(ret_params, params, sizeof(params));
	return true;
}

/* Of a pattern at the start of a segment: literal, parameter, rest. */
static int segment_rank(const char *pattern)
{
	if (*pattern != '{')
		return 0;
	return pattern[1] == '*' ? 2 : 1;
}

bool router_beats(const struct route *a, const struct route *b)
{
	const char *p = a->path, *q = b->path;

	while (p && q) {
		if (segment_rank(p) != segment_rank(q))
			return segment_rank(p) < segment_rank(q);
		p = strchr(p, '/');
		q = strchr(q, '/');
		p = p ? p + 1 : NULL;
		q = q ? q + 1 : NULL;
	}
	return false;
}
