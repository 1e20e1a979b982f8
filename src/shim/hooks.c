/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - the names of libc that a program on the stack finds here
 *
 * Theory of operation
 *   Each name packs its arguments as its system call has them and goes to shim_call(). Variants become the call that they are a variant
 *   of, as libc makes them. symbols.h makes just these names visible.
 *   A thread that waits in one of libc's own calls can be cancelled; here that needs care of its own, since a raw system call is no
 *   such point: while one that may block runs, cancellation takes effect at once, as libc itself does it. Only in programs with threads.
 *   Called by: the program. Calls: ops.c, calls.c.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/raw.h"
#include "shim/files.h"
#include "shim/visible.h"

static long shim_call(enum shim_op op, long a, long b, long c, long d, long e, long f);

/* --- sockets --- */

int socket(int domain, int type, int protocol)
{
	return (int)shim_call(OP_socket, domain, type, protocol, 0, 0, 0);
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)shim_call(OP_bind, fd, shim_ptr(addr), (int)len, 0, 0, 0);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)shim_call(OP_connect, fd, shim_ptr(addr), (int)len, 0, 0, 0);
}

int listen(int fd, int backlog)
{
	return (int)shim_call(OP_listen, fd, backlog, 0, 0, 0, 0);
}

int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return (int)shim_call(OP_accept, fd, shim_ptr(addr), shim_ptr(len), 0, 0, 0);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return (int)shim_call(OP_accept4, fd, shim_ptr(addr), shim_ptr(len), flags, 0, 0);
}

int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return (int)shim_call(OP_getsockname, fd, shim_ptr(addr), shim_ptr(len), 0, 0, 0);
}

int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return (int)shim_call(OP_getpeername, fd, shim_ptr(addr), shim_ptr(len), 0, 0, 0);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return (int)shim_call(OP_getsockopt, fd, level, name, shim_ptr(value), shim_ptr(len), 0);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return (int)shim_call(OP_setsockopt, fd, level, name, shim_ptr(value), (int)len, 0);
}

int shutdown(int fd, int how)
{
	return (int)shim_call(OP_shutdown, fd, how, 0, 0, 0, 0);
}

/* --- out --- */

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
{
	return shim_call(OP_sendto, fd, shim_ptr(buf), (long)len, flags, shim_ptr(addr), (int)addrlen);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	return shim_call(OP_sendto, fd, shim_ptr(buf), (long)len, flags, 0, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return shim_call(OP_sendmsg, fd, shim_ptr(msg), flags, 0, 0, 0);
}

int sendmmsg(int fd, struct mmsghdr *v, unsigned int n, int flags)
{
	return (int)shim_call(OP_sendmmsg, fd, shim_ptr(v), n, flags, 0, 0);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	return shim_call(OP_write, fd, shim_ptr(buf), (long)len, 0, 0, 0);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return shim_call(OP_writev, fd, shim_ptr(iov), n, 0, 0, 0);
}

/* --- in --- */

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addrlen)
{
	return shim_call(OP_recvfrom, fd, shim_ptr(buf), (long)len, flags, shim_ptr(addr), shim_ptr(addrlen));
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return shim_call(OP_recvfrom, fd, shim_ptr(buf), (long)len, flags, 0, 0);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	return shim_call(OP_recvmsg, fd, shim_ptr(msg), flags, 0, 0, 0);
}

int recvmmsg(int fd, struct mmsghdr *v, unsigned int n, int flags, struct timespec *timeout)
{
	return (int)shim_call(OP_recvmmsg, fd, shim_ptr(v), n, flags, shim_ptr(timeout), 0);
}

ssize_t read(int fd, void *buf, size_t len)
{
	return shim_call(OP_read, fd, shim_ptr(buf), (long)len, 0, 0, 0);
}

ssize_t readv(int fd, const struct iovec *iov, int n)
{
	return shim_call(OP_readv, fd, shim_ptr(iov), n, 0, 0, 0);
}

ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags)
{
	if (len > room)
		__chk_fail();
	return shim_call(OP_recvfrom, fd, shim_ptr(buf), (long)len, flags, 0, 0);
}

ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *addr, socklen_t *addrlen)
{
	if (len > room)
		__chk_fail();
	return shim_call(OP_recvfrom, fd, shim_ptr(buf), (long)len, flags, shim_ptr(addr), shim_ptr(addrlen));
}

ssize_t __read_chk(int fd, void *buf, size_t len, size_t room)
{
	if (len > room)
		__chk_fail();
	return shim_call(OP_read, fd, shim_ptr(buf), (long)len, 0, 0, 0);
}

/* --- by number --- */

int ioctl(int fd, unsigned long request, ...)
{
	void *arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return (int)shim_call(OP_ioctl, fd, (long)request, shim_ptr(arg), 0, 0, 0);
}

/* No cancellation here: libc's has none either. Arguments that were not given are read and mean nothing. */
__attribute__((no_sanitize("address"))) long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return shim_finish(shim_number(nr, a));
}

long shim_number(long nr, const long a[6])
{
	switch (nr) {
#define X(name, blocks, args) \
	case SYS_##name: \
		return shim_run(OP_##name, a);
	SHIM_OPS(X)
#undef X
#ifdef SYS_open
	case SYS_open:
		return shim_open(AT_FDCWD, shim_addr(a[0]), (int)a[1], (unsigned)a[2]);
#endif
	case SYS_openat:
		return shim_open((int)a[0], shim_addr(a[1]), (int)a[2], (unsigned)a[3]);
	default:
		client_passes(nr, a);
		return raw6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}

/* --- what they share --- */

static long shim_call(enum shim_op op, long a, long b, long c, long d, long e, long f)
{
	const long arg[6] = { a, b, c, d, e, f };
	int type;
	long ret;

	if (!shim_rows[op].blocks)
		return shim_finish(shim_run(op, arg));
	type = shim_wait_begin();
	ret = shim_run(op, arg);
	shim_wait_end(type);
	return shim_finish(ret);
}

int shim_wait_begin(void)
{
	int type = -1;

	if (!__libc_single_threaded)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	return type;
}

void shim_wait_end(int type)
{
	int ignored;

	if (type >= 0)
		pthread_setcanceltype(type, &ignored);
}

long shim_run(enum shim_op op, const long a[6])
{
	enum client_kind kind = shim_op_kind(op, a);

	return calls_on() ? calls_run(op, kind, a) : shim_op_run(op, kind, a);
}

long shim_finish(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
}
