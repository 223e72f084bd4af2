#include "common/base/err.h"
#include "svc-media/media.h"

int media_picture(
	struct svc_ctx *ctx, const struct media_picture_in *in, struct media_picture_out *out)
{
	(void)ctx;
	for (size_t i = 0; i < media_builtin_count; i++) {
		const struct media_builtin *builtin = &media_builtins[i];

		if (str_eq(in->path, builtin->path)) {
			out->type = builtin->type;
			out->etag = builtin->etag;
			out->content = builtin->content;
			return 0;
		}
	}
	return ERR_NOT_FOUND;
}
