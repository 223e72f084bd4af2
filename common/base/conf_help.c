#include <inttypes.h>
#include <string.h>

#include "common/base/conf.h"

/* The texts of one row of the table, in its order. */
enum { COLUMN_KEY, COLUMN_TYPE, COLUMN_FALLBACK, COLUMN_RANGE, COLUMN_HELP, COLUMNS };

#define RANGE_MAX 48 /* two 64-bit numbers and dots */

struct cells {
	const char *text[COLUMNS];
	char range[RANGE_MAX];
};

static const char *const kind_names[] = {
	[CONF_TEXT] = "text",
	[CONF_INT] = "number",
	[CONF_BOOL] = "bool",
	[CONF_LIST] = "list",
	[CONF_SECRET] = "secret",
};

static void fill(const struct conf_row *row, struct cells *ret_cells)
{
	ret_cells->text[COLUMN_KEY] = row->key;
	ret_cells->text[COLUMN_TYPE] = kind_names[row->kind];
	ret_cells->text[COLUMN_FALLBACK] = row->fallback[0] ? row->fallback : "-";
	ret_cells->text[COLUMN_RANGE] = row->kind == CONF_BOOL ? "0..1"
					: row->words	       ? row->words
							       : "-";
	if (row->kind == CONF_INT) {
		(void)snprintf(ret_cells->range, sizeof(ret_cells->range), "%" PRId64 "..%" PRId64,
			row->min, row->max);
		ret_cells->text[COLUMN_RANGE] = ret_cells->range;
	}
	ret_cells->text[COLUMN_HELP] = row->help;
}

/* Row -1 is the heading; false for a row of another process. */
static bool cells_of(int row, enum conf_process process, struct cells *ret_cells)
{
	static const struct cells heading = {.text = {"key", "type", "default", "range", "help"}};

	if (row < 0) {
		*ret_cells = heading;
		return true;
	}
	if (!(conf_rows[row].processes & (unsigned)process))
		return false;
	fill(&conf_rows[row], ret_cells);
	return true;
}

void conf_help(enum conf_process process, FILE *out)
{
	int widths[COLUMNS] = {0};
	struct cells cells;

	for (int row = -1; row < (int)conf_row_count; row++) {
		for (int i = 0; cells_of(row, process, &cells) && i < COLUMNS; i++) {
			int len = (int)strlen(cells.text[i]);

			widths[i] = len > widths[i] ? len : widths[i];
		}
	}
	for (int row = -1; row < (int)conf_row_count; row++) {
		if (!cells_of(row, process, &cells))
			continue;
		for (int i = 0; i < COLUMN_HELP; i++)
			(void)fprintf(out, "%-*s  ", widths[i], cells.text[i]);
		(void)fprintf(out, "%s\n", cells.text[COLUMN_HELP]);
	}
	(void)fputs(
		"\nA value comes from the environment, else from the file named by "
		"QUINTET_CONFIG (KEY = value lines),\nelse it is the default. A secret can also "
		"be given as KEY_FILE, the path of a file that holds it.\n",
		out);
}
