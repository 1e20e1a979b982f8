/* SPDX-License-Identifier: MIT */
/*
 * route_pmtu.c - what is learnt about single destinations: path MTU, redirects; the dst operations
 * of IPv4
 *
 * Theory of operation
 *   On the walk: ipv4_dst_check() and ipv4_mtu() of every send; find_exception() of every route;
 *   ip_error(), ip_rt_send_redirect() of refused and forwarded packets. ICMP errors come in by
 *   ipv4_update_pmtu(), ipv4_sk_update_pmtu(), ipv4_redirect(), each after its caller has checked
 *   that the quoted packet could be ours; neighbours that do not answer by ipv4_link_failure().
 *   Owns: exceptions, at most FNHE_HASH_SIZE chains of about twice FNHE_RECLAIM_DEPTH a next hop;
 *   the oldest goes first.
 *   Refuses: a path MTU above the one known; one below min_pmtu is taken as min_pmtu and locked
 *   (then packets may be fragmented); redirects from anyone but the gateway in use, to addresses
 *   off link, to groups (RFC 1191, 5927, 1122 3.2.2.2).
 * Threads: a vCPU; exceptions change under fnhe_lock (a leaf: nothing is called with it but
 * memory). Mirrors: net/ipv4/route.c.
 */
#define LOG_SUBSYS "IPv4"
#include "ipv4/route_priv.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/ip.h>

#include "ipv4/arp.h"
#include "ipv4/icmp.h"
#include "ipv4/inet_sock.h"
#include "ipv4/inetpeer.h"
#include "ipv4/ip.h"
#include "kernel/slab.h"

static void fill_route_from_fnhe(struct rtable *rt, const struct fib_nh_exception *fnhe);
static void fnhe_flush_routes(struct fib_nh_exception *fnhe);
static void fnhe_expire(struct fib_nh *nh, __be32 daddr);
static void fnhe_unlink(struct fib_nh_exception **link);

/* What an ICMP message says of a destination */
struct fnhe_news {
	__be32 daddr, gw;
	uint32_t pmtu;
	bool lock;
	unsigned long expires;
};

/* --- looking --- */

static unsigned fnhe_chain(const struct net *net, __be32 daddr)
{
	return hash_32(jhash_1word((uint32_t)daddr, net->hash_rnd), ilog2(FNHE_HASH_SIZE));
}

struct fib_nh_exception *find_exception(struct fib_nh *nh, __be32 daddr)
{
	struct fib_nh_exception **hash = rcu_dereference(nh->nh_exceptions), *fnhe;

	if (likely(!hash))
		return NULL;
	fnhe = rcu_dereference(hash[fnhe_chain(nh->nh_parent->fib_net, daddr)]);
	for (; fnhe; fnhe = rcu_dereference(fnhe->next)) {
		if (fnhe->daddr != daddr)
			continue;
		if (likely(!READ_ONCE(fnhe->expires) ||
			   !time_after(jiffies_now(), READ_ONCE(fnhe->expires))))
			return fnhe;
		fnhe_expire(nh, daddr);
		break;
	}
	return NULL;
}

/* Its time is over: whoever has a route made from it asks again. */
static void fnhe_expire(struct fib_nh *nh, __be32 daddr)
{
	struct net *net = nh->nh_parent->fib_net;
	struct fib_nh_exception **link;

	spin_lock(&net->ipv4->fnhe_lock);
	for (link = &nh->nh_exceptions[fnhe_chain(net, daddr)]; *link; link = &(*link)->next) {
		if ((*link)->daddr != daddr)
			continue;
		if ((*link)->expires && time_after(jiffies_now(), (*link)->expires))
			fnhe_unlink(link);
		break;
	}
	spin_unlock(&net->ipv4->fnhe_lock);
}

