#include "common/svc/svc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/rpc/address.h"
#include "common/rpc/client.h"
#include "common/rpc/seal.h"
#include "common/svc/svc_internal.h"

#define ARENA_LIMIT 65536
#define HANDLERS_MAX 256
#define SESSION_NICE "8"
#define STACK_SIZE (1024 * 1024) /* below 2 MiB, so that no stack is made of a huge page */
#define READ_QUEUE 64

/* A service from its start to its end; what is NULL was not started. */
struct daemon {
	const struct svc_spec *spec;
	struct svc svc;
	struct conf *conf;
	struct arena *arena;
	struct seal_key key;
	void *state;
	bool has_state;
	const struct rpc_handler *handlers[HANDLERS_MAX];
	size_t handler_count;
	struct rpc_server *server;
};

static void on_db_fault(int code, const char *text)
{
	log_event(LOG_ERROR, STR_NONE, "database fault", LOG_INT("code", code),
		LOG_STR("text", str_c(text)));
}

/* A handler's refusals are the caller's affair; what broke inside is ours. */
static void on_answer(
	const struct rpc_method *method, const struct call *call, int status, int64_t taken_us)
{
	bool broken = status == ERR_INTERNAL || status == ERR_IO || status == ERR_NOMEM;
	/* A newer peer may ask for what this program does not know. */
	const char *name = method ? method->name : "unknown";

	log_event(broken ? LOG_ERROR : LOG_DEBUG, call->request_id, broken ? "call failed" : "call",
		LOG_STR("method", str_c(name)), LOG_STR("status", str_c(err_name(status))),
		LOG_INT("taken_us", taken_us));
}

static int fail(int err, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return err;
}

static int open_db(struct daemon *d, const char **ret_reason)
{
	struct db_spec spec = *d->spec->db;
	int threads = 0;

	for (int i = 0; i < LANE_COUNT; i++)
		threads += d->spec->lanes[i].threads;
	if (spec.readers < threads)
		spec.readers = threads;
	db_watch_faults(on_db_fault);
	return db_open(d->svc.data_dir, &spec, &d->svc.db, ret_reason);
}

static int load_key(struct daemon *d, const char **ret_reason)
{
	struct str path = conf_text(d->conf, "QUINTET_BUS_KEY_FILE");
	char *made = NULL;
	int err;

	if (path.len == 0) {
		if (asprintf(&made, "%s/bus.key", d->svc.data_dir) < 0)
			return fail(ERR_NOMEM, "out of memory", ret_reason);
		path = str_c(made);
	}
	err = seal_key_load(str_cstr(d->arena, path), &d->key);
	free(made);
	if (err)
		return fail(err,
			"the bus key file is unreadable, not 32 bytes long or open to others",
			ret_reason);
	d->svc.key = &d->key;
	return 0;
}

static int start_clients(struct daemon *d, const char **ret_reason)
{
	for (int i = 0; i < SERVICE_COUNT; i++) {
		struct str url;

		if (!(d->spec->needs & 1U << i))
			continue;
		url = address_bus_url(d->conf, (enum service)i, false, false, d->arena);
		if (!url.p || rpc_client_new(url.p, &d->key, &d->svc.clients[i]) != 0)
			return fail(
				ERR_IO, "cannot make the client of another service", ret_reason);
	}
	return 0;
}

static int start_events(struct daemon *d, const char **ret_reason)
{
	struct str url = address_bus_url(d->conf, d->spec->service, true, true, d->arena);

	if (!url.p || event_pub_new(url.p, &d->key, &d->svc.events) != 0)
		return fail(ERR_IO, "cannot listen on the port for events", ret_reason);
	return 0;
}

static int start_state(struct daemon *d, const char **ret_reason)
{
	int err;

	*ret_reason = "the service could not make its state";
	err = d->spec->init(&d->svc, &d->state, ret_reason);
	d->has_state = err == 0;
	return err;
}

static int add_handlers(struct daemon *d, const struct rpc_handler *handlers, size_t count)
{
	if (count > HANDLERS_MAX - d->handler_count)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < count; i++)
		d->handlers[d->handler_count++] = &handlers[i];
	return 0;
}

