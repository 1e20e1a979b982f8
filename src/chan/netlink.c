/* SPDX-License-Identifier: MIT */
/*
 * netlink.c - AF_NETLINK sockets of programs: NETLINK_ROUTE
 *
 * Theory of operation
 *   A port without a socket behind it: requests go to core/rtnetlink.c as those of the control socket do, and answers and notifications
 *   come by nl_client.send. In the pair there are plain netlink messages. A program's send is a call, so that what it asked for is done when it
 *   returns, with the rights of who asks; what is written to the pair by a program that knows nothing of calls has those of who made the socket.
 *   What the pair does not take waits here: notifications and answers up to the receive buffer (SO_RCVBUF), the rest of a dump up to
 *   what a user may hold in all. Beyond that it is lost, which the program is told (ENOBUFS) where it would have been. While something
 *   waits, nothing is read.
 * Called by: chan.c, call.c, core/rtnetlink.c. Owns: struct nl_port and its queue.
 * Threads: RTNL. Refuses: other protocols (EPROTONOSUPPORT), messages to other programs (ECONNREFUSED), requests whose lengths lie: dropped
 * and counted. Mirrors: net/netlink/af_netlink.c.
 */
#include <errno.h>
#include <poll.h>

#include "chan/chan_impl.h"
#include "core/rtnetlink.h"
#include "kernel/slab.h"

#define NETLINK_BURST 16
#define NETLINK_DUMP_ROOM 3776	    /* a reader with one page of buffer gets a whole datagram */
#define NETLINK_HELD_MAX (64u << 20) /* bytes that wait for all sockets of a user */
#define NETLINK_GROUPS 64
#define NETLINK_BUF 212992

struct nl_packet {
	struct list_head list;
	size_t len;
	bool dump;
	char data[];
};

struct nl_port {
	struct nl_client nl;
	struct chan_port *p;
	struct list_head list;	/* chan->netlinks */
	struct list_head queue; /* of struct nl_packet */
	size_t queued;		/* bytes of it, without those of a dump */
	uint64_t groups;	/* bit n - 1: group n */
	uint32_t dst_pid, dst_groups;
	uint32_t flags;		/* bit n: option n of SOL_NETLINK is on */
	int type, rcvbuf, sndbuf;
	int err;		/* for the program, told by a token */
	bool admin;		/* who made it */
	bool bound, lost;	/* lost: since the token before */
};

static int nl_send(struct nl_client *c, const void *buf, size_t len);
static void nl_lost(struct nl_client *c);
static void nl_flush(struct nl_port *n);
static void nl_bind_to(struct nl_port *n, int pid);
static int nl_set_groups(struct nl_port *n, uint64_t groups);

/* --- life --- */

int netlink_open(struct chan *c, struct chan_msg *m, int type, int protocol, struct chan_port **ret)
{
	struct machine *mc = &c->net->m;
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), err;
	struct chan_port *p;
	struct nl_port *n;

	if (kind != SOCK_RAW && kind != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != NETLINK_ROUTE)
		return -EPROTONOSUPPORT;
	n = kzalloc(mc, sizeof(*n));
	if (!n)
		return -ENOMEM;
	err = port_make(c, m, &p);
	if (err) {
		kfree(mc, n);
		return err;
	}
	p->pub.cpu = PORT_RTNL;
	err = c->ops->open(c->ctx, &p->pub, 'n', p->id, type & SOCK_NONBLOCK, &p->ino);
	if (err < 0) {
		port_unmake(p);
		kfree(mc, n);
		return err;
	}
	m->fd = err;
	n->p = p;
	n->type = kind;
	n->rcvbuf = n->sndbuf = NETLINK_BUF;
	n->admin = m->cred.net_admin;
	n->nl = (struct nl_client){ .send = nl_send, .lost = nl_lost, .dump_room = NETLINK_DUMP_ROOM };
	INIT_LIST_HEAD(&n->queue);
	list_add_tail(&n->list, &c->netlinks);
	rtnl_client_add(c->net, &n->nl);
	p->nl = n;
	port_register(p);
	port_watch(p);
	*ret = p;
	return 0;
}

