/* svc-auth: registration, passwords and sessions, in SQL and Redis. */
#include "svc-auth/auth.h"

int main(int argc, char **argv)
{
	return svc_main(argc, argv, auth_spec());
}
