/* SPDX-License-Identifier: MIT */
/*
 * igmp_sock.c - the group memberships of a socket and their source filters (RFC 3376 3.1; mirrors
 * the socket half of net/ipv4/igmp.c)
 *
 * Theory of operation
 *   IP_ADD_MEMBERSHIP and its relatives (ip_sockopt.c) come in here; each membership is an entry of
 *   inet->mc_list, and a user of the group on its interface. ip_mc_sf_allow() asks the list for
 *   each group datagram that is about to be queued. A filter is replaced as a whole, so that
 *   readers see the old or the new one. Memory is charged to the socket (net.core.optmem_max).
 * Owns: the entries and filters; freed a grace period after they are unlinked.
 * Threads: calls inside the socket's vCPU, under its lock; ip_mc_sf_allow() on any vCPU under RCU.
 * Refuses: more than igmp_max_memberships groups, more than igmp_max_msf sources, with Linux's
 * errnos.
 */
#include <errno.h>

#include "ipv4/igmp_impl.h"
#include "ipv4/route.h"
#include "kernel/slab.h"

static struct in_device *ip_mc_find_dev(struct net *net, struct ip_mreqn *imr);
static int ip_mc_join_mode(struct sock *sk, struct ip_mreqn *imr, unsigned mode);
static void ip_mc_leave_one(struct sock *sk, struct ip_mc_socklist **pp, struct in_device *in_dev);
static int ip_mc_add_source(struct sock *sk, struct ip_mc_socklist *iml, struct in_device *in_dev,
			    __be32 src);
static int ip_mc_del_source(struct sock *sk, struct ip_mc_socklist *iml, struct in_device *in_dev,
			    unsigned at);

/* --- does the socket want it? --- */

bool ip_mc_sf_allow(const struct sock *sk, __be32 local, __be32 rmt, int dif)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct ip_mc_socklist *iml;
	const struct ip_sf_socklist *psl;

	if (!ipv4_is_multicast(local))
		return true;
	for (iml = rcu_dereference(inet->mc_list); iml; iml = rcu_dereference(iml->next_rcu))
		if (iml->multi.imr_multiaddr.s_addr == local && iml->multi.imr_ifindex == dif)
			break;
	if (!iml)
		return inet->mc_all;
	psl = rcu_dereference(iml->sflist);
	if (psl)
		for (unsigned i = 0; i < psl->sl_count; i++)
			if (psl->sl_addr[i] == rmt)
				return READ_ONCE(iml->sfmode) == MCAST_INCLUDE;
	return READ_ONCE(iml->sfmode) == MCAST_EXCLUDE;
}

/* --- memory: as sock_kmalloc() of Linux --- */

static void *mc_alloc(struct sock *sk, size_t size)
{
	int max = READ_ONCE(sock_net(sk)->core.sysctl_optmem_max);
	void *p;

	if ((int)size > max || atomic_read(&sk->sk_omem_alloc) + (int)size >= max)
		return NULL;
	p = kzalloc(&sock_net(sk)->m, size);
	if (p)
		atomic_add((int)size, &sk->sk_omem_alloc);
	return p;
}

static struct ip_sf_socklist *sflist_alloc(struct sock *sk, unsigned count)
{
	struct ip_sf_socklist *psl = mc_alloc(sk, sizeof(*psl) + count * sizeof(__be32));

	if (psl) {
		psl->sl_count = count;
		psl->net = sock_net(sk);
	}
	return psl;
}

static void sflist_free_rcu(struct rcu_head *head)
{
	struct ip_sf_socklist *psl = container_of(head, struct ip_sf_socklist, rcu);

	kfree(&psl->net->m, psl);
}

static void sflist_free(struct sock *sk, struct ip_sf_socklist *psl)
{
	if (!psl)
		return;
	atomic_sub((int)(sizeof(*psl) + psl->sl_count * sizeof(__be32)), &sk->sk_omem_alloc);
	call_rcu(&psl->net->m, &psl->rcu, sflist_free_rcu);
}

static void socklist_free_rcu(struct rcu_head *head)
{
	struct ip_mc_socklist *iml = container_of(head, struct ip_mc_socklist, rcu);

	kfree(&iml->net->m, iml);
}