static void nl_packet_free(struct nl_port *n, struct nl_packet *pk)
{
	list_del(&pk->list);
	n->queued -= pk->dump ? 0 : pk->len;
	n->p->user->held -= pk->len;
	kfree(&n->p->chan->net->m, pk);
}

void netlink_end(struct chan_port *p)
{
	struct nl_port *n = p->nl;
	struct nl_packet *pk, *next;

	p->nl = NULL;
	list_for_each_entry_safe(pk, next, &n->queue, list)
		nl_packet_free(n, pk);
	rtnl_client_del(p->chan->net, &n->nl);
	list_del(&n->list);
	p->chan->ops->close(p->chan->ctx, &p->pub);
	kfree(&p->chan->net->m, n);
	port_put(p);
}

/* --- to the program --- */

static bool pair_put(struct nl_port *n, const void *buf, size_t len)
{
	return send(n->p->pub.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* May @len bytes more wait? */
static bool nl_has_room(const struct nl_port *n, size_t len)
{
	if (n->lost)
		return false;
	if (n->p->user->held + len > NETLINK_HELD_MAX)
		return false;
	return n->nl.dumping || n->queued + len <= (size_t)n->rcvbuf;
}

static int nl_send(struct nl_client *c, const void *buf, size_t len)
{
	struct nl_port *n = container_of(c, struct nl_port, nl);
	struct nl_packet *pk;

	if (list_empty(&n->queue) && !n->lost && pair_put(n, buf, len))
		return 0;
	pk = nl_has_room(n, len) ? kzalloc(&n->p->chan->net->m, sizeof(*pk) + len) : NULL;
	if (!pk) {
		nl_lost(c);
		return -ENOBUFS;
	}
	pk->len = len;
	pk->dump = c->dumping;
	memcpy(pk->data, buf, len);
	list_add_tail(&pk->list, &n->queue);
	n->queued += pk->dump ? 0 : len;
	n->p->user->held += len;
	n->nl.dump_waits |= n->nl.dumping;
	n->p->out_full = n->p->in_full = true;
	port_watch(n->p);
	return 0;
}

static void nl_lost(struct nl_client *c)
{
	struct nl_port *n = container_of(c, struct nl_port, nl);

	n->lost = true;
	nl_flush(n);
}

/* What was lost, where it would have been: true unless there is no room for that word yet. */
static bool nl_tell(struct nl_port *n)
{
	const struct gn_chan_dgram h = { .magic = GN_CHAN_MAGIC, .kind = GN_CHAN_ERROR, .error = ENOBUFS };

	if (!n->lost)
		return true;
	if (!(n->flags & 1u << NETLINK_NO_ENOBUFS) && !n->err) {
		if (!pair_put(n, &h, sizeof(h)))
			return false;
		n->err = ENOBUFS;
	}
	n->lost = false;
	return true;
}

/* As much as the pair takes. */
static void nl_flush(struct nl_port *n)
{
	while (!list_empty(&n->queue)) {
		struct nl_packet *pk = list_first_entry(&n->queue, struct nl_packet, list);

		if (!pair_put(n, pk->data, pk->len))
			break;
		nl_packet_free(n, pk);
	}
	n->p->out_full = !list_empty(&n->queue) || !nl_tell(n);
	if (!n->p->out_full)
		n->nl.dump_waits = false;
	n->p->in_full = n->p->out_full;
	port_watch(n->p);
}

/* --- from the program --- */

static void nl_request(struct nl_port *n, const void *buf, size_t len, bool admin)
{
	struct chan *c = n->p->chan;

	n->nl.admin = admin && n->admin;
	n->nl.ext_ack = n->flags & 1u << NETLINK_EXT_ACK;
	n->nl.cap_ack = n->flags & 1u << NETLINK_CAP_ACK;
	n->nl.strict = n->flags & 1u << NETLINK_GET_STRICT_CHK;
	if (len > GN_CHAN_DATA_MAX || !rtnetlink_rcv(c->net, &n->nl, buf, len))
		__atomic_add_fetch(&c->malformed, 1, __ATOMIC_RELAXED);
}

/* What was written to the pair; false: the port has ended. */
static bool nl_input(struct chan_port *p)
{
	struct chan *c = p->chan;

	for (int i = 0; i < NETLINK_BURST && !p->in_full; i++) {
		ssize_t len = recv(p->pub.fd, c->netlink_in, sizeof(c->netlink_in), MSG_DONTWAIT | MSG_TRUNC);

		if (len > 0) {
			if (!p->nl->bound)
				nl_bind_to(p->nl, 0);
			nl_request(p->nl, c->netlink_in, (size_t)len, true);
		} else if (len < 0 && errno == EAGAIN) {
			break;
		} else if (!len || (errno != EINTR && errno != ECONNRESET)) {
			netlink_end(p);
			return false;
		}
	}
	return true;
}

/* Has the last copy of the program's end been closed? */
static bool nl_is_left(const struct chan_port *p)
{
	struct pollfd fd = { .fd = p->pub.fd };

	return poll(&fd, 1, 0) == 1 && fd.revents & (POLLHUP | POLLERR);
}

void netlink_ready(struct chan_port *p, unsigned revents)
{
	if (!p->nl)
		return;
	if (revents & POLLOUT)
		nl_flush(p->nl);
	if (p->in_full) {
		if (nl_is_left(p))
			netlink_end(p);
		return;
	}
	if (nl_input(p))
		port_watch(p);
}

/* --- names --- */

static bool portid_taken(const struct nl_port *n, uint32_t portid)
{
	const struct nl_port *o;

	list_for_each_entry(o, &n->p->chan->netlinks, list)
		if (o != n && o->bound && o->nl.portid == portid)
			return true;
	return false;
}

/* The process's own number, or one that no process has. */
static void nl_bind_to(struct nl_port *n, int pid)
{
	uint32_t portid = (uint32_t)pid;

	while (!portid || portid_taken(n, portid))
		portid = 0xffffefffu - (rng_u32(&n->p->chan->net->m.rng) & 0x3fffffff);
	n->nl.portid = portid;
	n->bound = true;
}

static int name_check(const struct gn_chan_call *h, struct sockaddr_nl *snl)
{
	memcpy(snl, h->name, sizeof(*snl));
	return h->namelen < sizeof(*snl) || snl->nl_family != AF_NETLINK ? -EINVAL : 0;
}

static int nl_bind(struct nl_port *n, const struct chan_msg *m, const struct gn_chan_call *h)
{
	struct sockaddr_nl snl;
	int err = name_check(h, &snl);

	if (err)
		return err;
	if (n->bound && snl.nl_pid && snl.nl_pid != n->nl.portid)
		return -EINVAL;
	if (!n->bound) {
		if (snl.nl_pid && portid_taken(n, snl.nl_pid))
			return -EADDRINUSE;
		nl_bind_to(n, snl.nl_pid ? (int)snl.nl_pid : m->pid);
	}
	return nl_set_groups(n, (n->groups & ~0xffffffffull) | snl.nl_groups);
}

static int nl_connect(struct nl_port *n, const struct chan_msg *m, const struct gn_chan_call *h)
{
	struct sockaddr_nl snl;
	sa_family_t family = AF_UNSPEC;
	int err;

	if (h->namelen < sizeof(family))
		return -EINVAL;
	memcpy(&family, h->name, sizeof(family));
	if (family == AF_UNSPEC) {
		n->dst_pid = n->dst_groups = 0;
		return 0;
	}
	err = name_check(h, &snl);
	if (err)
		return err;
	if ((snl.nl_pid || snl.nl_groups) && !(m->cred.net_admin && n->admin))
		return -EPERM;
	if (!n->bound)
		nl_bind_to(n, m->pid);
	n->dst_pid = snl.nl_pid;
	n->dst_groups = snl.nl_groups ? snl.nl_groups & -snl.nl_groups : 0; /* the lowest, as in Linux */
	return 0;
}

static int nl_getname(const struct nl_port *n, struct gn_chan_reply *r, bool peer)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK, .nl_pid = n->nl.portid, .nl_groups = (uint32_t)n->groups };

	if (peer) {
		snl.nl_pid = n->dst_pid;
		snl.nl_groups = n->dst_groups;
	}
	memcpy(r->name, &snl, sizeof(snl));
	r->namelen = sizeof(snl);
	return 0;
}

