/* SPDX-License-Identifier: MIT */
/*
 * stream.c - SOCK_STREAM of AF_INET while the stack has no TCP
 *
 * Theory of operation
 *   Programs that need UDP only make such a socket to find out whether there is IPv4 at all (dig does), so it can be made; what would lead
 *   somewhere (bind, connect, listen) fails with EPROTONOSUPPORT. The descriptor is an AF_UNIX stream socket that is bound to a name of
 *   its own and connected to nothing: options of SOL_SOCKET, flags, poll and close are the kernel's. No daemon is asked.
 *   `glassnet run --no-tcp` (GLASSNET_NO_TCP) is for servers that do with UDP where there is no TCP (dnsmasq): it cannot be made.
 *   Called by: ops.c. Calls: the kernel. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "client/raw.h"
#include "shim/shim.h"

#define NAME "gn/t/"
#define ID_BYTES 8

static long stream_name(int fd, struct sockaddr *addr, socklen_t *len);
static long stream_getsockopt(int fd, const long a[6]);

long shim_stream_new(int type, int protocol)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	unsigned char id[ID_BYTES];
	char *s = un.sun_path + 1;
	long fd, ret;

	if ((protocol && protocol != IPPROTO_TCP) || client_env("GLASSNET_NO_TCP"))
		return -EPROTONOSUPPORT;
	fd = raw3(SYS_socket, AF_UNIX, type, 0);
	if (fd < 0)
		return fd;
	ret = raw3(SYS_getrandom, shim_ptr(id), sizeof(id), GRND_NONBLOCK);
	if (ret < 0)
		memcpy(id, &(uintptr_t){ (uintptr_t)&un ^ (uintptr_t)raw3(SYS_gettid, 0, 0, 0) << 32 ^ (uintptr_t)fd }, sizeof(id));
	memcpy(s, NAME, sizeof(NAME) - 1);
	s += sizeof(NAME) - 1;
	for (int i = 0; i < ID_BYTES; i++) {
		*s++ = "0123456789abcdef"[id[i] >> 4];
		*s++ = "0123456789abcdef"[id[i] & 15];
	}
	ret = raw3(SYS_bind, fd, shim_ptr(&un), s - (char *)&un);
	if (!ret)
		return fd;
	raw3(SYS_close, fd, 0, 0);
	return ret;
}

bool shim_stream_run(enum shim_op op, const long a[6], long *ret)
{
	int fd = (int)a[0];

	switch (op) {
	case OP_bind:
	case OP_connect:
	case OP_listen:
		*ret = -EPROTONOSUPPORT;
		return true;
	case OP_getsockname:
		*ret = stream_name(fd, shim_addr(a[1]), shim_addr(a[2]));
		return true;
	case OP_getpeername:
	case OP_shutdown:
	case OP_recvfrom:
	case OP_recvmsg:
	case OP_recvmmsg:
	case OP_read:
	case OP_readv:
		*ret = -ENOTCONN;
		return true;
	case OP_getsockopt:
		*ret = stream_getsockopt(fd, a);
		return *ret != 1;
	default:
		return false; /* as of an AF_UNIX stream socket that is not connected */
	}
}

static long stream_name(int fd, struct sockaddr *addr, socklen_t *len)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };

	if (!addr || !len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	memcpy(addr, &any, *len < sizeof(any) ? *len : sizeof(any));
	*len = sizeof(any);
	return 0;
}

/* 1: the kernel's answer is the right one */
static long stream_getsockopt(int fd, const long a[6])
{
	socklen_t *len = shim_addr(a[4]);
	int value;

	if (a[1] != SOL_SOCKET || (a[2] != SO_DOMAIN && a[2] != SO_PROTOCOL))
		return 1;
	if (!len || !a[3])
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	value = a[2] == SO_DOMAIN ? AF_INET : IPPROTO_TCP;
	if (*len > sizeof(value))
		*len = sizeof(value);
	memcpy(shim_addr(a[3]), &value, *len);
	return 0;
}
