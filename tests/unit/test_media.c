#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/err.h"
#include "common/rpc/media_api.h"
#include "svc-media/media.h"
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
		cmocka_unit_test(builtins_fit_the_reply),
		cmocka_unit_test(schema_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
