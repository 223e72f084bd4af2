#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/process.h"
#include "common/rpc/address.h"
#include "common/rpc/client.h"
#include "common/rpc/event.h"
#include "common/rpc/seal.h"
#include "gateway/check.h"
#include "gateway/dialect.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/metrics.h"
#include "gateway/router.h"
#include "gateway/routes_print.h"
#include "gateway/service.h"
#include "gateway/session.h"

#define ARENA_LIMIT 65536
#define STACK_SIZE (512 * 1024) /* below 2 MiB, so that no stack is made of a huge page */
#define HEADER_TIMEOUT_MS 10000
#define BODY_RATE_MIN 1024

/* Beside v1, which is always on. */
static const struct dialect *const optional_dialects[] = {
	&clinic_dialect,
	&volunteer_dialect,
	&cattle_dialect,
	&friendlive_dialect,
	&medusa_dialect,
};
#define OPTIONAL_COUNT (sizeof(optional_dialects) / sizeof(optional_dialects[0]))

/* The gateway from its start to its end; what is NULL was not started. */
struct daemon {
	struct gateway gateway;
	struct conf *conf;
	struct arena *arena; /* of texts that live as long */
	struct seal_key key;
	struct event_sub *subs[SERVICE_COUNT];
};

static void on_event(void *arg, const struct event *event)
{
	session_on_event(arg, event);
}

static void on_gap(void *arg)
{
	session_on_gap(arg);
}

static int fail(int err, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return err;
}

static void choose_dialects(struct daemon *d)
{
	struct gateway *gateway = &d->gateway;

	gateway->dialects[gateway->dialect_count++] = &native_dialect;
	for (size_t i = 0; i < OPTIONAL_COUNT; i++)
		if (conf_list_has(d->conf, "QUINTET_DIALECTS", str_c(optional_dialects[i]->name)))
			gateway->dialects[gateway->dialect_count++] = optional_dialects[i];
}

/* contracts/friendlive.md, "The code and who sees it". */
static void warn_of_shown_codes(const struct daemon *d)
{
	for (size_t i = 0; i < d->gateway.dialect_count; i++)
		if (d->gateway.dialects[i] == &friendlive_dialect &&
			conf_text(d->conf, "QUINTET_SMS_URL").len == 0)
			log_write(LOG_WARN, STR_NONE,
				"QUINTET_SMS_URL is not set: friendlive shows verification codes to "
				"whoever asks for them",
				NULL, 0);
}

/* Services may start after us, so the directory need not be there yet; whether it is usable shows
 * when the key is read or made in it. */
static int load_key(struct daemon *d, const char **ret_reason)
{
	struct str path = conf_text(d->conf, "QUINTET_BUS_KEY_FILE");
	struct buf made;

	if (path.len == 0) {
		struct str data = conf_text(d->conf, "QUINTET_DATA");

		mkdir(str_cstr(d->arena, data), 0700);
		buf_init(&made, d->arena, ARENA_LIMIT);
		buf_add_str(&made, data);
		buf_add_c(&made, "/bus.key");
		path = buf_str(&made);
	}
	if (seal_key_load(str_cstr(d->arena, path), &d->key) != 0)
		return fail(ERR_IO,
			"the bus key file is unreadable, not 32 bytes long or open to others",
			ret_reason);
	seal_key_derive(&d->key, "cursor", d->gateway.cursor_key);
	seal_key_derive(&d->key, "idemhash", d->gateway.idem_print_key);
	seal_key_derive(&d->key, "idemseal", d->gateway.idem_reply_key.bytes);
	return 0;
}

static int start_clients(struct daemon *d, const char **ret_reason)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		struct str url =
			address_bus_url(d->conf, (enum service)i, false, false, d->arena);

		if (!url.p || rpc_client_new(url.p, &d->key, &d->gateway.services[i]) != 0)
			return fail(ERR_IO, "cannot make the client of a service", ret_reason);
	}
	return 0;
}

