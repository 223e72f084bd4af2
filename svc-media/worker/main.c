/*
 * quintet-picture: the one program that links libvips. svc-media starts it when a picture is to be
 * made, hands it jobs over a socket pair (picture_job.h) and ends it when there are none for a
 * while. It has no other way in or out, holds no secret but the job's, and ends when the socket
 * does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vips/vips.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "svc-media/picture_job.h"
#include "svc-media/worker/captcha.h"

#define ARENA_LIMIT ((size_t)4 * 1024 * 1024)
#define MEMORY_MAX ((rlim_t)1024 * 1024 * 1024)
#define JOB_CPU_MAX_S 10

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

static int limit(int what, rlim_t most)
{
	struct rlimit rlimit = {most, most};

	return setrlimit((__rlimit_resource_t)what, &rlimit);
}

/* A sanitizer maps terabytes of addresses. */
static int set_limits(void)
{
	if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_FSIZE, 0))
		return ERR_IO;
	return !IS_SANITIZED && limit(RLIMIT_AS, MEMORY_MAX) ? ERR_IO : 0;
}

/* Counted from the start of the process, so it is moved on with every job. */
static void allow_cpu(void)
{
	struct rlimit rlimit = {RLIM_INFINITY, RLIM_INFINITY};
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	rlimit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + JOB_CPU_MAX_S);
	setrlimit(RLIMIT_CPU, &rlimit);
}

static int draw_captcha(struct captcha *captcha, const struct picture_job *job, struct arena *arena,
	struct str *ret_content)
{
	size_t len;
	void *png;
	int rc = job->seed.len == CAPTCHA_SEED_BYTES ? 0 : ERR_INVALID;

	if (!rc)
		rc = captcha_draw(captcha, job->text, (int)job->width, (int)job->height,
			(const unsigned char *)job->seed.p, &png, &len);
	if (rc)
		return rc;
	*ret_content = str_dup(arena, (struct str){png, len});
	g_free(png);
	return ret_content->p ? 0 : ERR_NOMEM;
}

static int answer(struct captcha *captcha, struct arena *arena)
{
	struct picture_job job = {0};
	struct picture_answer reply = {0};
	int rc = picture_receive(PICTURE_SOCKET, &picture_job_fields, 0, arena, &job);

	if (rc)
		return rc;
	allow_cpu();
	switch ((enum picture_task)job.task) {
	case PICTURE_CAPTCHA:
		rc = draw_captcha(captcha, &job, arena, &reply.content);
		break;
	default:
		rc = ERR_INVALID;
	}
	reply.refusal = -rc;
	return picture_send(PICTURE_SOCKET, &picture_answer_fields, &reply, arena);
}

static int start(struct captcha **ret_captcha)
{
	signal(SIGXFSZ, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0);
	if (VIPS_INIT("quintet-picture"))
		return ERR_IO;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	if (captcha_new(ret_captcha) != 0)
		return ERR_IO;
	return set_limits();
}

int main(void)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct captcha *captcha = NULL;

	if (!arena || start(&captcha) != 0) {
		fprintf(stderr,
			"quintet-picture: cannot start: no libvips, no fonts or no memory\n");
		return 1;
	}
	while (answer(captcha, arena) == 0)
		arena_reset(arena);
	/* The other side hung up. What libraries keep for their own end need not be taken apart. */
	_exit(0);
}
