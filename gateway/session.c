#include "gateway/session.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/event.h"
#include "gateway/session_shard.h"

#define HASH_KEY_LEN 32
#define REVOKED_SLOTS 1024
/* An entry is asked anew after this part of its remaining life, so that use makes short ones slide. */
#define FRESH_PART 16
/* While svc-auth cannot answer: how long known people wait for it, and how often one of them tries. */
#define STALE_ASK_MS 500
#define STALE_PAUSE_MS 250

struct session_cache {
	unsigned char hash_key[HASH_KEY_LEN];
	atomic_uint_fast64_t epoch;
	atomic_int_fast64_t down_until_ms;
	/* Revocations are numbered; revoked_at has the last number that touched an account (or another
	 * one of the same slot). An answer that was asked for before is not stored. */
	pthread_mutex_t revoke_lock;
	atomic_uint_fast64_t generation;
	atomic_uint_fast64_t revoked_at[REVOKED_SLOTS];
	struct session_shard shards[SESSION_SHARDS];
};

int session_cache_new(struct session_cache **ret_cache)
{
	struct session_cache *cache;

	if (sodium_init() < 0)
		return ERR_INTERNAL;
	cache = aligned_alloc(_Alignof(struct session_cache), sizeof(*cache));
	if (!cache)
		return ERR_NOMEM;
	memset(cache, 0, sizeof(*cache));
	id_random(cache->hash_key, sizeof(cache->hash_key));
	/* Cannot fail: glibc's default mutexes need no resources. */
	pthread_mutex_init(&cache->revoke_lock, NULL);
	for (size_t i = 0; i < SESSION_SHARDS; i++)
		shard_init(&cache->shards[i]);
	*ret_cache = cache;
	return 0;
}

void session_cache_free(struct session_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SESSION_SHARDS; i++)
		shard_done(&cache->shards[i]);
	pthread_mutex_destroy(&cache->revoke_lock);
	sodium_memzero(cache->hash_key, sizeof(cache->hash_key));
	free(cache);
}

int64_t session_cache_size(struct session_cache *cache)
{
	int64_t size = 0;

	for (size_t i = 0; i < SESSION_SHARDS; i++)
		size += shard_count(&cache->shards[i]);
	return size;
}

static struct session_key key_of(const struct session_cache *cache, struct str token)
{
	struct session_key key;

	crypto_generichash(key.bytes, sizeof(key.bytes), (const unsigned char *)token.p, token.len,
		cache->hash_key, sizeof(cache->hash_key));
	return key;
}

static struct session_shard *shard_of(struct session_cache *cache, const struct session_key *key)
{
	return &cache->shards[key->bytes[0] % SESSION_SHARDS];
}

static atomic_uint_fast64_t *revoked_slot(struct session_cache *cache, int64_t account)
{
	return &cache->revoked_at[(uint64_t)account % REVOKED_SLOTS];
}

static int give(const struct session_entry *entry, struct arena *arena,
	struct session *ret_session)
{
	struct str id = str_dup(arena, (struct str){entry->id, entry->id_len});

	if (!id.p)
		return ERR_NOMEM;
	*ret_session = (struct session){
		.account = entry->account,
		.role = (enum user_role)entry->role,
		.id = id,
		.expires_us = entry->expires_us,
	};
	return 0;
}

/* Tokens have no blanks or controls, and go to svc-auth as text. */
static bool token_is_possible(struct str token)
{
	if (token.len == 0 || token.len > AUTH_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < token.len; i++)
		if (token.p[i] <= 0x20 || token.p[i] >= 0x7f)
			return false;
	return true;
}

static int ask(struct call *call, struct str token, int64_t within_ms,
	struct auth_resolve_out *ret_out)
{
	struct auth_resolve_in in = {.token = token};
	struct call mine = *call;
	int64_t deadline_us = clock_now_us() + within_ms * 1000;
	int err;

	if (within_ms && deadline_us < mine.deadline_us)
		mine.deadline_us = deadline_us;
	mine.caller.kind = CALLER_ANYONE;
	mine.idempotency_key = STR_NONE;
	err = call_auth_resolve(&mine, &in, ret_out);
	if (err == ERR_INVALID)
		return ERR_UNAUTHENTICATED;
	if (!err && (ret_out->account <= 0 || ret_out->session.len > SESSION_ID_MAX))
		return ERR_PROTOCOL;
	return err;
}

