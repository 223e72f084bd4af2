#include "deploy/operator/import_report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "deploy/operator/words.h"

#define RECORD_MAX 4096

int import_report_open(struct import_report *report, const char *path, bool json)
{
	int fd;

	*report = (struct import_report){.json = json, .started_us = clock_mono_us()};
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	report->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (report->file)
		return 0;
	if (fd >= 0)
		close(fd);
	return ERR_IO;
}

static void write_json(struct import_report *report, int64_t line, const char *outcome,
	struct str names[2], struct str values[2], struct arena *arena)
{
	struct buf record;

	buf_init(&record, arena, RECORD_MAX);
	buf_addf(&record, "{\"line\":%" PRId64 ",\"outcome\":\"%s\"", line, outcome);
	for (size_t i = 0; i < 2; i++) {
		buf_add_c(&record, ",\"");
		buf_add_str(&record, names[i]);
		buf_add_c(&record, "\":");
		buf_add_json(&record, values[i]);
	}
	buf_add_c(&record, "}\n");
	if (!buf_failed(&record))
		fprintf(report->file ? report->file : stdout, "%.*s", STR_ARG(buf_str(&record)));
}

static void refused(struct import_report *report, int64_t line, struct str field, struct str reason,
	struct arena *arena)
{
	if (report->file || report->json)
		write_json(report, line, "refused", (struct str[]){STR("field"), STR("reason")},
			(struct str[]){field, reason}, arena);
	else
		printf("line %" PRId64 ": refused: %.*s%s%.*s\n", line, STR_ARG(field),
			field.len ? ": " : "", STR_ARG(reason));
}

static void renumbered(struct import_report *report, int64_t line, struct str old_id, int64_t id,
	struct arena *arena)
{
	struct buf text;

	report->renumbered++;
	buf_init(&text, arena, RECORD_MAX);
	if (report->file || report->json) {
		buf_add_i64(&text, id);
		write_json(report, line, "renumbered", (struct str[]){STR("old_id"), STR("id")},
			(struct str[]){old_id, buf_str(&text)}, arena);
		return;
	}
	buf_add_json(&text, old_id);
	printf("line %" PRId64 ": renumbered: %.*s is now %" PRId64 "\n", line,
		STR_ARG(buf_str(&text)), id);
}

void import_report_faults(struct import_report *report, int64_t line, const struct import_row *row,
	struct arena *arena)
{
	report->lines++;
	report->refused++;
	for (size_t i = 0; i < row->fault_count; i++)
		refused(report, line, row->faults[i].field, row->faults[i].reason, arena);
}

void import_report_result(struct import_report *report, int64_t line, const struct import_row *row,
	const struct user_import_result *result, struct arena *arena)
{
	report->lines++;
	if (result->outcome == IMPORT_REFUSED) {
		report->refused++;
		if (!result->fields_count)
			refused(report, line, STR(""), result->reason, arena);
		for (size_t i = 0; i < result->fields_count; i++)
			refused(report, line, result->fields[i], result->reason, arena);
		return;
	}
	if (result->outcome == IMPORT_ALREADY) {
		report->already++;
		return;
	}
	report->made++;
	if (row->old_id.p && row->row.id != result->account)
		renumbered(report, line, row->old_id, result->account, arena);
}

void import_report_unknown(
	struct import_report *report, int64_t line, struct str field, struct arena *arena)
{
	char *slot;

	field = str_sub(field, 0, IMPORT_UNKNOWN_LEN - 1);
	for (size_t i = 0; i < report->unknown_count; i++)
		if (str_eq(str_c(report->unknown[i]), field))
			return;
	if (!field.len || report->unknown_count == IMPORT_UNKNOWN_MAX)
		return;
	slot = report->unknown[report->unknown_count++];
	memcpy(slot, field.p, field.len);
	fprintf(stderr,
		"quintet-ctl: import: line %" PRId64
		": the field %s is not taken, here and below\n",
		line, words_printable(arena, field));
}

int import_report_close(struct import_report *report)
{
	const double seconds = (double)(clock_mono_us() - report->started_us) / CLOCK_SECOND_US;
	int err = 0;

	printf(report->json ? "{\"lines\":%" PRId64 ",\"made\":%" PRId64 ",\"already\":%" PRId64
			      ",\"refused\":%" PRId64 ",\"renumbered\":%" PRId64
			      ",\"seconds\":%.1f}\n"
			    : "lines %" PRId64 ", made %" PRId64 ", already there %" PRId64
			      ", refused %" PRId64 ", renumbered %" PRId64 ", seconds %.1f\n",
		report->lines, report->made, report->already, report->refused, report->renumbered,
		seconds);
	if (report->file) {
		err = ferror(report->file) ? ERR_IO : 0;
		if (fclose(report->file) != 0)
			err = ERR_IO;
	}
	return fflush(stdout) != 0 || ferror(stdout) ? ERR_IO : err;
}
