/* SPDX-License-Identifier: MIT */
/*
 * igmp_report.c - the messages of a group member (RFC 1112 appendix I, 2236 2, 3376 4.2; mirrors
 * parts of net/ipv4/igmp.c)
 *
 * Theory of operation
 *   Versions 1 and 2 report a group to the group itself and leave to 224.0.0.2; version 3 sends
 *   records to 224.0.0.22, as many in a message as the MTU allows. All have TTL 1, the router alert
 *   option, DF and precedence "internetwork control".
 *   Messages are built with the interface's mc_lock held, into a queue; igmp_send() sends the queue
 *   without it, because sending may run softirqs, which take the lock.
 * Called by: igmp.c's timers and leaves. Owns: messages until they are sent.
 * Threads: inside a vCPU. Refuses: nothing; a message without memory or route is not sent.
 */
#include "ipv4/igmp_impl.h"

#include "core/packet_trace.h"
#include "ipv4/fib.h"
#include "ipv4/route.h"

#define TC_PRIO_CONTROL 7
#define IGMP_TOS 0xc0

/* A version 3 message that is being filled. */
struct igmp_builder {
	struct in_device *in_dev;
	struct sk_buff_head *out;
	struct sk_buff *skb;	   /* NULL: none begun */
	struct igmpv3_grec *grec;  /* the record that is being filled, or NULL */
	unsigned nsrcs;		   /* in it */
};

/* One kind of record about one group. */
struct grec_kind {
	struct ip_mc_list *im;
	unsigned char type;
	bool gdeleted; /* the group was left */
	bool sdeleted; /* of the sources that went */
};

static struct sk_buff *igmp_new_message(struct in_device *in_dev, __be32 dst, unsigned room);
static void add_grec(struct igmp_builder *b, const struct grec_kind *k);
static void add_empty_grec(struct igmp_builder *b, const struct grec_kind *k);
static bool add_source(struct igmp_builder *b, const struct grec_kind *k, __be32 src, bool first);
static void igmpv3_sendpack(struct igmp_builder *b);

/* --- versions 1 and 2 --- */

void igmp_send_report(struct in_device *in_dev, struct ip_mc_list *im, int type,
		      struct sk_buff_head *out)
{
	struct igmphdr *ih;
	struct sk_buff *skb;
	__be32 dst = im->multiaddr;

	if (type == IGMPV3_HOST_MEMBERSHIP_REPORT) {
		igmpv3_send_report(in_dev, im, out);
		return;
	}
	if (type == IGMP_HOST_LEAVE_MESSAGE)
		dst = IGMP_ALL_ROUTER;
	skb = igmp_new_message(in_dev, dst, sizeof(*ih));
	if (!skb)
		return;
	ih = skb_put(skb, sizeof(*ih));
	*ih = (struct igmphdr){ .type = (uint8_t)type, .group = im->multiaddr };
	ih->csum = csum_fold(csum_partial(ih, sizeof(*ih), 0));
	__skb_queue_tail(out, skb);
}

/* IP header and router alert (RFC 2113); @room bytes may follow. */
static struct sk_buff *igmp_new_message(struct in_device *in_dev, __be32 dst, unsigned room)
{
	struct net_device *dev = in_dev->dev;
	struct net *net = dev_net(dev);
	struct flowi4 fl4 = { .flowi4_oif = dev->ifindex,
			      .flowi4_proto = IPPROTO_IGMP,
			      .daddr = dst };
	unsigned hlen = LL_RESERVED_SPACE(dev);
	struct sk_buff *skb;
	unsigned char *opt;
	struct rtable *rt;
	struct iphdr *iph;
	int err;

