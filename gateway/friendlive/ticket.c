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
#define LIFE_S (300 + AUTH_PROVEN_S) /* of a code, then of the number it proved */
#define TEXT_MAX 256

/* Hex of a MAC over number.challenge.time. */
static void sign(const struct req *req, struct str text, char ret_mac[MAC_LEN + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, req->gateway->cursor_key, sizeof(req->gateway->cursor_key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)PURPOSE, sizeof(PURPOSE));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.p, text.len);
	crypto_auth_hmacsha256_final(&state, mac);
	id_hex(mac, MAC_BYTES, ret_mac);
}

void friendlive_ticket_set(struct req *req, const struct friendlive_ticket *ticket)
{
	char mac[MAC_LEN + 1];
	struct buf text, cookie;

	buf_init(&text, req->arena, TEXT_MAX);
	buf_add_str(&text, ticket->number);
	buf_add_char(&text, '.');
	buf_add_str(&text, ticket->challenge);
	buf_add_char(&text, '.');
	buf_add_i64(&text, clock_now_us() / CLOCK_SECOND_US);
	if (buf_failed(&text))
		return;
	sign(req, buf_str(&text), mac);
	buf_init(&cookie, req->arena, 2 * TEXT_MAX);
	buf_add_c(&cookie, NAME "=");
	buf_add_str(&cookie, buf_str(&text));
	buf_addf(&cookie, ".%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax", mac, LIFE_S);
	if (!buf_failed(&cookie))
		req_add_header(req, "Set-Cookie", buf_str(&cookie));
}

/* number.challenge.time.mac */
bool friendlive_ticket_get(const struct req *req, struct friendlive_ticket *ret_ticket)
{
	struct str cookie = req_cookie(req, STR(NAME)), text, rest, number, challenge, time;
	char mac[MAC_LEN + 1];
	int64_t age_s, made_s;

	if (cookie.len <= MAC_LEN + 1 || cookie.len > TEXT_MAX)
		return false;
	text = str_sub(cookie, 0, cookie.len - MAC_LEN - 1);
	sign(req, text, mac);
	if (!str_eq_secret(str_sub(cookie, cookie.len - MAC_LEN, MAC_LEN), str_c(mac)))
		return false;
	rest = text;
	if (!str_cut(&rest, '.', &number) || !str_cut(&rest, '.', &challenge) ||
		!str_cut(&rest, '.', &time) || str_to_i64(time, &made_s) != 0)
		return false;
	age_s = clock_now_us() / CLOCK_SECOND_US - made_s;
	if (age_s > LIFE_S)
		return false;
	*ret_ticket = (struct friendlive_ticket){.number = number, .challenge = challenge};
	return true;
}
