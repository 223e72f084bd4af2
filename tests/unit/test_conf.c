#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/conf.h"
#include "common/base/err.h"

#define TEXT_MAX 8192

static char directory[] = "/tmp/quintet-conf-XXXXXX";
static char config_path[sizeof(directory) + 16], secret_path[sizeof(directory) + 16];
static char error_line[TEXT_MAX];

static void drop_keys(void)
{
	for (size_t i = 0; environ[i];) {
		struct str rest = str_c(environ[i]), key;
		char name[256];

		i++;
		if (!str_starts(rest, STR("QUINTET_")) || !str_cut(&rest, '=', &key))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(key));
		assert_int_equal(unsetenv(name), 0);
		i = 0;
	}
}

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(config_path, sizeof(config_path), "%s/config", directory);
	(void)snprintf(secret_path, sizeof(secret_path), "%s/secret", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	(void)unlink(config_path);
	(void)unlink(secret_path);
	return rmdir(directory);
}

static int set_up(void **state)
{
	(void)state;
	drop_keys();
	return 0;
}

static void write_file(const char *path, struct str content)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(content.p, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
}

static void use_config(const char *content)
{
	write_file(config_path, str_c(content));
	assert_int_equal(setenv("QUINTET_CONFIG", config_path, 1), 0);
}

/* conf_load; what it wrote is in error_line. */
static int load(enum conf_process process, struct conf **ret_conf)
{
	FILE *errors = fmemopen(error_line, sizeof(error_line), "w");
	int rc;

	assert_non_null(errors);
	memset(error_line, 0, sizeof(error_line));
	*ret_conf = NULL;
	rc = conf_load(process, errors, ret_conf);
	assert_int_equal(fclose(errors), 0);
	return rc;
}

static struct conf *load_well(enum conf_process process)
{
	struct conf *conf;

	if (load(process, &conf))
		fail_msg("%s", error_line);
	assert_string_equal(error_line, "");
	return conf;
}

/* Fails with one line that holds `want`. */
static void assert_refused(enum conf_process process, const char *want)
{
	struct conf *conf;

	assert_int_equal(load(process, &conf), ERR_INVALID);
	assert_null(conf);
	if (!strstr(error_line, want) ||
		strchr(error_line, '\n') != error_line + strlen(error_line) - 1)
		fail_msg("want \"%s\", got \"%s\"", want, error_line);
}

static void assert_text(const struct conf *conf, const char *key, const char *want)
{
	if (!str_eq(conf_text(conf, key), str_c(want)))
		fail_msg("%s: %.*s", key, STR_ARG(conf_text(conf, key)));
}

static void rows_are_sound(void **state)
{
	const enum conf_process processes[] = {
		CONF_GATEWAY, CONF_USER, CONF_AUTH, CONF_CHAT, CONF_MEDIA, CONF_CTL};

	(void)state;
	for (size_t i = 0; i < conf_row_count; i++) {
		const struct conf_row *row = &conf_rows[i];

		assert_true(str_starts(str_c(row->key), STR("QUINTET_")));
		assert_true(row->processes && !(row->processes & ~(unsigned)CONF_ALL));
		assert_true(row->fallback && row->help && row->help[0]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(row->key, conf_rows[j].key);
	}
	/* All defaults pass their own checks. */
	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++)
		conf_free(load_well(processes[i]));
}

static void defaults(void **state)
{
	struct conf *conf = load_well(CONF_GATEWAY);

	(void)state;
	assert_text(conf, "QUINTET_DATA", "./data");
	assert_int_equal(conf_int(conf, "QUINTET_HTTP_PORT"), 8080);
	assert_false(conf_bool(conf, "QUINTET_DEV"));
	assert_true(conf_list_has(conf, "QUINTET_DIALECTS", STR("medusa")));
	assert_false(conf_list_has(conf, "QUINTET_DIALECTS", STR("medus")));
	assert_false(conf_list_has(conf, "QUINTET_CORS_ORIGINS", STR("")));
	assert_int_equal(conf_text(conf, "QUINTET_MEDUSA_REGISTER_KEY").len, 0);
	conf_free(conf);
	conf_free(NULL);
}

