/* SPDX-License-Identifier: MIT */
/*
 * ip_output.c - a packet on its way out (RFC 791, 1122 3.3, 6864; mirrors net/ipv4/ip_output.c)
 *
 * Theory of operation
 *   Called by: udp_send_skb(), ip_push_pending_frames() and others through ip_send_skb(); ip_forward_finish() through dst_output(). Downwards:
 *   ip_send_skb > ip_local_out_sk > __ip_local_out	total length, checksum, LOCAL_OUT; the packet enters the books here
 *   dst_output() -> ip_output | ip_mc_output		device, POST_ROUTING; copies of groups and broadcasts come back to us
 *   ip_finish_output					path MTU: whole, in fragments (ip_frag_out.c), or refused with ICMP 3/4
 *   ip_finish_output2					counters of what leaves, room for the link-layer header, neighbour
 *   Building packets from what users write is in ip_append.c; IP ids are made here.
 *   OutRequests counts in __ip_local_out(), OutTransmits and OutOctets per packet that leaves, as in Linux since 6.7.
 *   Owns the skb; consumes it on every path. Context: a call or a softirq, on a vCPU.
 */
#include "ipv4/ip.h"

#include <errno.h>

#include "core/gso.h"
#include "core/packet_trace.h"
#include "ipv4/arp.h"
#include "ipv4/icmp.h"
#include "kernel/slab.h"
#include "netfilter/core.h"

#define IP_IDENTS_BUCKETS 2048u

static void ip_mc_loop_copy(struct sk_buff *skb);
static int ip_finish_output_gso(struct sk_buff *skb, unsigned mtu);
static int ip_fragment(struct sk_buff *skb, unsigned mtu);
static int dev_loopback_xmit(struct sk_buff *skb);

/* What the caller of a hook answers when the verdict was not ACCEPT. */
static __always_inline int nf_errno(int verdict)
{
	return verdict == NF_DROP ? -EPERM : 0;
}

int ip_send_skb(struct net *net, struct sk_buff *skb)
{
	int err = ip_local_out_sk(skb->sk, skb);

	(void)net;
	if (unlikely(err)) {
		if (err > 0)
			err = net_xmit_errno(err);
		if (err)
			IP_INC_STATS(IPSTATS_MIB_OUTDISCARDS);
	}
	return err;
}

int ip_local_out_sk(struct sock *sk, struct sk_buff *skb)
{
	int err = __ip_local_out(sk, skb);

	return likely(err == 1) ? dst_output(skb) : err;
}

/* 1: go on with dst_output(); else the skb is gone: 0 or -errno. */
int __ip_local_out(struct sock *sk, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);
	struct net_device *out = skb_dst(skb)->dev;
	int verdict;

	(void)sk;
	IP_INC_STATS(IPSTATS_MIB_OUTREQUESTS);
	iph->tot_len = htons((uint16_t)skb->len);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	ledger_begin(skb, LEDGER_LOCAL);
	packet_trace_local(skb, false);
	verdict = nf_hook(dev_net(out), NF_INET_LOCAL_OUT, skb, NULL, out);
	return likely(verdict == NF_ACCEPT) ? 1 : nf_errno(verdict);
}

void ip_send_check(struct iphdr *iph)
{
	iph->check = 0;
	iph->check = ip_fast_csum(iph, iph->ihl);
}

int ip_output(struct sk_buff *skb)
{
	struct net_device *in = skb->dev, *dev = skb_dst(skb)->dev;
	int verdict;

	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	if (!(IPCB(skb)->flags & IPSKB_REROUTED)) {
		verdict = nf_hook(dev_net(dev), NF_INET_POST_ROUTING, skb, in, dev);
		if (unlikely(verdict != NF_ACCEPT))
			return nf_errno(verdict);
	}
	return ip_finish_output(skb);
}

/* Does the sender want to hear himself? */
static __always_inline bool sk_mc_loop(const struct sock *sk)
{
	return !sk || sk->sk_family != AF_INET || inet_sk(sk)->mc_loop;
}

