/* Baseline: civetweb alone. What HTTP costs with nothing behind it. */
#include "echo.h"

static int on_request(struct mg_connection *connection)
{
	echo_answer(connection, echo_body, echo_body_len());
	return 200;
}

int main(void)
{
	return echo_serve(on_request, NULL);
}
