/* SPDX-License-Identifier: MIT */
/*
 * ip_fragment.c - fragments become one datagram again (RFC 791, 815, 1122 3.3.2, 1858, 3168 5.3, 5722, 8900; mirrors net/ipv4/ip_fragment.c
 * and inet_fragment.c)
 *
 * Theory of operation
 *   Called by: ip_local_deliver() and ip_call_ra_chain() through ip_defrag(). The store and its bounds are in ip_frag_store.c.
 *   A queue (struct ipq, ip_fragment.h) gathers the pieces of one datagram: a plain list of skbs in the order of arrival, and a map with one
 *   bit for each 8 bytes of the datagram. The map answers in time that does not depend on the number of pieces whether a piece is
 *   new (no bit set), repeats what is there (all set: ignored) or overlaps (some set: the whole queue is dropped), so a flood of
 *   tiny pieces costs no more each than the first one.
 *   When the pieces cover everything, they are copied into one linear area of up to 64 KiB; the caller's skb, the piece that came last, takes
 *   the area over, with the header and the books' entry of the first piece. The other pieces end MERGED. truesize of the result is the
 *   sum of the pieces, as Linux charges it.
 *   Refuses: a last piece that contradicts others, more than 65535 bytes, empty pieces, CE mixed with not-ECT.
 *   Threads: any vCPU; the lock of the queue's bucket is held over one piece. It ranks before that of inet peers; nothing else is taken
 *   under it. Consumes.
 */
#include "ipv4/ip_fragment.h"

#include <errno.h>

#include "core/packet_trace.h"
#include "ipv4/icmp.h"

#define INET_ECN_CE 3
#define ECN_BAD 0xff

static int ip_frag_queue(struct ipq *q, struct sk_buff *skb);
static bool ip_frag_place(struct ipq *q, const struct iphdr *iph, unsigned offset, unsigned *end);
static bool ip_frag_too_far(struct ipq *q);
static void ip_frag_reinit(struct ipq *q);
static enum frag_cover ip_frag_cover(const struct ipq *q, unsigned offset, unsigned end);
static void ip_frag_insert(struct ipq *q, struct sk_buff *skb, unsigned offset, unsigned end);
static enum skb_drop_reason ip_frag_reasm(struct ipq *q, struct sk_buff *skb);
static void ip_frag_copy(struct ipq *q, struct sk_buff *big, unsigned hlen);
static void ip_frag_take_over(struct sk_buff *skb, struct sk_buff *big);
static uint8_t ip_frag_ecn(unsigned seen);

int ip_defrag(struct sk_buff *skb, enum ip_defrag_users user)
{
	struct fqdir *fqdir = dev_net(skb->dev)->ipv4->fqdir;
	const struct iphdr *iph = ip_hdr(skb);
	struct frag_key key = { iph->saddr, iph->daddr, iph->id, iph->protocol, (uint8_t)user };
	struct ipq *q;
	int err;

	IP_INC_STATS(IPSTATS_MIB_REASMREQDS);
	q = ip_find(fqdir, &key); /* returns with the bucket's lock */
	if (unlikely(!q)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_NOMEM);
		return -ENOMEM;
	}
	err = ip_frag_queue(q, skb);
	ipq_unlock(q);
	return err;
}

/* 0: @skb is the datagram, the queue has ended. Else the skb is consumed: -EINPROGRESS, it waits; others, it was dropped. */
static int ip_frag_queue(struct ipq *q, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned offset = (ntohs(iph->frag_off) & IP_OFFSET) * 8u, hlen = ip_hdrlen(skb), end;
	enum skb_drop_reason reason = SKB_DROP_REASON_FRAG_INVALID;

	if (!(IPCB(skb)->flags & IPSKB_FRAG_COMPLETE) && unlikely(ip_frag_too_far(q)))
		ip_frag_reinit(q);
	end = offset + skb->len - (unsigned)skb_network_offset(skb) - hlen;
	if (unlikely(!ip_frag_place(q, iph, offset, &end)))
		goto discard;
	switch (ip_frag_cover(q, offset, end)) {
	case FRAG_COVER_ALL:
		kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_DUP);
		return -EINVAL;
	case FRAG_COVER_SOME:
		IP_INC_STATS(IPSTATS_MIB_REASM_OVERLAPS);
		reason = SKB_DROP_REASON_FRAG_OVERLAP;
		goto discard;
	case FRAG_COVER_NONE:
		break;
	}
	__skb_pull(skb, (unsigned)skb_network_offset(skb) + hlen);
	pskb_trim_rcsum(skb, end - offset);
	ip_frag_insert(q, skb, offset, end);
	if (q->flags == (FRAG_FIRST_IN | FRAG_LAST_IN) && q->meat == q->len) {
		reason = ip_frag_reasm(q, skb);
		if (likely(!reason))
			return 0;
		ipq_kill(q, reason); /* with @skb, which is one of its pieces */
		return -ENOMEM;
	}
	skb_dst_drop(skb);
	skb->dev = NULL; /* it may be gone before the queue is */
	return -EINPROGRESS;
