#include "deploy/operator/import_lines.h"

#include "common/base/err.h"

int import_lines_next(struct import_lines *lines, struct str *ret_line)
{
	static const struct str byte_order_mark = STR_INIT("\xef\xbb\xbf");
	size_t len = 0;
	int c;

	while ((c = getc_unlocked(lines->file)) != EOF && c != '\n') {
		if (len < sizeof(lines->text))
			lines->text[len] = (char)c;
		len++;
	}
	if (ferror(lines->file))
		return ERR_IO;
	if (c == EOF && len == 0)
		return ERR_NOT_FOUND;
	lines->number++;
	if (len > sizeof(lines->text))
		return ERR_TOO_LARGE;
	*ret_line = (struct str){lines->text, len};
	if (lines->number == 1 && str_starts(*ret_line, byte_order_mark))
		*ret_line = str_sub(*ret_line, byte_order_mark.len, len);
	return 0;
}
