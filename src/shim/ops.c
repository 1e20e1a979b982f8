/* SPDX-License-Identifier: MIT */
/*
 * ops.c - what a call does: the kernel's for other descriptors, the stack's for ours
 *
 * Theory of operation
 *   A call on a descriptor asks once whose it is (client_kind(), one getsockname). Other descriptors go to the kernel with the very
 *   arguments that came. Ours go to src/client; here only what is a matter of the call's form, not of the socket, is done: the many
 *   ways to say "a buffer" become one msghdr, batches become single messages, and what Linux checks before it looks at the socket.
 *   A new socket: the families of the network are the stack's or do not exist; AF_UNIX and those that leave the machine by no network
 *   device are the kernel's. An ioctl is the network's by its number (0x8900 to 0x89ff, and 0x8b.. of wireless), on whatever descriptor
 *   it comes: it must not reach the host's devices, so a request that the stack does not know ends here with Linux's error for such.
 *   Called by: hooks.c, calls.c. Calls: src/client, the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "client/raw.h"
#include "shim/files.h"

#define BATCH_MAX 1024 /* UIO_MAXIOV: no more messages, and no more pieces of one, in a call */
#define LINUX_ENOIOCTLCMD 515

static long op_socket(const long a[6]);
static long op_file(enum shim_op op, const long a[6]);
static long op_ioctl(enum client_kind kind, const long a[6]);
static long op_data(enum shim_op op, int fd, const long a[6]);
static long op_recvfrom(int fd, const long a[6], enum gn_chan_span_call call);
static long op_sendto(int fd, const long a[6], enum gn_chan_span_call call);
static long op_vector(enum shim_op op, int fd, const long a[6]);
static long op_sendmmsg(int fd, const long a[6]);
static long op_recvmmsg(int fd, const long a[6]);

const struct shim_row shim_rows[SHIM_OPS_N] = {
#define X(name, blocks, args) [OP_##name] = { #name, args, SYS_##name, blocks },
	SHIM_OPS(X)
#undef X
};

enum client_kind shim_op_kind(enum shim_op op, const long a[6])
{
	return op == OP_socket ? CLIENT_FOREIGN : client_kind((int)a[0]);
}

