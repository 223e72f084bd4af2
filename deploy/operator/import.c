/* ctl import: takes in the accounts of another backend, a few hundred lines to a call. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "deploy/operator/command.h"
#include "deploy/operator/import_lines.h"
#include "deploy/operator/import_report.h"
#include "deploy/operator/link.h"

#define BATCH AUTH_IMPORT_MAX
#define ARENA_MAX ((size_t)64 << 20) /* BATCH lines of IMPORT_LINE_MAX, parsed */
#define TIMEOUT_MS 120000	     /* BATCH hashes on a slow machine */
#define TRIES 10
#define PAUSE_S 1

struct options {
	const char *path, *report;
	bool defer, json;
};

struct batch {
	struct import_row rows[BATCH];
	int64_t lines[BATCH]; /* their numbers */
	size_t count;
	struct auth_import_row sent[BATCH];
};

struct work {
	struct options options;
	struct link link;
	struct call call;
	struct arena *arena; /* emptied after each batch */
	struct import_lines lines;
	struct batch batch;
	struct import_report report;
};

static bool options_read(int argc, char **argv, struct options *ret_options)
{
	*ret_options = (struct options){0};
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--defer-hash") == 0)
			ret_options->defer = true;
		else if (strcmp(argv[i], "--json") == 0)
			ret_options->json = true;
		else if (strcmp(argv[i], "--report") == 0 && i + 1 < argc)
			ret_options->report = argv[++i];
		else if ((argv[i][0] != '-' || !argv[i][1]) && !ret_options->path)
			ret_options->path = argv[i];
		else
			return false;
	}
	return ret_options->path;
}

static bool may_pass(int err)
{
	return err == ERR_UNAVAILABLE || err == ERR_BUSY || err == ERR_DEADLINE;
}

/* Rows may come again as often as need be; so a service that is being restarted is waited for. */
static int send_rows(struct work *work, size_t count, struct auth_import_out *ret_out)
{
	const struct timespec pause = {.tv_sec = PAUSE_S};
	const struct auth_import_in in = {
		.rows = work->batch.sent, .rows_count = count, .defer = work->options.defer};
	int err = 0;

	for (int i = 0; i < TRIES; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		work->call.deadline_us = clock_now_us() + INT64_C(1000) * TIMEOUT_MS;
		work->call.field_count = 0;
		err = call_auth_import(&work->call, &in, ret_out);
		if (!may_pass(err))
			break;
	}
	return !err && ret_out->results_count != count ? ERR_PROTOCOL : err;
}

static int batch_send(struct work *work)
{
	struct batch *batch = &work->batch;
	struct auth_import_out out = {0};
	size_t count = 0, at = 0;
	int err = 0;

	for (size_t i = 0; i < batch->count; i++)
		if (!batch->rows[i].fault_count)
			batch->sent[count++] = batch->rows[i].row;
	if (count > 0)
		err = send_rows(work, count, &out);
	if (err) {
		link_complain(&work->call, "import", err);
		fprintf(stderr,
			"quintet-ctl: import: stopped at line %" PRId64
			"; what came before it is done; the same command goes on\n",
			batch->lines[0]);
		return err;
	}
	for (size_t i = 0; i < batch->count; i++) {
		const struct import_row *row = &batch->rows[i];

		import_report_unknown(&work->report, batch->lines[i], row->unknown, work->arena);
		if (row->fault_count)
			import_report_faults(&work->report, batch->lines[i], row, work->arena);
		else
			import_report_result(&work->report, batch->lines[i], row,
				&out.results[at++], work->arena);
	}
	batch->count = 0;
	arena_reset(work->arena);
	return 0;
}

static int line_take(struct work *work)
{
	struct batch *batch = &work->batch;
	struct import_row *row = &batch->rows[batch->count];
	struct str line;
	int err = import_lines_next(&work->lines, &line);

	if (err == ERR_TOO_LARGE) {
		*row = (struct import_row){0};
		import_row_refuse(row, STR(""), STR("too_long"));
	} else if (err) {
		return err;
	} else if (!str_trim(line).len) {
		return 0;
	} else {
		import_row_read(line, work->arena, row);
	}
	batch->lines[batch->count++] = work->lines.number;
	return batch->count == BATCH ? batch_send(work) : 0;
}

static int run(struct work *work)
{
	int err;

	do
		err = line_take(work);
	while (!err);
	if (err == ERR_IO)
		fprintf(stderr, "quintet-ctl: import: cannot read %s on from line %" PRId64 "\n",
			work->options.path, work->lines.number);
	if (err != ERR_NOT_FOUND)
		return err;
	return work->batch.count ? batch_send(work) : 0;
}

static int work_open(struct work *work)
{
	const struct options *options = &work->options;

	work->lines.file = strcmp(options->path, "-") == 0 ? stdin : fopen(options->path, "re");
	if (!work->lines.file) {
		fprintf(stderr, "quintet-ctl: import: cannot open %s\n", options->path);
		return ERR_IO;
	}
	work->arena = arena_new(ARENA_MAX);
	if (!work->arena)
		return ERR_NOMEM;
	if (import_report_open(&work->report, options->report, options->json) != 0) {
		fprintf(stderr, "quintet-ctl: import: cannot write %s\n", options->report);
		return ERR_IO;
	}
	work->call = link_call(&work->link, TIMEOUT_MS);
	work->call.arena = work->arena;
	return 0;
}

static void work_free(struct work *work)
{
	if (work->lines.file && work->lines.file != stdin)
		fclose(work->lines.file);
	arena_free(work->arena);
	explicit_bzero(work, sizeof(*work));
	free(work);
}

int import_file(int argc, char **argv)
{
	struct work *work = calloc(1, sizeof(*work));
	int err = ERR_NOMEM;

	if (!work)
		return COMMAND_FAILED;
	if (!options_read(argc, argv, &work->options)) {
		free(work);
		return COMMAND_USAGE;
	}
	if (link_open(&work->link) == 0 && work_open(work) == 0) {
		err = run(work);
		if (import_report_close(&work->report) != 0) {
			fprintf(stderr, "quintet-ctl: import: the report could not be written\n");
			err = ERR_IO;
		}
		if (!err && work->report.refused)
			err = ERR_INVALID;
	}
	link_close(&work->link);
	work_free(work);
	return err ? COMMAND_FAILED : COMMAND_OK;
}
