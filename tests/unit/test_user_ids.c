/* svc-user, for administrators of dialects: lists of ids, and changes that spare their peers. */
#include "tests/unit/user_kit.h"

#include <string.h>

#include "svc-user/user.h"

enum { ANN, BOB, CARL, DORA, PEOPLE };

struct fixture {
	struct harness *h;
	int64_t admin, ids[PEOPLE];
};

static int start(void **state)
{
	static const struct user_create_in people[PEOPLE] = {
		[ANN] = {.first_name = STR_INIT("Ann"), .last_name = STR_INIT("Lee"), .role = 2},
		[BOB] = {.first_name = STR_INIT("Bob"), .last_name = STR_INIT("Lee"), .role = 3},
		[CARL] = {.first_name = STR_INIT("ann"), .last_name = STR_INIT("Lee"), .role = 2},
		[DORA] = {.first_name = STR_INIT("Ann"), .last_name = STR_INIT("lee"), .role = 2},
	};
	static struct fixture fixture;
	const struct svc_spec *specs[] = {&user_spec};
	int64_t erased;

	fixture.h = harness_start(specs, 1);
	fixture.admin = user_kit_admin(fixture.h, "root");
	erased = user_kit_create(fixture.h, people[ANN]).id;
	for (int i = 0; i < PEOPLE; i++)
		fixture.ids[i] = user_kit_create(fixture.h, people[i]).id;
	user_kit_status(fixture.h, fixture.ids[BOB], STATUS_FROZEN);
	user_kit_status(fixture.h, fixture.ids[DORA], STATUS_DELETED);
	user_kit_erase(fixture.h, erased);
	*state = &fixture;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	harness_stop(f->h);
	return 0;
}

static int find(struct fixture *f, struct user_search_ids_in in, char ret_found[PEOPLE + 1])
{
	struct call call = harness_call(f->h, CALLER_ADMIN, f->admin);
	struct user_search_ids_out out;
	int err = call_user_search_ids(&call, &in, &out);
	size_t n = 0;

	if (err)
		return err;
	for (size_t i = 0; i < out.ids_count; i++)
		for (int k = 0; k < PEOPLE; k++)
			if (out.ids[i] == f->ids[k])
				ret_found[n++] = (char)('A' + k);
	ret_found[n] = '\0';
	return 0;
}

static void test_ids(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct user_search_ids_in in;
		const char *want;
	} rows[] = {
		{{.limit = FIELD_LIST_MAX}, "ABCD"},
		{{.limit = 10, .first_name = STR("Ann")}, "AD"},
		{{.limit = 10, .last_name = STR("Lee")}, "ABC"},
		{{.limit = 10, .first_name = STR("Ann"), .last_name = STR("Lee")}, "A"},
		{{.limit = 10, .first_name = STR(""), .last_name = STR("lee")}, "D"},
		{{.limit = 10, .role = ROLE_DONOR}, "ACD"},
		{{.limit = 10, .role = ROLE_VOLUNTEER, .first_name = STR("Ann")}, ""},
		{{.limit = 2, .role = ROLE_DONOR}, "AC"},
		{{.limit = 2, .role = ROLE_DONOR, .after = f->ids[CARL]}, "D"},
		{{.limit = 10, .after = f->ids[BOB]}, "CD"},
		{{.limit = 10, .first_name = STR("%")}, ""},
	};
	char found[PEOPLE + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(find(f, rows[i].in, found), 0);
		if (strcmp(found, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, found);
	}
	assert_int_equal(
		find(f, (struct user_search_ids_in){.limit = 1, .after = 1}, found), ERR_INVALID);
}

static void test_ids_denied(void **state)
{
	struct fixture *f = *state;
	struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[ANN]);
	struct user_search_ids_out out;

	assert_int_equal(
		call_user_search_ids(&call, &(struct user_search_ids_in){.limit = 1}, &out),
		ERR_DENIED);
}

static void test_lower_only(void **state)
{
	struct fixture *f = *state;
	const struct {
		int64_t id;
		int role, want;
	} rows[] = {
		{f->admin, ROLE_DONOR, ERR_DENIED},
		{f->admin, 0, ERR_DENIED},
		{f->ids[DORA], ROLE_DONOR, ERR_NOT_FOUND},
		{f->ids[DORA], 0, ERR_NOT_FOUND},
		{1, ROLE_DONOR, ERR_NOT_FOUND},
		{f->ids[BOB], 0, 0},
		{f->ids[BOB], ROLE_DONOR, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call call = harness_call(f->h, CALLER_ADMIN, f->admin);
		struct user_govern_in in = {
			.id = rows[i].id, .role = rows[i].role, .lower_only = true};
		struct user_govern_out out;

		assert_int_equal(call_user_govern(&call, &in, &out), rows[i].want);
	}
	assert_int_equal(user_kit_get(f->h, f->admin).role, ROLE_ADMINISTRATOR);
	assert_int_equal(user_kit_get(f->h, f->ids[BOB]).role, ROLE_DONOR);
}

static int fill_job(struct db_conn *conn, void *arg)
{
	static const struct db_sql sql = {
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)"
		" INSERT INTO accounts (seq, id, registration, first_name, role, status, sex,"
		" created, modified) SELECT 1000 + i, 500000000 + i, 'many ' || i, 'Many', 2, 1, 1,"
		" 0, 0 FROM n"};

	return db_exec(conn, &sql, DB_ARGS(DB_INT(*(int *)arg)), NULL);
}

/* More than there can be in one reply. */
static void test_ids_many(void **state)
{
	struct fixture *f = *state;
	struct call call = harness_call(f->h, CALLER_ADMIN, f->admin);
	struct user_search_ids_in in = {.first_name = STR("Many"), .limit = FIELD_LIST_MAX};
	struct user_search_ids_out out;
	int many = FIELD_LIST_MAX + 7;

	assert_int_equal(db_write(harness_svc(f->h, SERVICE_USER)->db, fill_job, &many), 0);
	assert_int_equal(call_user_search_ids(&call, &in, &out), 0);
	assert_int_equal(out.ids_count, FIELD_LIST_MAX);
	assert_int_equal(out.ids[0], 500000001);
	assert_int_equal(out.ids[FIELD_LIST_MAX - 1], 500000000 + FIELD_LIST_MAX);
	in.after = out.ids[FIELD_LIST_MAX - 1];
	assert_int_equal(call_user_search_ids(&call, &in, &out), 0);
	assert_int_equal(out.ids_count, 7);
	in.limit = FIELD_LIST_MAX + 1;
	assert_int_equal(call_user_search_ids(&call, &in, &out), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ids_denied),
		cmocka_unit_test(test_lower_only),
		cmocka_unit_test(test_ids_many),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
