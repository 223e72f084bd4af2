/* A file line by line, in memory that does not grow with it. */
#ifndef OPERATOR_IMPORT_LINES_H
#define OPERATOR_IMPORT_LINES_H

#include <stdio.h>

#include "common/base/str.h"

#define IMPORT_LINE_MAX 65536 /* bytes; far more than an account needs */

struct import_lines {
	FILE *file;
	int64_t number; /* of the line read last, from 1 */
	char text[IMPORT_LINE_MAX];
};

/* The next line without its end; the slice lives until the next call. ERR_NOT_FOUND at the end of
 * the file, ERR_TOO_LARGE for a line that was passed over, ERR_IO. */
int import_lines_next(struct import_lines *lines, struct str *ret_line);

#endif
