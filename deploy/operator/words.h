/* Words of the command line, and words for the terminal. */
#ifndef OPERATOR_WORDS_H
#define OPERATOR_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/field.h"

struct arena;

/* 1 … most; word may be NULL, which is none. */
bool words_number(const char *word, int64_t most, int64_t *ret_number);
/* One of the table's words. */
bool words_enum(const struct enum_words *table, const char *word, int *ret_index);
/* A text from outside, its control characters shown as '?', "-" when it is empty. */
const char *words_printable(struct arena *arena, struct str text);

#endif
