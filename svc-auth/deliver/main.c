/* svc-auth-deliver: one try to deliver the message on standard input, with svc-auth's
 * configuration. Started by svc-auth; the exit status is enum job_status. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/log.h"
#include "common/rpc/codec.h"
#include "svc-auth/deliver/send.h"

#define ARENA_LIMIT (256 * 1024)

static int read_job(struct arena *arena, struct deliver_job *ret_job)
{
	char *bytes = arena_alloc(arena, JOB_BYTES_MAX);
	size_t len = 0;
	ssize_t n;

	if (!bytes)
		return -1;
	while ((n = read(STDIN_FILENO, bytes + len, JOB_BYTES_MAX - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return -1;
	return codec_unpack(&deliver_job_fields, (struct str){bytes, len}, arena, ret_job, NULL);
}

static int deliver(const struct conf *conf, struct arena *arena)
{
	struct deliver_job job;
	int status = JOB_AGAIN;

	if (read_job(arena, &job) != 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return JOB_AGAIN;
	if (job.channel == CHANNEL_SMS)
		status = hook_send(conf, &job, arena);
	else if (job.channel == CHANNEL_EMAIL)
		status = mail_send(conf, &job, arena);
	curl_global_cleanup();
	return status;
}

int main(void)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct conf *conf = NULL;
	int status = JOB_AGAIN;

	/* Ends with the thread that waits for it, and by itself. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(SEND_ALARM_S);
	signal(SIGPIPE, SIG_IGN);
	log_init("svc-auth-deliver", LOG_INFO);
	if (arena && conf_load(CONF_AUTH, stderr, &conf) == 0)
		status = deliver(conf, arena);
	conf_free(conf);
	arena_free(arena);
	return status;
}
