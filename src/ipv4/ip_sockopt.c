/* SPDX-License-Identifier: MIT */
/*
 * ip_sockopt.c - the options of level SOL_IP (ip(7); mirrors do_ip_setsockopt and do_ip_getsockopt
 * of net/ipv4/ip_sockglue.c)
 *
 * Theory of operation
 *   Simple options are rows of a table: an integer, its range, where it goes. The others
 *   (multicast, IP options, router alert) have a function each. An option exists here only if
 *   something in the stack honours it; all others answer ENOPROTOOPT.
 * Context: calls, inside the socket's vCPU; values change under the socket's lock.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/fib.h"
#include "ipv4/igmp.h"
#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"

#ifndef IP_PROTOCOL /* Linux 6.4 */
#define IP_PROTOCOL 52
#endif

/* Flags of cmsg_flags that are plain on/off options. */
static const struct {
	int optname;
	uint16_t flag;
} cmsg_opts[] = {
	{ IP_PKTINFO, IP_CMSG_PKTINFO },
	{ IP_RECVTTL, IP_CMSG_TTL },
	{ IP_RECVTOS, IP_CMSG_TOS },
	{ IP_RECVOPTS, IP_CMSG_RECVOPTS },
	{ IP_RETOPTS, IP_CMSG_RETOPTS },
	{ IP_RECVORIGDSTADDR, IP_CMSG_ORIGDSTADDR },
	{ IP_RECVFRAGSIZE, IP_CMSG_RECVFRAGSIZE },
};

static int ip_set_options(struct sock *sk, const void *optval, socklen_t optlen);
static int ip_set_multicast_if(struct sock *sk, const void *optval, socklen_t optlen);
static int ip_set_membership(struct sock *sk, int optname, const void *optval, socklen_t optlen);
static int ip_set_source(struct sock *sk, int optname, const void *optval, socklen_t optlen);
static int ip_set_msfilter(struct sock *sk, const void *optval, socklen_t optlen);
static int ip_set_group(struct sock *sk, int optname, const void *optval, socklen_t optlen);
static int ip_set_group_source(struct sock *sk, int optname, const void *optval, socklen_t optlen);
static int ip_set_int(struct sock *sk, int optname, int val, bool given);
static int ip_set_unicast_if(struct sock *sk, int ifindex);

/* --- set --- */

int ip_setsockopt(struct sock *sk, int level, int optname, const void *optval, socklen_t optlen)
{
	int val = 0, err;

	if (level != SOL_IP)
		return -ENOPROTOOPT;
	if (optlen >= sizeof(int))
		memcpy(&val, optval, sizeof(int));
	else if (optlen >= 1)
		val = *(const unsigned char *)optval;
	if (optname == IP_ROUTER_ALERT)
		return ip_ra_control(sk, val ? 1 : 0);
	lock_sock(sk);
	switch (optname) {
	case IP_OPTIONS:
		err = ip_set_options(sk, optval, optlen);
		break;
	case IP_MULTICAST_IF:
		err = ip_set_multicast_if(sk, optval, optlen);
		break;
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
		err = ip_set_membership(sk, optname, optval, optlen);
		break;
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
		err = ip_set_source(sk, optname, optval, optlen);
		break;
	case IP_MSFILTER:
		err = ip_set_msfilter(sk, optval, optlen);
		break;
	case IP_UNICAST_IF:
		err = optlen != sizeof(int) ? -EINVAL : ip_set_unicast_if(sk, (int)ntohl((uint32_t)val));
		break;
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		err = ip_set_group(sk, optname, optval, optlen);
		break;
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
		err = ip_set_group_source(sk, optname, optval, optlen);
		break;
	default:
		err = ip_set_int(sk, optname, val, optlen >= 1);
	}
	release_sock(sk);
	return err;
}

