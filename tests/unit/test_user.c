/* svc-user's accounts, through the real bus and a real database. */
#include "tests/unit/user_kit.h"

#include <pthread.h>
#include <string.h>

#include "common/base/clock.h"
#include "svc-user/user.h"

static int create(struct harness *h, struct user_create_in in, struct call *ret_call)
{
	struct user_create_out out;

	*ret_call = harness_call(h, CALLER_SERVICE, 0);
	if (!in.registration.p)
		in.registration = user_kit_registration(h);
	return call_user_create(ret_call, &in, &out);
}

static void assert_fields(const struct call *call, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < call->field_count; i++) {
		strcat(got, i ? " " : "");
		strncat(got, call->fields[i].p, call->fields[i].len);
	}
	assert_string_equal(got, want);
}

static void test_create_least(void **state)
{
	struct harness *h = *state;
	int64_t before_us = clock_now_us();
	struct user_account a =
		user_kit_create(h, (struct user_create_in){.username = STR("least")});

	assert_in_range(a.id, 10000000, 99999999);
	assert_str(a.username, "least");
	assert_str(a.phone, NULL);
	assert_str(a.email, NULL);
	assert_str(a.display_name, NULL);
	assert_str(a.description, NULL);
	assert_str(a.avatar, NULL);
	assert_int_equal(a.role, ROLE_MEMBER);
	assert_int_equal(a.status, STATUS_NORMAL);
	assert_int_equal(a.sex, SEX_UNKNOWN);
	assert_false(a.age.set);
	assert_int_equal(a.sessions_from, 0);
	assert_true(a.created >= before_us && a.created <= clock_now_us());
	assert_int_equal(a.modified, a.created);
}

static void test_create_most(void **state)
{
	struct harness *h = *state;
	struct user_account a =
		user_kit_create(h, (struct user_create_in){
					   .username = STR("\xe5\xbc\xa0 Most"),
					   .phone = STR("13700000001"),
					   .email = STR("Most@Example.org"),
					   .display_name = STR("M"),
					   .first_name = STR("F"),
					   .last_name = STR("L"),
					   .role = ROLE_DONOR,
					   .identity = STR("\xe6\x82\xa3\xe8\x80\x85"),
					   .sex = SEX_FEMALE,
					   .age = {true, 0},
					   .description = STR("two\nlines"),
				   });
	struct user_account b = user_kit_get(h, a.id);

	assert_str(b.username, "\xe5\xbc\xa0 Most");
	assert_str(b.phone, "13700000001");
	assert_str(b.email, "Most@Example.org");
	assert_str(b.display_name, "M");
	assert_str(b.first_name, "F");
	assert_str(b.last_name, "L");
	assert_int_equal(b.role, ROLE_DONOR);
	assert_str(b.identity, "\xe6\x82\xa3\xe8\x80\x85");
	assert_int_equal(b.sex, SEX_FEMALE);
	assert_true(b.age.set && b.age.value == 0);
	assert_str(b.description, "two\nlines");
	assert_int_equal(b.created, a.created);
	assert_true(str_eq(b.registration, a.registration));
}

/* The second call is the first one's retry, whatever else it says. */
static void test_create_idempotent(void **state)
{
	struct harness *h = *state;
	struct user_create_in in = {
		.registration = user_kit_registration(h), .username = STR("again")};
	struct user_account a = user_kit_create(h, in), b;

	in.username = STR("another");
	b = user_kit_create(h, in);
	assert_int_equal(a.id, b.id);
	assert_str(b.username, "again");
}

static void test_create_refused(void **state)
{
	static const struct {
		const char *username, *phone, *email;
		int want;
		const char *fields;
	} rows[] = {
		{"Taken", NULL, NULL, ERR_TAKEN, "username"},
		{"tAKEN", "13700000003", "free@example.org", ERR_TAKEN, "username"},
		{"free", "13700000002", NULL, ERR_TAKEN, "phone"},
		{NULL, NULL, "TAKEN@EXAMPLE.ORG", ERR_TAKEN, "email"},
		{"taken", "13700000002", "taken@example.org", ERR_TAKEN, "username phone email"},
		{"", NULL, NULL, ERR_INVALID, "username"},
		{"12345678", NULL, NULL, ERR_INVALID, "username"},
		{"free", "", NULL, ERR_INVALID, "phone"},
		{"free", "10086", "", ERR_INVALID, "phone email"},
		{"a@b", "1", "x", ERR_INVALID, "username phone email"},
		{"taken", "13700000003", "no", ERR_INVALID, "email"},
		{"1234567890123456789012345678901", NULL, NULL, ERR_INVALID, "username"},
	};
	struct harness *h = *state;
	struct call call;

	user_kit_create(h, (struct user_create_in){.username = STR("taken"),
				   .phone = STR("13700000002"),
				   .email = STR("taken@example.org")});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct user_create_in in = {
			.username = str_c(rows[i].username),
			.phone = str_c(rows[i].phone),
			.email = str_c(rows[i].email),
		};

		assert_int_equal(create(h, in, &call), rows[i].want);
		assert_fields(&call, rows[i].fields);
	}
	/* A refused account has left nothing behind. */
	user_kit_create(h, (struct user_create_in){.username = STR("free"),
				   .phone = STR("13700000003"),
				   .email = STR("free@example.org")});
	assert_int_equal(
		create(h, (struct user_create_in){.registration = STR("")}, &call), ERR_INVALID);
	assert_fields(&call, "registration");
}