	rt = ip_route_output_key(net, &fl4, &err);
	if (!rt)
		return NULL;
	skb = alloc_skb(net, hlen + (unsigned)sizeof(*iph) + 4 + room);
	if (!skb) {
		ip_rt_put(rt);
		return NULL;
	}
	skb_reserve(skb, hlen);
	skb_dst_set(skb, &rt->dst);
	skb->priority = TC_PRIO_CONTROL;
	skb->protocol = htons(ETH_P_IP);
	skb->dev = dev;
	skb_reset_network_header(skb);
	iph = skb_put(skb, sizeof(*iph) + 4);
	*iph = (struct iphdr){ .version = 4, .ihl = (sizeof(*iph) + 4) / 4, .tos = IGMP_TOS,
			       .frag_off = htons(IP_DF), .ttl = 1, .protocol = IPPROTO_IGMP,
			       .saddr = fl4.saddr, .daddr = dst };
	ip_select_ident(net, skb, NULL);
	opt = (unsigned char *)(iph + 1);
	opt[0] = IPOPT_RA;
	opt[1] = 4;
	opt[2] = opt[3] = 0;
	skb_set_transport_header(skb, (int)skb->len);
	return skb;
}

void igmp_send(struct sk_buff_head *out)
{
	struct trace_work w;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(out))) {
		w = packet_trace_own(skb);
		ledger_begin(skb, LEDGER_LOCAL);
		ip_local_out_sk(NULL, skb);
		trace_work_restore(w);
	}
}

/* --- version 3 --- */

/* The state of @im, or of all groups: the answer to a query. */
void igmpv3_send_report(struct in_device *in_dev, struct ip_mc_list *im, struct sk_buff_head *out)
{
	struct igmp_builder b = { .in_dev = in_dev, .out = out };
	struct ip_mc_list *one = im;

	for (im = one ? one : in_dev->mc_list; im; im = one ? NULL : im->next_rcu) {
		struct grec_kind k = { .im = im, .type = IGMPV3_MODE_IS_INCLUDE };

		if (im->sfcount[MCAST_EXCLUDE])
			k.type = IGMPV3_MODE_IS_EXCLUDE;
		add_grec(&b, &k);
	}
	igmpv3_sendpack(&b);
}

/* Groups that were left. Drops those that have been told often enough. */
static void report_left_groups(struct igmp_builder *b)
{
	struct ip_mc_list *im, **pp = &b->in_dev->mc_tomb;

	while ((im = *pp)) {
		struct grec_kind k = { .im = im,
				       .gdeleted = true,
				       .type = IGMPV3_BLOCK_OLD_SOURCES };

		if (im->sfmode == MCAST_INCLUDE) {
			add_grec(b, &k);
			k.sdeleted = true;
			add_grec(b, &k);
		}
		if (im->crcount) {
			if (im->sfmode == MCAST_EXCLUDE) {
				k.type = IGMPV3_CHANGE_TO_INCLUDE;
				k.sdeleted = false;
				add_grec(b, &k);
			}
			if (!--im->crcount) {
				igmp_clear_zeros(&im->tomb);
				igmp_clear_zeros(&im->sources);
			}
		}
		if (im->crcount || im->tomb || im->sources) {
			pp = &im->next_rcu;
			continue;
		}
		*pp = im->next_rcu;
		igmp_free_group(im);
	}
}

/* What changed since, each change as often as robustness asks (RFC 3376 5.1). */
void igmpv3_send_cr(struct in_device *in_dev, struct sk_buff_head *out)
{
	struct igmp_builder b = { .in_dev = in_dev, .out = out };

	report_left_groups(&b);
	for (struct ip_mc_list *im = in_dev->mc_list; im; im = im->next_rcu) {
		bool exclude = im->sfcount[MCAST_EXCLUDE];
		struct grec_kind came = { .im = im, .type = IGMPV3_ALLOW_NEW_SOURCES };
		struct grec_kind went = { .im = im,
					  .type = IGMPV3_BLOCK_OLD_SOURCES,
					  .sdeleted = true };
		struct grec_kind mode = { .im = im, .type = IGMPV3_CHANGE_TO_INCLUDE };

		if (exclude) { /* a source that is newly excluded is blocked */
			came.type = IGMPV3_BLOCK_OLD_SOURCES;
			went.type = IGMPV3_ALLOW_NEW_SOURCES;
		}
		add_grec(&b, &came);
		add_grec(&b, &went);
		if (!im->crcount)
			continue;
		if (im->sfmode == MCAST_EXCLUDE)
			mode.type = IGMPV3_CHANGE_TO_EXCLUDE;
		add_grec(&b, &mode);
		im->crcount--;
	}
	igmpv3_sendpack(&b);
}

