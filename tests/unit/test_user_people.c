/* svc-user: finding people, following them, keeping them as contacts. */
#include "tests/unit/user_kit.h"

#include <string.h>

#include "svc-user/user.h"

/* Made once, in this order; letters name them in what the tests expect. */
enum { ANN, BOB, CARL, DORA, EVE, FAY, GIL, PEOPLE };

struct fixture {
	struct harness *h;
	int64_t ids[PEOPLE];
};

static char letter_of(const struct fixture *f, int64_t id)
{
	for (int i = 0; i < PEOPLE; i++)
		if (f->ids[i] == id)
			return (char)('A' + i);
	return '?';
}

static int start(void **state)
{
	static struct fixture fixture;
	static const struct user_create_in people[PEOPLE] = {
		[ANN] = {.username = STR_INIT("ann"), .display_name = STR_INIT("100% Ann")},
		[BOB] = {.username = STR_INIT("Bob_1"),
			.first_name = STR_INIT("Bob"),
			.last_name = STR_INIT("Lee"),
			.role = ROLE_DONOR},
		[CARL] = {.username = STR_INIT("bobx1"),
			.phone = STR_INIT("13700000201"),
			.first_name = STR_INIT("Carl"),
			.last_name = STR_INIT("Lee")},
		[DORA] = {.username = STR_INIT("d\\ora"),
			.display_name = STR_INIT("\xe6\x9c\xb5\xe6\x8b\x89 BOB")},
		[EVE] = {.username = STR_INIT("eve bob"),
			.phone = STR_INIT("13700000202"),
			.role = ROLE_DONOR},
		[FAY] = {.username = STR_INIT("fay bob")},
		[GIL] = {.username = STR_INIT("gil"), .role = ROLE_ADMINISTRATOR},
	};
	const struct svc_spec *specs[] = {&user_spec};
	int64_t erased;

	fixture.h = harness_start(specs, 1);
	erased = user_kit_named(fixture.h, "bob erased");
	for (int i = 0; i < PEOPLE; i++)
		fixture.ids[i] = user_kit_create(fixture.h, people[i]).id;
	user_kit_status(fixture.h, fixture.ids[EVE], STATUS_FROZEN);
	user_kit_status(fixture.h, fixture.ids[FAY], STATUS_DELETED);
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

/* The letters of those found, then '+' if there are more. */
static int search(struct fixture *f, enum caller_kind kind, struct user_search_in in,
	char ret_found[PEOPLE + 2])
{
	struct call call = harness_call(f->h, kind, f->ids[kind == CALLER_ADMIN ? GIL : ANN]);
	struct user_search_out out;
	int err = call_user_search(&call, &in, &out);
	size_t n = 0;

	if (err)
		return err;
	assert_true(out.items_count <= PEOPLE);
	for (; n < out.items_count; n++)
		ret_found[n] = letter_of(f, out.items[n].id);
	if (out.more)
		ret_found[n++] = '+';
	ret_found[n] = '\0';
	return 0;
}

static void test_search(void **state)
{
	static const struct {
		struct user_search_in in;
		const char *people, *admin; /* what each finds */
	} rows[] = {
		{{.limit = 10}, "ABCDG", "ABCDEFG"},
		{{.limit = 10, .q = STR_INIT("")}, "ABCDG", "ABCDEFG"},
		{{.limit = 10, .q = STR_INIT("bob")}, "BCD", "BCDEF"},
		{{.limit = 10, .q = STR_INIT("BOB")}, "BCD", "BCDEF"},
		{{.limit = 10, .q = STR_INIT("b_1")}, "B", "B"},
		{{.limit = 10, .q = STR_INIT("%")}, "A", "A"},
		{{.limit = 10, .q = STR_INIT("\\")}, "D", "D"},
		{{.limit = 10, .q = STR_INIT("\\%")}, "", ""},
		{{.limit = 10, .q = STR_INIT("'")}, "", ""},
		{{.limit = 10, .q = STR_INIT("\xe6\x9c\xb5")}, "D", "D"},
		{{.limit = 10, .q = STR_INIT("nobody")}, "", ""},
		{{.limit = 10, .username = STR_INIT("BOB_1")}, "B", "B"},
		{{.limit = 10, .username = STR_INIT("bob")}, "", ""},
		{{.limit = 10, .username = STR_INIT("eve bob")}, "", "E"},
		{{.limit = 10, .phone = STR_INIT("13700000201")}, "C", "C"},
		{{.limit = 10, .phone = STR_INIT("13700000202")}, "", "E"},
		{{.limit = 10, .phone = STR_INIT("13700000201"), .q = STR_INIT("ann")}, "", ""},
		{{.limit = 10, .username = STR_INIT("ann"), .phone = STR_INIT("13700000201")}, "",
			""},
		{{.limit = 10, .first_name = STR_INIT("Carl")}, "", "C"},
		{{.limit = 10, .last_name = STR_INIT("Lee")}, "", "BC"},
		{{.limit = 10, .last_name = STR_INIT("lee")}, "", ""},
		{{.limit = 10, .last_name = STR_INIT("Lee"), .first_name = STR_INIT("Bob")}, "",
			"B"},
		{{.limit = 10, .role = ROLE_DONOR}, NULL, "BE"},
		{{.limit = 10, .status = STATUS_FROZEN}, NULL, "E"},
		{{.limit = 10, .status = STATUS_DELETED}, NULL, "F"},
		{{.limit = 10, .role = ROLE_DONOR, .status = STATUS_NORMAL, .q = STR_INIT("bob")},
			NULL, "B"},
		{{.limit = 5}, "ABCDG", "ABCDE+"},
		{{.limit = 4}, "ABCD+", "ABCD+"},
		{{.limit = 0}, "+", "+"},
		{{.limit = FIELD_LIST_MAX}, "ABCDG", "ABCDEFG"},
	};
	struct fixture *f = *state;
	char found[PEOPLE + 2];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = search(f, CALLER_ACCOUNT, rows[i].in, found);

		if (err != (rows[i].people ? 0 : ERR_DENIED))
			fail_msg("row %zu: %s", i, err_name(err));
		if (rows[i].people && strcmp(found, rows[i].people) != 0)
			fail_msg("row %zu: people find %s", i, found);
		for (int k = 0; k < 2; k++) {
			err = search(f, k ? CALLER_OPERATOR : CALLER_ADMIN, rows[i].in, found);
			if (err || strcmp(found, rows[i].admin) != 0)
				fail_msg("row %zu: %s, an administrator finds %s", i, err_name(err),
					found);
		}
	}
}

