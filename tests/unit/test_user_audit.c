/* svc-user: the record of administrators' acts, and how many accounts there are. */
#include "tests/unit/user_kit.h"

#include "common/base/clock.h"
#include "svc-user/user.h"

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

static int audit(struct call *call, int64_t limit, int64_t after, struct user_audit_out *ret_out)
{
	const struct user_audit_in in = {.limit = limit, .after = after};

	return call_user_audit(call, &in, ret_out);
}

static int add(struct harness *h, enum caller_kind kind, struct user_audit_add_in in)
{
	struct call call = harness_call(h, kind, 0);
	struct user_audit_add_out out;

	call.caller.address = STR("192.0.2.9");
	return call_user_audit_add(&call, &in, &out);
}

static void test_newest_first(void **state)
{
	struct harness *h = *state;
	int64_t admin = user_kit_admin(h, "audit admin"), id = user_kit_named(h, "audit");
	struct call call = harness_call(h, CALLER_ADMIN, admin);
	struct user_govern_in in = {.id = id, .status = STATUS_FROZEN, .identity = STR("doctor")};
	int64_t before_us = clock_now_us();
	struct user_govern_out governed;
	struct user_audit_out out;

	call.caller.address = STR("192.0.2.8");
	assert_int_equal(call_user_govern(&call, &in, &governed), 0);
	user_kit_status(h, id, STATUS_NORMAL);
	assert_int_equal(audit(&call, 3, 0, &out), 0);
	assert_int_equal(out.items_count, 3);
	assert_str(out.items[0].action, "user.status");
	assert_str(out.items[0].detail, "frozen -> normal");
	assert_int_equal(out.items[0].actor, 0);
	assert_int_equal(out.items[0].target, id);
	assert_str(out.items[1].action, "user.identity");
	assert_str(out.items[1].detail, " -> doctor");
	assert_str(out.items[2].action, "user.status");
	assert_str(out.items[2].detail, "normal -> frozen");
	assert_int_equal(out.items[2].actor, admin);
	assert_str(out.items[2].address, "192.0.2.8");
	assert_in_range(out.items[2].time, before_us, clock_now_us());
}

static void test_pages(void **state)
{
	struct harness *h = *state;
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	struct user_audit_out first, next;

	for (int i = 0; i < 3; i++)
		assert_int_equal(add(h, CALLER_OPERATOR,
					 (struct user_audit_add_in){.action = STR("test.page")}),
			0);
	assert_int_equal(audit(&call, 2, 0, &first), 0);
	assert_int_equal(first.items_count, 2);
	assert_true(first.more);
	assert_int_equal(audit(&call, 1000, first.items[1].id, &next), 0);
	assert_false(next.more);
	assert_int_equal(next.items[0].id, first.items[1].id - 1);
	assert_int_equal(next.items[next.items_count - 1].id, 1);
	assert_int_equal(audit(&call, 1000, 1, &next), 0);
	assert_int_equal(next.items_count, 0);
}

static void test_add(void **state)
{
	struct harness *h = *state;
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	const struct user_audit_add_in in = {
		.action = STR("session.revoke"),
		.target = 12345678,
		.detail = STR("all"),
		.actor = 87654321,
		.address = STR("192.0.2.7"),
	};
	struct user_audit_out out;

	assert_int_equal(add(h, CALLER_SERVICE, in), 0);
	assert_int_equal(add(h, CALLER_OPERATOR, in), 0);
	assert_int_equal(audit(&call, 2, 0, &out), 0);
	/* The operator cannot speak for another. */
	assert_int_equal(out.items[0].actor, 0);
	assert_str(out.items[0].address, "192.0.2.9");
	assert_int_equal(out.items[1].actor, 87654321);
	assert_str(out.items[1].address, "192.0.2.7");
	assert_str(out.items[1].action, "session.revoke");
	assert_int_equal(out.items[1].target, 12345678);
	assert_str(out.items[1].detail, "all");
}

static void test_only_for_administrators(void **state)
{
	struct harness *h = *state;
	int64_t id = user_kit_named(h, "audit nobody");
	/* What the gateway has not heard of yet. */
	struct call stale = harness_call(h, CALLER_ADMIN, id);
	struct call person = harness_call(h, CALLER_ACCOUNT, id);
	struct user_stats_out stats;
	struct user_audit_out out;

	assert_int_equal(audit(&stale, 1, 0, &out), ERR_DENIED);
	assert_int_equal(audit(&person, 1, 0, &out), ERR_DENIED);
	assert_int_equal(
		call_user_stats(&stale, &(struct user_stats_in){0}, &stats), ERR_DENIED);
	assert_int_equal(add(h, CALLER_ADMIN, (struct user_audit_add_in){.action = STR("x")}),
		ERR_DENIED);
	assert_int_equal(add(h, CALLER_ACCOUNT, (struct user_audit_add_in){.action = STR("x")}),
		ERR_DENIED);
}

static void test_erasure_leaves_the_act_alone(void **state)
{
	struct harness *h = *state;
	int64_t admin = user_kit_admin(h, "erased admin"), id = user_kit_named(h, "erased");
	struct call call = harness_call(h, CALLER_ADMIN, admin);
	struct call operator = harness_call(h, CALLER_OPERATOR, 0);
	struct user_govern_in in = {.id = id, .identity = STR("a name"), .role = ROLE_DONOR};
	struct user_govern_out governed;
	struct user_audit_out out;

	call.caller.address = STR("192.0.2.6");
	assert_int_equal(call_user_govern(&call, &in, &governed), 0);
	user_kit_erase(h, id);
	assert_int_equal(audit(&operator, 2, 0, &out), 0);
	assert_str(out.items[0].action, "user.identity");
	assert_str(out.items[0].detail, NULL);
	assert_str(out.items[0].address, "192.0.2.6");
	assert_str(out.items[1].detail, "member -> donor");
	user_kit_erase(h, admin);
	assert_int_equal(audit(&operator, 2, 0, &out), 0);
	assert_str(out.items[0].address, NULL);
	assert_str(out.items[1].address, NULL);
	assert_int_equal(out.items[1].actor, admin);
	assert_int_equal(out.items[1].target, id);
}

static int64_t count(struct harness *h, int role, int status, bool erased)
{
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	struct user_stats_out out;

	assert_int_equal(call_user_stats(&call, &(struct user_stats_in){0}, &out), 0);
	for (size_t i = 0; i < out.counts_count; i++)
		if (out.counts[i].role == role && out.counts[i].status == status &&
			out.counts[i].erased == erased)
			return out.counts[i].accounts;
	return 0;
}

static void test_stats(void **state)
{
	struct harness *h = *state;
	int64_t members = count(h, ROLE_MEMBER, STATUS_NORMAL, false);
	int64_t erased = count(h, ROLE_MEMBER, STATUS_DELETED, true);
	int64_t frozen = user_kit_named(h, "counted frozen"), gone = user_kit_named(h, "counted");

	user_kit_named(h, "counted too");
	assert_int_equal(count(h, ROLE_MEMBER, STATUS_NORMAL, false), members + 3);
	user_kit_status(h, frozen, STATUS_FROZEN);
	user_kit_erase(h, gone);
	assert_int_equal(count(h, ROLE_MEMBER, STATUS_NORMAL, false), members + 1);
	assert_int_equal(count(h, ROLE_MEMBER, STATUS_FROZEN, false), 1);
	assert_int_equal(count(h, ROLE_MEMBER, STATUS_DELETED, true), erased + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_only_for_administrators),
		cmocka_unit_test(test_erasure_leaves_the_act_alone),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
