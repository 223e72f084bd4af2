/* The JSON body of a /v1 request as a struct. */
#ifndef GATEWAY_NATIVE_BODY_H
#define GATEWAY_NATIVE_BODY_H

struct req;
struct field_set;

/* Fills the struct from the body: ERR_MEDIA_TYPE unless it is announced as JSON, ERR_BAD_JSON when it
 * cannot be parsed, ERR_INVALID (with req->problems) when it is no object or its fields are wrong. */
int body_read(struct req *req, const struct field_set *set, void *ret_in);
/* As body_read, for a change: null empties a text, which the services take as "remove". */
int body_read_patch(struct req *req, const struct field_set *set, void *ret_in);

#endif
