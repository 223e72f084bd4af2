/*
 * Structs to msgpack and back, driven by field tables (field.h). An array longer than the table is
 * read as far as the table goes, a shorter one leaves the rest absent: old and new processes can
 * talk to each other during an upgrade.
 */
#ifndef RPC_CODEC_H
#define RPC_CODEC_H

#include "common/base/buf.h"
#include "common/rpc/field.h"

/* Appends the struct. Overflow shows in buf_failed. */
void codec_pack(const struct field_set *set, const void *object, struct buf *out);
/* Fills the struct from all of `bytes`; text points into them, lists into the arena. ERR_PROTOCOL for malformed
 * msgpack, wrong types, counts the remaining bytes cannot hold, more than CODEC_DEPTH_MAX levels or
 * trailing bytes; ERR_NOMEM past the arena's limit; ERR_INVALID when a field breaks its row, named
 * in *ret_field if that is not NULL. */
int codec_unpack(const struct field_set *set, struct str bytes, struct arena *arena,
	void *ret_object, const char **ret_field);

/* The check that codec_unpack makes first; for its tests. */
int codec_scan(struct str bytes);

#define CODEC_DEPTH_MAX 8

#endif
