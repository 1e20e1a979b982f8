/* SPDX-License-Identifier: MIT */
/*
 * arp.c - address resolution: asking, answering, learning (RFC 826, 5227, 1122 2.3.2; mirrors
 * net/ipv4/arp.c)
 *
 * Theory of operation
 *   Receive: arp_rcv checks the shape of the packet, arp_process what it means: a question for an
 *   address of ours is answered, what it tells about its sender updates an entry that is there
 *   already (an unsolicited packet makes no new one unless arp_accept). Send: neighbour.c calls
 *   arp_solicit when an entry needs an answer; ip_finish_output2 asks ipv4_neigh_lookup for the
 *   entry of the next hop.
 *   Owns: the table arp_tbl of the net. An ARP packet ends by consume_skb (ledger: consumed),
 *   ARP_INVALID or ARP_IGNORED. Our own addresses are never learnt from others. Not here: proxy ARP
 *   with delay; proxy_arp answers at once.
 * Threads: softirq, calls; arp_init/exit RTNL. Control (files, ioctl) is in arp_ctl.c.
 */
#include "ipv4/arp.h"

#include <errno.h>

#include "core/packet_trace.h"
#include "ethernet/eth.h"
#include "ipv4/fib.h"
#include "ipv4/ip.h"

#define ARP_LEN(dev) ((int)sizeof(struct arphdr) + ((dev)->addr_len + 4) * 2)

static void arp_process(struct sk_buff *skb);
static void arp_answer(struct net_device *dev, __be32 tip, __be32 sip, const unsigned char *sha);
static bool arp_ignore(struct in_device *in_dev, __be32 sip, __be32 tip);
static bool arp_filter(struct net_device *dev, __be32 sip, __be32 tip);
static void arp_learn(struct sk_buff *skb, __be32 sip, __be32 tip, const unsigned char *sha);
static struct sk_buff *arp_create(int type, int ptype, struct net_device *dev,
				  const struct arp_addrs *a);
static void arp_solicit(struct neighbour *n, struct sk_buff *skb);
static void arp_error_report(struct neighbour *n, struct sk_buff *skb);
static int arp_constructor(struct neighbour *n);

static const struct neigh_ops arp_generic_ops = { AF_INET, arp_solicit, arp_error_report,
						  neigh_resolve_output, neigh_connected_output };
static const struct neigh_ops arp_hh_ops = { AF_INET, arp_solicit, arp_error_report,
					     neigh_resolve_output, neigh_resolve_output };
static const struct neigh_ops arp_direct_ops = { AF_INET, NULL, NULL, neigh_direct_output,
						 neigh_direct_output };

/* --- receive --- */

int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
	    struct net_device *orig_dev)
{
	const struct arphdr *arp;

	(void)pt;
	(void)orig_dev;
	if ((dev->flags & IFF_NOARP) || skb->pkt_type == PACKET_OTHERHOST ||
	    skb->pkt_type == PACKET_LOOPBACK) {
		kfree_skb_reason(skb, SKB_DROP_REASON_ARP_IGNORED);
		return 0;
	}
	skb = skb_share_check(skb);
	if (!skb)
		return 0;
	if (!pskb_may_pull(skb, (unsigned)ARP_LEN(dev)))
		goto invalid;
	arp = arp_hdr(skb);
	if (arp->ar_hln != dev->addr_len || arp->ar_pln != 4)
		goto invalid;
	memset(&skb->cb, 0, sizeof(skb->cb));
	arp_process(skb);
	return 0;
invalid:
	kfree_skb_reason(skb, SKB_DROP_REASON_ARP_INVALID);
	return 0;
}

/* Ethernet, or the IEEE 802 number that old stations use for it; IPv4; a question or an answer */
static bool arp_is_sane(const struct arphdr *arp, const struct net_device *dev,
			struct in_device *in_dev, __be32 tip)
{
	const unsigned char *sha = (const unsigned char *)(arp + 1);

