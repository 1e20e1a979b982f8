/* SPDX-License-Identifier: MIT */
/*
 * devinet_sysctl.c - net.ipv4.conf.{all,default,DEVICE}.* and net.ipv4.ip_forward
 *
 * Theory of operation
 *   Called by: devinet.c (a device comes, is renamed, goes), sysctl writes. A value written to
 *   "default" holds for devices to come, and for those that have no address yet and were not set
 *   themselves, as in Linux. "all" is combined with the device's value where the walk asks
 *   (IN_DEV_* of inetdevice.h). What cached routes depend on makes them stale. Forwarding switches
 *   accept_redirects of all.
 *   Owns: the headers of the tables. Only settings that some code here honours have a file.
 * Threads: RTNL; values are read with READ_ONCE anywhere. Mirrors: net/ipv4/devinet.c.
 */
#include <errno.h>
#include <stdio.h>

#include "ipv4/inetdevice.h"
#include "ipv4/route.h"

static proc_handler_fn devinet_conf_proc;
static proc_handler_fn devinet_forward_proc;

#define CONF(name, id, what)                                                                   \
	{                                                                                      \
		.procname = name, .offset = offsetof(struct ipv4_devconf, data[DEVCONF_##id]), \
		.maxlen = sizeof(int), .mode = 0644, .proc_handler = devinet_conf_proc,        \
		.doc = what                                                                    \
	}

static const struct ctl_table devinet_table[] = {
	{ .procname = "forwarding",
	  .offset = offsetof(struct ipv4_devconf, data[DEVCONF_FORWARDING]),
	  .maxlen = sizeof(int),
	  .mode = 0644,
	  .proc_handler = devinet_forward_proc,
	  .doc = "forward packets received here that are not for us" },
	CONF("accept_redirects", ACCEPT_REDIRECTS, "believe ICMP redirects"),
	CONF("secure_redirects", SECURE_REDIRECTS,
	     "only redirects to known gateways, when shared_media is 0"),
	CONF("send_redirects", SEND_REDIRECTS, "send ICMP redirects when forwarding"),
	CONF("shared_media", SHARED_MEDIA, "several subnets share this link"),
	CONF("rp_filter", RP_FILTER, "source validation: 0 none, 1 strict (RFC 3704), 2 loose"),
	CONF("accept_source_route", ACCEPT_SOURCE_ROUTE, "accept packets with a source route"),
	CONF("accept_local", ACCEPT_LOCAL, "accept packets with one of our addresses as source"),
	CONF("proxy_arp", PROXY_ARP, "answer ARP for addresses that we route elsewhere"),
	CONF("log_martians", LOG_MARTIANS, "log packets with impossible addresses"),
	CONF("arp_filter", ARP_FILTER, "answer ARP only on the device that a reply would leave by"),
	CONF("arp_announce", ARP_ANNOUNCE,
	     "source of ARP requests: 0 any, 1 of the target's subnet, 2 the best"),
	CONF("arp_ignore", ARP_IGNORE, "which ARP requests for our addresses to ignore: 0-3, 8"),
	CONF("arp_accept", ARP_ACCEPT,
	     "learn from unsolicited ARP: 0 no, 1 yes, 2 from our subnets"),
	CONF("arp_notify", ARP_NOTIFY,
	     "gratuitous ARP when the device comes up or changes its address"),
	CONF("drop_gratuitous_arp", DROP_GRATUITOUS_ARP, "drop gratuitous ARP"),
	CONF("force_igmp_version", FORCE_IGMP_VERSION, "IGMP version: 0 as the querier, 1, 2, 3"),
	CONF("igmpv2_unsolicited_report_interval", IGMPV2_UNSOLICITED_REPORT_INTERVAL,
	     "between two unsolicited IGMPv2 reports, ms"),
	CONF("igmpv3_unsolicited_report_interval", IGMPV3_UNSOLICITED_REPORT_INTERVAL,
	     "between two unsolicited IGMPv3 reports, ms"),
	CONF("promote_secondaries", PROMOTE_SECONDARIES,
	     "a secondary address takes the place of a deleted primary"),
	CONF("route_localnet", ROUTE_LOCALNET, "127/8 may come and go on this link"),
	CONF("drop_unicast_in_l2_multicast", DROP_UNICAST_IN_L2_MULTICAST,
	     "drop unicast packets in group frames"),
	CONF("bc_forwarding", BC_FORWARDING, "forward directed broadcasts"),
	CONF("ignore_routes_with_linkdown", IGNORE_ROUTES_WITH_LINKDOWN,
	     "do not use routes by this device while it has no carrier"),
	CONF("arp_evict_nocarrier", ARP_EVICT_NOCARRIER,
	     "forget neighbours when the carrier is lost"),
};
static_assert(ARRAY_SIZE(devinet_table) == DEVCONF_MAX, "a file for each setting");

static const struct ctl_table ip_forward_table[] = {
	{ .procname = "ip_forward",
	  .offset = offsetof(struct ipv4_devconf, data[DEVCONF_FORWARDING]),
	  .maxlen = sizeof(int),
	  .mode = 0644,
	  .proc_handler = devinet_forward_proc,
	  .doc = "forward packets that are not for us, on all devices",
	  .def = "0" },
};

static int call_id(const struct ctl_call *call)
{
	return (int)((call->table->offset - offsetof(struct ipv4_devconf, data)) / sizeof(int));
}

/* A new default for devices that did not choose */
static void copy_default(struct net *net, int id)
{
	struct net_device *dev;

	for_each_netdev(net, dev) {
		struct in_device *in_dev = __in_dev_get_rtnl(dev);

		if (in_dev && !(in_dev->cnf.state & 1ul << id))
			WRITE_ONCE(in_dev->cnf.data[id], net->ipv4->devconf_dflt.data[id]);
	}
}

static int devinet_conf_proc(struct ctl_call *call)
{
	struct ipv4_devconf *cnf = call->base;
	struct net *net = call->ctx;
	int id = call_id(call), old = cnf->data[id], ret = proc_dointvec(call);

	if (ret || call->out)
		return ret;
	cnf->state |= 1ul << id;
	if (cnf == &net->ipv4->devconf_dflt)
		copy_default(net, id);
	if (cnf->data[id] != old)
		rt_cache_flush(net); /* most have a say in what was found for a pair of hosts */
	return 0;
}

void inet_forward_change(struct net *net, bool on)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	struct net_device *dev;

	WRITE_ONCE(ipv4->devconf_all.data[DEVCONF_FORWARDING], on);
	WRITE_ONCE(ipv4->devconf_all.data[DEVCONF_ACCEPT_REDIRECTS], !on);
	WRITE_ONCE(ipv4->devconf_dflt.data[DEVCONF_FORWARDING], on);
	for_each_netdev(net, dev)
		if (__in_dev_get_rtnl(dev))
			WRITE_ONCE(__in_dev_get_rtnl(dev)->cnf.data[DEVCONF_FORWARDING], on);
	rt_cache_flush(net);
}

static int devinet_forward_proc(struct ctl_call *call)
{
	struct ipv4_devconf *cnf = call->base;
	struct net *net = call->ctx;
	int *value = &cnf->data[DEVCONF_FORWARDING], old = *value, ret = proc_dointvec(call);

	if (ret || call->out || *value == old)
		return ret;
	if (cnf == &net->ipv4->devconf_all)
		inet_forward_change(net, *value);
	else
		rt_cache_flush(net);
	return 0;
}

static struct ctl_table_header *conf_register(struct net *net, const char *name,
					      struct ipv4_devconf *cnf)
{
	char dir[sizeof("net/ipv4/conf/") + IFNAMSIZ];

	snprintf(dir, sizeof(dir), "net/ipv4/conf/%s", name);
	return register_net_sysctl(&net->vfs, dir, devinet_table, ARRAY_SIZE(devinet_table), cnf,
				   net);
}

int devinet_sysctl_register(struct in_device *in_dev)
{
	struct net *net = dev_net(in_dev->dev);
	char dir[sizeof("net/ipv4/neigh/") + IFNAMSIZ];

	in_dev->cnf.sysctl_hdr = conf_register(net, in_dev->dev->name, &in_dev->cnf);
	if (!in_dev->cnf.sysctl_hdr)
		return -ENOMEM;
	snprintf(dir, sizeof(dir), "net/ipv4/neigh/%s", in_dev->dev->name);
	if (!neigh_sysctl_register(net, in_dev->arp_parms, dir))
		return 0;
	unregister_net_sysctl_table(in_dev->cnf.sysctl_hdr);
	in_dev->cnf.sysctl_hdr = NULL;
	return -ENOMEM;
}

void devinet_sysctl_unregister(struct in_device *in_dev)
{
	unregister_net_sysctl_table(in_dev->cnf.sysctl_hdr);
	in_dev->cnf.sysctl_hdr = NULL;
	neigh_sysctl_unregister(dev_net(in_dev->dev), in_dev->arp_parms);
}

static void conf_defaults(struct ipv4_devconf *cnf)
{
	*cnf = (struct ipv4_devconf){ .data = {
					      [DEVCONF_ACCEPT_REDIRECTS] = 1,
					      [DEVCONF_SECURE_REDIRECTS] = 1,
					      [DEVCONF_SEND_REDIRECTS] = 1,
					      [DEVCONF_SHARED_MEDIA] = 1,
					      [DEVCONF_ARP_EVICT_NOCARRIER] = 1,
					      [DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL] = 10000,
					      [DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL] = 1000,
				      } };
}

int devinet_sysctl_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;

	conf_defaults(&ipv4->devconf_all);
	conf_defaults(&ipv4->devconf_dflt);
	ipv4->devconf_dflt.data[DEVCONF_ACCEPT_SOURCE_ROUTE] = 1;
	ipv4->devconf_all.sysctl_hdr = conf_register(net, "all", &ipv4->devconf_all);
	ipv4->devconf_dflt.sysctl_hdr = conf_register(net, "default", &ipv4->devconf_dflt);
	ipv4->devinet_sysctl_hdr =
		register_net_sysctl(&net->vfs, "net/ipv4", ip_forward_table,
				    ARRAY_SIZE(ip_forward_table), &ipv4->devconf_all, net);
	if (ipv4->devconf_all.sysctl_hdr && ipv4->devconf_dflt.sysctl_hdr &&
	    ipv4->devinet_sysctl_hdr)
		return 0;
	devinet_sysctl_exit(net);
	return -ENOMEM;
}

void devinet_sysctl_exit(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;

	unregister_net_sysctl_table(ipv4->devinet_sysctl_hdr);
	unregister_net_sysctl_table(ipv4->devconf_dflt.sysctl_hdr);
	unregister_net_sysctl_table(ipv4->devconf_all.sysctl_hdr);
	ipv4->devinet_sysctl_hdr = NULL;
	ipv4->devconf_dflt.sysctl_hdr = NULL;
	ipv4->devconf_all.sysctl_hdr = NULL;
}
