#include "common/base/process.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/conf.h"
#include "common/base/err.h"
#include "common/base/log.h"

#define MALLOC_ARENAS 2 /* an arena a thread would cost more memory than it saves time */

void process_prepare(size_t stack_size, sigset_t *ret_signals)
{
	pthread_attr_t attributes;

	mallopt(M_ARENA_MAX, MALLOC_ARENAS);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGTERM);
	sigaddset(ret_signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, stack_size);
	pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
}

int process_log(const struct conf *conf, const char *name)
{
	enum log_level level;

	if (log_level_parse(conf_text(conf, "QUINTET_LOG_LEVEL"), &level) != 0) {
		fprintf(stderr, "%s: QUINTET_LOG_LEVEL: debug, info, warn or error\n", name);
		return ERR_INVALID;
	}
	log_init(name, level);
	return 0;
}

int process_run(int (*start)(void *arg, const char **ret_reason), void (*stop)(void *arg), void *arg,
	const sigset_t *signals)
{
	const char *reason = "";
	int signal_number = 0, err = start(arg, &reason);

	if (err) {
		log_event(LOG_ERROR, STR_NONE, "cannot start", LOG_STR("reason", str_c(reason)),
			LOG_STR("error", str_c(err_name(err))));
	} else {
		sigwait(signals, &signal_number);
		log_event(LOG_INFO, STR_NONE, "stopping", LOG_INT("signal", signal_number));
	}
	stop(arg);
	if (!err)
		log_event(LOG_INFO, STR_NONE, "stopped", LOG_INT("pid", getpid()));
	return err ? 1 : 0;
}