static void environment_beats_file_beats_default(void **state)
{
	struct conf *conf;

	(void)state;
	use_config("# a comment\n; another\n\nQUINTET_HTTP_PORT = 9000\n"
		   "QUINTET_PUSH_PORT=9001 ; the push port\nQUINTET_TZ = UTC\n"
		   "QUINTET_SESSION_TTL = 60\nQUINTET_DEV = 1");
	setenv("QUINTET_HTTP_PORT", "9100", 1);
	setenv("QUINTET_TZ", "", 1);
	conf = load_well(CONF_GATEWAY);
	assert_int_equal(conf_int(conf, "QUINTET_HTTP_PORT"), 9100);
	assert_int_equal(conf_int(conf, "QUINTET_PUSH_PORT"), 9001);
	assert_int_equal(conf_int(conf, "QUINTET_BUS_PORT"), 8090);
	assert_text(conf, "QUINTET_TZ", "");
	assert_text(conf, "QUINTET_CONFIG", config_path);
	assert_true(conf_bool(conf, "QUINTET_DEV"));
	conf_free(conf);
}

static const struct {
	const char *key, *value;
	const char *want; /* in the error line; NULL when it is fine */
} value_rows[] = {
	{"QUINTET_HTTP_PORT", "1", NULL},
	{"QUINTET_HTTP_PORT", "65535", NULL},
	{"QUINTET_HTTP_PORT", "0", "QUINTET_HTTP_PORT: want a whole number from 1 to 65535"},
	{"QUINTET_HTTP_PORT", "65536", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", "08080", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", " 8080", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", "8080x", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", "0x50", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", "", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_HTTP_PORT", "99999999999999999999", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_DEV", "1", NULL},
	{"QUINTET_DEV", "yes", "QUINTET_DEV: want 0 or 1"},
	{"QUINTET_DEV", "", "QUINTET_DEV: want 0 or 1"},
	{"QUINTET_LOG_LEVEL", "debug", NULL},
	{"QUINTET_LOG_LEVEL", "verbose", "QUINTET_LOG_LEVEL: want one of debug,info,warn,error"},
	{"QUINTET_LOG_LEVEL", "debug,info", "QUINTET_LOG_LEVEL: want one of"},
	{"QUINTET_LOG_LEVEL", "", "QUINTET_LOG_LEVEL: want one of"},
	{"QUINTET_DIALECTS", "", NULL},
	{"QUINTET_DIALECTS", "Clinic , cattle", NULL},
	{"QUINTET_DIALECTS", "clinic,klingon", "QUINTET_DIALECTS: want only words of clinic,"},
	{"QUINTET_DIALECTS", "clinic,,cattle", "QUINTET_DIALECTS: want words"},
	{"QUINTET_DIALECTS", "clinic,", "QUINTET_DIALECTS: want words"},
	{"QUINTET_DIALECTS", "clin\xff", "QUINTET_DIALECTS: want text"},
	{"QUINTET_TZ", "Europe/Z\xc3\xbcrich", NULL},
	{"QUINTET_TZ", "a\nb", "QUINTET_TZ: want text"},
	{"QUINTET_TZ", "\xff", "QUINTET_TZ: want text"},
	{"QUINTET_HTPP_PORT", "1", "QUINTET_HTPP_PORT: there is no such key"},
	{"QUINTET_", "1", "QUINTET_: there is no such key"},
	{"QUINTET_TZ_FILE", "/x", "QUINTET_TZ_FILE: there is no such key"},
	{"QUINTETT", "1", NULL},
};

static void values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(value_rows) / sizeof(value_rows[0]); i++) {
		assert_int_equal(setenv(value_rows[i].key, value_rows[i].value, 1), 0);
		if (value_rows[i].want)
			assert_refused(CONF_GATEWAY, value_rows[i].want);
		else
			conf_free(load_well(CONF_GATEWAY));
		assert_int_equal(unsetenv(value_rows[i].key), 0);
	}
}

static void other_processes_keys_are_ignored(void **state)
{
	(void)state;
	setenv("QUINTET_HTTP_PORT", "nonsense", 1);
	setenv("QUINTET_MEDUSA_REGISTER_KEY_FILE", "/does/not/exist", 1);
	use_config("QUINTET_PUSH_PORT = nonsense\n");
	conf_free(load_well(CONF_CHAT));
	assert_refused(CONF_GATEWAY, "QUINTET_HTTP_PORT");
}

