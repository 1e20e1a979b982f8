/* SPDX-License-Identifier: MIT */
/*
 * skb_flow.c - what a packet belongs to: a keyed hash of its flow, its Ethernet protocol
 *
 * On the walk: netdev_pick_tx() spreads flows over transmit queues by skb_get_hash();
 * harmonize_features() asks skb_network_protocol().
 * Owns nothing. Threads: the owner of the skb. The outside chooses what is hashed, so the hash has
 * a secret key. Lengths are checked before bytes. Mirrors: net/core/flow_dissector.c.
 */
#include <netinet/in.h>

#include "core/net.h"
#include "core/skbuff.h"
#include "lib/order.h"

#include <linux/ip.h>

#define VLAN_TAG_LEN 4

struct flow_key {
	__be32 saddr, daddr;
	__be32 ports;
	uint32_t proto;
};

static void flow_dissect(const struct sk_buff *skb, struct flow_key *key);

uint32_t skb_get_hash(struct sk_buff *skb)
{
	struct flow_key key = { 0 };
	uint32_t hash;

	if (skb->hash)
		return skb->hash;
	key.proto = skb->protocol;
	if (skb->protocol == htons(ETH_P_IP))
		flow_dissect(skb, &key);
	hash = (uint32_t)siphash(&key, sizeof(key), &skb->net->hash_key);
	skb->hash = hash ? hash : 1;
	skb->l4_hash = key.ports != 0;

	return skb->hash;
}

static void flow_dissect(const struct sk_buff *skb, struct flow_key *key)
{
	const unsigned char *p = skb_network_header(skb);
	long left = skb_tail_pointer(skb) - p;
	struct iphdr ip;

	if (left < (long)sizeof(ip))
		return;
	memcpy(&ip, p, sizeof(ip));
	key->saddr = ip.saddr;
	key->daddr = ip.daddr;
	key->proto = ip.protocol;
	if (ip.frag_off & htons(0x3fff)) /* pieces of a datagram have no ports, and stay together */
		return;
	if (ip.protocol != IPPROTO_UDP && ip.protocol != IPPROTO_TCP &&
	    ip.protocol != IPPROTO_UDPLITE)
		return;
	if (ip.ihl >= 5 && left >= ip.ihl * 4 + 4)
		key->ports = get_net32(p + ip.ihl * 4);
}

__be16 skb_network_protocol(const struct sk_buff *skb)
{
	unsigned depth = ETH_HLEN;
	__be16 type = skb->protocol;

	while (type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD)) {
		const unsigned char *tag = skb_header_pointer(skb, depth, VLAN_TAG_LEN);

		if (!tag)
			return 0;
		type = get_net16(tag + 2);
		depth += VLAN_TAG_LEN;
	}

	return type;
}
