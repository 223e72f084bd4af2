#include <sodium.h>
#include <time.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "svc-auth/deliver/send.h"

#define MAIL_MAX 8192
#define DATE_MAX 64

/* RFC 2047; our subjects fit into one encoded word. */
static void add_subject(struct buf *out, struct str subject)
{
	const unsigned variant = sodium_base64_VARIANT_ORIGINAL;
	char *text;

	buf_add_c(out, "Subject: ");
	if ((size_t)str_chars(subject) == subject.len) {
		buf_add_str(out, subject);
	} else {
		size_t size = sodium_base64_ENCODED_LEN(subject.len, variant);

		buf_add_c(out, "=?UTF-8?B?");
		text = buf_reserve(out, size);
		if (!text)
			return;
		sodium_bin2base64(
			text, size, (const unsigned char *)subject.p, subject.len, (int)variant);
		out->len--; /* its NUL */
		buf_add_c(out, "?=");
	}
	buf_add_c(out, "\r\n");
}

/* The process never leaves the C locale, so the names of day and month are English. */
static void add_date(struct buf *out, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / CLOCK_SECOND_US);
	char text[DATE_MAX];
	struct tm parts;

	if (gmtime_r(&seconds, &parts) &&
		strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S +0000\r\n", &parts))
		buf_add_c(out, text);
}

struct str mail_text(struct str from, const struct deliver_job *job, struct arena *arena)
{
	ptrdiff_t sign = str_find(from, '@');
	struct buf out;

	buf_init(&out, arena, MAIL_MAX);
	add_date(&out, job->time);
	buf_add_c(&out, "From: Quintet <");
	buf_add_str(&out, from);
	buf_add_c(&out, ">\r\nTo: <");
	buf_add_str(&out, job->to);
	buf_add_c(&out, ">\r\n");
	add_subject(&out, job->subject);
	buf_add_c(&out, "Message-ID: <");
	buf_add_str(&out, job->id);
	buf_add_str(&out, sign < 0 ? STR("@localhost") : str_sub(from, (size_t)sign, from.len));
	buf_add_c(&out, ">\r\n"
			"Auto-Submitted: auto-generated\r\n"
			"MIME-Version: 1.0\r\n"
			"Content-Type: text/plain; charset=utf-8\r\n"
			"Content-Transfer-Encoding: 8bit\r\n\r\n");
	buf_add_str(&out, job->text);
	return buf_failed(&out) ? STR_NONE : buf_str(&out);
}
