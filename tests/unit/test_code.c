/* Verification codes: auth.challenge, auth.answer and auth.reset through the real bus, svc-user,
 * SQLite and Redis, with the outbox for delivery. */
#include "tests/unit/auth_kit.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/svc/redis.h"
#include "svc-auth/limit.h"

#define OUTBOX_BYTES 65536
#define GUESSERS 8

static int ask(struct auth_kit *kit, struct auth_challenge_in in, struct call *ret_call,
	struct auth_challenge_out *ret_out)
{
	*ret_call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	if (!in.format)
		in.format = CODE_DIGITS6;
	return call_auth_challenge(ret_call, &in, ret_out);
}

static struct auth_challenge_out sms(
	struct auth_kit *kit, const char *to, enum auth_purpose purpose)
{
	struct auth_challenge_out out;
	struct call call;
	struct auth_challenge_in in = {
		.channel = CHANNEL_SMS,
		.to = str_c(to),
		.purpose = (int)purpose,
		.format = CODE_DIGITS4,
	};

	assert_int_equal(ask(kit, in, &call, &out), 0);
	return out;
}

static int answer(struct auth_kit *kit, struct auth_answer_in in, struct str *ret_to)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_answer_out out = {0};
	int rc = call_auth_answer(&call, &in, &out);

	if (ret_to)
		*ret_to = out.to;
	return rc;
}

static int try(
	struct auth_kit *kit, struct str challenge, struct str code, enum auth_purpose purpose)
{
	return answer(kit,
		(struct auth_answer_in){
			.challenge = challenge, .code = code, .purpose = (int)purpose},
		NULL);
}

static struct redis_reply redis(struct auth_kit *kit, const struct str *args, size_t count)
{
	struct call call = harness_call(kit->h, CALLER_SERVICE, 0);
	struct redis_reply reply;

	assert_int_equal(
		redis_command(auth_kit_state(kit)->redis, call.arena, args, count, &reply), 0);
	return reply;
}

/* The newest line of the outbox. */
static json_t *newest(struct auth_kit *kit)
{
	static char text[OUTBOX_BYTES];
	char path[512];
	struct str rest, line, last = STR_NONE;
	json_t *value;
	FILE *file;

	snprintf(path, sizeof(path), "%s/outbox.jsonl", harness_dir(kit->h));
	file = fopen(path, "r");
	assert_non_null(file);
	rest = (struct str){text, fread(text, 1, sizeof(text), file)};
	fclose(file);
	while (str_cut(&rest, '\n', &line))
		last = line.len ? line : last;
	assert_int_equal(json_parse(last, &value), 0);
	return value;
}

static void check_member(const json_t *line, const char *name, struct str want)
{
	struct str got = json_str(json_object_get(line, name));

	if (!got.p || !str_eq(got, want))
		fail_msg("%s: %.*s", name, STR_ARG(got));
}

