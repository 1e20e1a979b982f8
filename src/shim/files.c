/* SPDX-License-Identifier: MIT */
/*
 * files.c - open, write, stat and access of the stack's files (files.h tells how a descriptor says what it is)
 *
 * Theory of operation
 *   Whatever is opened natively is looked at once more: a link from elsewhere may lead to a file that is the stack's; then what was opened
 *   is closed before anybody writes to it. A new descriptor is made before the daemon is asked for content, so that it has the number that
 *   open(2) would have given. Errors are the daemon's, whose files have Linux's.
 *   Called by: hooks_files.c, dir.c, ops.c. Calls: ctl.c, path.c, the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/raw.h"
#include "shim/files.h"

#define WAITING_MAX 262144 /* more does not fit into a socket's buffer */
#define STACK_DEV 0x676e

static long open_stack(const char *path, int flags);
static long open_reading(const char *path, int flags);
static long open_writing(const char *path, int flags);
static long open_mark(const char *path, int flags);
static long preload(int fd, const char *path, const struct sockaddr_un *un, socklen_t len);
static long name_it(int fd, const char *path, struct sockaddr_un *ret_un, socklen_t *ret_len);
static long flush_path(int fd, const char *path);
static long stat_fd(int fd, struct stat *st);
static bool is_ours(int fd, const struct stat *st, char path[SHIM_PATH_MAX]);
static void fill_stat(struct stat *st, const struct ctl_stat *cs);

/* --- open --- */

long shim_open(int dirfd, const char *path, int flags, unsigned mode)
{
	char p[SHIM_PATH_MAX];
	long fd;

	if (shim_path(dirfd, path, p))
		return open_stack(p, flags);
	fd = raw6(SYS_openat, dirfd, shim_ptr(path), flags, mode, 0, 0);
	if (fd < 0 || !shim_leads((int)fd, p))
		return fd;
	raw3(SYS_close, fd, 0, 0);
	return open_stack(p, flags);
}

/* Only files of /proc and /sys are looked at by name. */
bool shim_leads(int fd, char path[SHIM_PATH_MAX])
{
	struct statfs fs;

	if (raw3(SYS_fstatfs, fd, shim_ptr(&fs), 0))
		return false;
	switch ((unsigned long)fs.f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
		return shim_path_of(fd, path);
	default:
		return false;
	}
}

static long open_stack(const char *path, int flags)
{
	struct ctl_stat st;
	long ret = 0;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return -EOPNOTSUPP;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		ret = shim_ctl_stat(path, &st) ?: -EEXIST;
	if (!ret)
		ret = (flags & O_ACCMODE) == O_RDONLY ? open_reading(path, flags) : open_writing(path, flags);
	if (ret == -EPERM)
		return -EACCES;
	/* nothing can be made here; /proc does not get as far as to say so */
	return ret == -ENOENT && (flags & O_CREAT) && !strncmp(path, "/sys", 4) ? -EACCES : ret;
}

