/* SQL of people as somebody sees them. */
#include "svc-user/store.h"

FIELD_TABLE(user_person_row, USER_PERSON_ROW)

/* In the order of USER_PERSON_ROW's lines; $1 is the viewer, $2 the normal status. */
#define COLUMNS                                                                                    \
	USER_STORE_COLUMNS ", contacts.alias,"                                                     \
			   " CASE WHEN contacts.owner IS NULL THEN 0 ELSE 1 END,"                  \
			   " CASE WHEN EXISTS (SELECT 1 FROM contacts AS back"                     \
			   " WHERE back.owner = accounts.id AND back.contact = $1)"                \
			   " THEN 1 ELSE 0 END,"                                                   \
			   " (SELECT COUNT(*) FROM contacts AS own"                                \
			   " JOIN accounts AS other ON other.id = own.contact"                     \
			   " WHERE own.owner = accounts.id AND other.status = $2),"                \
			   " bound"
#define SELECT_ANY                                                                                 \
	"SELECT " COLUMNS " FROM accounts LEFT JOIN contacts"                                      \
	" ON contacts.owner = $1 AND contacts.contact = accounts.id WHERE accounts.status = $2"
#define SELECT_CONTACTS                                                                            \
	"SELECT " COLUMNS " FROM contacts JOIN accounts ON accounts.id = contacts.contact"         \
	" WHERE contacts.owner = $1 AND accounts.status = $2"

int user_store_person(struct db_conn *conn, struct arena *arena, int64_t viewer, int64_t id,
	struct user_person_row *ret_row)
{
	static const struct db_sql sql = {SELECT_ANY " AND accounts.id = $3"};

	return db_row(conn, &sql, DB_ARGS(DB_INT(viewer), DB_INT(STATUS_NORMAL), DB_INT(id)),
		&user_person_row_fields, arena, ret_row);
}

/* A statement for each way to look, so that its index is used; all take the same arguments. */
int user_store_people(struct db_conn *conn, struct arena *arena, int64_t viewer,
	const struct user_people_in *in, struct user_person_row **ret_rows, size_t *ret_count)
{
	static const struct db_sql by_contact = {
		SELECT_CONTACTS " AND CAST($3 AS TEXT) IS NULL ORDER BY contacts.added,"
				" contacts.contact LIMIT $4 OFFSET $5"};
	static const struct db_sql by_phone = {
		SELECT_ANY " AND phone = $3 ORDER BY seq LIMIT $4 OFFSET $5"};
	static const struct db_sql by_part = {
		SELECT_ANY " AND username_key LIKE $3 ESCAPE '\\' ORDER BY seq LIMIT $4 OFFSET $5"};
	const struct db_sql *sql = in->contacts ? &by_contact : in->phone.p ? &by_phone : &by_part;
	struct str what = in->contacts ? STR_NONE : in->phone;

	if (sql == &by_part) {
		int err = user_store_pattern(arena, in->part, &what);

		if (err)
			return err;
	}
	return db_rows(conn, sql,
		DB_ARGS(DB_INT(viewer), DB_INT(STATUS_NORMAL), DB_STR(what), DB_INT(in->limit),
			DB_INT(in->skip)),
		&user_person_row_fields, arena, ret_rows, ret_count);
}

int user_store_bind(struct db_conn *conn, int64_t id)
{
	static const struct db_sql sql = {"UPDATE accounts SET bound = 1 WHERE id = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(id)), NULL);
}
