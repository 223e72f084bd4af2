#include "common/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/err.h"

/* What closes a line that was cut; one byte more is kept for the string's quote. */
#define CUT_END ",\"cut\":true}\n"
#define ROOM (LOG_LINE_MAX - 1 - (sizeof(CUT_END) - 1))
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define UNIT_MAX 8		   /* the longest escape, "\u0000" */
#define NUMBER_MAX 24

struct line {
	size_t len;
	bool cut; /* something did not fit; nothing more is added */
	char text[LOG_LINE_MAX];
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static const char *log_process = "";
static enum log_level log_threshold = LOG_INFO;

void log_init(const char *process, enum log_level level)
{
	log_process = process;
	log_threshold = level;
}

int log_level_parse(struct str word, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (str_eq(word, str_c(level_names[i]))) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return ERR_INVALID;
}

/* All of it or nothing. */
static void add(struct line *line, const char *text, size_t len)
{
	if (line->cut || line->len + len > ROOM) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* The first code point of s as it stands in a JSON string; returns the bytes of s it takes. Other
 * controls than JSON's are escaped too: logs are read on terminals. */
static size_t encode(struct str s, char ret_unit[UNIT_MAX], size_t *ret_len)
{
	size_t taken = str_utf8_len(s);
	unsigned char c = (unsigned char)s.p[taken ? taken - 1 : 0];

	if (c == '"' || c == '\\') {
		ret_unit[0] = '\\';
		ret_unit[1] = (char)c;
		*ret_len = 2;
		return 1;
	}
	if (c == 0 || (taken && str_has_control(str_sub(s, 0, taken)))) {
		*ret_len = (size_t)snprintf(ret_unit, UNIT_MAX, "\\u%04x", c);
		return taken ? taken : 1;
	}
	*ret_len = taken ? taken : sizeof(REPLACEMENT) - 1;
	memcpy(ret_unit, taken ? s.p : REPLACEMENT, *ret_len);
	return taken ? taken : 1;
}

static void add_json(struct line *line, struct str s)
{
	char unit[UNIT_MAX];
	size_t at = 0, len;

	add(line, "\"", 1);
	if (line->cut)
		return;
	while (at < s.len && !line->cut) {
		at += encode(str_sub(s, at, s.len), unit, &len);
		add(line, unit, len);
	}
	/* Beyond ROOM if need be. */
	line->text[line->len++] = '"';
}

static void add_key(struct line *line, const char *key)
{
	add(line, ",", 1);
	add_json(line, str_c(key));
	add(line, ":", 1);
}

/* A member that was cut before its value began is left out. */
static void add_text(struct line *line, const char *key, struct str text)
{
	size_t start = line->len, value_at;

	if (line->cut)
		return;
	add_key(line, key);
	value_at = line->len;
	if (!line->cut)
		add_json(line, text);
	if (line->cut && line->len == value_at)
		line->len = start;
}

static void add_number(struct line *line, const char *key, int64_t value)
{
	size_t start = line->len;
	char text[NUMBER_MAX];
	int len;

	if (line->cut)
		return;
	add_key(line, key);
	len = snprintf(text, sizeof(text), "%" PRId64, value);
	add(line, text, (size_t)len);
	if (line->cut)
		line->len = start;
}

static void finish(struct line *line)
{
	const char *end = line->cut ? CUT_END : "}\n";
	size_t len = strlen(end);

	memcpy(line->text + line->len, end, len);
	line->len += len;
}

void log_write(enum log_level level, struct str request, const char *message,
	const struct log_field *fields, size_t count)
{
	char now[CLOCK_RFC3339_LEN + 1];
	struct line line;
	int saved_errno = errno;

	if (level < log_threshold)
		return;
	line.len = 0;
	line.cut = false;
	clock_rfc3339(clock_now_us(), now);
	add(&line, "{\"time\":", 8);
	add_json(&line, str_c(now));
	add_text(&line, "level", str_c(level_names[level]));
	add_text(&line, "process", str_c(log_process));
	if (request.p)
		add_text(&line, "request", request);
	add_text(&line, "message", str_c(message));
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text.p)
			add_text(&line, fields[i].key, fields[i].text);
		else
			add_number(&line, fields[i].key, fields[i].number);
	}
	finish(&line);
	/* There is nowhere to report a log that cannot be written. */
	while (write(STDERR_FILENO, line.text, line.len) < 0 && errno == EINTR)
		;
	errno = saved_errno;
}