static void test_code_is_in_the_outbox(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out out = sms(kit, "13700000001", PURPOSE_REGISTER);
	json_t *line = newest(kit);
	char path[512];
	struct stat info;

	assert_int_equal(out.challenge.len, AUTH_CHALLENGE_LEN);
	assert_int_equal(out.code.len, 4);
	assert_true(str_is_digits(out.code));
	assert_false(out.undelivered);
	check_member(line, "channel", STR("sms"));
	check_member(line, "to", STR("13700000001"));
	check_member(line, "key", out.challenge);
	check_member(line, "code", out.code);
	check_member(line, "purpose", STR("register"));
	assert_int_equal(json_str(json_object_get(line, "time")).len, CLOCK_RFC3339_LEN);
	assert_int_equal(json_object_size(line), 6);
	json_decref(line);
	snprintf(path, sizeof(path), "%s/outbox.jsonl", harness_dir(kit->h));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_formats(void **state)
{
	static const struct {
		enum auth_channel channel;
		enum auth_code_format format;
		const char *to;
		size_t len;
		int64_t life_s;
		int tries;
	} rows[] = {
		{CHANNEL_SMS, CODE_DIGITS4, "13700000010", 4, 300, 5},
		{CHANNEL_EMAIL, CODE_DIGITS6, "formats@example.org", 6, 600, 5},
		{CHANNEL_PICTURE, CODE_CAPTCHA, NULL, 6, 60, 3},
	};
	struct auth_kit *kit = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct auth_challenge_in in = {
			.channel = (int)rows[i].channel,
			.to = str_c(rows[i].to),
			.purpose = PURPOSE_LOGIN,
			.format = (int)rows[i].format,
		};
		int64_t now_us = clock_now_us();
		struct auth_challenge_out out;
		struct redis_reply left;
		struct call call;
		char key[64];

		assert_int_equal(ask(kit, in, &call, &out), 0);
		assert_int_equal(out.code.len, rows[i].len);
		assert_in_range(out.expires - now_us, rows[i].life_s * CLOCK_SECOND_US,
			(rows[i].life_s + 5) * CLOCK_SECOND_US);
		snprintf(key, sizeof(key), "c:%.*s", STR_ARG(out.challenge));
		left = redis(kit, REDIS_ARGS(STR("PTTL"), str_c(key)));
		assert_in_range(left.integer, (rows[i].life_s - 10) * 1000, rows[i].life_s * 1000);
		for (int k = 1; k < rows[i].tries; k++)
			assert_int_equal(
				try(kit, out.challenge, STR("?"), PURPOSE_LOGIN), ERR_BAD_CODE);
		assert_int_equal(try(kit, out.challenge, STR("?"), PURPOSE_LOGIN), ERR_LIMITED);
		assert_int_equal(try(kit, out.challenge, out.code, PURPOSE_LOGIN), ERR_LIMITED);
	}
}

static void test_captcha_has_no_case(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_in in = {
		.channel = CHANNEL_PICTURE, .purpose = PURPOSE_LOGIN, .format = CODE_CAPTCHA};
	struct auth_challenge_out out;
	struct call call;
	char upper[AUTH_CODE_MAX + 1] = {0};

	assert_int_equal(ask(kit, in, &call, &out), 0);
	for (size_t i = 0; i < out.code.len; i++) {
		char c = out.code.p[i];

		assert_true((c >= 'a' && c <= 'z') || (c >= '1' && c <= '9'));
		upper[i] = c >= 'a' ? (char)(c - ('a' - 'A')) : c;
	}
	assert_int_equal(try(kit, out.challenge, str_c(upper), PURPOSE_LOGIN), 0);
	assert_int_equal(try(kit, out.challenge, out.code, PURPOSE_LOGIN), ERR_BAD_CODE);
}

static void test_one_answer(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out out = sms(kit, "13700000020", PURPOSE_VERIFY);
	struct auth_answer_in in = {.challenge = out.challenge,
		.code = out.code,
		.purpose = PURPOSE_VERIFY,
		.keep = true};
	struct str to;

	assert_int_equal(try(kit, STR("0123"), out.code, PURPOSE_VERIFY), ERR_BAD_CODE);
	assert_int_equal(try(kit, STR_NONE, out.code, PURPOSE_VERIFY), ERR_BAD_CODE);
	assert_int_equal(try(kit, out.challenge, out.code, PURPOSE_REGISTER), ERR_BAD_CODE);
	assert_int_equal(answer(kit, in, &to), 0);
	assert_str(to, "13700000020");
	in.keep = false;
	assert_int_equal(answer(kit, in, &to), 0);
	assert_int_equal(answer(kit, in, &to), ERR_BAD_CODE);
}

struct guess {
	struct auth_kit *kit;
	struct auth_challenge_out code;
	pthread_barrier_t *start;
	int result;
};

static void *guess(void *arg)
{
	struct guess *g = arg;
	struct call call = auth_kit_call(g->kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_answer_in in = {
		.challenge = g->code.challenge, .code = g->code.code, .purpose = PURPOSE_VERIFY};
	struct auth_answer_out out;

	call.arena = arena_new(65536);
	pthread_barrier_wait(g->start);
	g->result = call_auth_answer(&call, &in, &out);
	arena_free(call.arena);
	return NULL;
}

static void test_at_once_only_one_gets_through(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out code = sms(kit, "13700000021", PURPOSE_VERIFY);
	struct guess guesses[GUESSERS];
	pthread_t threads[GUESSERS];
	pthread_barrier_t start;
	int through = 0;

	pthread_barrier_init(&start, NULL, GUESSERS);
	for (int i = 0; i < GUESSERS; i++) {
		guesses[i] = (struct guess){kit, code, &start, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, guess, &guesses[i]), 0);
	}
	for (int i = 0; i < GUESSERS; i++) {
		pthread_join(threads[i], NULL);
		through += guesses[i].result == 0;
		assert_true(guesses[i].result == 0 || guesses[i].result == ERR_BAD_CODE);
	}
	pthread_barrier_destroy(&start);
	assert_int_equal(through, 1);
}

