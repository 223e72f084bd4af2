#include "deploy/operator/words.h"

#include "common/base/arena.h"

bool words_number(const char *word, int64_t most, int64_t *ret_number)
{
	int64_t number;

	if (!word || str_to_i64(str_c(word), &number) != 0 || number < 1 || number > most)
		return false;
	*ret_number = number;
	return true;
}

bool words_enum(const struct enum_words *table, const char *word, int *ret_index)
{
	int index = word ? enum_words_find(table, str_c(word)) : 0;

	if (index == 0)
		return false;
	*ret_index = index;
	return true;
}

/* Of C1 too: their first byte in UTF-8 is 0xc2, their second below 0xa0. */
const char *words_printable(struct arena *arena, struct str text)
{
	char *made;

	if (text.len == 0)
		return "-";
	made = arena_alloc(arena, text.len + 1);
	if (!made)
		return "-";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool c1 = c < 0xa0 && c >= 0x80 && i > 0 && (unsigned char)text.p[i - 1] == 0xc2;

		made[i] = c < 0x20 || c == 0x7f || c1 ? '?' : text.p[i];
	}
	return made;
}
