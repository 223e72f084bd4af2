#include "svc-auth/hmac_sha1.h"

#include <sodium.h>
#include <string.h>

#define BLOCK 64 /* bytes */

struct sha1 {
	uint32_t h[5];
	uint64_t len; /* bytes so far */
	unsigned char block[BLOCK];
};

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* RFC 3174, 5: f(t; B, C, D) + K(t). */
static uint32_t mix(int t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/* RFC 3174, 6.1. */
static void take_block(struct sha1 *state)
{
	uint32_t w[80], a = state->h[0], b = state->h[1], c = state->h[2], d = state->h[3],
			e = state->h[4];

	for (int t = 0; t < 16; t++)
		w[t] = (uint32_t)state->block[4 * t] << 24 |
		       (uint32_t)state->block[4 * t + 1] << 16 |
		       (uint32_t)state->block[4 * t + 2] << 8 | state->block[4 * t + 3];
	for (int t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (int t = 0; t < 80; t++) {
		uint32_t sum = rotate(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = sum;
	}
	state->h[0] += a;
	state->h[1] += b;
	state->h[2] += c;
	state->h[3] += d;
	state->h[4] += e;
	sodium_memzero(w, sizeof(w));
}

static void begin(struct sha1 *state)
{
	*state = (struct sha1){.h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

static void add(struct sha1 *state, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		state->block[state->len++ % BLOCK] = p[i];
		if (state->len % BLOCK == 0)
			take_block(state);
	}
}

static void end(struct sha1 *state, unsigned char ret_hash[SHA1_LEN])
{
	uint64_t bits = state->len * 8;
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	add(state, "\x80", 1);
	while (state->len % BLOCK != BLOCK - sizeof(length))
		add(state, "", 1);
	add(state, length, sizeof(length));
	for (int i = 0; i < SHA1_LEN; i++)
		ret_hash[i] = (unsigned char)(state->h[i / 4] >> (24 - 8 * (i % 4)));
	sodium_memzero(state, sizeof(*state));
}

void sha1(struct str text, unsigned char ret_hash[SHA1_LEN])
{
	struct sha1 state;

	begin(&state);
	add(&state, text.p, text.len);
	end(&state, ret_hash);
}

void hmac_sha1(struct str key, struct str text, unsigned char ret_mac[SHA1_LEN])
{
	unsigned char pad[BLOCK] = {0}, inner[SHA1_LEN];
	struct sha1 state;

	if (key.len > BLOCK)
		sha1(key, pad);
	else if (key.len)
		memcpy(pad, key.p, key.len);
	for (int i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	begin(&state);
	add(&state, pad, BLOCK);
	add(&state, text.p, text.len);
	end(&state, inner);
	for (int i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	begin(&state);
	add(&state, pad, BLOCK);
	add(&state, inner, SHA1_LEN);
	end(&state, ret_mac);
	sodium_memzero(pad, sizeof(pad));
}
