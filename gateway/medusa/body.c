#include "common/base/json.h"
#include "gateway/medusa/medusa.h"
#include "gateway/req.h"

int medusa_read(struct req *req, const char *const *keys, struct str *ret_texts, size_t count)
{
	json_t *object;
	int rc = req_json(req, &object);

	if (rc)
		return rc;
	if (!json_is_object(object))
		return ERR_INVALID;
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(object, keys[i]);

		if (value && !json_is_null(value) && !json_is_string(value))
			return ERR_INVALID;
		ret_texts[i] = json_is_string(value) ? json_str(value) : STR("");
	}
	return 0;
}

struct str medusa_peek(struct req *req, const char *key)
{
	struct str text;

	return medusa_read(req, &key, &text, 1) || !text.len ? STR_NONE : text;
}
