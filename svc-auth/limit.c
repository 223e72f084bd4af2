#include "svc-auth/limit.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/svc/redis.h"

#define HOUR "3600"
#define HASH_LEN 16 /* bytes kept of a login's hash */
#define KEY_MAX 128
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* Scripts, laid out as such. */
/* clang-format off */
/*
 * KEYS: f:<account> times of its last failures, newest first; b:<account> how often it was shut and
 * until when; f:<address>. ARGV: now in ms, "1" if the address counts.
 */
#define SCRIPT_COMMON                                                                              \
	"local now = tonumber(ARGV[1])\n"                                                          \
	"local window = " TEXT(LIMIT_WINDOW_S) " * 1000\n"                                         \
	"local function left(key, most)\n"                                                         \
	"  local oldest = redis.call('LINDEX', key, most - 1)\n"                                   \
	"  if not oldest then return 0 end\n"                                                      \
	"  return tonumber(oldest) + window - now\n"                                               \
	"end\n"                                                                                    \
	"local wait = tonumber(redis.call('HGET', KEYS[2], 'until') or 0) - now\n"                 \
	"if ARGV[2] == '1' then\n"                                                                 \
	"  wait = math.max(wait, left(KEYS[3], " TEXT(LIMIT_ADDRESS_TRIES) "))\n"                  \
	"end\n"                                                                                    \
	"if wait > 0 then return math.ceil(wait / 1000) end\n"

static const struct redis_script script_check = {SCRIPT_COMMON "return 0\n"};

static const struct redis_script script_pass = {
	SCRIPT_COMMON "redis.call('DEL', KEYS[1], KEYS[2])\n"
		      "return 0\n"};

static const struct redis_script script_fail = {SCRIPT_COMMON
	"local function count(key, most)\n"
	"  redis.call('LPUSH', key, ARGV[1])\n"
	"  redis.call('LTRIM', key, 0, most - 1)\n"
	"  redis.call('EXPIRE', key, " TEXT(LIMIT_WINDOW_S) ")\n"
	"end\n"
	"if ARGV[2] == '1' then count(KEYS[3], " TEXT(LIMIT_ADDRESS_TRIES) ") end\n"
	"count(KEYS[1], " TEXT(LIMIT_ACCOUNT_TRIES) ")\n"
	"local shut = redis.call('HMGET', KEYS[2], 'times', 'until')\n"
	"local times = tonumber(shut[1] or 0)\n"
	"if shut[2] and now > tonumber(shut[2]) + window then times = 0 end\n"
	"if times == 0 and left(KEYS[1], " TEXT(LIMIT_ACCOUNT_TRIES) ") <= 0 then return 0 end\n"
	"local shut_s = math.min(" TEXT(LIMIT_FIRST_WAIT_S) " * 2 ^ times, "
		TEXT(LIMIT_WAIT_MAX_S) ")\n"
	"redis.call('HSET', KEYS[2], 'times', math.min(times + 1, 10),\n"
	"  'until', string.format('%.0f', now + shut_s * 1000))\n"
	"redis.call('EXPIRE', KEYS[2], shut_s + " TEXT(LIMIT_WINDOW_S) ")\n"
	"return 0\n"};

static const struct redis_script script_register = {
	"local n = redis.call('INCR', KEYS[1])\n"
	"if n == 1 then redis.call('EXPIRE', KEYS[1], " HOUR ") end\n"
	"if n <= tonumber(ARGV[1]) then return 0 end\n"
	"redis.call('DECR', KEYS[1])\n"
	"return math.max(1, redis.call('TTL', KEYS[1]))\n"};

static const struct redis_script script_register_undo = {
	"if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end\n"
	"return 0\n"};

/* clang-format on */

static struct str hex(struct arena *arena, const void *bytes, size_t len)
{
	char *text = arena_alloc(arena, 2 * len + 1);

	if (!text)
		return STR_NONE;
	id_hex(bytes, len, text);
	return (struct str){text, 2 * len};
}