bool rt_bind_exception(struct rtable *rt, struct fib_nh_exception *fnhe, __be32 daddr,
		       bool do_cache)
{
	struct netns_ipv4 *ipv4 = fnhe->net->ipv4;
	bool ret = false;

	spin_lock(&ipv4->fnhe_lock);
	if (daddr == fnhe->daddr) {
		if (fnhe->genid != ipv4->fnhe_genid) { /* forgotten meanwhile */
			fnhe->genid = ipv4->fnhe_genid;
			fnhe->gw = 0;
			fnhe->pmtu = 0;
			fnhe->mtu_locked = false;
			WRITE_ONCE(fnhe->expires, 0);
			fnhe_flush_routes(fnhe);
		}
		fill_route_from_fnhe(rt, fnhe);
		if (do_cache)
			ret = rt_cache_put(
				rt_is_input_route(rt) ? &fnhe->rth_input : &fnhe->rth_output, rt);
		fnhe->stamp = jiffies_now();
	}
	spin_unlock(&ipv4->fnhe_lock);
	return ret;
}

static void fill_route_from_fnhe(struct rtable *rt, const struct fib_nh_exception *fnhe)
{
	WRITE_ONCE(rt->rt_pmtu, fnhe->pmtu);
	if (fnhe->mtu_locked)
		WRITE_ONCE(rt->rt_mtu_locked, 1);
	WRITE_ONCE(rt->dst.expires, fnhe->expires);
	if (fnhe->gw) {
		WRITE_ONCE(rt->rt_flags, rt->rt_flags | RTCF_REDIRECTED);
		WRITE_ONCE(rt->rt_uses_gateway, 1);
		WRITE_ONCE(rt->rt_gateway, fnhe->gw);
	}
}

/* --- learning --- */

static void fnhe_let_go(struct rtable **slot)
{
	struct rtable *rt = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);

	if (!rt)
		return;
	WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_KILL);
	dst_release(&rt->dst);
}

static void fnhe_flush_routes(struct fib_nh_exception *fnhe)
{
	fnhe_let_go(&fnhe->rth_input);
	fnhe_let_go(&fnhe->rth_output);
}

static void fnhe_free_rcu(struct rcu_head *head)
{
	struct fib_nh_exception *fnhe = container_of(head, struct fib_nh_exception, rcu);

	fnhe_flush_routes(fnhe); /* what a vCPU put in while it went */
	kfree(&fnhe->net->m, fnhe);
}

static void fnhe_unlink(struct fib_nh_exception **link)
{
	struct fib_nh_exception *fnhe = *link;

	rcu_assign_pointer(*link, fnhe->next);
	fnhe_flush_routes(fnhe);
	call_rcu(&fnhe->net->m, &fnhe->rcu, fnhe_free_rcu);
}

void fnhe_release_all(struct net *net, struct fib_nh *nh)
{
	struct fib_nh_exception **hash = nh->nh_exceptions;

	if (!hash)
		return;
	for (unsigned i = 0; i < FNHE_HASH_SIZE; i++)
		while (hash[i])
			fnhe_unlink(&hash[i]);
	kfree(&net->m, hash);
	nh->nh_exceptions = NULL;
}

static void fnhe_remove_oldest(struct fib_nh_exception **chain)
{
	struct fib_nh_exception **oldest = chain, **link;

	for (link = chain; *link; link = &(*link)->next)
		if (time_before((*link)->stamp, (*oldest)->stamp))
			oldest = link;
	if (*oldest)
		fnhe_unlink(oldest);
}

/* The known exception learns the news, and the routes that were made from it. */
static void fnhe_change(struct fib_nh_exception *fnhe, const struct fnhe_news *news, int genid)
{
	fnhe->genid = genid;
	if (news->gw)
		fnhe->gw = news->gw;
	if (news->pmtu) {
		fnhe->pmtu = news->pmtu;
		fnhe->mtu_locked = news->lock;
	}
	WRITE_ONCE(fnhe->expires, max(1ul, news->expires));
	if (fnhe->rth_input)
		fill_route_from_fnhe(fnhe->rth_input, fnhe);
	if (fnhe->rth_output)
		fill_route_from_fnhe(fnhe->rth_output, fnhe);
}

