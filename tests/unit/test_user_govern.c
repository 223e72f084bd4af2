/* svc-user: what administrators do, erasure, and what the other processes hear of it. */
#include "tests/unit/user_kit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/rpc/event.h"
#include "svc-user/user.h"

#define HEARD_MAX 64
#define HEAR_S 20

struct heard {
	char topic[32], detail[32];
	int64_t account;
};

struct fixture {
	struct harness *h;
	struct event_sub *sub;
	pthread_mutex_t mutex;
	pthread_cond_t news;
	bool connected;
	struct heard heard[HEARD_MAX];
	size_t count;
};

static void on_event(void *arg, const struct event *event)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->mutex);
	if (f->count < HEARD_MAX) {
		struct heard *heard = &f->heard[f->count++];

		snprintf(heard->topic, sizeof(heard->topic), "%.*s", STR_ARG(event->topic));
		snprintf(heard->detail, sizeof(heard->detail), "%.*s", STR_ARG(event->detail));
		heard->account = event->account;
	}
	pthread_cond_broadcast(&f->news);
	pthread_mutex_unlock(&f->mutex);
}

/* The publisher's first sign of life. */
static void on_gap(void *arg)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->mutex);
	f->connected = true;
	pthread_cond_broadcast(&f->news);
	pthread_mutex_unlock(&f->mutex);
}

/* Waits until so many events came; false after HEAR_S seconds. */
static bool hear(struct fixture *f, size_t count)
{
	struct timespec until;
	int err = 0;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += HEAR_S;
	pthread_mutex_lock(&f->mutex);
	while (err != ETIMEDOUT && (!f->connected || f->count < count))
		err = pthread_cond_timedwait(&f->news, &f->mutex, &until);
	done = f->connected && f->count >= count;
	pthread_mutex_unlock(&f->mutex);
	return done;
}

static size_t heard_count(struct fixture *f)
{
	size_t count;

	pthread_mutex_lock(&f->mutex);
	count = f->count;
	pthread_mutex_unlock(&f->mutex);
	return count;
}

static int start(void **state)
{
	static struct fixture fixture = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};
	const struct svc_spec *specs[] = {&user_spec};
	struct event_sub_conf conf = {.arg = &fixture, .on_event = on_event, .on_gap = on_gap};

	fixture.h = harness_start(specs, 1);
	conf.url = harness_event_url(fixture.h, SERVICE_USER);
	conf.key = harness_key(fixture.h);
	*state = &fixture;
	return event_sub_new(&conf, &fixture.sub) == 0 && hear(&fixture, 0) ? 0 : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	event_sub_free(f->sub);
	harness_stop(f->h);
	return 0;
}

static int govern(struct call *call, struct user_govern_in in, struct user_account *ret_account)
{
	struct user_govern_out out;
	int err = call_user_govern(call, &in, &out);

	if (!err)
		*ret_account = out.account;
	return err;
}

static void test_status(void **state)
{
	struct harness *h = ((struct fixture *)*state)->h;
	int64_t admin = user_kit_admin(h, "status admin"), id = user_kit_named(h, "status");
	struct call call = harness_call(h, CALLER_ADMIN, admin);
	struct user_account a;
	int64_t before_us = clock_now_us(), frozen_us;

	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .status = STATUS_FROZEN}, &a), 0);
	assert_int_equal(a.status, STATUS_FROZEN);
	assert_in_range(a.sessions_from, before_us, clock_now_us());
	frozen_us = a.sessions_from;

	/* Nothing new changes nothing. */
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .status = STATUS_FROZEN}, &a), 0);
	assert_int_equal(a.sessions_from, frozen_us);
	assert_int_equal(a.modified, frozen_us);

	/* Thawed: sessions of before stay void. */
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .status = STATUS_NORMAL}, &a), 0);
	assert_int_equal(a.status, STATUS_NORMAL);
	assert_int_equal(a.sessions_from, frozen_us);

	/* Deleted, not erased: the name stays taken, and it can be undone. */
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .status = STATUS_DELETED}, &a), 0);
	assert_true(a.sessions_from > frozen_us);
	assert_str(user_kit_get(h, id).username, "status");
	user_kit_status(h, id, STATUS_NORMAL);
	a = user_kit_get(h, id);
	assert_str(a.username, "status");
	assert_int_equal(a.status, STATUS_NORMAL);
}

static void test_role_and_identity(void **state)
{
	struct harness *h = ((struct fixture *)*state)->h;
	int64_t admin = user_kit_admin(h, "role admin"), id = user_kit_named(h, "role");
	struct call call = harness_call(h, CALLER_ADMIN, admin);
	struct user_govern_in in = {.id = id, .role = ROLE_VOLUNTEER, .identity = STR("Dr")};
	struct user_account a;

	assert_int_equal(govern(&call, in, &a), 0);
	a = user_kit_get(h, id);
	assert_int_equal(a.role, ROLE_VOLUNTEER);
	assert_str(a.identity, "Dr");
	assert_int_equal(a.status, STATUS_NORMAL);
	assert_int_equal(a.sessions_from, 0);
	in = (struct user_govern_in){.id = id, .identity = STR("")};
	assert_int_equal(govern(&call, in, &a), 0);
	assert_str(a.identity, NULL);
	assert_int_equal(a.role, ROLE_VOLUNTEER);
}