	if (arp->ar_hrd != htons(dev->type) &&
	    !(dev->type == ARPHRD_ETHER && arp->ar_hrd == htons(ARPHRD_IEEE802)))
		return false;
	if (arp->ar_pro != htons(ETH_P_IP) ||
	    (arp->ar_op != htons(ARPOP_REPLY) && arp->ar_op != htons(ARPOP_REQUEST)))
		return false;
	if (ipv4_is_multicast(tip) || (!IN_DEV_ROUTE_LOCALNET(in_dev) && ipv4_is_loopback(tip)))
		return false;
	/* RFC 1122 2.3.2.1: a link-layer group is nobody's own address */
	return memcmp(sha, dev->broadcast, dev->addr_len) &&
	       !(dev->type == ARPHRD_ETHER && sha[0] & 1);
}

/* Shall the question for @tip, whose route is @rt, be answered? */
static bool arp_wants_answer(const struct rtable *rt, struct in_device *in_dev, __be32 sip,
			     __be32 tip)
{
	struct net_device *dev = in_dev->dev;

	if (rt->rt_type == RTN_LOCAL)
		return !arp_ignore(in_dev, sip, tip) &&
		       !(IN_DEV_ARPFILTER(in_dev) && arp_filter(dev, sip, tip));
	return IN_DEV_FORWARD(in_dev) && rt->rt_type == RTN_UNICAST && rt->dst.dev != dev &&
	       IN_DEV_PROXY_ARP(in_dev);
}

/* He asks, so he will talk to us: remember him. */
static void arp_remember(struct net_device *dev, __be32 sip, const unsigned char *sha)
{
	struct neigh_table *tbl = &dev_net(dev)->ipv4->arp_tbl;
	struct neighbour *n = __neigh_lookup_noref(tbl, &sip, dev);

	if (!n)
		n = __neigh_create(tbl, &sip, dev, false);
	if (n)
		neigh_update(n, sha, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE);
}

/* Consumes. */
static void arp_process(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct arphdr *arp = arp_hdr(skb);
	const unsigned char *sha = (const unsigned char *)(arp + 1), *tha = sha + dev->addr_len + 4;
	enum skb_drop_reason reason = SKB_DROP_REASON_ARP_IGNORED;
	bool question = arp->ar_op == htons(ARPOP_REQUEST);
	__be32 sip, tip;

	memcpy(&sip, sha + dev->addr_len, 4);
	memcpy(&tip, tha + dev->addr_len, 4);
	if (!in_dev || (sip == tip && IN_DEV_ORCONF(in_dev, DROP_GRATUITOUS_ARP))) {
		kfree_skb_reason(skb, reason);
		return;
	}
	if (!arp_is_sane(arp, dev, in_dev, tip)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_ARP_INVALID);
		return;
	}
	if (!sip) { /* RFC 5227: somebody asks before he takes the address */
		if (question && inet_addr_type_dev_table(dev_net(dev), dev, tip) == RTN_LOCAL &&
		    !arp_ignore(in_dev, sip, tip))
			arp_answer(dev, tip, sip, sha);
		consume_skb(skb);
		return;
	}
	if (question && !ip_route_input_noref(skb, tip, sip, 0, dev, &reason)) {
		bool answer = arp_wants_answer(skb_rtable(skb), in_dev, sip, tip);

		if (answer) {
			arp_remember(dev, sip, sha);
			arp_answer(dev, tip, sip, sha);
		}
		if (answer || skb_rtable(skb)->rt_type == RTN_LOCAL) {
			consume_skb(skb);
			return;
		}
	}
	arp_learn(skb, sip, tip, sha);
	consume_skb(skb);
}

static void arp_answer(struct net_device *dev, __be32 tip, __be32 sip, const unsigned char *sha)
{
	struct arp_addrs a = { .dest_ip = sip,
			       .src_ip = tip,
			       .dest_hw = sha,
			       .src_hw = dev->dev_addr,
			       .target_hw = sha };

	arp_send(ARPOP_REPLY, ETH_P_ARP, dev, &a);
}

/* Is the question none of our business, as conf/arp_ignore says? */
static bool arp_ignore(struct in_device *in_dev, __be32 sip, __be32 tip)
{
	struct net *net = dev_net(in_dev->dev);
	int scope;

	switch (IN_DEV_MAXCONF(in_dev, ARP_IGNORE)) {
	case 0: /* any local address */
		return false;
	case 1: /* only addresses of the device */
		sip = 0;
		scope = RT_SCOPE_HOST;
		break;
	case 2: /* and the asker in the same subnet */
		scope = RT_SCOPE_HOST;
		break;
	case 3: /* not for addresses of host scope */
		sip = 0;
		scope = RT_SCOPE_LINK;
		in_dev = NULL;
		break;
	case 8:
		return true;
	default:
		return false;
	}
	return !inet_confirm_addr(net, in_dev, sip, tip, scope);
}

