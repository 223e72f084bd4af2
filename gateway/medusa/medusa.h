/* The medusa dialect: handlers and what they read and render with (contracts/medusa.md). */
#ifndef GATEWAY_MEDUSA_H
#define GATEWAY_MEDUSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct req;

#define MEDUSA_PASSWORD_MAX 128 /* characters */
#define MEDUSA_PICTURE_MAX (10 * 1024 * 1024)
#define MEDUSA_PICTURE_MIN (10 * 1024) /* bytes: this and less is too small */

/* A reply as the document lists it: "200：注册成功". */
struct medusa_word {
	int code;
	const char *message;
};

/* captcha.c */
int medusa_captcha(struct req *req);
/* The step that login, registration and passwords begin with. *ret_passed: go on; else the reply is
 * set. */
int medusa_check_captcha(struct req *req, const struct medusa_word *empty,
	const struct medusa_word *wrong, bool *ret_passed);

/* account.c */
int medusa_registered(struct req *req);
int medusa_login(struct req *req);
int medusa_update_password(struct req *req);
int medusa_forget_password(struct req *req);

/* profile.c */
int medusa_user_info(struct req *req);
int medusa_update_show_name(struct req *req);
int medusa_update_key(struct req *req);

/* avatar.c */
int medusa_upload_avatar(struct req *req);

/* body.c */
/* Texts of the JSON object in the body, by key; what is absent or null is "". ERR_INVALID when the
 * body is no JSON object or a text is none. keys and ret_texts: `count` each. */
int medusa_read(struct req *req, const char *const *keys, struct str *ret_texts, size_t count);
/* One of them, for dialect->token: absent when it cannot be read. */
struct str medusa_peek(struct req *req, const char *key);

/* render.c */
int medusa_say(struct req *req, const struct medusa_word *word);
/* What a refusal of a service comes to: `wrong` when the client's data were, else err itself, for
 * dialect->fail. */
int medusa_refuse(struct req *req, int err, const struct medusa_word *wrong);
/* dialect->fail */
void medusa_fail(struct req *req, int err);
/* dialect->wrong_method */
bool medusa_wrong_method(struct req *req);

#endif
