#include "gateway/cattle/cattle.h"
#include "gateway/req.h"

#define PAGES_MAX 1000000 /* more than there can be */

static int read_page(struct str text, int64_t *ret_page)
{
	if (!str_is_digits(text))
		return ERR_INVALID;
	if (str_to_i64(text, ret_page) || *ret_page > PAGES_MAX)
		*ret_page = PAGES_MAX;
	return 0;
}

/* A list that is empty is a failure by its status, and ok by its message. */
static int reply_nobody(struct req *req)
{
	cattle_begin(req, CATTLE_FAILURE_STATUS);
	buf_add_c(&req->out, "[]");
	return cattle_end(req);
}

static void add_people(struct req *req, const struct user_people_out *people, bool first)
{
	for (size_t i = 0; i < people->items_count; i++) {
		if (i || !first)
			buf_add_char(&req->out, ',');
		cattle_add_user(req, &people->items[i]);
	}
}

static int reply_people(struct req *req, const struct user_people_in *in)
{
	struct user_people_out out;
	int rc = call_user_people(&req->call, in, &out);

	if (rc)
		return rc;
	if (out.items_count == 0)
		return reply_nobody(req);
	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	buf_add_char(&req->out, '[');
	add_people(req, &out, true);
	buf_add_char(&req->out, ']');
	return cattle_end(req);
}

int cattle_user_search(struct req *req)
{
	struct str field = req->params[0];
	struct user_people_in in = {.limit = CATTLE_PAGE};
	int64_t page;
	int rc = read_page(req->params[1], &page);

	if (rc)
		return rc;
	if (str_chars(field) > USER_USERNAME_MAX)
		return reply_nobody(req);
	if (cattle_is_phone(field))
		in.phone = field;
	else
		in.part = field;
	in.skip = page * CATTLE_PAGE;
	return reply_people(req, &in);
}

int cattle_user_contacts(struct req *req)
{
	struct user_people_in in = {.contacts = true, .limit = CATTLE_PAGE};
	int64_t page;
	int rc = read_page(req->params[0], &page);

	in.skip = rc ? 0 : page * CATTLE_PAGE;
	return rc ? rc : reply_people(req, &in);
}

/* Without a page: all of them. */
int cattle_all_contacts(struct req *req)
{
	struct user_people_in in = {.contacts = true, .limit = USER_PEOPLE_MAX};
	struct user_people_out out;
	int rc = call_user_people(&req->call, &in, &out);

	if (rc)
		return rc;
	if (out.items_count == 0)
		return reply_nobody(req);
	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	buf_add_char(&req->out, '[');
	add_people(req, &out, true);
	while (out.items_count == USER_PEOPLE_MAX && !buf_failed(&req->out)) {
		in.skip += USER_PEOPLE_MAX;
		rc = call_user_people(&req->call, &in, &out);
		if (rc)
			return rc;
		add_people(req, &out, false);
	}
	buf_add_char(&req->out, ']');
	return cattle_end(req);
}

int cattle_add_friend(struct req *req)
{
	struct user_contact_put_in in = {0};
	struct user_contact_put_out put;
	struct user_person_out out;
	int rc = req_param_id(req, 0, &in.id);

	if (rc == 0)
		rc = call_user_contact_put(&req->call, &in, &put);
	if (rc)
		return rc;
	if (!put.added)
		return ERR_EXISTS;
	rc = call_user_person(&req->call, &(struct user_person_in){.id = in.id}, &out);
	if (rc)
		return rc;
	cattle_begin(req, CATTLE_SUCCESS_STATUS);
	cattle_add_account(req, &out.person);
	return cattle_end(req);
}

/* Nobody has made a group yet. */
int cattle_group_search(struct req *req)
{
	int64_t page;
	int rc = read_page(req->params[1], &page);

	return rc ? rc : reply_nobody(req);
}

int cattle_push_id(struct req *req)
{
	struct user_bind_out out;
	int rc = str_chars(req->params[0]) > CATTLE_PUSH_ID_MAX ? ERR_INVALID : 0;

	if (rc == 0)
		rc = call_user_bind(&req->call, &(struct user_bind_in){0}, &out);
	return rc ? rc : cattle_done(req);
}