static void test_shown_code_finds_the_newest(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out out = sms(kit, "13700000022", PURPOSE_REGISTER);
	struct auth_answer_in in = {
		.shown = out.code, .code = out.code, .purpose = PURPOSE_REGISTER};
	struct str own = kit->address, to;

	kit->address = STR("203.0.113.1");
	assert_int_equal(answer(kit, in, &to), ERR_BAD_CODE);
	kit->address = own;
	in.shown = STR("x");
	assert_int_equal(answer(kit, in, &to), ERR_BAD_CODE);
	in.shown = out.code;
	assert_int_equal(answer(kit, in, &to), 0);
	assert_str(to, "13700000022");
}

static void test_addresses(void **state)
{
	static const struct {
		enum auth_channel channel;
		const char *to;
	} rows[] = {
		{CHANNEL_SMS, ""},
		{CHANNEL_SMS, "1370000002"},
		{CHANNEL_SMS, "12700000022"},
		{CHANNEL_SMS, "a@example.org"},
		{CHANNEL_EMAIL, "13700000022"},
		{CHANNEL_EMAIL, "@example.org"},
		{CHANNEL_EMAIL, "a@example"},
		{CHANNEL_EMAIL, "a@b@example.org"},
		{CHANNEL_EMAIL, "a b@example.org"},
		{CHANNEL_EMAIL, "a>b@example.org"},
		{CHANNEL_EMAIL, "a@example.org\r\nRCPT TO:<b@example.org"},
		{CHANNEL_EMAIL, "a@example.org."},
		{CHANNEL_PICTURE, "a@example.org"},
	};
	struct auth_kit *kit = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct auth_challenge_in in = {.channel = (int)rows[i].channel,
			.to = str_c(rows[i].to),
			.purpose = PURPOSE_VERIFY};
		struct auth_challenge_out out;
		struct call call;
		int rc = ask(kit, in, &call, &out);

		if (rc != ERR_INVALID || call.field_count != 1 ||
			!str_eq(call.fields[0], STR("to")))
			fail_msg("%s: %s", rows[i].to, err_name(rc));
	}
}

/* Moves what is counted of the only address with codes back in time. */
static void age(struct auth_kit *kit, int64_t back_ms)
{
	struct redis_reply keys = redis(kit, REDIS_ARGS(STR("KEYS"), STR("q:*")));
	struct redis_reply times;

	assert_int_equal(keys.count, 1);
	times = redis(kit, REDIS_ARGS(STR("LRANGE"), keys.items[0].text, STR("0"), STR("-1")));
	for (size_t i = 0; i < times.count; i++) {
		char index[24], moved[24];
		int64_t time;

		assert_int_equal(str_to_i64(times.items[i].text, &time), 0);
		snprintf(index, sizeof(index), "%zu", i);
		snprintf(moved, sizeof(moved), "%lld", (long long)(time - back_ms));
		redis(kit, REDIS_ARGS(STR("LSET"), keys.items[0].text, str_c(index), str_c(moved)));
	}
}

