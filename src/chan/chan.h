/* SPDX-License-Identifier: MIT */
#ifndef CHAN_CHAN_H
#define CHAN_CHAN_H
/*
 * chan.h - sockets of other processes: calls as messages, datagrams over a socketpair
 *          (<glassnet/uapi/chan.h>)
 *
 * Theory of operation
 *   A port is the daemon's end of one pair with the socket behind it. It belongs to the vCPU that the socket lives on. From the
 *   program: the host says that the descriptor is readable, chan_input() takes datagrams and sends them as the program's sendto() would.
 *   To the program: sk_data_ready marks the port's doorbell; at the end of the run chan_deliver() takes datagrams off the receive queue,
 *   verifies their checksum and writes them to the pair, until it is full: then the rest waits, charged, in the receive queue until the
 *   host says that there is room. Calls come as messages to chan_call(), which runs them on the port's vCPU after what was sent before.
 *   The end of file of the descriptor, which the kernel gives when the last copy of the program's end is gone, ends the port.
 *   Everything of the other side is hostile: it is copied once, then checked, then used; a turn does a bounded amount of work; a user has
 *   a bounded number of sockets.
 * Calls: core/socket.h. Owns: ports; the descriptors are the host's to open and close.
 *   A netlink socket (netlink.c) is a port of RTNL (PORT_RTNL), with plain netlink messages in its pair.
 * Threads: chan_create, chan_destroy, chan_call: RTNL. chan_ready: the thread of the port's vCPU, outside it; of PORT_RTNL: RTNL.
 */
#include <glassnet/uapi/chan.h>

#include "chan/chan_stat.h"
#include "core/socket.h"

struct chan;
struct port;

/**
 * struct chan_ops - the host's side
 * @open:	RTNL: a pair with its names (@letter: u, r, p, n); port->fd becomes the daemon's end, the program's is returned, with its inode in
 *		*ino; or -errno
 * @watch:	inside the port's vCPU: tell chan_ready() when one of @events (POLLIN, POLLOUT) is there; 0: never more
 * @close:	inside the port's vCPU: watch no more, and close the descriptor
 * @page:	RTNL: one more descriptor of the page of chan_set_page(), or -errno
 * @trace:	RTNL: a descriptor of a trace area for the process of user @uid, or -errno
 */
struct chan_ops {
	int (*open)(void *ctx, struct port *port, char letter, uint64_t id, bool nonblock, uint64_t *ino);
	void (*watch)(void *ctx, struct port *port, unsigned events);
	void (*close)(void *ctx, struct port *port);
	int (*page)(void *ctx);
	int (*trace)(void *ctx, uint32_t pid, uint32_t uid);
};

#define PORT_RTNL (~0u) /* port->cpu of a port that belongs to RTNL, whose thread watches it */

/* What the host may see of a port. */
struct port {
	int fd;		 /* [I] the daemon's end */
	unsigned cpu;	 /* [I] vCPU that it belongs to */
	unsigned events; /* [C] last word of @watch */
	void *host;	 /* the host's own */
};

/* A request with what the host knows of its sender, and where the reply goes. */
struct chan_msg {
	const void *buf;  /* the request as it came */
	size_t len;
	struct cred cred; /* of who asks */
	int pid;	  /* its process; 0: not known */
	bool has_fd;	  /* a descriptor came along, */
	uint64_t ino;	  /* with this inode */
	struct gn_chan_reply reply;
	_Alignas(8) unsigned char control[GN_CHAN_CONTROL_MAX];
	unsigned char data[GN_CHAN_DATA_MAX]; /* reply.len bytes of it */
	int fd;		  /* the program's end of a new socket, the caller's to send and close; -1: none */
};

#define CHAN_MAX_PER_UID 12288

/* NULL: out of memory. */
struct chan *chan_create(struct net *net, const struct chan_ops *ops, void *ctx);
/* @page, of zeros, is what programs see from now on, until chan_destroy() has returned; RTNL. */
void chan_set_page(struct chan *c, struct gn_chan_page *page);
/* 0: nothing is traced; else which time it is. RTNL. */
void chan_set_tracing(struct chan *c, uint32_t session);
/* Ends all ports. Garbage of RCU is collected. */
void chan_destroy(struct chan *c);
/* Answer m->buf: fills reply, control, data, fd. Always leaves a reply that can be sent. */
void chan_call(struct chan *c, struct chan_msg *m);
/*
 * A request about interfaces and addresses by number: 0 or -errno, -ENOTTY for another (RTNL). @len: of @arg, and of the answer; SIOCETHTOOL has
 * the device's name in front of the command, and room for GN_CHAN_DATA_MAX bytes.
 */
int chan_dev_ioctl(struct net *net, unsigned cmd, void *arg, size_t *len, const struct cred *cred);
/* @revents are there at the port's descriptor. The port may be gone afterwards. */
void chan_ready(struct chan *c, struct port *port, unsigned revents);
#endif
