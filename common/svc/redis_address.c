#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"
#include "common/svc/redis_internal.h"

#define DEFAULT_PORT 6379
#define DB_MAX 16383

static struct str after(struct str s, size_t from)
{
	return (struct str){s.p + from, s.len - from};
}

static int copy(struct str s, char **ret_text)
{
	char *text;

	if (s.len == 0 || memchr(s.p, '\0', s.len))
		return ERR_INVALID;
	text = strndup(s.p, s.len);
	if (!text)
		return ERR_NOMEM;
	*ret_text = text;
	return 0;
}

static int parse_number(struct str s, int64_t min, int64_t max, int *ret_number)
{
	int64_t number;

	if (!str_is_digits(s) || str_to_i64(s, &number) != 0 || number < min || number > max)
		return ERR_INVALID;
	*ret_number = (int)number;
	return 0;
}

/* host, host:port, [v6] or [v6]:port */
static int parse_host(struct str s, struct redis_address *address)
{
	bool bracket = str_starts(s, STR("["));
	ptrdiff_t end = str_find(s, bracket ? ']' : ':');
	struct str host, rest = STR("");
	int err;

	if (bracket && end < 0)
		return ERR_INVALID;
	host = end < 0 ? s : str_sub(s, 0, (size_t)end);
	if (end >= 0)
		rest = after(s, (size_t)end + (bracket ? 1 : 0));
	if (bracket)
		host = after(host, 1);
	err = copy(host, &address->host);
	if (err || rest.len == 0)
		return err;
	if (*rest.p != ':')
		return ERR_INVALID;
	return parse_number(after(rest, 1), 1, 65535, &address->port);
}

/* [:password@]host[:port][/db]; the password stands as it is, so it may hold '@' and '/'. */
static int parse_tcp(struct str s, struct redis_address *address)
{
	const char *at = s.len ? memrchr(s.p, '@', s.len) : NULL;
	ptrdiff_t slash;
	int err;

	if (at) {
		if (*s.p != ':')
			return ERR_INVALID;
		err = copy((struct str){s.p + 1, (size_t)(at - s.p) - 1}, &address->password);
		if (err)
			return err;
		s = after(s, (size_t)(at - s.p) + 1);
	}
	slash = str_find(s, '/');
	if (slash >= 0) {
		struct str db = after(s, (size_t)slash + 1);

		if (db.len && parse_number(db, 0, DB_MAX, &address->db) != 0)
			return ERR_INVALID;
		s.len = (size_t)slash;
	}
	return parse_host(s, address);
}

int redis_address_parse(struct str url, struct redis_address *ret_address)
{
	struct redis_address address = {.port = DEFAULT_PORT};
	int err = ERR_INVALID;

	if (str_starts(url, STR("redis://")))
		err = parse_tcp(after(url, strlen("redis://")), &address);
	else if (str_starts(url, STR("unix:///")))
		err = copy(after(url, strlen("unix://")), &address.path);
	if (err) {
		redis_address_done(&address);
		return err;
	}
	*ret_address = address;
	return 0;
}

void redis_address_done(struct redis_address *address)
{
	if (address->password)
		explicit_bzero(address->password, strlen(address->password));
	free(address->password);
	free(address->host);
	free(address->path);
	*address = (struct redis_address){0};
}
