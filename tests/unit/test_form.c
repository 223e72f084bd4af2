/* Urlencoded and multipart forms: what is read, what is refused, however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/form.h"

#define TYPE "multipart/form-data; boundary=B"
#define PART(name, value)                                                                          \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static struct arena *arena;

static int start(void **state)
{
	(void)state;
	arena = arena_new((size_t)1024 * 1024);
	return arena ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* Fields as "name=value", with "[filename|type]" behind the name of a file, joined by '&'. */
static const char *show(const struct form *form)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *f = &form->fields[i];

		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%.*s", i ? "&" : "", STR_ARG(f->name));
		if (f->filename.p)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "[%.*s|%.*s]",
				STR_ARG(f->filename), STR_ARG(f->type));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "=%.*s", STR_ARG(f->value));
	}
	return text;
}

struct row {
	const char *name;
	struct str in;
	const char *want; /* NULL: ERR_INVALID */
};

#define ROW(name_, in_, want_)                                                                     \
	{                                                                                          \
		name_, STR_INIT(in_), want_                                                        \
	}

static const struct row urlencoded[] = {
	ROW("nothing", "", ""),
	ROW("one", "a=b", "a=b"),
	ROW("two", "a=b&c=d", "a=b&c=d"),
	ROW("no equals sign", "a&b", "a=&b="),
	ROW("equals signs in a value", "a=b=c", "a=b=c"),
	ROW("empty pieces", "&&a=b&&", "a=b"),
	ROW("empty name", "=b", "=b"),
	ROW("blanks", "a+b=c+d%20e", "a b=c d e"),
	ROW("escaped separators", "a%26%3d=%26%3D%2b", "a&==&=+"),
	ROW("UTF-8", "%e4%bd%a0=\xe5\xa5\xbd", "\xe4\xbd\xa0=\xe5\xa5\xbd"),
	ROW("percent at the end", "a=b%", "a=b%"),
	ROW("percent and one digit", "a=b%4", "a=b%4"),
	ROW("percent and no digits", "a=%zz%4g%%41", "a=%zz%4g%A"),
	ROW("duplicates stay", "a=1&a=2", "a=1&a=2"),
	ROW("NUL", "a=%00", NULL),
	ROW("raw NUL", "a=\0", NULL),
	ROW("invalid UTF-8", "a=%ff", NULL),
	ROW("invalid UTF-8 in a name", "%c0%af=a", NULL),
	ROW("surrogate", "a=%ed%a0%80", NULL),
};

static void reads_urlencoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urlencoded) / sizeof(urlencoded[0]); i++) {
		struct form form = {.count = 0};
		int err = form_add_urlencoded(&form, urlencoded[i].in, arena);

		print_message("%s\n", urlencoded[i].name);
		assert_int_equal(err, urlencoded[i].want ? 0 : ERR_INVALID);
		if (urlencoded[i].want)
			assert_string_equal(show(&form), urlencoded[i].want);
		arena_reset(arena);
	}
}

static void the_last_field_counts(void **state)
{
	struct form form = {.count = 0};

	(void)state;
	assert_int_equal(form_add_urlencoded(&form, STR("a=1&b=2&a="), arena), 0);
	assert_int_equal(form_add_urlencoded(&form, STR("b=3"), arena), 0);
	assert_int_equal(form.count, 4);
	assert_non_null(form_value(&form, STR("a")).p);
	assert_int_equal(form_value(&form, STR("a")).len, 0);
	assert_true(str_eq(form_value(&form, STR("b")), STR("3")));
	assert_null(form_value(&form, STR("A")).p);
	assert_null(form_find(&form, STR("c")));
	arena_reset(arena);
}

