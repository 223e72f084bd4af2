/* One try to deliver: svc-auth-deliver as a child process. For deliver.c only. */
#ifndef AUTH_DELIVER_RUN_H
#define AUTH_DELIVER_RUN_H

#include <sys/types.h>

#include "common/base/str.h"

/* The path of svc-auth-deliver beside this process's own program, to be freed; NULL when it cannot
 * be told. */
char *deliver_run_program(void);
/* Starts it with the message on its standard input. ERR_IO. */
int deliver_run_start(const char *program, struct str message, pid_t *ret_pid);
/* Waits for its end; deliver_run_reap must follow. Until then the pid is nobody else's. */
void deliver_run_wait(pid_t pid);
/* enum job_status. */
int deliver_run_reap(pid_t pid);

#endif
