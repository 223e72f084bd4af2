#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/svc_api.h"
#include "deploy/operator/command.h"
#include "deploy/operator/link.h"

#define TIMEOUT_MS 1000

static const char *const names[SERVICE_COUNT] = {
	[SERVICE_USER] = "svc-user",
	[SERVICE_AUTH] = "svc-auth",
	[SERVICE_CHAT] = "svc-chat",
	[SERVICE_MEDIA] = "svc-media",
};

static void print_uptime(int64_t started_us)
{
	int64_t s = (clock_now_us() - started_us) / CLOCK_SECOND_US;

	if (s < 0)
		s = 0;
	printf("%" PRId64 "d %02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 86400, s / 3600 % 24,
		s / 60 % 60, s % 60);
}

static bool service_show(struct link *link, enum service service)
{
	struct call call = link_call(link, TIMEOUT_MS);
	struct svc_health_in in = {0};
	struct svc_health_out out = {0};
	int err = rpc_call(service, &call, &svc_health_method, &in, &out);

	if (err) {
		printf("%-10s %-12s %s\n", names[service], "down", err_text(err));
		return false;
	}
	printf("%-10.*s %-12.*s %-10.*s %-8" PRId64 " ", STR_ARG(out.process),
		STR_ARG(out.ailment.len ? out.ailment : STR("ok")), STR_ARG(out.version), out.pid);
	print_uptime(out.started);
	putchar('\n');
	return out.ailment.len == 0;
}

int status_show(int argc, char **argv)
{
	struct link link;
	bool well = false;

	(void)argv;
	if (argc != 0)
		return COMMAND_USAGE;
	if (link_open(&link) == 0) {
		well = true;
		printf("%-10s %-12s %-10s %-8s %s\n", "PROCESS", "HEALTH", "VERSION", "PID",
			"UPTIME");
		for (int i = 0; i < SERVICE_COUNT; i++)
			if (!service_show(&link, (enum service)i))
				well = false;
	}
	link_close(&link);
	return well ? COMMAND_OK : COMMAND_FAILED;
}
