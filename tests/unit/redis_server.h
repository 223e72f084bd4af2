/* A Redis of a test's own, on a unix socket in a fresh temporary directory, with what it holds kept
 * over a stop. What goes wrong here ends the program with a line on standard error. */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

struct redis_server;

/* Returns when it answers; sets QUINTET_REDIS_URL. */
struct redis_server *redis_server_start(void);
/* unix:///… */
const char *redis_server_url(const struct redis_server *server);
/* Kills the process, and starts it again. */
void redis_server_halt(struct redis_server *server);
void redis_server_resume(struct redis_server *server);
/* Lets it hang (SIGSTOP), and go on. */
void redis_server_freeze(struct redis_server *server);
void redis_server_thaw(struct redis_server *server);
/* Ends it and removes the directory. */
void redis_server_free(struct redis_server *server);

#endif