static const struct {
	const char *content, *want;
} file_rows[] = {
	{"QUINTET_HTPP_PORT = 1\n", "QUINTET_HTPP_PORT: there is no such key in /tmp/"},
	{"PATH = /bin\n", "PATH: there is no such key"},
	{"QUINTET_CONFIG = other\n", "QUINTET_CONFIG: only the environment may set it"},
	{"[section]\nQUINTET_TZ = UTC\n", "there are no sections"},
	{"\n\nQUINTET_TZ\n", "line 3: not KEY = value"},
	{"QUINTET_TZ = UTC\nQUINTET_TZ = UTC\n", "QUINTET_TZ: given twice"},
	{"QUINTET_TZ = UTC\n  QUINTET_DEV = 1\n", "QUINTET_TZ: given twice"},
	{"QUINTET_HTTP_PORT = many\n", "QUINTET_HTTP_PORT: want"},
	{"QUINTET_BUS_USER = one\nbroken\nQUINTET_NONE = 1\n", "QUINTET_NONE: there is"},
};

static void files(void **state)
{
	char text[600] = "\nQUINTET_TZ = ";

	(void)state;
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++) {
		use_config(file_rows[i].content);
		assert_refused(CONF_GATEWAY, file_rows[i].want);
	}
	memset(text + strlen(text), 'x', 500);
	use_config(text);
	assert_refused(CONF_GATEWAY, "line 2: too long");
	write_file(config_path, STR("QUINTET_TZ = U\0TC\n"));
	assert_refused(CONF_GATEWAY, "NUL");
	setenv("QUINTET_CONFIG", "/does/not/exist", 1);
	assert_refused(CONF_GATEWAY, "QUINTET_CONFIG: /does/not/exist: No such file");
	setenv("QUINTET_CONFIG", directory, 1);
	assert_refused(CONF_GATEWAY, "QUINTET_CONFIG: ");
	setenv("QUINTET_CONFIG", "", 1);
	conf_free(load_well(CONF_GATEWAY));
}

static void the_longest_line_is_read_whole(void **state)
{
	char text[300] = "QUINTET_CORS_ORIGINS = ";
	size_t start = strlen(text);
	struct conf *conf;

	(void)state;
	memset(text + start, 'x', 198 - start);
	memcpy(text + 198, "\nQUINTET_DEV = 1\n", 18);
	use_config(text);
	conf = load_well(CONF_GATEWAY);
	assert_int_equal(conf_text(conf, "QUINTET_CORS_ORIGINS").len, 198 - start);
	assert_true(conf_bool(conf, "QUINTET_DEV"));
	conf_free(conf);
}

static const struct {
	struct str content;
	const char *want; /* NULL: refused */
} secret_rows[] = {
	{STR_INIT("hunter2\n"), "hunter2"},
	{STR_INIT("hunter2"), "hunter2"},
	{STR_INIT("hunter2\n\n"), "hunter2\n"},
	{STR_INIT(" hunter2 ;x=\xff\n"), " hunter2 ;x=\xff"},
	{STR_INIT(""), ""},
	{STR_INIT("hun\0ter2\n"), NULL},
};

static void secret_files(void **state)
{
	static char large[CONF_SECRET_MAX + 2];
	struct conf *conf;

	(void)state;
	setenv("QUINTET_SMS_SECRET_FILE", secret_path, 1);
	for (size_t i = 0; i < sizeof(secret_rows) / sizeof(secret_rows[0]); i++) {
		write_file(secret_path, secret_rows[i].content);
		if (!secret_rows[i].want) {
			assert_refused(CONF_AUTH, "QUINTET_SMS_SECRET_FILE: ");
			continue;
		}
		conf = load_well(CONF_AUTH);
		assert_text(conf, "QUINTET_SMS_SECRET", secret_rows[i].want);
		conf_free(conf);
	}
	memset(large, 'x', sizeof(large));
	large[CONF_SECRET_MAX] = '\n';
	write_file(secret_path, (struct str){large, CONF_SECRET_MAX + 1});
	conf = load_well(CONF_AUTH);
	assert_int_equal(conf_text(conf, "QUINTET_SMS_SECRET").len, CONF_SECRET_MAX);
	conf_free(conf);
	write_file(secret_path, (struct str){large, CONF_SECRET_MAX + 2});
	assert_refused(CONF_AUTH, "QUINTET_SMS_SECRET_FILE: over 4096 bytes");
}

