#include "gateway/session_shard.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"

#define SHARD_FIRST 16u

struct shard_slot {
	struct session_entry entry;
	uint32_t next; /* index + 1 of the next slot of the bucket, or of the next free one */
	bool used;     /* since the hand passed */
};

int shard_init(struct session_shard *shard)
{
	*shard = (struct session_shard){0};
	return pthread_mutex_init(&shard->lock, NULL) ? ERR_NOMEM : 0;
}

void shard_done(struct session_shard *shard)
{
	pthread_mutex_destroy(&shard->lock);
	free(shard->slots);
	free(shard->accounts);
	free(shard->buckets);
}

/* cap is a power of two; the key is a hash, so any of its bytes serve (byte 0 chose the shard). */
static uint32_t *bucket_of(struct session_shard *shard, const struct session_key *key)
{
	uint32_t hash;

	memcpy(&hash, key->bytes + 4, sizeof(hash));
	return &shard->buckets[hash & (shard->cap - 1)];
}

/* The link that leads to the key's slot; it holds 0 when there is none. */
static uint32_t *link_find(struct session_shard *shard, const struct session_key *key)
{
	uint32_t *link = bucket_of(shard, key);

	while (*link) {
		struct shard_slot *slot = &shard->slots[*link - 1];

		if (memcmp(&slot->entry.key, key, sizeof(*key)) == 0)
			break;
		link = &slot->next;
	}
	return link;
}

static void unlink_slot(struct session_shard *shard, uint32_t *link)
{
	uint32_t index = *link - 1;
	struct shard_slot *slot = &shard->slots[index];

	*link = slot->next;
	slot->next = shard->free_slot;
	shard->free_slot = index + 1;
	shard->accounts[index] = 0;
	shard->count--;
}

static void rehash(struct session_shard *shard, uint32_t old_cap)
{
	memset(shard->buckets, 0, shard->cap * sizeof(*shard->buckets));
	for (uint32_t i = 0; i < old_cap; i++) {
		uint32_t *bucket;

		if (!shard->accounts[i])
			continue;
		bucket = bucket_of(shard, &shard->slots[i].entry.key);
		shard->slots[i].next = *bucket;
		*bucket = i + 1;
	}
	for (uint32_t i = shard->cap; i > old_cap; i--) {
		shard->accounts[i - 1] = 0;
		shard->slots[i - 1].next = shard->free_slot;
		shard->free_slot = i;
	}
}

/* Called with no free slot. What was grown when a later step fails is only room not yet used. */
static bool grow(struct session_shard *shard)
{
	uint32_t old_cap = shard->cap, cap = old_cap ? old_cap * 2 : SHARD_FIRST;
	struct shard_slot *slots;
	int64_t *accounts;
	uint32_t *buckets;

	if (cap > SESSION_SHARD_MAX)
		return false;
	slots = realloc(shard->slots, cap * sizeof(*slots));
	if (!slots)
		return false;
	shard->slots = slots;
	accounts = realloc(shard->accounts, cap * sizeof(*accounts));
	if (!accounts)
		return false;
	shard->accounts = accounts;
	buckets = realloc(shard->buckets, cap * sizeof(*buckets));
	if (!buckets)
		return false;
	shard->buckets = buckets;
	shard->cap = cap;
	rehash(shard, old_cap);
	return true;
}

/* Second-chance: the first slot that was not used since the hand last passed. */
static void evict(struct session_shard *shard)
{
	for (;;) {
		uint32_t index = shard->hand++ & (shard->cap - 1);
		struct shard_slot *slot = &shard->slots[index];

		if (shard->accounts[index] && !slot->used) {
			unlink_slot(shard, link_find(shard, &slot->entry.key));
			return;
		}
		slot->used = false;
	}
}

static void store(struct session_shard *shard, const struct session_entry *entry)
{
	uint32_t *link = shard->cap ? link_find(shard, &entry->key) : NULL;
	uint32_t index;

	if (!link || !*link) {
		if (!shard->free_slot && !grow(shard)) {
			if (!shard->cap)
				return;
			evict(shard);
		}
		index = shard->free_slot - 1;
		shard->free_slot = shard->slots[index].next;
		link = bucket_of(shard, &entry->key);
		shard->slots[index].next = *link;
		*link = index + 1;
		shard->count++;
	} else {
		index = *link - 1;
	}
	shard->slots[index].entry = *entry;
	shard->slots[index].used = true;
	shard->accounts[index] = entry->account;
}

bool shard_get(struct session_shard *shard, const struct session_key *key,
	struct session_entry *ret_entry)
{
	uint32_t found = 0;

	pthread_mutex_lock(&shard->lock);
	if (shard->cap)
		found = *link_find(shard, key);
	if (found) {
		struct shard_slot *slot = &shard->slots[found - 1];

		slot->used = true;
		*ret_entry = slot->entry;
	}
	pthread_mutex_unlock(&shard->lock);
	return found != 0;
}

void shard_put(struct session_shard *shard, const struct session_entry *entry,
	bool (*may_store)(const void *arg), const void *arg)
{
	pthread_mutex_lock(&shard->lock);
	if (may_store(arg))
		store(shard, entry);
	pthread_mutex_unlock(&shard->lock);
}

void shard_drop(struct session_shard *shard, const struct session_key *key)
{
	uint32_t *link;

	pthread_mutex_lock(&shard->lock);
	link = shard->cap ? link_find(shard, key) : NULL;
	if (link && *link)
		unlink_slot(shard, link);
	pthread_mutex_unlock(&shard->lock);
}

void shard_drop_account(struct session_shard *shard, int64_t account, struct str id, bool others)
{
	pthread_mutex_lock(&shard->lock);
	for (uint32_t i = 0; i < shard->cap; i++) {
		struct session_entry *entry = &shard->slots[i].entry;

		if (shard->accounts[i] != account)
			continue;
		if (!id.p || str_eq(id, (struct str){entry->id, entry->id_len}) != others)
			unlink_slot(shard, link_find(shard, &entry->key));
	}
	pthread_mutex_unlock(&shard->lock);
}

uint32_t shard_count(struct session_shard *shard)
{
	uint32_t count;

	pthread_mutex_lock(&shard->lock);
	count = shard->count;
	pthread_mutex_unlock(&shard->lock);
	return count;
}
