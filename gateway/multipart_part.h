/* Header texts of multipart/form-data: what the Content-Type of a body and the lines of a part say.
 */
#ifndef GATEWAY_MULTIPART_PART_H
#define GATEWAY_MULTIPART_PART_H

#include "gateway/form.h"

/* The boundary of a multipart/form-data body, in the arena: ERR_INVALID if there is none or not
 * just one, or it has bytes that RFC 2046 does not allow; ERR_NOMEM. */
int multipart_boundary_read(struct str content_type, struct arena *arena, struct str *ret_boundary);
/* The header lines of a part, each with its CR LF, without the empty one: ERR_INVALID for a line
 * that is malformed or folded, no or several Content-Dispositions, no or several names, control
 * characters or invalid UTF-8 in a name. ERR_NOMEM. filename* (RFC 5987) is ignored. */
int multipart_part_read(struct str lines, struct arena *arena, struct form_field *ret_part);

#endif
