#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/media_api.h"
#include "svc-media/media.h"
#include "svc-media/painter.h"
#include "tests/unit/harness.h"

#define DEFAULT_PICTURE "/image/user/default.png"

static struct harness *harness;

static int ask(const char *path, struct media_picture_out *out)
{
	struct call call = harness_call(harness, CALLER_ANYONE, 0);
	struct media_picture_in in = {.path = str_c(path)};

	return call_media_picture(&call, &in, out);
}

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void default_picture_is_a_whole_png(void **state)
{
	static const char signature[] = "\x89PNG\r\n\x1a\n";
	struct media_picture_out out;
	const char *p;

	(void)state;
	assert_int_equal(ask(DEFAULT_PICTURE, &out), 0);
	assert_true(str_eq(out.type, STR("image/png")));
	assert_true(out.content.len > 64);
	p = out.content.p;
	assert_memory_equal(p, signature, 8);
	assert_memory_equal(p + 12, "IHDR", 4);
	assert_int_equal(be32(p + 16), 256);
	assert_int_equal(be32(p + 20), 256);
	assert_memory_equal(p + out.content.len - 8, "IEND", 4);
	harness_reset(harness);
}

static void etag_can_stand_in_a_header(void **state)
{
	struct media_picture_out out;

	(void)state;
	assert_int_equal(ask(DEFAULT_PICTURE, &out), 0);
	assert_int_equal(out.etag.len, 32);
	for (size_t i = 0; i < out.etag.len; i++)
		assert_non_null(memchr("0123456789abcdef", out.etag.p[i], 16));
	harness_reset(harness);
}

static void anything_else_is_not_found(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"/image/user/",
		"/image/user/default.png/",
		"/image/user/DEFAULT.PNG",
		"image/user/default.png",
		"/image/user/../user/default.png",
		"/image/user/default.png?",
		"/etc/passwd",
		"/image/user/\xe4\xbd\xa0.png",
	};
	struct media_picture_out out;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(ask(paths[i], &out), ERR_NOT_FOUND);
	harness_reset(harness);
}

static int draw(const struct media_captcha_in *in, struct media_captcha_out *out)
{
	struct call call = harness_call(harness, CALLER_ANYONE, 0);

	return call_media_captcha(&call, in, out);
}

