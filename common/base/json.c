#include "common/base/json.h"

#include <stdbool.h>

#include "common/base/err.h"

/* Looked at before parsing: jansson recurses, and has a limit of 2048 only. */
static bool is_too_deep(struct str text)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

int json_parse(struct str text, json_t **ret_value)
{
	json_error_t error;
	json_t *value;

	if (text.len == 0 || is_too_deep(text))
		return ERR_INVALID;
	value = json_loadb(text.p, text.len, JSON_DECODE_ANY, &error);
	if (!value)
		return json_error_code(&error) == json_error_out_of_memory ? ERR_NOMEM
									   : ERR_INVALID;
	*ret_value = value;
	return 0;
}

struct str json_str(const json_t *value)
{
	if (!json_is_string(value))
		return STR_NONE;
	return (struct str){json_string_value(value), json_string_length(value)};
}
