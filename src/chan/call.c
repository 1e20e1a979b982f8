/* SPDX-License-Identifier: MIT */
/*
 * call.c - requests of programs: checked, run on the vCPU of their socket, answered
 *
 * Theory of operation
 *   call_check() compares every field of a request with what its kind may carry; call_run() runs it inside the port's vCPU, after all
 *   datagrams that were sent before it. The rights are those of who asks, for the time of the call; datagrams of the pair have those of
 *   who made the socket. A descriptor that came along must be the program's end of the port that is named.
 * Owns: nothing. Threads: chan_call() RTNL; call_run() the port's vCPU.
 * Refuses: a request that is not well formed (EPROTO, counted), one for a socket that is not there or not shown (EBADF).
 * Mirrors: the system calls of net/socket.c.
 */
#include <errno.h>
#include <linux/filter.h>

#include "chan/chan_impl.h"
#include "kernel/smp.h"

#define SEND_FLAGS (MSG_CONFIRM | MSG_DONTROUTE | MSG_DONTWAIT | MSG_MORE | MSG_NOSIGNAL | MSG_EOR | MSG_OOB)

struct call {
	struct chan_port *p;
	struct chan_msg *m;
	const struct gn_chan_call *h;
	const unsigned char *control, *data;
};

/* What a request may carry. */
#define C_SOCKET 1
#define C_NAME 2
#define C_CONTROL 4
#define C_DATA 8
static const struct {
	unsigned char carries, args;
} shapes[GN_CHAN_OP_MAX] = {
	[GN_CHAN_NEW] = { 0, 3 },
	[GN_CHAN_BIND] = { C_SOCKET | C_NAME, 0 },
	[GN_CHAN_CONNECT] = { C_SOCKET | C_NAME, 0 },
	[GN_CHAN_GETSOCKNAME] = { C_SOCKET, 0 },
	[GN_CHAN_GETPEERNAME] = { C_SOCKET, 0 },
	[GN_CHAN_SETSOCKOPT] = { C_SOCKET | C_DATA, 2 },
	[GN_CHAN_GETSOCKOPT] = { C_SOCKET | C_DATA, 3 },
	[GN_CHAN_SHUTDOWN] = { C_SOCKET, 1 },
	[GN_CHAN_SENDTO] = { C_SOCKET | C_NAME | C_CONTROL | C_DATA, 2 },
	[GN_CHAN_RECVERR] = { C_SOCKET, 2 },
	[GN_CHAN_TAKE_ERROR] = { C_SOCKET, 1 },
	[GN_CHAN_IOCTL] = { C_DATA, 1 }, /* with a socket or without */
	[GN_CHAN_PAGE] = { 0, 0 },
	[GN_CHAN_TRACE] = { 0, 0 },
};

static int call_check(const struct chan_msg *m, struct call *c);
static bool is_memory(unsigned op);
static void call_memory(struct chan *chan, struct chan_msg *m, unsigned op);
static void call_run(void *arg);

void chan_call(struct chan *chan, struct chan_msg *m)
{
	struct call c = { .m = m };
	int ret = call_check(m, &c);

	m->fd = -1;
	memset(&m->reply, 0, sizeof(m->reply));
	m->reply.magic = GN_CHAN_MAGIC;
	if (ret) {
		__atomic_add_fetch(&chan->malformed, 1, __ATOMIC_RELAXED);
		m->reply.result = ret;
		return;
	}
	if (c.h->op == GN_CHAN_NEW) {
		m->reply.result = port_open(chan, m, c.h->arg[0], c.h->arg[1], c.h->arg[2], &c.p);
		m->reply.id = c.p ? c.p->id : 0;
		return;
	}
	if (is_memory(c.h->op)) {
		call_memory(chan, m, c.h->op);
		return;
	}
	if (c.h->id) {
		c.p = port_find(chan, c.h->id);
		if (!c.p || c.p->ino != m->ino) {
			m->reply.result = -EBADF;
			return;
		}
		m->reply.id = c.h->id;
	}
	if (c.h->op == GN_CHAN_IOCTL) {
		size_t len = c.h->len;

		memcpy(m->data, c.data, c.h->len);
		m->reply.result = chan_ioctl(chan, c.p, (unsigned)c.h->arg[0], m->data, &len, &m->cred);
		m->reply.len = m->reply.result < 0 ? 0 : (uint32_t)len;
		return;
	}
	if (c.p->pub.cpu == PORT_RTNL)
		netlink_call(c.p, m, c.h, c.data);
	else
		smp_call(&chan->net->m, c.p->pub.cpu, call_run, &c);
}

static bool is_memory(unsigned op)
{
	return op == GN_CHAN_PAGE || op == GN_CHAN_TRACE;
}

/* Its descriptor. */
static void call_memory(struct chan *chan, struct chan_msg *m, unsigned op)
{
	int fd = -EOPNOTSUPP;

	if (chan->page)
		fd = op == GN_CHAN_PAGE ? chan->ops->page(chan->ctx) : chan->ops->trace(chan->ctx, (uint32_t)m->pid, m->cred.uid);
	if (fd < 0)
		m->reply.result = fd;
	else
		m->fd = fd;
}

