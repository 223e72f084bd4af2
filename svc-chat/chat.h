/* The inside of svc-chat: its specification and its schema. */
#ifndef SVC_CHAT_CHAT_H
#define SVC_CHAT_CHAT_H

#include "common/svc/svc.h"

/* Threads of the read lane, which answers svc.health. */
#define CHAT_READ_THREADS 1

extern const struct svc_spec chat_spec;
extern const struct db_spec chat_db;

#endif
