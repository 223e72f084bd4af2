#include "svc-chat/chat.h"

/*
 * Append only: what a released version has run is never changed. The types are those that SQLite
 * and PostgreSQL share. Times are microseconds since 1970, UTC. Accounts are ids of svc-user, which
 * no foreign key can reach.
 */
static const char *const migrations[] = {
	/* Messages of a conversation are numbered 1, 2, 3 … without gaps: last_seq is the highest
	 * number given. Between two people there is one conversation, low_account < high_account,
	 * or the same twice for notes to oneself; a group's has neither. */
	"CREATE TABLE conversations ("
	" id BIGINT PRIMARY KEY,"
	" low_account BIGINT,"
	" high_account BIGINT,"
	" last_seq BIGINT NOT NULL DEFAULT 0,"
	" created BIGINT NOT NULL,"
	" active BIGINT NOT NULL," /* the newest message, or created: lists go latest first */
	" UNIQUE (low_account, high_account),"
	" CHECK (low_account <= high_account),"
	" CHECK ((low_account IS NULL) = (high_account IS NULL)));"
	"CREATE TABLE groups ("
	" id BIGINT PRIMARY KEY,"
	" conversation BIGINT NOT NULL UNIQUE REFERENCES conversations (id),"
	" owner BIGINT NOT NULL,"
	" name TEXT NOT NULL,"
	" name_key TEXT NOT NULL," /* lower case, for search */
	" description TEXT,"
	" picture TEXT,"
	" member_count BIGINT NOT NULL,"
	" created BIGINT NOT NULL,"
	" closed BIGINT);" /* NULL while it lives */
	"CREATE INDEX groups_by_owner ON groups (owner);"
	/* role: 1 owner, 2 admin, 3 member. Who joins sees messages from from_seq on. */
	"CREATE TABLE members ("
	" conversation BIGINT NOT NULL REFERENCES conversations (id),"
	" account BIGINT NOT NULL,"
	" role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),"
	" muted INTEGER NOT NULL DEFAULT 0,"
	" from_seq BIGINT NOT NULL DEFAULT 1,"
	" joined BIGINT NOT NULL,"
	" PRIMARY KEY (conversation, account));"
	"CREATE INDEX members_by_account ON members (account);"
	/* parts: a JSON array of {category, content}; NULL once recalled, when only the number
	 * stays. (sender, client_id) makes a repeated send the same message. */
	"CREATE TABLE messages ("
	" id BIGINT PRIMARY KEY,"
	" conversation BIGINT NOT NULL REFERENCES conversations (id),"
	" seq BIGINT NOT NULL CHECK (seq > 0),"
	" sender BIGINT NOT NULL,"
	" client_id TEXT NOT NULL,"
	" parts TEXT,"
	" search_key TEXT," /* its texts in lower case; NULL when there is none */
	" created BIGINT NOT NULL,"
	" edited BIGINT,"
	" recalled BIGINT,"
	" UNIQUE (conversation, seq),"
	" UNIQUE (sender, client_id),"
	" CHECK ((parts IS NULL) = (recalled IS NOT NULL)));"
	/* How far an account has read a conversation. */
	"CREATE TABLE receipts ("
	" conversation BIGINT NOT NULL REFERENCES conversations (id),"
	" account BIGINT NOT NULL,"
	" seq BIGINT NOT NULL,"
	" time BIGINT NOT NULL,"
	" PRIMARY KEY (conversation, account));"
	"CREATE TABLE blocks ("
	" account BIGINT NOT NULL,"
	" blocked BIGINT NOT NULL,"
	" created BIGINT NOT NULL,"
	" PRIMARY KEY (account, blocked),"
	" CHECK (account <> blocked));"
	"CREATE INDEX blocks_by_blocked ON blocks (blocked);",
};

const struct db_spec chat_db = {
	.file = "chat.db",
	.migrations = migrations,
	.migration_count = sizeof(migrations) / sizeof(migrations[0]),
	.readers = CHAT_READ_THREADS,
};
