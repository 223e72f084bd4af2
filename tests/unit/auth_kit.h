/* What the tests of svc-auth's handlers share: svc-user, svc-auth and a Redis, all real. */
#ifndef TESTS_UNIT_AUTH_KIT_H
#define TESTS_UNIT_AUTH_KIT_H

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/rpc/auth_api.h"
#include "svc-auth/auth.h"
#include "svc-auth/password.h"
#include "svc-user/user.h"
#include "tests/unit/redis_server.h"
#include "tests/unit/user_kit.h"

#define AUTH_KIT_PASSWORD "a fine day for it"

struct auth_kit {
	struct redis_server *redis;
	struct harness *h;
	struct str address; /* of the calls; a new one for each test, so that limits do not mix */
};

static inline int auth_kit_setup(void **state)
{
	static const struct svc_spec *specs[2];
	struct auth_kit *kit = calloc(1, sizeof(*kit));

	specs[0] = &user_spec;
	specs[1] = auth_spec();
	kit->redis = redis_server_start();
	kit->h = harness_start(specs, 2);
	*state = kit;
	return 0;
}

static inline int auth_kit_teardown(void **state)
{
	struct auth_kit *kit = *state;

	harness_stop(kit->h);
	redis_server_free(kit->redis);
	free(kit);
	return 0;
}

/* Before each test. */
static inline int auth_kit_reset(void **state)
{
	static char text[32];
	static int number;
	struct auth_kit *kit = *state;

	harness_reset(kit->h);
	snprintf(text, sizeof(text), "198.51.100.%d", ++number);
	kit->address = str_c(text);
	return 0;
}

static inline struct auth *auth_kit_state(struct auth_kit *kit)
{
	return harness_state(kit->h, SERVICE_AUTH);
}

static inline struct call auth_kit_call(
	struct auth_kit *kit, enum caller_kind kind, int64_t account, struct str session)
{
	struct call call = harness_call(kit->h, kind, account);

	call.caller.address = kit->address;
	call.caller.session = session;
	return call;
}

static inline int auth_kit_register(struct auth_kit *kit, struct auth_register_in in,
	struct call *ret_call, struct auth_register_out *ret_out)
{
	*ret_call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	if (!in.password.p)
		in.password = STR(AUTH_KIT_PASSWORD);
	if (!in.policy)
		in.policy = POLICY_NATIVE;
	return call_auth_register(ret_call, &in, ret_out);
}

static inline int64_t auth_kit_named(struct auth_kit *kit, const char *username)
{
	struct auth_register_in in = {.username = str_c(username)};
	struct auth_register_out out;
	struct call call;

	assert_int_equal(auth_kit_register(kit, in, &call, &out), 0);
	return out.account.id;
}

static inline int auth_kit_try(struct auth_kit *kit, const char *login, const char *password,
	struct call *ret_call, struct auth_login_out *ret_out)
{
	const struct auth_login_in in = {
		.login = str_c(login),
		.password = str_c(password),
		.by = LOGIN_ANY,
		.device = STR("test"),
		.want_jwt = true,
	};

	*ret_call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	return call_auth_login(ret_call, &in, ret_out);
}

static inline int auth_kit_login(struct auth_kit *kit, const char *login, const char *password)
{
	struct auth_login_out out;
	struct call call;

	return auth_kit_try(kit, login, password, &call, &out);
}

static inline struct auth_login_out auth_kit_enter(struct auth_kit *kit, const char *login)
{
	struct auth_login_out out;
	struct call call;

	assert_int_equal(auth_kit_try(kit, login, AUTH_KIT_PASSWORD, &call, &out), 0);
	return out;
}

static inline int auth_kit_resolve(
	struct auth_kit *kit, struct str token, struct auth_resolve_out *ret_out)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	const struct auth_resolve_in in = {.token = token};

	return call_auth_resolve(&call, &in, ret_out);
}

static inline int auth_kit_alive(struct auth_kit *kit, struct str token)
{
	struct auth_resolve_out out;

	return auth_kit_resolve(kit, token, &out);
}

#endif