static long open_reading(const char *path, int flags)
{
	struct ctl_stat st;
	long fd, ret;

	if (flags & O_DIRECTORY) {
		ret = shim_ctl_stat(path, &st);
		if (ret)
			return ret;
		return S_ISDIR(st.mode) ? open_mark(path, flags) : -ENOTDIR;
	}
	fd = raw3(SYS_memfd_create, shim_ptr(path), MFD_ALLOW_SEALING | (flags & O_CLOEXEC ? MFD_CLOEXEC : 0), 0);
	if (fd < 0)
		return fd;
	ret = shim_ctl_read(path, (int)fd);
	if (ret >= 0) {
		/* who writes to it is told that he may not */
		raw3(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
		if (flags & O_NONBLOCK)
			raw3(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
		return fd;
	}
	raw3(SYS_close, fd, 0, 0);
	return ret == -EISDIR ? open_mark(path, flags) : ret;
}

static long open_writing(const char *path, int flags)
{
	long ret;

	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	ret = shim_ctl_may_write(path, flags & O_TRUNC);
	return ret ? ret : open_mark(path, flags);
}

static long open_mark(const char *path, int flags)
{
	/* neither a queue that is full nor one that is empty is a reason to wait */
	const struct timeval tv = { .tv_usec = 1000 };
	int more = (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0) | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0);
	long fd = raw3(SYS_socket, AF_UNIX, SOCK_DGRAM | more, 0), ret;
	struct sockaddr_un un;
	socklen_t len;

	if (fd < 0)
		return fd;
	raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, shim_ptr(&tv), sizeof(tv), 0);
	raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, shim_ptr(&tv), sizeof(tv), 0);
	ret = name_it((int)fd, path, &un, &len);
	if (!ret && (flags & O_ACCMODE) == O_RDWR)
		ret = preload((int)fd, path, &un, len);
	if (!ret && (flags & O_ACCMODE) != O_RDONLY)
		ret = raw3(SYS_connect, fd, shim_ptr(&un), (int)len);
	if (!ret)
		return fd;
	raw3(SYS_close, fd, 0, 0);
	return ret;
}

/* Bind to a name that nobody has. */
static long name_it(int fd, const char *path, struct sockaddr_un *ret_un, socklen_t *ret_len)
{
	size_t n = strlen(path);
	char *p = ret_un->sun_path;
	uint32_t id = 0;
	long ret;

	memset(ret_un, 0, sizeof(*ret_un));
	ret_un->sun_family = AF_UNIX;
	memcpy(p + 1, SHIM_FILE_NAME, 5);
	memcpy(p + 6 + SHIM_FILE_DIGITS, path, n);
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 6 + SHIM_FILE_DIGITS + n);
	for (int tries = 0; tries < 16; tries++) {
		if (raw3(SYS_getrandom, shim_ptr(&id), sizeof(id), 1 /* GRND_NONBLOCK */) != sizeof(id))
			id += (uint32_t)raw3(SYS_gettid, 0, 0, 0);
		for (int i = 0; i < SHIM_FILE_DIGITS; i++)
			p[6 + i] = "0123456789abcdef"[id >> 4 * i & 0xf];
		ret = raw3(SYS_bind, fd, shim_ptr(ret_un), (int)*ret_len);
		if (ret != -EADDRINUSE)
			return ret;
	}
	return ret;
}

