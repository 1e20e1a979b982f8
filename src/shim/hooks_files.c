/* SPDX-License-Identifier: MIT */
/*
 * hooks_files.c - the names of libc by which files are opened and looked at
 *
 * Theory of operation
 *   open and its variants, stat and its variants, access, readlink: one function of files.c each. fopen opens as open does, since libc's
 *   own passes no name that could be hooked; for other paths libc's _IO_fopen is the same function under its older name, and so are
 *   _IO_fflush and _IO_fclose: after what stdio wrote by itself to a file of the stack, they hand it over and tell the verdict. A program that ends
 *   without them is served by a destructor, which comes before stdio's own end.
 *   Called by: the program. Calls: files.c, libc's stdio. Owns: nothing.
 * Threads: any; the functions on descriptors and paths also in signal handlers and children of vfork.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/raw.h"
#include "shim/files.h"
#include "shim/visible.h"

#define STREAMS_MOST 1023 /* descriptors that are looked at in the end */

/* Has fopen made one for writing? Only then is one looked for that nobody closed. */
static bool any_stream; /* [A] */

static long fail(long ret);
static unsigned mode_of(int flags, va_list ap);
static long after_flush(FILE *f, int ret);

/* --- open --- */

#define OPEN_MODE(flags) \
	({ \
		va_list ap; \
		unsigned m; \
		va_start(ap, flags); \
		m = mode_of(flags, ap); \
		va_end(ap); \
		m; \
	})

int open(const char *path, int flags, ...)
{
	return (int)fail(shim_open(AT_FDCWD, path, flags, OPEN_MODE(flags)));
}

int open64(const char *path, int flags, ...)
{
	return (int)fail(shim_open(AT_FDCWD, path, flags, OPEN_MODE(flags)));
}

int openat(int dirfd, const char *path, int flags, ...)
{
	return (int)fail(shim_open(dirfd, path, flags, OPEN_MODE(flags)));
}

int openat64(int dirfd, const char *path, int flags, ...)
{
	return (int)fail(shim_open(dirfd, path, flags, OPEN_MODE(flags)));
}

int __open_2(const char *path, int flags)
{
	return (int)fail(shim_open(AT_FDCWD, path, flags, 0));
}

int __open64_2(const char *path, int flags)
{
	return (int)fail(shim_open(AT_FDCWD, path, flags, 0));
}

int __openat_2(int dirfd, const char *path, int flags)
{
	return (int)fail(shim_open(dirfd, path, flags, 0));
}

int __openat64_2(int dirfd, const char *path, int flags)
{
	return (int)fail(shim_open(dirfd, path, flags, 0));
}

int creat(const char *path, mode_t mode)
{
	return (int)fail(shim_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode));
}

int creat64(const char *path, mode_t mode)
{
	return (int)fail(shim_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode));
}

static unsigned mode_of(int flags, va_list ap)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, unsigned) : 0;
}

/* --- stat, access, links --- */

int stat(const char *restrict path, struct stat *restrict st)
{
	return (int)fail(shim_stat(AT_FDCWD, path, st, 0));
}

int stat64(const char *restrict path, struct stat64 *restrict st)
{
	return (int)fail(shim_stat(AT_FDCWD, path, (struct stat *)st, 0));
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return (int)fail(shim_stat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW));
}

int lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return (int)fail(shim_stat(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW));
}

int fstat(int fd, struct stat *st)
{
	return (int)fail(shim_stat(fd, "", st, AT_EMPTY_PATH));
}

int fstat64(int fd, struct stat64 *st)
{
	return (int)fail(shim_stat(fd, "", (struct stat *)st, AT_EMPTY_PATH));
}

int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)fail(shim_stat(dirfd, path, st, flags));
}

int fstatat64(int dirfd, const char *restrict path, struct stat64 *restrict st, int flags)
{
	return (int)fail(shim_stat(dirfd, path, (struct stat *)st, flags));
}

int statx(int dirfd, const char *restrict path, int flags, unsigned mask, struct statx *restrict st)
{
	return (int)fail(shim_statx(dirfd, path, flags, mask, st));
}

int access(const char *path, int mode)
{
	return (int)fail(shim_access(AT_FDCWD, path, mode, 0));
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
	return (int)fail(shim_access(dirfd, path, mode, flags));
}

