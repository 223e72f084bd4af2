#include <string.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "svc-auth/deliver/send.h"

/* What is still to be sent. */
static size_t read_mail(char *bytes, size_t size, size_t count, void *arg)
{
	struct str *rest = arg;
	size_t len = size * count < rest->len ? size * count : rest->len;

	memcpy(bytes, rest->p, len);
	*rest = str_sub(*rest, len, rest->len);
	return len;
}

static const char *bracketed(struct str address, struct arena *arena)
{
	struct buf out;

	buf_init(&out, arena, 512);
	buf_add_char(&out, '<');
	buf_add_str(&out, address);
	buf_add_char(&out, '>');
	buf_add_char(&out, '\0');
	return buf_failed(&out) ? NULL : out.p;
}

/* A code and a password must not travel where somebody can listen. On this machine nobody can, and
 * a server there has seldom a certificate that can be checked. */
static CURLcode set_tls(CURL *curl, const struct conf *conf, bool is_local)
{
	struct str mode = conf_text(conf, "QUINTET_SMTP_TLS");
	bool relaxed = is_local && str_eq(mode, STR("auto"));
	long use = relaxed || str_eq(mode, STR("offered")) ? CURLUSESSL_TRY : CURLUSESSL_ALL;
	bool check = !relaxed || conf_text(conf, "QUINTET_CA").len > 0;
	CURLcode rc = curl_easy_setopt(curl, CURLOPT_USE_SSL, use);

	if (!rc)
		rc = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
	return rc ? rc : curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
}

/* 5xx: this address will not do. 53x speaks of us and of the server (RFC 4954, RFC 3207): that can
 * be set right while the code is still good. */
static int judge(CURLcode rc, long status)
{
	if (!rc)
		return JOB_DELIVERED;
	return status >= 500 && status < 600 && status / 10 != 53 ? JOB_REFUSED : JOB_AGAIN;
}

int mail_send(const struct conf *conf, const struct deliver_job *job, struct arena *arena)
{
	struct str from = conf_text(conf, "QUINTET_MAIL_FROM");
	const char *url = str_cstr(arena, conf_text(conf, "QUINTET_SMTP_URL"));
	const char *sender = bracketed(from, arena), *receiver = bracketed(job->to, arena);
	struct str rest = mail_text(from, job, arena);
	struct curl_slist *to = receiver ? curl_slist_append(NULL, receiver) : NULL;
	bool is_local;
	CURL *curl = to && url && sender && rest.p ? transfer_new(conf, url, &is_local) : NULL;
	long status = 0;
	int result = JOB_AGAIN;

	if (curl && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
		set_tls(curl, conf, is_local) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_READDATA, &rest) == CURLE_OK &&
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) == CURLE_OK) {
		CURLcode rc = transfer_run(curl, job, &status);
		result = judge(rc, status);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(to);
	return result;
}
