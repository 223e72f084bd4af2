#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/conf_in.h"
#include "common/base/err.h"

void conf_complain(struct conf *conf, const char *format, ...)
{
	va_list args;

	if (!conf->failed) {
		va_start(args, format);
		(void)fputs("configuration: ", conf->errors);
		(void)vfprintf(conf->errors, format, args);
		(void)fputc('\n', conf->errors);
		va_end(args);
	}
	conf->failed = true;
}

void conf_no_memory(struct conf *conf)
{
	conf->failed = true;
	conf->no_memory = true;
}

int conf_load(enum conf_process process, FILE *errors, struct conf **ret_conf)
{
	struct conf *conf = calloc(1, sizeof(*conf) + conf_row_count * sizeof(conf->entries[0]));
	int rc;

	if (!conf)
		return ERR_NOMEM;
	conf->process = process;
	conf->errors = errors;
	conf_read(conf);
	for (size_t i = 0; i < conf_row_count && !conf->failed; i++) {
		if (!(conf_rows[i].processes & (unsigned)process))
			continue;
		conf->entries[i].text = conf_resolve(conf, &conf_rows[i]);
		if (!conf->failed)
			conf_check(conf, &conf_rows[i], str_c(conf->entries[i].text));
	}
	if (conf->failed) {
		rc = conf->no_memory ? ERR_NOMEM : ERR_INVALID;
		conf_free(conf);
		return rc;
	}
	*ret_conf = conf;
	return 0;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf_row_count; i++) {
		wipe(conf->entries[i].text);
		for (int source = 0; source < SOURCE_COUNT; source++) {
			wipe(conf->entries[i].given[source].value);
			wipe(conf->entries[i].given[source].path);
		}
	}
	free(conf);
}

static const struct entry *entry_get(
	const struct conf *conf, const char *key, const struct conf_row **ret_row)
{
	for (size_t i = 0; i < conf_row_count; i++) {
		if (strcmp(conf_rows[i].key, key) != 0)
			continue;
		if (!(conf_rows[i].processes & (unsigned)conf->process))
			break;
		*ret_row = &conf_rows[i];
		return &conf->entries[i];
	}
	(void)fprintf(stderr, "conf: %s is not a key of this process\n", key);
	abort();
}

static const struct entry *entry_of_kind(
	const struct conf *conf, const char *key, enum conf_kind kind)
{
	const struct conf_row *row;
	const struct entry *entry = entry_get(conf, key, &row);

	if (row->kind == kind)
		return entry;
	(void)fprintf(stderr, "conf: %s is of another type\n", key);
	abort();
}

struct str conf_text(const struct conf *conf, const char *key)
{
	const struct conf_row *row;

	return str_c(entry_get(conf, key, &row)->text);
}

int64_t conf_int(const struct conf *conf, const char *key)
{
	return entry_of_kind(conf, key, CONF_INT)->number;
}

bool conf_bool(const struct conf *conf, const char *key)
{
	return entry_of_kind(conf, key, CONF_BOOL)->text[0] == '1';
}

bool conf_list_has(const struct conf *conf, const char *key, struct str word)
{
	return word.len && conf_words_have(str_c(entry_of_kind(conf, key, CONF_LIST)->text), word);
}
