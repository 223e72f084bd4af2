/* Shared by conf.c, conf_read.c and conf_check.c only. */
#ifndef BASE_CONF_IN_H
#define BASE_CONF_IN_H

#include "common/base/conf.h"

enum source { SOURCE_ENVIRONMENT, SOURCE_FILE, SOURCE_COUNT };

/* What a source says about a row: the value itself or (secrets) the file that holds it. */
struct given {
	char *value;
	char *path;
};

struct entry {
	struct given given[SOURCE_COUNT];
	char *text; /* the value in force */
	int64_t number;
};

struct conf {
	enum conf_process process;
	FILE *errors;
	const char *path;
	bool failed; /* an error line was written, or memory was short */
	bool no_memory;
	int line_number;	/* while reading the file */
	struct entry entries[]; /* conf_row_count of them */
};

/* Writes the error line; only the first error is told. */
__attribute__((format(printf, 2, 3))) void conf_complain(
	struct conf *conf, const char *format, ...);
void conf_no_memory(struct conf *conf);
/* Takes in what environment and file say. */
void conf_read(struct conf *conf);
/* The value in force for a row, malloc'ed: of the first source that says anything, "" included. */
char *conf_resolve(struct conf *conf, const struct conf_row *row);
/* Complains unless the row allows text; sets a number's entry. */
void conf_check(struct conf *conf, const struct conf_row *row, struct str text);
/* True if a comma-separated list holds the word (ASCII case ignored). */
bool conf_words_have(struct str list, struct str word);

#endif