/* Only ASCII letters are compared without case. */
static void test_create_case(void **state)
{
	struct harness *h = *state;
	struct call call;

	user_kit_named(h, "\xc3\x84gidius");
	user_kit_named(h, "\xc3\xa4gidius");
	assert_int_equal(
		create(h, (struct user_create_in){.username = STR("\xc3\xa4GIDIUS")}, &call),
		ERR_TAKEN);
}

static void test_get(void **state)
{
	struct harness *h = *state;
	struct call call = harness_call(h, CALLER_ANYONE, 0);
	struct user_get_out out;

	assert_int_equal(call_user_get(&call, &(struct user_get_in){.id = 1}, &out), ERR_NOT_FOUND);
	assert_str(user_kit_get(h, user_kit_named(h, "got")).username, "got");
}

static void test_find(void **state)
{
	struct harness *h = *state;
	struct user_account a =
		user_kit_create(h, (struct user_create_in){.username = STR("Finder"),
					   .phone = STR("13700000004"),
					   .email = STR("finder@example.org")});
	char id[24], zero_id[25];
	const struct {
		const char *login;
		int by;
		bool want;
	} rows[] = {
		{"finder", LOGIN_ANY, true},
		{"FINDER", LOGIN_ANY, true},
		{"13700000004", LOGIN_ANY, true},
		{"Finder@Example.Org", LOGIN_ANY, true},
		{id, LOGIN_ANY, true},
		{"fINDER", LOGIN_USERNAME, true},
		{"13700000004", LOGIN_PHONE, true},
		{"finder@EXAMPLE.org", LOGIN_EMAIL, true},
		{id, LOGIN_ID, true},
		{"13700000004", LOGIN_USERNAME, false},
		{"finder", LOGIN_PHONE, false},
		{"finder", LOGIN_EMAIL, false},
		{"finder", LOGIN_ID, false},
		{"finder@example.org", LOGIN_USERNAME, false},
		{id, LOGIN_USERNAME, false},
		{zero_id, LOGIN_ANY, false},
		{zero_id, LOGIN_ID, false},
		{"finder ", LOGIN_ANY, false},
		{"finde%", LOGIN_ANY, false},
		{"", LOGIN_ANY, false},
		{"", LOGIN_ID, false},
		{"99999999999999999999999", LOGIN_ANY, false},
	};

	snprintf(id, sizeof(id), "%lld", (long long)a.id);
	snprintf(zero_id, sizeof(zero_id), "0%s", id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct call call = harness_call(h, CALLER_SERVICE, 0);
		struct user_find_in in = {str_c(rows[i].login), rows[i].by};
		struct user_find_out out;
		int err = call_user_find(&call, &in, &out);

		if (err != (rows[i].want ? 0 : ERR_NOT_FOUND))
			fail_msg("row %zu: %s", i, err_name(err));
		if (rows[i].want)
			assert_int_equal(out.account.id, a.id);
	}
}

static void test_registered(void **state)
{
	struct harness *h = *state;
	struct user_account a = user_kit_create(h, (struct user_create_in){.username = STR("reg")});
	struct call call = harness_call(h, CALLER_SERVICE, 0);
	struct user_registered_in in = {a.registration};
	struct user_registered_out out;

	assert_int_equal(call_user_registered(&call, &in, &out), 0);
	assert_int_equal(out.account.id, a.id);
	in.registration = user_kit_registration(h);
	assert_int_equal(call_user_registered(&call, &in, &out), ERR_NOT_FOUND);
}

