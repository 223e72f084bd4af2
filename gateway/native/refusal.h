/* Refusals of /v1: problem details (RFC 9457) with a stable code, v1.md "Conventions". */
#ifndef GATEWAY_NATIVE_REFUSAL_H
#define GATEWAY_NATIVE_REFUSAL_H

#include "common/rpc/field.h"

struct req;

/* The HTTP status that says err. */
int refusal_status(int err);
/* dialect->fail: sets the whole reply, with the fields that req->problems or the refused call name. */
void refusal_fail(struct req *req, int err);
/* The same under another status than the error's own; returns 0, so that a handler can end with it. */
int refusal_send(struct req *req, int status, int err);
/* Notes what is wrong with a field; returns ERR_INVALID for the handler to return. */
int refusal_field(struct req *req, const char *field, enum field_fault fault);

#endif