static void limits_hold(void **state)
{
	char text[FORM_FIELDS_MAX * 2 + 2 * FORM_NAME_MAX];
	struct form form = {.count = 0};
	struct arena *small = arena_new(16);

	(void)state;
	for (size_t i = 0; i < FORM_FIELDS_MAX + 1; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(
		form_add_urlencoded(&form, (struct str){text, FORM_FIELDS_MAX * 2}, arena), 0);
	assert_int_equal(form.count, FORM_FIELDS_MAX);
	assert_int_equal(form_add_urlencoded(&form, STR("a"), arena), ERR_INVALID);
	form.count = 0;
	assert_int_equal(
		form_add_urlencoded(&form, (struct str){text, FORM_FIELDS_MAX * 2 + 1}, arena),
		ERR_INVALID);
	memset(text, 'n', sizeof(text));
	form.count = 0;
	assert_int_equal(form_add_urlencoded(&form, (struct str){text, FORM_NAME_MAX}, arena), 0);
	assert_int_equal(form_add_urlencoded(&form, (struct str){text, FORM_NAME_MAX + 1}, arena),
		ERR_INVALID);
	assert_int_equal(form_add_urlencoded(&form, STR("aaaaaaaaaaaaaaaaaaaa"), small), ERR_NOMEM);
	arena_free(small);
	arena_reset(arena);
}

static const struct row bodies[] = {
	ROW("one part", PART("a", "b") "--B--\r\n", "a=b"),
	ROW("two parts", PART("a", "b") PART("c", "d") "--B--\r\n", "a=b&c=d"),
	ROW("no part", "--B--", ""),
	ROW("no line end behind", PART("a", "b") "--B--", "a=b"),
	ROW("preamble and epilogue",
		"hello\r\nworld\n\r\n" PART("a", "b") "--B--\r\nbye\r\n--B\r\n", "a=b"),
	ROW("blanks behind the delimiter",
		"--B \t \r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--B--", "a=b"),
	ROW("empty value", PART("a", "") "--B--", "a="),
	ROW("empty value without its line end",
		"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--", "a="),
	ROW("line ends in a value", PART("a", "\r\nb\n\r\rc\r\n") "--B--", "a=\r\nb\n\r\rc\r\n"),
	ROW("beginnings of a delimiter", PART("a", "\r\n-\r\n--\r\n-B\r\n\r\n--C--B--") "--B--",
		"a=\r\n-\r\n--\r\n-B\r\n\r\n--C--B--"),
	ROW("dashes first", PART("a", "-- B") "--B--", "a=-- B"),
	ROW("file",
		"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n"
		"Content-Type: image/png\r\n\r\n\x89PNG\r\n--B--",
		"f[x.png|image/png]=\x89PNG"),
	ROW("empty filename",
		"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--B--",
		"f[|]="),
	ROW("escapes",
		"--B\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\c\"; "
		"filename=\"C:\\d\\e;f\"\r\n\r\n1\r\n--B--",
		"a\"b\\c[C:\\d\\e;f|]=1"),
	ROW("filename* is ignored",
		"--B\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''%e2; "
		"filename=g\r\n"
		"\r\n1\r\n--B--",
		"f[g|]=1"),
	ROW("only filename*",
		"--B\r\nContent-Disposition: form-data; name=f; "
		"filename*=UTF-8''x\r\n\r\n1\r\n--B--",
		"f=1"),
	ROW("names in other case, other headers",
		"--B\r\nX: y\r\nCONTENT-DISPOSITION:Form-Data;NAME=a;\r\n\r\n1\r\n--B--", "a=1"),
	ROW("UTF-8 name", PART("\xe4\xbd\xa0", "1") "--B--", "\xe4\xbd\xa0=1"),
	ROW("no closing delimiter", PART("a", "b"), NULL),
	ROW("nothing", "", NULL),
	ROW("only a preamble", "hello", NULL),
	ROW("cut delimiter", PART("a", "b") "--B-", NULL),
	ROW("cut header", "--B\r\nContent-Disposition: form-data; name=a\r\n", NULL),
	ROW("garbage behind the delimiter", PART("a", "b") "--Bx\r\n", NULL),
	ROW("garbage behind blanks", PART("a", "b") "--B x\r\n", NULL),
	ROW("one dash", PART("a", "b") "--B-\r\n", NULL),
	ROW("LF line ends", "--B\nContent-Disposition: form-data; name=a\n\nb\n--B--\n", NULL),
	ROW("LF after the delimiter",
		"--B\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--B--", NULL),
	ROW("LF in the header",
		"--B\r\nX: y\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--B--", NULL),
	ROW("CR in the header",
		"--B\r\nX: y\rContent-Disposition: form-data; name=a\r\n\r\nb\r\n--B--", NULL),
	ROW("folded header", "--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nb\r\n--B--",
		NULL),
	ROW("no header", "--B\r\n\r\nb\r\n--B--", NULL),
	ROW("no disposition", "--B\r\nX: y\r\n\r\nb\r\n--B--", NULL),
	ROW("no name", "--B\r\nContent-Disposition: form-data; filename=a\r\n\r\nb\r\n--B--", NULL),
	ROW("two names", "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nb\r\n--B--",
		NULL),
	ROW("two dispositions",
		"--B\r\nContent-Disposition: form-data; name=a\r\n"
		"Content-Disposition: form-data; name=b\r\n\r\nb\r\n--B--",
		NULL),
	ROW("attachment", "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--B--", NULL),
	ROW("open quote", "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--B--",
		NULL),
	ROW("text behind a quote",
		"--B\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\nb\r\n--B--", NULL),
	ROW("control in a name", PART("a\x01", "b") "--B--", NULL),
	ROW("NUL in a name", PART("a\0", "b") "--B--", NULL),
	ROW("invalid UTF-8 in a name", PART("\xff", "b") "--B--", NULL),
	ROW("control in a filename",
		"--B\r\nContent-Disposition: form-data; name=f; "
		"filename=\"a\tb\"\r\n\r\nb\r\n--B--",
		NULL),
	ROW("NUL in a value", PART("a", "\0") "--B--", NULL),
	ROW("invalid UTF-8 in a value", PART("a", "\xff") "--B--", NULL),
};

static void reads_multipart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct form form = {.count = 0};
		int err = form_add_multipart(&form, STR(TYPE), bodies[i].in, arena);

		print_message("%s\n", bodies[i].name);
		assert_int_equal(err, bodies[i].want ? 0 : ERR_INVALID);
		if (bodies[i].want)
			assert_string_equal(show(&form), bodies[i].want);
		arena_reset(arena);
	}
}

