#include "svc-auth/otp.h"

#include <sodium.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "svc-auth/hmac_sha1.h"

#define REMEMBERED (2 * OTP_WINDOW + 1)

_Static_assert(OTP_SECRET_LEN * 8 == OTP_SECRET_TEXT * 5, "base32 without padding");

int64_t otp_step(int64_t time_us)
{
	return time_us / (OTP_STEP_S * CLOCK_SECOND_US);
}

uint32_t otp_value(struct str secret, int64_t step)
{
	unsigned char mac[SHA1_LEN], counter[8];
	const unsigned char *at;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	hmac_sha1(secret, (struct str){(const char *)counter, sizeof(counter)}, mac);
	at = &mac[mac[SHA1_LEN - 1] & 0xf];
	return (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

void otp_code(struct str secret, int64_t step, char ret_code[OTP_DIGITS + 1])
{
	snprintf(ret_code, OTP_DIGITS + 1, "%06u", otp_value(secret, step) % 1000000);
}

static bool is_used(const struct otp_used *used, int64_t step)
{
	int64_t before = used->latest - step;

	if (before < 0)
		return false;
	return before >= REMEMBERED || (used->bits >> before & 1);
}

static void mark(struct otp_used *used, int64_t step)
{
	int64_t ahead = step - used->latest;

	if (ahead > 0) {
		used->bits = ahead < REMEMBERED ? used->bits << ahead : 0;
		used->bits = (used->bits & ((1 << REMEMBERED) - 1)) | 1;
		used->latest = step;
	} else {
		used->bits |= INT64_C(1) << -ahead;
	}
}

bool otp_use(struct str secret, struct str code, int64_t now_step, struct otp_used *used)
{
	char right[OTP_DIGITS + 1];
	int64_t found = -1;

	if (code.len != OTP_DIGITS)
		return false;
	for (int64_t step = now_step - OTP_WINDOW; step <= now_step + OTP_WINDOW; step++) {
		otp_code(secret, step, right);
		if (sodium_memcmp(right, code.p, OTP_DIGITS) == 0 && !is_used(used, step))
			found = step;
	}
	sodium_memzero(right, sizeof(right));
	if (found < 0)
		return false;
	mark(used, found);
	return true;
}

void otp_secret_text(const unsigned char secret[OTP_SECRET_LEN],
	char ret_text[OTP_SECRET_TEXT + 1])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned bits = 0, pending = 0;
	char *out = ret_text;

	for (size_t i = 0; i < OTP_SECRET_LEN; i++) {
		pending = pending << 8 | secret[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[pending >> (bits - 5) & 31];
		pending &= 0xff;
	}
	*out = '\0';
}