static int update(struct harness *h, int64_t id, struct user_update_in in, struct call *ret_call,
	struct user_account *ret_account)
{
	struct user_update_out out;
	int err;

	*ret_call = harness_call(h, CALLER_ACCOUNT, id);
	err = call_user_update(ret_call, &in, &out);
	if (!err)
		*ret_account = out.account;
	return err;
}

static void test_update(void **state)
{
	struct harness *h = *state;
	struct user_account a = user_kit_create(
		h, (struct user_create_in){
			   .username = STR("upd"), .display_name = STR("Old"), .age = {true, 30}});
	struct user_account b;
	struct call call;

	assert_int_equal(update(h, a.id,
				 (struct user_update_in){.username = STR("UPD"),
					 .display_name = STR(""),
					 .first_name = STR("First"),
					 .last_name = STR("Last"),
					 .sex = SEX_MALE,
					 .description = STR("d"),
					 .email = STR("upd@example.org"),
					 .phone = STR("13700000005"),
					 .wechat = STR("w")},
				 &call, &b),
		0);
	b = user_kit_get(h, a.id);
	assert_str(b.username, "UPD");
	assert_str(b.display_name, NULL);
	assert_str(b.first_name, "First");
	assert_str(b.last_name, "Last");
	assert_int_equal(b.sex, SEX_MALE);
	assert_true(b.age.set && b.age.value == 30);
	assert_str(b.description, "d");
	assert_str(b.email, "upd@example.org");
	assert_str(b.phone, "13700000005");
	assert_str(b.wechat, "w");
	assert_true(b.modified > a.modified);
	assert_int_equal(b.created, a.created);

	/* What is removed is free for others; what is not named stays. */
	assert_int_equal(
		update(h, a.id, (struct user_update_in){.username = STR(""), .age = {true, 31}},
			&call, &b),
		0);
	assert_str(b.username, NULL);
	assert_str(b.phone, "13700000005");
	assert_int_equal(b.age.value, 31);
	user_kit_named(h, "upd");
}

static void test_update_refused(void **state)
{
	struct harness *h = *state;
	int64_t id = user_kit_named(h, "strict");
	struct user_account a = user_kit_get(h, id), b;
	const struct {
		struct user_update_in in;
		int want;
		const char *fields;
	} rows[] = {
		{{.username = STR("Other"), .description = STR("x")}, ERR_TAKEN, "username"},
		{{.phone = STR("13700000006"), .email = STR("Other@example.org"), .age = {true, 1}},
			ERR_TAKEN, "phone email"},
		{{.username = STR("1"), .description = STR("x")}, ERR_INVALID, "username"},
		{{.email = STR("x"), .phone = STR("y"), .wechat = STR("z")}, ERR_INVALID,
			"phone email"},
		{{.username = STR(""), .description = STR("x")}, ERR_INVALID, "username"},
		{{.age = {true, 151}}, ERR_INVALID, "age"},
	};
	struct call call;

	user_kit_create(h, (struct user_create_in){.username = STR("other"),
				   .phone = STR("13700000006"),
				   .email = STR("other@example.org")});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = update(h, id, rows[i].in, &call, &b);

		if (err != rows[i].want)
			fail_msg("row %zu: %s", i, err_name(err));
		/* All or nothing. */
		b = user_kit_get(h, id);
		assert_int_equal(b.modified, a.modified);
		assert_str(b.username, "strict");
		assert_str(b.description, NULL);
		assert_str(b.wechat, NULL);
		assert_fields(&call, rows[i].fields);
	}
	/* An account that never had an identifier may still tell its name. */
	id = user_kit_create(h, (struct user_create_in){.display_name = STR("N")}).id;
	assert_int_equal(
		update(h, id, (struct user_update_in){.display_name = STR("M")}, &call, &b), 0);
}

/* The gateway may not have heard yet that an account is frozen. */
static void test_not_normal(void **state)
{
	struct harness *h = *state;
	int64_t id = user_kit_named(h, "icy"), other = user_kit_named(h, "warm");
	struct user_account account;
	struct user_follow_out follow_out;
	struct user_contact_put_out put_out;
	struct call call;

	user_kit_status(h, id, STATUS_FROZEN);
	assert_int_equal(
		update(h, id, (struct user_update_in){.wechat = STR("w")}, &call, &account),
		ERR_UNAUTHENTICATED);
	assert_int_equal(call_user_follow(&call, &(struct user_follow_in){other}, &follow_out),
		ERR_UNAUTHENTICATED);
	assert_int_equal(
		call_user_contact_put(&call, &(struct user_contact_put_in){.id = other}, &put_out),
		ERR_UNAUTHENTICATED);
	user_kit_status(h, id, STATUS_NORMAL);
	assert_int_equal(
		update(h, id, (struct user_update_in){.wechat = STR("w")}, &call, &account), 0);
}

