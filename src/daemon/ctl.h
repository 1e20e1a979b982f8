/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CTL_H
#define DAEMON_CTL_H
/*
 * ctl.h - between ctl.c (clients, sockets) and ctl_req.c (what they ask)
 */
#include <glassnet/uapi/ctl.h>

#include "core/rtnetlink.h"
#include "core/stats.h"
#include "daemon/daemon.h"

#define CTL_MAX_CLIENTS 256
#define CTL_MAX_QUEUE (4u << 20) /* bytes that may wait for one client */
#define CTL_MAX_QUEUE_ADMIN (16u << 20) /* for one that may read a large trace */

struct ctl {
	struct daemon *d;
	int fd, spare; /* listening; kept to answer when descriptors run out */
	ev_io accept;
	ev_timer resume;
	struct list_head clients;
	unsigned n_clients;
	uint32_t last_portid;
	struct cpu_stats *base; /* ledger as of the last reset, or NULL */
};

/* One request being answered. Messages gather in @out and leave as datagrams. */
struct ctl_req {
	struct ctl *ctl;
	struct nl_client *client;
	const struct nlmsghdr *nlh;
	char out[GN_CTL_MAX];
	size_t len;
	bool started, failed;
};

/* Answer the private request @nlh (type GN_CTL_*). */
void ctl_request(struct ctl *c, struct nl_client *client, const struct nlmsghdr *nlh);
/* The process behind a client; the daemon's own for ctl_self(). */
pid_t ctl_client_pid(const struct nl_client *nl);
/* NLMSG_ERROR with text; error 0: acknowledgement. */
void ctl_reply_error(struct ctl_req *r, int error, const char *text);

#endif
