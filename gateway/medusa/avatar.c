/* The new picture of an account. Its bytes are counted as they come; there is no store for them
 * yet. */
#include "gateway/form.h"
#include "gateway/guard.h"
#include "gateway/http.h"
#include "gateway/medusa/medusa.h"
#include "gateway/req.h"


struct upload {
	bool is_file;	    /* the part under way is the picture */
	bool seen;	    /* there was one */
	int64_t file_bytes; /* of the last one */
};

static int on_part(void *arg, const struct form_field *part)
{
	struct upload *upload = arg;

	upload->is_file = str_eq(part->name, STR("file")) && part->filename.p;
	if (upload->is_file) {
		upload->seen = true;
		upload->file_bytes = 0;
	}
	return 0;
}

static int on_data(void *arg, struct str bytes)
{
	struct upload *upload = arg;

	if (upload->is_file)
		upload->file_bytes += (int64_t)bytes.len;
	return 0;
}

static int on_end(void *arg)
{
	(void)arg;
	return 0;
}

static int receive(struct req *req, struct upload *upload)
{
	struct multipart_sink sink = {upload, on_part, on_data, on_end};
	struct multipart *reader;
	int rc = multipart_new(req_header(req, "Content-Type"), &sink, req->arena, &reader);

	return rc ? rc : req_feed(req, reader);
}

int medusa_upload_avatar(struct req *req)
{
	static const struct medusa_word illegal = {403, "小宝贝这是非法查询哦(๑•̀ㅂ•́)و✧"};
	static const struct medusa_word no_picture = {169, "你不对劲！为什么报错了？"};
	static const struct medusa_word small = {
		603, "它实在是太小了，莎酱真的一点感觉都没有o(TヘTo)"};
	struct upload upload = {0};
	int rc = guard_session(req);

	if (rc)
		return rc;
	if (!req->session.account)
		return medusa_say(req, &illegal);
	rc = receive(req, &upload);
	if (rc == ERR_INVALID)
		return medusa_say(req, &no_picture);
	if (rc)
		return rc;
	if (upload.seen && upload.file_bytes <= MEDUSA_PICTURE_MIN)
		return medusa_say(req, &small);
	return medusa_say(req, &no_picture);
}
