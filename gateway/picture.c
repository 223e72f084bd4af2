#include "gateway/picture.h"

#include "common/rpc/media_api.h"
#include "gateway/req.h"

#define PATH_MAX_CHARS 200

/* If-None-Match (RFC 9110, 13.1.2): weak comparison with each entity tag of the list. */
static bool is_known(struct str known, struct str quoted_etag)
{
	struct str tag;

	while (str_cut(&known, ',', &tag)) {
		tag = str_trim(tag);
		if (str_eq(tag, STR("*")))
			return true;
		if (str_starts(tag, STR("W/")))
			tag = str_sub(tag, 2, tag.len);
		if (str_eq(tag, quoted_etag))
			return true;
	}
	return false;
}

/* The default picture keeps its URL when it changes, so caches ask again after a day. */
int picture_serve(struct req *req)
{
	struct media_picture_in in = {.path = req->path};
	struct media_picture_out out;
	struct buf etag;
	int rc = str_chars(req->path) > PATH_MAX_CHARS ? ERR_NOT_FOUND : 0;

	if (rc == 0)
		rc = call_media_picture(&req->call, &in, &out);
	if (rc == ERR_NOT_FOUND || rc == ERR_INVALID)
		return req_reply_empty(req, 404);
	if (rc)
		return rc;
	buf_init(&etag, req->arena, 128);
	buf_add_char(&etag, '"');
	buf_add_str(&etag, out.etag);
	buf_add_char(&etag, '"');
	req_add_header(req, "ETag", buf_str(&etag));
	req_add_header(req, "Cache-Control", STR("public, max-age=86400"));
	req_add_header(req, "X-Content-Type-Options", STR("nosniff"));
	if (is_known(req_header(req, "If-None-Match"), buf_str(&etag)))
		return req_reply_empty(req, 304);
	req->status = 200;
	req->content_type = str_cstr(req->arena, out.type);
	buf_add_str(&req->out, out.content);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
