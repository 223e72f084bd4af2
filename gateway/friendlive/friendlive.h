/* The friendlive dialect: handlers and what they share (contracts/friendlive.md). */
#ifndef GATEWAY_FRIENDLIVE_H
#define GATEWAY_FRIENDLIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct arena;
struct req;
struct form;

#define FRIENDLIVE_PASSWORD_MIN 8 /* characters, like all of these */
#define FRIENDLIVE_PASSWORD_MAX 128
#define FRIENDLIVE_NICKNAME_MAX 64
#define FRIENDLIVE_PICTURE_MAX (10 * 1024 * 1024) /* bytes of an upload */
#define FRIENDLIVE_TTL_MIN_S 60
#define FRIENDLIVE_TTL_MAX_S 2592000

/* code.c: GET /register, and POST /register for its two steps. */
int friendlive_code(struct req *req);
int friendlive_register(struct req *req);
/* account.c: the second step; POST /upload; POST /log. */
int friendlive_create(struct req *req, const struct form *form);
int friendlive_upload(struct req *req);
int friendlive_log(struct req *req);

/* ticket.c: whom the flow is for, in a cookie that we sign. */
struct friendlive_ticket {
	struct str number;    /* 11 digits */
	struct str challenge; /* of the newest code */
};
/* Sets the cookie of the reply. */
void friendlive_ticket_set(struct req *req, const struct friendlive_ticket *ticket);
/* False when none came along, or a forged or an old one. */
bool friendlive_ticket_get(const struct req *req, struct friendlive_ticket *ret_ticket);
/* The cookie's value, and back; key: 32 bytes. Absent when the arena is full. */
struct str friendlive_ticket_write(const unsigned char *key, const struct friendlive_ticket *ticket,
	int64_t now_s, struct arena *arena);
bool friendlive_ticket_read(const unsigned char *key, struct str text, int64_t now_s,
	struct friendlive_ticket *ret_ticket);
#define FRIENDLIVE_TICKET_LIFE_S 1200 /* of a code, then of the number it proved */

/* render.c */
/* dialect->fail */
void friendlive_fail(struct req *req, int err);
/* {"result": "0000", "message": …}; an absent message is null. Returns 0 or ERR_NOMEM. */
int friendlive_success(struct req *req, struct str message);
/* Is this request the second step of registration? */
bool friendlive_is_create(const struct form *form);
/* A mobile number: 1[3-9] and nine digits. */
bool friendlive_is_number(struct str text);

#endif
