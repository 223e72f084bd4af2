/*
 * What is held about an account: given to its owner as a whole, and gone when it is erased, from every
 * row of every table, from the bytes of the files, and from Redis.
 */
#include "tests/unit/auth_kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/svc/redis.h"
#include "svc-auth/otp.h"

/* Everything personal about the person of this test holds this. */
#define MARK "zebra-quagga"
#define ADDRESS "203.0.113.77"

static const char *const needles[] = {
	MARK, "Zebra-Quagga", "ZEBRA", "13812349876", ADDRESS, "zebra.quagga@example.org"};

static int update(struct auth_kit *kit, int64_t id)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct user_update_in in = {
		.first_name = STR("first " MARK),
		.last_name = STR("last " MARK),
		.description = STR("description " MARK),
		.wechat = STR("wechat " MARK),
		.age = {true, 77},
		.sex = SEX_FEMALE,
	};
	struct user_update_out out;

	return call_user_update(&call, &in, &out);
}

static void govern(struct auth_kit *kit, int64_t id)
{
	struct call call = auth_kit_call(kit, CALLER_OPERATOR, 0, STR_NONE);
	const struct user_govern_in in = {.id = id, .identity = STR("identity " MARK)};
	struct user_govern_out out;

	call.caller.address = STR("127.0.0.1");
	assert_int_equal(call_user_govern(&call, &in, &out), 0);
}

static void know(struct auth_kit *kit, int64_t id, int64_t other, const char *alias)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct user_contact_put_in in = {.id = other, .alias = str_c(alias)};
	struct user_contact_put_out out;
	struct user_follow_out followed;

	assert_int_equal(call_user_contact_put(&call, &in, &out), 0);
	assert_int_equal(
		call_user_follow(&call, &(struct user_follow_in){.id = other}, &followed), 0);
}

static int enter(struct auth_kit *kit, const char *password)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_login_in in = {
		.login = STR("Zebra-Quagga"),
		.password = str_c(password),
		.by = LOGIN_ANY,
		.device = STR("device " MARK),
	};
	struct auth_login_out out;

	call.caller.address = STR(ADDRESS);
	return call_auth_login(&call, &in, &out);
}

static void keep_reply(struct auth_kit *kit, int64_t id)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct auth_idem_begin_in begin = {
		.key = STR("key"), .print = STR("print"), .ticket = STR("ticket")};
	const struct auth_idem_end_in end = {
		.key = STR("key"), .ticket = STR("ticket"), .reply = STR("reply " MARK)};
	struct auth_idem_begin_out begun;
	struct auth_idem_end_out ended;

	assert_int_equal(call_auth_idem_begin(&call, &begin, &begun), 0);
	assert_int_equal(call_auth_idem_end(&call, &end, &ended), 0);
}

/* An account with everything that can be held of one. */
static int64_t somebody(struct auth_kit *kit, int64_t other)
{
	struct auth_register_in in = {
		.username = STR("Zebra-Quagga"),
		.phone = STR("13812349876"),
		.email = STR("Zebra.Quagga@Example.org"),
		.display_name = STR("display ZEBRA"),
	};
	struct auth_register_out out;
	struct auth_totp_begin_out factor;
	struct call call;
	int64_t id;

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	id = out.account.id;
	assert_int_equal(update(kit, id), 0);
	govern(kit, id);
	know(kit, id, other, "my " MARK);
	know(kit, other, id, "their " MARK);
	assert_int_equal(enter(kit, AUTH_KIT_PASSWORD), 0);
	assert_int_equal(enter(kit, "wrong"), ERR_BAD_CREDENTIALS);
	call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	assert_int_equal(
		call_auth_totp_begin(&call, &(struct auth_totp_begin_in){0}, &factor), 0);
	keep_reply(kit, id);
	return id;
}

static void erase(struct auth_kit *kit, int64_t id)
{
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	const struct auth_erase_in in = {.password = STR(AUTH_KIT_PASSWORD)};
	struct auth_erase_out out;

	call.caller.address = STR(ADDRESS);
	assert_int_equal(call_auth_erase(&call, &in, &out), 0);
}

static bool holds(const void *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(needles) / sizeof(needles[0]); i++)
		if (memmem(bytes, len, needles[i], strlen(needles[i])))
			return true;
	return false;
}

