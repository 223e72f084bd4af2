/* The inside of svc-user: its state, its specification and what its handlers share. */
#ifndef SVC_USER_USER_H
#define SVC_USER_USER_H

#include <stdint.h>

#include "common/rpc/user_api.h"
#include "common/svc/svc.h"

/* The lowest id; ids have as many digits as this until half of those are used, then one more. */
#define USER_ID_FIRST 10000000
/* Whom one account may follow. Contacts are paged, so there may be more of them. */
#define USER_FOLLOWS_MAX 2000
#define USER_CONTACTS_MAX 10000

/* Every thread may read: searching and listing take the write lane, because they may take long. */
#define USER_READ_THREADS 2
#define USER_WRITE_THREADS 16

struct user {
	struct svc *svc;
	int64_t id_first; /* USER_ID_FIRST, lower in tests */
};

extern const struct svc_spec user_spec;
extern const struct db_spec user_db;
extern const struct rpc_handler user_handlers[];
extern const size_t user_handler_count;

int user_init(struct svc *svc, void **ret_state, const char **ret_reason);
void user_done(void *state);

/* This thread's reader. ERR_IO when the database cannot be opened. */
int user_reader(struct svc_ctx *ctx, struct db_conn **ret_conn);
/* Runs the job on the writer. */
int user_write(struct svc_ctx *ctx, db_job *job, void *arg);
/* The caller's own account. A session outlives its account's good standing by the moment until all
 * have heard of it: ERR_UNAUTHENTICATED unless the account is normal. */
int user_caller(struct svc_ctx *ctx, struct db_conn *conn, struct user_account *ret_account);
/* The gateway's word that the caller is an administrator may be some seconds old: ERR_DENIED when he
 * no longer is. The operator always may. */
int user_admin_check(struct svc_ctx *ctx, struct db_conn *conn);
/* Within a job: a new account, under the id `wanted` if that is free (0: none is wanted). The names'
 * forms have been checked, the registration is new. An administrator's goes into the audit. ERR_TAKEN
 * names the fields. */
int user_account_make(struct svc_ctx *ctx, struct db_conn *conn, const struct user_create_in *in,
	int64_t wanted, struct user_account *ret_account);
/* An empty text is no value: absent. */
struct str user_value(struct str text);
/* Tells the other processes that role or status changed. */
void user_publish_change(struct svc_ctx *ctx, const struct user_account *account);

#endif
