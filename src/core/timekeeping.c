/* SPDX-License-Identifier: MIT */
/*
 * timekeeping.c - the wall clock for packet stamps, and which frames are about time
 *
 * On the walk: netif_receive_skb() and netif_rx() while somebody wants stamps;
 * skb_defer_rx_timestamp() > classify() for each received frame. Owns nothing. Threads: see the
 * header. classify() reads no byte that it has not counted.
 * Mirrors: kernel/time/timekeeping.c, net/core/timestamping.c, net/core/ptp_classifier.c; IEEE 1588
 * annexes D and F.
 */
#include "core/timekeeping.h"

#include <netinet/in.h>

#include "core/net.h"
#include "lib/order.h"

#include <linux/ip.h>

#define PTP_EV_PORT 319
#define PTP_GEN_PORT 320
#define VLAN_TAG_LEN 4

int64_t ktime_get_real(struct net *net)
{
	struct timespec ts;

	getnstimeofday(net, &ts);

	return (int64_t)ts.tv_sec * (int64_t)NSEC_PER_SEC + ts.tv_nsec;
}

void getnstimeofday(struct net *net, struct timespec *ts)
{
	WARN_ON_ONCE(net_log(net), __getnstimeofday(net, ts));
}

int __getnstimeofday(struct net *net, struct timespec *ts)
{
	uint64_t now = machine_real_now(&net->m);

	ts->tv_sec = (time_t)(now / NSEC_PER_SEC);
	ts->tv_nsec = (long)(now % NSEC_PER_SEC);

	return 0;
}

bool skb_defer_rx_timestamp(struct sk_buff *skb)
{
	skb->ptp = classify(skb) != PTP_CLASS_NONE;

	return false;
}

/* UDP, not a later fragment, to one of the two ports. */
static __always_inline bool ptp_ports(const struct sk_buff *skb)
{
	const struct iphdr *ip = (const struct iphdr *)(const void *)skb->data;
	unsigned hlen;
	__be16 port;

	if (unlikely(skb->len < sizeof(*ip)) || ip->protocol != IPPROTO_UDP ||
	    (ip->frag_off & htons(0x1fff)))
		return false;
	hlen = ip->ihl * 4u;
	if (unlikely(skb->len < hlen + 4))
		return false;
	port = get_net16(skb->data + hlen + 2);

	return port == htons(PTP_EV_PORT) || port == htons(PTP_GEN_PORT);
}

unsigned classify(const struct sk_buff *skb)
{
	const unsigned char *tag;

	if (likely(skb->protocol == htons(ETH_P_IP)))
		return ptp_ports(skb) ? PTP_CLASS_IPV4 : PTP_CLASS_NONE;
	if (skb->protocol == htons(ETH_P_1588))
		return PTP_CLASS_L2;
	if (skb->protocol != htons(ETH_P_8021Q))
		return PTP_CLASS_NONE;
	tag = skb_header_pointer(skb, 0, VLAN_TAG_LEN);

	return tag && get_net16(tag + 2) == htons(ETH_P_1588) ? PTP_CLASS_VLAN : PTP_CLASS_NONE;
}
