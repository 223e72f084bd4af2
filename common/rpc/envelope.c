#include "common/rpc/envelope.h"
#include "common/rpc/event.h"

FIELD_TABLE(nothing, NOTHING)
FIELD_TABLE(caller, CALLER)
FIELD_TABLE(rpc_request, RPC_REQUEST)
FIELD_TABLE(rpc_requests, RPC_REQUESTS)
FIELD_TABLE(rpc_reply, RPC_REPLY)
FIELD_TABLE(rpc_replies, RPC_REPLIES)
FIELD_TABLE(event, EVENT)