/* Groups and broadcasts that somebody here listens to as well. */
int ip_mc_output(struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	struct net_device *dev = rt->dst.dev;
	int verdict;

	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	if (rt->rt_flags & RTCF_MULTICAST) {
		if (sk_mc_loop(skb->sk))
			ip_mc_loop_copy(skb);
		if (!ip_hdr(skb)->ttl) { /* RFC 1112 6.1: not beyond this host */
			consume_skb(skb);
			return 0;
		}
	}
	if (rt->rt_flags & RTCF_BROADCAST)
		ip_mc_loop_copy(skb);
	if (!(IPCB(skb)->flags & IPSKB_REROUTED)) {
		verdict = nf_hook(dev_net(dev), NF_INET_POST_ROUTING, skb, NULL, dev);
		if (unlikely(verdict != NF_ACCEPT))
			return nf_errno(verdict);
	}
	return ip_finish_output(skb);
}

/* A copy comes back as if it had been received; without memory, nobody notices. */
static void ip_mc_loop_copy(struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb);

	if (copy && nf_hook(dev_net(skb->dev), NF_INET_POST_ROUTING, copy, NULL, skb->dev) == NF_ACCEPT)
		dev_loopback_xmit(copy);
}

static int dev_loopback_xmit(struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	__skb_pull(skb, (unsigned)skb_network_offset(skb));
	skb->pkt_type = PACKET_LOOPBACK;
	if (skb->ip_summed == CHECKSUM_NONE)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_dst_force(skb);
	netif_rx(skb);
	return 0;
}

int ip_finish_output(struct sk_buff *skb)
{
	unsigned mtu = ip_skb_dst_mtu(skb);

	if (unlikely(skb_is_gso(skb)))
		return ip_finish_output_gso(skb, mtu);
	if (skb->len > mtu || IPCB(skb)->frag_max_size)
		return ip_fragment(skb, mtu);
	return ip_finish_output2(skb);
}