/* A new exception: whoever holds a route of the next hop looks again, for it might be meant. */
static void fnhe_add(struct net *net, struct fib_nh *nh, struct fib_nh_exception **chain,
		     const struct fnhe_news *news)
{
	unsigned depth = 0,
		 most = FNHE_RECLAIM_DEPTH + rng_below(&this_vcpu()->rng, FNHE_RECLAIM_DEPTH);
	struct fib_nh_exception *fnhe;
	struct rtable *rt;

	for (fnhe = *chain; fnhe; fnhe = fnhe->next)
		depth++;
	for (; depth > most; depth--)
		fnhe_remove_oldest(chain);
	fnhe = kzalloc(&net->m, sizeof(*fnhe));
	if (!fnhe)
		return;
	fnhe->net = net;
	fnhe->daddr = news->daddr;
	fnhe->stamp = jiffies_now();
	fnhe_change(fnhe, news, net->ipv4->fnhe_genid);
	fnhe->next = *chain;
	rcu_assign_pointer(*chain, fnhe);
	rt = rcu_dereference(nh->nh_rth_input);
	if (rt)
		WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_KILL);
	if (rt && rt->rt_flags & RTCF_LOCAL)
		rt_cache_flush(net); /* it may be remembered for pairs of hosts, too */
	for (unsigned i = 0; i < net->m.nr_cpus; i++) {
		rt = rcu_dereference(nh->nh_pcpu_rth_output[i]);
		if (rt)
			WRITE_ONCE(rt->dst.obsolete, DST_OBSOLETE_KILL);
	}
}

static void update_or_create_fnhe(struct net *net, struct fib_nh *nh, const struct fnhe_news *news)
{
	struct fib_nh_exception **hash, *fnhe;

	spin_lock(&net->ipv4->fnhe_lock);
	hash = nh->nh_exceptions;
	if (!hash) {
		hash = kzalloc(&net->m, FNHE_HASH_SIZE * sizeof(*hash));
		if (!hash)
			goto out;
		rcu_assign_pointer(nh->nh_exceptions, hash);
	}
	hash += fnhe_chain(net, news->daddr);
	for (fnhe = *hash; fnhe && fnhe->daddr != news->daddr; fnhe = fnhe->next)
		;
	if (fnhe) {
		fnhe_change(fnhe, news, net->ipv4->fnhe_genid);
		fnhe->stamp = jiffies_now();
	} else {
		fnhe_add(net, nh, hash, news);
	}
	net_changed(net);
out:
	spin_unlock(&net->ipv4->fnhe_lock);
}

/* --- path MTU --- */

static bool accepts_pmtu(const struct sock *sk)
{
	uint8_t disc = READ_ONCE(inet_sk(sk)->pmtudisc);

	return disc != IP_PMTUDISC_INTERFACE && disc != IP_PMTUDISC_OMIT;
}

/* The flow of a packet of ours that an ICMP message quotes: @skb's data is its IP header */
static void flow_of_quoted(struct flowi4 *fl4, const struct sk_buff *skb, const struct sock *sk,
			   int oif, uint8_t protocol)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;

	*fl4 = (struct flowi4){ .flowi4_oif = oif,
				.flowi4_tos = RT_TOS(iph->tos),
				.flowi4_proto = protocol,
				.daddr = iph->daddr,
				.saddr = iph->saddr };
	if (sk) {
		fl4->flowi4_oif = sk->skc_bound_dev_if;
		fl4->flowi4_mark = sk->sk_mark;
		fl4->flowi4_flags =
			inet_sk(sk)->transparent || inet_sk(sk)->hdrincl ? FLOWI_FLAG_ANYSRC : 0;
	}
}

