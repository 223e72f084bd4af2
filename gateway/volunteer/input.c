#include "gateway/form.h"
#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

#define CHOICES 3
#define ID_DIGITS_MAX 18

/* A form has nothing but text; of JSON a number is no text. */
static bool is_text(const struct req *req, const char *name)
{
	return !req->json || json_is_string(json_object_get(req->json, name));
}

int volunteer_text(const struct req *req, const struct form *form, const char *name, ptrdiff_t max,
	struct str *ret_text)
{
	struct str text = form_value(form, str_c(name));

	if (text.len == 0 || str_chars(text) > max || !is_text(req, name))
		return ERR_INVALID;
	*ret_text = text;
	return 0;
}

int volunteer_choice(const struct form *form, const char *name, int *ret_choice)
{
	struct str text = form_value(form, str_c(name));

	if (text.len > 1 || (text.len == 1 && (*text.p < '0' || *text.p >= '0' + CHOICES)))
		return ERR_INVALID;
	*ret_choice = text.len ? *text.p - '0' + 1 : 0;
	return 0;
}

int volunteer_id(const struct form *form, const char *name, int64_t *ret_id)
{
	struct str text = form_value(form, str_c(name));

	if (!str_is_digits(text) || *text.p == '0' || text.len > ID_DIGITS_MAX)
		return ERR_NOT_FOUND;
	return str_to_i64(text, ret_id) ? ERR_NOT_FOUND : 0;
}
