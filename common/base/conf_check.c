#include <inttypes.h>

#include "common/base/conf_in.h"

bool conf_words_have(struct str list, struct str word)
{
	struct str part;

	while (str_cut(&list, ',', &part))
		if (str_eq_nocase(str_trim(part), word))
			return true;
	return false;
}

static void check_text(struct conf *conf, const struct conf_row *row, struct str text)
{
	struct str words = str_c(row->words), word;

	if (str_chars(text) < 0 || str_has_control(text)) {
		conf_complain(conf, "%s: want text in UTF-8 without control characters", row->key);
		return;
	}
	if (!row->words)
		return;
	while (str_cut(&words, ',', &word))
		if (str_eq(text, word))
			return;
	conf_complain(conf, "%s: want one of %s", row->key, row->words);
}

static void check_int(struct conf *conf, const struct conf_row *row, struct str text)
{
	int64_t value = 0;
	bool padded = text.len > 1 && text.p[0] == '0';

	if (padded || str_to_i64(text, &value) || value < row->min || value > row->max)
		conf_complain(conf, "%s: want a whole number from %" PRId64 " to %" PRId64,
			row->key, row->min, row->max);
	conf->entries[row - conf_rows].number = value;
}

static void check_list(struct conf *conf, const struct conf_row *row, struct str text)
{
	struct str word;

	if (str_chars(text) < 0 || str_has_control(text)) {
		conf_complain(conf, "%s: want text in UTF-8 without control characters", row->key);
		return;
	}
	if (str_trim(text).len == 0)
		return;
	while (str_cut(&text, ',', &word)) {
		word = str_trim(word);
		if (word.len == 0)
			conf_complain(conf, "%s: want words with single commas between", row->key);
		else if (row->words && !conf_words_have(str_c(row->words), word))
			conf_complain(conf, "%s: want only words of %s", row->key, row->words);
	}
}

void conf_check(struct conf *conf, const struct conf_row *row, struct str text)
{
	switch (row->kind) {
	case CONF_TEXT:
		check_text(conf, row, text);
		break;
	case CONF_INT:
		check_int(conf, row, text);
		break;
	case CONF_BOOL:
		if (!str_eq(text, STR("0")) && !str_eq(text, STR("1")))
			conf_complain(conf, "%s: want 0 or 1", row->key);
		break;
	case CONF_LIST:
		check_list(conf, row, text);
		break;
	case CONF_SECRET:
		break;
	}
}
