/* SPDX-License-Identifier: MIT */
/*
 * gro.c - received frames of one flow become one packet on their way up
 *
 * On the walk: a poll calls napi_gro_receive() > skb_gro_reset_offset(); dev_gro_receive() >
 * inet_gro_receive() ...; netif_receive_skb(). A frame goes up at once (normal),
 * is held, or is merged into one that is held; that one goes up by napi_gro_complete() when its flow
 * goes on otherwise, when its poll ends (napi_complete() > napi_gro_flush()), or when a poll that
 * does not end is a jiffy old (net_rx_action(), with HZ of 1000 and more; below, after every poll).
 * Merging copies: our buffers are linear. What is merged costs a socket what its frames would have.
 * Owns: the frames on gro_list of each NAPI instance, at most MAX_GRO_SKBS (HELD_GRO in the books).
 * Threads: the vCPU of the instance; the table of protocols RTNL. Taps sit behind it, and so see
 * packets larger than any frame. Refuses nothing: what cannot be merged passes.
 * Mirrors: net/core/dev.c of Linux 3.13.
 */
#include "core/gro.h"

#include <errno.h>

#include "core/packet_trace.h"

#define GRO_ROOM_SMALL 16000 /* bytes of the first buffer that frames are gathered in */
#define GRO_ROOM_LARGE (65536 + 512)

static void skb_gro_reset_offset(struct sk_buff *skb);
static enum gro_result dev_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
static enum gro_result dev_gro_keep(struct napi_struct *napi, struct sk_buff *skb,
				    struct sk_buff **pp);
static void gro_list_prepare(struct napi_struct *napi, const struct sk_buff *skb);
static void gro_end_flow(struct napi_struct *napi, struct sk_buff **pp, bool merged);
static void napi_gro_complete(struct sk_buff *skb);

/* A frame that is held comes up by napi_gro_complete(). */
static __always_inline void napi_skb_finish(struct sk_buff *skb, enum gro_result ret)
{
	if (likely(ret == GRO_NORMAL)) {
		netif_receive_skb(skb);
	} else if (ret == GRO_MERGED_FREE) {
		ledger_end(skb, VERDICT_MERGED);
		consume_skb(skb);
	}
}

void napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	skb->napi_id = (uint16_t)napi->napi_id;
	skb_gro_reset_offset(skb);
	napi_skb_finish(skb, dev_gro_receive(napi, skb));
}

/* Nothing is known of it yet; the first header is the network's. */
static void skb_gro_reset_offset(struct sk_buff *skb)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(skb);

	cb->data_offset = 0;
	cb->flush = 0;
	cb->same_flow = 0;
	cb->ip_fixedid = 0;
}

static enum gro_result dev_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	const struct packet_offload *po;
	struct sk_buff **pp;

	if (unlikely(!(READ_ONCE(skb->dev->features) & NETIF_F_GRO))) {
		napi->gro.off++;
		return GRO_NORMAL;
	}
	po = offload_of(skb->net, skb->protocol);
	if (likely(po && !skb_is_gso(skb))) {
		if (unlikely(napi->gro_list))
			gro_list_prepare(napi, skb);
		pp = po->gro_receive(&napi->gro_list, skb);
		if (unlikely(pp || !NAPI_GRO_CB(skb)->flush))
			return dev_gro_keep(napi, skb, pp);
	}
	napi->gro.normal++;

	return GRO_NORMAL;
}

/* The protocol wants @skb held, or it was merged already, or that at @pp must go up. */
static notrace enum gro_result dev_gro_keep(struct napi_struct *napi, struct sk_buff *skb,
					    struct sk_buff **pp)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(skb);

	if (pp)
		gro_end_flow(napi, pp, cb->same_flow);
	if (cb->same_flow) {
		napi->gro.merged++;
		return GRO_MERGED_FREE;
	}
	if (cb->flush || napi->gro_count >= MAX_GRO_SKBS) {
		napi->gro.normal++;
		return GRO_NORMAL;
	}
	cb->count = 1;
	cb->age = jiffies_now();
	skb_shinfo(skb)->gso_size = (uint16_t)skb_gro_len(skb);
	ledger_hold(skb, HELD_GRO);
	skb->next = napi->gro_list;
	napi->gro_list = skb;
	napi->gro_count++;
	napi->gro.held++;

	return GRO_HELD;
}

