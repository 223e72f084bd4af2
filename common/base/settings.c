#include "common/base/conf.h"

#define ROW(key, kind, processes, fallback, min, max, help)                                        \
	{key, kind, processes, fallback, min, max, help, NULL}
#define ROW_WORDS(key, kind, processes, fallback, words, help)                                     \
	{key, kind, processes, fallback, 0, 0, help, words}

/* clang-format off: a table */
const struct conf_row conf_rows[] = {
	ROW("QUINTET_DATA", CONF_TEXT, CONF_ALL, "./data", 0, 0, "directory of databases, keys and the outbox"),
	ROW("QUINTET_CONFIG", CONF_TEXT, CONF_ALL, "", 0, 0, "file with lines KEY = value, used where the environment says nothing"),
	ROW_WORDS("QUINTET_LOG_LEVEL", CONF_TEXT, CONF_ALL, "info", "debug,info,warn,error", "least level that is logged"),
	ROW("QUINTET_HTTP_PORT", CONF_INT, CONF_GATEWAY, "8080", 1, 65535, "port for HTTP"),
	ROW("QUINTET_PUSH_PORT", CONF_INT, CONF_GATEWAY, "8081", 1, 65535, "port for WebSocket"),
	ROW("QUINTET_LISTEN", CONF_TEXT, CONF_GATEWAY, "0.0.0.0", 0, 0, "address the HTTP and WebSocket ports are bound to"),
	ROW("QUINTET_HTTP_THREADS", CONF_INT, CONF_GATEWAY, "256", 8, 4096, "HTTP connections served at once"),
	ROW("QUINTET_BUS_PORT", CONF_INT, CONF_ALL, "8090", 1, 65500, "first of the run of bus ports"),
	ROW("QUINTET_BUS_LISTEN", CONF_TEXT, CONF_ALL, "127.0.0.1", 0, 0, "address the bus ports are bound to"),
	ROW("QUINTET_BUS_KEY_FILE", CONF_TEXT, CONF_ALL, "", 0, 0, "file with the 32-byte bus key; unset: bus.key in the data directory, made at first start"),
	ROW("QUINTET_BUS_USER", CONF_TEXT, CONF_ALL, "127.0.0.1", 0, 0, "host of svc-user"),
	ROW("QUINTET_BUS_AUTH", CONF_TEXT, CONF_ALL, "127.0.0.1", 0, 0, "host of svc-auth"),
	ROW("QUINTET_BUS_CHAT", CONF_TEXT, CONF_ALL, "127.0.0.1", 0, 0, "host of svc-chat"),
	ROW("QUINTET_BUS_MEDIA", CONF_TEXT, CONF_ALL, "127.0.0.1", 0, 0, "host of svc-media"),
	ROW("QUINTET_REDIS_URL", CONF_SECRET, CONF_AUTH, "", 0, 0, "redis://[:password@]host:port[/db] or unix:///path; deploy/up starts a private Redis when it is unset"),
	ROW("QUINTET_SESSION_TTL", CONF_INT, CONF_AUTH, "604800", 1, 31536000, "lifetime of an unused session, in seconds"),
	ROW("QUINTET_REGISTER_LIMIT", CONF_INT, CONF_AUTH, "0", 0, 1000000, "registrations an hour and address; 0: no limit"),
	ROW("QUINTET_DEV", CONF_BOOL, CONF_ALL, "0", 0, 0, "1: captcha answers go to the outbox too"),
	ROW_WORDS("QUINTET_DIALECTS", CONF_LIST, CONF_GATEWAY, "clinic,medusa,volunteer,friendlive,cattle", "clinic,medusa,volunteer,friendlive,cattle", "dialects that are served beside /v1"),
	ROW("QUINTET_TZ", CONF_TEXT, CONF_GATEWAY, "Asia/Shanghai", 0, 0, "zone in which the dialects show times"),
	ROW("QUINTET_CORS_ORIGINS", CONF_LIST, CONF_GATEWAY, "", 0, 0, "origins of web pages that may call from elsewhere"),
	ROW("QUINTET_METRICS_ALLOW", CONF_LIST, CONF_GATEWAY, "", 0, 0, "networks, beside loopback, that may read /metrics"),
	ROW("QUINTET_MEDUSA_REGISTER_KEY", CONF_SECRET, CONF_GATEWAY, "", 0, 0, "secret that medusa's registration asks for; unset: registration is off"),
	ROW("QUINTET_MEDUSA_FORGET_KEY", CONF_SECRET, CONF_GATEWAY, "", 0, 0, "secret that medusa's forget_password asks for; unset: it is off"),
	ROW("QUINTET_SMS_URL", CONF_TEXT, CONF_AUTH | CONF_GATEWAY, "", 0, 0, "webhook that sends SMS; unset: the outbox file"),
	ROW("QUINTET_SMS_SECRET", CONF_SECRET, CONF_AUTH, "", 0, 0, "key of the webhook's signature"),
	ROW("QUINTET_SMTP_URL", CONF_SECRET, CONF_AUTH, "", 0, 0, "smtp://[user:password@]host:port for mail; unset: the outbox file"),
	ROW_WORDS("QUINTET_SMTP_TLS", CONF_TEXT, CONF_AUTH, "auto", "auto,required,offered", "STARTTLS: required (auto: except on this machine), or used when offered"),
	ROW("QUINTET_MAIL_FROM", CONF_TEXT, CONF_AUTH, "quintet@localhost", 0, 0, "sender of mail, an address"),
	ROW("QUINTET_CA", CONF_TEXT, CONF_AUTH, "", 0, 0, "file of certificates (PEM) that mail server and SMS webhook are checked against; unset: the system's"),
	ROW_WORDS("QUINTET_LANGUAGE", CONF_TEXT, CONF_AUTH, "zh", "zh,en", "language of messages to people whose own is not known"),
};
/* clang-format on */

const size_t conf_row_count = sizeof(conf_rows) / sizeof(conf_rows[0]);
