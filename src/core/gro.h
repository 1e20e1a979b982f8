/* SPDX-License-Identifier: MIT */
#ifndef CORE_GRO_H
#define CORE_GRO_H
/*
 * gro.h - generic receive offload: what protocols say about received frames that could be one (mirrors include/net/gro.h)
 *
 * Theory of operation
 *   A poll hands each frame to napi_gro_receive(). The protocol's gro_receive looks at its headers and at the frames that the NAPI instance holds, and says
 *   by NAPI_GRO_CB what is to be done with it: merge it into one of them (same_flow), hold it, or let it pass (flush). What it returns is the place of
 *   a held frame that must go up now. gro_complete makes one packet's headers out of what was merged.
 *   A held frame waits no longer than its poll: see napi_gro_flush().
 */
#include "core/net.h"

#define MAX_GRO_SKBS 8 /* frames that one NAPI instance holds */

enum gro_result { GRO_MERGED_FREE, GRO_HELD, GRO_NORMAL };

/**
 * struct packet_offload - a layer-3 protocol's half; const, lives as long as the program
 * @type:	ETH_P_*, network order
 * @gro_receive: @head: what is held, newest first; same_flow of each says whether its link-layer header is that of @skb. Borrows.
 * @gso_segment: see skb_gso_segment() of core/gso.h
 * @gro_complete: the headers of what was merged into @skb become those of one packet; @nhoff: where the network header lies, from data
 */
struct packet_offload {
	__be16 type;
	struct sk_buff **(*gro_receive)(struct sk_buff **head, struct sk_buff *skb);
	void (*gro_complete)(struct sk_buff *skb, unsigned nhoff);
	struct sk_buff *(*gso_segment)(struct sk_buff *skb, netdev_features_t features);
};
static __always_inline const struct packet_offload *offload_of(const struct net *net, __be16 type)
{
	for (unsigned i = 0; i < ARRAY_SIZE(net->offload); i++) {
		const struct packet_offload *po = rcu_dereference(net->offload[i]);

		if (po && po->type == type)
			return po;
	}
	return NULL;
}
int dev_add_offload(struct net *net, const struct packet_offload *po); /* RTNL; 0 or -ENOSPC */
void dev_remove_offload(struct net *net, const struct packet_offload *po); /* no device is up any more */

/* Append the payload of @skb, from its GRO offset on, to @p: 0, or -E2BIG or -ENOMEM with both as they were. */
int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb);
/* Hand up what @napi holds; with @flush_old only what it held before this jiffy. */
void napi_gro_flush(struct napi_struct *napi, bool flush_old);
void napi_gro_purge(struct napi_struct *napi); /* drop it */

static __always_inline unsigned skb_gro_offset(const struct sk_buff *skb) { return NAPI_GRO_CB(skb)->data_offset; }
static __always_inline unsigned skb_gro_len(const struct sk_buff *skb) { return skb->len - NAPI_GRO_CB(skb)->data_offset; }
static __always_inline void skb_gro_pull(struct sk_buff *skb, unsigned len) { NAPI_GRO_CB(skb)->data_offset += len; }
/* The next @len bytes, or NULL when the frame ends before. */
static __always_inline void *skb_gro_header(const struct sk_buff *skb, unsigned len)
{
	return likely(skb_gro_len(skb) >= len) ? skb->data + skb_gro_offset(skb) : NULL;
}

#endif
