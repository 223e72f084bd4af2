/* Lists of /v1: `limit`, `cursor`, and the reply {"items": […], "next": "…"|null}. */
#ifndef GATEWAY_NATIVE_LIST_H
#define GATEWAY_NATIVE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 200

struct req;

struct list_page {
	int64_t limit;
	int64_t after; /* where the page before ended; 0: the first page */
};

/* From the query; ERR_INVALID names the wrong parameter. */
int list_page_read(struct req *req, struct list_page *ret_page);
/* Begins the reply; the items are then added to req->out, separated with list_separate. */
void list_begin(struct req *req);
void list_separate(struct req *req, int64_t index);
/* Ends it; last: the place of the last item, used when there are more. */
int list_end(struct req *req, bool more, int64_t last);

#endif
