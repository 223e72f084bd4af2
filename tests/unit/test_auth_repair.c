/* What crashes, lost answers and a lost Redis leave behind, and how svc-auth gets over it. */
#include "tests/unit/auth_kit.h"

#include <pthread.h>
#include <time.h>

#include "svc-auth/repair.h"
#include "svc-auth/store.h"

#define WAIT_MS 20000
#define THREADS 8

struct left_behind {
	struct str registration;
	int64_t created_us;
	struct password_hash hash;
	int64_t erasing; /* account */
};

static int add(struct db_conn *conn, void *arg)
{
	const struct left_behind *row = arg;

	return store_pending_add(conn, row->registration, &row->hash, row->created_us);
}

static int set_erasing(struct db_conn *conn, void *arg)
{
	return store_erasing_set(conn, ((const struct left_behind *)arg)->erasing);
}

/* A pending credential of a process that died `age_s` ago. */
static struct str leave_pending(struct auth_kit *kit, int64_t age_s)
{
	struct auth *auth = auth_kit_state(kit);
	struct left_behind row = {
		.registration = user_kit_registration(kit->h),
		.created_us = clock_now_us() - age_s * CLOCK_SECOND_US,
	};

	assert_int_equal(password_make(auth->hasher, clock_now_us() + 30 * CLOCK_SECOND_US,
				 STR(AUTH_KIT_PASSWORD), &row.hash),
		0);
	assert_int_equal(db_write(auth->db, add, &row), 0);
	return row.registration;
}

static size_t unfinished(struct auth_kit *kit)
{
	struct db_conn *conn = db_reader(harness_svc(kit->h, SERVICE_AUTH)->db);
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct credential *rows;
	size_t count;

	assert_int_equal(store_unfinished(conn, STR(""), 100, call.arena, &rows, &count), 0);
	return count;
}

/* The repair thread works on its own; the test looks until it sees the effect. */
static void wait_unfinished(struct auth_kit *kit, size_t want)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	while (unfinished(kit) != want && clock_mono_ms() < until_ms)
		nanosleep(&pause, NULL);
	assert_int_equal(unfinished(kit), want);
}

/* Died between account and activation: the sign-in itself repairs it. */
static void test_sign_in_repairs(void **state)
{
	struct auth_kit *kit = *state;
	struct user_create_in in = {
		.registration = leave_pending(kit, 0), .username = STR("half made")};

	user_kit_create(kit->h, in);
	assert_int_equal(auth_kit_login(kit, "half made", "wrong"), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "half made", AUTH_KIT_PASSWORD), 0);
	assert_int_equal(unfinished(kit), 0);
}

/* The name is taken, but by somebody who can log in from then on. */
static void test_registration_repairs(void **state)
{
	static const struct auth_register_in rows[] = {
		{.username = STR_INIT("HALF made 2")},
		{.phone = STR_INIT("13800000002")},
		{.email = STR_INIT("half2@example.org")},
	};
	struct auth_kit *kit = *state;
	struct auth_register_out out;
	struct call call;

	for (size_t i = 0; i < 3; i++) {
		struct user_create_in in = {
			.registration = leave_pending(kit, 0),
			.username = i == 0 ? STR("half made 2") : STR_NONE,
			.phone = i == 1 ? STR("13800000002") : STR_NONE,
			.email = i == 2 ? STR("half2@example.org") : STR_NONE,
		};
		user_kit_create(kit->h, in);
		assert_int_equal(unfinished(kit), 1);
		assert_int_equal(auth_kit_register(kit, rows[i], &call, &out), ERR_TAKEN);
		assert_int_equal(unfinished(kit), 0);
	}
}

/* Without anybody's doing, once the thread is awake. */
static void test_thread_repairs(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	struct user_create_in in = {
		.registration = leave_pending(kit, 100), .username = STR("half made 3")};

	user_kit_create(kit->h, in);
	leave_pending(kit, REPAIR_ORPHAN_S + 1);
	repair_wake(auth->repair);
	wait_unfinished(kit, 0);
	assert_int_equal(auth_kit_login(kit, "half made 3", AUTH_KIT_PASSWORD), 0);
}

