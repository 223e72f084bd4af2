#include <stdatomic.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/rpc/client.h"
#include "common/rpc/svc_api.h"
#include "common/svc/svc_internal.h"

#define SAMPLES_MAX 16
#define NAME_MAX_LEN 200

static struct svc_builtin builtin;
static _Atomic(struct rpc_server *) builtin_server;

void svc_builtin_set(const struct svc_builtin *values)
{
	builtin = *values;
}

void svc_builtin_set_server(struct rpc_server *server)
{
	atomic_store(&builtin_server, server);
}

int svc_health(struct svc_ctx *ctx, const struct svc_health_in *in, struct svc_health_out *out)
{
	const char *ailment = builtin.spec->ailment ? builtin.spec->ailment(builtin.state) : NULL;

	(void)ctx;
	(void)in;
	out->process = str_c(builtin.spec->name);
	out->version = STR(QUINTET_VERSION);
	out->ailment = ailment && *ailment ? str_c(ailment) : STR_NONE;
	out->started = builtin.started_us;
	out->pid = getpid();
	return 0;
}

/* lane: a second label, or NULL. */
static void add_sample(struct svc_ctx *ctx, struct svc_stats_out *out, const char *name,
	const char *lane, uint64_t value)
{
	struct buf text;

	buf_init(&text, ctx->arena, NAME_MAX_LEN);
	buf_add_c(&text, name);
	buf_add_c(&text, "{process=\"");
	buf_add_c(&text, builtin.spec->name);
	if (lane) {
		buf_add_c(&text, "\",lane=\"");
		buf_add_c(&text, lane);
	}
	buf_add_c(&text, "\"}");
	if (buf_failed(&text) || out->samples_count >= SAMPLES_MAX)
		return;
	out->samples[out->samples_count++] =
		(struct svc_sample){.name = buf_str(&text), .value = (int64_t)value};
}

static uint64_t dropped_by_clients(void)
{
	uint64_t dropped = 0;

	for (int i = 0; i < SERVICE_COUNT; i++) {
		if (builtin.svc->clients[i])
			dropped += rpc_client_dropped(builtin.svc->clients[i]);
	}
	return dropped;
}

static void add_db(struct svc_ctx *ctx, struct svc_stats_out *out)
{
	struct db_stats db;

	db_stats(builtin.svc->db, &db);
	add_sample(ctx, out, "quintet_db_commits_total", NULL, db.commits);
	add_sample(ctx, out, "quintet_db_jobs_total", NULL, db.jobs);
	add_sample(ctx, out, "quintet_db_wal_bytes", NULL, db.wal_bytes);
	add_sample(ctx, out, "quintet_db_queue_length", NULL, db.queued);
}

static void add_bus(struct svc_ctx *ctx, struct svc_stats_out *out)
{
	static const char *const lanes[LANE_COUNT] = {"read", "write", "slow"};
	struct rpc_server *server = atomic_load(&builtin_server);
	struct rpc_server_stats bus;

	if (!server)
		return;
	rpc_server_stats(server, &bus);
	add_sample(ctx, out, "quintet_bus_frames_dropped_total", NULL,
		bus.frames_dropped + dropped_by_clients());
	add_sample(ctx, out, "quintet_bus_calls_total", NULL, bus.calls);
	add_sample(ctx, out, "quintet_bus_busy_total", NULL, bus.busy);
	for (int i = 0; i < LANE_COUNT; i++) {
		if (builtin.spec->lanes[i].threads > 0)
			add_sample(ctx, out, "quintet_bus_queue_length", lanes[i],
				(uint64_t)bus.queued[i]);
	}
}

int svc_stats(struct svc_ctx *ctx, const struct svc_stats_in *in, struct svc_stats_out *out)
{
	(void)in;
	out->samples = ARENA_ARRAY(ctx->arena, struct svc_sample, SAMPLES_MAX);
	if (!out->samples)
		return ERR_NOMEM;
	out->samples_count = 0;
	add_db(ctx, out);
	add_bus(ctx, out);
	return 0;
}

METHOD_HANDLERS(svc, SVC_METHODS)
