#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

#define NUMBER_MAX 24 /* bytes of an integer */

int cattle_object(struct req *req, const json_t **ret_object)
{
	json_t *value;
	int rc = req_json(req, &value);

	if (rc)
		return rc;
	if (!json_is_object(value))
		return ERR_INVALID;
	*ret_object = value;
	return 0;
}

int cattle_text(const json_t *object, const char *name, struct str *ret_text)
{
	const json_t *value = json_object_get(object, name);

	if (!value || json_is_null(value)) {
		*ret_text = STR("");
		return 0;
	}
	if (!json_is_string(value))
		return ERR_INVALID;
	*ret_text = json_string_length(value)
			    ? (struct str){json_string_value(value), json_string_length(value)}
			    : STR("");
	return 0;
}

int cattle_number(struct req *req, const json_t *object, const char *name, struct str *ret_text)
{
	const json_t *value = json_object_get(object, name);
	struct buf text;

	if (!json_is_integer(value))
		return cattle_text(object, name, ret_text);
	buf_init(&text, req->arena, NUMBER_MAX);
	buf_add_i64(&text, json_integer_value(value));
	*ret_text = buf_str(&text);
	return buf_failed(&text) ? ERR_NOMEM : 0;
}

int cattle_sex(struct str text, int *ret_sex)
{
	if (text.len > 1 || (text.len == 1 && *text.p != '0' && *text.p != '1'))
		return ERR_INVALID;
	*ret_sex = text.len == 0 ? 0 : *text.p == '0' ? SEX_MALE : SEX_FEMALE;
	return 0;
}

bool cattle_is_phone(struct str text)
{
	return text.len == USER_PHONE_MAX && str_is_digits(text) && text.p[0] == '1' &&
	       text.p[1] >= '3';
}

enum cattle_code cattle_check_new(struct str phone, struct str password)
{
	ptrdiff_t chars = str_chars(password);

	if (password.len == 0)
		return CATTLE_NULL_PASSWORD;
	if (chars < CATTLE_PASSWORD_MIN || chars > CATTLE_PASSWORD_MAX)
		return CATTLE_FORMAT_ERROR_PASSWORD_LENGTH;
	if (phone.len == 0)
		return CATTLE_NULL_PHONE;
	if (str_chars(phone) != USER_PHONE_MAX)
		return CATTLE_FORMAT_ERROR_PHONE_LENGTH;
	return cattle_is_phone(phone) ? CATTLE_SUCCESS_STATUS : CATTLE_FORMAT_ERROR_PHONE;
}
