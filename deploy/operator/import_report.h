/* What became of the lines: a record for each that did not go as it was asked, and the count of
 * all. */
#ifndef OPERATOR_IMPORT_REPORT_H
#define OPERATOR_IMPORT_REPORT_H

#include <stdio.h>

#include "common/rpc/user_api.h"
#include "deploy/operator/import_row.h"

#define IMPORT_UNKNOWN_MAX 16
#define IMPORT_UNKNOWN_LEN 64 /* bytes, with the NUL */

struct import_report {
	FILE *file;	    /* records as JSON lines; NULL: to standard output */
	bool json;	    /* standard output speaks JSON */
	int64_t started_us; /* monotonic */
	char unknown[IMPORT_UNKNOWN_MAX][IMPORT_UNKNOWN_LEN]; /* fields that have been told of */
	size_t unknown_count;
	int64_t lines, made, already, refused, renumbered;
};

/* path NULL: none. Makes the file, for its owner alone. ERR_IO. */
int import_report_open(struct import_report *report, const char *path, bool json);
/* A line with faults. */
void import_report_faults(struct import_report *report, int64_t line, const struct import_row *row,
	struct arena *arena);
void import_report_result(struct import_report *report, int64_t line, const struct import_row *row,
	const struct user_import_result *result, struct arena *arena);
/* Tells standard error once of each field that is not taken: it may be misspelt. */
void import_report_unknown(
	struct import_report *report, int64_t line, struct str field, struct arena *arena);
/* Writes the count to standard output. ERR_IO: not all could be written. */
int import_report_close(struct import_report *report);

#endif