/* Rows of a table with a needle in any column. */
static int rows_with(sqlite3 *db, const char *table)
{
	sqlite3_stmt *stmt;
	int found = 0;
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", table);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		bool here = false;

		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const void *bytes = sqlite3_column_blob(stmt, i);

			here |= bytes && holds(bytes, (size_t)sqlite3_column_bytes(stmt, i));
		}
		found += here;
	}
	sqlite3_finalize(stmt);
	return found;
}

/* Rows of the other tables that name the account in a column of the type its id has. */
static int rows_in_database(struct auth_kit *kit, const char *file)
{
	sqlite3_stmt *tables;
	sqlite3 *db;
	int found = 0;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", harness_dir(kit->h), file);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "SELECT name FROM sqlite_schema WHERE type = 'table'", -1, &tables,
				 NULL),
		SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW)
		found += rows_with(db, (const char *)sqlite3_column_text(tables, 0));
	sqlite3_finalize(tables);
	sqlite3_close(db);
	return found;
}

static int64_t count_rows(struct auth_kit *kit, const char *file, const char *sql, int64_t id)
{
	sqlite3_stmt *stmt;
	int64_t count;
	sqlite3 *db;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", harness_dir(kit->h), file);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	sqlite3_bind_int64(stmt, 1, id);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	count = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

static int files_with(const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	int found = 0;

	assert_non_null(entries);
	while ((entry = readdir(entries)) != NULL) {
		int fd = openat(dirfd(entries), entry->d_name, O_RDONLY);
		struct stat info;
		char *bytes;

		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &info), 0);
		if (S_ISREG(info.st_mode)) {
			bytes = malloc((size_t)info.st_size + 1);
			assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
			if (holds(bytes, (size_t)info.st_size)) {
				fprintf(stderr, "held in %s\n", entry->d_name);
				found++;
			}
			free(bytes);
		}
		close(fd);
	}
	closedir(entries);
	return found;
}

/* Everything in Redis, keys and values, as one text. */
static struct str redis_text(struct auth_kit *kit)
{
	static const struct redis_script script = {
		"local text = ''\n"
		"for _, key in ipairs(redis.call('KEYS', '*')) do\n"
		"  local kind = redis.call('TYPE', key).ok\n"
		"  local values = {}\n"
		"  if kind == 'hash' then values = redis.call('HGETALL', key) end\n"
		"  if kind == 'zset' then values = redis.call('ZRANGE', key, 0, -1) end\n"
		"  if kind == 'list' then values = redis.call('LRANGE', key, 0, -1) end\n"
		"  if kind == 'set' then values = redis.call('SMEMBERS', key) end\n"
		"  if kind == 'string' then values = {redis.call('GET', key)} end\n"
		"  text = text .. key .. '=' .. table.concat(values, ',') .. '\\n'\n"
		"end\n"
		"return text\n"};
	struct call call = harness_call(kit->h, CALLER_ANYONE, 0);
	struct redis_reply reply;

	assert_int_equal(redis_eval(auth_kit_state(kit)->redis, call.arena, &script, 0,
				 REDIS_ARGS(STR("")), &reply),
		0);
	return reply.text;
}

static void test_nothing_is_left(void **state)
{
	struct auth_kit *kit = *state;
	int64_t other = auth_kit_named(kit, "a friend"), id = somebody(kit, other);
	char id_text[32], dir[4096];
	struct str text;

	snprintf(id_text, sizeof(id_text), ":%lld=", (long long)id);
	snprintf(dir, sizeof(dir), "%s", harness_dir(kit->h));
	/* The test looks where things are. */
	assert_true(rows_in_database(kit, "user.db") >= 4);
	assert_true(rows_in_database(kit, "auth.db") >= 2);
	text = redis_text(kit);
	assert_true(holds(text.p, text.len));
	assert_non_null(memmem(text.p, text.len, id_text, strlen(id_text)));

	erase(kit, id);
	assert_int_equal(rows_in_database(kit, "user.db"), 0);
	assert_int_equal(rows_in_database(kit, "auth.db"), 0);
	text = redis_text(kit);
	for (size_t i = 0; i < sizeof(needles) / sizeof(needles[0]); i++) {
		/* The address is counted for a quarter of an hour, whoever was there. */
		if (strcmp(needles[i], ADDRESS) != 0)
			assert_null(memmem(text.p, text.len, needles[i], strlen(needles[i])));
	}
	assert_null(memmem(text.p, text.len, id_text, strlen(id_text)));
	assert_int_equal(count_rows(kit, "auth.db",
				 "SELECT (SELECT COUNT(*) FROM credentials WHERE account = $1) +"
				 " (SELECT COUNT(*) FROM sign_ins WHERE account = $1) +"
				 " (SELECT COUNT(*) FROM totp WHERE account = $1)",
				 id),
		0);
	assert_int_equal(count_rows(kit, "user.db",
				 "SELECT (SELECT COUNT(*) FROM contacts WHERE $1 IN (owner, contact)) +"
				 " (SELECT COUNT(*) FROM follows WHERE follower = $1)",
				 id),
		0);

	/* Stopped, the logs are in the files: nothing is left in the space between rows either. */
	harness_halt(kit->h, SERVICE_AUTH);
	harness_halt(kit->h, SERVICE_USER);
	assert_int_equal(files_with(dir), 0);
	harness_resume(kit->h, SERVICE_USER);
	harness_resume(kit->h, SERVICE_AUTH);
}

