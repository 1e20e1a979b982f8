/* SPDX-License-Identifier: MIT */
/*
 * netlink.c - messages of a netlink socket
 *
 * Theory of operation
 *   In the pair there are plain netlink messages, so a receive is the kernel's own, with its MSG_PEEK and MSG_TRUNC; what it does not
 *   know is filled in: from the kernel (nl_pid 0), by which group. Only the daemon's word that something was lost is no such message. A send is a
 *   call: what it asked for is done when it returns.
 *   NETLINK_PKTINFO has to be known where messages are received: it is kept in the descriptor's SO_PRIORITY, which means nothing there.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "client/client_impl.h"

/* Which group a notification went to: 0 for an answer. */
static uint32_t group_of(const struct nlmsghdr *nlh)
{
	static const struct {
		unsigned char type, group;
	} groups[] = { { RTM_NEWLINK, RTNLGRP_LINK }, { RTM_NEWADDR, RTNLGRP_IPV4_IFADDR },
		       { RTM_NEWROUTE, RTNLGRP_IPV4_ROUTE }, { RTM_NEWNEIGH, RTNLGRP_NEIGH } };

	for (size_t i = 0; !nlh->nlmsg_pid && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (nlh->nlmsg_type == groups[i].type || nlh->nlmsg_type == groups[i].type + 1)
			return groups[i].group;
	return 0;
}

static bool wants_pktinfo(int fd)
{
	socklen_t len = sizeof(int);
	int on = 0;

	return !sys5(SYS_getsockopt, fd, SOL_SOCKET, SO_PRIORITY, &on, &len) && on;
}

void client_netlink_option(int fd, int level, int name, const void *value, socklen_t len)
{
	int on;

	if (len < sizeof(on))
		return;
	memcpy(&on, value, sizeof(on));
	if (level == SOL_NETLINK && name == NETLINK_PKTINFO) {
		on = on != 0;
		sys5(SYS_setsockopt, fd, SOL_SOCKET, SO_PRIORITY, &on, sizeof(on));
	} else if (level == SOL_SOCKET && name == SO_PASSCRED) {
		sys5(SYS_setsockopt, fd, level, name, value, len);
	}
}

/* Credentials are the daemon's own: as of the kernel they are all 0. */
static void hide_daemon(const struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memset(CMSG_DATA(c), 0, c->cmsg_len - CMSG_LEN(0));
}

static void add_pktinfo(struct msghdr *msg, void *control, size_t room, uint32_t group)
{
	struct nl_pktinfo info = { .group = group };
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(info))];
	} c = { .hdr = { .cmsg_level = SOL_NETLINK, .cmsg_type = NETLINK_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(info)) } };

	if (room - msg->msg_controllen < c.hdr.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	memcpy(c.buf + CMSG_LEN(0), &info, sizeof(info));
	room -= msg->msg_controllen;
	memcpy((char *)control + msg->msg_controllen, &c, room < sizeof(c) ? room : sizeof(c));
	msg->msg_controllen += room < sizeof(c) ? room : sizeof(c);
}

/* The beginning of the message that was received, as far as the caller's buffers have it. */
static void head_of(const struct msghdr *msg, void *head, size_t len, size_t n)
{
	size_t done = 0;

	memset(head, 0, len);
	n = n < len ? n : len;
	for (size_t i = 0; i < msg->msg_iovlen && done < n; i++) {
		size_t k = msg->msg_iov[i].iov_len < n - done ? msg->msg_iov[i].iov_len : n - done;

		memcpy((char *)head + done, msg->msg_iov[i].iov_base, k);
		done += k;
	}
}

ssize_t client_netlink_recv(int fd, const struct client_id *id, struct msghdr *msg, int flags)
{
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK };
	size_t room = msg->msg_control ? msg->msg_controllen : 0;
	socklen_t namelen = msg->msg_name ? msg->msg_namelen : 0;
	struct msghdr m = { .msg_iov = msg->msg_iov, .msg_iovlen = msg->msg_iovlen };
	union {
		struct nlmsghdr nlh;
		struct gn_chan_dgram token;
	} head;
	uint32_t group;
	long n;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	for (;;) {
		m.msg_control = msg->msg_control;
		m.msg_controllen = room;
		n = sys3(SYS_recvmsg, fd, &m, flags & (MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC));
		if (n <= 0)
			return !n || n == -ECONNRESET ? -ENETDOWN : n;
		head_of(msg, &head, sizeof(head), (size_t)n);
		if (head.token.magic != GN_CHAN_MAGIC || n < (long)sizeof(head.token.magic))
			break;
		err = client_recv_token(fd, id, flags);
		if (err)
			return err;
	}
	group = group_of(&head.nlh);
	snl.nl_groups = group ? 1u << (group - 1) : 0;
	if (msg->msg_name) {
		memcpy(msg->msg_name, &snl, namelen < sizeof(snl) ? namelen : sizeof(snl));
		msg->msg_namelen = sizeof(snl);
	}
	msg->msg_flags = m.msg_flags & ~MSG_CMSG_CLOEXEC;
	msg->msg_controllen = m.msg_controllen;
	hide_daemon(msg);
	if (room && wants_pktinfo(fd))
		add_pktinfo(msg, msg->msg_control, room, group);
	return n;
}