static void secret_sources(void **state)
{
	struct conf *conf;

	(void)state;
	write_file(secret_path, STR("from-secret-file\n"));
	setenv("QUINTET_SMS_SECRET_FILE", secret_path, 1);
	setenv("QUINTET_SMS_SECRET", "hunter2", 1);
	assert_refused(CONF_AUTH, "QUINTET_SMS_SECRET: given twice");
	/* An empty variable, as compose files make them, is not "given". */
	setenv("QUINTET_SMS_SECRET", "", 1);
	conf = load_well(CONF_AUTH);
	assert_text(conf, "QUINTET_SMS_SECRET", "from-secret-file");
	conf_free(conf);
	/* The environment's path beats the file's value. */
	use_config("QUINTET_SMS_SECRET = from-config\n");
	conf = load_well(CONF_AUTH);
	assert_text(conf, "QUINTET_SMS_SECRET", "from-secret-file");
	conf_free(conf);
	unsetenv("QUINTET_SMS_SECRET_FILE");
	unsetenv("QUINTET_SMS_SECRET");
	conf = load_well(CONF_AUTH);
	assert_text(conf, "QUINTET_SMS_SECRET", "from-config");
	conf_free(conf);
}

static void secrets_are_never_told(void **state)
{
	(void)state;
	setenv("QUINTET_SMS_SECRET_FILE", "hunter2", 1);
	assert_refused(CONF_AUTH, "QUINTET_SMS_SECRET_FILE: No such file");
	assert_null(strstr(error_line, "hunter2"));
	setenv("QUINTET_SMS_SECRET", "hunter2", 1);
	assert_refused(CONF_AUTH, "QUINTET_SMS_SECRET: given twice");
	assert_null(strstr(error_line, "hunter2"));
	setenv("QUINTET_SMS_SECRT", "hunter2", 1);
	assert_refused(CONF_AUTH, "QUINTET_SMS_SECRT: there is no such key");
	assert_null(strstr(error_line, "hunter2"));
}

static void strange_keys_are_shown_printable(void **state)
{
	(void)state;
	setenv("QUINTET_A\x1b[31m\nB", "1", 1);
	assert_refused(CONF_AUTH, "QUINTET_A: there is no such key");
}

static void help_has_the_rows_of_the_process(void **state)
{
	static char text[TEXT_MAX];
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	setenv("QUINTET_SMS_SECRET", "hunter2", 1);
	conf_help(CONF_AUTH, out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < conf_row_count; i++) {
		char key[64];

		(void)snprintf(key, sizeof(key), "\n%s ", conf_rows[i].key);
		if (conf_rows[i].processes & CONF_AUTH)
			assert_non_null(strstr(text, key));
		else
			assert_null(strstr(text, key));
	}
	assert_non_null(strstr(text, "1..31536000"));
	assert_non_null(strstr(text, "debug,info,warn,error"));
	assert_null(strstr(text, "hunter2"));
}

/* The signal that ends a child asking for this. */
static int signal_of(const struct conf *conf, const char *key, bool as_int)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)fclose(stderr);
		(void)signal(SIGABRT, SIG_DFL);
		if (as_int)
			(void)conf_int(conf, key);
		else
			(void)conf_text(conf, key);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void programmers_errors_abort(void **state)
{
	struct conf *conf = load_well(CONF_CHAT);

	(void)state;
	assert_int_equal(signal_of(conf, "QUINTET_BUS_PORT", true), 0);
	assert_int_equal(signal_of(conf, "QUINTET_NONE", false), SIGABRT);
	assert_int_equal(signal_of(conf, "QUINTET_HTTP_PORT", true), SIGABRT);
	assert_int_equal(signal_of(conf, "QUINTET_DATA", true), SIGABRT);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rows_are_sound, set_up),
		cmocka_unit_test_setup(defaults, set_up),
		cmocka_unit_test_setup(environment_beats_file_beats_default, set_up),
		cmocka_unit_test_setup(values, set_up),
		cmocka_unit_test_setup(other_processes_keys_are_ignored, set_up),
		cmocka_unit_test_setup(files, set_up),
		cmocka_unit_test_setup(the_longest_line_is_read_whole, set_up),
		cmocka_unit_test_setup(secret_files, set_up),
		cmocka_unit_test_setup(secret_sources, set_up),
		cmocka_unit_test_setup(secrets_are_never_told, set_up),
		cmocka_unit_test_setup(strange_keys_are_shown_printable, set_up),
		cmocka_unit_test_setup(help_has_the_rows_of_the_process, set_up),
		cmocka_unit_test_setup(programmers_errors_abort, set_up),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