/* Its account may still come: it is kept, and activated when it has come. */
static void test_young_is_kept(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	struct user_create_in in = {
		.registration = leave_pending(kit, 0), .username = STR("half made 4")};

	leave_pending(kit, 3600);
	repair_wake(auth->repair);
	wait_unfinished(kit, 1);
	user_kit_create(kit->h, in);
	wait_unfinished(kit, 0);
	assert_int_equal(auth_kit_login(kit, "half made 4", AUTH_KIT_PASSWORD), 0);
}

static void test_start_repairs(void **state)
{
	struct auth_kit *kit = *state;
	struct user_create_in in = {
		.registration = leave_pending(kit, 0), .username = STR("half made 5")};

	user_kit_create(kit->h, in);
	for (int i = 0; i < 300; i++) {
		struct auth *auth = auth_kit_state(kit);
		struct left_behind row = {
			.registration = user_kit_registration(kit->h),
			.created_us = clock_now_us() - 3600 * CLOCK_SECOND_US,
		};
		assert_int_equal(db_write(auth->db, add, &row), 0);
	}
	harness_halt(kit->h, SERVICE_AUTH);
	harness_resume(kit->h, SERVICE_AUTH);
	wait_unfinished(kit, 0);
	assert_int_equal(auth_kit_login(kit, "half made 5", AUTH_KIT_PASSWORD), 0);
}

static void test_erasure_is_finished(void **state)
{
	struct auth_kit *kit = *state;
	struct auth *auth = auth_kit_state(kit);
	int64_t id = auth_kit_named(kit, "half erased");
	struct auth_login_out in = auth_kit_enter(kit, "half erased");
	struct left_behind row = {.erasing = id};

	assert_int_equal(db_write(auth->db, set_erasing, &row), 0);
	assert_int_equal(auth_kit_alive(kit, in.token), ERR_UNAUTHENTICATED);
	assert_int_equal(
		auth_kit_login(kit, "half erased", AUTH_KIT_PASSWORD), ERR_UNKNOWN_ACCOUNT);
	repair_wake(auth->repair);
	wait_unfinished(kit, 0);
	assert_int_equal(user_kit_get(kit->h, id).status, STATUS_DELETED);
	assert_true(auth_kit_named(kit, "half erased") != id);
}

/* svc-user is away: clear answers, nothing lost, and the same name can be registered afterwards. */
static void test_without_user(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {.username = STR("patient")};
	struct auth_login_out session;
	struct auth_register_out out;
	struct call call;

	auth_kit_named(kit, "signed in");
	session = auth_kit_enter(kit, "signed in");
	harness_halt(kit->h, SERVICE_USER);
	call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	call.deadline_us = clock_now_us() + CLOCK_SECOND_US;
	in.password = STR(AUTH_KIT_PASSWORD);
	in.policy = POLICY_NATIVE;
	{
		int rc = call_auth_register(&call, &in, &out);
		assert_true(rc == ERR_UNAVAILABLE || rc == ERR_DEADLINE);
	}
	{
		const struct auth_resolve_in token = {.token = session.token};
		struct auth_resolve_out who;
		int rc;

		call.deadline_us = clock_now_us() + CLOCK_SECOND_US;
		rc = call_auth_resolve(&call, &token, &who);
		assert_true(rc == ERR_UNAVAILABLE || rc == ERR_DEADLINE);
	}
	harness_resume(kit->h, SERVICE_USER);
	assert_int_equal(auth_kit_alive(kit, session.token), 0);
	auth_kit_named(kit, "patient");
	assert_int_equal(auth_kit_login(kit, "patient", AUTH_KIT_PASSWORD), 0);
}

