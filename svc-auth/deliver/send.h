/* What svc-auth-deliver is made of. Not for svc-auth, which does not link libcurl. */
#ifndef AUTH_DELIVER_SEND_H
#define AUTH_DELIVER_SEND_H

#include <curl/curl.h>
#include <stdbool.h>

#include "common/base/conf.h"
#include "svc-auth/job.h"

struct arena;

#define SEND_CONNECT_MS 5000L
#define SEND_TIMEOUT_MS 15000L
#define SEND_ALARM_S 20 /* should a library hang all the same */

/* hook.c: a text message to the webhook. Both return enum job_status. */
int hook_send(const struct conf *conf, const struct deliver_job *job, struct arena *arena);
/* The webhook's body. Absent when the arena is full. */
struct str hook_body(const struct deliver_job *job, struct arena *arena);
/* The value of its header X-Quintet-Signature. */
struct str hook_signature(struct str secret, struct str body, struct arena *arena);

/* mail.c */
int mail_send(const struct conf *conf, const struct deliver_job *job, struct arena *arena);

/* mail_text.c: the whole mail, RFC 5322. */
struct str mail_text(struct str from, const struct deliver_job *job, struct arena *arena);

/* transfer.c: a handle with address, time limits and certificates set; NULL when that cannot be. */
CURL *transfer_new(const struct conf *conf, const char *url, bool *ret_is_local);
/* Runs it; *ret_status: the other side's last status, 0 if there was none. Failures are logged
 * without anything of the message. */
CURLcode transfer_run(CURL *curl, const struct deliver_job *job, long *ret_status);

#endif
