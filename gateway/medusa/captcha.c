#include "gateway/captcha.h"

#include "gateway/guard.h"
#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

#define KEY_HEADER "VerificationCodeKey"

/* The guard names the header to pages of allowed origins; others, such as a page behind the same
 * proxy, may be told as well. */
int medusa_captcha(struct req *req)
{
	struct captcha_code code;
	int rc = captcha_make(req, &code);

	if (!rc)
		rc = captcha_show(req, code.text, STR_NONE);
	if (rc)
		return rc;
	req_add_header(req, KEY_HEADER, code.challenge);
	if (!guard_origin_allowed(req, req_header(req, "Origin")))
		req_add_header(req, "Access-Control-Expose-Headers", STR(KEY_HEADER));
	return 0;
}

int medusa_check_captcha(struct req *req, const struct medusa_word *empty,
	const struct medusa_word *wrong, bool *ret_passed)
{
	static const char *const keys[] = {"verification_code_key", "verification_code"};
	struct str texts[2];
	int rc = medusa_read(req, keys, texts, 2);

	*ret_passed = false;
	if (rc)
		return rc;
	if (!texts[0].len || !texts[1].len)
		return medusa_say(req, empty);
	rc = captcha_check(req, texts[0], texts[1]);
	*ret_passed = !rc;
	return rc ? medusa_refuse(req, rc, wrong) : 0;
}