/* Which of those that are held came by the same link? */
static void gro_list_prepare(struct napi_struct *napi, const struct sk_buff *skb)
{
	const unsigned char *mac = skb_mac_header(skb);

	for (struct sk_buff *p = napi->gro_list; p; p = p->next)
		NAPI_GRO_CB(p)->same_flow = p->dev == skb->dev && p->protocol == skb->protocol &&
					    p->vlan_present == skb->vlan_present &&
					    p->vlan_tci == skb->vlan_tci &&
					    !memcmp(skb_mac_header(p), mac, ETH_HLEN);
}

/* That at *@pp goes up: with the frame that was just @merged into it, or ahead of one that cannot be. */
static void gro_end_flow(struct napi_struct *napi, struct sk_buff **pp, bool merged)
{
	struct sk_buff *skb = *pp;

	*pp = skb->next;
	napi->gro_count--;
	if (merged)
		napi->gro.flush_full++;
	else
		napi->gro.flush_flow++;
	napi_gro_complete(skb);
}

int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb)
{
	unsigned len = skb_gro_len(skb), truesize = p->truesize + skb->truesize;

	if (p->len + len >= 65536 || NAPI_GRO_CB(skb)->flush)
		return -E2BIG;
	if (skb_tailroom(p) < len) {
		unsigned room = p->tail + len <= GRO_ROOM_SMALL ? GRO_ROOM_SMALL : GRO_ROOM_LARGE;

		if (pskb_expand_head(p, 0, room - p->end))
			return -ENOMEM;
	}
	memcpy(skb_put(p, len), skb->data + skb_gro_offset(skb), len);
	p->truesize = truesize;
	NAPI_GRO_CB(p)->count++;
	NAPI_GRO_CB(skb)->same_flow = 1;

	return 0;
}

static void napi_gro_complete(struct sk_buff *skb)
{
	struct trace_work work = packet_trace_resume(skb);

	skb->next = NULL;
	ledger_unhold(skb);
	if (NAPI_GRO_CB(skb)->count == 1)
		skb_shinfo(skb)->gso_size = 0; /* alone, it is as it came */
	else
		offload_of(skb->net, skb->protocol)->gro_complete(skb, 0);
	netif_receive_skb(skb);
	trace_work_restore(work);
}

/* Oldest first: flows go up in the order in which they began. */
void napi_gro_flush(struct napi_struct *napi, bool flush_old)
{
	struct sk_buff *held[MAX_GRO_SKBS];
	unsigned n = 0;

	if (likely(!napi->gro_list))
		return;
	for (struct sk_buff *p = napi->gro_list; p; p = p->next)
		held[n++] = p;
	while (n--) {
		if (flush_old && NAPI_GRO_CB(held[n])->age == jiffies_now())
			return;
		if (n)
			held[n - 1]->next = NULL;
		else
			napi->gro_list = NULL;
		napi->gro_count--;
		if (flush_old)
			napi->gro.flush_age++;
		else
			napi->gro.flush_poll++;
		napi_gro_complete(held[n]);
	}
}

void napi_gro_purge(struct napi_struct *napi)
{
	struct sk_buff *p;

	while ((p = napi->gro_list)) {
		napi->gro_list = p->next;
		napi->gro_count--;
		p->next = NULL;
		kfree_skb_reason(p, SKB_DROP_REASON_QUEUE_PURGE);
	}
}

/* ---- protocols ---- */

int dev_add_offload(struct net *net, const struct packet_offload *po)
{
	for (unsigned i = 0; i < ARRAY_SIZE(net->offload); i++)
		if (!net->offload[i]) {
			rcu_assign_pointer(net->offload[i], po);
			return 0;
		}

	return -ENOSPC;
}

void dev_remove_offload(struct net *net, const struct packet_offload *po)
{
	for (unsigned i = 0; i < ARRAY_SIZE(net->offload); i++)
		if (net->offload[i] == po)
			rcu_assign_pointer(net->offload[i], NULL);
}
