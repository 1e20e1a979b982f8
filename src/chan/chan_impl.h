/* SPDX-License-Identifier: MIT */
#ifndef CHAN_CHAN_IMPL_H
#define CHAN_CHAN_IMPL_H
/*
 * chan_impl.h - what the files of chan/ share
 *
 * Theory of operation
 *   chan.c: ports, their life and their register. pair.c: datagrams both ways. call.c: requests. ioctl.c: requests by number.
 */
#include "chan/chan.h"
#include "kernel/rcu.h"

#define CHAN_HASH_BITS 12
#define CHAN_BURST 64	 /* datagrams of a port in one turn; then others get theirs */
#define CHAN_DRAIN 1024	 /* datagrams that a call waits for */

/* Of one vCPU, in VCPU_SLOT_CHAN. */
struct chan_scratch {
	unsigned char in[sizeof(struct gn_chan_dgram) + GN_CHAN_DATA_MAX];
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX]; /* zero between uses */
};

struct chan_user {
	struct list_head list;
	uint32_t uid;
	unsigned n;
};

struct chan {
	struct net *net;
	const struct chan_ops *ops;
	void *ctx;
	unsigned n_ports;		    /* [R] */
	unsigned long malformed;	    /* [A] */
	struct list_head users;		    /* [R] */
	struct hlist_head hash[1 << CHAN_HASH_BITS]; /* [R] by id */
};

struct chan_port {
	struct port pub; /* first: what the host sees */
	struct chan *chan;
	uint64_t id, ino;	/* [I] */
	struct chan_user *user; /* [R] */
	struct hlist_node node; /* [R] */
	struct rcu_head rcu;
	/* [C] of the home vCPU */
	struct socket *sock; /* NULL: ended */
	struct doorbell bell;
	bool out_full; /* the pair takes no more: the rest waits in the receive queue */
	bool in_full;  /* the socket's send buffer is full: the rest waits in the pair */
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

/* pair.c; inside the port's vCPU */
void chan_input(struct chan_port *p, unsigned burst); /* may end the port */
void chan_deliver(struct doorbell *bell);

/* ioctl.c; RTNL */
int chan_ioctl(struct chan *c, struct chan_port *p, unsigned cmd, void *arg, size_t len, const struct cred *cred);

#endif
