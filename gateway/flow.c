#include "gateway/flow.h"

#include "common/rpc/user_api.h"
#include "gateway/req.h"

struct str flow_bearer(struct str header)
{
	static const struct str scheme = STR_INIT("Bearer");
	struct str token;

	if (!str_eq_nocase(str_sub(header, 0, scheme.len), scheme))
		return STR_NONE;
	token = str_sub(header, scheme.len, header.len);
	if (token.len == 0 || (token.p[0] != ' ' && token.p[0] != '\t'))
		return STR_NONE;
	token = str_trim(token);
	return token.len ? token : STR_NONE;
}

int flow_limited(struct req *req, struct str login, int by)
{
	const struct user_find_in in = {.login = login, .by = by};
	struct user_find_out out;
	int rc = call_user_find(&req->call, &in, &out);

	if (rc == ERR_NOT_FOUND || rc == ERR_INVALID)
		return ERR_UNKNOWN_ACCOUNT;
	return rc ? rc : ERR_BAD_CREDENTIALS;
}
