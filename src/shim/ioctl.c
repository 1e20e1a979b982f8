/* SPDX-License-Identifier: MIT */
/*
 * ioctl.c - requests about interfaces whose argument points elsewhere
 *
 * Theory of operation
 *   Most requests go to the daemon as they are (client_ioctl()). Here are those whose argument points elsewhere, so that it
 *   cannot travel: the list of addresses, routes of the old form.
 *   Called by: ops.c. Calls: ctl.c. Owns: nothing.
 * Threads: any, and signal handlers, and children of vfork. Mirrors: net/core/dev_ioctl.c.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "shim/files.h"

#define LINUX_ENOIOCTLCMD 515

/* --- SIOCGIFCONF --- */

struct conf {
	char *buf; /* NULL: only the size is wanted */
	size_t room, n;
};

static long conf_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *ifm = NLMSG_DATA(nlh);
	const struct nlattr *tb[IFA_MAX + 1];
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ifreq ifr = { .ifr_ifindex = 0 };
	struct conf *c = arg;
	size_t len;

	if (nlh->nlmsg_type != RTM_NEWADDR || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*ifm)))
		return -EPROTO;
	shim_attrs(nlh, sizeof(*ifm), tb, IFA_MAX + 1);
	if (ifm->ifa_family != AF_INET || !tb[IFA_LOCAL] || shim_attr_len(tb[IFA_LOCAL]) != sizeof(in.sin_addr) || !tb[IFA_LABEL])
		return 0;
	if (!c->buf) {
		c->n += sizeof(ifr);
		return 0;
	}
	if (c->room - c->n < sizeof(ifr))
		return 0;
	len = strnlen(shim_attr_data(tb[IFA_LABEL]), shim_attr_len(tb[IFA_LABEL]));
	memcpy(ifr.ifr_name, shim_attr_data(tb[IFA_LABEL]), len < IFNAMSIZ ? len : IFNAMSIZ - 1);
	memcpy(&in.sin_addr, shim_attr_data(tb[IFA_LOCAL]), sizeof(in.sin_addr));
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	memcpy(c->buf + c->n, &ifr, sizeof(ifr));
	c->n += sizeof(ifr);
	return 0;
}

static long get_conf(struct ifconf *ifc)
{
	struct conf c = { .buf = ifc->ifc_buf, .room = ifc->ifc_len > 0 ? (size_t)ifc->ifc_len : 0 };
	long ret = shim_ctl_dump(RTM_GETADDR, conf_cb, &c);

	if (!ret)
		ifc->ifc_len = (int)c.n;
	return ret;
}

long shim_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case SIOCGIFCONF:
		return arg ? get_conf(arg) : -EFAULT;
	case SIOCADDRT:
	case SIOCDELRT:
		return -EOPNOTSUPP;
	default:
		return -LINUX_ENOIOCTLCMD;
	}
}
