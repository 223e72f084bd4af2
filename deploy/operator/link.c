#include "deploy/operator/link.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/address.h"
#include "common/rpc/client.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define KEY_NAME "/bus.key"

static const char *key_path(struct link *link)
{
	struct str path = conf_text(link->conf, "QUINTET_BUS_KEY_FILE");
	struct str data = conf_text(link->conf, "QUINTET_DATA");
	char *made;

	if (path.len > 0)
		return str_cstr(link->arena, path);
	made = arena_alloc(link->arena, data.len + sizeof(KEY_NAME));
	if (made) {
		memcpy(made, data.p, data.len);
		memcpy(made + data.len, KEY_NAME, sizeof(KEY_NAME));
	}
	return made;
}

static int load_key(struct link *link)
{
	const char *path = key_path(link);

	if (!path)
		return ERR_NOMEM;
	if (access(path, F_OK) != 0) {
		fprintf(stderr,
			"quintet-ctl: no bus key at %s: was the suite ever started with this"
			" QUINTET_DATA?\n",
			path);
		return ERR_NOT_FOUND;
	}
	if (seal_key_load(path, &link->key) != 0) {
		fprintf(stderr, "quintet-ctl: %s: not a readable 32-byte key for its owner alone\n",
			path);
		return ERR_IO;
	}
	return 0;
}

static int dial(struct link *link)
{
	for (int i = 0; i < SERVICE_COUNT; i++) {
		struct str url =
			address_bus_url(link->conf, (enum service)i, false, false, link->arena);
		int err = url.p ? rpc_client_new(url.p, &link->key, &link->clients[i]) : ERR_NOMEM;

		if (err) {
			fprintf(stderr, "quintet-ctl: cannot dial %.*s: %s\n", STR_ARG(url),
				err_text(err));
			return err;
		}
	}
	return 0;
}

int link_open(struct link *link)
{
	int err;

	*link = (struct link){0};
	err = conf_load(CONF_CTL, stderr, &link->conf);
	if (err)
		return err;
	link->arena = arena_new(ARENA_LIMIT);
	if (!link->arena) {
		fprintf(stderr, "quintet-ctl: out of memory\n");
		return ERR_NOMEM;
	}
	err = load_key(link);
	return err ? err : dial(link);
}

void link_close(struct link *link)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (link->clients[i])
			rpc_client_free(link->clients[i]);
	arena_free(link->arena);
	conf_free(link->conf);
}

struct call link_call(struct link *link, int64_t timeout_ms)
{
	char *request_id = ARENA_ARRAY(link->arena, char, ID_REQUEST_LEN + 1);

	if (request_id)
		id_request(request_id);
	return (struct call){
		.arena = link->arena,
		.services = link->clients,
		.request_id = str_c(request_id),
		.caller = {.kind = CALLER_OPERATOR},
		.deadline_us = clock_now_us() + timeout_ms * 1000,
	};
}

void link_complain(const struct call *call, const char *what, int err)
{
	fprintf(stderr, "quintet-ctl: %s: %s", what, err_text(err));
	for (size_t i = 0; i < call->field_count; i++)
		fprintf(stderr, "%s%.*s", i ? ", " : ": ", STR_ARG(call->fields[i]));
	fputc('\n', stderr);
}