static int start_server(struct daemon *d, const char **ret_reason)
{
	struct str url = address_bus_url(d->conf, d->spec->service, false, true, d->arena);
	struct rpc_server_conf conf = {.url = url.p,
		.key = &d->key,
		.handlers = d->handlers,
		.services = d->svc.clients,
		.state = d->state,
		.on_answer = on_answer};
	struct svc_builtin builtin = {
		.spec = d->spec, .svc = &d->svc, .state = d->state, .started_us = clock_now_us()};

	if (add_handlers(d, d->spec->handlers, *d->spec->handler_count) != 0 ||
		add_handlers(d, svc_handlers, svc_handler_count) != 0)
		return fail(ERR_TOO_LARGE, "too many methods", ret_reason);
	conf.handler_count = d->handler_count;
	memcpy(conf.lanes, d->spec->lanes, sizeof(conf.lanes));
	if (conf.lanes[LANE_READ].threads == 0) /* svc.health runs there */
		conf.lanes[LANE_READ] = (struct rpc_lane_conf){.threads = 1, .queue = READ_QUEUE};
	svc_builtin_set(&builtin);
	if (!url.p || rpc_server_new(&conf, &d->server) != 0)
		return fail(ERR_IO, "cannot listen on the bus port", ret_reason);
	svc_builtin_set_server(d->server);
	log_event(LOG_INFO, STR_NONE, "started", LOG_STR("version", STR(QUINTET_VERSION)),
		LOG_STR("listen", url), LOG_INT("pid", getpid()));
	return 0;
}

/* The kernel shares processors between sessions first (autogroup), and only within one does a thread's
 * niceness count. So a service with slow work, if it has a session of its own as the supervisor gives it,
 * makes the whole session nice: otherwise a flood of hashes delays the other processes all the same. */
static void yield_to_others(const struct svc_spec *spec)
{
	int fd;

	if (spec->lanes[LANE_SLOW].threads == 0 || getsid(0) != getpid())
		return;
	fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* a kernel without it */
	if (write(fd, SESSION_NICE, strlen(SESSION_NICE)) < 0)
		log_event(LOG_WARN, STR_NONE, "cannot make the session nice", LOG_INT("errno", errno));
	close(fd);
}

static int start(void *arg, const char **ret_reason)
{
	static int (*const steps[])(struct daemon *, const char **) = {
		open_db, load_key, start_clients, start_events, start_state, start_server};
	struct daemon *d = arg;
	int err = 0;

	yield_to_others(d->spec);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i](d, ret_reason);
	return err;
}

/* Backwards: calls end first, then what they used. */
static void stop(void *arg)
{
	struct daemon *d = arg;

	rpc_server_free(d->server);
	if (d->has_state && d->spec->done)
		d->spec->done(d->state);
	for (int i = 0; i < SERVICE_COUNT; i++)
		rpc_client_free(d->svc.clients[i]);
	event_pub_free(d->svc.events);
	db_close(d->svc.db);
	explicit_bzero(&d->key, sizeof(d->key));
}

static int serve(const struct svc_spec *spec, bool only_check)
{
	struct daemon d = {.spec = spec};
	sigset_t signals;
	int status = 1;

	process_prepare(STACK_SIZE, &signals);
	if (conf_load(spec->process, stderr, &d.conf) != 0)
		return 1;
	d.arena = arena_new(ARENA_LIMIT);
	if (process_log(d.conf, spec->name) != 0) {
		status = 1;
	} else if (only_check) {
		status = 0;
	} else if (d.arena) {
		d.svc.conf = d.conf;
		d.svc.data_dir = str_cstr(d.arena, conf_text(d.conf, "QUINTET_DATA"));
		if (d.svc.data_dir)
			status = process_run(start, stop, &d, &signals);
	}
	arena_free(d.arena);
	conf_free(d.conf);
	return status;
}

static int usage(const struct svc_spec *spec, FILE *out)
{
	fprintf(out, "usage: %s [--help | --version | --check-config]\n", spec->name);
	return out == stdout ? 0 : 2;
}

int svc_main(int argc, char **argv, const struct svc_spec *spec)
{
	if (argc == 1)
		return serve(spec, false);
	if (argc != 2)
		return usage(spec, stderr);
	if (strcmp(argv[1], "--check-config") == 0)
		return serve(spec, true);
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", spec->name, QUINTET_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--help") != 0)
		return usage(spec, stderr);
	usage(spec, stdout);
	printf("\nIt is set up by its environment, or by the file QUINTET_CONFIG names:\n\n");
	conf_help(spec->process, stdout);
	return 0;
}