/* For reading, too: the content is the first datagram, from nobody. It is read by peeking: where, the socket keeps. */
static long preload(int fd, const char *path, const struct sockaddr_un *un, socklen_t len)
{
	long mem = raw3(SYS_memfd_create, shim_ptr(path), MFD_CLOEXEC, 0), size, at, s, ret = 0;
	int from = 0;

	if (mem < 0)
		return mem;
	size = shim_ctl_read(path, (int)mem);
	if (size == -EACCES || size == -EPERM)
		size = 0; /* what may only be written can be opened so, and reads as nothing */
	at = size > 0 ? raw6(SYS_mmap, 0, size, PROT_READ, MAP_SHARED, mem, 0) : 0;
	s = size > 0 ? raw3(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (size < 0 || (at < 0 && at > -4096) || (size > 0 && s < 0))
		ret = size < 0 ? size : size > 0 && s < 0 ? s : at;
	else if (size > 0 && raw6(SYS_sendto, s, at, size, MSG_DONTWAIT, shim_ptr(un), (int)len) != size)
		ret = -EFBIG;
	if (!ret)
		ret = raw6(SYS_setsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, shim_ptr(&from), sizeof(from), 0);
	if (size > 0 && !(at < 0 && at > -4096))
		raw3(SYS_munmap, at, size, 0);
	if (s >= 0)
		raw3(SYS_close, s, 0, 0);
	raw3(SYS_close, mem, 0, 0);
	return ret;
}

/* --- what a descriptor is --- */

bool shim_file_path(int fd, char ret_path[SHIM_PATH_MAX])
{
	const size_t skip = offsetof(struct sockaddr_un, sun_path) + 6 + SHIM_FILE_DIGITS;
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	if (raw3(SYS_getsockname, fd, shim_ptr(&un), shim_ptr(&len)) || un.sun_family != AF_UNIX || len <= skip ||
	    len - skip >= SHIM_PATH_MAX || un.sun_path[0] || memcmp(un.sun_path + 1, SHIM_FILE_NAME, 5))
		return false;
	memcpy(ret_path, (const char *)&un + skip, len - skip);
	ret_path[len - skip] = '\0';
	return true;
}

/* --- read --- */

/* Such a one keeps where it is. */
bool shim_file_may_read(int fd)
{
	int from = -1;
	socklen_t len = sizeof(from);

	return !raw6(SYS_getsockopt, fd, SOL_SOCKET, SO_PEEK_OFF, shim_ptr(&from), shim_ptr(&len), 0) && from >= 0;
}

/* Did this datagram come from nobody? Then it is the content. */
static bool is_content(socklen_t len)
{
	return len <= offsetof(struct sockaddr_un, sun_path);
}

long shim_file_read(int fd, void *buf, size_t len)
{
	struct sockaddr_un un;
	socklen_t n = sizeof(un);
	long ret;

	if (!len)
		return 0;
	ret = raw6(SYS_recvfrom, fd, shim_ptr(buf), (long)len, MSG_PEEK | MSG_DONTWAIT, shim_ptr(&un), shim_ptr(&n));
	return ret == -EAGAIN || (ret >= 0 && !is_content(n)) ? 0 : ret;
}

bool shim_file_is_dir(const char *path)
{
	struct ctl_stat st;

	return !shim_ctl_stat(path, &st) && S_ISDIR(st.mode);
}

/* --- write --- */

long shim_file_write(int fd, const char *path, const void *buf, size_t len)
{
	long ret = flush_path(fd, path);

	if (!ret && len)
		ret = shim_ctl_write(path, buf, len);
	return ret == -EISDIR ? -EBADF : ret;
}

long shim_file_flush(int fd)
{
	char path[SHIM_PATH_MAX];

	return shim_file_path(fd, path) ? flush_path(fd, path) : 0;
}

/* All that waits goes to the daemon; the first refusal is told. */
static long flush_path(int fd, const char *path)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	long ret = 0, buf, n;
	int waits = 0;

	/* what it sent to itself and has not taken */
	if (raw3(SYS_ioctl, fd, SIOCOUTQ, shim_ptr(&waits)) || !waits)
		return 0;
	buf = raw6(SYS_mmap, 0, WAITING_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf < 0 && buf > -4096)
		return buf;
	for (;; len = sizeof(un)) {
		n = raw6(SYS_recvfrom, fd, buf, WAITING_MAX, MSG_DONTWAIT, shim_ptr(&un), shim_ptr(&len));
		if (n < 0)
			break;
		/* the content goes: behind a write there is nothing to read */
		for (long done = is_content(len) ? n : 0; done < n;) {
			long part = shim_ctl_write(path, (const char *)shim_addr(buf) + done, (size_t)(n - done));

			ret = part < 0 && !ret ? part : ret;
			done = part < 0 ? n : done + part;
		}
	}
	raw3(SYS_munmap, buf, WAITING_MAX, 0);
	return ret;
}

/* --- stat, access, readlink --- */

long shim_stat(int dirfd, const char *path, struct stat *st, int flags)
{
	char p[SHIM_PATH_MAX];
	struct ctl_stat cs;
	long ret;

	if (path && !*path && (flags & AT_EMPTY_PATH) && dirfd >= 0)
		return stat_fd(dirfd, st);
	if (!shim_path(dirfd, path, p))
		return raw6(SYS_newfstatat, dirfd, shim_ptr(path), shim_ptr(st), flags, 0, 0);
	ret = shim_ctl_stat(p, &cs);
	if (!ret)
		fill_stat(st, &cs);
	return ret;
}

