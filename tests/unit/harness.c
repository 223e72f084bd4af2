#include "tests/unit/harness.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/id.h"
#include "common/rpc/client.h"
#include "common/rpc/seal.h"

#define DIR_TEMPLATE "/tmp/quintet-test-XXXXXX"
#define ARENA_LIMIT ((size_t)64 << 20)
#define URL_MAX 64
#define PORT_RUN (2 * SERVICE_COUNT)
/* Below the range from which the kernel gives ports to outgoing connections. */
#define PORT_LOW 12000
#define PORT_HIGH 32000
#define START_TRIES 50
#define READY_MS 20000

struct run {
	const struct svc_spec *spec; /* NULL: not part of this harness */
	struct svc svc;
	struct conf *conf;
	struct rpc_server *server;
	const struct rpc_handler **handlers; /* the server's, as long as it runs */
	void *state;
	char url[URL_MAX];
	char event_url[URL_MAX];
};

struct harness {
	char dir[sizeof(DIR_TEMPLATE)];
	struct arena *arena;
	struct seal_key key;
	struct run runs[SERVICE_COUNT];
	enum service order[SERVICE_COUNT];
	size_t count;
	struct rpc_client *clients[SERVICE_COUNT];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "harness: %s: %s\n", what, why);
	abort();
}

static bool port_is_free(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return is_free;
}

/* The first of a run of free ports; somebody may still take one before we listen on it. */
static int ports_find(void)
{
	for (;;) {
		int first = PORT_LOW + (int)id_below(PORT_HIGH - PORT_LOW);
		int n = 0;

		while (n < PORT_RUN && port_is_free(first + n))
			n++;
		if (n == PORT_RUN)
			return first;
	}
}

static void urls_set(struct harness *h, int first_port)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", first_port);
	setenv("QUINTET_BUS_PORT", text, 1);
	for (int service = 0; service < SERVICE_COUNT; service++) {
		snprintf(h->runs[service].url, URL_MAX, "tcp://127.0.0.1:%d",
			first_port + 2 * service);
		snprintf(h->runs[service].event_url, URL_MAX, "tcp://127.0.0.1:%d",
			first_port + 2 * service + 1);
	}
}

static void conf_open(struct harness *h, struct run *run)
{
	if (conf_load(run->spec->process, stderr, &run->conf) != 0)
		die(run->spec->name, "bad configuration");
	run->svc.conf = run->conf;
	run->svc.data_dir = h->dir;
	run->svc.key = &h->key;
	for (int service = 0; service < SERVICE_COUNT; service++)
		if (run->spec->needs & 1U << service)
			run->svc.clients[service] = h->clients[service];
}

static int server_open(struct harness *h, struct run *run)
{
	size_t count = *run->spec->handler_count;
	struct rpc_server_conf conf = {
		.url = run->url,
		.key = &h->key,
		.handler_count = count,
		.services = run->svc.clients,
		.state = run->state,
	};

	run->handlers = calloc(count ? count : 1, sizeof(struct rpc_handler *));
	if (!run->handlers)
		die(run->spec->name, "out of memory");
	for (size_t i = 0; i < count; i++)
		run->handlers[i] = &run->spec->handlers[i];
	conf.handlers = run->handlers;
	memcpy(conf.lanes, run->spec->lanes, sizeof(conf.lanes));
	return rpc_server_new(&conf, &run->server);
}

static void run_stop(struct run *run)
{
	if (run->server)
		rpc_server_free(run->server);
	if (run->state && run->spec->done)
		run->spec->done(run->state);
	if (run->svc.events)
		event_pub_free(run->svc.events);
	if (run->svc.db)
		db_close(run->svc.db);
	if (run->conf)
		conf_free(run->conf);
	free(run->handlers);
	run->handlers = NULL;
	run->server = NULL;
	run->state = NULL;
	run->conf = NULL;
	run->svc = (struct svc){0};
}

/* Fails only for a port that was taken meanwhile. */
static int run_start(struct harness *h, struct run *run)
{
	const char *reason = "no reason given";
	int err;

	conf_open(h, run);
	if (run->spec->db && db_open(h->dir, run->spec->db, &run->svc.db, &reason) != 0)
		die(run->spec->name, reason);
	err = event_pub_new(run->event_url, &h->key, &run->svc.events);
	if (err)
		return err;
	if (run->spec->init && run->spec->init(&run->svc, &run->state, &reason) != 0)
		die(run->spec->name, reason);
	return server_open(h, run);
}

