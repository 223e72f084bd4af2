#include "svc-auth/deliver_run.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/err.h"
#include "svc-auth/job.h"

#define PROGRAM "svc-auth-deliver"

extern char **environ;

char *deliver_run_program(void)
{
	char own[PATH_MAX], *slash, *path;
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len <= 0)
		return NULL;
	own[len] = '\0';
	slash = strrchr(own, '/');
	if (!slash)
		return NULL;
	slash[1] = '\0';
	path = malloc(strlen(own) + sizeof(PROGRAM));
	if (path)
		stpcpy(stpcpy(path, own), PROGRAM);
	return path;
}

/* The service blocks and ignores signals; the child does not. Nor does it get the service's files,
 * sockets and database: not all libraries open theirs to be closed. */
static int spawn(const char *program, int in, pid_t *ret_pid)
{
	char *argv[] = {(char *)PROGRAM, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ERR_IO;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ERR_IO;
	}
	rc = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (!rc)
		rc = posix_spawnattr_setflags(
			&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(&attr, &all);
	if (!rc)
		rc = posix_spawn(ret_pid, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc ? ERR_IO : 0;
}

int deliver_run_start(const char *program, struct str message, pid_t *ret_pid)
{
	int ends[2], rc = 0;

	/* A socket rather than a pipe: no SIGPIPE when the child dies unread. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_IO;
	if (send(ends[1], message.p, message.len, MSG_NOSIGNAL) != (ssize_t)message.len)
		rc = ERR_IO;
	if (!rc)
		rc = spawn(program, ends[0], ret_pid);
	close(ends[0]);
	close(ends[1]);
	return rc;
}

void deliver_run_wait(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
		;
}

int deliver_run_reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return JOB_AGAIN;
	}
	if (!WIFEXITED(status))
		return JOB_AGAIN;
	switch (WEXITSTATUS(status)) {
	case JOB_DELIVERED:
	case JOB_REFUSED:
		return WEXITSTATUS(status);
	default:
		return JOB_AGAIN;
	}
}
