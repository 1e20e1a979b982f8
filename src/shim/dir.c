/* SPDX-License-Identifier: MIT */
/*
 * dir.c - directory streams: the names of libc by which directories are read
 *
 * Theory of operation
 *   libc's streams cannot be given other content, and a stream is only ever used by the functions here; so all of a program's streams are
 *   of this kind, the host's directories included. Those are read by getdents64(2), whose records have the layout of struct dirent. The
 *   stack's are listed whole when they are opened, in the same layout; their descriptor is one that says what it is (files.h).
 *   Called by: the program. Calls: files.c, ctl.c, malloc (as libc's own do). Owns: the streams.
 * Threads: any, each its own stream: two that read one see each name once, but must not do it at the same time.
 */
#include <errno.h>
#include <string.h>

#include "client/raw.h"
#include "shim/files.h"
#include "shim/visible.h"

#define CHUNK 32768

/* libc's struct of this name is its own affair. */
struct __dirstream {
	int fd;
	bool stack;
	size_t pos, len, room; /* in buf: of the record to return next, of all */
	long where;	       /* the offset of that record, for telldir */
	char *buf;
};

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "one function for both names");

static long fill(DIR *d, const char *path);
static struct dirent *next(DIR *d);
static int fail(long ret);

/* --- open and close --- */

/* Takes @fd over, unless it fails. */
static DIR *stream(int fd)
{
	char path[SHIM_PATH_MAX];
	DIR *d = calloc(1, sizeof(*d));
	long ret = d ? 0 : -ENOMEM;

	if (d) {
		d->fd = fd;
		d->stack = shim_file_path(fd, path);
		d->room = CHUNK;
		d->buf = malloc(CHUNK);
		ret = !d->buf ? -ENOMEM : d->stack ? fill(d, path) : 0;
	}
	if (!ret)
		return d;
	free(d ? d->buf : NULL);
	free(d);
	fail(ret);
	return NULL;
}

DIR *opendir(const char *path)
{
	int fd = fail(shim_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0));
	DIR *d = fd < 0 ? NULL : stream(fd);

	if (fd >= 0 && !d)
		raw3(SYS_close, fd, 0, 0);
	return d;
}

DIR *fdopendir(int fd)
{
	long flags = raw3(SYS_fcntl, fd, F_GETFL, 0);
	struct stat st;

	if (fail(flags) < 0 || fail(shim_stat(fd, "", &st, AT_EMPTY_PATH)))
		return NULL;
	if (!S_ISDIR(st.st_mode) || (flags & O_PATH)) {
		errno = S_ISDIR(st.st_mode) ? EBADF : ENOTDIR;
		return NULL;
	}
	return stream(fd);
}

int closedir(DIR *d)
{
	int fd = d->fd;

	free(d->buf);
	free(d);
	return fail(raw3(SYS_close, fd, 0, 0));
}

int dirfd(DIR *d)
{
	return d->fd;
}

/* --- the stack's directories --- */

static long add(void *arg, const char *name, uint32_t mode)
{
	DIR *d = arg;
	size_t n = strlen(name), len = (offsetof(struct dirent, d_name) + n + 1 + 7) & ~(size_t)7;
	struct dirent e = { .d_ino = 1 + d->len, .d_reclen = (unsigned short)len, .d_type = (unsigned char)(mode >> 12) };

	if (n >= sizeof(e.d_name))
		return -EPROTO;
	if (d->len + len > d->room) {
		char *buf = realloc(d->buf, 2 * d->room);

		if (!buf)
			return -ENOMEM;
		d->buf = buf;
		d->room *= 2;
	}
	memcpy(e.d_name, name, n + 1);
	e.d_off = (off_t)(d->len + len);
	memcpy(d->buf + d->len, &e, len);
	d->len += len;
	return 0;
}

static long fill(DIR *d, const char *path)
{
	return add(d, ".", S_IFDIR) ?: add(d, "..", S_IFDIR) ?: shim_ctl_list(path, add, d);
}

/* --- reading --- */

static struct dirent *next(DIR *d)
{
	struct dirent *e;