/* Every field is what it may be, or -EPROTO. */
static int call_check(const struct chan_msg *m, struct call *c)
{
	const struct gn_chan_call *h = m->buf;
	unsigned carries;

	if (m->len < sizeof(*h) || h->magic != GN_CHAN_MAGIC || !h->op || h->op >= GN_CHAN_OP_MAX || h->reserved)
		return -EPROTO;
	carries = shapes[h->op].carries;
	for (unsigned i = shapes[h->op].args; i < 3; i++)
		if (h->arg[i])
			return -EPROTO;
	if (h->namelen > ((carries & C_NAME) ? sizeof(h->name) : 0) || h->control > ((carries & C_CONTROL) ? GN_CHAN_CONTROL_MAX : 0) ||
	    h->len > ((carries & C_DATA) ? GN_CHAN_DATA_MAX : 0) || m->len != sizeof(*h) + h->control + h->len)
		return -EPROTO;
	if (m->has_fd != (h->id != 0) || ((carries & C_SOCKET) && !h->id) || (h->id && (h->op == GN_CHAN_NEW || is_memory(h->op))))
		return -EPROTO;
	c->h = h;
	c->control = (const unsigned char *)(h + 1);
	c->data = c->control + h->control;
	return 0;
}

/* --- inside the vCPU --- */

/* Programs peek into the pair: where the last peek of a datagram ended is nothing that is known here. */
static bool is_peek_off(const struct call *c)
{
	return c->h->arg[0] == SOL_SOCKET && c->h->arg[1] == SO_PEEK_OFF;
}

static int call_setsockopt(struct socket *sock, const struct call *c)
{
	int level = c->h->arg[0], name = c->h->arg[1];
	struct sock_fprog prog;
	_Alignas(8) unsigned char value[4096];

	if (is_peek_off(c) && c->h->len >= sizeof(int))
		return -EOPNOTSUPP;
	if (level == SOL_SOCKET && (name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF)) {
		if (c->h->len % sizeof(struct sock_filter) || c->h->len > BPF_MAXINSNS * sizeof(struct sock_filter))
			return -EINVAL;
		memcpy(c->m->data, c->data, c->h->len); /* aligned there */
		prog.len = (unsigned short)(c->h->len / sizeof(struct sock_filter));
		prog.filter = (struct sock_filter *)(void *)c->m->data;
		return sock_call_setsockopt(sock, level, name, &prog, sizeof(prog));
	}
	if (c->h->len > sizeof(value))
		return -ENOBUFS;
	memcpy(value, c->data, c->h->len);
	return sock_call_setsockopt(sock, level, name, value, c->h->len);
}

/* The value may be read before it is written (IP_MSFILTER): what the program has there comes along. */
static int call_getsockopt(struct socket *sock, const struct call *c)
{
	socklen_t len = (socklen_t)c->h->arg[2];
	int ret;

	if (c->h->arg[2] < 0)
		return -EINVAL;
	if (is_peek_off(c))
		return -EOPNOTSUPP;
	len = min_t(socklen_t, len, sizeof(c->m->data));
	memset(c->m->data, 0, len);
	memcpy(c->m->data, c->data, min_t(size_t, c->h->len, len));
	ret = sock_call_getsockopt(sock, c->h->arg[0], c->h->arg[1], c->m->data, &len);
	if (ret >= 0)
		c->m->reply.len = min_t(socklen_t, len, sizeof(c->m->data));
	return ret;
}

static int call_getname(struct socket *sock, struct gn_chan_reply *r, int peer)
{
	_Alignas(8) struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int ret = sock_getname(sock, (struct sockaddr *)&name, &len, peer);

	if (ret)
		return ret;
	r->namelen = len;
	memcpy(r->name, &name, min_t(size_t, len, sizeof(r->name)));
	return 0;
}

static int call_shutdown(struct chan_port *p, int how)
{
	int ret = sock_shutdown(p->sock, how);

	/* End of file after what lies in the pair; the other direction stays open, for the last close is seen there. */
	if (p->sock->sk->sk_shutdown & RCV_SHUTDOWN)
		shutdown(p->pub.fd, SHUT_WR);
	return ret;
}

static int call_sendto(struct socket *sock, const struct call *c)
{
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX];
	struct sockaddr_storage name;
	struct iovec iov = { (void *)(uintptr_t)c->data, c->h->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (c->h->arg[0] & ~SEND_FLAGS)
		return -EINVAL;
	if (c->h->namelen) {
		memcpy(&name, c->h->name, sizeof(c->h->name));
		msg.msg_name = &name;
		msg.msg_namelen = c->h->namelen;
	}
	if (c->h->control) {
		memcpy(control, c->control, c->h->control);
		msg.msg_control = control;
		msg.msg_controllen = c->h->control;
	}
	return (int)chan_hand_over(sock, &msg, c->h->arg[0] | MSG_DONTWAIT | MSG_NOSIGNAL, (uint32_t)c->h->arg[1]);
}