static void socklist_free(struct sock *sk, struct ip_mc_socklist *iml)
{
	atomic_sub((int)sizeof(*iml), &sk->sk_omem_alloc);
	call_rcu(&iml->net->m, &iml->rcu, socklist_free_rcu);
}

/* --- join and leave --- */

/* By index, by local address, or by the route to the group; NULL: none. *@imr learns the index. */
static struct in_device *ip_mc_find_dev(struct net *net, struct ip_mreqn *imr)
{
	struct net_device *dev = NULL;
	struct flowi4 fl4 = { .daddr = imr->imr_multiaddr.s_addr };
	struct in_device *in_dev;
	struct rtable *rt;
	int err;

	if (imr->imr_ifindex) {
		dev = dev_get_by_index_rcu(net, imr->imr_ifindex);
		return dev ? __in_dev_get_rcu(dev) : NULL;
	}
	if (imr->imr_address.s_addr) {
		dev = ip_dev_find_rcu(net, imr->imr_address.s_addr);
		if (!dev)
			return NULL;
	} else {
		rt = ip_route_output_key(net, &fl4, &err);
		if (rt) {
			dev = rt->dst.dev;
			ip_rt_put(rt);
		}
	}
	in_dev = dev ? __in_dev_get_rcu(dev) : NULL;
	if (in_dev)
		imr->imr_ifindex = dev->ifindex;
	return in_dev;
}

int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr)
{
	return ip_mc_join_mode(sk, imr, MCAST_EXCLUDE);
}

int ip_mc_join_group_ssm(struct sock *sk, struct ip_mreqn *imr, unsigned mode)
{
	return ip_mc_join_mode(sk, imr, mode);
}

static int ip_mc_join_mode(struct sock *sk, struct ip_mreqn *imr, unsigned mode)
{
	struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	struct ip_mc_socklist *iml;
	struct in_device *in_dev;
	int count = 0, err;

	if (!ipv4_is_multicast(imr->imr_multiaddr.s_addr))
		return -EINVAL;
	in_dev = ip_mc_find_dev(net, imr);
	if (!in_dev)
		return -ENODEV;
	for (iml = inet->mc_list; iml; iml = iml->next_rcu, count++)
		if (iml->multi.imr_multiaddr.s_addr == imr->imr_multiaddr.s_addr &&
		    iml->multi.imr_ifindex == imr->imr_ifindex)
			return -EADDRINUSE;
	if (count >= READ_ONCE(net->ipv4->sysctl_igmp_max_memberships))
		return -ENOBUFS;
	iml = mc_alloc(sk, sizeof(*iml));
	if (!iml)
		return -ENOBUFS;
	iml->multi = *imr;
	iml->net = net;
	iml->sfmode = mode;
	err = ip_mc_inc_group_mode(in_dev, imr->imr_multiaddr.s_addr, mode);
	if (err) {
		socklist_free(sk, iml);
		return err;
	}
	iml->next_rcu = inet->mc_list;
	rcu_assign_pointer(inet->mc_list, iml);
	return 0;
}