/* conf/arp_filter: would we answer the asker by another device? Then that one answers. */
static bool arp_filter(struct net_device *dev, __be32 sip, __be32 tip)
{
	struct flowi4 fl4 = { .daddr = sip, .saddr = tip };
	struct rtable *rt;
	bool other;
	int err;

	rt = ip_route_output_key(dev_net(dev), &fl4, &err);
	if (!rt)
		return true;
	other = rt->dst.dev != dev;
	if (other)
		NET_INC_STATS(LINUX_MIB_ARPFILTER);
	ip_rt_put(rt);
	return other;
}

/* May an entry be made that nobody asked for? conf/arp_accept: 1 any, 2 of a subnet of ours */
static bool arp_accept(struct in_device *in_dev, __be32 sip)
{
	switch (IN_DEV_ARP_ACCEPT(in_dev)) {
	case 1:
		return true;
	case 2:
		return inet_confirm_addr(dev_net(in_dev->dev), in_dev, sip, 0, RT_SCOPE_LINK);
	default:
		return false;
	}
}

/*
 * What the packet says about its sender, for an entry that is there (or, with arp_accept, that may
 * be made).
 */
static void arp_learn(struct sk_buff *skb, __be32 sip, __be32 tip, const unsigned char *sha)
{
	struct net_device *dev = skb->dev;
	struct net *net = dev_net(dev);
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct arphdr *arp = arp_hdr(skb);
	struct neighbour *n = __neigh_lookup_noref(&net->ipv4->arp_tbl, &sip, dev);
	const unsigned char *tha = sha + dev->addr_len + 4;
	unsigned addr_type = inet_addr_type_dev_table(net, dev, sip);
	bool gratuitous = tip == sip && addr_type == RTN_UNICAST &&
			  (arp->ar_op == htons(ARPOP_REQUEST) || !memcmp(tha, sha, dev->addr_len));
	uint8_t state = NUD_REACHABLE;
	bool override;

	if (!n && addr_type == RTN_UNICAST && (gratuitous || arp->ar_op == htons(ARPOP_REPLY)) &&
	    arp_accept(in_dev, sip))
		n = __neigh_create(&net->ipv4->arp_tbl, &sip, dev, false);
	if (!n || addr_type == RTN_LOCAL) /* nobody else may speak for our own addresses */
		return;
	/* Several answers race when a proxy is about: the first one rules for locktime. */
	override = time_after(jiffies_now(), n->updated + (unsigned long)n->parms->locktime) ||
		   gratuitous;
	/* A broadcast answer, or a question, proves nothing about reachability. */
	if (arp->ar_op != htons(ARPOP_REPLY) || skb->pkt_type != PACKET_HOST)
		state = NUD_STALE;
	neigh_update(n, sha, state, override ? NEIGH_UPDATE_F_OVERRIDE : 0);
}

/* --- send --- */

void arp_send(int type, int ptype, struct net_device *dev, const struct arp_addrs *a)
{
	struct trace_work w;
	struct sk_buff *skb;

	if (dev->flags & IFF_NOARP)
		return;
	w = packet_trace_make();
	skb = arp_create(type, ptype, dev, a);
	if (skb) {
		packet_trace_local(skb, true);
		dev_queue_xmit(skb);
	}
	trace_work_restore(w);
}

