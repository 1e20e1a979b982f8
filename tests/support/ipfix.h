/* SPDX-License-Identifier: MIT */
/*
 * ipfix.h: a net with IPv4 on a fake clock, for the checks of src/ipv4
 *
 * A host with three devices: lo (127.0.0.1/8), eth0 (192.168.1.1/24) and eth1 (10.0.0.1/24). The test is the wire: ipfix_rx() receives what it
 * was given, sent frames are kept in the order of sending. On each Ethernet there is one peer whose address is known beforehand (192.168.1.2,
 * 10.0.0.2: ipfix_mac). Frames that leave during set-up are forgotten, counters are looked at as differences since ipfix_mark().
 * Everything runs on the vCPU that the test says, turned by the test.
 */
#ifndef TESTS_SUPPORT_IPFIX_H
#define TESTS_SUPPORT_IPFIX_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "ethernet/eth.h"
#include "ipv4/arp.h"
#include "ipv4/icmp.h"
#include "ipv4/ip.h"
#include "netfilter/core.h"
#include "sched/sch_generic.h"
#include "support/netfix.h"

#define IPFIX_FRAMES 256
#define IPFIX_FRAME 65600

#define A_SELF "192.168.1.1"
#define A_PEER "192.168.1.2"
#define A_SELF1 "10.0.0.1"
#define A_PEER1 "10.0.0.2"

struct ipfix_sent {
	struct net_device *dev;
	unsigned len; /* of the IP packet */
	uint32_t packet_id;
	unsigned char mac[ETH_HLEN];
	unsigned char *ip;
};

struct ipfix {
	struct netfix n;
	struct net_device *lo, *eth0, *eth1;
	unsigned nsent;
	struct ipfix_sent sent[IPFIX_FRAMES];
	struct cpu_stats base;
	bool busy; /* the devices take no frame: NETDEV_TX_BUSY with the queue stopped */
};

static struct ipfix f;

static const unsigned char ipfix_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };

