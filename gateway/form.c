#include "gateway/form.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/err.h"

struct str form_value(const struct form *form, struct str name)
{
	const struct form_field *field = form_find(form, name);

	return field ? field->value : STR_NONE;
}

const struct form_field *form_find(const struct form *form, struct str name)
{
	for (size_t i = form->count; i > 0; i--)
		if (str_eq(form->fields[i - 1].name, name))
			return &form->fields[i - 1];
	return NULL;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes to *out, which has room for the text, and moves it behind. */
static struct str decode(struct str text, char **out)
{
	char *start = *out;
	char *p = start;

	for (size_t i = 0; i < text.len; i++) {
		bool escape = text.p[i] == '%' && text.len - i > 2;
		int high = escape ? hex_value(text.p[i + 1]) : -1;
		int low = escape ? hex_value(text.p[i + 2]) : -1;

		if (high >= 0 && low >= 0) {
			*p++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*p++ = text.p[i] == '+' ? ' ' : text.p[i];
		}
	}
	*out = p;
	return (struct str){start, (size_t)(p - start)};
}

int form_add_urlencoded(struct form *form, struct str text, struct arena *arena)
{
	struct str rest = text;
	struct str piece;
	char *out;

	if (text.len == 0)
		return 0;
	out = arena_alloc(arena, text.len);
	if (!out)
		return ERR_NOMEM;
	while (str_cut(&rest, '&', &piece)) {
		struct form_field field = {.value = STR_NONE};
		struct str name;

		if (piece.len == 0)
			continue;
		if (form->count == FORM_FIELDS_MAX)
			return ERR_INVALID;
		str_cut(&piece, '=', &name);
		field.name = decode(name, &out);
		field.value = decode(piece, &out);
		if (field.name.len > FORM_NAME_MAX || str_chars(field.name) < 0 ||
			str_chars(field.value) < 0)
			return ERR_INVALID;
		form->fields[form->count++] = field;
	}
	return 0;
}

/* A multipart sink that gathers each part into a field of the form. */
struct gather {
	struct form *form;
	struct arena *arena;
	struct form_field *field;
	char *bytes;
};

static int gather_part(void *arg, const struct form_field *part)
{
	struct gather *gather = arg;

	if (gather->form->count == FORM_FIELDS_MAX)
		return ERR_INVALID;
	gather->field = &gather->form->fields[gather->form->count++];
	*gather->field = *part;
	gather->field->value = STR("");
	gather->bytes = NULL;
	return 0;
}

static int gather_data(void *arg, struct str bytes)
{
	struct gather *gather = arg;
	struct str *value = &gather->field->value;

	gather->bytes = gather->bytes ? arena_grow(gather->arena, gather->bytes, value->len,
						value->len + bytes.len)
				      : arena_alloc(gather->arena, bytes.len);
	if (!gather->bytes)
		return ERR_NOMEM;
	memcpy(gather->bytes + value->len, bytes.p, bytes.len);
	*value = (struct str){gather->bytes, value->len + bytes.len};
	return 0;
}

/* A file may be any bytes, a text must be one. */
static int gather_end(void *arg)
{
	const struct form_field *field = ((struct gather *)arg)->field;

	return !field->filename.p && str_chars(field->value) < 0 ? ERR_INVALID : 0;
}

int form_add_multipart(
	struct form *form, struct str content_type, struct str body, struct arena *arena)
{
	struct gather gather = {.form = form, .arena = arena};
	struct multipart_sink sink = {&gather, gather_part, gather_data, gather_end};
	struct multipart *reader;
	int err = multipart_new(content_type, &sink, arena, &reader);

	if (err == 0)
		err = multipart_feed(reader, body);
	if (err == 0)
		err = multipart_finish(reader);
	return err;
}
