/*
 * Services inside a test program: real bus servers and clients on free loopback ports, real
 * databases in a fresh temporary directory, started as svc_main starts them. What goes wrong here
 * ends the program with a line on standard error. Not for tests of svc_main itself.
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/rpc/call.h"
#include "common/svc/svc.h"

struct harness;

#define HARNESS_DEADLINE_S 30

/* Starts the services, in this order. Configuration comes from the environment as always, so a test
 * sets QUINTET_… before; QUINTET_DATA and QUINTET_BUS_PORT are set here. Returns when all of them
 * answer. */
struct harness *harness_start(const struct svc_spec *const *specs, size_t count);
/* Stops the services, last first, and removes the directory. */
void harness_stop(struct harness *h);

/* Stops one service as a shutdown would, and starts it again on the same data and port. */
void harness_halt(struct harness *h, enum service service);
void harness_resume(struct harness *h, enum service service);

/* A call on behalf of somebody, with a deadline HARNESS_DEADLINE_S from now. Results live in the
 * harness's arena until harness_reset; a thread of its own brings its own arena (call.arena). */
struct call harness_call(struct harness *h, enum caller_kind kind, int64_t account);
void harness_reset(struct harness *h);

/* The data directory. */
const char *harness_dir(const struct harness *h);
/* Inside of a running service. */
struct svc *harness_svc(struct harness *h, enum service service);
void *harness_state(struct harness *h, enum service service);
/* Where the service publishes, for event_sub_new; and the key to it. */
const char *harness_event_url(struct harness *h, enum service service);
const struct seal_key *harness_key(const struct harness *h);

#endif