static void test_search_pages(void **state)
{
	struct fixture *f = *state;
	struct user_search_in in = {.limit = 2};
	char found[PEOPLE + 2];

	assert_int_equal(search(f, CALLER_ACCOUNT, in, found), 0);
	assert_string_equal(found, "AB+");
	in.after = f->ids[BOB];
	assert_int_equal(search(f, CALLER_ACCOUNT, in, found), 0);
	assert_string_equal(found, "CD+");
	in.after = f->ids[FAY]; /* not shown itself, but a place all the same */
	assert_int_equal(search(f, CALLER_ACCOUNT, in, found), 0);
	assert_string_equal(found, "G");
	in.after = f->ids[GIL];
	assert_int_equal(search(f, CALLER_ACCOUNT, in, found), 0);
	assert_string_equal(found, "");
	in.after = 1;
	assert_int_equal(search(f, CALLER_ACCOUNT, in, found), ERR_INVALID);
}

/* A new name is found, the old one is not. */
static void test_search_renamed(void **state)
{
	struct fixture *f = *state;
	int64_t id = user_kit_create(f->h,
		(struct user_create_in){.username = STR("quentin"), .display_name = STR("Quentin")})
			     .id;
	struct call call = harness_call(f->h, CALLER_ACCOUNT, id);
	struct user_update_in in = {.username = STR("Zoe"), .display_name = STR("ZETA")};
	struct user_update_out out;
	char found[PEOPLE + 2];

	assert_int_equal(call_user_update(&call, &in, &out), 0);
	assert_int_equal(search(f, CALLER_ACCOUNT,
				 (struct user_search_in){.limit = 9, .q = STR("quentin")}, found),
		0);
	assert_string_equal(found, "");
	assert_int_equal(search(f, CALLER_ACCOUNT,
				 (struct user_search_in){.limit = 9, .q = STR("zeta")}, found),
		0);
	assert_string_equal(found, "?");
	assert_int_equal(
		search(f, CALLER_ACCOUNT,
			(struct user_search_in){.limit = 9, .username = STR("zoe")}, found),
		0);
	assert_string_equal(found, "?");
	user_kit_erase(f->h, id);
}

static int follow(struct fixture *f, int64_t who, int64_t whom, bool *ret_following)
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, who);
	struct user_follow_out out;
	int err = call_user_follow(&call, &(struct user_follow_in){whom}, &out);

	if (!err)
		*ret_following = out.following;
	return err;
}

static int64_t follows(struct fixture *f, int64_t who, int64_t limit, char ret_found[PEOPLE + 2])
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, who);
	struct user_follows_out out;

	assert_int_equal(call_user_follows(&call, &(struct user_follows_in){limit}, &out), 0);
	for (size_t n = 0; n < out.items_count; n++)
		ret_found[n] = letter_of(f, out.items[n].id);
	ret_found[out.items_count] = '\0';
	return out.total;
}

