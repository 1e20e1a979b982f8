/* SPDX-License-Identifier: MIT */
/*
 * client.c - the calls of a program about its sockets, each one request
 *
 * Theory of operation
 *   Arguments are checked where the kernel would look at the caller's memory; everything else is the daemon's word. Two options live at
 *   both ends: SO_RCVTIMEO and SO_SNDTIMEO, because the program's thread waits on its own end of the pair.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "client/client_impl.h"

#define NO_SUCH_IOCTL 515 /* ENOIOCTLCMD */

/* The lowest free number, as of every new descriptor: the one that came was behind the connection's. */
static int lowest(int fd, bool cloexec)
{
	long low = raw3(SYS_fcntl, fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	if (low < 0)
		return fd;
	raw3(SYS_close, low < fd ? fd : low, 0, 0);
	return low < fd ? (int)low : fd;
}

enum client_kind client_kind(int fd)
{
	struct client_id id;

	client_id_of(fd, &id);
	return id.kind;
}

/* Nothing is remembered. */
void client_passes(long nr, const long a[6])
{
	(void)nr;
	(void)a;
}

int client_socket(int domain, int type, int protocol)
{
	struct client_call c;
	int ret;

	client_call_init(&c, GN_CHAN_NEW, NULL);
	c.call.arg[0] = domain;
	c.call.arg[1] = type;
	c.call.arg[2] = protocol;
	c.cloexec = type & SOCK_CLOEXEC;
	ret = client_call(&c, -1);
	if (ret < 0)
		return ret;
	return c.fd < 0 ? -EMFILE /* there was no room for the descriptor */ : lowest(c.fd, c.cloexec);
}

/* --- names --- */

static int call_with_name(enum gn_chan_op op, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct client_call c;
	struct client_id id;

	client_id_of(fd, &id);
	if (len > sizeof(c.call.name))
		return -EINVAL;
	if (len && !addr)
		return -EFAULT;
	client_call_init(&c, op, &id);
	c.call.namelen = len;
	if (len)
		memcpy(c.call.name, addr, len);
	return client_call(&c, fd);
}

int client_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return call_with_name(GN_CHAN_BIND, fd, addr, len);
}

int client_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return call_with_name(GN_CHAN_CONNECT, fd, addr, len);
}

static int call_for_name(enum gn_chan_op op, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct client_call c;
	struct client_id id;
	socklen_t room;
	int ret;

	if (!len || !addr)
		return -EFAULT;
	room = *len;
	if ((int)room < 0)
		return -EINVAL;
	client_id_of(fd, &id);
	client_call_init(&c, op, &id);
	ret = client_call(&c, fd);
	if (ret < 0)
		return ret;
	if (c.reply.namelen > sizeof(c.reply.name))
		return -ENETDOWN;
	memcpy(addr, c.reply.name, room < c.reply.namelen ? room : c.reply.namelen);
	*len = c.reply.namelen;
	return 0;
}

int client_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return call_for_name(GN_CHAN_GETSOCKNAME, fd, addr, len);
}

int client_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return call_for_name(GN_CHAN_GETPEERNAME, fd, addr, len);
}

/* --- options --- */

/* Its value is a struct that points to instructions: these travel. */
static bool is_filter(int level, int name)
{
	return level == SOL_SOCKET && (name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF);
}

static bool is_timeout(int level, int name)
{
	return level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO || name == 66 /* SO_RCVTIMEO_NEW */ || name == 67);
}

int client_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct iovec iov = { (void *)(uintptr_t)value, len };
	struct client_call c;
	struct client_id id;
	int ret;

	if ((int)len < 0)
		return -EINVAL;
	if (len && !value)
		return -EFAULT;
	if (is_filter(level, name)) {
		struct sock_fprog prog;

		if (len != sizeof(prog))
			return -EINVAL;
		memcpy(&prog, value, sizeof(prog));
		if (!prog.len || prog.len > BPF_MAXINSNS || !prog.filter)
			return -EINVAL;
		iov = (struct iovec){ prog.filter, prog.len * sizeof(*prog.filter) };
	}
	if (iov.iov_len > GN_CHAN_DATA_MAX)
		return -ENOBUFS;
	client_id_of(fd, &id);
	client_call_init(&c, GN_CHAN_SETSOCKOPT, &id);
	c.call.arg[0] = level;
	c.call.arg[1] = name;
	c.call.len = (uint32_t)iov.iov_len;
	c.out = &iov;
	c.n_out = 1;
	ret = client_call(&c, fd);
	if (ret >= 0 && is_timeout(level, name))
		sys5(SYS_setsockopt, fd, level, name, value, len);
	if (ret >= 0 && id.kind == CLIENT_NETLINK)
		client_netlink_option(fd, level, name, value, len);
	return ret;
}

