/*
 * One of the session cache's tables, with its lock: entries found by the hash of their token, or by
 * account. It grows as it fills and drops what was not used lately (clock) when it is full. Knows
 * nothing of svc-auth; session.h has the rules.
 */
#ifndef GATEWAY_SESSION_SHARD_H
#define GATEWAY_SESSION_SHARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/session.h"

#define SESSION_KEY_LEN 16
#define SESSION_SHARDS 64
#define SESSION_SHARD_MAX (SESSION_CACHE_ENTRIES / SESSION_SHARDS)

struct session_key {
	unsigned char bytes[SESSION_KEY_LEN];
};

struct session_entry {
	struct session_key key;
	int64_t account;
	int64_t expires_us;
	int64_t confirmed_ms; /* monotonic */
	int64_t fresh_until_ms;
	uint64_t epoch; /* of the cache when svc-auth was asked: another one means confirm anew */
	uint8_t role;
	uint8_t id_len;
	char id[SESSION_ID_MAX];
};

struct shard_slot;

struct session_shard {
	_Alignas(64) pthread_mutex_t lock;
	struct shard_slot *slots; /* NULL until the first entry */
	int64_t *accounts;        /* of the slots; 0: free. Apart, so that a scan is short */
	uint32_t *buckets;        /* as many as slots; index + 1 of the first slot */
	uint32_t cap, count, free_slot, hand;
};

/* ERR_NOMEM. */
int shard_init(struct session_shard *shard);
void shard_done(struct session_shard *shard);
/* Copies the entry; false when there is none. */
bool shard_get(struct session_shard *shard, const struct session_key *key,
	struct session_entry *ret_entry);
/* Stores or replaces, unless may_store(arg) says no: it is asked under the lock. An entry that finds
 * no memory is not stored. */
void shard_put(struct session_shard *shard, const struct session_entry *entry,
	bool (*may_store)(const void *arg), const void *arg);
void shard_drop(struct session_shard *shard, const struct session_key *key);
/* Drops the account's entries: all of them (id absent), only the session `id`, or with `others` all
 * but that one. */
void shard_drop_account(struct session_shard *shard, int64_t account, struct str id, bool others);
uint32_t shard_count(struct session_shard *shard);

#endif
