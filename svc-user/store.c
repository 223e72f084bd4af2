#include "svc-user/store.h"

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"

FIELD_TABLE(user_contact_row, USER_CONTACT_ROW)

#define ID_ROW(X, S) X(S, ID, id, 0, 0)
FIELD_STRUCT(user_id_row, ID_ROW)
FIELD_TABLE(user_id_row, ID_ROW)

#define COLUMNS USER_STORE_COLUMNS

/* Longest pattern: every byte of q escaped, with a % at each end. */
#define PATTERN_MAX (USER_NAME_MAX * 4 * 2 + 2)

/* The text of a …_key column; absent stays absent, and running out of memory is told from that. */
static int key_make(struct arena *arena, struct str text, struct str *ret_key)
{
	struct str key = str_lower(arena, text);

	if (text.p && !key.p)
		return ERR_NOMEM;
	*ret_key = key;
	return 0;
}

int user_store_count(struct db_conn *conn, struct str counter, int64_t *ret_number)
{
	static const struct db_sql sql = {
		"UPDATE counters SET last = last + 1 WHERE name = $1 RETURNING last"};

	return db_number(conn, &sql, DB_ARGS(DB_STR(counter)), ret_number);
}

int user_store_by_id(
	struct db_conn *conn, struct arena *arena, int64_t id, struct user_account *ret_account)
{
	static const struct db_sql sql = {"SELECT " COLUMNS " FROM accounts WHERE id = $1"};

	return db_row(conn, &sql, DB_ARGS(DB_INT(id)), &user_account_fields, arena, ret_account);
}

int user_store_by_id_alive(
	struct db_conn *conn, struct arena *arena, int64_t id, struct user_account *ret_account)
{
	static const struct db_sql sql = {
		"SELECT " COLUMNS " FROM accounts WHERE id = $1 AND erased = 0"};

	return db_row(conn, &sql, DB_ARGS(DB_INT(id)), &user_account_fields, arena, ret_account);
}

int user_store_by_username(struct db_conn *conn, struct arena *arena, struct str username,
	struct user_account *ret_account)
{
	static const struct db_sql sql = {
		"SELECT " COLUMNS " FROM accounts WHERE username_key = $1"};
	struct str key;
	int err = key_make(arena, username, &key);

	if (err)
		return err;
	return db_row(conn, &sql, DB_ARGS(DB_STR(key)), &user_account_fields, arena, ret_account);
}

int user_store_by_phone(struct db_conn *conn, struct arena *arena, struct str phone,
	struct user_account *ret_account)
{
	static const struct db_sql sql = {"SELECT " COLUMNS " FROM accounts WHERE phone = $1"};

	return db_row(conn, &sql, DB_ARGS(DB_STR(phone)), &user_account_fields, arena, ret_account);
}

int user_store_by_email(struct db_conn *conn, struct arena *arena, struct str email,
	struct user_account *ret_account)
{
	static const struct db_sql sql = {"SELECT " COLUMNS " FROM accounts WHERE email_key = $1"};
	struct str key;
	int err = key_make(arena, email, &key);

	if (err)
		return err;
	return db_row(conn, &sql, DB_ARGS(DB_STR(key)), &user_account_fields, arena, ret_account);
}

int user_store_by_registration(struct db_conn *conn, struct arena *arena, struct str registration,
	struct user_account *ret_account)
{
	static const struct db_sql sql = {
		"SELECT " COLUMNS " FROM accounts WHERE registration = $1"};

	return db_row(conn, &sql, DB_ARGS(DB_STR(registration)), &user_account_fields, arena,
		ret_account);
}

int user_store_seq(struct db_conn *conn, int64_t id, int64_t *ret_seq)
{
	static const struct db_sql sql = {"SELECT seq FROM accounts WHERE id = $1"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(id)), ret_seq);
}

struct keys {
	struct str username, email, display;
};

static int keys_make(struct arena *arena, const struct user_account *account, struct keys *ret_keys)
{
	int err = key_make(arena, account->username, &ret_keys->username);

	if (!err)
		err = key_make(arena, account->email, &ret_keys->email);
	if (!err)
		err = key_make(arena, account->display_name, &ret_keys->display);
	return err;
}

