/* SPDX-License-Identifier: MIT */
/*
 * ip_frag_out.c - a packet larger than the path's MTU is cut (RFC 791 3.2; mirrors ip_do_fragment() of net/ipv4/ip_output.c)
 *
 * Theory of operation
 *   Called by: ip_finish_output() when DF allows it. Each fragment is a new packet in the books (LOCAL), made one after the other and given
 *   to @output before the next one is made, so that memory stays small; options that are not copied become NOPs after the first. The
 *   packet itself ends SENT, or FORWARDED when it came from a device. The header is taken from a copy: the packet may share its bytes with
 *   a looped-back clone. On failure the fragments that are out stay out: the receiver's timer ends them.
 *   Counters: FragCreates a fragment, FragOKs or FragFails a packet. Consumes.
 */
#include <errno.h>

#include "core/packet_trace.h"
#include "ipv4/ip.h"

#define IP_HDR_MAX 60

struct frag_state {
	unsigned hlen, left, ptr, offset, mtu; /* mtu: payload of a fragment */
	bool last_has_mf, df;
	unsigned char hdr[IP_HDR_MAX];
	unsigned char pad[2];
};

static struct sk_buff *ip_frag_next(struct sk_buff *skb, struct frag_state *st);
static void ip_frag_rest_header(struct sk_buff *skb, struct frag_state *st);

int ip_do_fragment(struct sk_buff *skb, int (*output)(struct sk_buff *skb))
{
	unsigned mtu = ip_skb_dst_mtu(skb);
	struct frag_state st;
	struct sk_buff *frag;
	int err = 0;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		err = skb_checksum_help(skb);
	if (unlikely(err))
		goto fail;
	if (IPCB(skb)->frag_max_size && IPCB(skb)->frag_max_size < mtu)
		mtu = IPCB(skb)->frag_max_size;
	st = (struct frag_state){ .hlen = ip_hdrlen(skb), .offset = (ntohs(ip_hdr(skb)->frag_off) & IP_OFFSET) * 8u,
				  .last_has_mf = ip_hdr(skb)->frag_off & htons(IP_MF),
				  .df = IPCB(skb)->flags & IPSKB_FRAG_PMTU };
	st.ptr = st.hlen;
	st.left = skb->len - st.hlen;
	st.mtu = mtu - st.hlen;
	err = -EMSGSIZE;
	if (unlikely(mtu < st.hlen + 8)) /* no progress would be made */
		goto fail;
	memcpy(st.hdr, ip_hdr(skb), st.hlen);
	IPCB(skb)->flags |= IPSKB_FRAG_COMPLETE;
	while (st.left) {
		frag = ip_frag_next(skb, &st);
		err = -ENOMEM;
		if (unlikely(!frag))
			goto fail;
		err = output(frag);
		if (err)
			goto fail;
		IP_INC_STATS(IPSTATS_MIB_FRAGCREATES);
	}
	ledger_end(skb, skb->ledger == LEDGER_FRAME ? VERDICT_FORWARDED : VERDICT_SENT);
	consume_skb(skb);
	IP_INC_STATS(IPSTATS_MIB_FRAGOKS);
	return 0;
fail:
	kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_FAILS);
	return err;
}

/* The next fragment, or NULL without memory. */
static struct sk_buff *ip_frag_next(struct sk_buff *skb, struct frag_state *st)
{
	unsigned len = min(st->left, st->mtu), room = LL_RESERVED_SPACE(skb_dst(skb)->dev);
	struct sk_buff *frag;
	struct iphdr *iph;

	if (len < st->left)
		len &= ~7u;
	frag = alloc_skb(skb->net, room + st->hlen + len);
	if (unlikely(!frag))
		return NULL;
	skb_reserve(frag, room);
	skb_reset_network_header(frag);
	skb_set_transport_header(frag, (int)st->hlen);
	iph = skb_put(frag, st->hlen + len);
	memcpy(iph, st->hdr, st->hlen);
	memcpy((unsigned char *)iph + st->hlen, skb->data + st->ptr, len);
	st->left -= len;
	iph->frag_off = htons((uint16_t)(st->offset / 8 | (st->df ? IP_DF : 0) | (st->left || st->last_has_mf ? IP_MF : 0)));
	iph->tot_len = htons((uint16_t)(st->hlen + len));
	ip_send_check(iph);

	frag->pkt_type = skb->pkt_type;
	frag->priority = skb->priority;
	frag->protocol = skb->protocol;
	frag->dev = skb->dev;
	frag->mark = skb->mark;
	frag->hash = skb->hash;
	frag->l4_hash = skb->l4_hash;
	frag->skb_iif = skb->skb_iif;
	skb_copy_packet(frag, skb);
	frag->ignore_df = skb->ignore_df;
	skb_dst_set(frag, dst_clone(skb_dst(skb)));
	*IPCB(frag) = *IPCB(skb);
	if (skb->sk)
		skb_set_owner_w(frag, skb->sk);
	ledger_begin(frag, LEDGER_LOCAL);
	if (st->ptr == st->hlen)
		ip_frag_rest_header(skb, st);
	st->ptr += len;
	st->offset += len;
	return frag;
}

/* After the first fragment: the header with only the options that are copied into all. */
static void ip_frag_rest_header(struct sk_buff *skb, struct frag_state *st)
{
	if (st->hlen == sizeof(struct iphdr))
		return;
	ip_options_trim(st->hdr + sizeof(struct iphdr), IPCB(skb)->opt.optlen);
	IPCB(skb)->opt.rr = IPCB(skb)->opt.ts = 0;
	IPCB(skb)->opt.rr_needaddr = IPCB(skb)->opt.ts_needaddr = IPCB(skb)->opt.ts_needtime = 0;
}