	if (d->pos >= d->len) {
		long n = d->stack ? 0 : raw3(SYS_getdents64, d->fd, shim_ptr(d->buf), (long)d->room);

		/* a directory that was removed has no more names */
		if (n <= 0) {
			if (n != -ENOENT)
				fail(n);
			return NULL;
		}
		d->pos = 0;
		d->len = (size_t)n;
	}
	e = (void *)(d->buf + d->pos);
	d->pos += e->d_reclen;
	d->where = e->d_off;
	return e;
}

struct dirent *readdir(DIR *d)
{
	return next(d);
}

struct dirent64 *readdir64(DIR *d)
{
	return (struct dirent64 *)next(d);
}

/* The error is returned; errno stays. */
static int next_into(DIR *d, void *entry, struct dirent **ret)
{
	int saved = errno, error;

	errno = 0;
	*ret = next(d);
	error = errno;
	errno = saved;
	if (*ret)
		*ret = memcpy(entry, *ret, (*ret)->d_reclen);
	return error;
}

int readdir_r(DIR *restrict d, struct dirent *restrict entry, struct dirent **restrict ret)
{
	return next_into(d, entry, ret);
}

int readdir64_r(DIR *restrict d, struct dirent64 *restrict entry, struct dirent64 **restrict ret)
{
	return next_into(d, entry, (struct dirent **)ret);
}

long telldir(DIR *d)
{
	return d->where;
}

void seekdir(DIR *d, long where)
{
	d->where = where;
	if (d->stack) {
		d->pos = (size_t)where < d->len ? (size_t)where : d->len;
		return;
	}
	d->pos = d->len = 0;
	raw3(SYS_lseek, d->fd, where, SEEK_SET);
}

void rewinddir(DIR *d)
{
	seekdir(d, 0);
}

/* --- all at once --- */

typedef int select_fn(const struct dirent *e);
typedef int order_fn(const struct dirent **a, const struct dirent **b);

static int scan(int dirfd, const char *path, struct dirent ***ret, select_fn *select, order_fn *order)
{
	int fd = fail(shim_open(dirfd, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0)), saved = errno, error;
	DIR *d = fd < 0 ? NULL : stream(fd);
	struct dirent **v = NULL, *e;
	size_t n = 0;

	if (fd >= 0 && !d)
		raw3(SYS_close, fd, 0, 0);
	if (!d)
		return -1;
	for (errno = 0; (e = next(d)); errno = 0) {
		struct dirent **more;

		if (select && !select(e))
			continue;
		errno = ENOMEM;
		more = realloc(v, (n + 1) * sizeof(*v));
		if (!more)
			break;
		v = more;
		v[n] = malloc(e->d_reclen);
		if (!v[n])
			break;
		memcpy(v[n++], e, e->d_reclen);
	}
	error = errno;
	closedir(d);
	if (error) {
		while (n)
			free(v[--n]);
		free(v);
		return fail(-error);
	}
	if (order && n)
		qsort(v, n, sizeof(*v), (int (*)(const void *, const void *))(void (*)(void))order);
	*ret = v ? v : malloc(1);
	errno = saved;
	return (int)n;
}

int scandir(const char *restrict path, struct dirent ***restrict ret, select_fn *select, order_fn *order)
{
	return scan(AT_FDCWD, path, ret, select, order);
}

int scandir64(const char *restrict path, struct dirent64 ***restrict ret, int (*select)(const struct dirent64 *),
	      int (*order)(const struct dirent64 **, const struct dirent64 **))
{
	return scan(AT_FDCWD, path, (struct dirent ***)ret, (select_fn *)(void (*)(void))select, (order_fn *)(void (*)(void))order);
}

int scandirat(int dirfd, const char *restrict path, struct dirent ***restrict ret, select_fn *select, order_fn *order)
{
	return scan(dirfd, path, ret, select, order);
}

int scandirat64(int dirfd, const char *restrict path, struct dirent64 ***restrict ret, int (*select)(const struct dirent64 *),
		int (*order)(const struct dirent64 **, const struct dirent64 **))
{
	return scan(dirfd, path, (struct dirent ***)ret, (select_fn *)(void (*)(void))select, (order_fn *)(void (*)(void))order);
}

static int fail(long ret)
{
	if (ret >= 0)
		return (int)ret;
	errno = (int)-ret;
	return -1;
}
