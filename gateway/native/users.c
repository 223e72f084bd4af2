#include "gateway/native/native.h"

#include "gateway/form.h"
#include "gateway/native/body.h"
#include "gateway/native/list.h"
#include "gateway/native/refusal.h"
#include "gateway/req.h"

/* Deleted accounts are there only for administrators. */
static bool is_visible(const struct req *req, const struct user_account *account)
{
	return req->session.role == ROLE_ADMINISTRATOR || account->status != STATUS_DELETED;
}

/* Found as for signing in: erased accounts are there for nobody. */
int users_get(struct req *req)
{
	const struct user_find_in in = {.login = req->params[0], .by = LOGIN_ID};
	struct user_find_out out;
	int64_t id;
	int rc = req_param_id(req, 0, &id);

	if (rc == 0)
		rc = call_user_find(&req->call, &in, &out);
	if (rc)
		return rc;
	return is_visible(req, &out.account) ? accounts_reply(req, 200, &out.account)
					     : ERR_NOT_FOUND;
}

static int read_text(struct req *req, const struct form *form, const char *name, ptrdiff_t max,
	struct str *ret_text)
{
	*ret_text = form_value(form, str_c(name));
	return str_chars(*ret_text) > max ? refusal_field(req, name, FIELD_TOO_LONG) : 0;
}

static int read_word(struct req *req, const struct form *form, const char *name,
	const struct enum_words *words, int *ret_index)
{
	struct str word = form_value(form, str_c(name));

	*ret_index = word.p ? enum_words_find(words, word) : 0;
	return word.p && *ret_index == 0 ? refusal_field(req, name, FIELD_UNKNOWN) : 0;
}

/* Every wrong parameter is noted, then the first result that is not 0 is returned. */
static int read_conditions(struct req *req, struct user_search_in *in)
{
	struct form *form;
	int rc = req_query(req, &form);

	if (rc)
		return rc;
	read_text(req, form, "q", USER_NAME_MAX, &in->q);
	read_text(req, form, "username", USER_USERNAME_MAX, &in->username);
	read_text(req, form, "phone", USER_PHONE_MAX, &in->phone);
	read_word(req, form, "role", &user_roles, &in->role);
	read_word(req, form, "status", &user_statuses, &in->status);
	return req->problems ? ERR_INVALID : 0;
}

int users_list(struct req *req)
{
	struct user_search_in in = {0};
	struct user_search_out out;
	struct list_page page;
	size_t n;
	int rc = read_conditions(req, &in);

	if (rc == 0)
		rc = list_page_read(req, &page);
	if (rc)
		return rc;
	in.limit = page.limit;
	in.after = page.after;
	rc = call_user_search(&req->call, &in, &out);
	/* What a cursor may name, though well signed, can be gone. */
	if (rc == ERR_INVALID && page.after)
		return refusal_field(req, "cursor", FIELD_UNKNOWN);
	if (rc)
		return rc;
	n = out.items_count;
	list_begin(req);
	for (size_t i = 0; i < n; i++) {
		list_separate(req, (int64_t)i);
		accounts_write(req, &out.items[i]);
	}
	return list_end(req, out.more && n, n ? out.items[n - 1].id : 0);
}

int users_patch(struct req *req)
{
	struct user_govern_in in;
	struct user_govern_out out;
	int64_t id;
	int rc = req_param_id(req, 0, &id);

	if (rc == 0)
		rc = body_read_patch(req, &user_govern_in_fields, &in);
	if (rc)
		return rc;
	in.id = id;
	rc = call_user_govern(&req->call, &in, &out);
	return rc ? rc : accounts_reply(req, 200, &out.account);
}