int user_store_insert(
	struct db_conn *conn, struct arena *arena, int64_t seq, const struct user_account *account)
{
	static const struct db_sql sql = {
		"INSERT INTO accounts (seq, username_key, email_key, display_key, " COLUMNS ")"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
		" $17, $18, $19, $20, $21, $22, $23)"};
	const struct user_account *a = account;
	struct keys keys;
	int err = keys_make(arena, account, &keys);

	if (err)
		return err;
	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(seq), DB_STR(keys.username), DB_STR(keys.email),
			DB_STR(keys.display), DB_INT(a->id), DB_STR(a->username), DB_STR(a->phone),
			DB_STR(a->email), DB_STR(a->display_name), DB_STR(a->first_name),
			DB_STR(a->last_name), DB_INT(a->role), DB_INT(a->status),
			DB_STR(a->identity), DB_INT(a->sex), DB_OINT(a->age),
			DB_STR(a->description), DB_STR(a->wechat), DB_STR(a->avatar),
			DB_INT(a->created), DB_INT(a->modified), DB_STR(a->registration),
			DB_INT(a->sessions_from)),
		NULL);
}

int user_store_profile(
	struct db_conn *conn, struct arena *arena, const struct user_account *account)
{
	static const struct db_sql sql = {
		"UPDATE accounts SET username_key = $2, email_key = $3, display_key = $4,"
		" username = $5, phone = $6, email = $7, display_name = $8, first_name = $9,"
		" last_name = $10, sex = $11, age = $12, description = $13, wechat = $14,"
		" modified = $15 WHERE id = $1"};
	const struct user_account *a = account;
	struct keys keys;
	int err = keys_make(arena, account, &keys);

	if (err)
		return err;
	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(a->id), DB_STR(keys.username), DB_STR(keys.email),
			DB_STR(keys.display), DB_STR(a->username), DB_STR(a->phone),
			DB_STR(a->email), DB_STR(a->display_name), DB_STR(a->first_name),
			DB_STR(a->last_name), DB_INT(a->sex), DB_OINT(a->age),
			DB_STR(a->description), DB_STR(a->wechat), DB_INT(a->modified)),
		NULL);
}

int user_store_govern(struct db_conn *conn, const struct user_account *account)
{
	static const struct db_sql sql = {
		"UPDATE accounts SET role = $2, status = $3, identity = $4, sessions_from = $5,"
		" modified = $6 WHERE id = $1"};
	const struct user_account *a = account;

	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(a->id), DB_INT(a->role), DB_INT(a->status), DB_STR(a->identity),
			DB_INT(a->sessions_from), DB_INT(a->modified)),
		NULL);
}

int user_store_key(struct db_conn *conn, struct arena *arena, int64_t id, struct str *ret_key)
{
	static const struct db_sql sql = {"SELECT client_key FROM accounts WHERE id = $1"};
	struct user_key_out row;
	int err = db_row(conn, &sql, DB_ARGS(DB_INT(id)), &user_key_out_fields, arena, &row);

	if (!err)
		*ret_key = row.key;
	return err;
}

int user_store_key_set(struct db_conn *conn, int64_t id, struct str key)
{
	static const struct db_sql sql = {"UPDATE accounts SET client_key = $2 WHERE id = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(id), DB_STR(key)), NULL);
}

int user_store_erase(struct db_conn *conn, int64_t id, int64_t now_us)
{
	static const struct db_sql sql = {
		"UPDATE accounts SET username = NULL, username_key = NULL, phone = NULL,"
		" email = NULL, email_key = NULL, display_name = NULL, display_key = NULL,"
		" first_name = NULL, last_name = NULL, identity = NULL, sex = $2, age = NULL,"
		" description = NULL, wechat = NULL, avatar = NULL, client_key = NULL,"
		" role = $3, status = $4,"
		" erased = 1, bound = 0, modified = $5, sessions_from = $5 WHERE id = $1"};

	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(id), DB_INT(SEX_UNKNOWN), DB_INT(ROLE_MEMBER),
			DB_INT(STATUS_DELETED), DB_INT(now_us)),
		NULL);
}

