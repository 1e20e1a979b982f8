/* SPDX-License-Identifier: MIT */
/*
 * native.c - the kernel's own calls for the stack inside, whose names the library hooks for the program
 *
 * Theory of operation
 *   The library is linked with --wrap for these names: what the stack and this room call by them comes here, not to the hooks, and not to the
 *   cancellation points of libc. What the program calls goes to the hooks. EMBED_WRAP of room.mk is the list: a name that only one of both has
 *   does not link, or is a function that nobody calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "client/raw.h"

#define P(p) ((long)(uintptr_t)(p))

static long native(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
}

#define WRAP(type, name, ...)                \
	type __wrap_##name(__VA_ARGS__);     \
	type __wrap_##name(__VA_ARGS__)

WRAP(int, close, int fd) { return (int)native(raw3(SYS_close, fd, 0, 0)); }
WRAP(ssize_t, read, int fd, void *buf, size_t len) { return native(raw3(SYS_read, fd, P(buf), (long)len)); }
WRAP(ssize_t, write, int fd, const void *buf, size_t len) { return native(raw3(SYS_write, fd, P(buf), (long)len)); }
WRAP(ssize_t, readv, int fd, const struct iovec *iov, int n) { return native(raw3(SYS_readv, fd, P(iov), n)); }
WRAP(ssize_t, writev, int fd, const struct iovec *iov, int n) { return native(raw3(SYS_writev, fd, P(iov), n)); }
WRAP(int, socket, int domain, int type, int protocol) { return (int)native(raw3(SYS_socket, domain, type, protocol)); }
WRAP(int, bind, int fd, const struct sockaddr *addr, socklen_t len) { return (int)native(raw3(SYS_bind, fd, P(addr), len)); }
WRAP(ssize_t, recvmsg, int fd, struct msghdr *m, int flags) { return native(raw3(SYS_recvmsg, fd, P(m), flags)); }
WRAP(ssize_t, sendmsg, int fd, const struct msghdr *m, int flags) { return native(raw3(SYS_sendmsg, fd, P(m), flags)); }

WRAP(int, sendmmsg, int fd, struct mmsghdr *v, unsigned n, int flags)
{
	return (int)native(raw6(SYS_sendmmsg, fd, P(v), n, flags, 0, 0));
}

WRAP(int, recvmmsg, int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *ts)
{
	return (int)native(raw6(SYS_recvmmsg, fd, P(v), n, flags, P(ts), 0));
}

WRAP(ssize_t, send, int fd, const void *buf, size_t len, int flags)
{
	return native(raw6(SYS_sendto, fd, P(buf), (long)len, flags, 0, 0));
}

WRAP(ssize_t, recv, int fd, void *buf, size_t len, int flags)
{
	return native(raw6(SYS_recvfrom, fd, P(buf), (long)len, flags, 0, 0));
}

WRAP(ssize_t, sendto, int fd, const void *buf, size_t len, int flags, const struct sockaddr *a, socklen_t alen)
{
	return native(raw6(SYS_sendto, fd, P(buf), (long)len, flags, P(a), alen));
}

WRAP(ssize_t, recvfrom, int fd, void *buf, size_t len, int flags, struct sockaddr *a, socklen_t *alen)
{
	return native(raw6(SYS_recvfrom, fd, P(buf), (long)len, flags, P(a), P(alen)));
}

WRAP(int, setsockopt, int fd, int level, int name, const void *value, socklen_t len)
{
	return (int)native(raw6(SYS_setsockopt, fd, level, name, P(value), len, 0));
}

WRAP(int, getsockopt, int fd, int level, int name, void *value, socklen_t *len)
{
	return (int)native(raw6(SYS_getsockopt, fd, level, name, P(value), P(len), 0));
}

WRAP(int, ioctl, int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return (int)native(raw3(SYS_ioctl, fd, (long)request, P(arg)));
}

WRAP(int, open, const char *path, int flags, ...)
{
	va_list ap;
	unsigned mode;

	va_start(ap, flags);
	mode = va_arg(ap, unsigned);
	va_end(ap);
	return (int)native(raw6(SYS_openat, AT_FDCWD, P(path), flags, mode, 0, 0));
}

WRAP(long, syscall, long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return native(raw6(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

struct stat;
WRAP(int, fstat, int fd, struct stat *st) { return (int)native(raw3(SYS_fstat, fd, P(st), 0)); }