discard:
	kfree_skb_reason(skb, reason);
	ipq_kill(q, SKB_DROP_REASON_FRAG_QUEUE);
	return -EINVAL;
}

/* Where the datagram ends as far as this piece knows; false when that contradicts the others. */
static bool ip_frag_place(struct ipq *q, const struct iphdr *iph, unsigned offset, unsigned *end)
{
	if (!(iph->frag_off & htons(IP_MF))) {
		if (*end < q->len || ((q->flags & FRAG_LAST_IN) && *end != q->len))
			return false;
		q->flags |= FRAG_LAST_IN;
		q->len = *end;
	} else {
		*end &= ~7u; /* what does not fill 8 bytes belongs to nobody */
		if (*end > q->len) {
			if (q->flags & FRAG_LAST_IN)
				return false;
			q->len = *end;
		}
	}
	return *end > offset && *end <= FRAG_MAX_LEN;
}

/* Has the sender gone on so far that ids may have come round? (net.ipv4.ipfrag_max_dist) */
static bool ip_frag_too_far(struct ipq *q)
{
	unsigned max = (unsigned)READ_ONCE(q->fqdir->net->ipv4->sysctl_ipfrag_max_dist), start, end;

	if (!q->peer || !max)
		return false;
	start = (unsigned)q->rid;
	q->rid = __atomic_add_fetch(&q->peer->rid, 1, __ATOMIC_RELAXED);
	end = (unsigned)q->rid;
	return q->pieces && end - start > max;
}

/* Forget the old pieces and begin again. */
static void ip_frag_reinit(struct ipq *q)
{
	if (!mod_timer(&q->timer, jiffies_now() + READ_ONCE(q->fqdir->timeout)))
		ipq_hold(q);
	ipq_purge(q, SKB_DROP_REASON_FRAG_TOO_FAR);
}

/* --- the map --- */

/* Bits of word @w that belong to units @first .. @last. */
static __always_inline uint64_t map_mask(unsigned w, unsigned first, unsigned last)
{
	uint64_t mask = ~0ull;

	if (w == first / 64)
		mask &= ~0ull << first % 64;
	if (w == last / 64)
		mask &= ~0ull >> (63 - last % 64);
	return mask;
}

static enum frag_cover ip_frag_cover(const struct ipq *q, unsigned offset, unsigned end)
{
	unsigned first = offset / 8, last = (end - 1) / 8;
	bool all = true, some = false;

	for (unsigned w = first / 64; w <= last / 64; w++) {
		uint64_t mask = map_mask(w, first, last), have = q->map[w] & mask;

		all &= have == mask;
		some |= have != 0;
	}
	return all ? FRAG_COVER_ALL : some ? FRAG_COVER_SOME : FRAG_COVER_NONE;
}

static void ip_frag_insert(struct ipq *q, struct sk_buff *skb, unsigned offset, unsigned end)
{
	unsigned first = offset / 8, last = (end - 1) / 8, size = skb->len + ip_hdrlen(skb);

	for (unsigned w = first / 64; w <= last / 64; w++)
		q->map[w] |= map_mask(w, first, last);
	FRAG_CB(skb)->offset = (int)offset;
	skb->next = q->pieces;
	q->pieces = skb;
	if (!offset) {
		q->first = skb;
		q->flags |= FRAG_FIRST_IN;
	}
	q->iif = skb->dev->ifindex;
	q->meat += skb->len;
	q->ecn |= (uint8_t)(1 << (ip_hdr(skb)->tos & 3));
	q->max_size = (uint16_t)max((unsigned)q->max_size, size);
	if (ip_hdr(skb)->frag_off & htons(IP_DF))
		q->max_df_size = (uint16_t)max((unsigned)q->max_df_size, size);
	atomic_long_add((long)skb->truesize, &q->fqdir->mem);
	ledger_hold(skb, HELD_FRAG);
}

