#include "gateway/problem.h"

#include "gateway/req.h"

static const struct {
	int status;
	const char *title;
} titles[] = {
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{415, "Unsupported Media Type"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

const char *problem_title(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "";
}

void problem_reply(struct req *req, int status, const char *code, const char *detail)
{
	req->status = status;
	req->content_type = "application/problem+json";
	req->out.len = 0;
	buf_add_c(&req->out, "{\"status\":");
	buf_add_i64(&req->out, status);
	buf_add_c(&req->out, ",\"code\":");
	buf_add_json(&req->out, str_c(code));
	buf_add_c(&req->out, ",\"title\":");
	buf_add_json(&req->out, str_c(problem_title(status)));
	buf_add_c(&req->out, ",\"detail\":");
	buf_add_json(&req->out, str_c(detail));
	buf_add_char(&req->out, '}');
}