static int nl_sendto(struct nl_port *n, const struct chan_msg *m, const struct gn_chan_call *h, const void *data)
{
	struct sockaddr_nl snl = { .nl_pid = n->dst_pid, .nl_groups = n->dst_groups };
	bool admin = m->cred.net_admin;
	int err;

	if (h->arg[0] & MSG_OOB)
		return -EOPNOTSUPP;
	if (!h->len)
		return -ENODATA;
	if (h->namelen) {
		err = name_check(h, &snl);
		if (err)
			return err;
		if ((snl.nl_pid || snl.nl_groups) && !(admin && n->admin))
			return -EPERM;
	}
	if (!n->bound)
		nl_bind_to(n, m->pid);
	if (h->len > (uint32_t)n->sndbuf - 32)
		return -EMSGSIZE;
	if (snl.nl_pid)
		return -ECONNREFUSED; /* another program's socket: it would have to read what a program wrote */
	nl_request(n, data, h->len, admin);
	return (int)h->len;
}

/* --- options --- */

static int nl_set_groups(struct nl_port *n, uint64_t groups)
{
	n->groups = groups;
	rtnl_client_groups(n->p->chan->net, &n->nl, (uint32_t)groups);
	return 0;
}

static int set_group(struct nl_port *n, int group, bool on)
{
	uint64_t bit;

	if (group < 1 || group > NETLINK_GROUPS)
		return -EINVAL;
	bit = 1ull << (group - 1);
	return nl_set_groups(n, on ? n->groups | bit : n->groups & ~bit);
}

