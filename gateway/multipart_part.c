#include "gateway/multipart_part.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

struct param {
	struct str name;
	struct str value; /* without its quotes, escapes not yet resolved */
	bool quoted;
};

static struct str trim_left(struct str s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_sub(s, 1, s.len);
	return s;
}

/* The length of a quoted string's inside; -1 if it does not end. */
static ptrdiff_t quoted_len(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			return (ptrdiff_t)i;
		if (s.p[i] == '\\' && i + 1 < s.len && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
	}
	return -1;
}

static int value_next(struct str *rest, struct param *param)
{
	ptrdiff_t len;

	param->quoted = rest->len > 0 && rest->p[0] == '"';
	if (param->quoted) {
		*rest = str_sub(*rest, 1, rest->len);
		len = quoted_len(*rest);
		if (len < 0)
			return ERR_INVALID;
		param->value = str_sub(*rest, 0, (size_t)len);
		*rest = str_sub(*rest, (size_t)len + 1, rest->len);
		return 0;
	}
	len = str_find(*rest, ';');
	param->value = str_trim(str_sub(*rest, 0, len < 0 ? rest->len : (size_t)len));
	*rest = str_sub(*rest, len < 0 ? rest->len : (size_t)len, rest->len);
	return param->value.len == 0 || str_find(param->value, '"') >= 0 ||
			       str_find(param->value, ' ') >= 0
		       ? ERR_INVALID
		       : 0;
}

/* Takes "; name=value" off the rest: 1, or 0 at its end. */
static int param_next(struct str *rest, struct param *ret_param)
{
	ptrdiff_t equals;
	int err;

	*rest = trim_left(*rest);
	if (rest->len == 0)
		return 0;
	if (rest->p[0] != ';')
		return ERR_INVALID;
	*rest = trim_left(str_sub(*rest, 1, rest->len));
	if (rest->len == 0)
		return 0;
	equals = str_find(*rest, '=');
	if (equals <= 0)
		return ERR_INVALID;
	ret_param->name = str_trim(str_sub(*rest, 0, (size_t)equals));
	*rest = trim_left(str_sub(*rest, (size_t)equals + 1, rest->len));
	err = value_next(rest, ret_param);
	return err < 0 ? err : 1;
}

/* Copies a value. In quotes, only \" and \\ are escapes: there are clients that send a path with
 * backslashes as a file's name. */
static int value_copy(const struct param *param, struct arena *arena, struct str *ret_value)
{
	char *out = arena_alloc(arena, param->value.len + 1);
	size_t len = 0;

	if (!out)
		return ERR_NOMEM;
	for (size_t i = 0; i < param->value.len; i++) {
		char next = i + 1 < param->value.len ? param->value.p[i + 1] : '\0';

		if (param->quoted && param->value.p[i] == '\\' && (next == '"' || next == '\\'))
			i++;
		out[len++] = param->value.p[i];
	}
	*ret_value = (struct str){out, len};
	return 0;
}

static bool is_boundary(struct str s)
{
	static const char others[] = "'()+_,-./:=? ";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool alnum =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!alnum && !memchr(others, c, sizeof(others) - 1))
			return false;
	}
	return s.len > 0 && s.len <= FORM_BOUNDARY_MAX && s.p[s.len - 1] != ' ';
}

int multipart_boundary_read(struct str content_type, struct arena *arena, struct str *ret_boundary)
{
	struct str rest = trim_left(content_type);
	struct str boundary = STR_NONE;
	struct param param;
	ptrdiff_t end = str_find(rest, ';');
	int err;

	if (end < 0 ||
		!str_eq_nocase(str_trim(str_sub(rest, 0, (size_t)end)), STR("multipart/form-data")))
		return ERR_INVALID;
	rest = str_sub(rest, (size_t)end, rest.len);
	while ((err = param_next(&rest, &param)) > 0) {
		if (!str_eq_nocase(param.name, STR("boundary")))
			continue;
		if (boundary.p)
			return ERR_INVALID;
		err = value_copy(&param, arena, &boundary);
		if (err < 0)
			return err;
	}
	if (err < 0)
		return err;
	if (!boundary.p || !is_boundary(boundary))
		return ERR_INVALID;
	*ret_boundary = boundary;
	return 0;
}

/* Once only, and of bytes that may stand in a name. */
static int text_set(const struct param *param, struct arena *arena, struct str *text)
{
	int err;

	if (text->p)
		return ERR_INVALID;
	err = value_copy(param, arena, text);
	if (err < 0)
		return err;
	return str_chars(*text) < 0 || str_has_control(*text) ? ERR_INVALID : 0;
}

static int disposition_read(struct str value, struct arena *arena, struct form_field *part)
{
	ptrdiff_t end = str_find(value, ';');
	struct str rest;
	struct param param;
	int err;

	if (part->name.p || end < 0 ||
		!str_eq_nocase(str_trim(str_sub(value, 0, (size_t)end)), STR("form-data")))
		return ERR_INVALID;
	rest = str_sub(value, (size_t)end, value.len);
	while ((err = param_next(&rest, &param)) > 0) {
		if (str_eq_nocase(param.name, STR("name")))
			err = text_set(&param, arena, &part->name);
		else if (str_eq_nocase(param.name, STR("filename")))
			err = text_set(&param, arena, &part->filename);
		if (err < 0)
			return err;
	}
	if (err < 0)
		return err;
	return !part->name.p || part->name.len > FORM_NAME_MAX ? ERR_INVALID : 0;
}

static int line_read(struct str line, struct arena *arena, struct form_field *part)
{
	ptrdiff_t colon = str_find(line, ':');
	struct str name, value;

	if (colon <= 0 || line.p[0] == ' ' || line.p[0] == '\t' || str_find(line, '\r') >= 0 ||
		str_find(line, '\n') >= 0 || str_find(line, '\0') >= 0)
		return ERR_INVALID;
	name = str_trim(str_sub(line, 0, (size_t)colon));
	value = str_trim(str_sub(line, (size_t)colon + 1, line.len));
	if (str_eq_nocase(name, STR("content-disposition")))
		return disposition_read(value, arena, part);
	if (str_eq_nocase(name, STR("content-type"))) {
		struct param type = {.value = value};

		return text_set(&type, arena, &part->type);
	}
	return 0;
}

int multipart_part_read(struct str lines, struct arena *arena, struct form_field *ret_part)
{
	struct form_field part = {.name = STR_NONE};
	int err = 0;

	while (lines.len > 0 && err == 0) {
		const char *end = memmem(lines.p, lines.len, "\r\n", 2);

		if (!end)
			return ERR_INVALID;
		err = line_read((struct str){lines.p, (size_t)(end - lines.p)}, arena, &part);
		lines = str_sub(lines, (size_t)(end - lines.p) + 2, lines.len);
	}
	if (err == 0 && !part.name.p)
		err = ERR_INVALID;
	if (err == 0)
		*ret_part = part;
	return err;
}