static int runs_start(struct harness *h)
{
	for (size_t i = 0; i < h->count; i++) {
		int err = run_start(h, &h->runs[h->order[i]]);

		if (err)
			return err;
	}
	return 0;
}

static void runs_stop(struct harness *h)
{
	for (size_t i = h->count; i-- > 0;)
		run_stop(&h->runs[h->order[i]]);
}

static void clients_free(struct harness *h)
{
	for (int service = 0; service < SERVICE_COUNT; service++) {
		if (h->clients[service])
			rpc_client_free(h->clients[service]);
		h->clients[service] = NULL;
	}
}

static void clients_new(struct harness *h)
{
	for (size_t i = 0; i < h->count; i++) {
		enum service service = h->order[i];

		if (rpc_client_new(h->runs[service].url, &h->key, &h->clients[service]) != 0)
			die(h->runs[service].spec->name, "no client");
	}
}

/* A method nobody has: "no such method" is an answer, and shows that the way there is open. */
static void ready_wait(struct harness *h, enum service service)
{
	static const struct rpc_method probe = {
		.name = "harness.probe",
		.may = CALLER_ALL,
		.flags = METHOD_IDEMPOTENT,
		.lane = LANE_READ,
		.in = &nothing_fields,
		.out = &nothing_fields,
	};
	int64_t until_ms = clock_mono_ms() + READY_MS;
	const struct timespec pause = {.tv_nsec = 5000000};
	int err;

	for (;;) {
		struct call call = harness_call(h, CALLER_SERVICE, 0);
		struct nothing in = {0}, out;

		err = rpc_call(service, &call, &probe, &in, &out);
		if (err == ERR_NO_METHOD || clock_mono_ms() > until_ms)
			break;
		nanosleep(&pause, NULL);
	}
	if (err != ERR_NO_METHOD)
		die(h->runs[service].spec->name, err_text(err));
}

struct harness *harness_start(const struct svc_spec *const *specs, size_t count)
{
	struct harness *h = calloc(1, sizeof(*h));
	int err = ERR_INTERNAL;

	if (!h || !(h->arena = arena_new(ARENA_LIMIT)))
		die("start", "out of memory");
	strcpy(h->dir, DIR_TEMPLATE);
	if (!mkdtemp(h->dir))
		die("start", "no temporary directory");
	setenv("QUINTET_DATA", h->dir, 1);
	id_random(h->key.bytes, sizeof(h->key.bytes));
	for (size_t i = 0; i < count; i++) {
		h->order[h->count++] = specs[i]->service;
		h->runs[specs[i]->service].spec = specs[i];
	}
	for (int i = 0; err != 0 && i < START_TRIES; i++) {
		urls_set(h, ports_find());
		clients_new(h);
		err = runs_start(h);
		if (err) {
			runs_stop(h);
			clients_free(h);
		}
	}
	if (err)
		die("start", err_text(err));
	for (size_t i = 0; i < h->count; i++)
		ready_wait(h, h->order[i]);
	return h;
}

static int entry_remove(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info, (void)type, (void)walk;
	return remove(path);
}

void harness_stop(struct harness *h)
{
	if (!h)
		return;
	runs_stop(h);
	clients_free(h);
	nftw(h->dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(h->arena);
	free(h);
}

void harness_halt(struct harness *h, enum service service)
{
	run_stop(&h->runs[service]);
}

void harness_resume(struct harness *h, enum service service)
{
	int err = run_start(h, &h->runs[service]);

	if (err)
		die(h->runs[service].spec->name, err_text(err));
	ready_wait(h, service);
}

struct call harness_call(struct harness *h, enum caller_kind kind, int64_t account)
{
	return (struct call){
		.arena = h->arena,
		.services = h->clients,
		.request_id = STR("harness-request"),
		.caller = {.kind = kind, .account = account, .address = STR("192.0.2.1")},
		.deadline_us = clock_now_us() + HARNESS_DEADLINE_S * CLOCK_SECOND_US,
	};
}

void harness_reset(struct harness *h)
{
	arena_reset(h->arena);
}

const char *harness_dir(const struct harness *h)
{
	return h->dir;
}

struct svc *harness_svc(struct harness *h, enum service service)
{
	return &h->runs[service].svc;
}

void *harness_state(struct harness *h, enum service service)
{
	return h->runs[service].state;
}

const char *harness_event_url(struct harness *h, enum service service)
{
	return h->runs[service].event_url;
}

const struct seal_key *harness_key(const struct harness *h)
{
	return &h->key;
}