static inline netdev_tx_t ipfix_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipfix_sent *s = &f.sent[f.nsent];

	ck_assert_uint_lt(f.nsent, IPFIX_FRAMES);
	ck_assert_uint_ge(skb->len, ETH_HLEN);
	if (skb->protocol == htons(ETH_P_IP)) {
		s->dev = dev;
		s->len = skb->len - ETH_HLEN;
		s->packet_id = skb->packet_id;
		memcpy(s->mac, skb->data, ETH_HLEN);
		free(s->ip);
		s->ip = malloc(s->len);
		memcpy(s->ip, skb->data + ETH_HLEN, s->len);
		f.nsent++;
	}
	ledger_hold(skb, HELD_TXRING);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static inline netdev_tx_t ipfix_lo_xmit(struct sk_buff *skb, struct net_device *dev)
{
	ledger_hold(skb, HELD_TXRING);
	skb_orphan(skb);
	skb_dst_force(skb);
	skb->protocol = eth_type_trans(skb, dev);
	skb->loopback = 1;
	netif_rx(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ipfix_eth_ops = { .ndo_start_xmit = ipfix_xmit };
static const struct net_device_ops ipfix_lo_ops = { .ndo_start_xmit = ipfix_lo_xmit };

static inline struct net_device *ipfix_dev(const char *name, unsigned char last)
{
	struct net_device *dev = alloc_netdev_mqs(&f.n.net, 0, name, ether_setup, 1, 1);
	struct extack err = { "" };

	ck_assert_ptr_nonnull(dev);
	dev->netdev_ops = &ipfix_eth_ops;
	if (!strcmp(name, "lo")) {
		dev->netdev_ops = &ipfix_lo_ops;
		dev->type = ARPHRD_LOOPBACK;
		dev->flags = IFF_LOOPBACK;
		dev->mtu = 65536;
		dev->max_mtu = 65536;
		dev->features |= NETIF_F_LLTX | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;
		netif_keep_dst(dev);
		f.n.net.loopback_dev = dev;
	} else {
		memcpy(dev->dev_addr, ((unsigned char[]){ 2, 0, 0, 0, 0, last }), ETH_ALEN);
	}
	ck_assert_msg(!register_netdevice(dev, &err), "%s", err.msg);
	ck_assert_msg(!dev_open(dev, &err), "%s", err.msg);
	return dev;
}

static inline void ipfix_addr(struct net_device *dev, const char *addr, unsigned plen)
{
	struct extack err = { "" };

	if (dev != f.lo)
		ck_assert_msg(!inet_addr_add(dev, inet_addr(addr), plen, 0, RT_SCOPE_UNIVERSE, NULL, &err), "%s", err.msg);
}

/* Inside vCPU @cpu from here to ipfix_leave(). */
static inline void ipfix_enter(unsigned cpu)
{
	vcpu_enter(f.n.net.m.cpu[cpu], NULL);
}

static inline void ipfix_leave(void)
{
	vcpu_leave(this_vcpu());
	netfix_run(&f.n);
}

static inline void ipfix_neigh(struct net_device *dev, const char *addr)
{
	struct neighbour *n;

	ipfix_enter(0);
	n = ipv4_neigh_lookup(dev, inet_addr(addr));
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(neigh_update(n, ipfix_mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN), 0);
	ipfix_leave();
}

static inline void ipfix_mark(void)
{
	f.nsent = 0;
	stats_fold(&f.n.net, &f.base);
}

static inline void ipfix_begin_cpus(unsigned cpus)
{
	memset(&f, 0, sizeof(f));
	netfix_begin(&f.n, cpus);
	ck_assert_int_eq(nf_init(&f.n.net), 0);
	ck_assert_int_eq(sched_init(&f.n.net), 0);
	ck_assert_int_eq(inet_init(&f.n.net), 0);
	f.lo = ipfix_dev("lo", 0);
	f.eth0 = ipfix_dev("eth0", 0xa);
	f.eth1 = ipfix_dev("eth1", 0xb);
	ipfix_addr(f.lo, "127.0.0.1", 8);
	ipfix_addr(f.eth0, A_SELF, 24);
	ipfix_addr(f.eth1, A_SELF1, 24);
	netfix_settle(&f.n);
	ipfix_neigh(f.eth0, A_PEER);
	ipfix_neigh(f.eth1, A_PEER1);
	netfix_advance(&f.n, 30 * NSEC_PER_SEC); /* reports of groups are over */
	ipfix_mark();
}

static inline void ipfix_begin(void)
{
	ipfix_begin_cpus(1);
}

static inline void ipfix_end(void)
{
	kmem_fail_nth(&f.n.net.m.kmem, 0, NULL);
	netfix_settle(&f.n);
	unregister_netdevice(f.eth1);
	unregister_netdevice(f.eth0);
	dev_close(f.lo);
	f.n.net.loopback_dev = NULL;
	unregister_netdevice(f.lo);
	netfix_settle(&f.n);
	netdev_run_todo(&f.n.net);
	inet_exit(&f.n.net);
	sched_exit(&f.n.net);
	nf_exit(&f.n.net);
	netfix_end(&f.n);
	for (unsigned i = 0; i < IPFIX_FRAMES; i++)
		free(f.sent[i].ip);
}

/* --- packets --- */

static inline struct iphdr *ipfix_iph(void *pkt)
{
	return pkt;
}

/* Make the header checksum of @pkt right again. */
static inline void ipfix_sum(void *pkt)
{
	struct iphdr *iph = pkt;

	iph->check = 0;
	iph->check = ip_compute_csum(iph, iph->ihl * 4);
}

/* A packet from @saddr to @daddr with @optlen bytes of @opt and @len of payload @data (NULL: counting up). Returns its length. */
static inline unsigned ipfix_pkt_opt(void *pkt, const char *saddr, const char *daddr, int proto, const void *opt, unsigned optlen,
				     const void *data, unsigned len)
{
	unsigned hlen = 20 + optlen;
	unsigned char *p = pkt;

	*ipfix_iph(pkt) = (struct iphdr){ .version = 4, .ihl = (uint8_t)(hlen / 4) & 15, .tot_len = htons((uint16_t)(hlen + len)),
					  .id = htons(0x1234), .ttl = 64, .protocol = (uint8_t)proto,
					  .saddr = inet_addr(saddr), .daddr = inet_addr(daddr) };
	if (optlen)
		memcpy(p + 20, opt, optlen);
	for (unsigned i = 0; i < len; i++)
		p[hlen + i] = data ? ((const unsigned char *)data)[i] : (unsigned char)i;
	ipfix_sum(pkt);
	return hlen + len;
}

static inline unsigned ipfix_pkt(void *pkt, const char *saddr, const char *daddr, int proto, const void *data, unsigned len)
{
	return ipfix_pkt_opt(pkt, saddr, daddr, proto, NULL, 0, data, len);
}

/* An ICMP message of @len bytes, checksum made; payload counting up where @data is NULL. Returns @len. */
static inline unsigned ipfix_icmp(void *msg, int type, int code, uint32_t info, const void *data, unsigned len)
{
	struct icmphdr *h = msg;
	unsigned char *p = msg;

	*h = (struct icmphdr){ .type = (uint8_t)type, .code = (uint8_t)code, .un.gateway = htonl(info) };
	for (unsigned i = 8; i < len; i++)
		p[i] = data ? ((const unsigned char *)data)[i - 8] : (unsigned char)i;
	h->checksum = ip_compute_csum(msg, (int)len);
	return len;
}

/* The frame around @pkt as a driver would hand it in; no trailing bytes are checked. NULL without memory. Inside a vCPU. */
static inline struct sk_buff *ipfix_skb(struct net_device *dev, const void *pkt, unsigned len, int pkt_type)
{
	static const unsigned char other[ETH_ALEN] = { 2, 9, 9, 9, 9, 9 }, group[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 };
	struct sk_buff *skb = __netdev_alloc_skb(dev, ETH_HLEN + len);
	struct ethhdr *eth;

	if (!skb)
		return NULL;
	eth = skb_put(skb, ETH_HLEN);
	memcpy(eth->h_dest, pkt_type == PACKET_HOST ? dev->dev_addr : pkt_type == PACKET_BROADCAST ? dev->broadcast :
	       pkt_type == PACKET_MULTICAST ? group : other, ETH_ALEN);
	memcpy(eth->h_source, ipfix_mac, ETH_ALEN);
	eth->h_proto = htons(ETH_P_IP);
	memcpy(skb_put(skb, len), pkt, len);
	ledger_begin(skb, LEDGER_FRAME);
	skb->protocol = eth_type_trans(skb, dev);
	skb->packet_id = 77;
	return skb;
}

static inline void ipfix_rx_as(struct net_device *dev, const void *pkt, unsigned len, int pkt_type)
{
	struct sk_buff *skb;

	ipfix_enter(0);
	local_bh_disable();
	skb = ipfix_skb(dev, pkt, len, pkt_type);
	if (skb)
		netif_receive_skb(skb);
	local_bh_enable();
	ipfix_leave();
}

static inline void ipfix_rx(struct net_device *dev, const void *pkt, unsigned len)
{
	ipfix_rx_as(dev, pkt, len, PACKET_HOST);
}

/* --- what has become of it --- */

static inline struct cpu_stats *ipfix_now(void)
{
	static struct cpu_stats now;

	stats_fold(&f.n.net, &now);
	return &now;
}

#define ipfix_ip(field) (ipfix_now()->ip[IPSTATS_MIB_##field] - f.base.ip[IPSTATS_MIB_##field])
#define ipfix_icmp_mib(field) (ipfix_now()->icmp[ICMP_MIB_##field] - f.base.icmp[ICMP_MIB_##field])
#define ipfix_icmp_in(type) (ipfix_now()->icmpmsg[type] - f.base.icmpmsg[type])
#define ipfix_icmp_out(type) (ipfix_now()->icmpmsg[256 + (type)] - f.base.icmpmsg[256 + (type)])

static inline uint64_t ipfix_dropped(enum skb_drop_reason reason)
{
	uint64_t n = 0;

	for (unsigned c = 0; c < LEDGER_CLASS_MAX; c++)
		n += ipfix_now()->drop[c][reason] - f.base.drop[c][reason];
	return n;
}

/* The counters of @mib that moved are exactly these: pairs of index and difference, ended by -1. */
static inline void ipfix_moved(const char *name, const uint64_t *now, const uint64_t *base, unsigned n, va_list ap)
{
	uint64_t want[600] = { 0 };
	int i;

	while ((i = va_arg(ap, int)) != -1)
		want[i] = va_arg(ap, unsigned);
	for (unsigned k = 0; k < n; k++)
		ck_assert_msg(now[k] - base[k] == want[k], "%s[%u] moved by %lld, not %lld", name, k, (long long)(now[k] - base[k]),
			      (long long)want[k]);
}

static inline void ipfix_ip_moved(int dummy, ...)
{
	va_list ap;

	va_start(ap, dummy);
	ipfix_moved("ip", ipfix_now()->ip, f.base.ip, IPSTATS_SLOTS, ap);
	va_end(ap);
}

static inline void ipfix_icmp_moved(int dummy, ...)
{
	va_list ap;

	va_start(ap, dummy);
	ipfix_moved("icmp", ipfix_now()->icmp, f.base.icmp, __ICMP_MIB_MAX, ap);
	va_end(ap);
}
/* ip_moved(INPKTS, 1, ...) with indices spelled out by the caller */
#define ip_moved(...) ipfix_ip_moved(0, __VA_ARGS__, -1)
#define icmp_moved(...) ipfix_icmp_moved(0, __VA_ARGS__, -1)

/* The one frame that was sent is an ICMP message from @saddr to @daddr; its bytes. */
static inline const unsigned char *ipfix_sent_icmp(unsigned i, const char *saddr, const char *daddr, int type, int code)
{
	const struct iphdr *iph;
	const unsigned char *icmp;

	ck_assert_uint_gt(f.nsent, i);
	iph = ipfix_iph(f.sent[i].ip);
	icmp = f.sent[i].ip + iph->ihl * 4;
	ck_assert_int_eq(iph->protocol, IPPROTO_ICMP);
	ck_assert_uint_eq(ntohs(iph->tot_len), f.sent[i].len);
	ck_assert_int_eq(ip_compute_csum(iph, iph->ihl * 4), 0);
	ck_assert_uint_eq(iph->saddr, inet_addr(saddr));
	ck_assert_uint_eq(iph->daddr, inet_addr(daddr));
	ck_assert_int_eq(ip_compute_csum(icmp, (int)f.sent[i].len - iph->ihl * 4), 0);
	ck_assert_int_eq(icmp[0], type);
	ck_assert_int_eq(icmp[1], code);
	return icmp;
}

/* net.ipv4.KEY = @value */
static inline void ipfix_sysctl(const char *key, const char *value)
{
	struct extack err = { "" };

	ck_assert_msg(!sysctl_write(&f.n.net.vfs, key, value, &err), "%s: %s", key, err.msg);
}

#endif
