#include "gateway/native/native.h"

#include "common/rpc/field_json.h"
#include "gateway/native/list.h"
#include "gateway/req.h"

int audit_list(struct req *req)
{
	struct user_audit_in in = {0};
	struct user_audit_out out;
	struct list_page page;
	size_t n;
	int rc = list_page_read(req, &page);

	if (rc)
		return rc;
	in.limit = page.limit;
	in.after = page.after;
	rc = call_user_audit(&req->call, &in, &out);
	if (rc)
		return rc;
	n = out.items_count;
	list_begin(req);
	for (size_t i = 0; i < n; i++) {
		list_separate(req, (int64_t)i);
		field_json_write(&user_act_fields, &out.items[i], true, &req->out);
	}
	return list_end(req, out.more && n, n ? out.items[n - 1].id : 0);
}

static void add(struct native_stats *stats, const struct user_count *count)
{
	int64_t *const roles[] = {
		[ROLE_ADMINISTRATOR] = &stats->accounts.role.administrator,
		[ROLE_DONOR] = &stats->accounts.role.donor,
		[ROLE_VOLUNTEER] = &stats->accounts.role.volunteer,
		[ROLE_MEMBER] = &stats->accounts.role.member,
	};
	int64_t *const statuses[] = {
		[STATUS_NORMAL] = &stats->accounts.status.normal,
		[STATUS_FROZEN] = &stats->accounts.status.frozen,
		[STATUS_DELETED] = &stats->accounts.status.deleted,
	};

	if (count->erased) {
		stats->accounts.erased += count->accounts;
		return;
	}
	stats->accounts.total += count->accounts;
	*roles[count->role] += count->accounts;
	*statuses[count->status] += count->accounts;
}

int stats_get(struct req *req)
{
	struct native_stats stats = {0};
	struct user_stats_out out;
	int rc = call_user_stats(&req->call, &(struct user_stats_in){0}, &out);

	if (rc)
		return rc;
	for (size_t i = 0; i < out.counts_count; i++)
		add(&stats, &out.counts[i]);
	req_reply_json(req, 200);
	field_json_write(&native_stats_fields, &stats, true, &req->out);
	return buf_failed(&req->out) ? ERR_NOMEM : 0;
}
