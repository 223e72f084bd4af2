#include "common/base/id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/err.h"

#define ID_REQUEST_MIN 8
#define ID_REQUEST_MAX 64
#define ID_POOL 64

void id_random(void *bytes, size_t len)
{
	char *to = bytes;

	while (len) {
		ssize_t got = getrandom(to, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			perror("getrandom");
			abort();
		}
		to += got;
		len -= (size_t)got;
	}
}

uint64_t id_below(uint64_t bound)
{
	uint64_t excess, value;

	if (bound == 0)
		abort();
	/* The lowest 2^64 mod bound values are drawn again, so that every remainder is as likely.
	 */
	excess = (0 - bound) % bound;
	do
		id_random(&value, sizeof(value));
	while (value < excess);
	return value % bound;
}

void id_text(const char *alphabet, char *ret_text, size_t len)
{
	size_t letters = strlen(alphabet);
	unsigned char pool[ID_POOL];
	size_t left = 0;

	if (letters == 0 || letters > 256)
		abort();
	for (size_t i = 0; i < len;) {
		unsigned char byte;

		if (left == 0) {
			left = len - i < sizeof(pool) ? len - i : sizeof(pool);
			id_random(pool, left);
		}
		byte = pool[--left];
		/* A byte above the last full run of letters would favour the first ones. */
		if (byte < 256 - 256 % letters)
			ret_text[i++] = alphabet[byte % letters];
	}
	ret_text[len] = '\0';
}

void id_request(char ret_text[ID_REQUEST_LEN + 1])
{
	unsigned char bytes[ID_REQUEST_LEN / 2];

	id_random(bytes, sizeof(bytes));
	id_hex(bytes, sizeof(bytes), ret_text);
}

static int is_request_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == ':' || c == '-';
}

int id_request_check(struct str text)
{
	if (text.len < ID_REQUEST_MIN || text.len > ID_REQUEST_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < text.len; i++)
		if (!is_request_char(text.p[i]))
			return ERR_INVALID;
	return 0;
}

void id_hex(const void *bytes, size_t len, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;

	for (size_t i = 0; i < len; i++) {
		ret_text[2 * i] = digits[from[i] >> 4];
		ret_text[2 * i + 1] = digits[from[i] & 15];
	}
	ret_text[2 * len] = '\0';
}
