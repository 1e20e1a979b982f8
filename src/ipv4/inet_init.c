/* SPDX-License-Identifier: MIT */
/*
 * inet_init.c - the ordered list of IPv4 (mirrors inet_init() of net/ipv4/af_inet.c)
 *
 * Theory of operation
 *   Builds net->ipv4 part by part, each undone in reverse; what can receive packets comes last: the
 *   ETH_P_IP handler.
 * Threads: the control thread, outside every vCPU.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/arp.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/igmp.h"
#include "ipv4/inetpeer.h"
#include "ipv4/ip.h"
#include "ipv4/raw.h"
#include "ipv4/udp_offload.h"
#include "kernel/slab.h"

extern const struct net_proto_family inet_family_ops;

struct inet_part {
	int (*init)(struct net *net);
	void (*exit)(struct net *net);
};

static int inet_family_init(struct net *net)
{
	return sock_register(net, &inet_family_ops);
}

static void nothing(struct net *net)
{
	(void)net;
}

static int ip_rcv_init(struct net *net)
{
	net->ipv4->ip_packet_type = (struct packet_type){ .type = htons(ETH_P_IP),
							  .func = ip_rcv,
							  .func_name = "ip_rcv" };
	dev_add_pack(net, &net->ipv4->ip_packet_type);
	return 0;
}

static void ip_rcv_exit(struct net *net)
{
	dev_remove_pack(net, &net->ipv4->ip_packet_type);
}

static const struct inet_part parts[] = {
	{ ipv4_sysctl_init, ipv4_sysctl_exit }, /* defaults first: everything below reads them */
	{ inet_family_init, nothing },
	{ ip_rt_init, ip_rt_exit },
	{ fib_frontend_init, fib_frontend_exit },
	{ arp_init, arp_exit },
	{ inet_peer_init, inet_peer_exit },
	{ ip_init, ip_exit },
	{ ipfrag_init, ipfrag_exit },
	{ raw_init, raw_exit },
	{ udp_init, udp_exit },
	{ inet_offload_init, inet_offload_exit },
	{ ping_init, ping_exit },
	{ icmp_init, icmp_exit },
	{ igmp_init, igmp_exit },
	/* gives devices addresses: routes, ARP and groups must be ready */
	{ devinet_init, devinet_exit },
	{ ipv4_proc_init, ipv4_proc_exit },
	{ ip_rcv_init, ip_rcv_exit },
};

int inet_init(struct net *net)
{
	int err;

	net->ipv4 = kzalloc(&net->m, sizeof(*net->ipv4));
	if (!net->ipv4)
		return -ENOMEM;
	net->ipv4->net = net;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init(net);
		if (err) {
			while (i--)
				parts[i].exit(net);
			kfree(&net->m, net->ipv4);
			net->ipv4 = NULL;
			return err;
		}
	}
	return 0;
}

void inet_exit(struct net *net)
{
	for (size_t i = ARRAY_SIZE(parts); i--;) {
		parts[i].exit(net);
		rcu_barrier(&net->m);
	}
	kfree(&net->m, net->ipv4);
	net->ipv4 = NULL;
}