static void test_follow(void **state)
{
	struct fixture *f = *state;
	const int64_t *ids = f->ids;
	char found[PEOPLE + 2];
	bool following = false;

	assert_int_equal(follows(f, ids[ANN], 3, found), 0);
	assert_string_equal(found, "");
	for (int i = BOB; i <= DORA; i++) {
		assert_int_equal(follow(f, ids[ANN], ids[i], &following), 0);
		assert_true(following);
	}
	assert_int_equal(follow(f, ids[BOB], ids[ANN], &following), 0);
	assert_int_equal(follows(f, ids[ANN], 200, found), 3);
	assert_string_equal(found, "DCB");
	assert_int_equal(follows(f, ids[ANN], 2, found), 3);
	assert_string_equal(found, "DC");
	assert_int_equal(follows(f, ids[ANN], 0, found), 3);
	assert_string_equal(found, "");

	/* The second call ends it, and only that one. */
	assert_int_equal(follow(f, ids[ANN], ids[CARL], &following), 0);
	assert_false(following);
	assert_int_equal(follows(f, ids[ANN], 200, found), 2);
	assert_string_equal(found, "DB");
	assert_int_equal(follows(f, ids[BOB], 200, found), 1);
	assert_string_equal(found, "A");
}

static void test_follow_refused(void **state)
{
	struct fixture *f = *state;
	bool following;
	char found[PEOPLE + 2];

	assert_int_equal(follow(f, f->ids[GIL], f->ids[GIL], &following), ERR_INVALID);
	assert_int_equal(follow(f, f->ids[GIL], 1, &following), ERR_NOT_FOUND);
	assert_int_equal(follow(f, f->ids[GIL], f->ids[EVE], &following), ERR_NOT_FOUND);
	assert_int_equal(follow(f, f->ids[GIL], f->ids[FAY], &following), ERR_NOT_FOUND);
	assert_int_equal(follows(f, f->ids[GIL], 200, found), 0);
}

/* Who is not normal does not count, and may be left all the same. */
static void test_follow_hidden(void **state)
{
	struct fixture *f = *state;
	int64_t id = user_kit_named(f->h, "followed");
	char found[PEOPLE + 2];
	bool following;

	assert_int_equal(follow(f, f->ids[GIL], id, &following), 0);
	assert_int_equal(follows(f, f->ids[GIL], 200, found), 1);
	user_kit_status(f->h, id, STATUS_FROZEN);
	assert_int_equal(follows(f, f->ids[GIL], 200, found), 0);
	user_kit_status(f->h, id, STATUS_NORMAL);
	assert_int_equal(follows(f, f->ids[GIL], 200, found), 1);
	user_kit_erase(f->h, id);
	assert_int_equal(follows(f, f->ids[GIL], 200, found), 0);
	assert_int_equal(follow(f, f->ids[GIL], id, &following), 0);
	assert_false(following);
}

static int put(struct fixture *f, int64_t owner, int64_t id, struct str alias, bool *ret_added)
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, owner);
	struct user_contact_put_in in = {.id = id, .alias = alias};
	struct user_contact_put_out out;
	int err = call_user_contact_put(&call, &in, &out);

	if (!err)
		*ret_added = out.added;
	return err;
}

static int delete_contact(struct fixture *f, int64_t owner, int64_t id)
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, owner);
	struct user_contact_delete_out out;

	return call_user_contact_delete(&call, &(struct user_contact_delete_in){id}, &out);
}

static struct user_contacts_out contacts(
	struct fixture *f, int64_t owner, int64_t limit, int64_t after)
{
	struct call call = harness_call(f->h, CALLER_ACCOUNT, owner);
	struct user_contacts_in in = {.limit = limit, .after = after};
	struct user_contacts_out out;

	assert_int_equal(call_user_contacts(&call, &in, &out), 0);
	return out;
}

