#include "svc-auth/idem.h"

#include <sodium.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/auth_api.h"
#include "common/svc/redis.h"
#include "svc-auth/auth.h"
#include "svc-auth/limit.h"

#define NAME_LEN 16 /* bytes kept of a key's hash */
#define TEXT_MAX 128
#define LINE_(x) #x
#define LINE(x) LINE_(x)

enum begun { BEGUN_NEW, BEGUN_CONFLICT, BEGUN_RUNNING };

/* Scripts, laid out as such. */
/* clang-format off */
/*
 * KEYS: i:<name>, j:<owner>. ARGV: fingerprint, ticket, name, now in ms. A number (enum begun), or the
 * reply. Of too many keys those that are not being run give way, the oldest first.
 */
static const struct redis_script script_begin = {
	"local v = redis.call('HMGET', KEYS[1], 'print', 'ticket', 'reply')\n"
	"if v[1] then\n"
	"  if v[1] ~= ARGV[1] then return 1 end\n"
	"  if v[3] then return v[3] end\n"
	"  if v[2] ~= ARGV[2] then return 2 end\n"
	"end\n"
	"redis.call('HSET', KEYS[1], 'print', ARGV[1], 'ticket', ARGV[2])\n"
	"redis.call('EXPIRE', KEYS[1], " LINE(IDEM_RUNNING_S) ")\n"
	"local kept_ms = " LINE(AUTH_IDEM_KEPT_S) " * 1000\n"
	"redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', tonumber(ARGV[4]) - kept_ms)\n"
	"redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])\n"
	"redis.call('PEXPIRE', KEYS[2], kept_ms)\n"
	"local over = redis.call('ZCARD', KEYS[2]) - " LINE(IDEM_MAX) "\n"
	"if over <= 0 then return 0 end\n"
	"for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do\n"
	"  if over > 0 and redis.call('HEXISTS', 'i:' .. name, 'ticket') == 0 then\n"
	"    redis.call('DEL', 'i:' .. name)\n"
	"    redis.call('ZREM', KEYS[2], name)\n"
	"    over = over - 1\n"
	"  end\n"
	"end\n"
	"return 0\n"};

/* KEYS as above. ARGV: ticket, name, reply (empty: none). */
static const struct redis_script script_end = {
	"if redis.call('HGET', KEYS[1], 'ticket') ~= ARGV[1] then return 0 end\n"
	"if ARGV[3] == '' then\n"
	"  redis.call('DEL', KEYS[1])\n"
	"  redis.call('ZREM', KEYS[2], ARGV[2])\n"
	"  return 1\n"
	"end\n"
	"redis.call('HDEL', KEYS[1], 'ticket')\n"
	"redis.call('HSET', KEYS[1], 'reply', ARGV[3])\n"
	"redis.call('EXPIRE', KEYS[1], " LINE(AUTH_IDEM_KEPT_S) ")\n"
	"return 1\n"};

static const struct redis_script script_forget = {
	"for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do\n"
	"  redis.call('DEL', 'i:' .. name)\n"
	"end\n"
	"redis.call('DEL', KEYS[1])\n"
	"return 0\n"};
/* clang-format on */

struct names {
	struct str name; /* hash of owner and key */
	struct str key, index;
};

static struct str owner_text(struct arena *arena, int64_t account, struct str address)
{
	struct buf buf;

	buf_init(&buf, arena, TEXT_MAX);
	if (account) {
		buf_add_i64(&buf, account);
	} else {
		buf_add_char(&buf, '@');
		buf_add_str(&buf, limit_household(arena, address));
	}
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static struct str prefixed(struct arena *arena, const char *prefix, struct str text)
{
	struct buf buf;

	buf_init(&buf, arena, TEXT_MAX);
	buf_add_c(&buf, prefix);
	buf_add_str(&buf, text);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

/* What is behind a NUL cannot be taken for the owner's end: neither part holds one. */
static void hash_name(struct str owner, struct str key, char ret_text[2 * NAME_LEN + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const unsigned char *)owner.p, owner.len);
	crypto_hash_sha256_update(&state, (const unsigned char *)"", 1);
	crypto_hash_sha256_update(&state, (const unsigned char *)key.p, key.len);
	crypto_hash_sha256_final(&state, hash);
	id_hex(hash, NAME_LEN, ret_text);
}

static int make_names(struct svc_ctx *ctx, struct str key, struct names *ret_names)
{
	const struct caller *caller = &ctx->call.caller;
	struct str owner = owner_text(ctx->arena, caller->account, caller->address);
	char *text = arena_alloc(ctx->arena, 2 * NAME_LEN + 1);
	struct names names;

	if (!owner.p || !text)
		return ERR_NOMEM;
	hash_name(owner, key, text);
	names.name = str_c(text);
	names.key = prefixed(ctx->arena, "i:", names.name);
	names.index = prefixed(ctx->arena, "j:", owner);
	if (!names.key.p || !names.index.p)
		return ERR_NOMEM;
	*ret_names = names;
	return 0;
}

int auth_idem_begin(struct svc_ctx *ctx, const struct auth_idem_begin_in *in,
	struct auth_idem_begin_out *out)
{
	const struct auth *auth = ctx->state;
	struct redis_reply reply;
	struct names names;
	struct buf now;
	int rc = make_names(ctx, in->key, &names);

	if (rc)
		return rc;
	buf_init(&now, ctx->arena, TEXT_MAX);
	buf_add_i64(&now, clock_now_us() / 1000);
	if (buf_failed(&now))
		return ERR_NOMEM;
	rc = redis_eval(auth->redis, ctx->arena, &script_begin, 2,
		REDIS_ARGS(names.key, names.index, in->print, in->ticket, names.name, buf_str(&now)),
		&reply);
	if (rc)
		return rc;
	if (reply.kind == REDIS_TEXT) {
		out->reply = reply.text;
		return 0;
	}
	if (reply.integer == BEGUN_CONFLICT)
		return ERR_CONFLICT;
	return reply.integer == BEGUN_RUNNING ? call_refuse_for(&ctx->call, ERR_BUSY, 1) : 0;
}

int auth_idem_end(
	struct svc_ctx *ctx, const struct auth_idem_end_in *in, struct auth_idem_end_out *out)
{
	const struct auth *auth = ctx->state;
	struct redis_reply reply;
	struct names names;
	int rc = make_names(ctx, in->key, &names);

	(void)out;
	if (rc)
		return rc;
	return redis_eval(auth->redis, ctx->arena, &script_end, 2,
		REDIS_ARGS(names.key, names.index, in->ticket, names.name,
			in->reply.p ? in->reply : STR("")),
		&reply);
}

int idem_forget(struct redis *redis, struct arena *arena, int64_t account)
{
	struct str owner = owner_text(arena, account, STR_NONE);
	struct str index = prefixed(arena, "j:", owner);
	struct redis_reply reply;

	if (!owner.p || !index.p)
		return ERR_NOMEM;
	return redis_eval(redis, arena, &script_forget, 1, REDIS_ARGS(index), &reply);
}
