/*
 * One-time passwords by time (RFC 6238 with HMAC-SHA-1, six digits, 30 seconds) as authenticator apps
 * make them, and the forms around them. No storage: that is totp.c.
 */
#ifndef AUTH_OTP_H
#define AUTH_OTP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

#define OTP_SECRET_LEN 20 /* bytes, as RFC 4226 recommends */
#define OTP_SECRET_TEXT 32
#define OTP_DIGITS 6
#define OTP_STEP_S 30
#define OTP_WINDOW 1 /* steps before and after the present one */

/* The time step of a moment. */
int64_t otp_step(int64_t time_us);
/* RFC 4226, 5.3: 31 bits, of which the last digits are the code. */
uint32_t otp_value(struct str secret, int64_t step);
/* The code of a step, NUL-terminated. */
void otp_code(struct str secret, int64_t step, char ret_code[OTP_DIGITS + 1]);

/* Steps that were used: the latest one, and a bit for each of it and the two before (1, 2, 4). */
struct otp_used {
	int64_t latest;
	int64_t bits;
};
/* Finds an unused step within the window whose code this is, and marks it used. False when there is
 * none. Takes the same time for all codes of six characters. */
bool otp_use(struct str secret, struct str code, int64_t now_step, struct otp_used *used);

/* RFC 4648 base32 without padding, NUL-terminated. */
void otp_secret_text(const unsigned char secret[OTP_SECRET_LEN],
	char ret_text[OTP_SECRET_TEXT + 1]);

#endif