static void test_contact(void **state)
{
	struct fixture *f = *state;
	const int64_t *ids = f->ids;
	struct user_contacts_out list;
	bool added = false;

	assert_int_equal(contacts(f, ids[ANN], 10, 0).items_count, 0);
	assert_int_equal(put(f, ids[ANN], ids[BOB], STR("Bobby"), &added), 0);
	assert_true(added);
	list = contacts(f, ids[ANN], 10, 0);
	assert_int_equal(list.items_count, 1);
	assert_false(list.more);
	assert_int_equal(list.items[0].account.id, ids[BOB]);
	assert_str(list.items[0].account.username, "Bob_1");
	assert_str(list.items[0].account.last_name, "Lee");
	assert_int_equal(list.items[0].account.role, ROLE_DONOR);
	assert_str(list.items[0].alias, "Bobby");
	assert_true(list.items[0].created > list.items[0].account.created);

	/* Again: another alias; none given leaves it; an empty one removes it. */
	assert_int_equal(put(f, ids[ANN], ids[BOB], STR("Rob"), &added), 0);
	assert_false(added);
	assert_str(contacts(f, ids[ANN], 10, 0).items[0].alias, "Rob");
	assert_int_equal(put(f, ids[ANN], ids[BOB], STR_NONE, &added), 0);
	assert_str(contacts(f, ids[ANN], 10, 0).items[0].alias, "Rob");
	assert_int_equal(put(f, ids[ANN], ids[BOB], STR(""), &added), 0);
	assert_str(contacts(f, ids[ANN], 10, 0).items[0].alias, NULL);

	/* One-way. */
	assert_int_equal(contacts(f, ids[BOB], 10, 0).items_count, 0);
	assert_int_equal(delete_contact(f, ids[BOB], ids[ANN]), ERR_NOT_FOUND);
	assert_int_equal(delete_contact(f, ids[ANN], ids[BOB]), 0);
	assert_int_equal(delete_contact(f, ids[ANN], ids[BOB]), ERR_NOT_FOUND);
	assert_int_equal(contacts(f, ids[ANN], 10, 0).items_count, 0);
}

static void test_contact_pages(void **state)
{
	struct fixture *f = *state;
	const int64_t *ids = f->ids;
	struct user_contacts_out list;
	int64_t after = 0;
	unsigned seen = 0;
	bool added;

	for (int i = ANN; i <= DORA; i++)
		assert_int_equal(put(f, ids[GIL], ids[i], STR("x"), &added), 0);
	for (int page = 0; page < 4; page++) {
		list = contacts(f, ids[GIL], 1, after);
		assert_int_equal(list.items_count, 1);
		assert_int_equal(list.more, page < 3);
		assert_true(list.items[0].account.id > after);
		after = list.items[0].account.id;
		seen |= 1U << (letter_of(f, after) - 'A');
		/* The place holds even when what stood there is gone. */
		assert_int_equal(delete_contact(f, ids[GIL], after), 0);
	}
	assert_int_equal(seen, 0xf);
}

static void test_contact_refused(void **state)
{
	struct fixture *f = *state;
	bool added;

	assert_int_equal(put(f, f->ids[ANN], f->ids[ANN], STR("me"), &added), ERR_INVALID);
	assert_int_equal(put(f, f->ids[ANN], 1, STR("?"), &added), ERR_NOT_FOUND);
	assert_int_equal(put(f, f->ids[ANN], f->ids[EVE], STR("?"), &added), ERR_NOT_FOUND);
}

/* An erased account is nobody's contact, and has none. */
static void test_contact_erased(void **state)
{
	struct fixture *f = *state;
	int64_t id = user_kit_named(f->h, "contact erased");
	bool added;

	assert_int_equal(put(f, f->ids[CARL], id, STR("real name"), &added), 0);
	assert_int_equal(put(f, id, f->ids[CARL], STR("c"), &added), 0);
	user_kit_status(f->h, id, STATUS_FROZEN);
	assert_int_equal(contacts(f, f->ids[CARL], 10, 0).items_count, 1);
	assert_int_equal(put(f, f->ids[CARL], id, STR("other"), &added), 0);
	assert_false(added);
	user_kit_erase(f->h, id);
	assert_int_equal(contacts(f, f->ids[CARL], 10, 0).items_count, 0);
	assert_int_equal(contacts(f, id, 10, 0).items_count, 0);
}

/* What one account may hold is bounded. */
static void test_limits(void **state)
{
	struct fixture *f = *state;
	int64_t who = user_kit_named(f->h, "collector");
	bool following = false;

	for (int i = 0; i < USER_FOLLOWS_MAX; i++) {
		int64_t id = user_kit_create(f->h, (struct user_create_in){.sex = SEX_MALE}).id;

		assert_int_equal(follow(f, who, id, &following), 0);
		if (i % 100 == 0)
			harness_reset(f->h);
	}
	assert_true(following);
	assert_int_equal(follow(f, who, f->ids[ANN], &following), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_pages),
		cmocka_unit_test(test_search_renamed),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_follow_refused),
		cmocka_unit_test(test_follow_hidden),
		cmocka_unit_test(test_contact),
		cmocka_unit_test(test_contact_pages),
		cmocka_unit_test(test_contact_refused),
		cmocka_unit_test(test_contact_erased),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
