#include <string.h>

#include "common/base/clock.h"
#include "common/rpc/field_json.h"
#include "gateway/captcha.h"
#include "gateway/gateway.h"
#include "gateway/native/captcha_id.h"
#include "gateway/native/native.h"
#include "gateway/req.h"

#define IMAGE_LEN_MAX 120

FIELD_TABLE(native_captcha, NATIVE_CAPTCHA)

static int make(struct req *req, const struct captcha_code *code, struct native_captcha *ret_out)
{
	struct captcha_id id = {
		.challenge = code->challenge,
		.expires_s = code->expires_us / CLOCK_SECOND_US,
	};
	struct buf image;

	if (code->text.len != CAPTCHA_ID_TEXT)
		return ERR_PROTOCOL;
	memcpy(id.text, code->text.p, CAPTCHA_ID_TEXT);
	ret_out->id = captcha_id_make(req->gateway->cursor_key, &id, req->arena);
	ret_out->expires = code->expires_us;
	buf_init(&image, req->arena, IMAGE_LEN_MAX);
	buf_add_c(&image, "/v1/captchas/");
	buf_add_str(&image, ret_out->id);
	buf_add_c(&image, ".png");
	ret_out->image = buf_str(&image);
	return ret_out->id.p && !buf_failed(&image) ? 0 : ERR_NOMEM;
}

int captchas_post(struct req *req)
{
	struct native_captcha out;
	struct captcha_code code;
	int rc = captcha_make(req, &code);

	if (!rc)
		rc = make(req, &code, &out);
	if (rc)
		return rc;
	req_add_header(req, "Location", out.image);
	req_reply_json(req, 201);
	field_json_write(&native_captcha_fields, &out, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int captchas_get(struct req *req)
{
	struct captcha_id id;
	int64_t now_s = clock_now_us() / CLOCK_SECOND_US;
	int rc = captcha_id_read(req->gateway->cursor_key, req->params[0], now_s, &id);

	if (rc)
		return rc;
	return captcha_show(req, (struct str){id.text, CAPTCHA_ID_TEXT},
		(struct str){(const char *)id.seed, sizeof(id.seed)});
}
