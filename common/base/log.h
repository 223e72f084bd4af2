/*
 * The process's log: one JSON object a line on standard error, {"time", "level", "process",
 * "request", "message", …fields}. Called at the edge of a process only; common/ never logs.
 * Never pass a password, code, token, key or query string.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *key;
	struct str text; /* used when p is set, otherwise number */
	int64_t number;
};

#define LOG_STR(key_, str_) ((struct log_field){.key = (key_), .text = (str_)})
#define LOG_INT(key_, value_) ((struct log_field){.key = (key_), .number = (int64_t)(value_)})

/* process: a literal, kept. Lines below `level` are dropped. */
void log_init(const char *process, enum log_level level);
/* "debug", "info", "warn", "error"; ERR_INVALID otherwise. */
int log_level_parse(struct str word, enum log_level *ret_level);
/* One write(2) a line, so lines of several threads never mix. request may be absent. Bytes that
 * are not UTF-8 are replaced, a line is cut at LOG_LINE_MAX bytes. */
void log_write(enum log_level level, struct str request, const char *message,
	const struct log_field *fields, size_t count);

#define LOG_LINE_MAX 4096

#define LOG_FIELDS_(...) ((const struct log_field[]){__VA_ARGS__})
#define LOG_COUNT_(...) (sizeof(LOG_FIELDS_(__VA_ARGS__)) / sizeof(struct log_field))
/* log_event(LOG_INFO, request, "message", LOG_STR("k", v), LOG_INT("n", 3)); at least one field. */
#define log_event(level, request, message, ...)                                                    \
	log_write(level, request, message, LOG_FIELDS_(__VA_ARGS__), LOG_COUNT_(__VA_ARGS__))

#endif