/* LIKE's own signs in the text stand for themselves. */
int user_store_pattern(struct arena *arena, struct str part, struct str *ret_pattern)
{
	struct buf buf;
	struct str key;
	int err = key_make(arena, part, &key);

	if (err)
		return err;
	buf_init(&buf, arena, PATTERN_MAX);
	buf_add_char(&buf, '%');
	for (size_t i = 0; i < key.len; i++) {
		if (key.p[i] == '%' || key.p[i] == '_' || key.p[i] == '\\')
			buf_add_char(&buf, '\\');
		buf_add_char(&buf, key.p[i]);
	}
	buf_add_char(&buf, '%');
	if (buf_failed(&buf))
		return ERR_NOMEM;
	*ret_pattern = buf_str(&buf);
	return 0;
}

/* One text with all conditions, and the same with one of them repeated bare, so that its index is
 * used. */
#define SEARCH(bare)                                                                               \
	"SELECT " COLUMNS " FROM accounts WHERE seq > $1 AND erased = 0"                           \
	" AND (CAST($2 AS TEXT) IS NULL OR username_key LIKE $2 ESCAPE '\\'"                       \
	" OR display_key LIKE $2 ESCAPE '\\')"                                                     \
	" AND (CAST($3 AS TEXT) IS NULL OR username_key = $3)"                                     \
	" AND (CAST($4 AS TEXT) IS NULL OR phone = $4)"                                            \
	" AND (CAST($5 AS TEXT) IS NULL OR first_name = $5)"                                       \
	" AND (CAST($6 AS TEXT) IS NULL OR last_name = $6)"                                        \
	" AND (CAST($7 AS INTEGER) IS NULL OR role = $7)"                                          \
	" AND (CAST($8 AS INTEGER) IS NULL OR status = $8)" bare " ORDER BY seq LIMIT $9"

int user_store_search(struct db_conn *conn, struct arena *arena,
	const struct user_store_query *query, struct user_account **ret_items, size_t *ret_count)
{
	static const struct db_sql any = {SEARCH("")};
	static const struct db_sql by_username = {SEARCH(" AND username_key = $3")};
	static const struct db_sql by_phone = {SEARCH(" AND phone = $4")};
	const struct db_sql *sql = query->username.p ? &by_username
				   : query->phone.p  ? &by_phone
						     : &any;
	struct str pattern = STR_NONE, key;
	int err = key_make(arena, query->username, &key);

	if (!err && query->part.p)
		err = user_store_pattern(arena, query->part, &pattern);
	if (err)
		return err;
	return db_rows(conn, sql,
		DB_ARGS(DB_INT(query->after_seq), DB_STR(pattern), DB_STR(key),
			DB_STR(query->phone), DB_STR(query->first_name), DB_STR(query->last_name),
			DB_ID(query->role), DB_ID(query->status), DB_INT(query->limit)),
		&user_account_fields, arena, ret_items, ret_count);
}

int user_store_search_ids(struct db_conn *conn, struct arena *arena,
	const struct user_store_query *query, int64_t **ret_ids, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT id FROM accounts WHERE seq > $1 AND erased = 0"
		" AND (CAST($2 AS TEXT) IS NULL OR first_name = $2)"
		" AND (CAST($3 AS TEXT) IS NULL OR last_name = $3)"
		" AND (CAST($4 AS INTEGER) IS NULL OR role = $4) ORDER BY seq LIMIT $5"};
	struct user_id_row *rows;
	size_t count;
	int64_t *ids;
	int err = db_rows(conn, &sql,
		DB_ARGS(DB_INT(query->after_seq), DB_STR(query->first_name),
			DB_STR(query->last_name), DB_ID(query->role), DB_INT(query->limit)),
		&user_id_row_fields, arena, &rows, &count);

	if (err)
		return err;
	ids = ARENA_ARRAY(arena, int64_t, count ? count : 1);
	if (!ids)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		ids[i] = rows[i].id;
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

