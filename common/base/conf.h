/*
 * Configuration: rows {key, type, default, minimum, maximum, help}. A value comes from the
 * environment, else from the file named by QUINTET_CONFIG (KEY = value lines), else it is the
 * default. All rows of all processes stand in settings.c, so that one process can tell a key that
 * belongs to another from a misspelt one.
 *
 * The file: `#` or `;` at the start of a line, or `;` after a blank, begins a comment; no sections,
 * no indented lines, 198 bytes a line (libinih's limit); longer values go into the environment.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/str.h"

#define CONF_SECRET_MAX 4096

enum conf_kind {
	CONF_TEXT,
	CONF_INT,    /* minimum..maximum */
	CONF_BOOL,   /* 0 or 1 */
	CONF_LIST,   /* comma-separated words */
	CONF_SECRET, /* also as KEY_FILE: the file's content without its last newline, at most
		      * CONF_SECRET_MAX bytes */
};

/* Processes that read a row, or'ed. */
enum conf_process {
	CONF_GATEWAY = 1,
	CONF_USER = 2,
	CONF_AUTH = 4,
	CONF_CHAT = 8,
	CONF_MEDIA = 16,
	CONF_CTL = 32,
	CONF_SERVICES = CONF_USER | CONF_AUTH | CONF_CHAT | CONF_MEDIA,
	CONF_ALL = CONF_SERVICES | CONF_GATEWAY | CONF_CTL,
};

struct conf_row {
	const char *key;
	enum conf_kind kind;
	unsigned processes;
	const char *fallback; /* "" is "not set" */
	int64_t min, max;     /* CONF_INT only */
	const char *help;
	const char *words; /* comma-separated: all that a text or list may hold; NULL is anything */
};

extern const struct conf_row conf_rows[];
extern const size_t conf_row_count;

struct conf;

/* Reads environment and file for one process. On ERR_INVALID one clear line (without any secret)
 * has been written to `errors`: an unknown QUINTET_ key, a bad value, an unreadable file. */
int conf_load(enum conf_process process, FILE *errors, struct conf **ret_conf);
void conf_free(struct conf *conf);
/* Prints the rows of one process as a table. */
void conf_help(enum conf_process process, FILE *out);

/* The key must stand in conf_rows for this process; anything else is a programmer's error and
 * aborts. Slices live as long as conf; an unset text is empty. */
/* A list comes as it was written. */
struct str conf_text(const struct conf *conf, const char *key);
int64_t conf_int(const struct conf *conf, const char *key);
bool conf_bool(const struct conf *conf, const char *key);
/* True if the list holds the word (ASCII case ignored). */
bool conf_list_has(const struct conf *conf, const char *key, struct str word);

#endif