/* What a streaming reader tells, as text. */
struct tale {
	char text[4096];
	size_t len;
};

static void tell(struct tale *tale, const char *before, struct str s)
{
	tale->len += (size_t)snprintf(tale->text + tale->len, sizeof(tale->text) - tale->len,
		"%s%.*s", before, STR_ARG(s));
}

static int tell_part(void *arg, const struct form_field *part)
{
	tell(arg, "<", part->name);
	tell(arg, ">", STR(""));
	return 0;
}

static int tell_data(void *arg, struct str bytes)
{
	tell(arg, "", bytes);
	return 0;
}

static int tell_end(void *arg)
{
	tell(arg, "<end>", STR(""));
	return 0;
}

static void pieces_make_no_difference(void **state)
{
	static const struct str body = STR_INIT("pre\r\n--\r\n" PART("a", "1\r\n--\r\n2\r\n-")
			PART("b", "") PART("c", "\r") "--B--\r\n\r\n--B\r\n");
	static struct tale tale;
	struct multipart_sink sink = {&tale, tell_part, tell_data, tell_end};

	(void)state;
	for (size_t piece = 1; piece <= body.len; piece++) {
		struct multipart *reader;

		tale.len = 0;
		assert_int_equal(multipart_new(STR(TYPE), &sink, arena, &reader), 0);
		for (size_t i = 0; i < body.len; i += piece)
			assert_int_equal(multipart_feed(reader, str_sub(body, i, piece)), 0);
		assert_int_equal(multipart_finish(reader), 0);
		assert_string_equal(tale.text, "<a>1\r\n--\r\n2\r\n-<end><b><end><c>\r<end>");
		arena_reset(arena);
	}
}

