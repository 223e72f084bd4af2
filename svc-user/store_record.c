/* SQL of what is kept about acts and accounts as a whole. */
#include "svc-user/store.h"

int user_store_act_add(struct db_conn *conn, const struct user_act *act)
{
	static const struct db_sql sql = {
		"INSERT INTO admin_acts (seq, time, actor, action, target, address, detail)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)"};
	int64_t seq;
	int err = user_store_count(conn, STR("admin_acts"), &seq);

	if (err)
		return err;
	return db_exec(conn, &sql,
		DB_ARGS(DB_INT(seq), DB_INT(act->time), DB_ID(act->actor), DB_STR(act->action),
			DB_INT(act->target), DB_STR(act->address), DB_STR(act->detail)),
		NULL);
}

int user_store_acts(struct db_conn *conn, struct arena *arena, int64_t before, int64_t limit,
	struct user_act **ret_acts, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT seq, time, actor, action, target, address, detail FROM admin_acts"
		" WHERE seq < $1 ORDER BY seq DESC LIMIT $2"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(before), DB_INT(limit)), &user_act_fields, arena,
		ret_acts, ret_count);
}

int user_store_acts_of(struct db_conn *conn, struct arena *arena, int64_t account, int64_t limit,
	struct user_act **ret_acts, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT seq, time, actor, action, target, address, detail FROM admin_acts"
		" WHERE actor = $1 OR target = $1 ORDER BY seq DESC LIMIT $2"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(account), DB_INT(limit)), &user_act_fields, arena,
		ret_acts, ret_count);
}

int user_store_export_contacts(struct db_conn *conn, struct arena *arena, int64_t account,
	struct user_export_contact **ret_items, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT contact, alias, added FROM contacts WHERE owner = $1 ORDER BY contact"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(account)), &user_export_contact_fields, arena,
		ret_items, ret_count);
}

int user_store_export_follows(struct db_conn *conn, struct arena *arena, int64_t account,
	struct user_export_follow **ret_items, size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT followed, since FROM follows WHERE follower = $1 ORDER BY since, followed"};

	return db_rows(conn, &sql, DB_ARGS(DB_INT(account)), &user_export_follow_fields, arena,
		ret_items, ret_count);
}

int user_store_acts_forget(struct db_conn *conn, int64_t account)
{
	static const struct db_sql own = {"UPDATE admin_acts SET address = NULL WHERE actor = $1"};
	static const struct db_sql about = {
		"UPDATE admin_acts SET detail = NULL WHERE target = $1 AND action = 'user.identity'"};
	int err = db_exec(conn, &own, DB_ARGS(DB_INT(account)), NULL);

	return err ? err : db_exec(conn, &about, DB_ARGS(DB_INT(account)), NULL);
}

int user_store_counts(struct db_conn *conn, struct arena *arena, struct user_count **ret_counts,
	size_t *ret_count)
{
	static const struct db_sql sql = {
		"SELECT role, status, erased, COUNT(*) FROM accounts"
		" GROUP BY role, status, erased ORDER BY role, status, erased"};

	return db_rows(
		conn, &sql, DB_NO_ARGS, &user_count_fields, arena, ret_counts, ret_count);
}
