/* SPDX-License-Identifier: MIT */
#ifndef CHAN_CHAN_IMPL_H
#define CHAN_CHAN_IMPL_H
/*
 * chan_impl.h - what the files of chan/ share
 *
 * Theory of operation
 *   chan.c: ports, their life and their register. pair.c: datagrams both ways. unread.c: what of them the program has read.
 *   call.c: requests. ioctl.c: requests by number. netlink.c: ports that have no socket behind them.
 */
#include "chan/chan.h"
#include "core/packet_trace.h"
#include "kernel/rcu.h"

#define CHAN_HASH_BITS 12
#define CHAN_BURST 64	 /* datagrams of a port in one turn; then others get theirs */
#define CHAN_UNREAD 16 /* messages in the pair from which on each delivery asks what was read */
#define CHAN_DRAIN 1024	 /* datagrams that a call waits for */

/* Of one vCPU, in VCPU_SLOT_CHAN. */
struct chan_scratch {
	unsigned char in[sizeof(struct gn_chan_dgram) + GN_CHAN_DATA_MAX];
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX]; /* zero between uses */
	struct list_head unread; /* ports with messages that the program may not have read */
};
static __always_inline struct chan_scratch *chan_scratch_of(const struct vcpu *v)
{
	return v->slot[VCPU_SLOT_CHAN];
}

struct unread { /* a message in the pair */
	uint32_t charge; /* truesize that the socket is charged; 0: no datagram */
	uint32_t host;	 /* of the kernel's memory */
	int64_t stamp;	 /* when it was received, 0: not known */
};

struct chan_user {
	struct list_head list;
	uint32_t uid;
	unsigned n;
	size_t held; /* bytes that wait for its netlink sockets */
};

struct chan {
	struct net *net;
	const struct chan_ops *ops;
	void *ctx;
	struct gn_chan_page *page;	    /* [I] NULL: there is none */
	uint32_t tag;			    /* [I] upper half of ids */
	unsigned n_ports;		    /* [R] */
	unsigned long malformed;	    /* [A] */
	unsigned long unknown_options;	    /* [A] */
	unsigned long named[16];	    /* [A] hashes of those of them that the log has */
	uint32_t host_size[(sizeof(struct gn_chan_dgram) + GN_CHAN_CONTROL_MAX + GN_CHAN_DATA_MAX) / 64 + 2]; /* [A] unread.c */
	struct list_head users;		    /* [R] */
	struct list_head netlinks;	    /* [R] netlink.c */
	unsigned char netlink_in[GN_CHAN_DATA_MAX]; /* [R] */
	struct hlist_head hash[1 << CHAN_HASH_BITS]; /* [R] by id */
};

struct chan_port {
	struct port pub; /* first: what the host sees */
	struct chan *chan;
	uint64_t id, ino;	/* [I] */
	struct chan_user *user; /* [R] */
	struct nl_port *nl;	/* [R] a netlink socket; its events are RTNL's too, and there is no sock */
	struct hlist_node node; /* [R] */
	struct rcu_head rcu;
	/* [C] of the home vCPU */
	struct socket *sock; /* NULL: ended */
	struct doorbell bell;
	unsigned burst; /* datagrams of the next turn: grows while there are more, so that one alone costs one look */
	bool out_full; /* the pair takes no more: the rest waits in the receive queue */
	bool in_full;  /* the socket's send buffer is full: the rest waits in the pair */
	bool reset;    /* the program's end was closed with messages unread */
	struct unread *unread; /* ring of unread_room, a power of 2 */
	unsigned unread_head, unread_n, unread_room;
	uint32_t unread_host; /* sum over the ring */
	struct list_head unread_list;
	int64_t stamp; /* of what was read last; -1: nothing */
	bool token;    /* the program has been told of an error and has not asked yet */
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*error_report)(struct sock *sk);
};

/* chan.c */
int port_open(struct chan *c, struct chan_msg *m, int domain, int type, int protocol, struct chan_port **ret); /* RTNL */
struct chan_port *port_find(struct chan *c, uint64_t id);						       /* RTNL */
void port_end(struct chan_port *p);  /* inside its vCPU: the socket and the descriptor are closed; the rest goes by RCU */
void port_watch(struct chan_port *p); /* tell the host what is waited for now */
/* RTNL: a port with its id, not yet in the register; and away with it; into the register; and out of it, when no call has it any more */
int port_make(struct chan *c, const struct chan_msg *m, struct chan_port **ret);
void port_unmake(struct chan_port *p);
void port_register(struct chan_port *p);
void port_put(struct chan_port *p);

/* pair.c; inside the port's vCPU */
bool chan_input(struct chan_port *p, unsigned burst); /* true: there may be more. May end the port */
void chan_deliver(struct doorbell *bell);
/* sock_sendmsg() for a program; 0 or the cookie of its span: the tracer's drainer puts both together. */
static __always_inline ssize_t chan_hand_over(struct socket *sock, struct msghdr *msg, int flags, uint32_t cookie)
{
	struct trace_work w;
	ssize_t ret;

	if (likely(!cookie))
		return sock_sendmsg(sock, msg, flags);
	w = packet_trace_make();
	packet_trace_handed(cookie);
	ret = sock_sendmsg(sock, msg, flags);
	trace_work_restore(w);
	return ret;
}

/* unread.c; inside the port's vCPU */
uint32_t unread_measure(struct chan_port *p, size_t len); /* before a message of @len bytes goes into the pair: for unread_add() */
void unread_add(struct chan_port *p, size_t len, unsigned charge, uint32_t before); /* it is there, and stays charged */
void unread_settle(struct chan_port *p);		  /* what was read is no longer charged */
void unread_full(struct sock *sk);			  /* sk_rcv_full */
void unread_end(struct chan_port *p);			  /* nothing is charged any more */
void unread_settle_all(struct net *net);		  /* RTNL */

static __always_inline bool sock_is_udp(const struct sock *sk)
{
	return sk->sk_type == SOCK_DGRAM && sk->sk_protocol != IPPROTO_ICMP;
}
static __always_inline bool port_is_udp(const struct chan_port *p)
{
	return sock_is_udp(p->sock->sk);
}

/* netlink.c; RTNL */
int netlink_open(struct chan *c, struct chan_msg *m, int type, int protocol, struct chan_port **ret);
void netlink_end(struct chan_port *p);
void netlink_ready(struct chan_port *p, unsigned revents);
void netlink_call(struct chan_port *p, struct chan_msg *m, const struct gn_chan_call *h, const void *data);

/* ioctl.c; RTNL */
int chan_ioctl(struct chan *c, struct chan_port *p, unsigned cmd, void *arg, size_t *len, const struct cred *cred);

#endif