static struct sk_buff *arp_create(int type, int ptype, struct net_device *dev,
				  const struct arp_addrs *a)
{
	const unsigned char *src_hw = a->src_hw ? a->src_hw : dev->dev_addr,
			    *dest_hw = a->dest_hw ? a->dest_hw : dev->broadcast;
	struct sk_buff *skb = alloc_skb(dev_net(dev), (unsigned)(LL_RESERVED_SPACE(dev)) +
							      (unsigned)ARP_LEN(dev));
	struct arphdr *arp;
	unsigned char *p;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb_reset_network_header(skb);
	arp = skb_put(skb, (unsigned)ARP_LEN(dev));
	skb->dev = dev;
	skb->protocol = htons(ETH_P_ARP);
	if (dev_hard_header(skb, dev, (unsigned short)ptype, dest_hw, src_hw, skb->len) < 0) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return NULL;
	}
	*arp = (struct arphdr){ .ar_hrd = htons(dev->type),
				.ar_pro = htons(ETH_P_IP),
				.ar_hln = dev->addr_len,
				.ar_pln = 4,
				.ar_op = htons((uint16_t)type) };
	p = (unsigned char *)(arp + 1);
	memcpy(p, src_hw, dev->addr_len);
	p += dev->addr_len;
	memcpy(p, &a->src_ip, 4);
	p += 4;
	if (a->target_hw)
		memcpy(p, a->target_hw, dev->addr_len);
	else
		memset(p, 0, dev->addr_len);
	p += dev->addr_len;
	memcpy(p, &a->dest_ip, 4);
	return skb;
}

/*
 * Ask for @n: as unicast while its old address may still be right, then to all. @skb: the packet
 * that waits, or NULL. Borrows.
 */
static void arp_solicit(struct neighbour *n, struct sk_buff *skb)
{
	struct net_device *dev = n->dev;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	struct arp_addrs a = { .src_hw = NULL };
	unsigned char dst_ha[MAX_ADDR_LEN];
	unsigned seq;
	int probes = atomic_read(&n->probes);
	__be32 saddr = 0, target;

	if (!in_dev)
		return;
	memcpy(&target, n->primary_key, 4);
	switch (IN_DEV_MAXCONF(in_dev, ARP_ANNOUNCE)) {
	default:
	case 0: /* the packet's own source, if it is ours */
		if (skb &&
		    inet_addr_type_dev_table(dev_net(dev), dev, ip_hdr(skb)->saddr) == RTN_LOCAL)
			saddr = ip_hdr(skb)->saddr;
		break;
	case 1: /* only if the target is in its subnet */
		if (!skb)
			break;
		saddr = ip_hdr(skb)->saddr;
		if (inet_addr_type_dev_table(dev_net(dev), dev, saddr) != RTN_LOCAL ||
		    !inet_addr_onlink(in_dev, target, saddr))
			saddr = 0;
		break;
	case 2:
		break;
	}
	if (!saddr)
		saddr = inet_select_addr(dev, target, RT_SCOPE_LINK);
	a.dest_ip = target;
	a.src_ip = saddr;
	probes -= n->parms->ucast_probes;
	if (probes < 0) {
		if (!(n->nud_state & NUD_VALID))
			return; /* nothing to ask there */
		do {		/* ha_seq is odd while somebody writes */
			seq = smp_load_acquire(&n->ha_seq);
			memcpy(dst_ha, n->ha, dev->addr_len);
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
		} while (seq & 1 || seq != READ_ONCE(n->ha_seq));
		a.dest_hw = dst_ha;
	} else if (probes - n->parms->app_probes < 0) {
		return; /* app_probes is 0: there is no resolver outside */
	}
	arp_send(ARPOP_REQUEST, ETH_P_ARP, dev, &a);
}

/* Nobody answered: tell who sent the packet. Consumes. */
static void arp_error_report(struct neighbour *n, struct sk_buff *skb)
{
	(void)n;
	ipv4_link_failure(skb);
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
}

/* --- entries --- */

struct neighbour *ipv4_neigh_lookup(struct net_device *dev, __be32 addr)
{
	struct neigh_table *tbl = &dev_net(dev)->ipv4->arp_tbl;
	struct neighbour *n;

	if (dev->flags & (IFF_LOOPBACK | IFF_POINTOPOINT))
		addr = 0; /* one entry serves all */
	n = __neigh_lookup_noref(tbl, &addr, dev);
	return n ? n : __neigh_create(tbl, &addr, dev, false);
}

/* RFC 1112 6.4: 01:00:5e and the low 23 bits of the group */
static void arp_mc_map(__be32 group, unsigned char *ha)
{
	uint32_t a = ntohl(group);

	ha[0] = 0x01;
	ha[1] = 0x00;
	ha[2] = 0x5e;
	ha[3] = a >> 16 & 0x7f;
	ha[4] = (unsigned char)(a >> 8);
	ha[5] = (unsigned char)a;
}

