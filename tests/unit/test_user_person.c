/* svc-user: people as others see them. */
#include "tests/unit/user_kit.h"

#include "svc-user/user.h"

enum { ANN, BOB, CARL, DORA, EVE, PEOPLE };

struct fixture {
	struct harness *h;
	int64_t ids[PEOPLE];
};

static void add(struct harness *h, int64_t owner, int64_t contact, struct str alias)
{
	struct call call = harness_call(h, CALLER_ACCOUNT, owner);
	const struct user_contact_put_in in = {.id = contact, .alias = alias};
	struct user_contact_put_out out;

	assert_int_equal(call_user_contact_put(&call, &in, &out), 0);
}

/* Ann has added dora, then bob; bob has added ann and eve, who is frozen then. */
static int start(void **state)
{
	static const struct user_create_in people[PEOPLE] = {
		[ANN] = {.username = STR_INIT("Ann"), .phone = STR_INIT("13700000301")},
		[BOB] = {.username = STR_INIT("bob_a"),
			.phone = STR_INIT("13700000302"),
			.email = STR_INIT("bob@example.org")},
		[CARL] = {.phone = STR_INIT("13700000303")},
		[DORA] = {.username = STR_INIT("dora"), .phone = STR_INIT("13700000304")},
		[EVE] = {.username = STR_INIT("eva"), .phone = STR_INIT("13700000305")},
	};
	static struct fixture f;
	const struct svc_spec *specs[] = {&user_spec};

	f.h = harness_start(specs, 1);
	for (int i = 0; i < PEOPLE; i++)
		f.ids[i] = user_kit_create(f.h, people[i]).id;
	add(f.h, f.ids[ANN], f.ids[DORA], STR("D"));
	add(f.h, f.ids[ANN], f.ids[BOB], STR_NONE);
	add(f.h, f.ids[BOB], f.ids[ANN], STR_NONE);
	add(f.h, f.ids[BOB], f.ids[EVE], STR_NONE);
	user_kit_status(f.h, f.ids[EVE], STATUS_FROZEN);
	*state = &f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	harness_stop(f->h);
	return 0;
}

static struct user_person see(struct fixture *f, int viewer, int who)
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[viewer]);
	struct user_person_out out;

	assert_int_equal(
		call_user_person(&call, &(struct user_person_in){.id = f->ids[who]}, &out), 0);
	assert_int_equal(out.person.account.id, f->ids[who]);
	return out.person;
}

static void test_person(void **state)
{
	static const struct {
		int viewer, who;
		const char *phone, *email, *alias;
		bool contact;
		int64_t contacts;
	} rows[] = {
		{ANN, ANN, "13700000301", NULL, NULL, false, 2},
		{BOB, BOB, "13700000302", "bob@example.org", NULL, false, 1},
		{ANN, BOB, "13700000302", NULL, NULL, true, 1},
		{BOB, ANN, "13700000301", NULL, NULL, true, 2},
		{ANN, DORA, NULL, NULL, "D", true, 0},
		{DORA, ANN, "13700000301", NULL, NULL, false, 2},
		{CARL, BOB, NULL, NULL, NULL, false, 1},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct user_person person = see(f, rows[i].viewer, rows[i].who);

		assert_str(person.account.phone, rows[i].phone);
		assert_str(person.account.email, rows[i].email);
		assert_str(person.alias, rows[i].alias);
		assert_int_equal(person.contact, rows[i].contact);
		assert_int_equal(person.contacts, rows[i].contacts);
	}
}

static void test_nobody(void **state)
{
	struct fixture *f = *state;
	struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[ANN]);
	struct user_person_out out;

	assert_int_equal(
		call_user_person(&call, &(struct user_person_in){.id = 1}, &out), ERR_NOT_FOUND);
	assert_int_equal(call_user_person(&call, &(struct user_person_in){.id = f->ids[EVE]}, &out),
		ERR_NOT_FOUND);
}

/* The letters of those found. */
static int find(struct fixture *f, int viewer, struct user_people_in in, char found[PEOPLE + 1])
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[viewer]);
	struct user_people_out out;
	int err = call_user_people(&call, &in, &out);
	size_t n = 0;

	for (size_t i = 0; !err && i < out.items_count; i++)
		for (int k = 0; k < PEOPLE; k++)
			if (out.items[i].account.id == f->ids[k])
				found[n++] = (char)('A' + k);
	found[n] = '\0';
	return err;
}

static void test_people(void **state)
{
	static const struct {
		int viewer;
		struct user_people_in in;
		const char *want;
	} rows[] = {
		{CARL, {.part = STR_INIT("A"), .limit = 10}, "ABD"},
		{CARL, {.part = STR_INIT("a"), .limit = 2}, "AB"},
		{CARL, {.part = STR_INIT("a"), .limit = 2, .skip = 2}, "D"},
		{CARL, {.part = STR_INIT("a"), .limit = 2, .skip = 4}, ""},
		{CARL, {.part = STR_INIT("_"), .limit = 10}, "B"},
		{CARL, {.part = STR_INIT("%"), .limit = 10}, ""},
		{CARL, {.part = STR_INIT("1370"), .limit = 10}, ""},
		{CARL, {.phone = STR_INIT("13700000302"), .limit = 10}, "B"},
		{CARL, {.phone = STR_INIT("13700000302"), .limit = 10, .skip = 1}, ""},
		{CARL, {.phone = STR_INIT("13700000305"), .limit = 10}, ""},
		{ANN, {.contacts = true, .limit = 10}, "DB"},
		{ANN, {.contacts = true, .limit = 1, .skip = 1}, "B"},
		{BOB, {.contacts = true, .limit = 10}, "A"},
		{CARL, {.contacts = true, .limit = 10}, ""},
	};
	struct fixture *f = *state;
	char found[PEOPLE + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(find(f, rows[i].viewer, rows[i].in, found), 0);
		if (!str_eq(str_c(found), str_c(rows[i].want)))
			fail_msg("row %zu: %s", i, found);
	}
	assert_int_equal(find(f, ANN, (struct user_people_in){.limit = 10}, found), ERR_INVALID);
}

static void test_bind(void **state)
{
	struct fixture *f = *state;
	struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[CARL]);
	struct user_bind_out out;

	assert_false(see(f, ANN, CARL).bound);
	assert_int_equal(call_user_bind(&call, &(struct user_bind_in){0}, &out), 0);
	assert_true(see(f, ANN, CARL).bound);
	assert_false(see(f, ANN, BOB).bound);
	call = harness_call(f->h, CALLER_ACCOUNT, f->ids[EVE]);
	assert_int_equal(
		call_user_bind(&call, &(struct user_bind_in){0}, &out), ERR_UNAUTHENTICATED);
}

static void test_only_check(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct str username;
		int want;
	} rows[] = {{STR("free"), 0}, {STR("ANN"), ERR_TAKEN}, {STR("a@b"), ERR_INVALID}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call call = harness_call(f->h, CALLER_ACCOUNT, f->ids[CARL]);
		struct user_update_in in = {.username = rows[i].username, .only_check = true};
		struct user_update_out out;

		assert_int_equal(call_user_update(&call, &in, &out), rows[i].want);
	}
	assert_str(user_kit_get(f->h, f->ids[CARL]).username, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_person),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_only_check),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