static void test_refused(void **state)
{
	struct harness *h = ((struct fixture *)*state)->h;
	int64_t admin = user_kit_admin(h, "refused admin"), id = user_kit_named(h, "refused");
	struct user_govern_in in = {.id = id, .status = STATUS_FROZEN};
	struct user_account a;
	struct call call = harness_call(h, CALLER_ACCOUNT, id);

	assert_int_equal(govern(&call, in, &a), ERR_DENIED);
	/* The gateway took the caller for an administrator, which it no longer is. */
	call = harness_call(h, CALLER_ADMIN, id);
	assert_int_equal(govern(&call, in, &a), ERR_DENIED);
	user_kit_status(h, admin, STATUS_FROZEN);
	call = harness_call(h, CALLER_ADMIN, admin);
	assert_int_equal(govern(&call, in, &a), ERR_UNAUTHENTICATED);
	call = harness_call(h, CALLER_ADMIN, 0);
	assert_int_equal(govern(&call, in, &a), ERR_UNAUTHENTICATED);
	assert_int_equal(user_kit_get(h, id).status, STATUS_NORMAL);
	call = harness_call(h, CALLER_OPERATOR, 0);
	in.id = 1;
	assert_int_equal(govern(&call, in, &a), ERR_NOT_FOUND);
}

/* Exactly the changes of role and status are told, and erasures, in their order. */
static void test_events(void **state)
{
	struct fixture *f = *state;
	struct harness *h = f->h;
	int64_t id = user_kit_named(h, "events");
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	size_t first = heard_count(f);
	struct user_account a;
	static const char *const details[] = {"normal", "frozen", "normal", "deleted"};

	/* What earlier tests caused may still be under way: begin with something that is heard. */
	user_kit_status(h, id, STATUS_FROZEN);
	while (hear(f, first + 1) && f->heard[first].account != id)
		first++;
	assert_int_equal(heard_count(f), first + 1);
	user_kit_status(h, id, STATUS_NORMAL);
	assert_true(hear(f, first + 2));

	first = heard_count(f);
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .role = ROLE_DONOR}, &a), 0);
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .role = ROLE_DONOR}, &a), 0);
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = id, .identity = STR("x")}, &a), 0);
	user_kit_status(h, id, STATUS_FROZEN);
	user_kit_status(h, id, STATUS_FROZEN);
	user_kit_status(h, id, STATUS_NORMAL);
	user_kit_erase(h, id);
	user_kit_erase(h, id);
	/* The last one heard shows that nothing else is on its way. */
	id = user_kit_named(h, "events end");
	user_kit_status(h, id, STATUS_FROZEN);
	assert_true(hear(f, first + 5));
	assert_int_equal(heard_count(f), first + 5);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(f->heard[first + i].topic, "user.changed");
		assert_string_equal(f->heard[first + i].detail, details[i]);
		assert_int_not_equal(f->heard[first + i].account, id);
	}
	assert_int_equal(f->heard[first + 4].account, id);
}

#define ACT(X, S)                                                                                  \
	X(S, INT, seq, 0, INT64_MAX)                                                               \
	X(S, TIME, time, 0, 0)                                                                     \
	X(S, ID, actor, 0, 0)                                                                      \
	X(S, STR, action, 0, 64)                                                                   \
	X(S, STR, address, 0, 64)                                                                  \
	X(S, STR, detail, 0, 600)
FIELD_STRUCT(act, ACT)
FIELD_TABLE(act, ACT)

static void test_record(void **state)
{
	static const struct db_sql sql = {"SELECT seq, time, actor, action, address, detail"
					  " FROM admin_acts WHERE target = $1 ORDER BY seq"};
	struct harness *h = ((struct fixture *)*state)->h;
	int64_t admin = user_kit_admin(h, "record admin"), id = user_kit_named(h, "record");
	struct call call = harness_call(h, CALLER_ADMIN, admin);
	struct db_conn *conn = db_reader(harness_svc(h, SERVICE_USER)->db);
	struct user_govern_in in = {
		.id = id, .role = ROLE_DONOR, .status = STATUS_FROZEN, .identity = STR("Dr")};
	struct user_account a;
	struct act *acts;
	size_t count;

	assert_int_equal(govern(&call, in, &a), 0);
	assert_int_equal(govern(&call, in, &a), 0);
	user_kit_status(h, id, STATUS_NORMAL);
	assert_non_null(conn);
	assert_int_equal(
		db_rows(conn, &sql, DB_ARGS(DB_INT(id)), &act_fields, call.arena, &acts, &count),
		0);
	assert_int_equal(count, 4);
	assert_str(acts[0].action, "user.role");
	assert_str(acts[0].detail, "member -> donor");
	assert_str(acts[1].action, "user.status");
	assert_str(acts[1].detail, "normal -> frozen");
	assert_str(acts[2].action, "user.identity");
	assert_str(acts[2].detail, " -> Dr");
	assert_str(acts[3].detail, "frozen -> normal");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(acts[i].actor, i < 3 ? admin : 0);
		assert_str(acts[i].address, "192.0.2.1");
		assert_true(acts[i].time >= a.created && acts[i].time <= clock_now_us());
		assert_int_equal(acts[i].seq, acts[0].seq + (int64_t)i);
	}
}