struct str limit_household(struct arena *arena, struct str address)
{
	const char *text = str_cstr(arena, address);
	struct in6_addr six;

	if (!text || inet_pton(AF_INET6, text, &six) != 1)
		return address;
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		char *four = arena_alloc(arena, INET_ADDRSTRLEN);
		if (!four)
			return STR_NONE;
		return str_c(inet_ntop(AF_INET, &six.s6_addr[12], four, INET_ADDRSTRLEN));
	}
	return hex(arena, &six, sizeof(six) / 2);
}

static struct str hashed(struct arena *arena, struct str login)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	struct str lower = str_lower(arena, login);

	crypto_hash_sha256(hash, (const unsigned char *)lower.p, lower.len);
	return hex(arena, hash, HASH_LEN);
}

int limit_who(struct arena *arena, int64_t account, struct str login, struct str address,
	struct limit_who *ret_who)
{
	struct limit_who who;
	struct buf buf;

	buf_init(&buf, arena, KEY_MAX);
	if (account)
		buf_add_i64(&buf, account);
	else
		buf_add_str(&buf, hashed(arena, login));
	who.account = buf_str(&buf);
	who.address = address.len ? limit_household(arena, address) : STR("");
	if (buf_failed(&buf) || !who.account.len || !who.address.p)
		return ERR_NOMEM;
	*ret_who = who;
	return 0;
}

static struct str key(struct arena *arena, const char *prefix, struct str name)
{
	struct buf buf;

	buf_init(&buf, arena, 2 * KEY_MAX);
	buf_add_c(&buf, prefix);
	buf_add_str(&buf, name);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static int settle(int rc, const struct redis_reply *reply, int64_t *ret_wait_s)
{
	if (rc)
		return rc;
	if (reply->integer <= 0)
		return 0;
	*ret_wait_s = reply->integer;
	return ERR_LIMITED;
}

static int run(struct redis *redis, struct arena *arena, const struct redis_script *script,
	const struct limit_who *who, int64_t now_ms, int64_t *ret_wait_s)
{
	const struct str keys[] = {
		key(arena, "f:", who->account),
		key(arena, "b:", who->account),
		key(arena, "f:@", who->address),
	};
	struct redis_reply reply;
	struct buf now;

	buf_init(&now, arena, KEY_MAX);
	buf_add_i64(&now, now_ms);
	if (!keys[0].p || !keys[1].p || !keys[2].p || buf_failed(&now))
		return ERR_NOMEM;
	return settle(redis_eval(redis, arena, script, 3,
			      REDIS_ARGS(keys[0], keys[1], keys[2], buf_str(&now),
				      who->address.len ? STR("1") : STR("0")),
			      &reply),
		&reply, ret_wait_s);
}

int limit_check(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s)
{
	return run(redis, arena, &script_check, who, now_ms, ret_wait_s);
}

int limit_fail(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s)
{
	return run(redis, arena, &script_fail, who, now_ms, ret_wait_s);
}

int limit_pass(struct redis *redis, struct arena *arena, const struct limit_who *who,
	int64_t now_ms, int64_t *ret_wait_s)
{
	return run(redis, arena, &script_pass, who, now_ms, ret_wait_s);
}

int limit_register(struct redis *redis, struct arena *arena, struct str address, int64_t most,
	int64_t *ret_wait_s)
{
	struct str name = key(arena, "r:", limit_household(arena, address));
	struct redis_reply reply;
	struct buf limit;

	buf_init(&limit, arena, KEY_MAX);
	buf_add_i64(&limit, most);
	if (!name.p || buf_failed(&limit))
		return ERR_NOMEM;
	return settle(redis_eval(redis, arena, &script_register, 1,
			      REDIS_ARGS(name, buf_str(&limit)), &reply),
		&reply, ret_wait_s);
}

void limit_register_undo(struct redis *redis, struct arena *arena, struct str address)
{
	struct str name = key(arena, "r:", limit_household(arena, address));
	struct redis_reply reply;

	if (name.p)
		redis_eval(redis, arena, &script_register_undo, 1, REDIS_ARGS(name), &reply);
}
