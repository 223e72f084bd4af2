#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/req.h"

static const char *const channels[] = {NULL, "sms", "email"};
const struct enum_words native_code_channels = {channels, sizeof(channels) / sizeof(channels[0])};
static const char *const purposes[] = {NULL, "register", "reset", "verify"};
const struct enum_words native_code_purposes = {purposes, sizeof(purposes) / sizeof(purposes[0])};
_Static_assert((int)CHANNEL_EMAIL == 2 && (int)PURPOSE_VERIFY == 3, "numbered as svc-auth's");

FIELD_TABLE(native_code_in, NATIVE_CODE_IN)

/* The first language of Accept-Language that messages are written in; weights are not looked at,
 * since browsers send the best first. */
static struct str language(const struct req *req)
{
	struct str rest = req_header(req, "Accept-Language"), tag;

	while (str_cut(&rest, ',', &tag)) {
		struct str two = str_sub(str_trim(tag), 0, 2);

		if (str_eq_nocase(two, STR("en")) || str_eq_nocase(two, STR("zh")))
			return two;
	}
	return STR_NONE;
}

int codes_post(struct req *req)
{
	struct native_code_in body;
	struct auth_challenge_in in;
	struct auth_challenge_out out;
	int rc = body_read(req, &native_code_in_fields, &body);

	if (rc)
		return rc;
	in = (struct auth_challenge_in){
		.channel = body.channel,
		.to = body.to,
		.purpose = body.purpose,
		.format = CODE_DIGITS6,
		.language = language(req),
	};
	rc = call_auth_challenge(&req->call, &in, &out);
	if (rc)
		return rc;
	if (out.undelivered)
		return ERR_UNAVAILABLE;
	req_reply_json(req, 202);
	field_json_write(&auth_challenge_out_fields, &out, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}

int password_resets_post(struct req *req)
{
	struct auth_reset_in in;
	struct auth_reset_out out;
	int rc = body_read(req, &auth_reset_in_fields, &in);

	if (rc)
		return rc;
	in.policy = POLICY_NATIVE;
	rc = call_auth_reset(&req->call, &in, &out);
	/* Dead of too many tries: waiting does not help, another code does. */
	if (rc == ERR_LIMITED && req->call.retry_after_s == 0)
		return call_refuse(&req->call, ERR_BAD_CODE, STR("code"));
	return rc ? rc : req_reply_empty(req, 204);
}
