/* A line of the file as a row of auth.import. README.md has the format. */
#ifndef OPERATOR_IMPORT_ROW_H
#define OPERATOR_IMPORT_ROW_H

#include "common/rpc/auth_api.h"

#define IMPORT_FAULTS_MAX 8
#define IMPORT_OLD_ID_MAX 64 /* bytes of it that are reported */

struct import_fault {
	struct str field; /* empty: the line as a whole */
	struct str reason;
};

struct import_row {
	struct auth_import_row row;
	struct str old_id; /* as it stood there; absent: there was none */
	struct import_fault faults[IMPORT_FAULTS_MAX];
	size_t fault_count; /* 0: the row can be sent */
	struct str unknown; /* the first field that is not taken; absent: there is none */
};

struct arena;

/* Everything but *ret_row itself is in the arena. */
void import_row_read(struct str line, struct arena *arena, struct import_row *ret_row);
void import_row_refuse(struct import_row *row, struct str field, struct str reason);

#endif