static void content_types(void **state)
{
	static const struct {
		const char *type;
		const char *boundary; /* NULL: refused */
	} rows[] = {
		{"multipart/form-data; boundary=B", "B"},
		{"Multipart/Form-Data;BOUNDARY=\"B\"", "B"},
		{"multipart/form-data; charset=utf-8; boundary=B;", "B"},
		{"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
			"----WebKitFormBoundary7MA4YWxkTrZu0gW"},
		{"multipart/form-data; boundary=\"a b'()+_,-./:=?c\"", "a b'()+_,-./:=?c"},
		{"multipart/form-data; boundary=a/b:c=d", "a/b:c=d"},
		{"multipart/form-data; "
		 "boundary=123456789012345678901234567890123456789012345678901234567890"
		 "1234567890",
			"1234567890123456789012345678901234567890123456789012345678901234567890"},
		{"multipart/form-data; "
		 "boundary=123456789012345678901234567890123456789012345678901234567890"
		 "12345678901",
			NULL},
		{"multipart/form-data", NULL},
		{"multipart/form-data;", NULL},
		{"multipart/form-data; boundary=", NULL},
		{"multipart/form-data; boundary=\"\"", NULL},
		{"multipart/form-data; boundary=\"B", NULL},
		{"multipart/form-data; boundary=\"B \"", NULL},
		{"multipart/form-data; boundary=B; boundary=C", NULL},
		{"multipart/form-data; boundary=B C", NULL},
		{"multipart/form-data; boundary=\"a\rb\"", NULL},
		{"multipart/form-data; boundary=\xc3\xa9", NULL},
		{"multipart/mixed; boundary=B", NULL},
		{"multipart/form-datax; boundary=B", NULL},
		{"application/x-www-form-urlencoded", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct form form = {.count = 0};
		char body[256];
		int len = snprintf(body, sizeof(body),
			"--%s\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--%s--",
			rows[i].boundary ? rows[i].boundary : "B",
			rows[i].boundary ? rows[i].boundary : "B");

		print_message("%s\n", rows[i].type);
		assert_int_equal(form_add_multipart(&form, str_c(rows[i].type),
					 (struct str){body, (size_t)len}, arena),
			rows[i].boundary ? 0 : ERR_INVALID);
		assert_int_equal(form.count, rows[i].boundary ? 1 : 0);
		arena_reset(arena);
	}
	assert_int_equal(form_add_multipart(&(struct form){.count = 0}, STR_NONE, STR(""), arena),
		ERR_INVALID);
}

static int refuse_data(void *arg, struct str bytes)
{
	(void)arg;
	(void)bytes;
	return ERR_TOO_LARGE;
}

static void a_sink_can_end_it(void **state)
{
	static struct tale tale;
	struct multipart_sink sink = {&tale, tell_part, refuse_data, tell_end};
	struct multipart *reader;

	(void)state;
	assert_int_equal(multipart_new(STR(TYPE), &sink, arena, &reader), 0);
	assert_int_equal(multipart_feed(reader, STR(PART("a", "b"))), ERR_TOO_LARGE);
	assert_int_equal(multipart_feed(reader, STR("--B--")), ERR_INVALID);
	assert_int_equal(multipart_finish(reader), ERR_INVALID);
	arena_reset(arena);
}

static void multipart_limits_hold(void **state)
{
	static const struct str part = STR_INIT(PART("a", "b"));
	struct form form = {.count = 0};
	struct arena *small = arena_new(8192);
	char *body =
		arena_alloc(arena, (FORM_FIELDS_MAX + 2) * part.len + 4 * FORM_PART_HEADER_MAX);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++, len += part.len)
		memcpy(body + len, part.p, part.len);
	memcpy(body + len, "--B--", 5);
	assert_int_equal(
		form_add_multipart(&form, STR(TYPE), (struct str){body, len + 5}, arena), 0);
	assert_int_equal(form.count, FORM_FIELDS_MAX);
	memcpy(body + len, part.p, part.len);
	memcpy(body + len + part.len, "--B--", 5);
	form.count = 0;
	assert_int_equal(
		form_add_multipart(&form, STR(TYPE), (struct str){body, len + part.len + 5}, arena),
		ERR_INVALID);
	/* A header that does not end. */
	len = (size_t)sprintf(body, "--B\r\nX: ");
	memset(body + len, 'x', FORM_PART_HEADER_MAX);
	form.count = 0;
	assert_int_equal(form_add_multipart(&form, STR(TYPE),
				 (struct str){body, len + FORM_PART_HEADER_MAX}, arena),
		ERR_INVALID);
	/* A value larger than the arena. */
	len = (size_t)sprintf(body, PART("a", "%08192d") "--B--", 0);
	form.count = 0;
	assert_int_equal(
		form_add_multipart(&form, STR(TYPE), (struct str){body, len}, small), ERR_NOMEM);
	arena_free(small);
	arena_reset(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_urlencoded),
		cmocka_unit_test(the_last_field_counts),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(reads_multipart),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(content_types),
		cmocka_unit_test(a_sink_can_end_it),
		cmocka_unit_test(multipart_limits_hold),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
