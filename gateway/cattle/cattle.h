/* The cattle dialect: handlers, and how they read and answer (contracts/cattle.md). */
#ifndef GATEWAY_CATTLE_H
#define GATEWAY_CATTLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rpc/user_api.h"

struct req;

/* The document's table: name, status. */
#define CATTLE_CODES(X)                                                                            \
	X(FAILURE_STATUS, 0)                                                                       \
	X(SUCCESS_STATUS, 1)                                                                       \
	X(NULL_PASSWORD, 6000)                                                                     \
	X(NULL_USERNAME, 6001)                                                                     \
	X(NULL_AVATAR, 6002)                                                                       \
	X(NULL_PHONE, 6003)                                                                        \
	X(NULL_USER, 6004)                                                                         \
	X(SAME_USERNAME, 7000)                                                                     \
	X(SAME_PHONE, 7001)                                                                        \
	X(FORMAT_ERROR_PHONE, 8000)                                                                \
	X(FORMAT_ERROR_PHONE_LENGTH, 8001)                                                         \
	X(FORMAT_ERROR_PASSWORD_LENGTH, 8003)                                                      \
	X(FORMAT_ERROR_USER_LENGTH, 8004)                                                          \
	X(FORMAT_ERROR_FILE, 8005)                                                                 \
	X(ILLEGAL_USERNAME, 9000)                                                                  \
	X(ERROR_PASSWORD, 10000)                                                                   \
	X(ERROR_REPEAT_LOGIN, 11000)                                                               \
	X(ERROR_NET, 11001)                                                                        \
	X(EXIST_FRIENDS, 12000)
#define CATTLE_CODE(name, status) CATTLE_##name = (status),
enum cattle_code { CATTLE_CODES(CATTLE_CODE) };
#undef CATTLE_CODE

#define CATTLE_PASSWORD_MIN 6 /* characters, like all of these */
#define CATTLE_PASSWORD_MAX 16
#define CATTLE_USERNAME_MAX 15
#define CATTLE_PUSH_ID_MAX 64
#define CATTLE_PAGE 10 /* people on a page */
/* Bytes of a body with a file: 10 MiB in base64, with line feeds and the rest of the object. */
#define CATTLE_FILE_MAX (15 * 1024 * 1024)
#define CATTLE_COOKIE "sessionid"

/* account.c */
int cattle_register(struct req *req);
int cattle_login(struct req *req);
int cattle_out(struct req *req);
int cattle_complete_account(struct req *req);

/* people.c */
int cattle_user_search(struct req *req);
int cattle_add_friend(struct req *req);
int cattle_user_contacts(struct req *req);
int cattle_all_contacts(struct req *req);
int cattle_group_search(struct req *req);
int cattle_push_id(struct req *req);

/* file.c */
int cattle_save_file(struct req *req);

/* input.c */
/* The body as a JSON object; ERR_INVALID. */
int cattle_object(struct req *req, const json_t **ret_object);
/* A text, "" when absent or null; ERR_INVALID for another type. */
int cattle_text(const json_t *object, const char *name, struct str *ret_text);
/* The same, or an integer. */
int cattle_number(struct req *req, const json_t *object, const char *name, struct str *ret_text);
/* enum user_sex of '0' (male) or '1' (female), 0 when empty; ERR_INVALID. */
int cattle_sex(struct str text, int *ret_sex);
/* What is wrong with a new phone or password, in the contract's order; SUCCESS_STATUS: nothing. */
enum cattle_code cattle_check_new(struct str phone, struct str password);
/* A whole phone number. */
bool cattle_is_phone(struct str text);

/* render.c */
/* dialect->fail */
void cattle_fail(struct req *req, int err);
/* The whole reply for a refusal. */
int cattle_refuse(struct req *req, enum cattle_code code);
/* {"status":…,"result":…,"message":"ok","date":…}: what stands between begin and end is the result.
 */
void cattle_begin(struct req *req, enum cattle_code code);
/* ERR_NOMEM when the reply is over its limit. */
int cattle_end(struct req *req);
/* Success, with nothing to show. */
int cattle_done(struct req *req);
/* The account object, and the user object within it. */
void cattle_add_account(struct req *req, const struct user_person *person);
void cattle_add_user(struct req *req, const struct user_person *person);
/* The path of the account's picture, without the first slash. */
struct str cattle_avatar(const struct user_account *account);

#endif
