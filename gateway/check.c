#include "gateway/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/conf.h"
#include "common/base/err.h"
#include "gateway/network.h"

#define ZONE_MAX 64
#define ZONE_DIR "/usr/share/zoneinfo/"

static bool all_of(struct str text, const char *allowed)
{
	for (size_t i = 0; i < text.len; i++)
		if (!text.p[i] || !strchr(allowed, text.p[i]))
			return false;
	return text.len > 0;
}

int check_origin(struct str origin)
{
	ptrdiff_t colon = str_find(origin, ':');
	struct str scheme, rest;

	if (colon <= 0)
		return ERR_INVALID;
	scheme = str_sub(origin, 0, (size_t)colon);
	rest = str_sub(origin, (size_t)colon, origin.len);
	if (!all_of(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") ||
		!str_starts(rest, STR("://")) ||
		!all_of(str_sub(rest, 3, rest.len),
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"))
		return ERR_INVALID;
	return 0;
}

static int check_origins(struct str list)
{
	struct str item;

	if (list.len == 0)
		return 0;
	while (str_cut(&list, ',', &item))
		if (check_origin(str_trim(item)))
			return ERR_INVALID;
	return 0;
}

/* std offset [dst…] of POSIX, "CST-8" or "<+08>-8": letters, then an offset. */
static bool zone_is_posix(struct str zone)
{
	size_t name = 0;

	if (zone.len && zone.p[0] == '<') {
		ptrdiff_t end = str_find(zone, '>');

		name = end < 0 ? 0 : (size_t)end + 1;
	} else {
		while (name < zone.len && ((zone.p[name] | 0x20) >= 'a') &&
			((zone.p[name] | 0x20) <= 'z'))
			name++;
	}
	return name >= 3 && name < zone.len && strchr("+-0123456789", zone.p[name]) != NULL;
}

int check_zone(struct str zone)
{
	char path[sizeof(ZONE_DIR) + ZONE_MAX];
	struct stat info;

	if (str_eq(zone, STR("UTC")) || zone_is_posix(zone))
		return 0;
	if (zone.len == 0 || zone.len > ZONE_MAX || zone.p[0] == '/' || str_find(zone, '.') >= 0)
		return ERR_INVALID;
	snprintf(path, sizeof(path), ZONE_DIR "%.*s", STR_ARG(zone));
	return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? 0 : ERR_INVALID;
}

static int complain(FILE *errors, const char *key, const char *want)
{
	fprintf(errors, "gateway: %s: want %s\n", key, want);
	return ERR_INVALID;
}

int check_conf(const struct conf *conf, FILE *errors)
{
	if (network_list_check(conf_text(conf, "QUINTET_METRICS_ALLOW")))
		return complain(errors, "QUINTET_METRICS_ALLOW",
			"networks as 10.0.0.0/8 or fd00::/8, with commas between");
	if (check_origins(conf_text(conf, "QUINTET_CORS_ORIGINS")))
		return complain(errors, "QUINTET_CORS_ORIGINS",
			"origins as https://example.org, with commas between");
	if (check_zone(conf_text(conf, "QUINTET_TZ")))
		return complain(errors, "QUINTET_TZ",
			"a zone of " ZONE_DIR " (Debian's tzdata), as Asia/Shanghai");
	return 0;
}