static long native(enum shim_op op, const long a[6])
{
	return raw6(shim_rows[op].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long shim_op_run(enum shim_op op, enum client_kind kind, const long a[6])
{
	int fd = (int)a[0];
	long ret;

	if (op == OP_socket)
		return op_socket(a);
	if (op == OP_ioctl)
		return op_ioctl(kind, a);
	if (kind == CLIENT_FILE)
		return op_file(op, a);
	if (kind == CLIENT_FOREIGN)
		return native(op, a);
	if (kind == CLIENT_STREAM)
		return shim_stream_run(op, a, &ret) ? ret : native(op, a);
	switch (op) {
	case OP_bind:
		return client_bind(fd, shim_addr(a[1]), (socklen_t)a[2]);
	case OP_connect:
		return client_connect(fd, shim_addr(a[1]), (socklen_t)a[2]);
	case OP_getsockname:
		return client_getsockname(fd, shim_addr(a[1]), shim_addr(a[2]));
	case OP_getpeername:
		return client_getpeername(fd, shim_addr(a[1]), shim_addr(a[2]));
	case OP_getsockopt:
		return client_getsockopt(fd, (int)a[1], (int)a[2], shim_addr(a[3]), shim_addr(a[4]));
	case OP_setsockopt:
		return client_setsockopt(fd, (int)a[1], (int)a[2], shim_addr(a[3]), (socklen_t)a[4]);
	case OP_shutdown:
		return client_shutdown(fd, (int)a[1]);
	case OP_accept4:
		if (a[3] & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
			return -EINVAL;
		return -EOPNOTSUPP;
	case OP_listen:
	case OP_accept:
		return -EOPNOTSUPP;
	default:
		return op_data(op, fd, a);
	}
}

/* --- a new socket --- */

static bool family_is_kernels(int family)
{
	return family == AF_UNIX || family == AF_ALG || family == AF_VSOCK || family == AF_BLUETOOTH;
}

static long op_socket(const long a[6])
{
	int family = (int)a[0], type = (int)a[1], kind = type & 0xf;

	if (family_is_kernels(family))
		return native(OP_socket, a);
	if (type & ~(0xf | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	if (family == AF_INET && kind == SOCK_PACKET)
		family = AF_PACKET;
	switch (family) {
	case AF_INET:
		return kind == SOCK_STREAM ? shim_stream_new(type, (int)a[2]) : client_socket(AF_INET, type, (int)a[2]);
	case AF_NETLINK:
		return client_socket(AF_NETLINK, type, (int)a[2]);
	case AF_PACKET:
		return -EPROTONOSUPPORT;
	default:
		return -EAFNOSUPPORT;
	}
}

/* --- files --- */

/* The parts of a vector are calls of their own, as of other files of /proc. */
static long op_file(enum shim_op op, const long a[6])
{
	bool vector = op == OP_readv || op == OP_writev, in = op == OP_read || op == OP_readv;
	struct iovec one = { shim_addr(a[1]), (size_t)a[2] };
	const struct iovec *iov = vector ? shim_addr(a[1]) : &one;
	long n = vector ? a[2] : 1, sum = 0, ret = 0;
	char path[SHIM_PATH_MAX];
	int fd = (int)a[0];

	if (!shim_file_path(fd, path))
		return native(op, a);
	if (!in && op != OP_write && op != OP_writev)
		return -ENOTSOCK;
	if (in && !shim_file_may_read(fd))
		return shim_file_is_dir(path) ? -EISDIR : -EBADF;
	if (n < 0 || n > BATCH_MAX)
		return -EINVAL;
	for (long i = 0; i < n && ret >= 0; i++) {
		ret = in ? shim_file_read(fd, iov[i].iov_base, iov[i].iov_len) : shim_file_write(fd, path, iov[i].iov_base, iov[i].iov_len);
		sum += ret > 0 ? ret : 0;
		if (ret >= 0 && (size_t)ret < iov[i].iov_len)
			break;
	}
	return sum ? sum : ret;
}

/* --- requests --- */

/* Of the network by its number; what concerns only the descriptor or its family (owner, time stamp, AF_UNIX's own) is not. */
static bool request_is_networks(unsigned long request)
{
	unsigned type = (request >> 8) & 0xff, nr = request & 0xff;

	if (request >> 16)
		return false;
	return type == 0x8b || (type == 0x89 && nr >= 0x0b && nr < 0xe0);
}

static long op_ioctl(enum client_kind kind, const long a[6])
{
	unsigned long request = (unsigned)a[1];
	bool network = request_is_networks(request);
	long ret = -LINUX_ENOIOCTLCMD;

	if ((kind != CLIENT_FOREIGN && kind != CLIENT_FILE && kind != CLIENT_STREAM) || network)
		ret = client_ioctl((int)a[0], request, shim_addr(a[2]));
	if (ret != -LINUX_ENOIOCTLCMD)
		return ret;
	if (!network)
		return native(OP_ioctl, a);
	if (raw3(SYS_fcntl, a[0], F_GETFD, 0) < 0)
		return -EBADF;
	ret = shim_ioctl(request, shim_addr(a[2]));
	return ret == -LINUX_ENOIOCTLCMD ? -ENOTTY : ret;
}

/* --- data --- */

static long op_data(enum shim_op op, int fd, const long a[6])
{
	switch (op) {
	case OP_sendto:
		return op_sendto(fd, a, GN_SPAN_SENDTO);
	case OP_recvfrom:
		return op_recvfrom(fd, a, GN_SPAN_RECVFROM);
	case OP_sendmsg:
		return client_send(fd, shim_addr(a[1]), (int)a[2], GN_SPAN_SENDMSG);
	case OP_recvmsg:
		return client_recv(fd, shim_addr(a[1]), (int)a[2], GN_SPAN_RECVMSG);
	case OP_sendmmsg:
		return op_sendmmsg(fd, a);
	case OP_recvmmsg:
		return op_recvmmsg(fd, a);
	case OP_read:
	case OP_write: {
		const long b[6] = { a[0], a[1], a[2] };

		/* a read of nothing waits for nothing; a write of nothing is an empty datagram */
		if (op == OP_read && !a[2])
			return 0;
		return op == OP_read ? op_recvfrom(fd, b, GN_SPAN_READ) : op_sendto(fd, b, GN_SPAN_WRITE);
	}
	default:
		return op_vector(op, fd, a);
	}
}

static long op_recvfrom(int fd, const long a[6], enum gn_chan_span_call call)
{
	struct iovec iov = { shim_addr(a[1]), (size_t)a[2] };
	socklen_t *len = shim_addr(a[5]);
	struct msghdr msg = { .msg_name = shim_addr(a[4]), .msg_iov = &iov, .msg_iovlen = 1 };
	long ret;

	if (msg.msg_name) {
		if (!len)
			return -EFAULT;
		if ((int)*len < 0)
			return -EINVAL;
		msg.msg_namelen = *len;
	}
	ret = client_recv(fd, &msg, (int)a[3], call);
	if (ret >= 0 && msg.msg_name)
		*len = msg.msg_namelen;
	return ret;
}

static long op_sendto(int fd, const long a[6], enum gn_chan_span_call call)
{
	struct iovec iov = { shim_addr(a[1]), (size_t)a[2] };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (a[4]) {
		/* an address of length 0 is none to sendmsg, and wrong to sendto */
		if ((int)a[5] <= 0 || (size_t)a[5] > sizeof(struct sockaddr_storage))
			return -EINVAL;
		msg.msg_name = shim_addr(a[4]);
		msg.msg_namelen = (socklen_t)a[5];
	}
	return client_send(fd, &msg, (int)a[3], call);
}

/* readv and writev: of nothing at all they do nothing */
static long op_vector(enum shim_op op, int fd, const long a[6])
{
	struct msghdr msg = { .msg_iov = shim_addr(a[1]), .msg_iovlen = (size_t)a[2] };
	bool any = false;

	if (a[2] < 0 || a[2] > BATCH_MAX)
		return -EINVAL;
	if (a[2] && !a[1])
		return -EFAULT;
	for (long i = 0; i < a[2]; i++) {
		if ((ssize_t)msg.msg_iov[i].iov_len < 0)
			return -EINVAL;
		any |= msg.msg_iov[i].iov_len > 0;
	}
	if (!any)
		return 0;
	return op == OP_readv ? client_recv(fd, &msg, 0, GN_SPAN_READV) : client_send(fd, &msg, 0, GN_SPAN_WRITEV);
}

/* --- batches --- */

static long op_sendmmsg(int fd, const long a[6])
{
	struct mmsghdr *v = shim_addr(a[1]);
	unsigned n = (unsigned)a[2] < BATCH_MAX ? (unsigned)a[2] : BATCH_MAX;
	long ret = 0;
	unsigned i;

	if (n && !v)
		return -EFAULT;
	for (i = 0; i < n; i++) {
		ret = client_send(fd, &v[i].msg_hdr, (int)a[3], GN_SPAN_SENDMMSG);
		if (ret < 0)
			break;
		v[i].msg_len = (unsigned)ret;
	}
	return i ? (long)i : ret;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	raw3(SYS_clock_gettime, CLOCK_MONOTONIC, shim_ptr(&ts), 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* As in Linux the time is looked at after each datagram: a wait for the first one is not cut short. */
static long op_recvmmsg(int fd, const long a[6])
{
	struct mmsghdr *v = shim_addr(a[1]);
	struct timespec *limit = shim_addr(a[4]);
	unsigned n = (unsigned)a[2], i;
	int flags = (int)a[3];
	int64_t end = 0, left = 1;
	long ret = 0;

	if (n && !v)
		return -EFAULT;
	if (limit) {
		if (limit->tv_sec < 0 || limit->tv_nsec < 0 || limit->tv_nsec >= 1000000000L)
			return -EINVAL;
		/* a limit beyond a hundred years is none */
		end = now_ns() + (limit->tv_sec < 3000000000LL ? limit->tv_sec : 3000000000LL) * 1000000000LL + limit->tv_nsec;
	}
	for (i = 0; i < n && left > 0; i++) {
		ret = client_recv(fd, &v[i].msg_hdr, flags & ~MSG_WAITFORONE, GN_SPAN_RECVMMSG);
		if (ret < 0)
			break;
		v[i].msg_len = (unsigned)ret;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (limit)
			left = end - now_ns();
	}
	if (limit && i) {
		left = left > 0 ? left : 0;
		limit->tv_sec = left / 1000000000LL;
		limit->tv_nsec = left % 1000000000LL;
	}
	return i ? (long)i : ret;
}
