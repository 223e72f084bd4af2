#include <string.h>

#include "common/base/log.h"
#include "svc-auth/deliver/send.h"

/* On this machine nobody is in between. */
static bool is_local(const char *url)
{
	static const char *const names[] = {"localhost", "[::1]"};
	CURLU *parts = curl_url();
	char *host = NULL;
	bool local = false;

	if (parts &&
		curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		local = strncmp(host, "127.", 4) == 0 &&
			strspn(host, "0123456789.") == strlen(host);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			local = local || strcmp(host, names[i]) == 0;
	}
	curl_free(host);
	curl_url_cleanup(parts);
	return local;
}

/* An answer's body says nothing that we need. */
static size_t discard(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

CURL *transfer_new(const struct conf *conf, const char *url, bool *ret_is_local)
{
	struct str ca = conf_text(conf, "QUINTET_CA");
	CURL *curl = curl_easy_init();
	CURLcode rc;

	if (!curl)
		return NULL;
	*ret_is_local = is_local(url);
	rc = curl_easy_setopt(curl, CURLOPT_URL, url);
	if (!rc)
		rc = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, SEND_CONNECT_MS);
	if (!rc)
		rc = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, SEND_TIMEOUT_MS);
	if (!rc)
		rc = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
	if (!rc && *ret_is_local)
		rc = curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	if (!rc && ca.len)
		rc = curl_easy_setopt(curl, CURLOPT_CAINFO, ca.p);
	if (!rc)
		return curl;
	curl_easy_cleanup(curl);
	return NULL;
}

CURLcode transfer_run(CURL *curl, const struct deliver_job *job, long *ret_status)
{
	CURLcode rc = curl_easy_perform(curl);

	*ret_status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
	if (rc || *ret_status >= 300)
		log_event(LOG_WARN, STR_NONE, "not taken", LOG_STR("job", job->id),
			LOG_INT("status", *ret_status),
			LOG_STR("error", str_c(rc ? curl_easy_strerror(rc) : "")));
	return rc;
}
