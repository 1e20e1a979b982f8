/* SPDX-License-Identifier: MIT */
/*
 * call.c - one request to the daemon, and its reply
 *
 * Theory of operation
 *   A connection of its own for each: nothing to share between threads, nothing to lose over fork and exec, no descriptor that a program
 *   which closes all could close. Where the daemon is: the name of the other end of the socket says it; without a socket the environment
 *   does (GLASSNET_SOCKET). The calls here are never interrupted: a signal that comes is handled, and the wait goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>

#include "client/client_impl.h"

extern char **environ;

const char *client_env(const char *name)
{
	size_t n = strlen(name);

	for (char **e = environ; e && *e; e++)
		if (!strncmp(*e, name, n) && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

static bool path_join(struct sockaddr_un *un, const char *path, size_t len, const char *suffix)
{
	size_t more = strlen(suffix);

	if (!len || len + more >= sizeof(un->sun_path))
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len);
	memcpy(un->sun_path + len, suffix, more + 1);
	return true;
}

/* Where the daemon of @fd (-1: that of this process) answers. */
static bool call_path(struct sockaddr_un *un, int fd)
{
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);
	const size_t skip = offsetof(struct sockaddr_un, sun_path) + GN_CHAN_NAME_LEN;
	const char *env;

	if (fd >= 0 && !sys3(SYS_getpeername, fd, &peer, &len) && len > skip && len <= sizeof(peer) && !peer.sun_path[0] &&
	    !memcmp(peer.sun_path + 1, GN_CHAN_NAME_DAEMON, 5))
		return path_join(un, (const char *)&peer + skip, len - skip, "");
	env = client_env("GLASSNET_SOCKET");
	return env && path_join(un, env, strlen(env), GN_CHAN_SUFFIX);
}

/* A connected descriptor, or -1. */
static int call_connect(int fd)
{
	struct sockaddr_un un;
	long ret;
	int s;

	if (!call_path(&un, fd))
		return -1;
	s = (int)sys3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s < 0)
		return s == -EMFILE || s == -ENFILE ? s : -1;
	do
		ret = sys3(SYS_connect, s, &un, sizeof(un));
	while (ret == -EINTR);
	if (!ret || ret == -EISCONN)
		return s;
	sys3(SYS_close, s, 0, 0);
	return -1;
}

static long call_send(const struct client_call *c, int s, int fd)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec *iov = __builtin_alloca((2 + c->n_out) * sizeof(*iov));
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 + c->n_out };
	long ret;

	iov[0] = (struct iovec){ (void *)(uintptr_t)&c->call, sizeof(c->call) };
	iov[1] = (struct iovec){ (void *)(uintptr_t)c->control, c->call.control };
	for (size_t i = 0; i < c->n_out; i++)
		iov[2 + i] = c->out[i];
	if (c->call.id) {
		memset(&control, 0, sizeof(control));
		control.hdr = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&control.hdr), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	do
		ret = sys3(SYS_sendmsg, s, &msg, MSG_NOSIGNAL);
	while (ret == -EINTR);
	return ret;
}

static long call_receive(struct client_call *c, int s)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec *iov = __builtin_alloca((2 + c->n_in) * sizeof(*iov));
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 + c->n_in, .msg_control = &control, .msg_controllen = sizeof(control) };
	long ret;

	iov[0] = (struct iovec){ &c->reply, sizeof(c->reply) };
	iov[1] = (struct iovec){ c->in_control, c->in_control ? GN_CHAN_CONTROL_MAX : 0 };
	for (size_t i = 0; i < c->n_in; i++)
		iov[2 + i] = c->in[i];
	memset(&control, 0, sizeof(control));
	do
		ret = sys3(SYS_recvmsg, s, &msg, c->cloexec ? MSG_CMSG_CLOEXEC : 0);
	while (ret == -EINTR);
	if (ret >= 0 && msg.msg_controllen >= CMSG_LEN(sizeof(int)) && control.hdr.cmsg_level == SOL_SOCKET &&
	    control.hdr.cmsg_type == SCM_RIGHTS)
		memcpy(&c->fd, CMSG_DATA(&control.hdr), sizeof(c->fd));
	return ret;
}

void client_call_init(struct client_call *c, enum gn_chan_op op, const struct client_id *id)
{
	memset(c, 0, sizeof(*c));
	c->call.magic = GN_CHAN_MAGIC;
	c->call.op = (uint16_t)op;
	c->call.id = id ? id->id : 0;
	c->fd = -1;
}

int client_call(struct client_call *c, int fd)
{
	long n;
	int s;

	if (!c->call.id && c->call.op != GN_CHAN_NEW && c->call.op != GN_CHAN_IOCTL && c->call.op != GN_CHAN_PAGE &&
	    c->call.op != GN_CHAN_TRACE)
		return -ENOTSOCK;
	s = call_connect(fd);
	if (s < 0)
		return s == -1 ? -ENETDOWN : s;
	n = call_send(c, s, fd);
	if (n >= 0)
		n = call_receive(c, s);
	sys3(SYS_close, s, 0, 0);
	if (n < (long)sizeof(c->reply) || c->reply.magic != GN_CHAN_MAGIC)
		return n == -EMSGSIZE || n == -ENOBUFS || n == -ETOOMANYREFS || n == -EBADF ? (int)n : -ENETDOWN;
	return c->reply.result;
}
