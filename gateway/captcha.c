#include "gateway/captcha.h"

#include "common/rpc/auth_api.h"
#include "common/rpc/media_api.h"
#include "gateway/req.h"

/* A captcha is good for whatever asks for one. */
#define PURPOSE PURPOSE_VERIFY

int captcha_make(struct req *req, struct captcha_code *ret_code)
{
	const struct auth_challenge_in in = {
		.channel = CHANNEL_PICTURE,
		.purpose = PURPOSE,
		.format = CODE_CAPTCHA,
	};
	struct auth_challenge_out out;
	int rc = call_auth_challenge(&req->call, &in, &out);

	if (rc)
		return rc;
	*ret_code = (struct captcha_code){
		.challenge = out.challenge,
		.text = out.code,
		.expires_us = out.expires,
	};
	return 0;
}

int captcha_show(struct req *req, struct str text, struct str seed)
{
	const struct media_captcha_in in = {
		.text = text,
		.width = CAPTCHA_WIDTH,
		.height = CAPTCHA_HEIGHT,
		.seed = seed,
	};
	struct media_captcha_out out;
	int rc = call_media_captcha(&req->call, &in, &out);

	if (rc)
		return rc;
	req->status = 200;
	req->content_type = "image/png";
	buf_add_str(&req->out, out.content);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int captcha_check(struct req *req, struct str challenge, struct str answer)
{
	const struct auth_answer_in in = {
		.challenge = challenge,
		.code = answer,
		.purpose = PURPOSE,
	};
	struct auth_answer_out out;
	int rc;

	if (challenge.len != AUTH_CHALLENGE_LEN || !answer.len || answer.len > AUTH_CODE_MAX)
		return ERR_BAD_CODE;
	rc = call_auth_answer(&req->call, &in, &out);
	return rc == ERR_LIMITED || rc == ERR_INVALID ? ERR_BAD_CODE : rc;
}