static long stat_fd(int fd, struct stat *st)
{
	char p[SHIM_PATH_MAX];
	struct ctl_stat cs;
	long ret = raw3(SYS_fstat, fd, shim_ptr(st), 0);

	if (!ret && is_ours(fd, st, p) && !shim_ctl_stat(p, &cs))
		fill_stat(st, &cs);
	return ret;
}

/* Only a socket, or a file without a name, is looked at twice. */
static bool is_ours(int fd, const struct stat *st, char path[SHIM_PATH_MAX])
{
	if (S_ISSOCK(st->st_mode))
		return shim_file_path(fd, path);
	return S_ISREG(st->st_mode) && !st->st_nlink && shim_path_in_memory(fd, path);
}

static void fill_stat(struct stat *st, const struct ctl_stat *cs)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = STACK_DEV;
	st->st_ino = cs->ino;
	st->st_mode = cs->mode;
	st->st_nlink = S_ISDIR(cs->mode) ? 2 : 1;
	st->st_blksize = 1024;
	st->st_atim = st->st_mtim = st->st_ctim = shim_ctl_since();
}

long shim_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	char p[SHIM_PATH_MAX];
	struct ctl_stat cs;
	struct stat st;
	bool ours;
	long ret;

	if (path && !*path && (flags & AT_EMPTY_PATH))
		ours = dirfd >= 0 && !raw3(SYS_fstat, dirfd, shim_ptr(&st), 0) && is_ours(dirfd, &st, p);
	else
		ours = shim_path(dirfd, path, p);
	if (!ours)
		return raw6(SYS_statx, dirfd, shim_ptr(path), flags, mask, shim_ptr(stx), 0);
	ret = shim_ctl_stat(p, &cs);
	if (ret)
		return ret;
	fill_stat(&st, &cs);
	memset(stx, 0, sizeof(*stx));
	stx->stx_mask = STATX_BASIC_STATS;
	stx->stx_blksize = (uint32_t)st.st_blksize;
	stx->stx_nlink = (uint32_t)st.st_nlink;
	stx->stx_mode = (uint16_t)st.st_mode;
	stx->stx_ino = st.st_ino;
	stx->stx_dev_major = STACK_DEV >> 8;
	stx->stx_dev_minor = STACK_DEV & 0xff;
	stx->stx_atime.tv_sec = stx->stx_mtime.tv_sec = stx->stx_ctime.tv_sec = st.st_mtim.tv_sec;
	stx->stx_atime.tv_nsec = stx->stx_mtime.tv_nsec = stx->stx_ctime.tv_nsec = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}

long shim_access(int dirfd, const char *path, int mode, int flags)
{
	char p[SHIM_PATH_MAX];
	struct ctl_stat st;
	long ret;

	if (!shim_path(dirfd, path, p)) {
		if (!flags)
			return raw3(SYS_faccessat, dirfd, shim_ptr(path), mode);
		return raw6(SYS_faccessat2, dirfd, shim_ptr(path), mode, flags, 0, 0);
	}
	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	ret = shim_ctl_stat(p, &st);
	if (ret)
		return ret;
	/* the daemon knows who may write; what others may not read is for root */
	if (mode & W_OK) {
		ret = S_ISDIR(st.mode) ? -EACCES : shim_ctl_may_write(p, false);
		if (ret)
			return ret;
	}
	if ((mode & R_OK) && !(st.mode & 0004) && (!(st.mode & 0444) || raw3(SYS_geteuid, 0, 0, 0)))
		return -EACCES;
	return (mode & X_OK) && !S_ISDIR(st.mode) ? -EACCES : 0;
}

long shim_readlink(int dirfd, const char *path, char *buf, size_t len)
{
	char p[SHIM_PATH_MAX];
	struct ctl_stat st;

	if (!shim_path(dirfd, path, p))
		return raw6(SYS_readlinkat, dirfd, shim_ptr(path), shim_ptr(buf), (long)len, 0, 0);
	return shim_ctl_stat(p, &st) ?: -EINVAL; /* no name of the stack is a link */
}
