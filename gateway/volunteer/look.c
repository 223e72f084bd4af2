#include "gateway/form.h"
#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

/* Empty and absent both mean no restriction. */
static int read_name(
	const struct req *req, const struct form *form, const char *name, struct str *ret_text)
{
	if (form_value(form, str_c(name)).len == 0)
		return 0;
	return volunteer_text(req, form, name, USER_NAME_MAX, ret_text);
}

static int read_page(const struct form *form, struct user_search_ids_in *ret_in)
{
	struct str limit = form_value(form, STR("limit"));

	ret_in->limit = VOLUNTEER_SEARCH_MAX;
	if (form_value(form, STR("after")).len && volunteer_id(form, "after", &ret_in->after))
		return ERR_INVALID;
	if (limit.len == 0)
		return 0;
	if (!str_is_digits(limit) || str_to_i64(limit, &ret_in->limit))
		return ERR_INVALID;
	return ret_in->limit < 1 || ret_in->limit > VOLUNTEER_SEARCH_MAX ? ERR_INVALID : 0;
}

int volunteer_search(struct req *req)
{
	struct user_search_ids_in in = {0};
	struct user_search_ids_out out;
	struct form *form;
	int rc = req_form(req, false, true, &form);

	if (rc == 0)
		rc = read_name(req, form, "first_name", &in.first_name);
	if (rc == 0)
		rc = read_name(req, form, "last_name", &in.last_name);
	if (rc == 0)
		rc = volunteer_choice(form, "role", &in.role);
	if (rc == 0)
		rc = read_page(form, &in);
	if (rc == 0)
		rc = call_user_search_ids(&req->call, &in, &out);
	if (rc)
		return rc;
	volunteer_begin(req);
	buf_add_c(&req->out, "\"id_list\":[");
	for (size_t i = 0; i < out.ids_count; i++) {
		buf_add_c(&req->out, i ? ",\"" : "\"");
		buf_add_i64(&req->out, out.ids[i]);
		buf_add_char(&req->out, '"');
	}
	buf_add_char(&req->out, ']');
	return volunteer_end(req);
}

/* Found by id as for signing in, so that erased accounts are not. */
int volunteer_getuser(struct req *req)
{
	struct user_find_in in = {.by = LOGIN_ID};
	struct user_find_out out;
	struct form *form;
	int64_t id = 0;
	int rc = req_form(req, false, true, &form);

	if (rc)
		return rc;
	rc = volunteer_id(form, "id", &id);
	if (req->session.role != ROLE_ADMINISTRATOR && id != req->session.account)
		return ERR_DENIED;
	if (rc)
		return rc;
	in.login = form_value(form, STR("id"));
	rc = call_user_find(&req->call, &in, &out);
	if (rc)
		return rc;
	volunteer_begin(req);
	volunteer_add_id(req, "id", out.account.id);
	volunteer_add_text(req, "first_name", out.account.first_name);
	volunteer_add_text(req, "last_name", out.account.last_name);
	volunteer_add_text(req, "role", enum_words_text(&user_roles, out.account.role));
	volunteer_add_text(req, "status", volunteer_digit(out.account.status));
	return volunteer_end(req);
}