static void rt_update_pmtu(struct rtable *rt, const struct flowi4 *fl4, uint32_t mtu)
{
	struct net *net = rt->dst.net;
	struct fib_result res = { .fi = NULL };
	struct fnhe_news news = { .daddr = fl4->daddr, .pmtu = mtu };
	uint32_t old = ipv4_mtu(&rt->dst), floor = (uint32_t)READ_ONCE(net->ipv4->sysctl_min_pmtu);
	unsigned long life = (unsigned long)READ_ONCE(net->ipv4->sysctl_mtu_expires);

	if (ip_mtu_locked(rt) || old < mtu)
		return;
	if (mtu < floor) {
		news.lock = true;
		news.pmtu = min(old, floor);
	}
	if (rt->rt_pmtu == news.pmtu && !news.lock &&
	    time_before(jiffies_now(), rt->dst.expires - life / 2))
		return; /* known, and not for long yet */
	news.expires = jiffies_now() + life;
	if (!fib_lookup(net, fl4, &res, 0))
		update_or_create_fnhe(net, &FIB_RES_NH(&res), &news);
}

void ipv4_update_pmtu(struct sk_buff *skb, struct net *net, uint32_t mtu, int oif, uint8_t protocol)
{
	struct flowi4 fl4;
	struct rtable *rt;
	int err;

	flow_of_quoted(&fl4, skb, NULL, oif, protocol);
	rt = ip_route_output_key(net, &fl4, &err);
	if (!rt)
		return;
	rt_update_pmtu(rt, &fl4, mtu);
	ip_rt_put(rt);
}

/* The route of socket @sk is lowered, and the socket gets a fresh one at once when it kept one. */
void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, uint32_t mtu)
{
	struct dst_entry *old = NULL;
	struct flowi4 fl4;
	struct rtable *rt;
	int err;

	bh_lock_sock(sk);
	if (!accepts_pmtu(sk))
		goto out;
	old = sk_dst_get(sk);
	flow_of_quoted(&fl4, skb, sk, 0, (uint8_t)sk->sk_protocol);
	rt = ip_route_output_flow(sock_net(sk), &fl4, sk, &err);
	if (!rt)
		goto out;
	rt_update_pmtu(rt, &fl4, mtu);
	if (old && !sock_owned_by_user(sk) && !dst_check(old, 0)) {
		if (!dst_check(&rt->dst, 0)) {
			ip_rt_put(rt);
			rt = ip_route_output_flow(sock_net(sk), &fl4, sk, &err);
		}
		if (rt)
			sk_dst_set(sk, &rt->dst);
		goto out;
	}
	ip_rt_put(rt);
out:
	bh_unlock_sock(sk);
	dst_release(old);
}

/* --- redirects --- */

/* May @new_gw take the place of @old_gw? */
static bool redirect_allowed(struct net *net, struct net_device *dev, struct in_device *in_dev,
			     __be32 new_gw, __be32 old_gw)
{
	if (new_gw == old_gw || !IN_DEV_RX_REDIRECTS(in_dev) || ipv4_is_multicast(new_gw) ||
	    ipv4_is_lbcast(new_gw) || ipv4_is_zeronet(new_gw))
		return false;
	if (IN_DEV_SHARED_MEDIA(in_dev))
		return inet_addr_type(net, new_gw) == RTN_UNICAST;
	return inet_addr_onlink(in_dev, new_gw, old_gw) &&
	       (!IN_DEV_SEC_REDIRECTS(in_dev) || ip_fib_check_default(new_gw, dev));
}

