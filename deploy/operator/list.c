/* Lists for people (columns divided by tabs, a title line) and for machines (--json). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/auth_api.h"
#include "common/rpc/field_json.h"
#include "common/rpc/user_api.h"
#include "deploy/operator/command.h"
#include "deploy/operator/link.h"
#include "deploy/operator/words.h"

#define TIMEOUT_MS 10000
#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
#define TEXT_MAX ((size_t)16 << 20)

static const char *or_dash(struct link *link, struct str text)
{
	return text.len ? str_cstr(link->arena, text) : "-";
}

static const char *time_text(struct link *link, int64_t time_us)
{
	char *text = arena_alloc(link->arena, CLOCK_RFC3339_LEN + 1);

	if (!text || time_us == 0)
		return "-";
	clock_rfc3339(time_us, text);
	return text;
}

static int json_print(struct link *link, const struct field_set *set, const void *object)
{
	struct buf text;

	buf_init(&text, link->arena, TEXT_MAX);
	field_json_write(set, object, true, &text);
	if (buf_failed(&text)) {
		fprintf(stderr, "quintet-ctl: out of memory\n");
		return COMMAND_FAILED;
	}
	printf("%.*s\n", STR_ARG(buf_str(&text)));
	return COMMAND_OK;
}

static void accounts_print(struct link *link, const struct user_search_out *out)
{
	printf("ID\tROLE\tSTATUS\tUSERNAME\tPHONE\tEMAIL\tCREATED\n");
	for (size_t i = 0; i < out->items_count; i++) {
		const struct user_account *account = &out->items[i];

		printf("%" PRId64 "\t%.*s\t%.*s\t%s\t%s\t%s\t%s\n", account->id,
			STR_ARG(enum_words_text(&user_roles, account->role)),
			STR_ARG(enum_words_text(&user_statuses, account->status)),
			or_dash(link, account->username), or_dash(link, account->phone),
			or_dash(link, account->email), time_text(link, account->created));
	}
}

static int accounts_list(const char *what, const struct user_search_in *in, bool json)
{
	struct user_search_out out = {0};
	struct link link;
	int status = COMMAND_FAILED;

	if (link_open(&link) == 0) {
		struct call call = link_call(&link, TIMEOUT_MS);
		int err = call_user_search(&call, in, &out);

		if (err) {
			link_complain(&call, what, err);
		} else if (json) {
			status = json_print(&link, &user_search_out_fields, &out);
		} else {
			accounts_print(&link, &out);
			if (out.more)
				fprintf(stderr,
					"quintet-ctl: there are more: --after %" PRId64 "\n",
					out.items[out.items_count - 1].id);
			status = COMMAND_OK;
		}
	}
	link_close(&link);
	return status;
}

static int list_by(const char *what, int argc, char **argv, int role)
{
	struct user_search_in in = {.limit = LIMIT_DEFAULT, .role = role};
	bool json = false, usage = false;

	for (int i = 0; i < argc && !usage; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--json") == 0) {
			json = true;
			continue;
		}
		if (!role && strcmp(argv[i], "--role") == 0)
			usage = !words_enum(&user_roles, value, &in.role);
		else if (!role && strcmp(argv[i], "--status") == 0)
			usage = !words_enum(&user_statuses, value, &in.status);
		else if (strcmp(argv[i], "--limit") == 0)
			usage = !words_number(value, LIMIT_MAX, &in.limit);
		else if (strcmp(argv[i], "--after") == 0)
			usage = !words_number(value, INT64_MAX, &in.after);
		else
			usage = true;
		i++;
	}
	return usage ? COMMAND_USAGE : accounts_list(what, &in, json);
}

int list_users(int argc, char **argv)
{
	return list_by("user list", argc, argv, 0);
}

int list_admins(int argc, char **argv)
{
	return list_by("admin list", argc, argv, ROLE_ADMINISTRATOR);
}

static void sessions_print(struct link *link, const struct auth_sessions_of_out *out)
{
	printf("SESSION\tCREATED\tLAST SEEN\tEXPIRES\tADDRESS\tDEVICE\n");
	for (size_t i = 0; i < out->items_count; i++) {
		const struct auth_session *session = &out->items[i];

		printf("%s\t%s\t%s\t%s\t%s\t%s\n", or_dash(link, session->id),
			time_text(link, session->created), time_text(link, session->last_seen),
			time_text(link, session->expires), or_dash(link, session->address),
			words_printable(link->arena, session->device));
	}
}

int list_sessions(int argc, char **argv)
{
	const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	struct auth_sessions_of_in in = {0};
	struct auth_sessions_of_out out = {0};
	struct link link;
	int status = COMMAND_FAILED;

	if ((argc != 1 && !json) || !words_number(argv[0], INT64_MAX, &in.account))
		return COMMAND_USAGE;
	if (link_open(&link) == 0) {
		struct call call = link_call(&link, TIMEOUT_MS);
		int err = call_auth_sessions_of(&call, &in, &out);

		if (err) {
			link_complain(&call, "session list", err);
		} else if (json) {
			status = json_print(&link, &auth_sessions_of_out_fields, &out);
		} else {
			sessions_print(&link, &out);
			status = COMMAND_OK;
		}
	}
	link_close(&link);
	return status;
}

int session_revoke(int argc, char **argv)
{
	struct auth_revoke_in in = {0};
	struct auth_revoke_out out;
	struct link link;
	int status = COMMAND_FAILED;

	if (argc < 1 || argc > 2 || !words_number(argv[0], INT64_MAX, &in.account))
		return COMMAND_USAGE;
	if (argc == 2)
		in.session = str_c(argv[1]);
	if (argc == 2 && !in.session.len)
		return COMMAND_USAGE;
	if (link_open(&link) == 0) {
		struct call call = link_call(&link, TIMEOUT_MS);
		int err = call_auth_revoke(&call, &in, &out);

		if (err)
			link_complain(&call, "session revoke", err);
		else
			status = COMMAND_OK;
	}
	link_close(&link);
	return status;
}