static void test_erase(void **state)
{
	struct harness *h = ((struct fixture *)*state)->h;
	struct user_create_in in = {
		.registration = user_kit_registration(h),
		.username = STR("erased"),
		.phone = STR("13700000101"),
		.email = STR("erased@example.org"),
		.display_name = STR("E"),
		.first_name = STR("F"),
		.last_name = STR("L"),
		.role = ROLE_ADMINISTRATOR,
		.identity = STR("i"),
		.sex = SEX_MALE,
		.age = {true, 44},
		.description = STR("d"),
	};
	struct user_account a = user_kit_create(h, in), b;
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	struct user_find_out find_out;
	struct user_erase_out erase_out;
	struct user_update_out update_out;
	char id[24];

	user_kit_erase(h, a.id);
	b = user_kit_get(h, a.id);
	assert_int_equal(b.id, a.id);
	assert_int_equal(b.status, STATUS_DELETED);
	assert_int_equal(b.role, ROLE_MEMBER);
	assert_int_equal(b.sex, SEX_UNKNOWN);
	assert_false(b.age.set);
	assert_true(b.sessions_from > a.created);
	assert_str(b.username, NULL);
	assert_str(b.phone, NULL);
	assert_str(b.email, NULL);
	assert_str(b.display_name, NULL);
	assert_str(b.first_name, NULL);
	assert_str(b.last_name, NULL);
	assert_str(b.identity, NULL);
	assert_str(b.description, NULL);
	assert_str(b.wechat, NULL);

	/* It cannot come back: not by a thaw, not by its id, not by a late retry. */
	assert_int_equal(
		govern(&call, (struct user_govern_in){.id = a.id, .status = STATUS_NORMAL}, &b),
		ERR_NOT_FOUND);
	snprintf(id, sizeof(id), "%lld", (long long)a.id);
	assert_int_equal(
		call_user_find(&call, &(struct user_find_in){str_c(id), LOGIN_ID}, &find_out),
		ERR_NOT_FOUND);
	b = user_kit_create(h, in);
	assert_int_equal(b.id, a.id);
	assert_int_equal(b.status, STATUS_DELETED);
	assert_str(b.username, NULL);
	call = harness_call(h, CALLER_ACCOUNT, a.id);
	assert_int_equal(call_user_update(&call, &(struct user_update_in){.username = STR("back")},
				 &update_out),
		ERR_UNAUTHENTICATED);

	/* Once more changes nothing; the identifiers are free. */
	b = user_kit_get(h, a.id);
	user_kit_erase(h, a.id);
	assert_int_equal(user_kit_get(h, a.id).modified, b.modified);
	in.registration = STR_NONE;
	assert_int_not_equal(user_kit_create(h, in).id, a.id);
	call = harness_call(h, CALLER_SERVICE, 0);
	assert_int_equal(call_user_erase(&call, &(struct user_erase_in){.id = 1}, &erase_out),
		ERR_NOT_FOUND);
}

/* No personal data is left in the file's live rows. */
static void test_erase_rows(void **state)
{
	static const struct db_sql sql = {
		"SELECT COUNT(*) FROM accounts WHERE id = $1 AND (username IS NOT NULL"
		" OR username_key IS NOT NULL OR phone IS NOT NULL OR email IS NOT NULL"
		" OR email_key IS NOT NULL OR display_name IS NOT NULL OR display_key IS NOT NULL"
		" OR first_name IS NOT NULL OR last_name IS NOT NULL OR identity IS NOT NULL"
		" OR age IS NOT NULL OR description IS NOT NULL OR wechat IS NOT NULL"
		" OR avatar IS NOT NULL)"};
	struct harness *h = ((struct fixture *)*state)->h;
	struct db_conn *conn = db_reader(harness_svc(h, SERVICE_USER)->db);
	int64_t id = user_kit_create(h, (struct user_create_in){.username = STR("rows"),
						.email = STR("rows@example.org"),
						.display_name = STR("Rows")})
			     .id;
	int64_t left = -1;

	assert_int_equal(db_number(conn, &sql, DB_ARGS(DB_INT(id)), &left), 0);
	assert_int_equal(left, 1);
	user_kit_erase(h, id);
	assert_int_equal(db_number(conn, &sql, DB_ARGS(DB_INT(id)), &left), 0);
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_role_and_identity),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_erase),
		cmocka_unit_test(test_erase_rows),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
