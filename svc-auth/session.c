#include "svc-auth/session.h"

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/svc/redis.h"

#define TOKEN_BYTES 32
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define NUMBER_MAX 24 /* characters of a 64-bit number */

static const struct redis_script script_open = {
	"redis.call('HSET', KEYS[1], 'account', ARGV[2], 'device', ARGV[3], 'address', ARGV[4],"
	" 'created', ARGV[5], 'ttl', ARGV[6])\n"
	"redis.call('EXPIRE', KEYS[1], ARGV[6])\n"
	"redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])\n"
	"if redis.call('TTL', KEYS[2]) < tonumber(ARGV[6]) then\n"
	"  redis.call('EXPIRE', KEYS[2], ARGV[6])\n"
	"end\n"
	"local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[7])\n"
	"local ended = {}\n"
	"if over <= 0 then return ended end\n"
	/* First what has expired by itself, then the oldest. */
	"local ids = redis.call('ZRANGE', KEYS[2], 0, -1)\n"
	"for _, id in ipairs(ids) do\n"
	"  if over > 0 and redis.call('EXISTS', 's:' .. id) == 0 then\n"
	"    redis.call('ZREM', KEYS[2], id)\n"
	"    over = over - 1\n"
	"  end\n"
	"end\n"
	"for _, id in ipairs(ids) do\n"
	"  if over > 0 and redis.call('DEL', 's:' .. id) == 1 then\n"
	"    redis.call('ZREM', KEYS[2], id)\n"
	"    ended[#ended + 1] = id\n"
	"    over = over - 1\n"
	"  end\n"
	"end\n"
	"return ended\n"};

static const struct redis_script script_use = {
	"local s = redis.call('HMGET', KEYS[1], 'account', 'device', 'address', 'created', 'ttl')\n"
	"if not s[1] then return false end\n"
	"redis.call('EXPIRE', KEYS[1], s[5])\n"
	"local index = 'a:' .. s[1]\n"
	"if redis.call('TTL', index) < tonumber(s[5]) then redis.call('EXPIRE', index, s[5]) end\n"
	"s[6] = tostring(redis.call('PTTL', KEYS[1]))\n"
	"s[7] = ARGV[1]\n"
	"return s\n"};

static const struct redis_script script_list = {
	"local found = {}\n"
	"for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do\n"
	"  local key = 's:' .. id\n"
	"  local s = redis.call('HMGET', key, 'account', 'device', 'address', 'created', 'ttl')\n"
	"  if s[1] then\n"
	"    s[6] = tostring(redis.call('PTTL', key))\n"
	"    s[7] = id\n"
	"    found[#found + 1] = s\n"
	"  else\n"
	"    redis.call('ZREM', KEYS[1], id)\n"
	"  end\n"
	"end\n"
	"return found\n"};

static const struct redis_script script_end = {
	"if redis.call('HGET', KEYS[1], 'account') ~= ARGV[2] then return 0 end\n"
	"redis.call('DEL', KEYS[1])\n"
	"redis.call('ZREM', KEYS[2], ARGV[1])\n"
	"return 1\n"};

static const struct redis_script script_end_all = {
	"for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do\n"
	"  if id ~= ARGV[1] then\n"
	"    redis.call('DEL', 's:' .. id)\n"
	"    redis.call('ZREM', KEYS[1], id)\n"
	"  end\n"
	"end\n"
	"return 0\n"};

/* A full arena shows as an absent slice, which eval() refuses. */
static struct str number(struct arena *arena, int64_t value)
{
	struct buf buf;