int user_store_follow_add(struct db_conn *conn, int64_t follower, int64_t followed, int64_t now_us)
{
	static const struct db_sql sql = {
		"INSERT INTO follows (follower, followed, since) VALUES ($1, $2, $3)"};

	return db_exec(
		conn, &sql, DB_ARGS(DB_INT(follower), DB_INT(followed), DB_INT(now_us)), NULL);
}

int user_store_follow_remove(
	struct db_conn *conn, int64_t follower, int64_t followed, int64_t *ret_removed)
{
	static const struct db_sql sql = {
		"DELETE FROM follows WHERE follower = $1 AND followed = $2"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(follower), DB_INT(followed)), ret_removed);
}

int user_store_follow_remove_all(struct db_conn *conn, int64_t follower)
{
	static const struct db_sql sql = {"DELETE FROM follows WHERE follower = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(follower)), NULL);
}

int user_store_follow_rows(struct db_conn *conn, int64_t follower, int64_t *ret_rows)
{
	static const struct db_sql sql = {"SELECT COUNT(*) FROM follows WHERE follower = $1"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(follower)), ret_rows);
}

int user_store_follow_total(struct db_conn *conn, int64_t follower, int64_t *ret_total)
{
	static const struct db_sql sql = {
		"SELECT COUNT(*) FROM follows JOIN accounts ON id = followed"
		" WHERE follower = $1 AND status = $2"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(follower), DB_INT(STATUS_NORMAL)), ret_total);
}

int user_store_follow_list(struct db_conn *conn, struct arena *arena, int64_t follower,
	int64_t limit, struct user_account **ret_items, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT " COLUMNS " FROM follows JOIN accounts ON id = followed"
		" WHERE follower = $1 AND status = $2 ORDER BY since DESC, followed DESC LIMIT $3"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(follower), DB_INT(STATUS_NORMAL), DB_INT(limit)),
		&user_account_fields, arena, ret_items, ret_count);
}

int user_store_contact_add(
	struct db_conn *conn, int64_t owner, int64_t contact, struct str alias, int64_t now_us)
{
	static const struct db_sql sql = {
		"INSERT INTO contacts (owner, contact, alias, added) VALUES ($1, $2, $3, $4)"};

	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(owner), DB_INT(contact), DB_STR(alias), DB_INT(now_us)), NULL);
}

int user_store_contact_rename(
	struct db_conn *conn, int64_t owner, int64_t contact, struct str alias)
{
	static const struct db_sql sql = {
		"UPDATE contacts SET alias = $3 WHERE owner = $1 AND contact = $2"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(owner), DB_INT(contact), DB_STR(alias)), NULL);
}

int user_store_contact_remove(
	struct db_conn *conn, int64_t owner, int64_t contact, int64_t *ret_removed)
{
	static const struct db_sql sql = {"DELETE FROM contacts WHERE owner = $1 AND contact = $2"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(owner), DB_INT(contact)), ret_removed);
}

int user_store_contact_remove_all(struct db_conn *conn, int64_t account)
{
	static const struct db_sql sql = {"DELETE FROM contacts WHERE owner = $1 OR contact = $1"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(account)), NULL);
}

int user_store_contact_exists(
	struct db_conn *conn, int64_t owner, int64_t contact, int64_t *ret_exists)
{
	static const struct db_sql sql = {
		"SELECT COUNT(*) FROM contacts WHERE owner = $1 AND contact = $2"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(owner), DB_INT(contact)), ret_exists);
}

int user_store_contact_rows(struct db_conn *conn, int64_t owner, int64_t *ret_rows)
{
	static const struct db_sql sql = {"SELECT COUNT(*) FROM contacts WHERE owner = $1"};

	return db_number(conn, &sql, DB_ARGS(DB_INT(owner)), ret_rows);
}

int user_store_contact_list(struct db_conn *conn, struct arena *arena, int64_t owner, int64_t after,
	int64_t limit, struct user_contact_row **ret_items, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT " COLUMNS ", alias, added FROM contacts JOIN accounts ON id = contact"
		" WHERE owner = $1 AND contact > $2 ORDER BY contact LIMIT $3"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(owner), DB_INT(after), DB_INT(limit)),
		&user_contact_row_fields, arena, ret_items, ret_count);
}