static void test_one_a_minute_and_ten_a_day(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_in in = {.channel = CHANNEL_EMAIL,
		.to = STR("Often@example.org"),
		.purpose = PURPOSE_VERIFY};
	struct auth_challenge_out out;
	struct call call;

	redis(kit, REDIS_ARGS(STR("FLUSHALL")));
	for (int i = 0; i < CODE_DAY_MOST; i++) {
		assert_int_equal(ask(kit, in, &call, &out), 0);
		in.to = STR("oFTEN@example.org"); /* the same to everybody */
		assert_int_equal(ask(kit, in, &call, &out), ERR_LIMITED);
		assert_in_range(call.retry_after_s, 1,
			i < CODE_DAY_MOST - 1 ? CODE_MINUTE_S : 86400);
		age(kit, CODE_MINUTE_S * 1000);
	}
	assert_int_equal(ask(kit, in, &call, &out), ERR_LIMITED);
	assert_in_range(call.retry_after_s, 80000, 86400);
	age(kit, (86400 - (CODE_DAY_MOST + 1) * CODE_MINUTE_S) * 1000);
	assert_int_equal(ask(kit, in, &call, &out), ERR_LIMITED);
	age(kit, CODE_MINUTE_S * 1000);
	assert_int_equal(ask(kit, in, &call, &out), 0);
}

static void test_guessing_is_limited_by_address(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_answer_in in = {.code = STR("x"), .purpose = PURPOSE_VERIFY};
	struct auth_challenge_out out;
	struct call call;

	for (int i = 0; i < LIMIT_ADDRESS_TRIES; i++) {
		char number[16];

		if (i % 4 == 0) { /* before it is dead */
			snprintf(number, sizeof(number), "138%08d", i);
			out = sms(kit, number, PURPOSE_VERIFY);
		}
		assert_int_equal(try(kit, out.challenge, STR("x"), PURPOSE_VERIFY), ERR_BAD_CODE);
	}
	out = sms(kit, "13899999999", PURPOSE_VERIFY);
	in.challenge = out.challenge;
	in.code = out.code;
	call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	assert_int_equal(call_auth_answer(&call, &in, &(struct auth_answer_out){0}), ERR_LIMITED);
	assert_in_range(call.retry_after_s, LIMIT_WINDOW_S - 60, LIMIT_WINDOW_S);
	kit->address = STR("203.0.113.2");
	assert_int_equal(answer(kit, in, NULL), 0);
}

static int register_proven(struct auth_kit *kit, const char *phone)
{
	struct auth_register_in in = {.phone = str_c(phone), .phone_proven = true};
	struct auth_register_out out;
	struct call call;

	return auth_kit_register(kit, in, &call, &out);
}

static void test_proven_phone(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out out = sms(kit, "13700000030", PURPOSE_REGISTER);
	struct auth_answer_in in = {.challenge = out.challenge,
		.code = out.code,
		.purpose = PURPOSE_REGISTER,
		.remember = true};
	struct auth_register_in weak = {
		.phone = STR("13700000030"), .password = STR("1234567"), .phone_proven = true};
	struct auth_register_out made;
	struct call call;

	assert_int_equal(register_proven(kit, "13700000030"), ERR_BAD_CODE);
	assert_int_equal(answer(kit, in, NULL), 0);
	assert_int_equal(register_proven(kit, "13700000031"), ERR_BAD_CODE);
	assert_int_equal(auth_kit_register(kit, weak, &call, &made), ERR_WEAK_PASSWORD);
	assert_int_equal(register_proven(kit, "13700000030"), 0);
	assert_int_equal(register_proven(kit, "13700000030"), ERR_BAD_CODE);
}

static int reset(struct auth_kit *kit, struct str challenge, struct str code, const char *password)
{
	struct call call = auth_kit_call(kit, CALLER_ANYONE, 0, STR_NONE);
	struct auth_reset_in in = {.challenge = challenge,
		.code = code,
		.password = str_c(password),
		.policy = POLICY_NATIVE};
	struct auth_reset_out out;

	return call_auth_reset(&call, &in, &out);
}

static void test_reset(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_register_in in = {.phone = STR("13700000040")};
	struct auth_challenge_out code;
	struct auth_register_out made;
	struct auth_login_out session;
	struct call call;

	assert_int_equal(auth_kit_register(kit, in, &call, &made), 0);
	session = auth_kit_enter(kit, "13700000040");
	code = sms(kit, "13700000040", PURPOSE_RESET);
	assert_int_equal(reset(kit, code.challenge, STR("x"), "quite another one"), ERR_BAD_CODE);
	assert_int_equal(reset(kit, code.challenge, code.code, "short"), ERR_WEAK_PASSWORD);
	assert_int_equal(auth_kit_alive(kit, session.token), 0);
	assert_int_equal(reset(kit, code.challenge, code.code, "quite another one"), 0);
	assert_int_equal(auth_kit_alive(kit, session.token), ERR_UNAUTHENTICATED);
	assert_int_equal(
		auth_kit_login(kit, "13700000040", AUTH_KIT_PASSWORD), ERR_BAD_CREDENTIALS);
	assert_int_equal(auth_kit_login(kit, "13700000040", "quite another one"), 0);
	assert_int_equal(reset(kit, code.challenge, code.code, "and a third one"), ERR_BAD_CODE);
}