/* A row that says who may call is the only permission there is. */
static void test_callers(void **state)
{
	struct harness *h = *state;
	static const union {
		struct user_create_in create;
		struct user_search_in search;
		struct user_update_in update;
	} in;
	size_t denied = 0;

	for (size_t i = 0; i < user_handler_count; i++) {
		const struct rpc_method *method = user_handlers[i].method;

		for (unsigned kind = CALLER_ANYONE; kind <= CALLER_OPERATOR; kind *= 2) {
			struct call call = harness_call(h, (enum caller_kind)kind, 0);
			void *out = arena_alloc(call.arena, method->out->size);

			if (method->may & kind)
				continue;
			assert_true(method->in->size <= sizeof(in));
			assert_int_equal(
				rpc_call(SERVICE_USER, &call, method, &in, out), ERR_DENIED);
			denied++;
		}
	}
	assert_true(denied > 20);
}

struct contest {
	struct harness *h;
	pthread_t thread;
	pthread_barrier_t *start;
	int err;
};

static void *contest_run(void *arg)
{
	struct contest *contest = arg;
	struct call call = harness_call(contest->h, CALLER_SERVICE, 0);
	struct user_create_in in = {.username = STR("prize")};
	struct user_create_out out;
	char registration[ID_REQUEST_LEN + 1];

	call.arena = arena_new(1 << 20);
	id_request(registration);
	in.registration = str_c(registration);
	pthread_barrier_wait(contest->start);
	contest->err = call_user_create(&call, &in, &out);
	arena_free(call.arena);
	return NULL;
}

/* One name, many at once: one gets it. */
static void test_create_race(void **state)
{
	struct contest contests[12];
	pthread_barrier_t start;
	int won = 0;

	pthread_barrier_init(&start, NULL, 12);
	for (int i = 0; i < 12; i++) {
		contests[i] = (struct contest){.h = *state, .start = &start};
		assert_int_equal(
			pthread_create(&contests[i].thread, NULL, contest_run, &contests[i]), 0);
	}
	for (int i = 0; i < 12; i++) {
		pthread_join(contests[i].thread, NULL);
		won += contests[i].err == 0;
		assert_true(contests[i].err == 0 || contests[i].err == ERR_TAKEN);
	}
	assert_int_equal(won, 1);
	pthread_barrier_destroy(&start);
}

static void test_restart(void **state)
{
	struct harness *h = *state;
	int64_t id = user_kit_named(h, "lasting");
	struct call call;

	harness_halt(h, SERVICE_USER);
	harness_resume(h, SERVICE_USER);
	assert_str(user_kit_get(h, id).username, "lasting");
	assert_int_equal(
		create(h, (struct user_create_in){.username = STR("LASTING")}, &call), ERR_TAKEN);
	user_kit_named(h, "newcomer");
}

static int init_small(struct svc *svc, void **ret_state, const char **ret_reason)
{
	int err = user_init(svc, ret_state, ret_reason);

	if (!err)
		((struct user *)*ret_state)->id_first = 10;
	return err;
}

/* 90 ids of two digits: 45 are given away, with many a collision, then those of three follow. */
static void test_id_growth(void **state)
{
	struct svc_spec spec = user_spec;
	const struct svc_spec *specs[] = {&spec};
	bool seen[1000] = {false};
	struct harness *h;

	(void)state;
	spec.init = init_small;
	h = harness_start(specs, 1);
	for (int i = 1; i <= 60; i++) {
		int64_t id = user_kit_create(h, (struct user_create_in){.sex = SEX_MALE}).id;

		assert_in_range(id, i <= 45 ? 10 : 100, i <= 45 ? 99 : 999);
		assert_false(seen[id]);
		seen[id] = true;
	}
	harness_stop(h);
}

static int start(void **state)
{
	const struct svc_spec *specs[] = {&user_spec};

	*state = harness_start(specs, 1);
	return 0;
}

static int stop(void **state)
{
	harness_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_least),
		cmocka_unit_test(test_create_most),
		cmocka_unit_test(test_create_idempotent),
		cmocka_unit_test(test_create_refused),
		cmocka_unit_test(test_create_case),
		cmocka_unit_test(test_create_race),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_registered),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_refused),
		cmocka_unit_test(test_not_normal),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_id_growth),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