static int start_sessions(struct daemon *d, const char **ret_reason)
{
	static const enum service publishers[] = {SERVICE_AUTH, SERVICE_USER};

	if (session_cache_new(&d->gateway.sessions) != 0)
		return fail(ERR_NOMEM, "cannot make the session cache", ret_reason);
	for (size_t i = 0; i < sizeof(publishers) / sizeof(publishers[0]); i++) {
		struct event_sub_conf conf = {
			.url = address_bus_url(d->conf, publishers[i], true, false, d->arena).p,
			.key = &d->key,
			.arg = d->gateway.sessions,
			.on_event = on_event,
			.on_gap = on_gap,
		};

		if (!conf.url || event_sub_new(&conf, &d->subs[publishers[i]]) != 0)
			return fail(ERR_IO, "cannot subscribe to a service's events", ret_reason);
	}
	return 0;
}

static int start_http(struct daemon *d, const char **ret_reason)
{
	struct http_conf conf = {
		.listen = str_cstr(d->arena, conf_text(d->conf, "QUINTET_LISTEN")),
		.port = (int)conf_int(d->conf, "QUINTET_HTTP_PORT"),
		.threads = (int)conf_int(d->conf, "QUINTET_HTTP_THREADS"),
		.header_timeout_ms = HEADER_TIMEOUT_MS,
		.body_rate_min = BODY_RATE_MIN,
		.arg = &d->gateway,
		.on_request = router_on_request,
		.on_refused = router_on_refused,
	};

	if (metrics_new(&d->gateway, &d->gateway.metrics) != 0)
		return fail(ERR_NOMEM, "cannot make the metrics", ret_reason);
	if (http_start(&conf, &d->gateway.http) != 0)
		return fail(ERR_IO, "cannot listen on the HTTP port", ret_reason);
	log_event(LOG_INFO, STR_NONE, "started", LOG_STR("version", STR(QUINTET_VERSION)),
		LOG_STR("listen", str_c(conf.listen)), LOG_INT("port", conf.port),
		LOG_INT("pid", getpid()));
	return 0;
}

static int start(void *arg, const char **ret_reason)
{
	static int (*const steps[])(struct daemon *, const char **) = {
		load_key, start_clients, start_sessions, start_http};
	struct daemon *d = arg;
	int err = 0;

	d->gateway.started_us = clock_now_us();
	choose_dialects(d);
	warn_of_shown_codes(d);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i](d, ret_reason);
	return err;
}

/* Backwards: requests end first, then what they used. */
static void stop(void *arg)
{
	struct daemon *d = arg;

	if (d->gateway.http)
		http_stop(d->gateway.http);
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		event_sub_free(d->subs[i]);
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		rpc_client_free(d->gateway.services[i]);
	metrics_free(d->gateway.metrics);
	session_cache_free(d->gateway.sessions);
	explicit_bzero(&d->key, sizeof(d->key));
}

static int load_conf(struct daemon *d)
{
	if (conf_load(CONF_GATEWAY, stderr, &d->conf) != 0 || check_conf(d->conf, stderr) != 0 ||
		process_log(d->conf, "gateway") != 0)
		return ERR_INVALID;
	setenv("TZ", str_cstr(d->arena, conf_text(d->conf, "QUINTET_TZ")), 1);
	tzset();
	d->gateway.conf = d->conf;
	return 0;
}

static int serve(bool only_check)
{
	static struct daemon d;
	sigset_t signals;
	int status = 1;

	process_prepare(STACK_SIZE, &signals);
	d.arena = arena_new(ARENA_LIMIT);
	if (d.arena && load_conf(&d) == 0)
		status = only_check ? 0 : process_run(start, stop, &d, &signals);
	conf_free(d.conf);
	arena_free(d.arena);
	return status;
}

static int usage(FILE *out)
{
	fprintf(out, "usage: gateway [--help | --version | --check-config | --routes]\n");
	return out == stdout ? 0 : 2;
}

static int help(void)
{
	usage(stdout);
	printf("\nIt is set up by its environment, or by the file QUINTET_CONFIG names:\n\n");
	conf_help(CONF_GATEWAY, stdout);
	return 0;
}

static int print_routes(void)
{
	const struct dialect *const fixed[] = {&native_dialect, &service_dialect};

	routes_print(fixed, 2, stdout);
	routes_print(optional_dialects, OPTIONAL_COUNT, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return serve(false);
	if (argc != 2)
		return usage(stderr);
	if (strcmp(argv[1], "--check-config") == 0)
		return serve(true);
	if (strcmp(argv[1], "--routes") == 0)
		return print_routes();
	if (strcmp(argv[1], "--help") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0) {
		printf("gateway %s\n", QUINTET_VERSION);
		return 0;
	}
	return usage(stderr);
}
