/* The commands of quintet-ctl. Each takes the words after its name and returns an exit status. */
#ifndef OPERATOR_COMMAND_H
#define OPERATOR_COMMAND_H

enum { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

/* status.c */
int status_show(int argc, char **argv);
/* account.c */
int account_create_admin(int argc, char **argv);
int account_show(int argc, char **argv);
int account_freeze(int argc, char **argv);
int account_thaw(int argc, char **argv);
int account_delete(int argc, char **argv);
int account_set_role(int argc, char **argv);
/* list.c */
int list_users(int argc, char **argv);
int list_admins(int argc, char **argv);
int list_sessions(int argc, char **argv);
int session_revoke(int argc, char **argv);
/* import.c */
int import_file(int argc, char **argv);

#endif
