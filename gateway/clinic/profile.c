#include "gateway/clinic/clinic.h"
#include "gateway/form.h"
#include "gateway/req.h"

#define FOLLOW_IMAGES 3

static void add_age(struct req *req, const struct user_account *account)
{
	buf_add_c(&req->out, ",\"age\":");
	buf_add_i64(&req->out, account->age.set ? account->age.value : 0);
}

static void add_follows(struct req *req, const struct user_follows_out *follows)
{
	buf_add_c(&req->out, ",\"follow_num\":");
	buf_add_i64(&req->out, follows->total);
	buf_add_c(&req->out, ",\"follow_images\":[");
	for (size_t i = 0; i < follows->items_count && i < FOLLOW_IMAGES; i++) {
		if (i)
			buf_add_char(&req->out, ',');
		buf_add_json(&req->out, clinic_image(&follows->items[i]));
	}
	buf_add_char(&req->out, ']');
}

int clinic_homepage(struct req *req)
{
	struct user_get_out me;
	struct user_follows_out follows;
	int rc = call_user_get(&req->call, &(struct user_get_in){.id = req->session.account}, &me);

	if (rc == 0)
		rc = call_user_follows(
			&req->call, &(struct user_follows_in){.limit = FOLLOW_IMAGES}, &follows);
	if (rc)
		return rc;
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"status\":true,\"info\":{\"name\":");
	buf_add_json(&req->out, me.account.username);
	add_age(req, &me.account);
	clinic_add_text(req, "sex", clinic_sex(&me.account));
	clinic_add_text(req, "identity", me.account.identity);
	clinic_add_text(req, "description", me.account.description);
	clinic_add_text(req, "image", clinic_image(&me.account));
	add_follows(req, &follows);
	buf_add_c(&req->out, "}}");
	return 0;
}

int clinic_tobeupdated(struct req *req)
{
	struct user_get_out me;
	int rc = call_user_get(&req->call, &(struct user_get_in){.id = req->session.account}, &me);

	if (rc)
		return rc;
	req_reply_json(req, 200);
	buf_add_c(&req->out, "{\"status\":true,\"info\":{\"username\":");
	buf_add_json(&req->out, me.account.username);
	/* The document says username, the Android client reads name. */
	clinic_add_text(req, "name", me.account.username);
	clinic_add_text(req, "password", STR("******"));
	add_age(req, &me.account);
	clinic_add_text(req, "sex", clinic_sex(&me.account));
	clinic_add_text(req, "email", me.account.email);
	clinic_add_text(req, "uid", me.account.wechat);
	clinic_add_text(req, "description", me.account.description);
	clinic_add_text(req, "image", clinic_image(&me.account));
	buf_add_c(&req->out, "}}");
	return 0;
}

static int find_account(struct req *req, const struct form *form, int64_t *ret_id)
{
	struct str id = form_value(form, STR("id"));
	struct user_find_in in = {.by = LOGIN_USERNAME};
	struct user_find_out out;
	int rc;

	if (id.len)
		return str_is_digits(id) ? str_to_i64(id, ret_id) : ERR_INVALID;
	rc = clinic_text(form, "username", CLINIC_USERNAME_MAX, &in.login);
	if (rc == 0)
		rc = call_user_find(&req->call, &in, &out);
	if (rc == 0)
		*ret_id = out.account.id;
	return rc;
}

int clinic_follow(struct req *req)
{
	struct user_follow_in in = {0};
	struct user_follow_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = find_account(req, form, &in.id);
	if (rc == 0)
		rc = call_user_follow(&req->call, &in, &out);
	if (rc)
		return rc;
	return req_reply_text(req, 200,
		out.following ? "{\"status\":true,\"bool_follow\":true}"
			      : "{\"status\":true,\"bool_follow\":false}");
}
