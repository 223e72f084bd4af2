#include "common/rpc/auth_api.h"
#include "gateway/form.h"
#include "gateway/friendlive/friendlive.h"
#include "gateway/req.h"

static int is_free(struct req *req, struct str number)
{
	const struct user_find_in in = {.login = number, .by = LOGIN_PHONE};
	struct user_find_out out;
	int rc = call_user_find(&req->call, &in, &out);

	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc ? rc : ERR_TAKEN;
}

/* Without a channel of delivery the code itself comes back, and goes to the client: there is no
 * other way for the person to learn it. */
int friendlive_code(struct req *req)
{
	struct auth_challenge_in in = {
		.channel = CHANNEL_SMS,
		.purpose = PURPOSE_REGISTER,
		.format = CODE_DIGITS4,
	};
	struct auth_challenge_out out;
	struct form *form;
	int rc = req_form(req, true, false, &form);

	if (rc)
		return rc;
	in.to = form_value(form, STR("userId"));
	if (!friendlive_is_number(in.to))
		return ERR_INVALID;
	rc = is_free(req, in.to);
	if (!rc)
		rc = call_auth_challenge(&req->call, &in, &out);
	if (rc)
		return rc == ERR_LIMITED ? ERR_INVALID : rc;
	if (out.undelivered)
		return ERR_INVALID;
	friendlive_ticket_set(
		req, &(struct friendlive_ticket){.number = in.to, .challenge = out.challenge});
	return friendlive_success(req, out.code.p ? out.code : out.challenge);
}

/* code_v is a challenge, or in the embedded mode the code that was shown. */
static int verify(struct req *req, const struct form *form)
{
	struct auth_answer_in in = {.purpose = PURPOSE_REGISTER, .remember = true};
	struct str code_v = form_value(form, STR("code_v"));
	struct friendlive_ticket ticket;
	struct auth_answer_out out;
	int rc;

	in.code = form_value(form, STR("code"));
	if (!code_v.len || !in.code.len || in.code.len > AUTH_CODE_MAX)
		return ERR_BAD_CODE;
	if (friendlive_ticket_get(req, &ticket))
		in.challenge = ticket.challenge;
	else if (code_v.len == AUTH_CHALLENGE_LEN)
		in.challenge = code_v;
	else if (code_v.len <= AUTH_CODE_MAX)
		in.shown = code_v;
	else
		return ERR_BAD_CODE;
	rc = call_auth_answer(&req->call, &in, &out);
	/* "0005" is said of a code; past the limit of an address a code is simply wrong. */
	if (rc == ERR_LIMITED && req->call.retry_after_s > 0)
		return ERR_BAD_CODE;
	return rc ? rc : friendlive_success(req, STR_NONE);
}

int friendlive_register(struct req *req)
{
	struct form *form;
	int rc = req_form(req, true, false, &form);

	if (rc)
		return rc;
	return friendlive_is_create(form) ? friendlive_create(req, form) : verify(req, form);
}
