/* The texts that carry a code, in English and Chinese. */
#ifndef AUTH_TEMPLATES_H
#define AUTH_TEMPLATES_H

#include "common/rpc/auth_api.h"

struct arena;

enum template_language { LANGUAGE_ZH, LANGUAGE_EN };

/* "en", "zh", or a tag that begins so ("en-GB"); anything else is `fallback`. */
enum template_language template_language(struct str tag, enum template_language fallback);

struct template_text {
	struct str subject; /* of a mail */
	struct str text;
};
/* life_s: how long the code is good. ERR_NOMEM. */
int template_fill(enum template_language language, enum auth_channel channel,
	enum auth_purpose purpose, struct str code, int64_t life_s, struct arena *arena,
	struct template_text *ret_text);

#endif
