#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/conf_in.h"

#define PREFIX "QUINTET_"
#define FILE_SUFFIX "_FILE"
#define CONFIG_KEY "QUINTET_CONFIG"

static char *copy(struct conf *conf, const char *text, size_t len)
{
	char *to = strndup(text, len);

	if (!to)
		conf_no_memory(conf);
	return to;
}

/* Bytes of a key that may be shown; a stranger's key is not trusted to be printable. */
static int shown_len(struct str key)
{
	size_t len = 0;

	while (len < key.len && len < 64 && key.p[len] > ' ' && key.p[len] < 0x7f)
		len++;
	return (int)len;
}

/* The row of KEY, or of KEY_FILE when KEY is a secret. */
static const struct conf_row *row_find(struct str key, bool *ret_is_path)
{
	const size_t suffix_len = sizeof(FILE_SUFFIX) - 1;

	for (size_t i = 0; i < conf_row_count; i++) {
		struct str row_key = str_c(conf_rows[i].key);

		*ret_is_path = false;
		if (str_eq(key, row_key))
			return &conf_rows[i];
		*ret_is_path = true;
		if (conf_rows[i].kind == CONF_SECRET && key.len == row_key.len + suffix_len &&
			str_starts(key, row_key) &&
			str_eq(str_sub(key, row_key.len, suffix_len), STR(FILE_SUFFIX)))
			return &conf_rows[i];
	}
	return NULL;
}

/* Takes in one key of a source. */
static void give(struct conf *conf, enum source source, struct str key, const char *value)
{
	bool is_path;
	const struct conf_row *row = row_find(key, &is_path);
	struct given *given;
	char **slot;

	if (!row) {
		conf_complain(conf, "%.*s: there is no such key%s%s", shown_len(key), key.p,
			source == SOURCE_FILE ? " in " : "",
			source == SOURCE_FILE ? conf->path : "");
		return;
	}
	if (source == SOURCE_FILE && strcmp(row->key, CONFIG_KEY) == 0) {
		conf_complain(conf, CONFIG_KEY ": only the environment may set it");
		return;
	}
	if (!(row->processes & (unsigned)conf->process))
		return;
	given = &conf->entries[row - conf_rows].given[source];
	slot = is_path ? &given->path : &given->value;
	if (!*slot)
		*slot = copy(conf, value, strlen(value));
	else if (source == SOURCE_FILE)
		conf_complain(conf, "%s: given twice in %s, or followed by an indented line",
			row->key, conf->path);
}

static void read_environment(struct conf *conf)
{
	for (char **at = environ; at && *at; at++) {
		struct str rest = str_c(*at), key;

		if (!str_starts(rest, STR(PREFIX)) || str_find(rest, '=') < 0)
			continue;
		str_cut(&rest, '=', &key);
		give(conf, SOURCE_ENVIRONMENT, key, rest.p);
	}
}

struct reader {
	FILE *file;
	struct conf *conf;
};

/* fgets, but a line that inih would silently take for two is an error. */
static char *read_line(char *line, int size, void *stream)
{
	struct reader *reader = stream;
	size_t len;

	if (reader->conf->failed || !fgets(line, size, reader->file))
		return NULL;
	reader->conf->line_number++;
	len = strlen(line);
	if ((len == 0 || line[len - 1] != '\n') && !feof(reader->file)) {
		conf_complain(reader->conf,
			"%s, line %d: too long (%d bytes at most), or a NUL in it",
			reader->conf->path, reader->conf->line_number, size - 2);
		return NULL;
	}
	return line;
}

static int handle_pair(void *user, const char *section, const char *name, const char *value)
{
	struct conf *conf = user;

	if (section[0])
		conf_complain(
			conf, "%s, line %d: there are no sections", conf->path, conf->line_number);
	else
		give(conf, SOURCE_FILE, str_c(name), value);
	return !conf->failed;
}

static void read_file(struct conf *conf)
{
	bool is_path;
	const struct conf_row *row = row_find(STR(CONFIG_KEY), &is_path);
	struct reader reader = {.conf = conf};
	int line;

	conf->path = conf->entries[row - conf_rows].given[SOURCE_ENVIRONMENT].value;
	if (conf->failed || !conf->path || !conf->path[0])
		return;
	reader.file = fopen(conf->path, "re");
	if (!reader.file) {
		conf_complain(conf, CONFIG_KEY ": %s: %s", conf->path, strerror(errno));
		return;
	}
	line = ini_parse_stream(read_line, &reader, handle_pair, conf);
	if (line > 0)
		conf_complain(conf, "%s, line %d: not KEY = value", conf->path, line);
	else if (line < 0)
		conf_no_memory(conf);
	if (ferror(reader.file))
		conf_complain(conf, CONFIG_KEY ": %s cannot be read", conf->path);
	(void)fclose(reader.file);
}

/* Without its last newline. The path is not told: who mistakes KEY_FILE for KEY has put the secret
 * there. */
static char *read_secret(struct conf *conf, const struct conf_row *row, const char *path)
{
	char bytes[CONF_SECRET_MAX + 2]; /* a newline and one that shows there is more */
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len;

	if (!file) {
		conf_complain(conf, "%s" FILE_SUFFIX ": %s", row->key, strerror(errno));
		return NULL;
	}
	setbuf(file, NULL); /* no copy left behind in the heap */
	len = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file)) {
		conf_complain(conf, "%s" FILE_SUFFIX ": cannot be read", row->key);
		goto out;
	}
	if (len && bytes[len - 1] == '\n')
		len--;
	if (len > CONF_SECRET_MAX || memchr(bytes, '\0', len))
		conf_complain(conf, "%s" FILE_SUFFIX ": over %d bytes or a NUL in it", row->key,
			CONF_SECRET_MAX);
	else
		text = copy(conf, bytes, len);
out:
	explicit_bzero(bytes, sizeof(bytes));
	(void)fclose(file);
	return text;
}

void conf_read(struct conf *conf)
{
	read_environment(conf);
	read_file(conf);
}

static bool is_set(const char *text)
{
	return text && text[0];
}

char *conf_resolve(struct conf *conf, const struct conf_row *row)
{
	const struct given *given = conf->entries[row - conf_rows].given;

	for (int i = 0; i < SOURCE_COUNT; i++) {
		const char *value = given[i].value, *path = given[i].path;

		if (is_set(value) && is_set(path)) {
			conf_complain(conf, "%s: given twice, also as %s" FILE_SUFFIX, row->key,
				row->key);
			return NULL;
		}
		if (is_set(path))
			return read_secret(conf, row, path);
		if (value || path)
			return copy(conf, value ? value : "", value ? strlen(value) : 0);
	}
	return copy(conf, row->fallback, strlen(row->fallback));
}
