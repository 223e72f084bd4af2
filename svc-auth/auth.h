/* What svc-auth holds while it runs (ctx->state); made by main.c. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdint.h>

#include "common/rpc/seal.h"
#include "common/svc/svc.h"
#include "svc-auth/code.h"
#include "svc-auth/templates.h"
#include "svc-auth/totp.h"

struct deliver;
struct password_hasher;
struct redis;
struct repair;
struct wrap;

struct auth {
	struct db *db;
	struct redis *redis;
	struct event_pub *events;
	struct password_hasher *hasher;
	struct repair *repair;
	struct seal_key jwt_key;
	struct totp_keys totp_keys;
	struct seal_key import_key; /* import.key: sealed.h */
	struct wrap *wrap;
	unsigned cores;
	int64_t session_ttl_s;
	int64_t register_limit; /* an hour and address; 0: none */
	struct code_store codes;
	struct deliver *deliver;
	const char *data_dir;
	enum template_language language; /* of messages to whom none is known of */
	bool send_sms, send_mail;	 /* otherwise codes go to the outbox */
	bool show_captchas;		 /* QUINTET_DEV: their answers too */
};

/* What svc_main starts. Lanes depend on the machine; not for several threads at once. */
const struct svc_spec *auth_spec(void);

/* A call to svc-user in the course of another, on this service's own behalf: same request id and
 * deadline, but given up after AUTH_CALL_MAX_S at the latest. */
struct call auth_own_call(const struct call *call);
#define AUTH_CALL_MAX_S 3

struct credential;
/* ERR_UNAUTHENTICATED when the account has none (it was erased), ERR_UNAVAILABLE. */
int auth_credential(struct svc_ctx *ctx, int64_t account, struct credential *ret_credential);

#endif
