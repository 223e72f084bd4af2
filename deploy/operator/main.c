/* quintet-ctl: what an operator does to a running suite, over the bus. Run as deploy/ctl. */
#include <stdio.h>
#include <string.h>

#include "common/base/conf.h"
#include "common/base/log.h"
#include "deploy/operator/command.h"

struct command {
	const char *noun, *verb; /* verb NULL: the noun stands alone */
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{"status", NULL, NULL, "health of every service; exit status 1 unless all are well",
		status_show},
	{"admin", "create", "--username NAME --password-stdin",
		"make an administrator, print the account's id", account_create_admin},
	{"admin", "list", "[--limit N] [--after ID] [--json]", "the administrators, oldest first",
		list_admins},
	{"user", "list", "[--role R] [--status S] [--limit N] [--after ID] [--json]",
		"accounts, oldest first, from the one after ID; 100 unless told otherwise",
		list_users},
	{"user", "show", "ID [--json]", "print an account as JSON", account_show},
	{"user", "freeze", "ID [--json]", "no more signing in; ends the account's sessions",
		account_freeze},
	{"user", "thaw", "ID [--json]", "undo freeze or delete", account_thaw},
	{"user", "delete", "ID [--json]", "mark as deleted; its names stay taken", account_delete},
	{"user", "role", "ID ROLE [--json]", "administrator, donor, volunteer or member",
		account_set_role},
	{"session", "list", "ID [--json]", "an account's sessions, newest first", list_sessions},
	{"session", "revoke", "ID [SESSION]", "end one session of an account, or all",
		session_revoke},
	{"import", NULL, "FILE.jsonl [--defer-hash] [--report FILE] [--json]",
		"take in accounts of another backend (deploy/operator/README.md); - is standard "
		"input",
		import_file},
};

static void synopsis(const struct command *command, FILE *out)
{
	fputs(command->noun, out);
	if (command->verb)
		fprintf(out, " %s", command->verb);
	if (command->arguments)
		fprintf(out, " %s", command->arguments);
	fputc('\n', out);
}

static void usage(FILE *out)
{
	fputs("usage: ctl COMMAND, with the suite's QUINTET_DATA and QUINTET_BUS_PORT\n\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		fputs("  ", out);
		synopsis(command, out);
		fprintf(out, "      %s\n", command->help);
	}
	fputs("  --settings\n      the settings this tool reads\n"
	      "\nExit status: 0 done, 1 failed, 2 wrong usage.\n",
		out);
}

static const struct command *find(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (argc < 2 || strcmp(argv[1], command->noun) != 0)
			continue;
		if (!command->verb || (argc > 2 && strcmp(argv[2], command->verb) == 0))
			return command;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = find(argc, argv);
	int skip, status;

	log_init("quintet-ctl", LOG_WARN);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		usage(stdout);
		return COMMAND_OK;
	}
	if (argc == 2 && strcmp(argv[1], "--settings") == 0) {
		conf_help(CONF_CTL, stdout);
		return COMMAND_OK;
	}
	if (!command) {
		usage(stderr);
		return COMMAND_USAGE;
	}
	skip = command->verb ? 3 : 2;
	status = command->run(argc - skip, argv + skip);
	if (status == COMMAND_USAGE) {
		fputs("usage: ctl ", stderr);
		synopsis(command, stderr);
	}
	return status;
}
