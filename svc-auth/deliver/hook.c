#include <sodium.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "svc-auth/deliver/send.h"

#define BODY_MAX 8192
#define HEADER "X-Quintet-Signature: "

static void add_member(struct buf *out, const char *key, struct str text)
{
	buf_addf(out, ",\"%s\":", key);
	buf_add_json(out, text);
}

struct str hook_body(const struct deliver_job *job, struct arena *arena)
{
	char time[CLOCK_RFC3339_LEN + 1];
	struct buf out;

	clock_rfc3339(job->time, time);
	buf_init(&out, arena, BODY_MAX);
	buf_add_c(&out, "{\"id\":");
	buf_add_json(&out, job->id);
	add_member(&out, "time", str_c(time));
	add_member(&out, "to", job->to);
	add_member(&out, "text", job->text);
	add_member(&out, "code", job->code);
	add_member(&out, "purpose", enum_words_text(&auth_purposes, job->purpose));
	buf_add_char(&out, '}');
	return buf_failed(&out) ? STR_NONE : buf_str(&out);
}

struct str hook_signature(struct str secret, struct str body, struct arena *arena)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char text[2 * sizeof(mac) + 1];
	crypto_auth_hmacsha256_state state;
	struct buf out;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.p, secret.len);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.p, body.len);
	crypto_auth_hmacsha256_final(&state, mac);
	id_hex(mac, sizeof(mac), text);
	buf_init(&out, arena, 128);
	buf_add_c(&out, "sha256=");
	buf_add_c(&out, text);
	return buf_failed(&out) ? STR_NONE : buf_str(&out);
}

static struct curl_slist *headers(struct str signature, struct arena *arena)
{
	struct curl_slist *list =
		curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
	struct curl_slist *more;
	struct buf line;

	buf_init(&line, arena, 256);
	buf_add_c(&line, HEADER);
	buf_add_str(&line, signature);
	buf_add_char(&line, '\0');
	more = list && !buf_failed(&line) ? curl_slist_append(list, line.p) : NULL;
	if (!more)
		curl_slist_free_all(list);
	return more;
}

/* 4xx: the message itself is not wanted. 408, 425 and 429 speak of the moment. */
static int judge(CURLcode rc, long status)
{
	if (!rc && status >= 200 && status < 300)
		return JOB_DELIVERED;
	if (!rc && status >= 300 && status < 500 && status != 408 && status != 425 && status != 429)
		return JOB_REFUSED;
	return JOB_AGAIN;
}

int hook_send(const struct conf *conf, const struct deliver_job *job, struct arena *arena)
{
	const char *url = str_cstr(arena, conf_text(conf, "QUINTET_SMS_URL"));
	struct str body = hook_body(job, arena);
	struct str signature = hook_signature(conf_text(conf, "QUINTET_SMS_SECRET"), body, arena);
	struct curl_slist *list = signature.p && body.p ? headers(signature, arena) : NULL;
	bool is_local;
	CURL *curl = list && url ? transfer_new(conf, url, &is_local) : NULL;
	long status = 0;
	int result = JOB_AGAIN;

	if (curl && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_USERAGENT, "quintet/" QUINTET_VERSION) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.len) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.p) == CURLE_OK) {
		CURLcode rc = transfer_run(curl, job, &status);
		result = judge(rc, status);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	return result;
}
