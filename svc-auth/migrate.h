/* The schema of auth.db: an append-only list. */
#ifndef AUTH_MIGRATE_H
#define AUTH_MIGRATE_H

#include <stddef.h>

extern const char *const migrate_steps[];
extern const size_t migrate_count;

#endif
