/*
 * Numbered events from one publisher to any number of subscribers: hints, not truth. nng drops them
 * silently under load, so every event carries its publisher's number; who sees a gap asks the
 * service. A quiet publisher repeats its number once a second, so the last event's loss shows too.
 */
#ifndef RPC_EVENT_H
#define RPC_EVENT_H

#include "common/rpc/field.h"

struct seal_key;
struct event_pub;
struct event_sub;

#define EVENT(X, S)                                                                                \
	X(S, ID, epoch, 0, 0)    /* of the publisher: changes at each of its starts */             \
	X(S, ID, number, 0, 0)   /* 1, 2, 3 … within the epoch; 0 in a heartbeat's topic "" */     \
	X(S, STR, topic, 0, 64)  /* "auth.revoked", "user.changed", … */                           \
	X(S, ID, account, 0, 0)                                                                    \
	X(S, STR, detail, 0, 256) /* a session id, a number: what the topic says */
FIELD_STRUCT(event, EVENT)

int event_pub_new(const char *url, const struct seal_key *key, struct event_pub **ret_pub);
void event_pub_free(struct event_pub *pub);
/* Never blocks. topic, account and detail are the caller's; epoch and number are set here. */
void event_publish(struct event_pub *pub, struct str topic, int64_t account, struct str detail);

struct event_sub_conf {
	const char *url;
	const struct seal_key *key;
	void *arg;
	/* On the subscriber's own thread, in order. */
	void (*on_event)(void *arg, const struct event *event);
	/* Something was or may have been missed (a gap, a new epoch, a broken connection). */
	void (*on_gap)(void *arg);
};

int event_sub_new(const struct event_sub_conf *conf, struct event_sub **ret_sub);
void event_sub_free(struct event_sub *sub);

#endif
