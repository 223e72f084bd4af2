/* A form that may carry a picture, read piece by piece: the picture is never held as a whole. */
#include "gateway/clinic/clinic.h"
#include "gateway/form.h"
#include "gateway/http.h"
#include "gateway/req.h"


struct upload {
	struct form *form;
	struct form_field part; /* under way */
	bool is_file;           /* the part is dropped, as long as there is no store for it */
	struct buf text;        /* its value; what is left of the limit goes on to the next one */
};

static int on_part(void *arg, const struct form_field *part)
{
	struct upload *upload = arg;

	upload->part = *part;
	upload->is_file = part->filename.p != NULL;
	buf_init(&upload->text, upload->text.arena, upload->text.limit - upload->text.len);
	return 0;
}

static int on_data(void *arg, struct str bytes)
{
	struct upload *upload = arg;

	if (upload->is_file)
		return 0;
	buf_add_str(&upload->text, bytes);
	return buf_failed(&upload->text) ? ERR_INVALID : 0;
}

static int on_end(void *arg)
{
	struct upload *upload = arg;
	struct form *form = upload->form;

	if (upload->is_file)
		return 0;
	upload->part.value = upload->text.len ? buf_str(&upload->text) : STR("");
	if (form->count == FORM_FIELDS_MAX || str_chars(upload->part.value) < 0)
		return ERR_INVALID;
	form->fields[form->count++] = upload->part;
	return 0;
}

int clinic_upload(struct req *req, struct form **ret_form)
{
	struct str type = req_header(req, "Content-Type");
	struct upload upload = {.form = ARENA_NEW(req->arena, struct form)};
	struct multipart_sink sink = {&upload, on_part, on_data, on_end};
	struct multipart *reader;
	int64_t len = http_body_length(req->http);
	int rc;

	if (!upload.form)
		return ERR_NOMEM;
	if (!str_eq_nocase(str_sub(type, 0, 10), STR("multipart/"))) {
		if (len > ROUTE_BODY_MAX && len != INT64_MAX)
			return ERR_INVALID; /* only a picture may be so large */
		return req_form(req, false, true, ret_form);
	}
	buf_init(&upload.text, req->arena, ROUTE_BODY_MAX);
	rc = multipart_new(type, &sink, req->arena, &reader);
	if (rc == 0)
		rc = req_feed(req, reader);
	if (rc == 0)
		*ret_form = upload.form;
	return rc;
}
