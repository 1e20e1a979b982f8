/* SPDX-License-Identifier: MIT */
/*
 * hostcfg.c - the host's side of a device: of a TAP an address and up, through rtnetlink (libnl-route); which addresses the host has itself
 *
 * Called by the privileged helper, only for the default device or where --host-addr asks for it. What is there already is left as it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <string.h>

#include "daemon/daemon.h"

static int add_addr(struct nl_sock *sk, int ifindex, const char *cidr, struct extack *err);

int hostcfg_tap(const char *ifname, const char *cidr, struct extack *err)
{
	struct rtnl_link *link = NULL, *change = NULL;
	struct nl_sock *sk = nl_socket_alloc();
	int ret;

	if (!sk)
		return -ENOMEM;
	ret = nl_connect(sk, NETLINK_ROUTE);
	if (ret < 0)
		goto out;
	ret = rtnl_link_get_kernel(sk, 0, ifname, &link);
	if (ret < 0)
		goto out;
	ret = add_addr(sk, rtnl_link_get_ifindex(link), cidr, err);
	if (ret < 0)
		goto out;
	change = rtnl_link_alloc();
	if (!change) {
		ret = -NLE_NOMEM;
		goto out;
	}
	rtnl_link_set_flags(change, IFF_UP);
	ret = rtnl_link_change(sk, link, change, 0);
out:
	if (ret < 0)
		extack_set(err, "host side of %s: %s", ifname, nl_geterror(ret));
	if (link)
		rtnl_link_put(link);
	if (change)
		rtnl_link_put(change);
	nl_socket_free(sk);
	return ret < 0 ? (ret == -NLE_PERM ? -EPERM : -EIO) : 0;
}

static int add_addr(struct nl_sock *sk, int ifindex, const char *cidr, struct extack *err)
{
	struct nl_addr *local = NULL;
	struct rtnl_addr *addr;
	int ret = nl_addr_parse(cidr, AF_INET, &local);

	if (ret < 0) {
		extack_set(err, "--host-addr %s: not ADDRESS/PREFIX", cidr);
		return ret;
	}
	addr = rtnl_addr_alloc();
	if (!addr) {
		nl_addr_put(local);
		return -NLE_NOMEM;
	}
	rtnl_addr_set_ifindex(addr, ifindex);
	rtnl_addr_set_local(addr, local);
	ret = rtnl_addr_add(sk, addr, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_addr_put(addr);
	nl_addr_put(local);
	return ret == -NLE_EXIST ? 0 : ret;
}

bool hostcfg_owns(__be32 addr, char ifname[IFNAMSIZ])
{
	struct ifaddrs *list, *a;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (a = list; a && !found; a = a->ifa_next) {
		const struct sockaddr_in *sin = (const void *)a->ifa_addr;

		found = sin && sin->sin_family == AF_INET && sin->sin_addr.s_addr == addr && strlen(a->ifa_name) < IFNAMSIZ;
		if (found)
			strcpy(ifname, a->ifa_name);
	}
	freeifaddrs(list);
	return found;
}
