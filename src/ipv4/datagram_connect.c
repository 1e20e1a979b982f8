/* SPDX-License-Identifier: MIT */
/*
 * datagram_connect.c - connect() of datagram sockets: fix the peer, cache the route (mirrors
 * net/ipv4/datagram.c)
 *
 * Called by udp, raw and ping sockets' connect. Context: a call, inside the socket's vCPU.
 */
#include <errno.h>

#include "ipv4/ip.h"
#include "ipv4/udp.h"

int ip4_datagram_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *usin = (const struct sockaddr_in *)(const void *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl4;
	struct rtable *rt;
	__be32 saddr;
	int oif, err = 0;

	if (addr_len < (int)sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	lock_sock(sk);
	sk_dst_reset(sk);
	oif = sk->sk_bound_dev_if;
	saddr = inet->inet_saddr;
	if (ipv4_is_multicast(usin->sin_addr.s_addr)) {
		if (!oif)
			oif = inet->mc_index;
		if (!saddr)
			saddr = inet->mc_addr;
	} else if (!oif) {
		oif = inet->uc_index;
	}
	fl4 = (struct flowi4){ .flowi4_oif = oif,
			       .flowi4_mark = sk->sk_mark,
			       .flowi4_tos = (uint8_t)RT_TOS(inet->tos),
			       .flowi4_proto = sk->sk_protocol,
			       .daddr = usin->sin_addr.s_addr,
			       .saddr = saddr,
			       .fl4_sport = inet->inet_sport,
			       .fl4_dport = usin->sin_port,
			       .flowi4_uid = sk->sk_uid };
	if (sock_flag(sk, SOCK_LOCALROUTE))
		fl4.flowi4_tos |= RTO_ONLINK;
	rt = ip_route_output_flow(sock_net(sk), &fl4, sk, &err);
	if (!rt) {
		if (err == -ENETUNREACH)
			IP_INC_STATS(IPSTATS_MIB_OUTNOROUTES);
		goto out;
	}
	if ((rt->rt_flags & RTCF_BROADCAST) && !sock_flag(sk, SOCK_BROADCAST)) {
		ip_rt_put(rt);
		err = -EACCES;
		goto out;
	}
	if (!inet->inet_saddr)
		inet->inet_saddr = fl4.saddr;
	if (!inet->inet_rcv_saddr) {
		inet->inet_rcv_saddr = fl4.saddr;
		if (sk->sk_prot->rehash)
			sk->sk_prot->rehash(sk);
	}
	inet->inet_daddr = fl4.daddr;
	inet->inet_dport = usin->sin_port;
	sk->sk_state = TCP_ESTABLISHED;
	inet->inet_id = (uint16_t)rng_u32(&this_vcpu()->rng);
	sk_dst_set(sk, &rt->dst);
out:
	release_sock(sk);
	return err;
}

void inet_get_local_port_range(const struct net *net, int *low, int *high)
{
	*low = READ_ONCE(net->ipv4->sysctl_ip_local_port_range[0]);
	*high = READ_ONCE(net->ipv4->sysctl_ip_local_port_range[1]);
}