/* Redis is away, or hangs: never "wrong", always soon; and all is well when it is back. */
static void without_redis(struct auth_kit *kit, struct str token, const char *name)
{
	int64_t start_ms = clock_mono_ms();
	struct auth_register_in at_once = {.username = str_c(name), .open_session = true};
	struct auth_register_in in = {.username = str_c(name)};
	struct auth_register_out out;
	struct call call;

	assert_int_equal(auth_kit_login(kit, "redisless", AUTH_KIT_PASSWORD), ERR_UNAVAILABLE);
	assert_int_equal(auth_kit_login(kit, "redisless", "wrong"), ERR_UNAVAILABLE);
	assert_int_equal(auth_kit_login(kit, "nobody", "wrong"), ERR_UNAVAILABLE);
	assert_int_equal(auth_kit_alive(kit, token), ERR_UNAVAILABLE);
	assert_int_equal(auth_kit_register(kit, at_once, &call, &out), ERR_UNAVAILABLE);
	assert_true(clock_mono_ms() - start_ms < 3000);
	assert_string_equal(auth_spec()->ailment(auth_kit_state(kit)), "redis");
	/* needs no Redis, and the refused one above has taken nothing */
	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
}

static void wait_for_redis(struct auth_kit *kit, struct str token)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	while (auth_kit_alive(kit, token) != 0 && clock_mono_ms() < until_ms)
		nanosleep(&pause, NULL);
	assert_int_equal(auth_kit_alive(kit, token), 0);
	assert_int_equal(auth_kit_login(kit, "redisless", AUTH_KIT_PASSWORD), 0);
	assert_null(auth_spec()->ailment(auth_kit_state(kit)));
}

static void test_without_redis(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_password_in in = {.new_password = STR("new password"), .policy = POLICY_NATIVE};
	struct auth_password_out out;
	struct auth_login_out session;
	struct call call;
	int64_t id = auth_kit_named(kit, "redisless");

	session = auth_kit_enter(kit, "redisless");
	redis_server_halt(kit->redis);
	without_redis(kit, session.token, "made without 1");
	/* a password change is refused before it has changed anything */
	call = auth_kit_call(kit, CALLER_ACCOUNT, id, session.id);
	assert_int_equal(call_auth_password(&call, &in, &out), ERR_UNAVAILABLE);
	redis_server_resume(kit->redis);
	wait_for_redis(kit, session.token);
	redis_server_freeze(kit->redis);
	without_redis(kit, session.token, "made without 2");
	redis_server_thaw(kit->redis);
	wait_for_redis(kit, session.token);
	assert_int_equal(auth_kit_login(kit, "made without 1", AUTH_KIT_PASSWORD), 0);
}

struct racer {
	struct auth_kit *kit;
	pthread_t thread;
	int result;
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct auth_register_in in = {
		.username = STR("contested"),
		.password = STR(AUTH_KIT_PASSWORD),
		.policy = POLICY_NATIVE,
	};
	struct auth_register_out out;
	struct call call = auth_kit_call(racer->kit, CALLER_ANYONE, 0, STR_NONE);

	call.arena = arena_new(1 << 20);
	racer->result = call_auth_register(&call, &in, &out);
	arena_free(call.arena);
	return NULL;
}

static void test_one_name_many_hands(void **state)
{
	struct racer racers[THREADS];
	int made = 0;

	for (size_t i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){.kit = *state};
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_true(racers[i].result == 0 || racers[i].result == ERR_TAKEN);
		made += racers[i].result == 0;
	}
	assert_int_equal(made, 1);
	assert_int_equal(unfinished(*state), 0);
	assert_int_equal(auth_kit_login(*state, "contested", AUTH_KIT_PASSWORD), 0);
}

static void test_survives_restart(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_login_out in;

	auth_kit_named(kit, "durable");
	in = auth_kit_enter(kit, "durable");
	harness_halt(kit->h, SERVICE_AUTH);
	redis_server_halt(kit->redis);
	redis_server_resume(kit->redis);
	harness_resume(kit->h, SERVICE_AUTH);
	assert_int_equal(auth_kit_login(kit, "durable", AUTH_KIT_PASSWORD), 0);
	/* the JWT needs the same key; appendonly may lose its last second, so only if the session
	 * is there */
	if (auth_kit_alive(kit, in.token) == 0)
		assert_int_equal(auth_kit_alive(kit, in.jwt), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sign_in_repairs),
		TEST(test_registration_repairs),
		TEST(test_thread_repairs),
		TEST(test_young_is_kept),
		TEST(test_start_repairs),
		TEST(test_erasure_is_finished),
		TEST(test_one_name_many_hands),
		TEST(test_survives_restart),
		TEST(test_without_user),
		TEST(test_without_redis),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