static int arp_constructor(struct neighbour *n)
{
	struct net_device *dev = n->dev;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	__be32 addr;

	if (!in_dev)
		return -EINVAL;
	memcpy(&addr, n->primary_key, 4);
	n->type = (uint8_t)inet_addr_type_dev_table(dev_net(dev), dev, addr);
	if (!dev->header_ops) {
		n->nud_state = NUD_NOARP;
		n->ops = &arp_direct_ops;
		n->output = neigh_direct_output;
		return 0;
	}
	if (n->type == RTN_MULTICAST) {
		n->nud_state = NUD_NOARP;
		arp_mc_map(addr, n->ha);
	} else if (dev->flags & (IFF_NOARP | IFF_LOOPBACK)) {
		n->nud_state = NUD_NOARP;
		memcpy(n->ha, dev->dev_addr, dev->addr_len);
	} else if (n->type == RTN_BROADCAST || (dev->flags & IFF_POINTOPOINT)) {
		n->nud_state = NUD_NOARP;
		memcpy(n->ha, dev->broadcast, dev->addr_len);
	}
	n->ops = dev->header_ops->cache ? &arp_hh_ops : &arp_generic_ops;
	n->output = n->nud_state & NUD_VALID ? n->ops->connected_output : n->ops->output;
	return 0;
}

static uint32_t arp_hash(const void *pkey, const struct net_device *dev, const uint32_t *rnd)
{
	uint32_t key;

	memcpy(&key, pkey, 4);
	return (key ^ (uint32_t)dev->ifindex * rnd[1]) * (rnd[0] | 1) ^ rnd[2];
}

/* --- events and life --- */

static int arp_netdev_event(struct netdev_notifier *nb, enum netdev_event event,
			    struct net_device *dev)
{
	struct netns_ipv4 *ipv4 = container_of(nb, struct netns_ipv4, arp_nb);

	if (event == NETDEV_CHANGEADDR) {
		neigh_changeaddr(&ipv4->arp_tbl, dev);
		rt_cache_flush(ipv4->net);
	} else if (event == NETDEV_CHANGE && !netif_carrier_ok(dev) && dev->ip_ptr &&
		   IN_DEV_ARP_EVICT_NOCARRIER(dev->ip_ptr)) {
		neigh_carrier_down(&ipv4->arp_tbl, dev);
	}
	return 0;
}

void arp_ifdown(struct net_device *dev)
{
	neigh_ifdown(&dev_net(dev)->ipv4->arp_tbl, dev);
}

int arp_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int err;

	ipv4->arp_tbl.family = AF_INET;
	ipv4->arp_tbl.id = "arp_cache";
	ipv4->arp_tbl.key_len = 4;
	ipv4->arp_tbl.entry_size = sizeof(struct neighbour);
	ipv4->arp_tbl.hash = arp_hash;
	ipv4->arp_tbl.constructor = arp_constructor;
	err = neigh_table_init(net, &ipv4->arp_tbl);
	if (err)
		return err;
	err = neigh_sysctl_register(net, &ipv4->arp_tbl.parms, "net/ipv4/neigh/default");
	if (err)
		goto undo_table;
	err = arp_ctl_init(net);
	if (err)
		goto undo_sysctl;
	ipv4->arp_packet_type = (struct packet_type){ .type = htons(ETH_P_ARP),
						      .func = arp_rcv,
						      .func_name = "arp_rcv" };
	dev_add_pack(net, &ipv4->arp_packet_type);
	ipv4->arp_nb.call = arp_netdev_event;
	register_netdevice_notifier(net, &ipv4->arp_nb);
	return 0;
undo_sysctl:
	neigh_sysctl_unregister(net, &ipv4->arp_tbl.parms);
undo_table:
	neigh_table_clear(&ipv4->arp_tbl);
	return err;
}

void arp_exit(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;

	unregister_netdevice_notifier(net, &ipv4->arp_nb);
	dev_remove_pack(net, &ipv4->arp_packet_type);
	synchronize_rcu(&net->m);
	arp_ctl_exit(net);
	neigh_sysctl_unregister(net, &ipv4->arp_tbl.parms);
	neigh_table_clear(&ipv4->arp_tbl);
}
