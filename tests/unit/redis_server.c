#include "tests/unit/redis_server.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define DIR_TEMPLATE "/tmp/quintet-redis-XXXXXX"
#define START_MS 20000

struct redis_server {
	char dir[sizeof(DIR_TEMPLATE)];
	char path[sizeof(DIR_TEMPLATE) + 16];
	char url[sizeof(DIR_TEMPLATE) + 32];
	pid_t pid;
};

static void die(const char *what)
{
	fprintf(stderr, "redis_server: %s\n", what);
	abort();
}

static void run(const struct redis_server *server)
{
	int null = open("/dev/null", O_WRONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (chdir(server->dir) == 0)
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->path,
			"--appendonly", "yes", "--save", "", (char *)NULL);
	_exit(127);
}

/* PING rather than connect alone: while it loads its file it answers with an error. */
static int answers(const struct redis_server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char reply[16] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int good;

	memcpy(address.sun_path, server->path, strlen(server->path));
	good = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 &&
	       recv(fd, reply, sizeof(reply) - 1, 0) > 0 && strcmp(reply, "+PONG\r\n") == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

void redis_server_resume(struct redis_server *server)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	int64_t until_ms = clock_mono_ms() + START_MS;

	server->pid = fork();
	if (server->pid < 0)
		die("cannot fork");
	if (server->pid == 0)
		run(server);
	while (!answers(server)) {
		if (clock_mono_ms() > until_ms || waitpid(server->pid, NULL, WNOHANG) != 0)
			die("redis-server does not start");
		nanosleep(&pause, NULL);
	}
}

struct redis_server *redis_server_start(void)
{
	struct redis_server *server = calloc(1, sizeof(*server));

	if (!server)
		die("out of memory");
	strcpy(server->dir, DIR_TEMPLATE);
	if (!mkdtemp(server->dir))
		die("no temporary directory");
	snprintf(server->path, sizeof(server->path), "%s/redis.sock", server->dir);
	snprintf(server->url, sizeof(server->url), "unix://%s", server->path);
	redis_server_resume(server);
	setenv("QUINTET_REDIS_URL", server->url, 1);
	return server;
}

const char *redis_server_url(const struct redis_server *server)
{
	return server->url;
}

void redis_server_halt(struct redis_server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void redis_server_freeze(struct redis_server *server)
{
	kill(server->pid, SIGSTOP);
}

void redis_server_thaw(struct redis_server *server)
{
	kill(server->pid, SIGCONT);
}

static int entry_remove(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info, (void)type, (void)walk;
	return remove(path);
}

void redis_server_free(struct redis_server *server)
{
	if (!server)
		return;
	redis_server_halt(server);
	nftw(server->dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(server);
}
