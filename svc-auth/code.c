#include "svc-auth/code.h"

#include <sodium.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/svc/redis.h"
#include "svc-auth/limit.h"

#define MAC_LEN 16 /* bytes kept of HMAC-SHA-256 */
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static const struct code_kind {
	const char *alphabet;
	size_t len;
	int64_t life_s;
	int64_t tries;
	bool guess; /* wrong ones count against the client's address */
} kinds[] = {
	[CODE_DIGITS4] = {"0123456789", 4, 300, 5, true},
	[CODE_DIGITS6] = {"0123456789", 6, 600, 5, true},
	[CODE_CAPTCHA] = {"abcdefghijklmnopqrstuvwxyz123456789", 6, 60, 3, false},
};

/* Scripts, laid out as such. */
/* clang-format off */
/*
 * KEYS: c:<challenge> the code; q:<to> times of the last codes, newest first; w:<address and text>
 * the challenge. ARGV: now in ms, life in s, mac, purpose, to, tries, "1" if guesses count, the
 * proof's key, "1" if there is a `to`, "1" if shown, challenge.
 */
static const struct redis_script script_make = {
	"local now = tonumber(ARGV[1])\n"
	"if ARGV[9] == '1' then\n"
	"  local last = redis.call('LINDEX', KEYS[2], 0)\n"
	"  local tenth = redis.call('LINDEX', KEYS[2], " TEXT(CODE_DAY_MOST) " - 1)\n"
	"  local wait = 0\n"
	"  if last then wait = tonumber(last) + " TEXT(CODE_MINUTE_S) " * 1000 - now end\n"
	"  if tenth then wait = math.max(wait, tonumber(tenth) + 86400000 - now) end\n"
	"  if wait > 0 then return math.ceil(wait / 1000) end\n"
	"  redis.call('LPUSH', KEYS[2], ARGV[1])\n"
	"  redis.call('LTRIM', KEYS[2], 0, " TEXT(CODE_DAY_MOST) " - 1)\n"
	"  redis.call('EXPIRE', KEYS[2], 86400)\n"
	"end\n"
	"redis.call('HSET', KEYS[1], 'mac', ARGV[3], 'purpose', ARGV[4], 'to', ARGV[5],\n"
	"  'left', ARGV[6], 'guess', ARGV[7], 'proof', ARGV[8])\n"
	"redis.call('EXPIRE', KEYS[1], ARGV[2])\n"
	"if ARGV[10] == '1' then redis.call('SET', KEYS[3], ARGV[11], 'EX', ARGV[2]) end\n"
	"return 0\n"};

/* KEYS as above; ARGV: its time in ms, challenge. */
static const struct redis_script script_undo = {
	"redis.call('DEL', KEYS[1])\n"
	"redis.call('LREM', KEYS[2], 1, ARGV[1])\n"
	"if redis.call('GET', KEYS[3]) == ARGV[2] then redis.call('DEL', KEYS[3]) end\n"
	"return 0\n"};

/*
 * KEYS: c:<challenge>; g:<household> times of its last wrong codes, newest first. ARGV: now in ms,
 * mac, purpose, "1" to keep, "1" to remember, "1" if the household is known. Returns {verdict, to or
 * seconds to wait}. What is compared is two MACs under a key that nobody outside has, so the time it
 * takes tells nothing.
 */
#define WRONG "0"
#define RIGHT "1"
#define DEAD "2"
#define SHUT "3"
static const struct redis_script script_check = {
	"local c = redis.call('HMGET', KEYS[1], 'mac', 'purpose', 'to', 'left', 'guess', 'proof')\n"
	"if not c[1] or c[2] ~= ARGV[3] then return {" WRONG ", ''} end\n"
	"if tonumber(c[4]) <= 0 then return {" DEAD ", ''} end\n"
	"local counts = c[5] == '1' and ARGV[6] == '1'\n"
	"if counts then\n"
	"  local oldest = redis.call('LINDEX', KEYS[2], " TEXT(LIMIT_ADDRESS_TRIES) " - 1)\n"
	"  local wait = (tonumber(oldest or 0)) + " TEXT(LIMIT_WINDOW_S) " * 1000 - tonumber(ARGV[1])\n"
	"  if oldest and wait > 0 then return {" SHUT ", math.ceil(wait / 1000)} end\n"
	"end\n"
	"if c[1] == ARGV[2] then\n"
	"  if ARGV[4] ~= '1' then redis.call('DEL', KEYS[1]) end\n"
	"  if ARGV[5] == '1' then redis.call('SET', c[6], '1', 'EX', " TEXT(AUTH_PROVEN_S) ") end\n"
	"  return {" RIGHT ", c[3]}\n"
	"end\n"
	"if counts then\n"
	"  redis.call('LPUSH', KEYS[2], ARGV[1])\n"
	"  redis.call('LTRIM', KEYS[2], 0, " TEXT(LIMIT_ADDRESS_TRIES) " - 1)\n"
	"  redis.call('EXPIRE', KEYS[2], " TEXT(LIMIT_WINDOW_S) ")\n"
	"end\n"
	"if redis.call('HINCRBY', KEYS[1], 'left', -1) > 0 then return {" WRONG ", ''} end\n"
	"return {" DEAD ", ''}\n"};