static struct session_entry entry_of(const struct session_key *key, uint64_t epoch,
	const struct auth_resolve_out *out)
{
	int64_t now_ms = clock_mono_ms();
	int64_t left_ms = (out->expires - clock_now_us()) / 1000;
	int64_t fresh_ms = left_ms / FRESH_PART;
	struct session_entry entry = {
		.key = *key,
		.account = out->account,
		.expires_us = out->expires,
		.confirmed_ms = now_ms,
		.fresh_until_ms = now_ms + (fresh_ms < SESSION_CACHE_MS ? fresh_ms : SESSION_CACHE_MS),
		.epoch = epoch,
		.role = (uint8_t)out->role,
		.id_len = (uint8_t)out->session.len,
	};

	memcpy(entry.id, out->session.p, out->session.len);
	return entry;
}

struct store_condition {
	struct session_cache *cache;
	int64_t account;
	uint64_t generation; /* when svc-auth was asked */
};

static bool was_not_revoked(const void *arg)
{
	const struct store_condition *is = arg;

	return atomic_load(revoked_slot(is->cache, is->account)) <= is->generation;
}

static bool is_fresh(const struct session_entry *entry, uint64_t epoch)
{
	return entry->epoch == epoch && clock_mono_ms() < entry->fresh_until_ms &&
		clock_now_us() < entry->expires_us;
}

static bool is_stale_but_good(const struct session_entry *entry)
{
	return clock_mono_ms() - entry->confirmed_ms < SESSION_STALE_MS &&
		clock_now_us() < entry->expires_us;
}

static int resolve_anew(struct session_cache *cache, struct call *call, struct str token,
	const struct session_key *key, bool may_be_stale, struct session *ret_session)
{
	struct session_shard *shard = shard_of(cache, key);
	struct store_condition condition = {
		.cache = cache,
		.generation = atomic_load(&cache->generation),
	};
	uint64_t epoch = atomic_load(&cache->epoch);
	struct auth_resolve_out out;
	struct session_entry entry;
	int err = ask(call, token, may_be_stale ? STALE_ASK_MS : 0, &out);

	if (!err) {
		entry = entry_of(key, epoch, &out);
		condition.account = entry.account;
		shard_put(shard, &entry, was_not_revoked, &condition);
		return give(&entry, call->arena, ret_session);
	}
	if (err == ERR_UNAUTHENTICATED) {
		shard_drop(shard, key);
		return err;
	}
	/* Looked up again: it may have been revoked while we asked. */
	if (!may_be_stale || !shard_get(shard, key, &entry))
		return ERR_UNAVAILABLE;
	atomic_store(&cache->down_until_ms, clock_mono_ms() + STALE_PAUSE_MS);
	return give(&entry, call->arena, ret_session);
}

int session_resolve(struct session_cache *cache, struct call *call, struct str token,
	struct session *ret_session)
{
	uint64_t epoch = atomic_load(&cache->epoch);
	struct session_key key;
	struct session_entry entry;
	bool may_be_stale = false;

	if (!token_is_possible(token))
		return ERR_UNAUTHENTICATED;
	key = key_of(cache, token);
	if (shard_get(shard_of(cache, &key), &key, &entry)) {
		if (is_fresh(&entry, epoch))
			return give(&entry, call->arena, ret_session);
		may_be_stale = is_stale_but_good(&entry);
	}
	if (may_be_stale && clock_mono_ms() < atomic_load(&cache->down_until_ms))
		return give(&entry, call->arena, ret_session);
	return resolve_anew(cache, call, token, &key, may_be_stale, ret_session);
}

static void revoke(struct session_cache *cache, int64_t account, struct str id, bool others)
{
	pthread_mutex_lock(&cache->revoke_lock);
	atomic_store(revoked_slot(cache, account), atomic_fetch_add(&cache->generation, 1) + 1);
	for (size_t i = 0; i < SESSION_SHARDS; i++)
		shard_drop_account(&cache->shards[i], account, id, others);
	pthread_mutex_unlock(&cache->revoke_lock);
}

void session_on_event(struct session_cache *cache, const struct event *event)
{
	struct str id = event->detail;
	bool others = id.len && id.p[0] == '!';

	if (event->account <= 0)
		return;
	if (str_eq(event->topic, STR("user.changed")))
		revoke(cache, event->account, STR_NONE, false);
	else if (str_eq(event->topic, STR("auth.revoked")))
		revoke(cache, event->account,
			id.len ? str_sub(id, others, id.len) : STR_NONE, others);
}

void session_on_gap(struct session_cache *cache)
{
	atomic_fetch_add(&cache->epoch, 1);
}