/* --- all pieces are there --- */

/* @skb becomes the datagram and leaves the queue, which ends; or NOT NOT_SPECIFIED: why not, nothing has changed. */
static enum skb_drop_reason ip_frag_reasm(struct ipq *q, struct sk_buff *skb)
{
	struct sk_buff *first = q->first, *big;
	unsigned hlen = ip_hdrlen(first), len = hlen + q->len, truesize = 0;
	uint8_t ecn = ip_frag_ecn(q->ecn);
	struct iphdr *iph;

	if (unlikely(ecn == ECN_BAD || len > 65535))
		return SKB_DROP_REASON_FRAG_INVALID;
	big = alloc_skb(skb->net, FRAG_HEADROOM + len);
	if (unlikely(!big))
		return SKB_DROP_REASON_FRAG_NOMEM;
	skb_reserve(big, FRAG_HEADROOM);
	ip_frag_copy(q, big, hlen);
	iph = ip_hdr(big);
	iph->tot_len = htons((uint16_t)len);
	iph->tos |= ecn;
	/* the largest piece had DF: say so, and never send on more than it was */
	iph->frag_off = q->max_df_size == q->max_size ? htons(IP_DF) : 0;
	ip_send_check(iph);

	for (struct sk_buff *p = q->pieces; p; p = p->next)
		truesize += p->truesize;
	IPCB(skb)->opt = IPCB(first)->opt;
	IPCB(skb)->frag_max_size = max(q->max_df_size, q->max_size);
	if (q->max_df_size == q->max_size)
		IPCB(skb)->flags |= IPSKB_FRAG_PMTU;
	ipq_complete(q, skb); /* the other pieces end, and the queue */
	packet_trace_switch(skb); /* the datagram is its first piece's packet */
	ip_frag_take_over(skb, big);
	skb->truesize = truesize;
	IP_INC_STATS(IPSTATS_MIB_REASMOKS);
	return SKB_DROP_REASON_NOT_SPECIFIED;
}

/* The link-layer header of the first piece too, for taps and raw readers behind us. */
static void ip_frag_copy(struct ipq *q, struct sk_buff *big, unsigned hlen)
{
	const struct sk_buff *first = q->first;
	unsigned maclen = skb_mac_header_was_set(first) ? (unsigned)first->network_header - first->mac_header : 0;

	skb_reset_network_header(big);
	skb_set_transport_header(big, (int)hlen);
	if (maclen <= FRAG_HEADROOM) {
		skb_reset_mac_header(big);
		big->mac_header = (uint16_t)(big->mac_header - maclen);
		memcpy(skb_mac_header(big), skb_mac_header(first), maclen);
	}
	memcpy(__skb_put(big, hlen + q->len), skb_network_header(first), hlen);
	for (const struct sk_buff *p = q->pieces; p; p = p->next)
		memcpy(big->data + hlen + FRAG_CB(p)->offset, p->data, p->len);
}

/* The two descriptors exchange their bytes, so that the caller's skb has those of @big; the old ones go with it. */
static void ip_frag_take_over(struct sk_buff *skb, struct sk_buff *big)
{
	bool cloned = skb->cloned;

	swap(skb->head, big->head);
	swap(skb->data, big->data);
	swap(skb->tail, big->tail);
	swap(skb->end, big->end);
	swap(skb->len, big->len);
	swap(skb->network_header, big->network_header);
	swap(skb->transport_header, big->transport_header);
	swap(skb->mac_header, big->mac_header);
	skb->cloned = 0;
	big->cloned = cloned;
	skb->ip_summed = CHECKSUM_NONE;
	consume_skb(big);
}

/* What the pieces' ECN fields (bits 1 << value) make of the datagram's: bits to add, or ECN_BAD. */
static uint8_t ip_frag_ecn(unsigned seen)
{
	const unsigned not_ect = 1 << 0, ect = 1 << 1 | 1 << 2, ce = 1 << 3;

	if ((seen & not_ect) && (seen & (ect | ce)))
		return ECN_BAD;
	return (seen & ce) && (seen & ect) ? INET_ECN_CE : 0;
}