int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr)
{
	struct in_device *in_dev = ip_mc_find_dev(sock_net(sk), imr);
	struct ip_mc_socklist *iml, **pp;

	if (!imr->imr_ifindex && !imr->imr_address.s_addr && !in_dev)
		return -ENODEV;
	for (pp = &inet_sk(sk)->mc_list; (iml = *pp); pp = &iml->next_rcu) {
		if (iml->multi.imr_multiaddr.s_addr != imr->imr_multiaddr.s_addr)
			continue;
		if (imr->imr_ifindex) {
			if (iml->multi.imr_ifindex != imr->imr_ifindex)
				continue;
		} else if (imr->imr_address.s_addr &&
			   imr->imr_address.s_addr != iml->multi.imr_address.s_addr) {
			continue;
		}
		ip_mc_leave_one(sk, pp, in_dev);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/* Give up *@pp; @in_dev is NULL when its interface is gone. */
static void ip_mc_leave_one(struct sock *sk, struct ip_mc_socklist **pp, struct in_device *in_dev)
{
	struct ip_mc_socklist *iml = *pp;
	struct ip_sf_socklist *psl = iml->sflist;
	struct sf_change c = { .sfmode = iml->sfmode };

	if (psl) {
		c.sfcount = psl->sl_count;
		c.psfsrc = psl->sl_addr;
	}
	rcu_assign_pointer(*pp, iml->next_rcu);
	if (in_dev) {
		ip_mc_del_src(in_dev, iml->multi.imr_multiaddr.s_addr, &c);
		ip_mc_dec_group(in_dev, iml->multi.imr_multiaddr.s_addr);
	}
	sflist_free(sk, psl);
	socklist_free(sk, iml);
}

void ip_mc_drop_socket(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	while (inet->mc_list) {
		struct net_device *dev =
			dev_get_by_index_rcu(sock_net(sk), inet->mc_list->multi.imr_ifindex);

		ip_mc_leave_one(sk, &inet->mc_list, dev ? __in_dev_get_rcu(dev) : NULL);
	}
}

/* --- source filters --- */

static struct ip_mc_socklist *ip_mc_find_membership(struct sock *sk, const struct ip_mreqn *imr)
{
	struct ip_mc_socklist *iml = inet_sk(sk)->mc_list;

	while (iml && (iml->multi.imr_multiaddr.s_addr != imr->imr_multiaddr.s_addr ||
		       iml->multi.imr_ifindex != imr->imr_ifindex))
		iml = iml->next_rcu;
	return iml;
}

int ip_mc_source(int add, int omode, struct sock *sk, struct ip_mreq_source *mreqs, int ifindex)
{
	struct ip_mreqn imr = { .imr_multiaddr = mreqs->imr_multiaddr,
				.imr_address = mreqs->imr_interface,
				.imr_ifindex = ifindex };
	__be32 src = mreqs->imr_sourceaddr.s_addr, group = imr.imr_multiaddr.s_addr;
	struct ip_mc_socklist *iml;
	struct in_device *in_dev;
	unsigned at = 0;
	int err;

	if (!ipv4_is_multicast(group))
		return -EINVAL;
	in_dev = ip_mc_find_dev(sock_net(sk), &imr);
	if (!in_dev)
		return -ENODEV;
	iml = ip_mc_find_membership(sk, &imr);
	if (!iml || (iml->sflist && iml->sfmode != (unsigned)omode))
		return -EINVAL;
	/* a filter without sources may change sides */
	if (!iml->sflist && iml->sfmode != (unsigned)omode) {
		const struct sf_change to = { .sfmode = (unsigned)omode },
				       from = { .sfmode = iml->sfmode };

		err = ip_mc_add_src(in_dev, group, &to);
		if (err)
			return err;
		ip_mc_del_src(in_dev, group, &from);
		WRITE_ONCE(iml->sfmode, (unsigned)omode);
	}
	while (iml->sflist && at < iml->sflist->sl_count && iml->sflist->sl_addr[at] != src)
		at++;
	if (add) {
		if (iml->sflist && at < iml->sflist->sl_count)
			return -EADDRNOTAVAIL;
		return ip_mc_add_source(sk, iml, in_dev, src);
	}
	if (!iml->sflist || at == iml->sflist->sl_count)
		return -EADDRNOTAVAIL;
	if (iml->sflist->sl_count == 1 && omode == MCAST_INCLUDE) /* of no source is of no use */
		return ip_mc_leave_group(sk, &imr);
	return ip_mc_del_source(sk, iml, in_dev, at);
}

/* Put @psl (NULL: no sources) in the place of the filter of @iml. */
static void sflist_replace(struct sock *sk, struct ip_mc_socklist *iml, struct ip_sf_socklist *psl)
{
	struct ip_sf_socklist *old = iml->sflist;

	rcu_assign_pointer(iml->sflist, psl);
	sflist_free(sk, old);
}

static int ip_mc_add_source(struct sock *sk, struct ip_mc_socklist *iml, struct in_device *in_dev,
			    __be32 src)
{
	const struct sf_change c = {
		.sfmode = iml->sfmode, .sfcount = 1, .psfsrc = &src, .delta = true
	};
	unsigned count = iml->sflist ? iml->sflist->sl_count : 0, i;
	struct ip_sf_socklist *psl;
	int err;

	if (count && count >= (unsigned)READ_ONCE(sock_net(sk)->ipv4->sysctl_igmp_max_msf))
		return -ENOBUFS;
	psl = sflist_alloc(sk, count + 1);
	if (!psl)
		return -ENOBUFS;
	err = ip_mc_add_src(in_dev, iml->multi.imr_multiaddr.s_addr, &c);
	if (err) {
		sflist_free(sk, psl);
		return err;
	}
	for (i = 0; i < count; i++)
		psl->sl_addr[i] = iml->sflist->sl_addr[i];
	psl->sl_addr[i] = src;
	sflist_replace(sk, iml, psl);
	return 0;
}

static int ip_mc_del_source(struct sock *sk, struct ip_mc_socklist *iml, struct in_device *in_dev,
			    unsigned at)
{
	struct ip_sf_socklist *old = iml->sflist, *psl = NULL;
	__be32 src = old->sl_addr[at];
	const struct sf_change c = {
		.sfmode = iml->sfmode, .sfcount = 1, .psfsrc = &src, .delta = true
	};

	if (old->sl_count > 1) {
		psl = sflist_alloc(sk, old->sl_count - 1);
		if (!psl)
			return -ENOBUFS;
		for (unsigned i = 0, to = 0; i < old->sl_count; i++)
			if (i != at)
				psl->sl_addr[to++] = old->sl_addr[i];
	}
	ip_mc_del_src(in_dev, iml->multi.imr_multiaddr.s_addr, &c);
	sflist_replace(sk, iml, psl);
	return 0;
}

int ip_mc_msfilter(struct sock *sk, struct ip_msfilter *msf, int ifindex)
{
	struct ip_mreqn imr = { .imr_multiaddr = msf->imsf_multiaddr,
				.imr_address = msf->imsf_interface, .imr_ifindex = ifindex };
	struct sf_change to = { .sfmode = msf->imsf_fmode }, from;
	struct ip_sf_socklist *psl = NULL;
	struct ip_mc_socklist *iml;
	struct in_device *in_dev;
	int err;

	if (!ipv4_is_multicast(msf->imsf_multiaddr.s_addr) ||
	    (msf->imsf_fmode != MCAST_INCLUDE && msf->imsf_fmode != MCAST_EXCLUDE))
		return -EINVAL;
	in_dev = ip_mc_find_dev(sock_net(sk), &imr);
	if (!in_dev)
		return -ENODEV;
	if (msf->imsf_fmode == MCAST_INCLUDE && !msf->imsf_numsrc)
		return ip_mc_leave_group(sk, &imr);
	iml = ip_mc_find_membership(sk, &imr);
	if (!iml)
		return -EINVAL;
	if (msf->imsf_numsrc) {
		psl = sflist_alloc(sk, msf->imsf_numsrc);
		if (!psl)
			return -ENOBUFS;
		memcpy(psl->sl_addr, msf->imsf_slist, msf->imsf_numsrc * sizeof(__be32));
		to.sfcount = psl->sl_count;
		to.psfsrc = psl->sl_addr;
	}
	err = ip_mc_add_src(in_dev, msf->imsf_multiaddr.s_addr, &to);
	if (err) {
		sflist_free(sk, psl);
		return err;
	}
	from = (struct sf_change){ .sfmode = iml->sfmode };
	if (iml->sflist) {
		from.sfcount = iml->sflist->sl_count;
		from.psfsrc = iml->sflist->sl_addr;
	}
	ip_mc_del_src(in_dev, msf->imsf_multiaddr.s_addr, &from);
	WRITE_ONCE(iml->sfmode, msf->imsf_fmode);
	sflist_replace(sk, iml, psl);
	return 0;
}

int ip_mc_msfget(struct sock *sk, struct ip_msfilter *msf, struct in_addr *slist,
		 unsigned slist_max)
{
	struct ip_mreqn imr = { .imr_multiaddr = msf->imsf_multiaddr,
				.imr_address = msf->imsf_interface };
	const struct ip_mc_socklist *iml;
	unsigned count;

	if (!ipv4_is_multicast(msf->imsf_multiaddr.s_addr))
		return -EINVAL;
	if (!ip_mc_find_dev(sock_net(sk), &imr))
		return -ENODEV;
	iml = ip_mc_find_membership(sk, &imr);
	if (!iml)
		return -EADDRNOTAVAIL;
	count = iml->sflist ? iml->sflist->sl_count : 0;
	msf->imsf_fmode = iml->sfmode;
	slist_max = min(slist_max, msf->imsf_numsrc);
	if (count)
		memcpy(slist, iml->sflist->sl_addr, min(count, slist_max) * sizeof(*slist));
	msf->imsf_numsrc = count;
	return 0;
}
