/* What the tests of svc-user's handlers, and of those who call it, share. */
#ifndef TESTS_UNIT_USER_KIT_H
#define TESTS_UNIT_USER_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/user_api.h"
#include "tests/unit/harness.h"

#define assert_str(got, want) user_kit_str((got), (want), __FILE__, __LINE__)

/* want: NULL for absent. */
static inline void user_kit_str(struct str got, const char *want, const char *file, int line)
{
	if (str_eq(got, str_c(want)) && !got.p == !want)
		return;
	fprintf(stderr, "got \"%.*s\"%s, want %s\n", STR_ARG(got), got.p ? "" : " (absent)",
		want ? want : "(absent)");
	_fail(file, line);
}

/* A registration nobody had before. */
static inline struct str user_kit_registration(struct harness *h)
{
	char text[ID_REQUEST_LEN + 1];
	struct call call = harness_call(h, CALLER_SERVICE, 0);

	id_request(text);
	return str_dup(call.arena, str_c(text));
}

/* Makes an account; in->registration is filled in when absent. */
static inline struct user_account user_kit_create(struct harness *h, struct user_create_in in)
{
	struct call call = harness_call(h, CALLER_SERVICE, 0);
	struct user_create_out out;

	if (!in.registration.p)
		in.registration = user_kit_registration(h);
	assert_int_equal(call_user_create(&call, &in, &out), 0);
	return out.account;
}

static inline int64_t user_kit_named(struct harness *h, const char *username)
{
	return user_kit_create(h, (struct user_create_in){.username = str_c(username)}).id;
}

static inline int64_t user_kit_admin(struct harness *h, const char *username)
{
	return user_kit_create(
		h, (struct user_create_in){.username = str_c(username), .role = ROLE_ADMINISTRATOR})
		.id;
}

static inline struct user_account user_kit_get(struct harness *h, int64_t id)
{
	struct call call = harness_call(h, CALLER_ANYONE, 0);
	struct user_get_out out;

	assert_int_equal(call_user_get(&call, &(struct user_get_in){.id = id}, &out), 0);
	return out.account;
}

/* The operator changes the status. */
static inline void user_kit_status(struct harness *h, int64_t id, enum user_status status)
{
	struct call call = harness_call(h, CALLER_OPERATOR, 0);
	struct user_govern_in in = {.id = id, .status = (int)status};
	struct user_govern_out out;

	assert_int_equal(call_user_govern(&call, &in, &out), 0);
	assert_int_equal(out.account.status, status);
}

static inline void user_kit_erase(struct harness *h, int64_t id)
{
	struct call call = harness_call(h, CALLER_SERVICE, 0);
	struct user_erase_out out;

	assert_int_equal(call_user_erase(&call, &(struct user_erase_in){.id = id}, &out), 0);
}

#endif
