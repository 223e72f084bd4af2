#include "gateway/idem.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/rpc/codec.h"
#include "common/rpc/seal.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/req.h"

#define END_MS 1000 /* the request's own deadline may be over */
#define PLAIN_MAX (AUTH_IDEM_REPLY_MAX - SEAL_OVERHEAD)

static_assert(AUTH_IDEM_PRINT_LEN >= crypto_generichash_BYTES_MIN, "fingerprint");
static_assert(sizeof(((struct gateway *)0)->idem_print_key) == crypto_generichash_KEYBYTES, "key");

/* What is sealed. The fingerprint is of caller, key and request: one reply cannot stand for another. */
#define KEPT(X, S)                                                                                 \
	X(S, BYTES, print, FIELD_REQUIRED, AUTH_IDEM_PRINT_LEN)                                    \
	X(S, INT, status, FIELD_REQUIRED, 599)                                                     \
	X(S, STR, type, 0, 100)                                                                    \
	X(S, BYTES, headers, 0, PLAIN_MAX)                                                         \
	X(S, BYTES, body, 0, PLAIN_MAX)
FIELD_STRUCT(kept, KEPT)
FIELD_TABLE(kept, KEPT)

static bool key_is_good(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.p[i] < '!' || key.p[i] > '~')
			return false;
	return key.len >= 1 && key.len <= AUTH_IDEM_KEY_MAX;
}

/* Each part with its length before it, so that none can run into the next. */
static void print_add(crypto_generichash_state *state, struct str part)
{
	uint64_t len = part.len;

	crypto_generichash_update(state, (const unsigned char *)&len, sizeof(len));
	crypto_generichash_update(state, (const unsigned char *)part.p, part.len);
}

static void print_make(const struct req *req, struct str body, struct idem *idem)
{
	const unsigned char *key = req->gateway->idem_print_key;
	const int64_t account = req->session.account;
	crypto_generichash_state state;

	crypto_generichash_init(
		&state, key, sizeof(req->gateway->idem_print_key), sizeof(idem->print));
	print_add(&state, (struct str){(const char *)&account, sizeof(account)});
	print_add(&state, idem->key);
	print_add(&state, req->method);
	print_add(&state, req->path);
	print_add(&state, http_query(req->http));
	print_add(&state, body);
	crypto_generichash_final(&state, idem->print, sizeof(idem->print));
}

static struct str print_str(const struct idem *idem)
{
	return (struct str){(const char *)idem->print, sizeof(idem->print)};
}

/* What cannot be opened was sealed under another bus key: for this one it is another request. */
static int replay(struct req *req, const struct idem *idem, struct str sealed)
{
	unsigned char *frame = arena_alloc(req->arena, sealed.len);
	struct kept kept = {0};
	struct str plain;

	if (!frame)
		return ERR_NOMEM;
	memcpy(frame, sealed.p, sealed.len);
	if (seal_open(&req->gateway->idem_reply_key, SEAL_STORED, frame, sealed.len, &plain) ||
		codec_unpack(&kept_fields, plain, req->arena, &kept, NULL) ||
		!str_eq(kept.print, print_str(idem)))
		return ERR_CONFLICT;
	req->status = (int)kept.status;
	req->content_type = kept.type.p ? str_cstr(req->arena, kept.type) : NULL;
	buf_add_str(&req->headers, kept.headers);
	buf_add_str(&req->out, kept.body);
	return kept.type.p && !req->content_type ? ERR_NOMEM : 0;
}

int idem_begin(struct req *req, struct idem *idem)
{
	struct auth_idem_begin_in in;
	struct auth_idem_begin_out out;
	struct str body;
	int err;

	if (!req->route->creates)
		return 0;
	idem->key = req_header(req, "Idempotency-Key");
	if (!idem->key.p)
		return 0;
	if (!key_is_good(idem->key))
		return call_refuse(&req->call, ERR_INVALID, STR("Idempotency-Key"));
	err = req_body(req, &body);
	if (err)
		return err;
	print_make(req, body, idem);
	id_request(idem->ticket);
	idem->caller = req->call.caller;
	in = (struct auth_idem_begin_in){
		.key = idem->key, .print = print_str(idem), .ticket = str_c(idem->ticket)};
	err = call_auth_idem_begin(&req->call, &in, &out);
	if (err)
		return err;
	idem->replayed = out.reply.p != NULL;
	idem->begun = !idem->replayed;
	return idem->replayed ? replay(req, idem, out.reply) : 0;
}

/* The sealed reply; absent when it is not to be kept. */
static struct str seal_reply(const struct req *req, const struct idem *idem)
{
	const struct kept kept = {
		.print = print_str(idem),
		.status = req->status,
		.type = str_c(req->content_type),
		.headers = req->headers.len ? buf_str(&req->headers) : STR_NONE,
		.body = req->out.len ? buf_str(&req->out) : STR_NONE,
	};
	unsigned char *frame;
	struct buf plain;

	if (req->status < 200 || req->status >= 500 || req->status == 429 ||
		buf_failed(&req->headers) || buf_failed(&req->out))
		return STR_NONE;
	buf_init(&plain, req->arena, PLAIN_MAX);
	codec_pack(&kept_fields, &kept, &plain);
	frame = buf_failed(&plain) ? NULL : arena_alloc(req->arena, plain.len + SEAL_OVERHEAD);
	if (!frame)
		return STR_NONE;
	seal_frame(&req->gateway->idem_reply_key, SEAL_STORED, buf_str(&plain), frame);
	return (struct str){(const char *)frame, plain.len + SEAL_OVERHEAD};
}

/* The reply stands whatever becomes of this: the key is free again in a minute. */
void idem_end(struct req *req, const struct idem *idem)
{
	struct call call = req->call;
	struct auth_idem_end_in in;
	struct auth_idem_end_out out;
	int err;

	if (!idem->begun)
		return;
	call.caller = idem->caller;
	call.deadline_us = clock_now_us() + END_MS * INT64_C(1000);
	in = (struct auth_idem_end_in){.key = idem->key,
		.ticket = str_c(idem->ticket),
		.reply = seal_reply(req, idem)};
	err = call_auth_idem_end(&call, &in, &out);
	if (err)
		log_event(LOG_WARN, req->call.request_id, "an idempotency key was not ended",
			LOG_STR("error", str_c(err_name(err))));
}
