#include <sodium.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/rpc/auth_api.h"
#include "gateway/friendlive/friendlive.h"
#include "gateway/gateway.h"
#include "gateway/req.h"

#define NAME "friendlive"
#define PURPOSE "friendlive ticket" /* keeps its signatures apart from those of cursors */
#define MAC_BYTES 16
#define MAC_LEN ((size_t)2 * MAC_BYTES)
#define KEY_BYTES 32
#define TEXT_MAX 256

_Static_assert(FRIENDLIVE_TICKET_LIFE_S == 300 + AUTH_PROVEN_S, "a code's life, then a number's");

/* Hex of a MAC over number.challenge.time. */
static void sign(const unsigned char *key, struct str text, char ret_mac[MAC_LEN + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, KEY_BYTES);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)PURPOSE, sizeof(PURPOSE));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.p, text.len);
	crypto_auth_hmacsha256_final(&state, mac);
	id_hex(mac, MAC_BYTES, ret_mac);
}

struct str friendlive_ticket_write(const unsigned char *key, const struct friendlive_ticket *ticket,
	int64_t now_s, struct arena *arena)
{
	char mac[MAC_LEN + 1];
	struct buf text;

	buf_init(&text, arena, TEXT_MAX);
	buf_add_str(&text, ticket->number);
	buf_add_char(&text, '.');
	buf_add_str(&text, ticket->challenge);
	buf_add_char(&text, '.');
	buf_add_i64(&text, now_s);
	if (buf_failed(&text))
		return STR_NONE;
	sign(key, buf_str(&text), mac);
	buf_add_char(&text, '.');
	buf_add_c(&text, mac);
	return buf_failed(&text) ? STR_NONE : buf_str(&text);
}

bool friendlive_ticket_read(const unsigned char *key, struct str text, int64_t now_s,
	struct friendlive_ticket *ret_ticket)
{
	struct str number, challenge, time, rest;
	char mac[MAC_LEN + 1];
	int64_t made_s;

	if (text.len <= MAC_LEN + 1 || text.len > TEXT_MAX)
		return false;
	rest = str_sub(text, 0, text.len - MAC_LEN - 1);
	sign(key, rest, mac);
	if (text.p[rest.len] != '.' ||
		!str_eq_secret(str_sub(text, rest.len + 1, MAC_LEN), str_c(mac)))
		return false;
	if (!str_cut(&rest, '.', &number) || !str_cut(&rest, '.', &challenge) ||
		!str_cut(&rest, '.', &time) || str_to_i64(time, &made_s) != 0)
		return false;
	if (now_s - made_s > FRIENDLIVE_TICKET_LIFE_S)
		return false;
	*ret_ticket = (struct friendlive_ticket){.number = number, .challenge = challenge};
	return true;
}

void friendlive_ticket_set(struct req *req, const struct friendlive_ticket *ticket)
{
	struct str value = friendlive_ticket_write(
		req->gateway->cursor_key, ticket, clock_now_us() / CLOCK_SECOND_US, req->arena);
	struct buf cookie;

	buf_init(&cookie, req->arena, 2 * TEXT_MAX);
	buf_add_c(&cookie, NAME "=");
	buf_add_str(&cookie, value);
	buf_addf(&cookie, "; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax", FRIENDLIVE_TICKET_LIFE_S);
	if (value.p && !buf_failed(&cookie))
		req_add_header(req, "Set-Cookie", buf_str(&cookie));
}

bool friendlive_ticket_get(const struct req *req, struct friendlive_ticket *ret_ticket)
{
	return friendlive_ticket_read(req->gateway->cursor_key, req_cookie(req, STR(NAME)),
		clock_now_us() / CLOCK_SECOND_US, ret_ticket);
}