/* @skb: network header of the ICMP packet, data at the quoted header */
static void do_redirect(struct rtable *rt, struct sk_buff *skb, const struct flowi4 *fl4)
{
	__be32 new_gw = icmp_hdr(skb)->un.gateway, old_gw = ip_hdr(skb)->saddr;
	struct net_device *dev = skb->dev;
	struct net *net = dev_net(dev);
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	struct fnhe_news news = { .daddr = fl4->daddr, .gw = new_gw };
	struct fib_result res = { .fi = NULL };
	struct neighbour *n;

	if ((icmp_hdr(skb)->code & 7) > ICMP_REDIR_HOSTTOS || rt->rt_gateway != old_gw || !in_dev)
		return;
	if (!redirect_allowed(net, dev, in_dev, new_gw, old_gw)) {
		if (IN_DEV_LOG_MARTIANS(in_dev) && rt_martian_ratelimit(net))
			pr_info(net_log(net),
				"Redirect from " IP4_FMT " on %s about " IP4_FMT
				" ignored, Advised path = " IP4_FMT " -> " IP4_FMT,
				IP4_ARG(old_gw), dev->name, IP4_ARG(new_gw), IP4_ARG(fl4->saddr),
				IP4_ARG(fl4->daddr));
		return;
	}
	n = ipv4_neigh_lookup(rt->dst.dev, new_gw);
	if (!n)
		return;
	if (!(n->nud_state & NUD_VALID)) {
		/* see first whether it is there; the next redirect finds it */
		neigh_event_send(n, NULL);
		return;
	}
	news.expires = jiffies_now() + RT_GC_TIMEOUT_S * net->m.hz;
	if (!fib_lookup(net, fl4, &res, 0))
		update_or_create_fnhe(net, &FIB_RES_NH(&res), &news);
}

void ipv4_redirect(struct sk_buff *skb, struct net *net, int oif, uint8_t protocol)
{
	struct flowi4 fl4;
	struct rtable *rt;
	int err;

	flow_of_quoted(&fl4, skb, NULL, oif, protocol);
	rt = ip_route_output_key(net, &fl4, &err);
	if (!rt)
		return;
	do_redirect(rt, skb, &fl4);
	ip_rt_put(rt);
}

void ip_rt_send_redirect(struct sk_buff *skb)
{
	struct rtable *rt = skb_rtable(skb);
	struct in_device *in_dev = __in_dev_get_rcu(rt->dst.dev);
	__be32 saddr = ip_hdr(skb)->saddr, daddr = ip_hdr(skb)->daddr, gw = rt_nexthop(rt, daddr);
	struct net *net = rt->dst.net;
	struct netns_ipv4 *ipv4 = net->ipv4;
	unsigned long now = jiffies_now();
	struct inet_peer *peer;

	if (!in_dev || !IN_DEV_TX_REDIRECTS(in_dev))
		return;
	peer = inet_getpeer_v4(net, saddr, 1);
	if (!peer) {
		icmp_send(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw);
		return;
	}
	if (time_after(now,
		       peer->rate_last + (unsigned long)READ_ONCE(ipv4->sysctl_redirect_silence))) {
		peer->rate_tokens = 0;
		peer->n_redirects = 0;
	}
	if (peer->n_redirects >= (uint32_t)READ_ONCE(ipv4->sysctl_redirect_number)) {
		peer->rate_last = now; /* it does not listen: silence starts again */
	} else if (!peer->n_redirects ||
		   time_after(now, peer->rate_last +
					   ((unsigned long)READ_ONCE(ipv4->sysctl_redirect_load)
					    << peer->n_redirects))) {
		icmp_send(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw);
		peer->rate_last = now;
		if (++peer->n_redirects == (uint32_t)READ_ONCE(ipv4->sysctl_redirect_number) &&
		    IN_DEV_LOG_MARTIANS(in_dev) && rt_martian_ratelimit(net))
			pr_warn(net_log(net),
				"host " IP4_FMT "/if%d ignores redirects for " IP4_FMT
				" to " IP4_FMT,
				IP4_ARG(saddr), skb->skb_iif, IP4_ARG(daddr), IP4_ARG(gw));
	}
	inet_putpeer(peer);
}

/* --- errors --- */

/* May we tell @saddr once more that we cannot reach something? */
static bool error_allowed(struct net *net, __be32 saddr)
{
	struct inet_peer *peer = inet_getpeer_v4(net, saddr, 1);
	unsigned long burst = (unsigned long)READ_ONCE(net->ipv4->sysctl_error_burst);
	unsigned long cost = (unsigned long)READ_ONCE(net->ipv4->sysctl_error_cost);
	unsigned long now = jiffies_now();
	bool send = true;

	if (!peer)
		return true;
	peer->rate_tokens = min(peer->rate_tokens + (now - peer->rate_last), burst);
	peer->rate_last = now;
	if (peer->rate_tokens >= cost)
		peer->rate_tokens -= cost;
	else
		send = false;
	inet_putpeer(peer);
	return send;
}