static void test_reset_for_nobody_sends_nothing(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out known = sms(kit, "13700000050", PURPOSE_VERIFY), out;
	int64_t frozen;
	struct auth_register_in in = {.phone = STR("13700000052")};
	struct auth_register_out made;
	struct call call;
	json_t *line;

	assert_int_equal(auth_kit_register(kit, in, &call, &made), 0);
	frozen = made.account.id;
	user_kit_status(kit->h, frozen, STATUS_FROZEN);
	out = sms(kit, "13700000051", PURPOSE_RESET);
	assert_int_equal(out.challenge.len, AUTH_CHALLENGE_LEN);
	sms(kit, "13700000052", PURPOSE_RESET);
	line = newest(kit);
	check_member(line, "key", known.challenge);
	json_decref(line);
	/* Not even with the right code, should somebody have it. */
	assert_int_equal(reset(kit, out.challenge, out.code, "quite another one"), ERR_BAD_CODE);
}

/* Neither codes nor, in the names of keys, addresses. */
static void test_redis_holds_no_code(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_out out;
	struct redis_reply keys, all;
	char key[64];

	redis(kit, REDIS_ARGS(STR("FLUSHALL")));
	out = sms(kit, "13700000060", PURPOSE_VERIFY);
	keys = redis(kit, REDIS_ARGS(STR("KEYS"), STR("*13700000060*")));
	assert_int_equal(keys.count, 0);
	snprintf(key, sizeof(key), "c:%.*s", STR_ARG(out.challenge));
	all = redis(kit, REDIS_ARGS(STR("HGETALL"), str_c(key)));
	assert_true(all.count > 0);
	for (size_t i = 0; i < all.count; i++)
		assert_false(str_eq(all.items[i].text, out.code));
	keys = redis(kit, REDIS_ARGS(STR("KEYS"), STR("*")));
	for (size_t i = 0; i < keys.count; i++)
		assert_true(redis(kit, REDIS_ARGS(STR("TTL"), keys.items[i].text)).integer > 0);
}

static void test_without_redis(void **state)
{
	struct auth_kit *kit = *state;
	struct auth_challenge_in in = {
		.channel = CHANNEL_SMS, .to = STR("13700000070"), .purpose = PURPOSE_VERIFY};
	struct auth_challenge_out out = sms(kit, "13700000071", PURPOSE_VERIFY), none;
	struct call call;

	redis_server_freeze(kit->redis);
	assert_int_equal(ask(kit, in, &call, &none), ERR_UNAVAILABLE);
	assert_int_equal(try(kit, out.challenge, out.code, PURPOSE_VERIFY), ERR_UNAVAILABLE);
	redis_server_thaw(kit->redis);
	while (!redis_up(auth_kit_state(kit)->redis))
		;
	assert_int_equal(try(kit, out.challenge, out.code, PURPOSE_VERIFY), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, auth_kit_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_code_is_in_the_outbox),
		TEST(test_formats),
		TEST(test_captcha_has_no_case),
		TEST(test_one_answer),
		TEST(test_at_once_only_one_gets_through),
		TEST(test_shown_code_finds_the_newest),
		TEST(test_addresses),
		TEST(test_one_a_minute_and_ten_a_day),
		TEST(test_guessing_is_limited_by_address),
		TEST(test_proven_phone),
		TEST(test_reset),
		TEST(test_reset_for_nobody_sends_nothing),
		TEST(test_redis_holds_no_code),
		TEST(test_without_redis),
	};

	return cmocka_run_group_tests(tests, auth_kit_setup, auth_kit_teardown);
}
