/* The life of a process that serves until it is told to stop: gateway and services alike. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <signal.h>
#include <stddef.h>

struct conf;

/* Before any thread starts, since threads inherit it: signals blocked (SIGTERM and SIGINT are waited
 * for, SIGPIPE ignored), files private, few malloc arenas, stacks of stack_size bytes. */
void process_prepare(size_t stack_size, sigset_t *ret_signals);
/* Starts the log at QUINTET_LOG_LEVEL. name: a literal. ERR_INVALID with a line on standard error. */
int process_log(const struct conf *conf, const char *name);
/* start; then waits for a signal; then stop (also after a start that failed, with whatever it left).
 * Logs all of it. *ret_reason of start: static text. The exit status. */
int process_run(int (*start)(void *arg, const char **ret_reason), void (*stop)(void *arg), void *arg,
	const sigset_t *signals);

#endif
