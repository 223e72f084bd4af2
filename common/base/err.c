#include "common/base/err.h"

#define ERR_NAME(code, name, wire, text)                                                           \
	case ERR_##name:                                                                           \
		return wire;
#define ERR_TEXT(code, name, wire, text)                                                           \
	case ERR_##name:                                                                           \
		return text;

const char *err_name(int err)
{
	switch (err) {
	case 0:
		return "ok";
		ERR_LIST(ERR_NAME)
	default:
		return "internal";
	}
}

const char *err_text(int err)
{
	switch (err) {
	case 0:
		return "done";
		ERR_LIST(ERR_TEXT)
	default:
		return err_text(ERR_INTERNAL);
	}
}
