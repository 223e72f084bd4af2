#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/svc/db_internal.h"

static int fail(int err, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return err;
}

static int open_private(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int take_lock(const char *db_path, int *ret_fd, const char **ret_reason)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s.lock", db_path) < 0)
		return fail(ERR_NOMEM, "out of memory", ret_reason);
	fd = open_private(path);
	free(path);
	if (fd < 0)
		return fail(ERR_IO, "cannot open the database's lock file", ret_reason);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		return 0;
	}
	close(fd);
	return fail(
		ERR_EXISTS, "already running: another process has the database open", ret_reason);
}

int db_files_open(const char *data_dir, const char *file, char **ret_path, int *ret_lock_fd,
	const char **ret_reason)
{
	char *path = NULL;
	int lock_fd = -1, fd, err;

	if (mkdir(data_dir, 0700) != 0 && errno != EEXIST)
		return fail(ERR_IO, "cannot make the data directory", ret_reason);
	if (asprintf(&path, "%s/%s", data_dir, file) < 0)
		return fail(ERR_NOMEM, "out of memory", ret_reason);
	err = take_lock(path, &lock_fd, ret_reason);
	if (err)
		goto out;
	/* SQLite gives its log and index the mode of the database, so make that ourselves; after
	 * the lock, as closing a file drops the locks SQLite may hold on it in this process. */
	fd = open_private(path);
	if (fd < 0) {
		err = fail(ERR_IO, "cannot open the database file", ret_reason);
		goto out;
	}
	close(fd);
	*ret_path = path;
	*ret_lock_fd = lock_fd;
	return 0;
out:
	free(path);
	if (lock_fd >= 0)
		close(lock_fd);
	return err;
}
