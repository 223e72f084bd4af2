/* RFC 9457 application/problem+json, for refusals that the gateway itself makes. */
#ifndef GATEWAY_PROBLEM_H
#define GATEWAY_PROBLEM_H

struct req;

/* Replaces the reply by {"status", "code", "title", "detail"}; title is the status's name (RFC 9110).
 * Headers that were added stay. */
void problem_reply(struct req *req, int status, const char *code, const char *detail);
/* "Not Found" for 404; "" for what is no HTTP status. */
const char *problem_title(int status);

#endif
