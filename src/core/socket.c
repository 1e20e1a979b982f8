/* SPDX-License-Identifier: MIT */
/*
 * socket.c - the system-call shaped top of a socket
 *
 * On the walk: the first step of every call of a process; it checks and copies what the caller gave
 * and calls the family's proto_ops.
 * Owns: struct socket from sock_create() to sock_release(). Buffers, names and control messages
 * stay the caller's.
 * Threads: inside a vCPU (the socket's home), outside softirqs; families are registered by RTNL
 * before.
 * Refuses: names, buffers and flags that Linux refuses at its border, with the same errno. Mirrors:
 * net/socket.c.
 */
#include "core/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "kernel/slab.h"

#define SOCK_TYPE_MASK 0xf
#define SOCK_TYPE_END 11 /* first number that is no socket type */
#define IOV_LIMIT 1024	 /* UIO_MAXIOV */
#define MAX_RW_COUNT (INT_MAX & ~4095)

static int msg_check(const struct msghdr *msg);

int sock_register(struct net *net, const struct net_proto_family *f)
{
	if (f->family < 0 || (size_t)f->family >= ARRAY_SIZE(net->family))
		return -ENOBUFS;
	if (net->family[f->family])
		return -EEXIST;
	net->family[f->family] = f;
	return 0;
}

int sock_create(struct net *net, const struct cred *cred, int family, int type, int protocol,
		struct socket **ret_sock)
{
	int flags = type & ~SOCK_TYPE_MASK;
	struct socket *sock;
	int err;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	if (family < 0 || (size_t)family >= ARRAY_SIZE(net->family))
		return -EAFNOSUPPORT;
	type &= SOCK_TYPE_MASK;
	if (type >= SOCK_TYPE_END)
		return -EINVAL;
	if (!net->family[family])
		return -EAFNOSUPPORT;
	sock = kzalloc(&net->m, sizeof(*sock));
	if (!sock)
		return -ENFILE;
	sock->state = SS_UNCONNECTED;
	sock->type = (short)type;
	sock->nonblock = flags & SOCK_NONBLOCK;
	sock->net = net;
	sock->cred = *cred;
	sock->ino = __atomic_add_fetch(&net->next_ino, 1, __ATOMIC_RELAXED);
	err = net->family[family]->create(net, sock, protocol);
	if (err) {
		kfree(&net->m, sock);
		return err;
	}
	__atomic_add_fetch(&net->sockets_inuse, 1, __ATOMIC_RELAXED);
	*ret_sock = sock;
	return 0;
}

void sock_release(struct socket *sock)
{
	struct net *net = sock->net;

	if (sock->ops)
		sock->ops->release(sock);
	__atomic_sub_fetch(&net->sockets_inuse, 1, __ATOMIC_RELAXED);
	kfree(&net->m, sock);
}

/* --- names --- */

static int name_copy(struct sockaddr_storage *to, const struct sockaddr *addr, socklen_t len)
{
	if (len > sizeof(*to))
		return -EINVAL;
	if (len && !addr)
		return -EFAULT;
	if (len)
		memcpy(to, addr, len);
	return 0;
}

/* What fits of a name of @len bytes goes to @addr; the caller learns the whole length. */
static void name_give(struct sockaddr *addr, socklen_t *room, const void *name, int len)
{
	if (addr && *room)
		memcpy(addr, name, min_t(size_t, *room, (size_t)len));
	*room = (socklen_t)len;
}

int sock_bind(struct socket *sock, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage name;
	int err = name_copy(&name, addr, len);

	return err ? err : sock->ops->bind(sock, (struct sockaddr *)&name, (int)len);
}

int sock_connect(struct socket *sock, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage name;
	int err = name_copy(&name, addr, len);

	if (err)
		return err;
	return sock->ops->connect(sock, (struct sockaddr *)&name, (int)len,
				  sock->nonblock ? O_NONBLOCK : 0);
}

int sock_getname(struct socket *sock, struct sockaddr *addr, socklen_t *len, int peer)
{
	struct sockaddr_storage name;
	int err;

	if (*len > INT_MAX)
		return -EINVAL;
	memset(&name, 0, sizeof(name));
	err = sock->ops->getname(sock, (struct sockaddr *)&name, peer);
	if (err < 0)
		return err;
	name_give(addr, len, &name, err);
	return 0;
}

/* --- data --- */

ssize_t sock_sendmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	struct msghdr m = *msg;
	struct sockaddr_storage name;
	int err = msg_check(msg);

	if (err)
		return err;
	if (!m.msg_name)
		m.msg_namelen = 0;
	if (m.msg_namelen) {
		m.msg_namelen = min_t(socklen_t, m.msg_namelen, sizeof(name));
		memcpy(&name, m.msg_name, m.msg_namelen);
		m.msg_name = &name;
	} else {
		m.msg_name = NULL;
	}
	m.msg_flags = flags | (sock->nonblock ? MSG_DONTWAIT : 0);
	return sock->ops->sendmsg(sock, &m, msg_iov_len(&m));
}

