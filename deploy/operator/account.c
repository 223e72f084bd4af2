#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/field_json.h"
#include "common/rpc/user_api.h"
#include "deploy/operator/command.h"
#include "deploy/operator/link.h"
#include "deploy/operator/words.h"

#define TIMEOUT_MS 10000
#define ACCOUNT_TEXT_MAX 65536

struct password {
	char text[AUTH_PASSWORD_MAX + 2]; /* with the end of the line and one byte too many */
	size_t len;
};

/* All of standard input, without one end of line. */
static int password_read(struct password *password)
{
	size_t len = fread(password->text, 1, sizeof(password->text), stdin);

	if (ferror(stdin))
		return ERR_IO;
	if (len > 0 && password->text[len - 1] == '\n')
		len--;
	password->len = len;
	return len == 0 || len > AUTH_PASSWORD_MAX ? ERR_INVALID : 0;
}

static int admin_register(struct link *link, const char *username, struct str password)
{
	struct call call = link_call(link, TIMEOUT_MS);
	struct auth_register_in in = {
		.username = str_c(username),
		.password = password,
		.policy = POLICY_NATIVE,
		.role = ROLE_ADMINISTRATOR,
	};
	struct auth_register_out out = {0};
	int err = call_auth_register(&call, &in, &out);

	if (err) {
		link_complain(&call, "admin create", err);
		return COMMAND_FAILED;
	}
	printf("%" PRId64 "\n", out.account.id);
	return COMMAND_OK;
}

int account_create_admin(int argc, char **argv)
{
	const char *username = NULL;
	bool from_stdin = false;
	struct password password;
	struct link link;
	int status = COMMAND_FAILED;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--username") == 0 && i + 1 < argc)
			username = argv[++i];
		else if (strcmp(argv[i], "--password-stdin") == 0)
			from_stdin = true;
		else
			return COMMAND_USAGE;
	}
	if (!username || !from_stdin)
		return COMMAND_USAGE;
	if (password_read(&password) != 0) {
		fprintf(stderr,
			"quintet-ctl: admin create: standard input must hold the password,"
			" 1-%d bytes\n",
			AUTH_PASSWORD_MAX);
	} else {
		if (link_open(&link) == 0)
			status = admin_register(
				&link, username, (struct str){password.text, password.len});
		link_close(&link);
	}
	explicit_bzero(&password, sizeof(password));
	return status;
}

/* What is printed is JSON in any case; the word is taken for the sake of those who always say it.
 */
static int without_json(int argc, char **argv)
{
	return argc > 0 && strcmp(argv[argc - 1], "--json") == 0 ? argc - 1 : argc;
}

static int account_print(struct link *link, const struct user_account *account)
{
	struct buf text;

	buf_init(&text, link->arena, ACCOUNT_TEXT_MAX);
	field_json_write(&user_account_fields, account, true, &text);
	if (buf_failed(&text))
		return COMMAND_FAILED;
	printf("%.*s\n", STR_ARG(buf_str(&text)));
	return COMMAND_OK;
}

int account_show(int argc, char **argv)
{
	struct user_get_in in;
	struct user_get_out out = {0};
	struct link link;
	int status = COMMAND_FAILED;

	if (without_json(argc, argv) != 1 || !words_number(argv[0], INT64_MAX, &in.id))
		return COMMAND_USAGE;
	if (link_open(&link) == 0) {
		struct call call = link_call(&link, TIMEOUT_MS);
		int err = call_user_get(&call, &in, &out);

		if (err)
			link_complain(&call, "user show", err);
		else
			status = account_print(&link, &out.account);
	}
	link_close(&link);
	return status;
}

static int account_govern(const char *what, const struct user_govern_in *in)
{
	struct user_govern_out out = {0};
	struct link link;
	int status = COMMAND_FAILED;

	if (link_open(&link) == 0) {
		struct call call = link_call(&link, TIMEOUT_MS);
		int err = call_user_govern(&call, in, &out);

		if (err)
			link_complain(&call, what, err);
		else
			status = account_print(&link, &out.account);
	}
	link_close(&link);
	return status;
}

static int set_status(const char *what, int argc, char **argv, enum user_status status)
{
	struct user_govern_in in = {.status = (int)status};

	if (without_json(argc, argv) != 1 || !words_number(argv[0], INT64_MAX, &in.id))
		return COMMAND_USAGE;
	return account_govern(what, &in);
}

int account_freeze(int argc, char **argv)
{
	return set_status("user freeze", argc, argv, STATUS_FROZEN);
}

int account_thaw(int argc, char **argv)
{
	return set_status("user thaw", argc, argv, STATUS_NORMAL);
}

int account_delete(int argc, char **argv)
{
	return set_status("user delete", argc, argv, STATUS_DELETED);
}

int account_set_role(int argc, char **argv)
{
	struct user_govern_in in = {0};

	if (without_json(argc, argv) != 2 || !words_number(argv[0], INT64_MAX, &in.id) ||
		!words_enum(&user_roles, argv[1], &in.role))
		return COMMAND_USAGE;
	return account_govern("user role", &in);
}
