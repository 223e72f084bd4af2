#include "gateway/form.h"
#include "gateway/req.h"
#include "gateway/volunteer/volunteer.h"

/* The target comes before its new role or status: when that is ill-formed, svc-user is still asked
 * whether the caller may change anything, and changes nothing. */
static int govern(struct req *req, const char *name, bool is_status)
{
	struct user_govern_in in = {.lower_only = true};
	struct user_govern_out out;
	struct form *form;
	int choice = 0, wrong = 0;
	int rc = req_form(req, false, true, &form);

	if (rc == 0 && form_value(form, STR("id")).len == 0)
		rc = ERR_INVALID;
	if (rc == 0)
		rc = volunteer_id(form, "id", &in.id);
	if (rc)
		return rc;
	wrong = volunteer_choice(form, name, &choice);
	if (!wrong && is_status)
		in.status = choice;
	else if (!wrong)
		in.role = choice;
	rc = call_user_govern(&req->call, &in, &out);
	if (rc || wrong || !choice)
		return rc ? rc : ERR_INVALID;
	volunteer_begin(req);
	return volunteer_end(req);
}

int volunteer_permission(struct req *req)
{
	return govern(req, "role", false);
}

int volunteer_status(struct req *req)
{
	return govern(req, "status", true);
}