static void captcha_is_a_png_of_the_size_asked_for(void **state)
{
	static const struct media_captcha_in cases[] = {
		{.text = STR_INIT("a1b2c3"), .width = 160, .height = 60},
		{.text = STR_INIT("abcdefgh"), .width = 320, .height = 120},
		{.text = STR_INIT("z"), .width = 80, .height = 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct media_captcha_out out;
		const char *p;

		assert_int_equal(draw(&cases[i], &out), 0);
		p = out.content.p;
		assert_true(out.content.len > 1000);
		assert_memory_equal(p, "\x89PNG\r\n\x1a\n", 8);
		assert_memory_equal(p + 12, "IHDR", 4);
		assert_int_equal(be32(p + 16), cases[i].width);
		assert_int_equal(be32(p + 20), cases[i].height);
		assert_memory_equal(p + out.content.len - 8, "IEND", 4);
		harness_reset(harness);
	}
}

static void every_captcha_differs_but_for_the_same_seed(void **state)
{
	struct media_captcha_in in = {.text = STR("a1b2c3"), .width = 160, .height = 60};
	struct media_captcha_out one, two;

	(void)state;
	assert_int_equal(draw(&in, &one), 0);
	assert_int_equal(draw(&in, &two), 0);
	assert_false(str_eq(one.content, two.content));
	in.seed = STR("0123456789abcdef0123456789abcdef");
	assert_int_equal(draw(&in, &one), 0);
	assert_int_equal(draw(&in, &two), 0);
	assert_true(str_eq(one.content, two.content));
	in.text = STR("a1b2c4");
	assert_int_equal(draw(&in, &two), 0);
	assert_false(str_eq(one.content, two.content));
	harness_reset(harness);
}

static void captcha_refuses_what_it_cannot_draw(void **state)
{
	static const struct media_captcha_in cases[] = {
		{.text = STR_INIT(""), .width = 160, .height = 60},
		{.width = 160, .height = 60},
		{.text = STR_INIT("A1b2c3"), .width = 160, .height = 60},
		{.text = STR_INIT("a0b2c3"), .width = 160, .height = 60},
		{.text = STR_INIT("<b>&lt"), .width = 160, .height = 60},
		{.text = STR_INIT("\xe4\xbd\xa0"), .width = 160, .height = 60},
		{.text = STR_INIT("a1b2c3d4e"), .width = 160, .height = 60},
		{.text = STR_INIT("a1b2c3"), .width = 79, .height = 60},
		{.text = STR_INIT("a1b2c3"), .width = 321, .height = 60},
		{.text = STR_INIT("a1b2c3"), .width = 160, .height = 29},
		{.text = STR_INIT("a1b2c3"), .width = 160, .height = 121},
		{.text = STR_INIT("a1b2c3"), .width = 160, .height = 60, .seed = STR_INIT("x")},
	};
	struct media_captcha_out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(draw(&cases[i], &out), ERR_INVALID);
	harness_reset(harness);
}

/* Our children: the picture workers. */
static size_t workers(pid_t ret_pids[PAINTER_WORKERS])
{
	size_t count = 0;
	glob_t found;

	assert_int_equal(glob("/proc/[0-9]*/stat", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");
		char name[32], state;
		int pid, parent;

		if (!file)
			continue;
		if (fscanf(file, "%d (%31[^)]) %c %d", &pid, name, &state, &parent) == 4 &&
			parent == getpid() && state != 'Z') {
			assert_true(count < PAINTER_WORKERS);
			ret_pids[count++] = pid;
		}
		fclose(file);
	}
	globfree(&found);
	return count;
}

static void dead_worker_is_replaced(void **state)
{
	struct media_captcha_in in = {.text = STR("a1b2c3"), .width = 160, .height = 60};
	struct media_captcha_out out;
	pid_t before[PAINTER_WORKERS], after[PAINTER_WORKERS];
	size_t count;

	(void)state;
	assert_int_equal(draw(&in, &out), 0);
	count = workers(before);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(kill(before[i], SIGKILL), 0);
	assert_int_equal(draw(&in, &out), 0);
	assert_int_equal(workers(after), 1);
	for (size_t i = 0; i < count; i++)
		assert_int_not_equal(after[0], before[i]);
	harness_reset(harness);
}

static void stopped_worker_costs_the_deadline_only(void **state)
{
	struct media_captcha_in in = {.text = STR("a1b2c3"), .width = 160, .height = 60};
	struct media_captcha_out out;
	struct call call = harness_call(harness, CALLER_ANYONE, 0);
	pid_t pids[PAINTER_WORKERS];

	(void)state;
	assert_int_equal(draw(&in, &out), 0);
	for (size_t i = workers(pids); i > 0; i--)
		assert_int_equal(kill(pids[i - 1], SIGSTOP), 0);
	call.deadline_us = clock_now_us() + 300 * 1000;
	assert_int_equal(call_media_captcha(&call, &in, &out), ERR_DEADLINE);
	assert_int_equal(draw(&in, &out), 0);
	harness_reset(harness);
}

#define THREADS 8
#define DRAWS 10

static void *draw_many(void *arg)
{
	const struct media_captcha_in in = {.text = STR("a1b2c3"), .width = 160, .height = 60};
	int *done = arg;

	for (int i = 0; i < DRAWS; i++) {
		struct call call = harness_call(harness, CALLER_ANYONE, 0);
		struct media_captcha_out out;

		call.arena = arena_new(MEDIA_PICTURE_MAX * 4);
		if (call.arena && call_media_captcha(&call, &in, &out) == 0 &&
			str_starts(out.content, STR("\x89PNG")))
			++*done;
		arena_free(call.arena);
	}
	return NULL;
}

static void many_may_draw_at_once(void **state)
{
	pthread_t threads[THREADS];
	int done[THREADS] = {0};
	pid_t pids[PAINTER_WORKERS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_many, &done[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(done[i], DRAWS);
	}
	assert_true(workers(pids) <= PAINTER_WORKERS);
}

static void idle_worker_is_ended(void **state)
{
	static const unsigned char seed[MEDIA_CAPTCHA_SEED_BYTES];
	struct picture_job job = {
		.task = PICTURE_CAPTCHA,
		.text = STR("a1b2c3"),
		.width = 160,
		.height = 60,
		.seed = {(const char *)seed, sizeof(seed)},
	};
	struct arena *arena = arena_new((size_t)8 * 1024 * 1024);
	struct picture_answer answer;
	struct painter *painter;
	char *path = media_worker_path();
	pid_t pids[PAINTER_WORKERS];

	(void)state;
	harness_halt(harness, SERVICE_MEDIA);
	assert_int_equal(workers(pids), 0);
	assert_int_equal(painter_new(path, 1, &painter), 0);
	assert_int_equal(workers(pids), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(painter_ask(painter, &job, clock_now_us() + 30 * CLOCK_SECOND_US,
					 arena, &answer),
			0);
		while (workers(pids) > 0)
			sched_yield();
	}
	painter_free(painter);
	free(path);
	arena_free(arena);
	harness_resume(harness, SERVICE_MEDIA);
}

static void missing_worker_is_unavailable(void **state)
{
	static const char *const programs[] = {"/nonexistent", "/bin/true", "/bin/cat"};
	struct picture_job job = {.task = PICTURE_CAPTCHA, .text = STR("a")};
	struct arena *arena = arena_new((size_t)8 * 1024 * 1024);
	struct picture_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct painter *painter;

		assert_int_equal(painter_new(programs[i], PAINTER_IDLE_MS, &painter), 0);
		assert_int_equal(painter_ask(painter, &job, clock_now_us() + 30 * CLOCK_SECOND_US,
					 arena, &answer),
			ERR_UNAVAILABLE);
		painter_free(painter);
	}
	arena_free(arena);
}

static void malformed_paths_are_refused(void **state)
{
	char too_long[202];
	struct media_picture_out out;

	(void)state;
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(ask(too_long, &out), ERR_INVALID);
	assert_int_equal(ask("\xff\xfe", &out), ERR_INVALID);
	assert_int_equal(ask(NULL, &out), ERR_INVALID);
	harness_reset(harness);
}

static void builtins_fit_the_reply(void **state)
{
	(void)state;
	assert_true(media_builtin_count > 0);
	for (size_t i = 0; i < media_builtin_count; i++) {
		assert_true(media_builtins[i].content.len <= MEDIA_PICTURE_MAX);
		assert_true(media_builtins[i].path.p[0] == '/');
	}
}

/* The schema stands after a restart on the same file, and holds what it promises. */
static int insert_media(struct db_conn *conn, void *arg)
{
	static const struct db_sql blob = {
		"INSERT INTO blobs (sha256, size, created) VALUES ($1, 1, 1)"};
	static const struct db_sql media = {
		"INSERT INTO media (id, owner, sha256, kind, type, visibility, created)"
		" VALUES ($1, 1, $2, 3, 'text/plain', 2, 1)"};
	struct str sha256 = *(const struct str *)arg;
	int err = db_exec(conn, &blob, DB_ARGS(DB_STR(sha256)), NULL);

	if (!err)
		err = db_exec(conn, &media, DB_ARGS(DB_STR(STR("m1")), DB_STR(sha256)), NULL);
	return err;
}

static void schema_survives_a_restart(void **state)
{
	static const struct db_sql count = {"SELECT count(*) FROM media"};
	struct str sha256 = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	struct str no_sha256 = STR("0123");
	struct db *db = harness_svc(harness, SERVICE_MEDIA)->db;
	int64_t number;

	(void)state;
	assert_int_equal(db_write(db, insert_media, &no_sha256), ERR_INVALID);
	assert_int_equal(db_write(db, insert_media, &sha256), 0);
	assert_int_equal(db_write(db, insert_media, &sha256), ERR_TAKEN);
	harness_halt(harness, SERVICE_MEDIA);
	harness_resume(harness, SERVICE_MEDIA);
	db = harness_svc(harness, SERVICE_MEDIA)->db;
	assert_int_equal(db_number(db_reader(db), &count, DB_NO_ARGS, &number), 0);
	assert_int_equal(number, 1);
	default_picture_is_a_whole_png(NULL);
}

static int start(void **state)
{
	static const struct svc_spec *const specs[] = {&media_spec};

	(void)state;
	harness = harness_start(specs, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	harness_stop(harness);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_picture_is_a_whole_png),
		cmocka_unit_test(etag_can_stand_in_a_header),
		cmocka_unit_test(anything_else_is_not_found),
		cmocka_unit_test(malformed_paths_are_refused),
		cmocka_unit_test(captcha_is_a_png_of_the_size_asked_for),
		cmocka_unit_test(every_captcha_differs_but_for_the_same_seed),
		cmocka_unit_test(captcha_refuses_what_it_cannot_draw),
		cmocka_unit_test(dead_worker_is_replaced),
		cmocka_unit_test(stopped_worker_costs_the_deadline_only),
		cmocka_unit_test(many_may_draw_at_once),
		cmocka_unit_test(idle_worker_is_ended),
		cmocka_unit_test(missing_worker_is_unavailable),
		cmocka_unit_test(builtins_fit_the_reply),
		cmocka_unit_test(schema_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
