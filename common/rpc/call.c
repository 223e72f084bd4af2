#include "common/rpc/call.h"

int call_refuse(struct call *call, int err, struct str field)
{
	if (call->field_count < CALL_FIELDS_MAX)
		call->fields[call->field_count++] = field;
	return err;
}

int call_refuse_for(struct call *call, int err, int64_t retry_after_s)
{
	call->retry_after_s = retry_after_s;
	return err;
}