/* Options whose value is one integer. */
static int ip_set_int(struct sock *sk, int optname, int val, bool given)
{
	struct inet_sock *inet = inet_sk(sk);

	for (size_t i = 0; i < ARRAY_SIZE(cmsg_opts); i++) {
		if (cmsg_opts[i].optname != optname)
			continue;
		if (val)
			inet->cmsg_flags |= cmsg_opts[i].flag;
		else
			inet->cmsg_flags &= (uint16_t)~cmsg_opts[i].flag;
		return 0;
	}
	switch (optname) {
	case IP_TOS:
		inet->tos = (uint8_t)val;
		sk->sk_priority = rt_tos2priority((uint8_t)val);
		sk_dst_reset(sk);
		return 0;
	case IP_TTL:
		if (!given || (val != -1 && (val < 1 || val > 255)))
			return -EINVAL;
		inet->uc_ttl = (__s16)val;
		return 0;
	case IP_HDRINCL:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		inet->hdrincl = val != 0;
		return 0;
	case IP_MTU_DISCOVER:
		if (val < IP_PMTUDISC_DONT || val > IP_PMTUDISC_OMIT)
			return -EINVAL;
		inet->pmtudisc = (uint8_t)val;
		return 0;
	case IP_RECVERR:
		inet->recverr = val != 0;
		if (!val)
			skb_queue_purge_reason(&sk->sk_error_queue, SKB_DROP_REASON_QUEUE_PURGE);
		return 0;
	case IP_MULTICAST_TTL:
		if (sk->sk_type == SOCK_STREAM || !given || val < -1 || val > 255)
			return -EINVAL;
		inet->mc_ttl = (uint8_t)(val == -1 ? 1 : val);
		return 0;
	case IP_MULTICAST_LOOP:
		if (!given)
			return -EINVAL;
		inet->mc_loop = val != 0;
		return 0;
	case IP_MULTICAST_ALL:
		if (!given || (val != 0 && val != 1))
			return -EINVAL;
		inet->mc_all = val != 0;
		return 0;
	case IP_FREEBIND:
		if (!given)
			return -EINVAL;
		inet->freebind = val != 0;
		return 0;
	case IP_BIND_ADDRESS_NO_PORT:
		inet->bind_address_no_port = val != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int ip_set_unicast_if(struct sock *sk, int ifindex)
{
	const struct net_device *dev;

	if (ifindex) {
		dev = dev_get_by_index_rcu(sock_net(sk), ifindex);
		if (!dev)
			return -EADDRNOTAVAIL;
		if (sk->sk_bound_dev_if && dev->ifindex != sk->sk_bound_dev_if)
			return -EINVAL;
	}
	inet_sk(sk)->uc_index = ifindex;
	return 0;
}

static int ip_set_options(struct sock *sk, const void *optval, socklen_t optlen)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ip_options_rcu *opt = NULL, *old;
	int err;

	if (optlen > 40)
		return -EINVAL;
	err = ip_options_get(sock_net(sk), &opt, optval, (int)optlen);
	if (err)
		return err;
	old = inet->inet_opt;
	rcu_assign_pointer(inet->inet_opt, opt);
	kfree_ip_options(sock_net(sk), old);
	return 0;
}

/* Interface and source for groups: by index, by address, or none. */
static int ip_set_multicast_if(struct sock *sk, const void *optval, socklen_t optlen)
{
	struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	struct ip_mreqn mreq = { .imr_ifindex = 0 };
	struct net_device *dev;

	if (sk->sk_type == SOCK_STREAM || optlen < sizeof(struct in_addr))
		return -EINVAL;
	if (optlen >= sizeof(struct ip_mreqn))
		memcpy(&mreq, optval, sizeof(mreq));
	else if (optlen >= sizeof(struct ip_mreq))
		memcpy(&mreq, optval, sizeof(struct ip_mreq));
	else
		memcpy(&mreq.imr_address, optval, sizeof(struct in_addr));
	if (!mreq.imr_ifindex) {
		if (mreq.imr_address.s_addr == htonl(INADDR_ANY)) {
			inet->mc_index = 0;
			inet->mc_addr = 0;
			return 0;
		}
		dev = ip_dev_find_rcu(net, mreq.imr_address.s_addr);
	} else {
		dev = dev_get_by_index_rcu(net, mreq.imr_ifindex);
	}
	if (!dev)
		return -EADDRNOTAVAIL;
	if (sk->sk_bound_dev_if && dev->ifindex != sk->sk_bound_dev_if)
		return -EINVAL;
	inet->mc_index = dev->ifindex;
	inet->mc_addr = mreq.imr_address.s_addr;
	return 0;
}

static int ip_set_membership(struct sock *sk, int optname, const void *optval, socklen_t optlen)
{
	struct ip_mreqn mreq = { .imr_ifindex = 0 };

	if (optlen < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&mreq, optval, min(optlen, (socklen_t)sizeof(mreq)));
	if (optlen < sizeof(mreq))
		mreq.imr_ifindex = 0;
	return optname == IP_ADD_MEMBERSHIP ? ip_mc_join_group(sk, &mreq)
					    : ip_mc_leave_group(sk, &mreq);
}

/* (add, include or exclude) of a source option */
static int ip_source(struct sock *sk, int what, struct ip_mreq_source *m, int ifindex)
{
	struct ip_mreqn mreq = { .imr_multiaddr = m->imr_multiaddr,
				 .imr_address = m->imr_interface,
				 .imr_ifindex = ifindex };
	int err;

	switch (what) {
	case IP_BLOCK_SOURCE:
		return ip_mc_source(1, MCAST_EXCLUDE, sk, m, ifindex);
	case IP_UNBLOCK_SOURCE:
		return ip_mc_source(0, MCAST_EXCLUDE, sk, m, ifindex);
	case IP_ADD_SOURCE_MEMBERSHIP:
		err = ip_mc_join_group_ssm(sk, &mreq, MCAST_INCLUDE);
		if (err && err != -EADDRINUSE)
			return err;
		return ip_mc_source(1, MCAST_INCLUDE, sk, m, ifindex);
	default:
		return ip_mc_source(0, MCAST_INCLUDE, sk, m, ifindex);
	}
}

static int ip_set_source(struct sock *sk, int optname, const void *optval, socklen_t optlen)
{
	struct ip_mreq_source m;

	if (optlen != sizeof(m))
		return -EINVAL;
	memcpy(&m, optval, sizeof(m));
	return ip_source(sk, optname, &m, 0);
}

static int ip_set_msfilter(struct sock *sk, const void *optval, socklen_t optlen)
{
	union {
		struct ip_msfilter msf;
		unsigned char raw[IP_MSFILTER_SIZE(64)];
	} u;

	if (optlen < IP_MSFILTER_SIZE(0))
		return -EINVAL;
	memcpy(&u, optval, min_t(size_t, optlen, sizeof(u)));
	if (u.msf.imsf_numsrc > 64 || u.msf.imsf_numsrc > (unsigned)READ_ONCE(sock_net(sk)->ipv4->sysctl_igmp_max_msf))
		return -ENOBUFS;
	if (IP_MSFILTER_SIZE(u.msf.imsf_numsrc) > optlen)
		return -EINVAL;
	return ip_mc_msfilter(sk, &u.msf, 0);
}

static int ip_set_group(struct sock *sk, int optname, const void *optval, socklen_t optlen)
{
	const struct sockaddr_in *sin;
	struct group_req greq;
	struct ip_mreqn mreq;

	if (optlen < sizeof(greq))
		return -EINVAL;
	memcpy(&greq, optval, sizeof(greq));
	sin = (const struct sockaddr_in *)(const void *)&greq.gr_group;
	if (sin->sin_family != AF_INET)
		return -EINVAL;
	mreq = (struct ip_mreqn){ .imr_multiaddr = sin->sin_addr,
				  .imr_ifindex = (int)greq.gr_interface };
	return optname == MCAST_JOIN_GROUP ? ip_mc_join_group(sk, &mreq)
					   : ip_mc_leave_group(sk, &mreq);
}

static int ip_set_group_source(struct sock *sk, int optname, const void *optval, socklen_t optlen)
{
	static const int same[][2] = { { MCAST_BLOCK_SOURCE, IP_BLOCK_SOURCE },
				       { MCAST_UNBLOCK_SOURCE, IP_UNBLOCK_SOURCE },
				       { MCAST_JOIN_SOURCE_GROUP, IP_ADD_SOURCE_MEMBERSHIP },
				       { MCAST_LEAVE_SOURCE_GROUP, IP_DROP_SOURCE_MEMBERSHIP } };
	const struct sockaddr_in *group, *source;
	struct group_source_req g;
	struct ip_mreq_source m;

	if (optlen != sizeof(g))
		return -EINVAL;
	memcpy(&g, optval, sizeof(g));
	group = (const struct sockaddr_in *)(const void *)&g.gsr_group;
	source = (const struct sockaddr_in *)(const void *)&g.gsr_source;
	if (group->sin_family != AF_INET || source->sin_family != AF_INET)
		return -EADDRNOTAVAIL;
	m = (struct ip_mreq_source){ .imr_multiaddr = group->sin_addr,
				     .imr_sourceaddr = source->sin_addr };
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (same[i][0] == optname)
			return ip_source(sk, same[i][1], &m, (int)g.gsr_interface);
	return -ENOPROTOOPT;
}

/* --- get --- */

static int ip_get_int(struct sock *sk, int optname, int *val);
static int ip_get_options(struct sock *sk, void *optval, socklen_t *optlen);

int ip_getsockopt(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen)
{
	struct in_addr addr;
	int val = 0, err;

	if (level != SOL_IP)
		return -EOPNOTSUPP; /* not the word of setsockopt: so in Linux */
	if ((int)*optlen < 0)
		return -EINVAL;
	lock_sock(sk);
	switch (optname) {
	case IP_OPTIONS:
		err = ip_get_options(sk, optval, optlen);
		release_sock(sk);
		return err;
	case IP_MULTICAST_IF:
		addr.s_addr = inet_sk(sk)->mc_addr;
		release_sock(sk);
		*optlen = min(*optlen, (socklen_t)sizeof(addr));
		memcpy(optval, &addr, *optlen);
		return 0;
	case IP_MSFILTER: {
		struct ip_msfilter *msf = optval;

		err = *optlen < IP_MSFILTER_SIZE(0)
			      ? -EINVAL
			      : ip_mc_msfget(sk, msf, msf->imsf_slist,
					     (*optlen - IP_MSFILTER_SIZE(0)) / sizeof(__be32));
		if (!err)
			*optlen = min(*optlen, (socklen_t)IP_MSFILTER_SIZE(msf->imsf_numsrc));
		release_sock(sk);
		return err;
	}
	default:
		err = ip_get_int(sk, optname, &val);
	}
	release_sock(sk);
	if (err)
		return err;
	if (*optlen < sizeof(int) && *optlen > 0 && val >= 0 && val <= 255) {
		/* short buffers get one byte, as in Linux */
		*(unsigned char *)optval = (unsigned char)val;
		*optlen = 1;
	} else {
		*optlen = min(*optlen, (socklen_t)sizeof(val));
		memcpy(optval, &val, *optlen);
	}
	return 0;
}

static int ip_get_int(struct sock *sk, int optname, int *val)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;

	for (size_t i = 0; i < ARRAY_SIZE(cmsg_opts); i++) {
		if (cmsg_opts[i].optname == optname) {
			*val = (inet->cmsg_flags & cmsg_opts[i].flag) != 0;
			return 0;
		}
	}
	switch (optname) {
	case IP_TOS:
		*val = inet->tos;
		return 0;
	case IP_TTL:
		*val = inet->uc_ttl == -1 ? READ_ONCE(sock_net(sk)->ipv4->sysctl_ip_default_ttl)
					  : inet->uc_ttl;
		return 0;
	case IP_HDRINCL:
		*val = inet->hdrincl;
		return 0;
	case IP_MTU_DISCOVER:
		*val = inet->pmtudisc;
		return 0;
	case IP_MTU:
		dst = sk_dst_get(sk);
		if (!dst)
			return -ENOTCONN;
		*val = (int)dst_mtu(dst);
		dst_release(dst);
		return *val ? 0 : -ENOTCONN;
	case IP_RECVERR:
		*val = inet->recverr;
		return 0;
	case IP_MULTICAST_TTL:
		*val = inet->mc_ttl;
		return 0;
	case IP_MULTICAST_LOOP:
		*val = inet->mc_loop;
		return 0;
	case IP_MULTICAST_ALL:
		*val = inet->mc_all;
		return 0;
	case IP_FREEBIND:
		*val = inet->freebind;
		return 0;
	case IP_BIND_ADDRESS_NO_PORT:
		*val = inet->bind_address_no_port;
		return 0;
	case IP_PROTOCOL:
		*val = sk->sk_type == SOCK_RAW ? sk->sk_num : 0;
		return 0;
	case IP_UNICAST_IF:
		*val = (int)htonl((uint32_t)inet->uc_index);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int ip_get_options(struct sock *sk, void *optval, socklen_t *optlen)
{
	const struct ip_options_rcu *opt = inet_sk(sk)->inet_opt;
	struct {
		struct ip_options opt;
		unsigned char data[40];
	} copy = { .data = { 0 } };

	if (!opt || !opt->opt.optlen) {
		*optlen = 0;
		return 0;
	}
	memcpy(&copy, &opt->opt, sizeof(opt->opt) + opt->opt.optlen);
	ip_options_undo(&copy.opt);
	*optlen = min(*optlen, (socklen_t)copy.opt.optlen);
	memcpy(optval, copy.opt.__data, *optlen);
	return 0;
}
