#include "svc-auth/migrate.h"

/* A credential is pending while account is NULL (DESIGN.md, "Accounts across two services"). */
static const char first[] =
	"CREATE TABLE credentials ("
	" registration TEXT NOT NULL PRIMARY KEY,"
	" account BIGINT UNIQUE,"
	" algorithm INTEGER NOT NULL,"
	" salt BLOB NOT NULL,"
	" hash BLOB NOT NULL,"
	" created BIGINT NOT NULL,"
	" sessions_from BIGINT NOT NULL DEFAULT 0,"
	" keep_session TEXT,"
	" erasing INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX credentials_unfinished ON credentials (registration)"
	" WHERE account IS NULL OR erasing = 1;"
	"CREATE TABLE sign_ins ("
	" id BIGINT NOT NULL PRIMARY KEY,"
	" time BIGINT NOT NULL,"
	" account BIGINT,"
	" address TEXT,"
	" device TEXT,"
	" outcome INTEGER NOT NULL);"
	"CREATE INDEX sign_ins_account ON sign_ins (account, id) WHERE account IS NOT NULL;";

/* A second factor is in force from `since` on; `step` and `used` say which codes are used up. */
static const char totp[] =
	"CREATE TABLE totp ("
	" account BIGINT NOT NULL PRIMARY KEY,"
	" secret BLOB NOT NULL,"
	" since BIGINT,"
	" step BIGINT NOT NULL DEFAULT 0,"
	" used BIGINT NOT NULL DEFAULT 0);"
	"CREATE TABLE recovery_codes ("
	" account BIGINT NOT NULL,"
	" hash BLOB NOT NULL,"
	" PRIMARY KEY (account, hash));";

/* Accounts that moved in from an older backend: legacy.h, sealed.h. */
static const char moved[] =
	"ALTER TABLE credentials ADD COLUMN recipe TEXT;"
	"ALTER TABLE credentials ADD COLUMN sealed BLOB;"
	"CREATE INDEX credentials_sealed ON credentials (registration) WHERE sealed IS NOT NULL;";

const char *const migrate_steps[] = {first, totp, moved};
const size_t migrate_count = sizeof(migrate_steps) / sizeof(migrate_steps[0]);