static int call_recverr(struct chan_port *p, struct chan_msg *m, int flags, int room)
{
	struct sockaddr_storage name;
	struct iovec iov = { m->data, (size_t)min_t(int, room, sizeof(m->data)) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof(name),
			      .msg_control = m->control, .msg_controllen = sizeof(m->control) };
	int ret;

	if (room < 0)
		return -EINVAL;
	memset(m->control, 0, sizeof(m->control));
	ret = (int)sock_recvmsg(p->sock, &msg, MSG_ERRQUEUE | MSG_DONTWAIT | (flags & MSG_TRUNC));
	if (flags & GN_CHAN_TOOK) { /* there may be more to tell of */
		p->token = false;
		doorbell_mark(&p->bell);
	}
	if (ret < 0)
		return ret;
	m->reply.flags = (unsigned)msg.msg_flags;
	m->reply.namelen = msg.msg_namelen;
	memcpy(m->reply.name, &name, min_t(size_t, msg.msg_namelen, sizeof(m->reply.name)));
	m->reply.control = (unsigned)msg.msg_controllen;
	m->reply.len = (unsigned)min_t(size_t, (size_t)ret, iov.iov_len);
	return ret;
}

/*
 * The error of the socket is the program's now; what is reported from here on is news. An error queue that nobody reads is told again, but not to a
 * receive that got no error and sleeps: it would wake for nothing, for ever. It is told with the next news.
 */
static int call_take_error(struct chan_port *p, bool waits)
{
	int err = -sock_error(p->sock->sk);

	p->token = false;
	if ((err || !waits) && !skb_queue_empty(&p->sock->sk->sk_error_queue))
		doorbell_mark(&p->bell);
	return err;
}

static int call_dispatch(struct chan_port *p, const struct call *c)
{
	const struct gn_chan_call *h = c->h;
	_Alignas(8) struct sockaddr_storage name;

	memcpy(&name, h->name, sizeof(h->name));
	switch (h->op) {
	case GN_CHAN_BIND:
		return sock_bind(p->sock, (struct sockaddr *)&name, h->namelen);
	case GN_CHAN_CONNECT:
		return sock_connect(p->sock, (struct sockaddr *)&name, h->namelen);
	case GN_CHAN_GETSOCKNAME:
	case GN_CHAN_GETPEERNAME:
		return call_getname(p->sock, &c->m->reply, h->op == GN_CHAN_GETPEERNAME);
	case GN_CHAN_SETSOCKOPT:
		return call_setsockopt(p->sock, c);
	case GN_CHAN_GETSOCKOPT:
		return call_getsockopt(p->sock, c);
	case GN_CHAN_SHUTDOWN:
		return call_shutdown(p, h->arg[0]);
	case GN_CHAN_SENDTO:
		return call_sendto(p->sock, c);
	case GN_CHAN_RECVERR:
		return call_recverr(p, c->m, h->arg[0], h->arg[1]);
	case GN_CHAN_TAKE_ERROR:
		return call_take_error(p, h->arg[0]);
	default:
		return -EPROTO;
	}
}

/* Sends of this socket that were accepted before may not be now. */
static void call_changed(const struct chan_port *p, unsigned op)
{
	struct gn_chan_page *page = p->chan->page;

	if (page && (op == GN_CHAN_BIND || op == GN_CHAN_CONNECT || op == GN_CHAN_SETSOCKOPT || op == GN_CHAN_SHUTDOWN))
		__atomic_fetch_add(&page->sock[p->id % GN_CHAN_PAGE_SOCKS], 1, __ATOMIC_SEQ_CST);
}

/* Of each the log speaks once; of as many as there are bits, so that a program cannot fill it. */
static void call_unknown_option(struct chan *c, int level, int name)
{
	unsigned bit = hash_32((uint32_t)level * 0x10001u + (uint32_t)name, 10);
	unsigned long mask = 1ul << (bit % 64);

	__atomic_add_fetch(&c->unknown_options, 1, __ATOMIC_RELAXED);
	if (!(__atomic_fetch_or(&c->named[bit / 64], mask, __ATOMIC_RELAXED) & mask))
		pr_info(net_log(c->net), "a program asks for socket option %d of level %d, which is not there", name, level);
}

static void call_run(void *arg)
{
	const struct call *c = arg;
	struct chan_port *p = c->p;
	struct cred own;

	if (p->sock)
		chan_input(p, CHAN_DRAIN);
	if (!p->sock) {
		c->m->reply.result = -EBADF;
		return;
	}
	unread_settle(p);
	own = p->sock->cred;
	p->sock->cred = c->m->cred;
	c->m->reply.result = call_dispatch(p, c);
	p->sock->cred = own;
	if ((c->h->op == GN_CHAN_SETSOCKOPT || c->h->op == GN_CHAN_GETSOCKOPT) &&
	    (c->m->reply.result == -ENOPROTOOPT || c->m->reply.result == -EOPNOTSUPP))
		call_unknown_option(p->chan, c->h->arg[0], c->h->arg[1]);
	call_changed(p, c->h->op);
	port_watch(p);
}
