/* svc-chat: conversations, messages, groups, receipts and blocks, in SQL. */
#include "svc-chat/chat.h"

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &chat_spec);
}