int ip_error(struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	struct in_device *in_dev = __in_dev_get_rcu(skb->dev);
	enum skb_drop_reason reason = SKB_DROP_REASON_IP_FORWARD_REFUSED;
	int code = -1;

	switch (rt->dst.error) {
	case EHOSTUNREACH:
		code = ICMP_HOST_UNREACH;
		if (!in_dev || !IN_DEV_FORWARD(in_dev))
			reason = SKB_DROP_REASON_IP_INADDRERRORS;
		break;
	case ENETUNREACH:
		code = ICMP_NET_UNREACH;
		reason = SKB_DROP_REASON_IP_INNOROUTES;
		break;
	case EACCES:
		code = ICMP_PKT_FILTERED;
		break;
	default:
		break;
	}
	if (in_dev && IN_DEV_FORWARD(in_dev) && code >= 0 &&
	    error_allowed(rt->dst.net, ip_hdr(skb)->saddr))
		icmp_send(skb, ICMP_DEST_UNREACH, code, 0);
	kfree_skb_reason(skb, reason);
	return 0;
}

void ipv4_link_failure(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct rtable *rt = skb_rtable(skb);

	if (skb->len < sizeof(*iph) || iph->version != 4 || iph->ihl < 5)
		return;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb))); /* whatever used it below */
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	if (rt)
		WRITE_ONCE(rt->dst.expires, jiffies_now());
}

/* --- dst operations --- */

struct dst_entry *ipv4_dst_check(struct dst_entry *dst, uint32_t cookie)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);

	(void)cookie;
	if (READ_ONCE(dst->obsolete) != DST_OBSOLETE_FORCE_CHK || rt_is_expired(rt))
		return NULL;
	return dst;
}

unsigned ipv4_mtu(const struct dst_entry *dst)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);
	unsigned mtu = READ_ONCE(rt->rt_pmtu);

	if (!mtu || time_after_eq(jiffies_now(), READ_ONCE(dst->expires)))
		mtu = rt->rt_mtu;
	if (!mtu) {
		mtu = READ_ONCE(dst->dev->mtu);
		if (unlikely(ip_mtu_locked(rt)) && rt->rt_uses_gateway && mtu > 576)
			mtu = 576;
	}
	return min(mtu, IP_MAX_MTU);
}

static void ipv4_dst_destroy(struct dst_entry *dst)
{
	struct rtable *rt = container_of(dst, struct rtable, dst);
	struct netns_ipv4 *ipv4 = dst->net->ipv4;

	spin_lock(&ipv4->rt_lock);
	list_del(&rt->rt_list);
	spin_unlock(&ipv4->rt_lock);
}

static void ip_rt_update_pmtu(struct dst_entry *dst, struct sock *sk, struct sk_buff *skb,
			      uint32_t mtu)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = { .flowi4_oif = dst->dev->ifindex,
			      .flowi4_tos = RT_TOS(iph->tos),
			      .flowi4_proto = iph->protocol,
			      .daddr = iph->daddr,
			      .saddr = iph->saddr };

	(void)sk;
	rt_update_pmtu(container_of(dst, struct rtable, dst), &fl4, mtu);
}

/* The socket complains: what was learnt may be wrong. */
static struct dst_entry *ipv4_negative_advice(struct dst_entry *dst)
{
	const struct rtable *rt = container_of(dst, struct rtable, dst);

	if (dst->obsolete <= 0 && !(rt->rt_flags & RTCF_REDIRECTED) && !dst->expires)
		return dst;
	dst_release(dst);
	return NULL;
}

const struct dst_ops ipv4_dst_ops = {
	.family = AF_INET,
	.check = ipv4_dst_check,
	.mtu = ipv4_mtu,
	.destroy = ipv4_dst_destroy,
	.update_pmtu = ip_rt_update_pmtu,
	.negative_advice = ipv4_negative_advice,
};
