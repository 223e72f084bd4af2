/* Any bytes as a urlencoded form: refused, or fields that are text and not longer than what came.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4 * size + 65536);
	struct form form = {.count = 0};
	int err = form_add_urlencoded(&form, (struct str){(const char *)data, size}, arena);
	size_t total = 0;

	check(err == 0 || err == ERR_INVALID);
	check(form.count <= FORM_FIELDS_MAX);
	for (size_t i = 0; i < form.count; i++) {
		const struct form_field *field = &form.fields[i];

		check(field->name.len <= FORM_NAME_MAX);
		check(str_chars(field->name) >= 0 && str_chars(field->value) >= 0);
		check(form_find(&form, field->name) >= field);
		total += field->name.len + field->value.len;
	}
	check(total <= size);
	arena_free(arena);
	return 0;
}