/* Does this source belong into that record? */
static bool is_in(const struct grec_kind *k, const struct ip_sf_list *psf)
{
	const struct ip_mc_list *im = k->im;
	bool all_exclude = im->sfcount[MCAST_EXCLUDE] == psf->sf_count[MCAST_EXCLUDE];

	switch (k->type) {
	case IGMPV3_MODE_IS_INCLUDE:
	case IGMPV3_MODE_IS_EXCLUDE:
		if (im->gsquery && !psf->sf_gsresp)
			return false;
		if (im->sfmode == MCAST_INCLUDE)
			return true;
		if (psf->sf_count[MCAST_INCLUDE])
			return k->type == IGMPV3_MODE_IS_INCLUDE;
		return all_exclude;
	case IGMPV3_CHANGE_TO_INCLUDE:
		return !k->gdeleted && psf->sf_count[MCAST_INCLUDE];
	case IGMPV3_CHANGE_TO_EXCLUDE:
		return im->sfcount[MCAST_EXCLUDE] && !psf->sf_count[MCAST_INCLUDE] && all_exclude;
	case IGMPV3_ALLOW_NEW_SOURCES:
		if (k->gdeleted || !psf->sf_crcount)
			return false;
		return (im->sfmode == MCAST_INCLUDE) != k->sdeleted;
	default: /* IGMPV3_BLOCK_OLD_SOURCES */
		if (im->sfmode == MCAST_INCLUDE)
			return k->gdeleted || (psf->sf_crcount && k->sdeleted);
		return psf->sf_crcount && !k->gdeleted && !k->sdeleted;
	}
}

static __always_inline unsigned igmp_room(const struct igmp_builder *b)
{
	if (!b->skb)
		return 0;
	return min(skb_tailroom(b->skb), READ_ONCE(b->in_dev->dev->mtu) -
						 min(b->skb->len, READ_ONCE(b->in_dev->dev->mtu)));
}

static void end_grec(struct igmp_builder *b)
{
	if (b->grec)
		b->grec->grec_nsrcs = htons((uint16_t)b->nsrcs);
	b->grec = NULL;
	b->nsrcs = 0;
}

/*
 * Lists of excluded sources must be whole, or cut: they cannot go on in a second record (RFC 3376
 * 4.2.16).
 */
static __always_inline bool must_not_split(const struct grec_kind *k)
{
	return k->type == IGMPV3_MODE_IS_EXCLUDE || k->type == IGMPV3_CHANGE_TO_EXCLUDE;
}

static __always_inline bool is_source_change(const struct grec_kind *k)
{
	return k->type == IGMPV3_ALLOW_NEW_SOURCES || k->type == IGMPV3_BLOCK_OLD_SOURCES;
}