static void test_export(void **state)
{
	struct auth_kit *kit = *state;
	int64_t other = auth_kit_named(kit, "another friend"), id = somebody(kit, other);
	struct call call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	struct user_export_out user;
	struct auth_export_out auth;

	assert_int_equal(call_user_export(&call, &(struct user_export_in){0}, &user), 0);
	assert_int_equal(user.account.id, id);
	assert_str(user.account.wechat, "wechat " MARK);
	assert_int_equal(user.contacts_count, 1);
	assert_int_equal(user.contacts[0].id, other);
	assert_str(user.contacts[0].alias, "my " MARK);
	assert_int_equal(user.follows_count, 1);
	assert_int_equal(user.follows[0].id, other);
	assert_int_equal(user.acts_count, 1);
	assert_str(user.acts[0].detail, " -> identity " MARK);
	assert_str(user.acts[0].address, NULL); /* the operator's */

	assert_int_equal(call_auth_export(&call, &(struct auth_export_in){0}, &auth), 0);
	assert_int_equal(auth.sign_ins_count, 2);
	assert_str(enum_words_text(&auth_outcomes, auth.sign_ins[0].outcome), "wrong_password");
	assert_str(enum_words_text(&auth_outcomes, auth.sign_ins[1].outcome), "success");
	assert_str(auth.sign_ins[1].address, ADDRESS);
	assert_str(auth.sign_ins[1].device, "device " MARK);
	assert_int_equal(auth.totp_since, 0);
	assert_int_equal(auth.recovery_codes, 0);
	erase(kit, id);
}

/* An administrator finds his own acts, with his address; others' data are not in it. */
static void test_export_of_an_administrator(void **state)
{
	struct auth_kit *kit = *state;
	int64_t admin = user_kit_admin(kit->h, "exporting admin");
	int64_t id = auth_kit_named(kit, "governed one");
	struct call call = auth_kit_call(kit, CALLER_ADMIN, admin, STR_NONE);
	const struct user_govern_in in = {.id = id, .role = ROLE_DONOR};
	struct user_govern_out governed;
	struct user_export_out out;

	assert_int_equal(call_user_govern(&call, &in, &governed), 0);
	assert_int_equal(call_user_export(&call, &(struct user_export_in){0}, &out), 0);
	assert_true(out.acts_count >= 1); /* and, before it, that he was made one */
	assert_int_equal(out.acts[0].target, id);
	assert_true(str_eq(out.acts[0].address, kit->address));
	call = auth_kit_call(kit, CALLER_ACCOUNT, id, STR_NONE);
	assert_int_equal(call_user_export(&call, &(struct user_export_in){0}, &out), 0);
	assert_int_equal(out.acts_count, 1);
	assert_str(out.acts[0].address, NULL);
	user_kit_status(kit->h, id, STATUS_FROZEN);
	assert_int_equal(
		call_user_export(&call, &(struct user_export_in){0}, &out), ERR_UNAUTHENTICATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_is_left, auth_kit_reset),
		cmocka_unit_test_setup(test_export, auth_kit_reset),
		cmocka_unit_test_setup(test_export_of_an_administrator, auth_kit_reset),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
