#include "svc-user/user.h"

/*
 * Append only: what a released version has run is never changed. The types are those that SQLite
 * and PostgreSQL share. …_key columns hold the text in ASCII lower case, so that uniqueness and
 * search never depend on an engine's idea of letter case. registration is a credential's random id
 * and no personal data; it stays when an account is erased, so that a late retry cannot revive it.
 */
static const char *const migrations[] = {
	"CREATE TABLE counters ("
	" name TEXT PRIMARY KEY,"
	" last INTEGER NOT NULL);"
	"INSERT INTO counters (name, last) VALUES ('accounts', 0), ('admin_acts', 0);"
	"CREATE TABLE accounts ("
	" seq INTEGER PRIMARY KEY," /* the order of creation */
	" id INTEGER NOT NULL UNIQUE,"
	" registration TEXT NOT NULL UNIQUE,"
	" username TEXT,"
	" username_key TEXT UNIQUE,"
	" phone TEXT UNIQUE,"
	" email TEXT,"
	" email_key TEXT UNIQUE,"
	" display_name TEXT,"
	" display_key TEXT,"
	" first_name TEXT,"
	" last_name TEXT,"
	" role INTEGER NOT NULL,"
	" status INTEGER NOT NULL,"
	" erased INTEGER NOT NULL DEFAULT 0,"
	" identity TEXT,"
	" sex INTEGER NOT NULL,"
	" age INTEGER,"
	" description TEXT,"
	" wechat TEXT,"
	" avatar TEXT,"
	" created BIGINT NOT NULL," /* microseconds since 1970, UTC */
	" modified BIGINT NOT NULL,"
	" sessions_from BIGINT NOT NULL DEFAULT 0);"
	"CREATE TABLE follows ("
	" follower INTEGER NOT NULL REFERENCES accounts (id),"
	" followed INTEGER NOT NULL REFERENCES accounts (id),"
	" since BIGINT NOT NULL,"
	" PRIMARY KEY (follower, followed));"
	"CREATE INDEX follows_by_time ON follows (follower, since, followed);"
	"CREATE TABLE contacts ("
	" owner INTEGER NOT NULL REFERENCES accounts (id),"
	" contact INTEGER NOT NULL REFERENCES accounts (id),"
	" alias TEXT,"
	" added BIGINT NOT NULL,"
	" PRIMARY KEY (owner, contact));"
	"CREATE INDEX contacts_by_contact ON contacts (contact);"
	"CREATE TABLE admin_acts ("
	" seq INTEGER PRIMARY KEY,"
	" time BIGINT NOT NULL,"
	" actor INTEGER," /* NULL: the operator */
	" action TEXT NOT NULL,"
	" target INTEGER NOT NULL,"
	" address TEXT,"
	" detail TEXT);",
	("CREATE INDEX admin_acts_by_actor ON admin_acts (actor);"
	 "CREATE INDEX admin_acts_by_target ON admin_acts (target);"),
	"ALTER TABLE accounts ADD COLUMN client_key TEXT;",
	"ALTER TABLE accounts ADD COLUMN bound INTEGER NOT NULL DEFAULT 0;", /* see user.bind */
};

const struct db_spec user_db = {
	.file = "user.db",
	.migrations = migrations,
	.migration_count = sizeof(migrations) / sizeof(migrations[0]),
	.readers = USER_READ_THREADS + USER_WRITE_THREADS,
};
