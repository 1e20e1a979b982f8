/* SPDX-License-Identifier: MIT */
/*
 * sysctl_net_ipv4.c - the knobs net.ipv4.* that belong to no part in particular (mirrors net/ipv4/sysctl_net_ipv4.c)
 *
 * Theory of operation
 *   Only knobs that have an effect here. Others of net.ipv4 stand where they act: ip_forward and conf.* in devinet_sysctl.c, route.* in
 *   route.c, neigh.* in arp.c, icmp_* in icmp.c, ipfrag_* in ip_frag_store.c. Defaults are stored before anything of the room starts.
 *   Threads: the control thread writes; everybody reads with READ_ONCE.
 */
#include <errno.h>
#include <limits.h>

#include "ipv4/ip.h"

#define V(name, field) .procname = name, CTL_FIELD(struct netns_ipv4, field), .mode = 0644
#define RANGE(lo, hi) .proc_handler = proc_dointvec_minmax, .min = (lo), .max = (hi)

static int proc_port_range(struct ctl_call *call);
static int proc_ping_group_range(struct ctl_call *call);

static const struct ctl_table ipv4_net_table[] = {
	{ V("ip_default_ttl", sysctl_ip_default_ttl), RANGE(1, 255), .def = "64",
	  .doc = "time to live of packets made here, unless the socket or the route says another" },
	{ V("ip_no_pmtu_disc", sysctl_ip_no_pmtu_disc), RANGE(0, 3), .def = "0",
	  .doc = "path MTU discovery: 0 yes; 1 sockets send without DF, no MTU is learnt; 2 ICMP 3/4 is ignored; 3 it is believed only "
		 "of protocols that verify what it quotes" },
	{ V("ip_forward_use_pmtu", sysctl_ip_forward_use_pmtu), RANGE(0, 1), .def = "0",
	  .doc = "forwarded packets too are cut to path MTUs learnt by ICMP, which anybody can forge; 0: to the device's MTU" },
	{ V("ip_nonlocal_bind", sysctl_ip_nonlocal_bind), RANGE(0, 1), .def = "0", .doc = "bind() to an address that is not ours" },
	{ V("ip_early_demux", sysctl_ip_early_demux), RANGE(0, 1), .def = "1",
	  .doc = "look for the socket, and the route it remembers, before the routing table; costs up to 5 % where most packets are forwarded" },
	{ V("udp_early_demux", sysctl_udp_early_demux), RANGE(0, 1), .def = "1", .doc = "the same, for UDP" },
	{ V("ip_local_port_range", sysctl_ip_local_port_range), .proc_handler = proc_port_range, .min = 1, .max = 65535,
	  .def = "32768\t60999", .doc = "first and last of the ports that are given to sockets which did not choose one" },
	{ V("ip_unprivileged_port_start", sysctl_ip_unprivileged_port_start), RANGE(0, 65535), .def = "1024",
	  .doc = "the first port that needs no right to be bound to" },
	{ V("igmp_max_memberships", sysctl_igmp_max_memberships), RANGE(0, INT_MAX), .def = "20", .doc = "groups that one socket may join" },
	{ V("igmp_max_msf", sysctl_igmp_max_msf), RANGE(0, INT_MAX), .def = "10", .doc = "sources in a socket's filter of one group" },
	{ V("igmp_qrv", sysctl_igmp_qrv), RANGE(1, 255), .def = "2", .doc = "robustness: how often a change of membership is reported" },
	{ V("igmp_link_local_mcast_reports", sysctl_igmp_llm_reports), RANGE(0, 1), .def = "1",
	  .doc = "report memberships of 224.0.0.0/24 too" },
	{ V("udp_mem", sysctl_udp_mem), .proc_handler = proc_dolongvec_minmax, .min = 0, .max = LONG_MAX / 4096,
	  .def = "188064\t250752\t376128", .doc = "pages for all UDP sockets: below the first no limit, above the second pressure, the third is the bound" },
	{ V("udp_rmem_min", sysctl_udp_rmem_min), RANGE(1, INT_MAX), .def = "4096", .doc = "bytes that a socket may receive even under pressure" },
	{ V("udp_wmem_min", sysctl_udp_wmem_min), RANGE(1, INT_MAX), .def = "4096", .doc = "bytes that a socket may send even under pressure" },
	{ V("ping_group_range", sysctl_ping_group_range), .proc_handler = proc_ping_group_range, .min = 0, .max = INT_MAX,
	  .def = "1\t0", .doc = "first and last group whose members may make ping sockets; first above last: nobody" },
};

/* Two values that a write may change together only: the first not above the second. @allow_empty: a range of nobody is written 1 0. */
static int proc_range(struct ctl_call *call, bool allow_empty)
{
	int *range = call->data, old[2] = { range[0], range[1] };
	int err = proc_dointvec_minmax(call);

	if (err || call->out)
		return err;
	if (range[0] <= range[1])
		return 0;
	if (allow_empty) { /* as Linux: one spelling of it */
		WRITE_ONCE(range[0], 1);
		WRITE_ONCE(range[1], 0);
		return 0;
	}
	WRITE_ONCE(range[0], old[0]);
	WRITE_ONCE(range[1], old[1]);
	if (call->err)
		extack_set(call->err, "%s: the first is above the last", call->table->procname);
	return -EINVAL;
}

static int proc_port_range(struct ctl_call *call)
{
	return proc_range(call, false);
}

static int proc_ping_group_range(struct ctl_call *call)
{
	return proc_range(call, true);
}

int ipv4_sysctl_init(struct net *net)
{
	int err = sysctl_set_defaults(ipv4_net_table, ARRAY_SIZE(ipv4_net_table), net->ipv4, net->m.hz);

	if (err)
		return err;
	net->ipv4->sysctl_hdr[0] = register_net_sysctl(&net->vfs, "net/ipv4", ipv4_net_table, ARRAY_SIZE(ipv4_net_table), net->ipv4, net);
	return net->ipv4->sysctl_hdr[0] ? 0 : -ENOMEM;
}

void ipv4_sysctl_exit(struct net *net)
{
	unregister_net_sysctl_table(net->ipv4->sysctl_hdr[0]);
}
