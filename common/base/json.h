/* Glue to jansson for input. Output is written with buf_add_json, which is faster and bounded. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "common/base/str.h"

#define JSON_DEPTH_MAX 16

/* Parses the whole of text: ERR_INVALID for malformed JSON, invalid UTF-8, a NUL in a string, lone
 * surrogates, trailing bytes or more than JSON_DEPTH_MAX levels. Of duplicate keys the last counts.
 * The caller owns *ret_value (json_decref). */
int json_parse(struct str text, json_t **ret_value);
/* A string's bytes, living as long as value; absent when value is not a string. */
struct str json_str(const json_t *value);

#endif