/* A record of @type about the group, with the sources that belong into it. */
static void add_grec(struct igmp_builder *b, const struct grec_kind *k)
{
	struct ip_mc_list *im = k->im;
	struct ip_sf_list **pp = k->sdeleted ? &im->tomb : &im->sources, *psf;
	bool query = k->type == IGMPV3_MODE_IS_INCLUDE || k->type == IGMPV3_MODE_IS_EXCLUDE;
	bool hidden = k->gdeleted ? im->sfmode == MCAST_EXCLUDE : im->crcount > 0;
	unsigned total = 0, size = sizeof(struct igmpv3_grec);

	if (igmp_never_reported(b->in_dev, im->multiaddr) ||
	    READ_ONCE(b->in_dev->dev->mtu) < IPV4_MIN_MTU)
		return;
	if (must_not_split(k) && b->skb) { /* begin a message when this one has no room for all */
		for (psf = *pp; psf; psf = psf->sf_next)
			size += is_in(k, psf) ? (unsigned)sizeof(__be32) : 0;
		if (igmp_room(b) < size)
			igmpv3_sendpack(b);
	}
	while ((psf = *pp)) {
		if (!is_in(k, psf)) {
			pp = &psf->sf_next;
			continue;
		}
		/*
		 * while a change of mode is being told, it tells of the sources, too (RFC 3376 5.1)
		 */
		if (!(hidden && is_source_change(k) && psf->sf_crcount)) {
			if (!add_source(b, k, psf->sf_inaddr, !total))
				break;
			if (query)
				psf->sf_gsresp = 0;
			total++;
		}
		if (is_source_change(k) && psf->sf_crcount && !--psf->sf_crcount &&
		    (k->sdeleted || k->gdeleted)) {
			rcu_assign_pointer(*pp, psf->sf_next);
			igmp_free_source(psf);
			continue;
		}
		pp = &psf->sf_next;
	}
	if (!total && !is_source_change(k) && (im->crcount || query))
		add_empty_grec(b, k);
	end_grec(b);
	if (query)
		im->gsquery = 0;
}

/* A record head; begins a message when there is none or it is full. */
static void add_empty_grec(struct igmp_builder *b, const struct grec_kind *k)
{
	struct igmpv3_report *pih;

	if (b->skb && igmp_room(b) < sizeof(*b->grec))
		igmpv3_sendpack(b);
	if (!b->skb) {
		unsigned mtu = min(READ_ONCE(b->in_dev->dev->mtu), 65535u);

		b->skb =
			igmp_new_message(b->in_dev, IGMPV3_ALL_MCR, mtu - sizeof(struct iphdr) - 4);
		if (!b->skb)
			return;
		pih = skb_put(b->skb, sizeof(*pih));
		*pih = (struct igmpv3_report){ .type = IGMPV3_HOST_MEMBERSHIP_REPORT };
	}
	pih = (struct igmpv3_report *)(void *)skb_transport_header(b->skb);
	pih->ngrec = htons((uint16_t)(ntohs(pih->ngrec) + 1));
	b->grec = skb_put(b->skb, sizeof(*b->grec));
	*b->grec = (struct igmpv3_grec){ .grec_type = k->type, .grec_mca = k->im->multiaddr };
}

/* False: the record is full and may not go on, or there is no memory. */
static bool add_source(struct igmp_builder *b, const struct grec_kind *k, __be32 src, bool first)
{
	unsigned need = sizeof(__be32) + (b->grec ? 0 : sizeof(*b->grec));

	if (b->skb && igmp_room(b) < need) {
		if (must_not_split(k) && !first)
			return false;
		igmpv3_sendpack(b);
	}
	if (!b->grec)
		add_empty_grec(b, k);
	if (!b->grec)
		return false;
	memcpy(skb_put(b->skb, sizeof(src)), &src, sizeof(src));
	b->nsrcs++;
	return true;
}

/* The message is whole: to the queue. */
static void igmpv3_sendpack(struct igmp_builder *b)
{
	struct igmpv3_report *pih;

	end_grec(b);
	if (!b->skb)
		return;
	pih = (struct igmpv3_report *)(void *)skb_transport_header(b->skb);
	pih->csum = csum_fold(skb_checksum(b->skb, skb_transport_offset(b->skb),
					   (int)b->skb->len - skb_transport_offset(b->skb), 0));
	__skb_queue_tail(b->out, b->skb);
	b->skb = NULL;
}
