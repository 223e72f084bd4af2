#include <string.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/deliver.h"
#include "svc-auth/outbox.h"

#define CALL_SLACK_US (200 * 1000) /* of the caller's time, for the way back */

static bool is_phone(struct str to)
{
	return to.len == USER_PHONE_MAX && str_is_digits(to) && to.p[0] == '1' && to.p[1] >= '3';
}

/* Of what an account's e-mail may be (svc-user checks that in full), whatever can stand between the
 * brackets of SMTP's RCPT command. */
static bool is_mailbox(struct str to)
{
	ptrdiff_t sign = str_find(to, '@');

	if (sign <= 0 || to.len > USER_EMAIL_MAX || str_chars(to) < 0 || str_has_control(to))
		return false;
	for (size_t i = 0; i < to.len; i++)
		if (strchr(" ()<>[]:;,\\\"", to.p[i]))
			return false;
	to = str_sub(to, (size_t)sign + 1, to.len);
	return str_find(to, '@') < 0 && str_find(to, '.') > 0 && to.p[to.len - 1] != '.';
}

static int check(struct svc_ctx *ctx, const struct auth_challenge_in *in)
{
	bool good;

	switch (in->channel) {
	case CHANNEL_SMS:
		good = is_phone(in->to);
		break;
	case CHANNEL_EMAIL:
		good = is_mailbox(in->to);
		break;
	default:
		good = !in->to.len;
		break;
	}
	return good ? 0 : call_refuse(&ctx->call, ERR_INVALID, STR("to"));
}

/* Only who may sign in gets a code to reset a password with. */
static int has_account(
	struct svc_ctx *ctx, const struct auth_challenge_in *in, bool *ret_has_account)
{
	const struct user_find_in query = {
		.login = in->to,
		.by = in->channel == CHANNEL_SMS ? LOGIN_PHONE : LOGIN_EMAIL,
	};
	struct call own = auth_own_call(&ctx->call);
	struct user_find_out found;
	int rc = call_user_find(&own, &query, &found);

	*ret_has_account = !rc && found.account.status == STATUS_NORMAL;
	return rc == ERR_NOT_FOUND || rc == ERR_INVALID ? 0 : rc;
}

static int write_down(struct svc_ctx *ctx, struct str channel, const struct code *code)
{
	const struct auth *auth = ctx->state;
	const struct outbox_line line = {
		.time_us = code->created_us,
		.channel = channel,
		.to = code->to,
		.key = str_c(code->challenge),
		.code = str_c(code->text),
		.purpose = enum_words_text(&auth_purposes, (int)code->purpose),
	};

	return outbox_add(auth->data_dir, ctx->arena, &line);
}

/* How long this call may wait for the delivery. A reset code is not waited for: whether there is an
 * account to send it to must not be felt. */
static int64_t patience_ms(const struct svc_ctx *ctx, const struct code *code)
{
	int64_t left_ms = (ctx->call.deadline_us - CALL_SLACK_US - clock_now_us()) / 1000;

	if (code->purpose == PURPOSE_RESET || left_ms < 0)
		return 0;
	return left_ms < DELIVER_WAIT_MS ? left_ms : DELIVER_WAIT_MS;
}

static int dispatch(
	struct svc_ctx *ctx, const struct auth_challenge_in *in, const struct code *code)
{
	const struct auth *auth = ctx->state;
	int64_t life_s = (code->expires_us - code->created_us) / CLOCK_SECOND_US;
	struct template_text text;
	char id[ID_REQUEST_LEN + 1];
	struct deliver_job job;
	int rc = template_fill(template_language(in->language, auth->language),
		(enum auth_channel)in->channel, code->purpose, str_c(code->text), life_s,
		ctx->arena, &text);

	if (rc)
		return rc;
	id_request(id);
	job = (struct deliver_job){
		.id = str_c(id),
		.time = code->created_us,
		.channel = in->channel,
		.to = code->to,
		.subject = text.subject,
		.text = text.text,
		.code = str_c(code->text),
		.purpose = (int)code->purpose,
	};
	return deliver_send(
		auth->deliver, ctx->arena, &job, code->expires_us, patience_ms(ctx, code));
}

static bool goes_out(const struct auth *auth, int channel)
{
	return channel == CHANNEL_SMS ? auth->send_sms
				      : channel == CHANNEL_EMAIL && auth->send_mail;
}

static int transmit(
	struct svc_ctx *ctx, const struct auth_challenge_in *in, const struct code *code)
{
	const struct auth *auth = ctx->state;

	if (in->channel == CHANNEL_PICTURE)
		return auth->show_captchas ? write_down(ctx, STR("captcha"), code) : 0;
	if (goes_out(auth, in->channel))
		return dispatch(ctx, in, code);
	return write_down(ctx, enum_words_text(&auth_channels, in->channel), code);
}

static int reply(struct svc_ctx *ctx, const struct auth_challenge_in *in, const struct code *code,
	struct auth_challenge_out *out)
{
	out->challenge = str_dup(ctx->arena, str_c(code->challenge));
	out->expires = code->expires_us;
	if (!goes_out(ctx->state, in->channel))
		out->code = str_dup(ctx->arena, str_c(code->text));
	return out->challenge.p ? 0 : ERR_NOMEM;
}

int auth_challenge(
	struct svc_ctx *ctx, const struct auth_challenge_in *in, struct auth_challenge_out *out)
{
	const struct auth *auth = ctx->state;
	const bool is_reset = in->purpose == PURPOSE_RESET && in->channel != CHANNEL_PICTURE;
	struct code code = {
		.purpose = (enum auth_purpose)in->purpose,
		.format = (enum auth_code_format)in->format,
		.to = in->to.len ? in->to : STR_NONE,
		.address = ctx->call.caller.address,
		.shown = in->channel != CHANNEL_PICTURE && !goes_out(auth, in->channel),
	};
	bool is_wanted = true;
	int64_t wait_s = 0;
	int rc = check(ctx, in);

	if (!rc && is_reset)
		rc = has_account(ctx, in, &is_wanted);
	if (!rc)
		rc = code_make(&auth->codes, ctx->arena, &code, &wait_s);
	if (rc)
		return rc == ERR_LIMITED ? call_refuse_for(&ctx->call, rc, wait_s) : rc;
	rc = is_wanted ? transmit(ctx, in, &code) : 0;
	if (rc && is_reset) {
		log_event(LOG_ERROR, ctx->call.request_id, "a code could not be sent",
			LOG_STR("error", str_c(err_name(rc))));
		rc = 0;
	}
	if (rc)
		code_undo(&auth->codes, ctx->arena, &code);
	out->undelivered = rc == ERR_UNAVAILABLE;
	return rc && !out->undelivered ? rc : reply(ctx, in, &code, out);
}