int client_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct iovec iov;
	struct client_call c;
	struct client_id id;
	int ret;

	if (!len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (*len && !value)
		return -EFAULT;
	client_id_of(fd, &id);
	if (id.kind == CLIENT_NETLINK && (is_timeout(level, name) || (level == SOL_SOCKET && name == SO_PASSCRED)))
		return (int)sys5(SYS_getsockopt, fd, level, name, value, len);
	if (level == SOL_SOCKET && name == SO_ERROR && *len >= sizeof(int)) {
		ret = client_pending(fd, &id); /* told of already: the telling goes with it */
		if (ret) {
			memcpy(value, &ret, sizeof(ret));
			*len = sizeof(ret);
			return ret < 0 ? ret : 0;
		}
	}
	iov = (struct iovec){ value, *len < GN_CHAN_DATA_MAX ? *len : GN_CHAN_DATA_MAX };
	client_call_init(&c, GN_CHAN_GETSOCKOPT, &id);
	c.call.arg[0] = level;
	c.call.arg[1] = name;
	c.call.arg[2] = (int)iov.iov_len;
	c.call.len = level == IPPROTO_IP && iov.iov_len <= 4096 ? (uint32_t)iov.iov_len : 0; /* some values are read first */
	c.out = c.in = &iov;
	c.n_out = c.call.len ? 1 : 0;
	c.n_in = 1;
	ret = client_call(&c, fd);
	if (ret >= 0)
		*len = c.reply.len;
	return ret;
}

int client_shutdown(int fd, int how)
{
	struct client_call c;
	struct client_id id;

	client_id_of(fd, &id);
	client_call_init(&c, GN_CHAN_SHUTDOWN, &id);
	c.call.arg[0] = how;
	return client_call(&c, fd);
}

/* --- requests by number --- */

/* Length of the datagram that is next in the pair; what the kernel knows of it includes our header. */
static int next_length(int fd)
{
	struct gn_chan_dgram h;
	struct iovec iov = { &h, sizeof(h) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	long n = sys3(SYS_recvmsg, fd, &msg, MSG_PEEK | MSG_DONTWAIT);

	return n == sizeof(h) && h.magic == GN_CHAN_MAGIC && h.kind == GN_CHAN_DATA ? (int)h.len : 0;
}

static int client_ethtool(struct ifreq *ifr)
{
	struct iovec out[2], in[2];
	char name[IFNAMSIZ];
	struct client_call c;

	if (!ifr || !ifr->ifr_data)
		return -EFAULT;
	out[0] = (struct iovec){ ifr->ifr_name, IFNAMSIZ };
	out[1] = (struct iovec){ ifr->ifr_data, client_ethtool_size(ifr->ifr_data) };
	in[0] = (struct iovec){ name, sizeof(name) };
	in[1] = (struct iovec){ ifr->ifr_data, GN_CHAN_DATA_MAX - sizeof(name) };
	client_call_init(&c, GN_CHAN_IOCTL, NULL);
	c.call.arg[0] = SIOCETHTOOL;
	c.call.len = (uint32_t)(out[0].iov_len + out[1].iov_len);
	c.out = out;
	c.in = in;
	c.n_out = c.n_in = 2;
	return client_call(&c, -1);
}

int client_ioctl(int fd, unsigned long request, void *arg)
{
	struct iovec iov = { arg, client_ioctl_size(request) };
	struct client_call c;
	struct client_id id;
	bool sockets; /* of the socket, not of the network */

	client_id_of(fd, &id);
	if (request == FIONREAD && id.kind == CLIENT_NETLINK)
		return -ENOTTY;
	if (request == FIONREAD && id.kind != CLIENT_FOREIGN) {
		int n = next_length(fd);

		if (!arg)
			return -EFAULT;
		memcpy(arg, &n, sizeof(n));
		return 0;
	}
	if (request == SIOCETHTOOL)
		return client_ethtool(arg);
	sockets = request == SIOCOUTQ || (request & 0xfffe) == SIOCGSTAMP_OLD;
	if (!iov.iov_len || (sockets && id.kind == CLIENT_FOREIGN))
		return -NO_SUCH_IOCTL;
	if (!arg)
		return -EFAULT;
	client_call_init(&c, GN_CHAN_IOCTL, sockets ? &id : NULL);
	c.call.arg[0] = (int)request;
	c.call.len = (uint32_t)iov.iov_len;
	c.out = c.in = &iov;
	c.n_out = c.n_in = 1;
	return client_call(&c, fd);
}