/* clang-format on */

/* prefix, then the keyed hash of a and b: neither codes nor addresses stand in a key's name. */
static struct str hashed(const struct code_store *store, struct arena *arena, const char *prefix,
	struct str a, struct str b)
{
	unsigned char len = (unsigned char)a.len; /* keeps "ab"+"c" apart from "a"+"bc" */
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	size_t prefix_len = strlen(prefix);
	char *text = arena_alloc(arena, prefix_len + 2 * MAC_LEN + 1);

	if (!text)
		return STR_NONE;
	crypto_auth_hmacsha256_init(&state, store->key, sizeof(store->key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)prefix, prefix_len + 1);
	crypto_auth_hmacsha256_update(&state, &len, 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)a.p, a.len);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)b.p, b.len);
	crypto_auth_hmacsha256_final(&state, mac);
	memcpy(text, prefix, prefix_len);
	id_hex(mac, MAC_LEN, text + prefix_len);
	return (struct str){text, prefix_len + 2 * MAC_LEN};
}

static struct str plain(struct arena *arena, const char *prefix, struct str name)
{
	struct buf buf;

	buf_init(&buf, arena, 256);
	buf_add_c(&buf, prefix);
	buf_add_str(&buf, name);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static struct str number(struct arena *arena, int64_t value)
{
	struct buf buf;

	buf_init(&buf, arena, 24);
	buf_add_i64(&buf, value);
	return buf_failed(&buf) ? STR_NONE : buf_str(&buf);
}

static struct str flag(bool set)
{
	return set ? STR("1") : STR("0");
}

static struct str code_key(struct arena *arena, struct str challenge)
{
	return plain(arena, "c:", challenge);
}

static struct str mac_of(
	const struct code_store *store, struct arena *arena, struct str challenge, struct str text)
{
	return hashed(store, arena, "", challenge, text);
}

/* Accounts are compared without case; so are the addresses of codes. */
static struct str to_key(
	const struct code_store *store, struct arena *arena, const char *prefix, struct str to)
{
	return hashed(store, arena, prefix, to.len ? str_lower(arena, to) : STR(""), STR(""));
}

static struct str shown_key(
	const struct code_store *store, struct arena *arena, struct str address, struct str text)
{
	return hashed(store, arena, "w:", address.p ? address : STR(""), text);
}

static int eval(const struct code_store *store, struct arena *arena,
	const struct redis_script *script, size_t key_count, const struct str *args, size_t count,
	struct redis_reply *ret_reply)
{
	for (size_t i = 0; i < count; i++) {
		if (!args[i].p)
			return ERR_NOMEM;
	}
	return redis_eval(store->redis, arena, script, key_count, args, count, ret_reply);
}

int code_make(
	const struct code_store *store, struct arena *arena, struct code *code, int64_t *ret_wait_s)
{
	const struct code_kind *kind = &kinds[code->format];
	struct str challenge = {code->challenge, AUTH_CHALLENGE_LEN};
	struct str text = {code->text, kind->len};
	struct redis_reply reply;
	int rc;

	_Static_assert(AUTH_CHALLENGE_LEN == ID_REQUEST_LEN, "a challenge is made by id_request");
	id_request(code->challenge);
	id_text(kind->alphabet, code->text, kind->len);
	code->created_us = clock_now_us();
	code->expires_us = code->created_us + kind->life_s * CLOCK_SECOND_US;
	rc = eval(store, arena, &script_make, 3,
		REDIS_ARGS(code_key(arena, challenge), to_key(store, arena, "q:", code->to),
			shown_key(store, arena, code->address, text),
			number(arena, code->created_us / 1000), number(arena, kind->life_s),
			mac_of(store, arena, challenge, text), number(arena, code->purpose),
			code->to.p ? code->to : STR(""), number(arena, kind->tries),
			flag(kind->guess), to_key(store, arena, "y:", code->to),
			flag(code->to.len > 0), flag(code->shown), challenge),
		&reply);
	if (rc)
		return rc;
	if (reply.integer <= 0)
		return 0;
	*ret_wait_s = reply.integer;
	return ERR_LIMITED;
}

void code_undo(const struct code_store *store, struct arena *arena, const struct code *code)
{
	struct str challenge = str_c(code->challenge);
	struct redis_reply reply;

	eval(store, arena, &script_undo, 3,
		REDIS_ARGS(code_key(arena, challenge), to_key(store, arena, "q:", code->to),
			shown_key(store, arena, code->address, str_c(code->text)),
			number(arena, code->created_us / 1000), challenge),
		&reply);
}

/* The challenge that was answered. */
static int find(const struct code_store *store, struct arena *arena,
	const struct auth_answer_in *answer, struct str address, struct str *ret_challenge)
{
	struct str key = shown_key(store, arena, address, answer->shown);
	struct redis_reply reply;
	int rc;

	if (answer->challenge.len) {
		*ret_challenge = answer->challenge;
		return 0;
	}
	if (!answer->shown.len)
		return ERR_BAD_CODE;
	if (!key.p)
		return ERR_NOMEM;
	rc = redis_command(store->redis, arena, REDIS_ARGS(STR("GET"), key), &reply);
	if (rc)
		return rc;
	if (reply.kind != REDIS_TEXT)
		return ERR_BAD_CODE;
	*ret_challenge = reply.text;
	return 0;
}

static int settle(const struct redis_reply *reply, struct str *ret_to, int64_t *ret_wait_s)
{
	if (reply->kind != REDIS_LIST || reply->count != 2)
		return ERR_INTERNAL;
	switch (reply->items[0].integer) {
	case 0:
		return ERR_BAD_CODE;
	case 1:
		*ret_to = reply->items[1].text;
		return 0;
	case 2:
		*ret_wait_s = 0;
		return ERR_LIMITED;
	default:
		*ret_wait_s = reply->items[1].integer;
		return ERR_LIMITED;
	}
}

int code_check(const struct code_store *store, struct arena *arena,
	const struct auth_answer_in *answer, struct str address, struct str *ret_to,
	int64_t *ret_wait_s)
{
	struct str household = address.len ? limit_household(arena, address) : STR("");
	/* Only captchas have letters, and nobody can tell their case. */
	struct str text = answer->code.p ? str_lower(arena, answer->code) : STR("");
	struct redis_reply reply;
	struct str challenge;
	int rc = find(store, arena, answer, address, &challenge);

	if (rc)
		return rc;
	rc = eval(store, arena, &script_check, 2,
		REDIS_ARGS(code_key(arena, challenge), plain(arena, "g:", household),
			number(arena, clock_now_us() / 1000),
			text.p ? mac_of(store, arena, challenge, text) : STR_NONE,
			number(arena, answer->purpose), flag(answer->keep), flag(answer->remember),
			flag(household.len > 0)),
		&reply);
	return rc ? rc : settle(&reply, ret_to, ret_wait_s);
}

int code_proven(const struct code_store *store, struct arena *arena, struct str to)
{
	struct str key = to_key(store, arena, "y:", to);
	struct redis_reply reply;
	int rc = key.p ? redis_command(store->redis, arena, REDIS_ARGS(STR("EXISTS"), key), &reply)
		       : ERR_NOMEM;

	if (rc)
		return rc;
	return reply.integer == 1 ? 0 : ERR_BAD_CODE;
}

void code_proof_end(const struct code_store *store, struct arena *arena, struct str to)
{
	struct str key = to_key(store, arena, "y:", to);
	struct redis_reply reply;

	if (key.p)
		redis_command(store->redis, arena, REDIS_ARGS(STR("DEL"), key), &reply);
}
