#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/body.h"
#include "gateway/native/list.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

int contacts_list(struct req *req)
{
	struct user_contacts_in in = {0};
	struct user_contacts_out out;
	struct list_page page;
	size_t n;
	int rc = list_page_read(req, &page);

	if (rc)
		return rc;
	in.limit = page.limit;
	in.after = page.after;
	rc = call_user_contacts(&req->call, &in, &out);
	if (rc == ERR_INVALID && page.after)
		return refusal_field(req, "cursor", FIELD_UNKNOWN);
	if (rc)
		return rc;
	n = out.items_count;
	list_begin(req);
	for (size_t i = 0; i < n; i++) {
		list_separate(req, (int64_t)i);
		field_json_write(&user_contact_fields, &out.items[i], false, &req->out);
	}
	return list_end(req, out.more && n, n ? out.items[n - 1].account.id : 0);
}

int contacts_put(struct req *req)
{
	struct user_contact_put_in in;
	struct user_contact_put_out out;
	int64_t id;
	int rc = req_param_id(req, 0, &id);

	if (rc == 0)
		rc = body_read_patch(req, &user_contact_put_in_fields, &in);
	if (rc)
		return rc;
	in.id = id;
	rc = call_user_contact_put(&req->call, &in, &out);
	return rc ? rc : req_reply_empty(req, 204);
}

int contacts_delete(struct req *req)
{
	struct user_contact_delete_in in = {0};
	struct user_contact_delete_out out;
	int rc = req_param_id(req, 0, &in.id);

	if (rc == 0)
		rc = call_user_contact_delete(&req->call, &in, &out);
	return rc ? rc : req_reply_empty(req, 204);
}
