#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "svc-media/media.h"
#include "svc-media/painter.h"

static bool is_drawable(const struct media_captcha_in *in)
{
	if (in->text.len == 0 || in->width < MEDIA_CAPTCHA_WIDTH_MIN ||
		in->height < MEDIA_CAPTCHA_HEIGHT_MIN)
		return false;
	for (size_t i = 0; i < in->text.len; i++) {
		char c = in->text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '1' && c <= '9'))
			return false;
	}
	return !in->seed.p || in->seed.len == MEDIA_CAPTCHA_SEED_BYTES;
}

int media_captcha(
	struct svc_ctx *ctx, const struct media_captcha_in *in, struct media_captcha_out *out)
{
	const struct media *media = ctx->state;
	unsigned char seed[MEDIA_CAPTCHA_SEED_BYTES];
	struct picture_job job = {
		.task = PICTURE_CAPTCHA,
		.text = in->text,
		.width = in->width,
		.height = in->height,
		.seed = in->seed,
	};
	struct picture_answer answer;
	int rc;

	if (!is_drawable(in))
		return ERR_INVALID;
	if (!in->seed.p) {
		id_random(seed, sizeof(seed));
		job.seed = (struct str){(const char *)seed, sizeof(seed)};
	}
	rc = painter_ask(media->painter, &job, ctx->call.deadline_us, ctx->arena, &answer);
	if (!rc)
		out->content = answer.content;
	return rc;
}
