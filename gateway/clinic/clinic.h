/* The clinic dialect: handlers and what they render with (contracts/clinic.md). */
#ifndef GATEWAY_CLINIC_H
#define GATEWAY_CLINIC_H

#include <stddef.h>

#include "common/rpc/user_api.h"

struct req;
struct form;

#define CLINIC_USERNAME_MAX 30 /* characters, like all of these */
#define CLINIC_PASSWORD_MAX 80
#define CLINIC_DESCRIPTION_MAX 200
#define CLINIC_EMAIL_MAX 40
#define CLINIC_UID_MAX 50
#define CLINIC_PICTURE_MAX (10 * 1024 * 1024) /* bytes of a body that may carry a picture */

/* account.c */
int clinic_register(struct req *req);
int clinic_login(struct req *req);

/* profile.c */
int clinic_homepage(struct req *req);
int clinic_tobeupdated(struct req *req);
int clinic_follow(struct req *req);

/* update.c */
int clinic_updatemyinfo(struct req *req);

/* upload.c */
/* The fields of a form whose file part may be large; multipart, urlencoded or JSON. ERR_INVALID when
 * malformed or when the fields alone are over ROUTE_BODY_MAX; else as req_form. */
int clinic_upload(struct req *req, struct form **ret_form);

/* render.c */
/* dialect->fail */
void clinic_fail(struct req *req, int err);
/* A text that is there, not empty and not longer than max characters; ERR_INVALID otherwise. */
int clinic_text(const struct form *form, const char *name, ptrdiff_t max, struct str *ret_text);
/* Adds ,"key":"text" with "" for what is absent. */
void clinic_add_text(struct req *req, const char *key, struct str text);
/* URL of the account's picture. */
struct str clinic_image(const struct user_account *account);
/* "M", "F" or "O". */
struct str clinic_sex(const struct user_account *account);

#endif
