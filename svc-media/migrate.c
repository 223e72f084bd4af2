#include "svc-media/media.h"

/*
 * Append only: what a released version has run is never changed. The types are those that SQLite
 * and PostgreSQL share. Times are microseconds since 1970, UTC.
 */
static const char *const migrations[] = {
	/* A file in the blob store, named by the SHA-256 of its content in hex. */
	"CREATE TABLE blobs ("
	" sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),"
	" size BIGINT NOT NULL CHECK (size >= 0),"
	" created BIGINT NOT NULL);"
	/* What somebody uploaded; several may share a blob. id is random and serves as the name in
	 * the URL. kind: 1 picture, 2 sound, 3 file. visibility: 1 public, 2 private. */
	"CREATE TABLE media ("
	" id TEXT PRIMARY KEY,"
	" owner BIGINT NOT NULL,"
	" sha256 TEXT NOT NULL REFERENCES blobs (sha256),"
	" kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),"
	" type TEXT NOT NULL," /* MIME type found by looking, never the client's word */
	" name TEXT,"	       /* the client's file name, for showing only */
	" width INTEGER,"
	" height INTEGER,"
	" visibility INTEGER NOT NULL CHECK (visibility BETWEEN 1 AND 2),"
	" created BIGINT NOT NULL);"
	"CREATE INDEX media_by_owner ON media (owner, created);"
	"CREATE INDEX media_by_blob ON media (sha256);"
	/* Who uses it: it lives, and may be read, as long as somebody does. holder_kind: 1 account
	 * (its picture), 2 conversation (a message in it), 3 group (its picture). */
	"CREATE TABLE media_references ("
	" media TEXT NOT NULL REFERENCES media (id),"
	" holder_kind INTEGER NOT NULL CHECK (holder_kind BETWEEN 1 AND 3),"
	" holder BIGINT NOT NULL,"
	" created BIGINT NOT NULL,"
	" PRIMARY KEY (media, holder_kind, holder));"
	"CREATE INDEX media_references_by_holder ON media_references (holder_kind, holder);",
};

const struct db_spec media_db = {
	.file = "media.db",
	.migrations = migrations,
	.migration_count = sizeof(migrations) / sizeof(migrations[0]),
	.readers = MEDIA_READ_THREADS + MEDIA_WRITE_THREADS,
};