ssize_t sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	struct msghdr m = *msg;
	struct sockaddr_storage name;
	ssize_t len;
	int err = msg_check(msg);

	if (err)
		return err;
	m.msg_name = &name;
	m.msg_namelen = 0;
	m.msg_flags = 0;
	if (!m.msg_control)
		m.msg_controllen = 0;
	len = sock->ops->recvmsg(sock, &m, msg_iov_len(&m),
				 flags | (sock->nonblock ? MSG_DONTWAIT : 0));
	if (len < 0)
		return len;
	if (msg->msg_name)
		name_give(msg->msg_name, &msg->msg_namelen, &name, (int)m.msg_namelen);
	else
		msg->msg_namelen = 0;
	msg->msg_flags = m.msg_flags;
	/* put_cmsg() moved the pointer over what it wrote */
	msg->msg_controllen = m.msg_control ? (size_t)((char *)m.msg_control -
						       (char *)msg->msg_control) : 0;
	return len;
}

ssize_t sock_sendto(struct socket *sock, const void *buf, size_t len, int flags,
		    const struct sockaddr *addr, socklen_t addrlen)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf,
			     .iov_len = min_t(size_t, len, MAX_RW_COUNT) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (addr) {
		if (addrlen > sizeof(struct sockaddr_storage))
			return -EINVAL;
		msg.msg_name = (void *)(uintptr_t)addr;
		msg.msg_namelen = addrlen;
	}
	return sock_sendmsg(sock, &msg, flags);
}

ssize_t sock_recvfrom(struct socket *sock, void *buf, size_t len, int flags, struct sockaddr *addr,
		      socklen_t *addrlen)
{
	struct iovec iov = { .iov_base = buf, .iov_len = min_t(size_t, len, MAX_RW_COUNT) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (addr) {
		msg.msg_name = addr;
		msg.msg_namelen = *addrlen;
	}
	n = sock_recvmsg(sock, &msg, flags);
	if (n >= 0 && addr)
		*addrlen = msg.msg_namelen;
	return n;
}

static int msg_check(const struct msghdr *msg)
{
	size_t total = 0;

	if (msg->msg_iovlen > IOV_LIMIT)
		return -EMSGSIZE;
	if (msg->msg_controllen > INT_MAX)
		return -ENOBUFS;
	if (msg->msg_name && msg->msg_namelen > INT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		if ((ssize_t)msg->msg_iov[i].iov_len < 0)
			return -EINVAL;
		if (__builtin_add_overflow(total, msg->msg_iov[i].iov_len, &total) ||
		    (ssize_t)total < 0)
			return -EINVAL;
	}
	return 0;
}

/* --- options and the rest --- */

int sock_call_setsockopt(struct socket *sock, int level, int optname, const void *optval,
			 socklen_t optlen)
{
	if (optlen > INT_MAX)
		return -EINVAL;
	if (optlen && !optval)
		return -EFAULT;
	if (level == SOL_SOCKET)
		return sock_setsockopt(sock->sk, optname, optval, optlen, sock->cred.net_admin);
	return sock->ops->setsockopt(sock, level, optname, optval, optlen);
}

int sock_call_getsockopt(struct socket *sock, int level, int optname, void *optval,
			 socklen_t *optlen)
{
	if (*optlen > INT_MAX)
		return -EINVAL;
	if (*optlen && !optval)
		return -EFAULT;
	if (level == SOL_SOCKET)
		return sock_getsockopt(sock->sk, optname, optval, optlen);
	return sock->ops->getsockopt(sock, level, optname, optval, optlen);
}

int sock_shutdown(struct socket *sock, int how)
{
	return sock->ops->shutdown(sock, how);
}

int sock_listen(struct socket *sock, int backlog)
{
	return sock->ops->listen ? sock->ops->listen(sock, backlog) : -EOPNOTSUPP;
}

int sock_ioctl(struct socket *sock, unsigned cmd, void *arg)
{
	if (cmd == FIONBIO) {
		int on;

		memcpy(&on, arg, sizeof(on));
		sock->nonblock = on != 0;
		return 0;
	}
	return sock->ops->ioctl ? sock->ops->ioctl(sock, cmd, arg) : -ENOTTY;
}

unsigned sock_poll(struct socket *sock)
{
	return sock->ops->poll(sock);
}

/* --- the caller's buffers --- */

size_t msg_iov_len(const struct msghdr *msg)
{
	size_t total = 0;

	for (size_t i = 0; i < msg->msg_iovlen; i++)
		total += msg->msg_iov[i].iov_len;
	return total;
}

int memcpy_fromiovecend(void *to, const struct msghdr *msg, size_t offset, size_t len)
{
	for (size_t i = 0; len && i < msg->msg_iovlen; i++) {
		const struct iovec *v = &msg->msg_iov[i];
		size_t n;

		if (offset >= v->iov_len) {
			offset -= v->iov_len;
			continue;
		}
		n = min_t(size_t, len, v->iov_len - offset);
		memcpy(to, (const char *)v->iov_base + offset, n);
		to = (char *)to + n;
		len -= n;
		offset = 0;
	}
	return len ? -EFAULT : 0;
}

int memcpy_toiovecend(const struct msghdr *msg, const void *from, size_t offset, size_t len)
{
	for (size_t i = 0; len && i < msg->msg_iovlen; i++) {
		const struct iovec *v = &msg->msg_iov[i];
		size_t n;

		if (offset >= v->iov_len) {
			offset -= v->iov_len;
			continue;
		}
		n = min_t(size_t, len, v->iov_len - offset);
		memcpy((char *)v->iov_base + offset, from, n);
		from = (const char *)from + n;
		len -= n;
		offset = 0;
	}
	return len ? -EFAULT : 0;
}
