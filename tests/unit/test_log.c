#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/base/log.h"

#define THREADS 4
#define LINES 80 /* all fit into a pipe of 64 KiB */

/* Standard error is a pipe meanwhile, so that each write(2) is seen as it is. */
static int pipe_fds[2], saved_stderr;

static int set_up(void **state)
{
	(void)state;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	(void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	saved_stderr = dup(STDERR_FILENO);
	(void)dup2(pipe_fds[1], STDERR_FILENO);
	log_init("test", LOG_DEBUG);
	return saved_stderr < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	return 0;
}

/* The one line written since; NULL if there is none. */
static json_t *take_line(size_t *ret_len)
{
	static char text[2 * LOG_LINE_MAX];
	ssize_t len = read(pipe_fds[0], text, sizeof(text));
	json_error_t error;
	json_t *line;

	if (len <= 0)
		return NULL;
	*ret_len = (size_t)len;
	assert_int_equal(text[len - 1], '\n');
	assert_ptr_equal(memchr(text, '\n', (size_t)len), text + len - 1);
	line = json_loadb(text, (size_t)len, 0, &error);
	if (!line)
		fail_msg("%s: %.*s", error.text, (int)len, text);
	return line;
}

static const char *member(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "(absent)";
}

static void a_line_has_its_members(void **state)
{
	size_t len;
	json_t *line;

	(void)state;
	log_event(LOG_WARN, STR("req-12345"), "some \"message\"", LOG_STR("path", STR("/v1\n")),
		LOG_INT("status", -503));
	line = take_line(&len);
	assert_non_null(line);
	assert_int_equal(strlen(member(line, "time")), 27);
	assert_string_equal(member(line, "level"), "warn");
	assert_string_equal(member(line, "process"), "test");
	assert_string_equal(member(line, "request"), "req-12345");
	assert_string_equal(member(line, "message"), "some \"message\"");
	assert_string_equal(member(line, "path"), "/v1\n");
	assert_int_equal(json_integer_value(json_object_get(line, "status")), -503);
	assert_int_equal(json_object_size(line), 7);
	json_decref(line);
}

static void request_and_fields_are_optional(void **state)
{
	size_t len;
	json_t *line;

	(void)state;
	log_write(LOG_INFO, STR_NONE, "up", NULL, 0);
	line = take_line(&len);
	assert_null(json_object_get(line, "request"));
	assert_int_equal(json_object_size(line), 4);
	json_decref(line);
}

static void lower_levels_are_dropped(void **state)
{
	size_t len;
	json_t *line;

	(void)state;
	log_init("test", LOG_WARN);
	errno = ENOENT;
	log_write(LOG_INFO, STR_NONE, "quiet", NULL, 0);
	assert_null(take_line(&len));
	errno = ENOENT;
	log_write(LOG_ERROR, STR_NONE, "loud", NULL, 0);
	assert_int_equal(errno, ENOENT);
	line = take_line(&len);
	assert_string_equal(member(line, "message"), "loud");
	json_decref(line);
}

static const struct {
	struct str text;
	const char *want;
} text_rows[] = {
	{STR_INIT("äöü€😀"), "äöü€😀"},
	{STR_INIT("a\xff\xc3z"), "a\xef\xbf\xbd\xef\xbf\xbdz"},
	{STR_INIT("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{STR_INIT("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd"},
	{STR_INIT("\x1b[31m\x7f\xc2\x9b\\\""), "\x1b[31m\x7f\xc2\x9b\\\""},
	{STR_INIT(""), ""},
};

static void texts(void **state)
{
	size_t len;
	json_t *line;

	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		log_event(LOG_INFO, STR_NONE, "m", LOG_STR("text", text_rows[i].text));
		line = take_line(&len);
		assert_string_equal(member(line, "text"), text_rows[i].want);
		json_decref(line);
	}
}

/* Controls that a terminal obeys never stand in the line itself. */
static void controls_are_escaped(void **state)
{
	char text[LOG_LINE_MAX];
	ssize_t len;

	(void)state;
	log_event(LOG_INFO, STR_NONE, "m", LOG_STR("text", STR("\x1b\x7f\xc2\x9b\0")));
	len = read(pipe_fds[0], text, sizeof(text));
	assert_true(len > 0);
	assert_non_null(memmem(text, (size_t)len, "\\u001b\\u007f\\u009b\\u0000", 24));
}

/* Texts of every length around the limit, of units of every size. */
static void long_lines_are_cut_and_valid(void **state)
{
	static const char *const units[] = {"x", "\n", "\x01", "€", "😀", "\xff"};
	static char text[2 * LOG_LINE_MAX];
	int cuts = 0;

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t unit = strlen(units[u]), len;

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = units[u][i % unit];
		for (size_t n = 600; n < LOG_LINE_MAX + 50; n++) {
			json_t *line;

			log_event(LOG_INFO, STR_NONE, "m",
				LOG_STR("a", ((struct str){text, n / unit * unit})),
				LOG_INT("n", 123456), LOG_STR("s", STR("short")));
			line = take_line(&len);
			assert_true(len <= LOG_LINE_MAX);
			if (json_is_true(json_object_get(line, "cut")))
				cuts++;
			else
				assert_string_equal(member(line, "s"), "short");
			json_decref(line);
		}
	}
	assert_in_range(cuts, 1000, 25000);
}

static void many_fields_are_cut(void **state)
{
	struct log_field fields[1000];
	size_t len;
	json_t *line;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		fields[i] = LOG_INT("field", i);
	log_write(LOG_INFO, STR_NONE, "m", fields, 1000);
	line = take_line(&len);
	assert_true(json_is_true(json_object_get(line, "cut")));
	assert_true(len > LOG_LINE_MAX - 50);
	json_decref(line);
}

static void *write_lines(void *arg)
{
	struct str text = {arg, 40};

	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, STR_NONE, "m", LOG_STR("text", text));
	return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
	static char texts_of[THREADS][41], all[LOG_LINE_MAX * LINES];
	pthread_t threads[THREADS];
	struct str rest, part;
	ssize_t len;
	int lines = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		memset(texts_of[i], 'a' + i, 40);
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, texts_of[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	len = read(pipe_fds[0], all, sizeof(all));
	assert_true(len > 0);
	rest = (struct str){all, (size_t)len - 1};
	while (str_cut(&rest, '\n', &part)) {
		json_t *line = json_loadb(part.p, part.len, 0, NULL);
		const char *text = member(line, "text");

		assert_int_equal(strlen(text), 40);
		assert_int_equal(strspn(text, (const char[]){text[0], 0}), 40);
		json_decref(line);
		lines++;
	}
	assert_int_equal(lines, THREADS * LINES);
}

static void level_words(void **state)
{
	static const char *const words[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_DEBUG;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(log_level_parse(str_c(words[i]), &level), 0);
		assert_int_equal(level, i);
	}
	assert_int_equal(log_level_parse(STR("INFO"), &level), ERR_INVALID);
	assert_int_equal(log_level_parse(STR(""), &level), ERR_INVALID);
	assert_int_equal(level, LOG_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_has_its_members, set_up, tear_down),
		cmocka_unit_test_setup_teardown(request_and_fields_are_optional, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lower_levels_are_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(controls_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_cut_and_valid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_fields_are_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(threads_do_not_mix_lines, set_up, tear_down),
		cmocka_unit_test(level_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