/* A packet of many: whole where each fits, else cut here, and the pieces further. */
static int ip_finish_output_gso(struct sk_buff *skb, unsigned mtu)
{
	struct sk_buff *seg, *next;
	int ret = 0;

	if (skb_gso_network_seglen(skb) <= mtu)
		return ip_finish_output2(skb);
	seg = skb_gso_segment(skb, 0);
	if (unlikely(!seg)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	ledger_end(skb, skb->ledger == LEDGER_FRAME ? VERDICT_FORWARDED : VERDICT_SENT);
	consume_skb(skb);
	for (; seg; seg = next) {
		int err;

		next = seg->next;
		seg->next = NULL;
		ledger_begin(seg, LEDGER_LOCAL);
		err = seg->len > mtu ? ip_fragment(seg, mtu) : ip_finish_output2(seg);
		if (err && !ret)
			ret = err;
	}
	return ret;
}

static int ip_fragment(struct sk_buff *skb, unsigned mtu)
{
	if ((ip_hdr(skb)->frag_off & htons(IP_DF)) &&
	    unlikely(!skb->ignore_df || IPCB(skb)->frag_max_size > mtu)) {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	return ip_do_fragment(skb, ip_finish_output2);
}

int ip_finish_output2(struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	struct net_device *dev = rt->dst.dev;
	struct neighbour *neigh;

	if (rt->rt_type == RTN_MULTICAST)
		IP_UPD_PO_STATS(OUTMCAST, skb->len);
	else if (rt->rt_type == RTN_BROADCAST)
		IP_UPD_PO_STATS(OUTBCAST, skb->len);
	IP_UPD_PO_STATS(OUT, skb->len);
	if (unlikely(skb_headroom(skb) < LL_RESERVED_SPACE(dev)) && dev->header_ops &&
	    pskb_expand_head(skb, LL_RESERVED_SPACE(dev), 0)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	neigh = ipv4_neigh_lookup(dev, rt_nexthop(rt, ip_hdr(skb)->daddr));
	if (unlikely(!neigh)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return -ENOBUFS;
	}
	if (unlikely(skb->dst_pending_confirm)) {
		skb->dst_pending_confirm = 0;
		WRITE_ONCE(neigh->confirmed, jiffies_now());
	}
	return neigh_output(neigh, skb);
}

/* A ready payload of a kernel socket, with route and owner set: header in front, and out. */
int ip_build_and_send_pkt(struct sk_buff *skb, struct sock *sk, __be32 saddr, __be32 daddr, struct ip_options_rcu *opt)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct rtable *rt = skb_rtable(skb);
	unsigned optlen = opt ? opt->opt.optlen : 0;
	struct iphdr *iph = skb_push(skb, (unsigned)sizeof(*iph) + optlen);

	skb_reset_network_header(skb);
	*iph = (struct iphdr){ .version = 4, .ihl = (uint8_t)(5 + optlen / 4) & 0xf, .tos = inet->tos,
			       .ttl = (uint8_t)ip_select_ttl(inet, rt), .protocol = (uint8_t)sk->sk_protocol,
			       .saddr = saddr, .daddr = opt && opt->opt.srr ? opt->opt.faddr : daddr };
	if (skb->len <= IPV4_MIN_MTU || ip_dont_fragment(sk, rt))
		iph->frag_off = htons(IP_DF);
	else
		__ip_select_ident(sock_net(sk), iph, 1);
	if (optlen)
		ip_options_build(skb, &opt->opt, daddr, rt);
	skb->priority = sk->sk_priority;
	if (!skb->mark)
		skb->mark = sk->sk_mark;
	return ip_local_out_sk(skb->sk, skb);
}

/* --- IP ids: RFC 6864 wants them unique per addresses and protocol only; nobody outside shall learn our rate from them --- */

/*
 * A counter for each of many buckets; which one, a keyed hash says. A counter also moves by a random part of the time since its last use,
 * so that what it counted in between cannot be read off. __ip_select_ident() keeps no peer entry, unlike Linux before 3.16.
 */
void __ip_select_ident(struct net *net, struct iphdr *iph, int segs)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	uint64_t h = siphash_3u32((uint32_t)iph->daddr, (uint32_t)iph->saddr, iph->protocol, &ipv4->ip_id_key);
	uint32_t slot = (uint32_t)h & ipv4->ip_idents_mask, now = (uint32_t)jiffies_now();
	uint32_t *stamp = &ipv4->ip_idents[ipv4->ip_idents_mask + 1 + slot], old = READ_ONCE(*stamp), delta = 0;

	if (old != now && __atomic_compare_exchange_n(stamp, &old, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		delta = rng_below(&this_vcpu()->rng, now - old);
	iph->id = htons((uint16_t)(__atomic_fetch_add(&ipv4->ip_idents[slot], (uint32_t)segs + delta, __ATOMIC_RELAXED) + delta));
}

int ip_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	size_t size = 2 * IP_IDENTS_BUCKETS * sizeof(*ipv4->ip_idents);

	ipv4->ip_idents = kzalloc(&net->m, size);
	if (!ipv4->ip_idents)
		return -ENOMEM;
	ipv4->ip_idents_mask = IP_IDENTS_BUCKETS - 1;
	rng_bytes(&net->m.rng, ipv4->ip_idents, size / 2);
	rng_bytes(&net->m.rng, &ipv4->ip_id_key, sizeof(ipv4->ip_id_key));
	for (unsigned i = 0; i < IP_IDENTS_BUCKETS; i++) /* time begins with the machine */
		ipv4->ip_idents[IP_IDENTS_BUCKETS + i] = (uint32_t)INITIAL_JIFFIES;
	return 0;
}

void ip_exit(struct net *net)
{
	kfree(&net->m, net->ipv4->ip_idents);
	net->ipv4->ip_idents = NULL;
}