	buf_init(&buf, arena, NUMBER_MAX);
	buf_add_i64(&buf, value);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static struct str key(struct arena *arena, const char *prefix, struct str id)
{
	struct buf buf;

	buf_init(&buf, arena, 2 + SESSION_ID_LEN + NUMBER_MAX);
	buf_add_c(&buf, prefix);
	buf_add_str(&buf, id);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static struct str session_key(struct arena *arena, struct str id)
{
	return key(arena, "s:", id);
}

static struct str index_key(struct arena *arena, int64_t account)
{
	return key(arena, "a:", number(arena, account));
}

static struct str present(struct str s)
{
	return s.p ? s : STR("");
}

static int eval(struct redis *redis, struct arena *arena, const struct redis_script *script,
	size_t key_count, const struct str *args, size_t count, struct redis_reply *ret_reply)
{
	for (size_t i = 0; i < count; i++) {
		if (!args[i].p)
			return ERR_NOMEM;
	}
	return redis_eval(redis, arena, script, key_count, args, count, ret_reply);
}

void session_make_token(struct session *session, char ret_token[SESSION_TOKEN_LEN + 1])
{
	unsigned char bytes[TOKEN_BYTES];

	id_random(bytes, sizeof(bytes));
	sodium_bin2base64(ret_token, SESSION_TOKEN_LEN + 1, bytes, sizeof(bytes), BASE64);
	sodium_memzero(bytes, sizeof(bytes));
	session_id_of((struct str){ret_token, SESSION_TOKEN_LEN}, session->id);
}

int session_id_of(struct str token, char ret_id[SESSION_ID_LEN + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	if (token.len != SESSION_TOKEN_LEN)
		return ERR_UNAUTHENTICATED;
	crypto_hash_sha256(hash, (const unsigned char *)token.p, token.len);
	id_hex(hash, SESSION_ID_LEN / 2, ret_id);
	return 0;
}

int session_open(struct redis *redis, struct arena *arena, const struct session *session,
	struct str **ret_ended, size_t *ret_ended_count)
{
	struct str id = str_c(session->id);
	struct redis_reply reply;
	struct str *ended;
	int rc;

	rc = eval(redis, arena, &script_open, 2,
		REDIS_ARGS(session_key(arena, id), index_key(arena, session->account), id,
			number(arena, session->account), present(session->device),
			present(session->address), number(arena, session->created_us),
			number(arena, session->ttl_s), number(arena, SESSION_MAX)),
		&reply);
	if (rc)
		return rc;
	ended = ARENA_ARRAY(arena, struct str, reply.count + 1);
	if (!ended)
		return ERR_NOMEM;
	for (size_t i = 0; i < reply.count; i++)
		ended[i] = reply.items[i].text;
	*ret_ended = ended;
	*ret_ended_count = reply.count;
	return 0;
}

/* {account, device, address, created, ttl, left_ms, id} */
static int read_session(const struct redis_reply *reply, struct session *ret_session)
{
	struct session session = {0};
	const struct redis_reply *items = reply->items;

	if (reply->kind != REDIS_LIST || reply->count != 7)
		return ERR_INTERNAL;
	if (str_to_i64(items[0].text, &session.account) ||
		str_to_i64(items[3].text, &session.created_us) ||
		str_to_i64(items[4].text, &session.ttl_s) ||
		str_to_i64(items[5].text, &session.left_ms) || items[6].text.len != SESSION_ID_LEN)
		return ERR_INTERNAL;
	session.device = items[1].text;
	session.address = items[2].text;
	memcpy(session.id, items[6].text.p, SESSION_ID_LEN);
	*ret_session = session;
	return 0;
}

int session_use(
	struct redis *redis, struct arena *arena, struct str id, struct session *ret_session)
{
	struct redis_reply reply;
	int rc = eval(redis, arena, &script_use, 1, REDIS_ARGS(session_key(arena, id), id), &reply);

	if (rc)
		return rc;
	if (reply.kind == REDIS_NIL)
		return ERR_UNAUTHENTICATED;
	return read_session(&reply, ret_session);
}

int session_list(struct redis *redis, struct arena *arena, int64_t account,
	struct session **ret_sessions, size_t *ret_count)
{
	struct redis_reply reply;
	struct session *sessions;
	int rc = eval(redis, arena, &script_list, 1, REDIS_ARGS(index_key(arena, account)), &reply);

	if (rc)
		return rc;
	sessions = ARENA_ARRAY(arena, struct session, reply.count + 1);
	if (!sessions)
		return ERR_NOMEM;
	for (size_t i = 0; i < reply.count && !rc; i++)
		rc = read_session(&reply.items[i], &sessions[i]);
	if (rc)
		return rc;
	*ret_sessions = sessions;
	*ret_count = reply.count;
	return 0;
}

int session_end(struct redis *redis, struct arena *arena, int64_t account, struct str id)
{
	struct redis_reply reply;
	int rc;

	if (id.len != SESSION_ID_LEN)
		return ERR_NOT_FOUND;
	rc = eval(redis, arena, &script_end, 2,
		REDIS_ARGS(session_key(arena, id), index_key(arena, account), id,
			number(arena, account)),
		&reply);
	if (rc)
		return rc;
	return reply.integer ? 0 : ERR_NOT_FOUND;
}

int session_end_all(struct redis *redis, struct arena *arena, int64_t account, struct str keep)
{
	struct redis_reply reply;

	return eval(redis, arena, &script_end_all, 1,
		REDIS_ARGS(index_key(arena, account), present(keep)), &reply);
}

int session_ping(struct redis *redis, struct arena *arena)
{
	struct redis_reply reply;

	return redis_command(redis, arena, REDIS_ARGS(STR("PING")), &reply);
}

bool session_is_void(const struct session *session, const struct credential *credential)
{
	if (session->created_us >= credential->sessions_from)
		return false;
	return !str_eq(str_c(session->id), credential->keep_session);
}
