#include "svc-auth/auth.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/rpc/auth_api.h"
#include "common/svc/redis.h"
#include "svc-auth/deliver.h"
#include "svc-auth/migrate.h"
#include "svc-auth/password.h"
#include "svc-auth/repair.h"
#include "svc-auth/store.h"
#include "svc-auth/wrap.h"

#define READ_THREADS 1
#define WRITE_THREADS 16
#define SLOW_THREADS_PER_CORE 4 /* so that hashing overlaps with waiting for Redis and commits */

METHOD_HANDLERS(auth, AUTH_METHODS)

/* Processors this process may use; as many hashes run at once. */
static unsigned cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

struct call auth_own_call(const struct call *call)
{
	int64_t latest = clock_now_us() + AUTH_CALL_MAX_S * CLOCK_SECOND_US;
	struct call own = *call;

	own.caller = (struct caller){.kind = CALLER_SERVICE, .address = call->caller.address};
	own.idempotency_key = STR_NONE;
	own.field_count = 0;
	own.retry_after_s = 0;
	if (own.deadline_us > latest)
		own.deadline_us = latest;
	return own;
}

int auth_credential(struct svc_ctx *ctx, int64_t account, struct credential *ret_credential)
{
	const struct auth *auth = ctx->state;
	struct db_conn *conn = db_reader(auth->db);
	int rc = conn ? store_credential(conn, account, ctx->arena, ret_credential)
		      : ERR_UNAVAILABLE;

	if (!rc)
		return 0;
	return rc == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : ERR_UNAVAILABLE;
}

static int load_key(const char *data_dir, const char *name, struct seal_key *ret_key)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s", data_dir, name) < 0)
		return ERR_NOMEM;
	rc = seal_key_load(path, ret_key);
	free(path);
	return rc;
}

static int load_totp_keys(const char *data_dir, struct totp_keys *ret_keys)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/totp.key", data_dir) < 0)
		return ERR_NOMEM;
	rc = totp_keys_load(path, ret_keys);
	free(path);
	return rc;
}

static int load_keys(struct auth *auth, const char *data_dir, const char **ret_reason)
{
	int rc = load_key(data_dir, "jwt.key", &auth->jwt_key);

	if (!rc)
		rc = load_key(data_dir, "import.key", &auth->import_key);
	if (!rc)
		rc = load_totp_keys(data_dir, &auth->totp_keys);
	if (rc)
		*ret_reason = "jwt.key, import.key or totp.key in the data directory cannot be "
			      "read or made, or is open to others";
	return rc;
}

static int connect_redis(struct auth *auth, const struct conf *conf, const char **ret_reason)
{
	struct str url = conf_text(conf, "QUINTET_REDIS_URL");
	int rc;

	if (!url.len) {
		*ret_reason = "QUINTET_REDIS_URL is not set (deploy/up starts a private Redis and "
			      "sets it)";
		return ERR_INVALID;
	}
	rc = redis_new(url, &auth->redis);
	if (rc)
		*ret_reason = "QUINTET_REDIS_URL is not a Redis URL";
	return rc;
}

static void on_failure(struct str id, enum auth_channel channel, int tries, int final)
{
	log_event(LOG_WARN, STR_NONE, final ? "delivery given up" : "delivery failed",
		LOG_STR("job", id),
		LOG_STR("channel", enum_words_text(&auth_channels, (int)channel)),
		LOG_INT("tries", tries));
}

static bool is_url(struct str url, struct str scheme, struct str secure)
{
	return str_starts(url, scheme) || str_starts(url, secure);
}

