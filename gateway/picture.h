/* Public pictures by their path, for the dialects that show them. */
#ifndef GATEWAY_PICTURE_H
#define GATEWAY_PICTURE_H

struct req;

/* A route's handler: the picture that svc-media has at the request's path, with ETag; 404 without a
 * body when there is none. */
int picture_serve(struct req *req);

#endif