static int set_flag(struct nl_port *n, int name, bool on)
{
	n->flags = on ? n->flags | 1u << name : n->flags & ~(1u << name);
	return 0;
}

static int set_netlink(struct nl_port *n, int name, int val, bool admin)
{
	switch (name) {
	case NETLINK_ADD_MEMBERSHIP:
	case NETLINK_DROP_MEMBERSHIP:
		return set_group(n, val, name == NETLINK_ADD_MEMBERSHIP);
	case NETLINK_LISTEN_ALL_NSID:
		return admin ? set_flag(n, name, val) : -EPERM;
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
		return set_flag(n, name, val);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_room(int *room, int val, bool force, bool admin)
{
	if (force && !admin)
		return -EPERM;
	if (!force && val > NETLINK_BUF)
		val = NETLINK_BUF;
	if (val < 0)
		val = 0;
	if (val > (int)(NETLINK_HELD_MAX / 2))
		val = NETLINK_HELD_MAX / 2;
	*room = max(2 * val, 4608);
	return 0;
}

static int set_socket(struct nl_port *n, int name, int val, bool admin)
{
	switch (name) {
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		return set_room(&n->rcvbuf, val, name == SO_RCVBUFFORCE, admin);
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		return set_room(&n->sndbuf, val, name == SO_SNDBUFFORCE, admin);
	case SO_PASSCRED: /* these live at the program's end */
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
	case 66: /* SO_RCVTIMEO_NEW */
	case 67:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int nl_setsockopt(struct nl_port *n, const struct chan_msg *m, const struct gn_chan_call *h, const void *data)
{
	int level = h->arg[0], name = h->arg[1], val;

	if (level != SOL_NETLINK && level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (h->len < sizeof(val))
		return -EINVAL;
	memcpy(&val, data, sizeof(val));
	return level == SOL_NETLINK ? set_netlink(n, name, val, m->cred.net_admin) : set_socket(n, name, val, m->cred.net_admin);
}

static int get_socket(struct nl_port *n, int name, int *val)
{
	switch (name) {
	case SO_TYPE:
		*val = n->type;
		return 0;
	case SO_DOMAIN:
		*val = AF_NETLINK;
		return 0;
	case SO_PROTOCOL:
		*val = NETLINK_ROUTE;
		return 0;
	case SO_ACCEPTCONN:
		*val = 0;
		return 0;
	case SO_ERROR:
		*val = n->err;
		n->err = 0;
		return 0;
	case SO_RCVBUF:
		*val = n->rcvbuf;
		return 0;
	case SO_SNDBUF:
		*val = n->sndbuf;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_netlink(const struct nl_port *n, int name, int *val)
{
	switch (name) {
	case NETLINK_PKTINFO:
	case NETLINK_BROADCAST_ERROR:
	case NETLINK_NO_ENOBUFS:
	case NETLINK_LISTEN_ALL_NSID:
	case NETLINK_CAP_ACK:
	case NETLINK_EXT_ACK:
	case NETLINK_GET_STRICT_CHK:
		*val = (n->flags & 1u << name) != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int nl_getsockopt(struct nl_port *n, struct chan_msg *m, const struct gn_chan_call *h)
{
	int level = h->arg[0], name = h->arg[1], room = h->arg[2], val = 0, err = -ENOPROTOOPT;

	if (room < 0)
		return -EINVAL;
	if (level == SOL_NETLINK && name == NETLINK_LIST_MEMBERSHIPS) { /* whole words that fit; the length of all */
		m->reply.len = sizeof(n->groups);
		memcpy(m->data, &n->groups, sizeof(n->groups));
		return 0;
	}
	if (level == SOL_NETLINK && room < (int)sizeof(val))
		return -EINVAL;
	if (level == SOL_NETLINK)
		err = get_netlink(n, name, &val);
	if (level == SOL_SOCKET)
		err = get_socket(n, name, &val);
	if (err)
		return err;
	m->reply.len = (uint32_t)min_t(size_t, sizeof(val), (size_t)room);
	memcpy(m->data, &val, sizeof(val));
	return 0;
}

/* --- calls --- */

static int nl_take_error(struct nl_port *n)
{
	int err = n->err;

	n->err = 0;
	return err;
}

static int nl_dispatch(struct nl_port *n, struct chan_msg *m, const struct gn_chan_call *h, const void *data)
{
	switch (h->op) {
	case GN_CHAN_BIND:
		return nl_bind(n, m, h);
	case GN_CHAN_CONNECT:
		return nl_connect(n, m, h);
	case GN_CHAN_GETSOCKNAME:
	case GN_CHAN_GETPEERNAME:
		return nl_getname(n, &m->reply, h->op == GN_CHAN_GETPEERNAME);
	case GN_CHAN_SETSOCKOPT:
		return nl_setsockopt(n, m, h, data);
	case GN_CHAN_GETSOCKOPT:
		return nl_getsockopt(n, m, h);
	case GN_CHAN_SENDTO:
		return nl_sendto(n, m, h, data);
	case GN_CHAN_TAKE_ERROR:
		return nl_take_error(n);
	default:
		return -EOPNOTSUPP;
	}
}

void netlink_call(struct chan_port *p, struct chan_msg *m, const struct gn_chan_call *h, const void *data)
{
	m->reply.result = p->nl && nl_input(p) ? nl_dispatch(p->nl, m, h, data) : -EBADF;
}