int eaccess(const char *path, int mode)
{
	return (int)fail(shim_access(AT_FDCWD, path, mode, AT_EACCESS));
}

int euidaccess(const char *path, int mode)
{
	return (int)fail(shim_access(AT_FDCWD, path, mode, AT_EACCESS));
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t len)
{
	return fail(shim_readlink(AT_FDCWD, path, buf, len));
}

ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t len)
{
	return fail(shim_readlink(dirfd, path, buf, len));
}

char *realpath(const char *restrict path, char *restrict resolved)
{
	char p[SHIM_PATH_MAX], *s;
	struct ctl_stat st;

	if (shim_path(AT_FDCWD, path, p)) {
		if (fail(shim_ctl_stat(p, &st)))
			return NULL;
		return resolved ? strcpy(resolved, p) : strdup(p);
	}
	s = canonicalize_file_name(path); /* libc's own, of the same meaning */
	if (!s || !resolved)
		return s;
	strcpy(resolved, s); /* at most PATH_MAX, as the caller has */
	free(s);
	return resolved;
}

char *__realpath_chk(const char *path, char *resolved, size_t room)
{
	if (room < PATH_MAX)
		__chk_fail();
	return realpath(path, resolved);
}

/* --- stdio --- */

int shim_flags_of(const char *mode)
{
	int acc = *mode == 'r' ? O_RDONLY : O_WRONLY, more = 0;

	if (*mode == 'w')
		more = O_CREAT | O_TRUNC;
	else if (*mode == 'a')
		more = O_CREAT | O_APPEND;
	else if (*mode != 'r')
		return -1;
	for (mode++; *mode && *mode != ','; mode++) {
		if (*mode == '+')
			acc = O_RDWR;
		else if (*mode == 'x')
			more |= O_EXCL;
		else if (*mode == 'e')
			more |= O_CLOEXEC;
	}
	return acc | more;
}

static FILE *open_file(const char *path, const char *mode)
{
	int flags = shim_flags_of(mode), fd;
	char p[SHIM_PATH_MAX];
	FILE *f;

	if (!shim_path(AT_FDCWD, path, p)) {
		f = _IO_fopen(path, mode);
		if (!f || !shim_leads(fileno(f), p))
			return f;
		_IO_fclose(f);
	}
	fd = flags < 0 ? (int)fail(-EINVAL) : (int)fail(shim_open(AT_FDCWD, p, flags, 0));
	f = fd < 0 ? NULL : fdopen(fd, mode);
	if (f && (flags & O_ACCMODE) != O_RDONLY)
		__atomic_store_n(&any_stream, true, __ATOMIC_RELAXED);
	if (fd >= 0 && !f)
		raw3(SYS_close, fd, 0, 0);
	return f;
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
	return open_file(path, mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	return open_file(path, mode);
}

int fflush(FILE *f)
{
	return (int)after_flush(f ? f : stdout, _IO_fflush(f));
}

int fflush_unlocked(FILE *f)
{
	return (int)after_flush(f ? f : stdout, _IO_fflush(f));
}

int fclose(FILE *f)
{
	char p[SHIM_PATH_MAX];
	long ret = 0;

	/* the field, since fileno() has an error for streams without one */
	if (f->_fileno >= 0 && shim_file_path(f->_fileno, p))
		ret = after_flush(f, _IO_fflush(f));
	client_passes(SYS_close, (const long[6]){ f->_fileno });
	return _IO_fclose(f) || ret ? EOF : 0;
}

/* What stdio has written by itself lies in the descriptor. */
static long after_flush(FILE *f, int ret)
{
	long verdict = f && f->_fileno >= 0 ? shim_file_flush(f->_fileno) : 0;

	if (!verdict)
		return ret;
	f->_flags |= _IO_ERR_SEEN;
	fail(verdict);
	return EOF;
}

__attribute__((destructor)) static void at_exit(void)
{
	char p[SHIM_PATH_MAX];
	long most = 2;

	if (__atomic_load_n(&any_stream, __ATOMIC_RELAXED)) {
		_IO_fflush(NULL);
		most = STREAMS_MOST;
	} else if (shim_file_path(STDOUT_FILENO, p)) {
		_IO_fflush(stdout);
	}
	for (int fd = STDOUT_FILENO; fd <= most; fd++)
		shim_file_flush(fd);
}

/* --- what they share --- */

static long fail(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
}