/* Codes, and where they go. */
static int init_codes(struct auth *auth, const struct svc *svc, const char **ret_reason)
{
	static const struct deliver_conf conf = {.on_failure = on_failure};
	struct str sms = conf_text(svc->conf, "QUINTET_SMS_URL");
	struct str mail = conf_text(svc->conf, "QUINTET_SMTP_URL");

	auth->codes.redis = auth->redis;
	seal_key_derive(&auth->jwt_key, "code", auth->codes.key);
	auth->data_dir = svc->data_dir;
	auth->language =
		template_language(conf_text(svc->conf, "QUINTET_LANGUAGE"), LANGUAGE_ZH);
	auth->send_sms = sms.len > 0;
	auth->send_mail = mail.len > 0;
	auth->show_captchas = conf_bool(svc->conf, "QUINTET_DEV");
	*ret_reason = "QUINTET_SMS_URL is no http:// or https:// URL";
	if (sms.len && !is_url(sms, STR("http://"), STR("https://")))
		return ERR_INVALID;
	*ret_reason = "QUINTET_SMTP_URL is no smtp:// or smtps:// URL";
	if (mail.len && !is_url(mail, STR("smtp://"), STR("smtps://")))
		return ERR_INVALID;
	*ret_reason = "QUINTET_SMS_URL needs QUINTET_SMS_SECRET, to sign messages with";
	if (sms.len && !conf_text(svc->conf, "QUINTET_SMS_SECRET").len)
		return ERR_INVALID;
	return deliver_new(&conf, &auth->deliver);
}

static void done(void *state)
{
	struct auth *auth = state;

	if (!auth)
		return;
	deliver_free(auth->deliver);
	wrap_free(auth->wrap);
	repair_free(auth->repair);
	redis_free(auth->redis);
	password_hasher_free(auth->hasher);
	free(auth);
}

static int init(struct svc *svc, void **ret_state, const char **ret_reason)
{
	struct auth *auth = calloc(1, sizeof(*auth));
	int rc;

	*ret_reason = "memory is short";
	if (!auth)
		return ERR_NOMEM;
	auth->db = svc->db;
	auth->events = svc->events;
	auth->session_ttl_s = conf_int(svc->conf, "QUINTET_SESSION_TTL");
	auth->register_limit = conf_int(svc->conf, "QUINTET_REGISTER_LIMIT");
	auth->cores = cores();
	auth->hasher = password_hasher_new(auth->cores);
	rc = auth->hasher ? 0 : ERR_NOMEM;
	if (!rc)
		rc = load_keys(auth, svc->data_dir, ret_reason);
	if (!rc)
		rc = connect_redis(auth, svc->conf, ret_reason);
	if (!rc)
		rc = init_codes(auth, svc, ret_reason);
	if (!rc)
		rc = repair_new(auth, svc->clients, &auth->repair);
	if (!rc)
		rc = wrap_new(auth, &auth->wrap);
	if (rc) {
		done(auth);
		return rc;
	}
	*ret_state = auth;
	return 0;
}

static const char *ailment(void *state)
{
	struct auth *auth = state;

	return redis_check(auth->redis) ? NULL : "redis";
}

const struct svc_spec *auth_spec(void)
{
	static struct db_spec db = {.file = "auth.db"};
	static struct svc_spec spec = {
		.name = "svc-auth",
		.service = SERVICE_AUTH,
		.process = CONF_AUTH,
		.handlers = auth_handlers,
		.handler_count = &auth_handler_count,
		.db = &db,
		.needs = 1 << SERVICE_USER,
		.init = init,
		.done = done,
		.ailment = ailment,
	};
	const int slow_threads = SLOW_THREADS_PER_CORE * (int)cores();

	db.migrations = migrate_steps;
	db.migration_count = migrate_count;
	db.readers = READ_THREADS + WRITE_THREADS + slow_threads + 2; /* and repair, wrap */
	spec.lanes[LANE_READ] = (struct rpc_lane_conf){READ_THREADS, 64};
	spec.lanes[LANE_WRITE] = (struct rpc_lane_conf){WRITE_THREADS, 512};
	spec.lanes[LANE_SLOW] = (struct rpc_lane_conf){slow_threads, 256};
	return &spec;
}
