/* svc-user: accounts, profiles, follows and contacts, in SQL. */
#include "svc-user/user.h"

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &user_spec);
}
