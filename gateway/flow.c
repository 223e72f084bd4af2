#include "gateway/flow.h"

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
