/*
 * JSON reading and writing driven by a struct's field table (field.h has the forms). Used by the
 * gateway for /v1; dialects with their own shapes render by hand.
 */
#ifndef RPC_FIELD_JSON_H
#define RPC_FIELD_JSON_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/rpc/field.h"

#define FIELD_PROBLEMS_MAX 16

struct field_problem {
	const char *field;
	enum field_fault fault;
};

struct field_problems {
	struct field_problem items[FIELD_PROBLEMS_MAX];
	size_t count;
};

/* Fills the struct at ret_object (zeroed first) from a JSON object. Unknown keys are ignored; null
 * counts as absent; INTERNAL and READONLY fields are not read. Every fault found is listed in
 * ret_problems, and then the result is ERR_INVALID. Text is copied into the arena. */
int field_json_read(const struct field_set *set, const json_t *object, struct arena *arena,
	void *ret_object, struct field_problems *ret_problems);
/* Appends the object; PRIVATE fields only with show_private. SECRET and INTERNAL ones never. */
void field_json_write(const struct field_set *set, const void *object, bool show_private,
	struct buf *out);
/* Appends the members without the braces, so that a caller can add its own. */
void field_json_write_members(const struct field_set *set, const void *object, bool show_private,
	struct buf *out);
/* Appends the OpenAPI 3.1 (JSON Schema 2020-12) schema of the struct, for input or for output. */
void field_json_schema(const struct field_set *set, bool for_input, struct buf *out);

#endif
