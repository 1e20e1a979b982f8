/* SPDX-License-Identifier: MIT */
/*
 * check_arp.c: who is answered, what is learnt, how it is asked, what becomes of packets nobody
 * answers for; files, ioctls.
 */
#include <linux/sockios.h>

#include "support/ipfix.h"
#include "support/faulty.h"

#include "ipv4/fib.h"

#define HIM "\x02\x00\x00\x00\x00\x77"
#define OTHER "\x02\x00\x00\x00\x00\x88"
#define NOBODY "\x00\x00\x00\x00\x00\x00"
#define ETH0 "\x02\x00\x00\x00\x00\x0a"

struct arp_frame {
	struct ethhdr eth;
	struct arphdr h;
	unsigned char sha[ETH_ALEN], sip[4], tha[ETH_ALEN], tip[4];
} __attribute__((packed));

static struct arp_frame sent[64]; /* ARP only */
static struct net_device *sent_dev[64];
static unsigned nsent;

static netdev_tx_t capture(struct sk_buff *skb, struct net_device *dev)
{
	if (skb->protocol != htons(ETH_P_ARP))
		return ipfix_xmit(skb, dev);
	ck_assert_uint_lt(nsent, 64);
	ck_assert_uint_eq(skb->len, sizeof(struct arp_frame));
	memcpy(&sent[nsent], skb->data, sizeof(struct arp_frame));
	sent_dev[nsent++] = dev;
	ledger_hold(skb, HELD_TXRING);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops capture_ops = { .ndo_start_xmit = capture };

static void begin(void)
{
	ipfix_begin();
	f.eth0->netdev_ops = f.eth1->netdev_ops = &capture_ops;
	nsent = 0;
}

static void end(void)
{
	ipfix_end();
}

static struct arp_frame frame(int op, const char *sha, const char *sip, const char *tha,
			      const char *tip)
{
	struct arp_frame a = { .h = { .ar_hrd = htons(ARPHRD_ETHER),
				      .ar_pro = htons(ETH_P_IP),
				      .ar_hln = 6,
				      .ar_pln = 4,
				      .ar_op = htons((uint16_t)op) } };
	__be32 s = inet_addr(sip), t = inet_addr(tip);

	memcpy(a.eth.h_dest, op == ARPOP_REQUEST ? "\xff\xff\xff\xff\xff\xff" : ETH0, ETH_ALEN);
	memcpy(a.eth.h_source, sha, ETH_ALEN);
	a.eth.h_proto = htons(ETH_P_ARP);
	memcpy(a.sha, sha, ETH_ALEN);
	memcpy(a.tha, tha, ETH_ALEN);
	memcpy(a.sip, &s, 4);
	memcpy(a.tip, &t, 4);
	return a;
}

static void rx(struct net_device *dev, const struct arp_frame *a, unsigned len)
{
	struct sk_buff *skb;

	ipfix_enter(0);
	local_bh_disable();
	skb = __netdev_alloc_skb(dev, len);
	if (skb) {
		memcpy(skb_put(skb, len), a, len);
		ledger_begin(skb, LEDGER_FRAME);
		skb->protocol = eth_type_trans(skb, dev);
		netif_receive_skb(skb);
	}
	local_bh_enable();
	ipfix_leave();
}

/* How many ARP frames an ARP packet brings forth */
static unsigned arp(struct net_device *dev, int op, const char *sha, const char *sip,
		    const char *tha, const char *tip)
{
	struct arp_frame a = frame(op, sha, sip, tha, tip);

	nsent = 0;
	rx(dev, &a, sizeof(a));
	return nsent;
}

static unsigned ask(struct net_device *dev, const char *sip, const char *tip)
{
	return arp(dev, ARPOP_REQUEST, HIM, sip, NOBODY, tip);
}

static struct neighbour *neigh(struct net_device *dev, const char *addr)
{
	__be32 key = inet_addr(addr);

	return __neigh_lookup_noref(&f.n.net.ipv4->arp_tbl, &key, dev);
}

static void is_frame(unsigned i, int op, const char *to, const char *sip, const char *tha,
		     const char *tip)
{
	__be32 s = inet_addr(sip), t = inet_addr(tip);

	ck_assert_uint_gt(nsent, i);
	ck_assert_mem_eq(sent[i].eth.h_dest, to, 6);
	ck_assert_mem_eq(sent[i].eth.h_source, sent_dev[i]->dev_addr, 6);
	ck_assert_uint_eq(ntohs(sent[i].h.ar_hrd), ARPHRD_ETHER);
	ck_assert_uint_eq(ntohs(sent[i].h.ar_pro), ETH_P_IP);
	ck_assert_uint_eq(sent[i].h.ar_hln, 6);
	ck_assert_uint_eq(sent[i].h.ar_pln, 4);
	ck_assert_uint_eq(ntohs(sent[i].h.ar_op), op);
	ck_assert_mem_eq(sent[i].sha, sent_dev[i]->dev_addr, 6);
	ck_assert_mem_eq(sent[i].sip, &s, 4);
	ck_assert_mem_eq(sent[i].tha, tha, 6);
	ck_assert_mem_eq(sent[i].tip, &t, 4);
}

/* --- questions to us --- */

START_TEST(test_question_is_answered)
{
	uint64_t consumed = netfix_ledger(&f.n, LEDGER_FRAME, VERDICT_CONSUMED);

	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 1);
	is_frame(0, ARPOP_REPLY, HIM, A_SELF, HIM, "192.168.1.7");
	ck_assert_ptr_eq(sent_dev[0], f.eth0);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_STALE);
	ck_assert_mem_eq(neigh(f.eth0, "192.168.1.7")->ha, HIM, 6);
	ck_assert_uint_eq(netfix_ledger(&f.n, LEDGER_FRAME, VERDICT_CONSUMED), consumed + 1);
	/* the weak host model: any address of ours */
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF1), 1);
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "192.168.1.9"), 0);
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "192.168.1.255"), 0);
	/* an asker who claims an address of ours, or an impossible one, is not remembered */
	ck_assert_uint_eq(ask(f.eth0, A_SELF1, A_SELF), 0);
	ck_assert_uint_eq(ask(f.eth0, "224.0.0.1", A_SELF), 0);
	ck_assert_uint_eq(ask(f.eth0, "255.255.255.255", A_SELF), 0);
	ck_assert_ptr_null(neigh(f.eth0, A_SELF1));
	ck_assert_ptr_null(neigh(f.eth0, "224.0.0.1"));
}
END_TEST

START_TEST(test_probe_before_use)
{
	/* RFC 5227: somebody wants our address; he is answered, not remembered */
	ck_assert_uint_eq(ask(f.eth0, "0.0.0.0", A_SELF), 1);
	is_frame(0, ARPOP_REPLY, HIM, A_SELF, HIM, "0.0.0.0");
	ck_assert_ptr_null(neigh(f.eth0, "0.0.0.0"));
	ck_assert_uint_eq(ask(f.eth0, "0.0.0.0", "192.168.1.9"), 0);
	ck_assert_uint_eq(arp(f.eth0, ARPOP_REPLY, HIM, "0.0.0.0", NOBODY, A_SELF), 0);
}
END_TEST

START_TEST(test_arp_ignore)
{
	ipfix_sysctl("net.ipv4.conf.eth0.arp_ignore", "1"); /* only addresses of the device */
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 1);
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF1), 0);
	ck_assert_uint_eq(ask(f.eth0, "172.16.0.1", A_SELF), 1);
	ck_assert_uint_eq(ask(f.eth0, "0.0.0.0", A_SELF1), 0);
	ipfix_sysctl("net.ipv4.conf.all.arp_ignore", "2"); /* and to askers of the same subnet */
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 1);
	ck_assert_uint_eq(ask(f.eth0, "172.16.0.1", A_SELF), 0);
	ipfix_sysctl("net.ipv4.conf.all.arp_ignore", "3"); /* not for host scope */
	ck_assert_uint_eq(ask(f.eth0, "172.16.0.1", A_SELF), 1);
	ck_assert_uint_eq(ask(f.eth0, "172.16.0.1", A_SELF1), 1);
	ck_assert_int_eq(inet_addr_add(f.eth0, inet_addr("192.168.1.50"), 24, 0, RT_SCOPE_UNIVERSE,
				       NULL, NULL),
			 0);
	ck_assert_int_eq(
		inet_addr_add(f.eth0, inet_addr("20.0.0.1"), 32, 0, RT_SCOPE_HOST, NULL, NULL), 0);
	ck_assert_uint_eq(ask(f.eth0, "172.16.0.1", "20.0.0.1"), 0);
	ipfix_sysctl("net.ipv4.conf.all.arp_ignore", "8");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 0);
}
END_TEST

START_TEST(test_arp_filter)
{
	uint64_t *mib = &ipfix_now()->linux_mib[LINUX_MIB_ARPFILTER];

	ipfix_sysctl("net.ipv4.conf.eth0.arp_filter", "1");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 1);
	ck_assert_uint_eq(ask(f.eth0, "10.0.0.7", A_SELF), 0); /* we would answer by eth1 */
	ipfix_now();
	ck_assert_uint_eq(*mib, 1);
	ck_assert_uint_eq(ask(f.eth0, "8.8.8.8", A_SELF), 0); /* no way back at all */
	ipfix_now();
	ck_assert_uint_eq(*mib, 1);
}
END_TEST

START_TEST(test_proxy)
{
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "10.0.0.9"), 0);
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "10.0.0.9"), 0);
	ipfix_sysctl("net.ipv4.conf.eth0.proxy_arp", "1");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "10.0.0.9"), 1);
	is_frame(0, ARPOP_REPLY, HIM, "10.0.0.9", HIM, "192.168.1.7");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "192.168.1.9"), 0); /* not for its own link */
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "8.8.8.8"), 0);	 /* nor without a route */
	ck_assert_uint_eq(ask(f.eth1, "10.0.0.7", "192.168.1.9"), 0);	 /* nor elsewhere */
	ipfix_sysctl("net.ipv4.conf.eth0.forwarding", "0");
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", "10.0.0.9"), 0);
}
END_TEST

/* --- what is refused --- */

START_TEST(test_malformed)
{
	struct arp_frame good = frame(ARPOP_REQUEST, HIM, "192.168.1.7", NOBODY, A_SELF), bad;
	uint64_t drops = netfix_drops(&f.n, SKB_DROP_REASON_ARP_INVALID);

#define REFUSED(change)                                                                      \
	do {                                                                                 \
		bad = good;                                                                  \
		change;                                                                      \
		nsent = 0;                                                                   \
		rx(f.eth0, &bad, sizeof(bad));                                               \
		ck_assert_uint_eq(nsent, 0);                                                 \
		ck_assert_uint_eq(netfix_drops(&f.n, SKB_DROP_REASON_ARP_INVALID), ++drops); \
	} while (0)
	REFUSED(bad.h.ar_hrd = htons(ARPHRD_ATM));
	REFUSED(bad.h.ar_pro = htons(ETH_P_IPV6));
	REFUSED(bad.h.ar_hln = 8);
	REFUSED(bad.h.ar_pln = 16);
	REFUSED(bad.h.ar_op = 0);
	REFUSED(bad.h.ar_op = htons(ARPOP_RREQUEST));
	REFUSED(memcpy(bad.tip, "\x7f\0\0\1", 4));
	REFUSED(memcpy(bad.tip, "\xe0\0\0\1", 4));
	REFUSED(memset(bad.sha, 0xff, 6));
	REFUSED(bad.sha[0] = 1);
	for (unsigned len = ETH_HLEN; len < sizeof(good); len++) { /* cut anywhere */
		nsent = 0;
		rx(f.eth0, &good, len);
		ck_assert_uint_eq(nsent, 0);
		ck_assert_uint_eq(netfix_drops(&f.n, SKB_DROP_REASON_ARP_INVALID), ++drops);
	}
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
	/* the other number for Ethernet is understood, and padding */
	bad = good;
	bad.h.ar_hrd = htons(ARPHRD_IEEE802);
	rx(f.eth0, &bad, sizeof(bad));
	ck_assert_uint_eq(nsent, 1);
}
END_TEST

START_TEST(test_not_for_us)
{
	struct arp_frame a = frame(ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF);
	uint64_t drops = netfix_drops(&f.n, SKB_DROP_REASON_ARP_IGNORED);

	memcpy(a.eth.h_dest, OTHER, 6);
	rx(f.eth0, &a, sizeof(a));
	ck_assert_uint_eq(netfix_drops(&f.n, SKB_DROP_REASON_ARP_IGNORED) +
				  netfix_drops(&f.n, SKB_DROP_REASON_OTHERHOST),
			  drops + 1);
	f.eth0->flags |= IFF_NOARP;
	ck_assert_uint_eq(ask(f.eth0, "192.168.1.7", A_SELF), 0);
	f.eth0->flags &= ~(unsigned)IFF_NOARP;
}
END_TEST

/* --- learning --- */

static void known(const char *addr, const char *ha, int state)
{
	struct neighbour *n;

	ipfix_enter(0);
	n = ipv4_neigh_lookup(f.eth0, inet_addr(addr));
	ck_assert_int_eq(neigh_update(n, (const uint8_t *)ha, (uint8_t)state,
				      NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN),
			 0);
	ipfix_leave();
}

START_TEST(test_unsolicited_is_not_learnt)
{
	ck_assert_uint_eq(arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF), 0);
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
	arp(f.eth0, ARPOP_REQUEST, HIM, "192.168.1.7", NOBODY, "192.168.1.7"); /* gratuitous */
	arp(f.eth0, ARPOP_REQUEST, HIM, "192.168.1.7", NOBODY, "192.168.1.9");
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
	ipfix_sysctl("net.ipv4.conf.eth0.arp_accept", "2");
	arp(f.eth0, ARPOP_REPLY, HIM, "172.16.0.7", ETH0, A_SELF);
	ck_assert_ptr_null(neigh(f.eth0, "172.16.0.7"));
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_REACHABLE);
	ipfix_sysctl("net.ipv4.conf.eth0.arp_accept", "1");
	arp(f.eth0, ARPOP_REPLY, HIM, "172.16.0.7", ETH0, A_SELF);
	ck_assert_ptr_nonnull(neigh(f.eth0, "172.16.0.7"));
	arp(f.eth0, ARPOP_REQUEST, HIM, "192.168.1.8", NOBODY, "192.168.1.8");
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.8")->nud_state, NUD_STALE);
	/* a question of others */
	arp(f.eth0, ARPOP_REQUEST, HIM, "192.168.1.11", NOBODY, "192.168.1.12");
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.11"));
	/* nobody speaks for us */
	arp(f.eth0, ARPOP_REPLY, HIM, A_SELF, ETH0, A_SELF);
	ck_assert_ptr_null(neigh(f.eth0, A_SELF));
}
END_TEST

START_TEST(test_known_entry_is_updated)
{
	struct neighbour *n;

	known("192.168.1.7", HIM, NUD_STALE);
	n = neigh(f.eth0, "192.168.1.7");
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF);
	ck_assert_int_eq(n->nud_state, NUD_REACHABLE);
	/* another answer within locktime loses */
	arp(f.eth0, ARPOP_REPLY, OTHER, "192.168.1.7", ETH0, A_SELF);
	ck_assert_mem_eq(n->ha, HIM, 6);
	netfix_advance(&f.n, 1100 * NSEC_PER_MSEC);
	arp(f.eth0, ARPOP_REPLY, OTHER, "192.168.1.7", ETH0, A_SELF);
	ck_assert_mem_eq(n->ha, OTHER, 6);
	/* a question proves nothing about reachability */
	netfix_advance(&f.n, 1100 * NSEC_PER_MSEC);
	arp(f.eth0, ARPOP_REQUEST, HIM, "192.168.1.7", NOBODY, "192.168.1.9");
	ck_assert_mem_eq(n->ha, HIM, 6);
	ck_assert_int_eq(n->nud_state, NUD_STALE);
	/* gratuitous: believed at once */
	arp(f.eth0, ARPOP_REQUEST, OTHER, "192.168.1.7", NOBODY, "192.168.1.7");
	ck_assert_mem_eq(n->ha, OTHER, 6);
	/* not gratuitous: tha is not sha */
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, "192.168.1.7");
	ck_assert_mem_eq(n->ha, OTHER, 6);
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", HIM, "192.168.1.7");
	ck_assert_mem_eq(n->ha, HIM, 6);
	ipfix_sysctl("net.ipv4.conf.eth0.drop_gratuitous_arp", "1");
	arp(f.eth0, ARPOP_REQUEST, OTHER, "192.168.1.7", NOBODY, "192.168.1.7");
	ck_assert_mem_eq(n->ha, HIM, 6);
	/* what an administrator wrote stays */
	known("192.168.1.7", HIM, NUD_PERMANENT);
	netfix_advance(&f.n, 5 * NSEC_PER_SEC);
	arp(f.eth0, ARPOP_REPLY, OTHER, "192.168.1.7", ETH0, A_SELF);
	ck_assert_mem_eq(n->ha, HIM, 6);
}
END_TEST

/* --- asking --- */

/* Send a packet of ours by route: 0 or -errno */
static int ip_send(const char *saddr, const char *daddr)
{
	struct flowi4 fl4 = { .daddr = inet_addr(daddr), .saddr = saddr ? inet_addr(saddr) : 0 };
	unsigned char pkt[64];
	unsigned len;
	struct rtable *rt;
	struct sk_buff *skb;
	char from[16];
	int err;

	ipfix_enter(0);
	rt = ip_route_output_key(&f.n.net, &fl4, &err);
	if (!rt) { /* no memory */
		ipfix_leave();
		return err;
	}
	snprintf(from, sizeof(from), IP4_FMT, IP4_ARG(fl4.saddr));
	len = ipfix_pkt(pkt, from, daddr, 200, NULL, 8);
	skb = alloc_skb(&f.n.net, 128);
	if (skb) {
		skb_reserve(skb, 64);
		skb_reset_network_header(skb);
		memcpy(skb_put(skb, len), pkt, len);
		skb_set_transport_header(skb, 20);
		skb->protocol = htons(ETH_P_IP);
		ledger_begin(skb, LEDGER_LOCAL);
		skb_dst_set(skb, &rt->dst);
		err = ip_local_out_sk(NULL, skb);
	} else {
		ip_rt_put(rt);
	}
	ipfix_leave();
	return err;
}

START_TEST(test_O9_question_and_queue)
{
	nsent = 0;
	ipfix_mark();
	ck_assert_int_eq(ip_send(NULL, "192.168.1.7"), 0);
	ck_assert_uint_eq(nsent, 1);
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", A_SELF, NOBODY, "192.168.1.7");
	ck_assert_int_eq(ip_send(NULL, "192.168.1.7"), 0);
	ck_assert_uint_eq(nsent, 1); /* one question a second */
	ck_assert_uint_eq(f.nsent, 0);
	ck_assert_uint_eq(netfix_held(&f.n, HELD_NEIGH), 2);
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF);
	ck_assert_uint_eq(f.nsent, 2); /* the datagrams left, in order */
	ck_assert_mem_eq(f.sent[0].mac, HIM ETH0 "\x08\x00", 14);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_REACHABLE);
	ck_assert_int_eq(ip_send(NULL, "192.168.1.7"), 0);
	ck_assert_uint_eq(f.nsent, 3);
}
END_TEST

START_TEST(test_arp_announce)
{
	nsent = 0;
	ip_send(A_SELF1, "192.168.1.7"); /* 0: the packet's own source */
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", A_SELF1, NOBODY, "192.168.1.7");
	ipfix_sysctl("net.ipv4.conf.eth0.arp_announce", "1");
	nsent = 0;
	ip_send(A_SELF1, "192.168.1.8"); /* not of the target's subnet */
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", A_SELF, NOBODY, "192.168.1.8");
	ck_assert_int_eq(inet_addr_add(f.eth0, inet_addr("192.168.1.50"), 24, 0, RT_SCOPE_UNIVERSE,
				       NULL, NULL),
			 0);
	nsent = 0;
	ip_send("192.168.1.50", "192.168.1.10");
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", "192.168.1.50", NOBODY,
		 "192.168.1.10");
	ipfix_sysctl("net.ipv4.conf.eth0.arp_announce", "2");
	nsent = 0;
	ip_send("192.168.1.50", "192.168.1.11"); /* the primary */
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", A_SELF, NOBODY, "192.168.1.11");
}
END_TEST

START_TEST(test_nobody_answers)
{
	const unsigned char *icmp;

	nsent = 0;
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_mark();
	/* a packet that we forward: its sender is told */
	{
		unsigned char pkt[64];

		ipfix_rx(f.eth1, pkt, ipfix_pkt(pkt, A_PEER1, "192.168.1.7", 200, NULL, 16));
	}
	ck_assert_uint_eq(nsent, 1);
	netfix_advance(&f.n, 1001 * NSEC_PER_MSEC);
	ck_assert_uint_eq(nsent, 2);
	netfix_advance(&f.n, 1001 * NSEC_PER_MSEC);
	ck_assert_uint_eq(nsent, 3);
	ck_assert_uint_eq(f.nsent, 0);
	netfix_advance(&f.n, 1001 * NSEC_PER_MSEC);
	ck_assert_uint_eq(nsent, 3);
	ck_assert_uint_eq(f.nsent, 1);
	icmp = ipfix_sent_icmp(0, A_SELF1, A_PEER1, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
	ck_assert_ptr_nonnull(icmp);
	ck_assert_uint_eq(ipfix_dropped(SKB_DROP_REASON_NEIGH_FAILED), 1);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_FAILED);
	/* asked again when somebody wants it again */
	ip_send(NULL, "192.168.1.7");
	ck_assert_uint_eq(nsent, 4);
}
END_TEST

START_TEST(test_unicast_probes)
{
	known("192.168.1.7", HIM, NUD_STALE);
	nsent = 0;
	/* used while stale: DELAY, asked after 5 s, at its own address first */
	ip_send(NULL, "192.168.1.7");
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_DELAY);
	netfix_advance(&f.n, 5004 * NSEC_PER_MSEC);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_PROBE);
	ck_assert_uint_eq(nsent, 1);
	is_frame(0, ARPOP_REQUEST, HIM, A_SELF, NOBODY, "192.168.1.7");
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.7", ETH0, A_SELF);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_REACHABLE);
}
END_TEST

START_TEST(test_kinds_of_entries)
{
	struct neighbour *n;

	ipfix_enter(0);
	n = ipv4_neigh_lookup(f.eth0, inet_addr("224.129.2.3"));
	ck_assert_int_eq(n->nud_state, NUD_NOARP);
	ck_assert_mem_eq(n->ha, "\x01\x00\x5e\x01\x02\x03", 6); /* the low 23 bits */
	n = ipv4_neigh_lookup(f.eth0, inet_addr("192.168.1.255"));
	ck_assert_int_eq(n->nud_state, NUD_NOARP);
	ck_assert_mem_eq(n->ha, "\xff\xff\xff\xff\xff\xff", 6);
	n = ipv4_neigh_lookup(f.lo, inet_addr("127.0.0.1"));
	ck_assert_ptr_eq(ipv4_neigh_lookup(f.lo, inet_addr("127.0.0.2")), n); /* one serves all */
	ck_assert_int_eq(n->nud_state, NUD_NOARP);
	ipfix_leave();
}
END_TEST

START_TEST(test_arp_notify)
{
	unsigned char mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 0x33 };

	ck_assert_int_eq(inet_addr_add(f.eth0, inet_addr("192.168.1.50"), 24, 0, RT_SCOPE_UNIVERSE,
				       NULL, NULL),
			 0);
	dev_close(f.eth0);
	nsent = 0;
	ck_assert_int_eq(dev_open(f.eth0, NULL), 0);
	netfix_run(&f.n);
	ck_assert_uint_eq(nsent, 0);
	ipfix_sysctl("net.ipv4.conf.eth0.arp_notify", "1");
	dev_close(f.eth0);
	ck_assert_int_eq(dev_open(f.eth0, NULL), 0);
	netfix_run(&f.n);
	ck_assert_uint_eq(nsent, 2);
	is_frame(0, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", A_SELF, NOBODY, A_SELF);
	is_frame(1, ARPOP_REQUEST, "\xff\xff\xff\xff\xff\xff", "192.168.1.50", NOBODY,
		 "192.168.1.50");
	known("192.168.1.7", HIM, NUD_REACHABLE);
	nsent = 0;
	f.eth0->netdev_ops = &(const struct net_device_ops){ .ndo_start_xmit = capture,
							     .ndo_set_mac_address = eth_mac_addr };
	ck_assert_int_eq(dev_set_mac_address(f.eth0, mac, NULL), 0);
	f.eth0->netdev_ops = &capture_ops;
	netfix_run(&f.n);
	ck_assert_uint_eq(nsent, 2);
	ck_assert_mem_eq(sent[0].sha, mac, 6);
	/* all is forgotten with the old address */
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
}
END_TEST

START_TEST(test_carrier_lost)
{
	known("192.168.1.7", HIM, NUD_REACHABLE);
	ipfix_sysctl("net.ipv4.conf.eth0.arp_evict_nocarrier", "0");
	netif_carrier_off(f.eth0);
	netfix_settle(&f.n);
	ck_assert_ptr_nonnull(neigh(f.eth0, "192.168.1.7"));
	netif_carrier_on(f.eth0);
	netfix_settle(&f.n);
	ipfix_sysctl("net.ipv4.conf.eth0.arp_evict_nocarrier", "1");
	netif_carrier_off(f.eth0);
	netfix_settle(&f.n);
	ck_assert_ptr_null(neigh(f.eth0, "192.168.1.7"));
	ck_assert_ptr_nonnull(neigh(f.eth0, A_PEER)); /* permanent */
	netif_carrier_on(f.eth0);
	netfix_settle(&f.n);
}
END_TEST

/* --- files, ioctls --- */

START_TEST(test_proc_net_arp)
{
	const char *s;

	known("192.168.1.7", HIM, NUD_STALE);
	ipfix_enter(0);
	ipv4_neigh_lookup(f.eth0, inet_addr("224.0.0.1"));   /* needs no ARP: not shown */
	ipv4_neigh_lookup(f.eth0, inet_addr("192.168.1.8")); /* nobody asked: not shown */
	ipfix_leave();
	ip_send(NULL, "192.168.1.9");
	s = netfix_cat(&f.n, "/proc/net/arp");
	ck_assert_ptr_eq(
		strstr(s,
		       "IP address       HW type     Flags       HW address            Mask    "
		       " Device\n"),
		s);
	ck_assert_ptr_nonnull(strstr(
		s,
		"\n192.168.1.7      0x1         0x2         02:00:00:00:00:77     *        "
		"eth0\n"));
	ck_assert_ptr_nonnull(strstr(
		s,
		"\n192.168.1.2      0x1         0x6         02:00:00:00:00:02     *        "
		"eth0\n"));
	ck_assert_ptr_nonnull(strstr(
		s,
		"\n192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        "
		"eth0\n"));
	ck_assert_ptr_nonnull(strstr(
		s,
		"\n10.0.0.2         0x1         0x6         02:00:00:00:00:02     *        "
		"eth1\n"));
	ck_assert_ptr_null(strstr(s, "224.0.0.1"));
	ck_assert_ptr_null(strstr(s, "192.168.1.8"));
}
END_TEST

static int ioctl_(unsigned cmd, struct arpreq *r, const char *dev, const char *addr, const char *ha,
		  int flags)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(addr) };

	memset(r, 0, sizeof(*r));
	memcpy(&r->arp_pa, &sin, sizeof(sin));
	r->arp_flags = flags;
	r->arp_ha.sa_family = ARPHRD_ETHER;
	if (ha)
		memcpy(r->arp_ha.sa_data, ha, 6);
	snprintf(r->arp_dev, sizeof(r->arp_dev), "%s", dev);
	return arp_ioctl(&f.n.net, cmd, r, true);
}

START_TEST(test_ioctls)
{
	struct arpreq r;

	ck_assert_int_eq(ioctl_(SIOCGARP, &r, "eth0", "192.168.1.7", NULL, 0), -ENXIO);
	ck_assert_int_eq(ioctl_(SIOCSARP, &r, "eth0", "192.168.1.7", HIM, ATF_PERM), 0);
	ck_assert_int_eq(ioctl_(SIOCGARP, &r, "eth0", "192.168.1.7", NULL, 0), 0);
	ck_assert_int_eq(r.arp_flags, ATF_PERM | ATF_COM);
	ck_assert_int_eq(r.arp_ha.sa_family, ARPHRD_ETHER);
	ck_assert_mem_eq(r.arp_ha.sa_data, HIM, 6);
	/* the device by its subnet */
	ck_assert_int_eq(ioctl_(SIOCSARP, &r, "", "192.168.1.8", HIM, 0), 0);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.8")->nud_state, NUD_STALE);
	ck_assert_int_eq(ioctl_(SIOCDARP, &r, "eth0", "192.168.1.7", NULL, 0), 0);
	ck_assert_int_eq(neigh(f.eth0, "192.168.1.7")->nud_state, NUD_FAILED);
	ck_assert_int_eq(ioctl_(SIOCDARP, &r, "eth0", "192.168.1.99", NULL, 0), -ENXIO);
	ck_assert_int_eq(ioctl_(SIOCGARP, &r, "eth9", "192.168.1.7", NULL, 0), -ENODEV);
	ck_assert_int_eq(ioctl_(SIOCSARP, &r, "eth0", "192.168.1.7", HIM, ATF_NETMASK), -EINVAL);
	ck_assert_int_eq(ioctl_(SIOCSARP, &r, "eth0", "192.168.1.7", HIM, ATF_PUBL), -EOPNOTSUPP);
	ck_assert_int_eq(arp_ioctl(&f.n.net, SIOCSARP, &r, false), -EPERM);
	r.arp_pa.sa_family = AF_INET6;
	ck_assert_int_eq(arp_ioctl(&f.n.net, SIOCGARP, &r, true), -EPFNOSUPPORT);
}
END_TEST

/* --- failures --- */

static bool faulty(unsigned long nth, bool *ret_hit)
{
	struct kmem *kmem;

	begin();
	kmem = &f.n.net.m.kmem;
	kmem_fail_nth(kmem, nth, NULL);
	ask(f.eth0, "192.168.1.7", A_SELF);
	ask(f.eth0, "0.0.0.0", A_SELF);
	ip_send(NULL, "192.168.1.9");
	arp(f.eth0, ARPOP_REPLY, HIM, "192.168.1.9", ETH0, A_SELF);
	ip_send(NULL, "192.168.1.10");
	netfix_advance(&f.n, 4 * NSEC_PER_SEC);
	*ret_hit = kmem_fault_hit(kmem);
	kmem_fail_nth(kmem, 0, NULL);
	end();
	return true;
}

START_TEST(test_failures)
{
	ck_assert_uint_gt(faulty_sweep(faulty), 15);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("arp");
	TCase *tc = tcase_create("arp"), *sweep = tcase_create("failures");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_question_is_answered);
	tcase_add_test(tc, test_probe_before_use);
	tcase_add_test(tc, test_arp_ignore);
	tcase_add_test(tc, test_arp_filter);
	tcase_add_test(tc, test_proxy);
	tcase_add_test(tc, test_malformed);
	tcase_add_test(tc, test_not_for_us);
	tcase_add_test(tc, test_unsolicited_is_not_learnt);
	tcase_add_test(tc, test_known_entry_is_updated);
	tcase_add_test(tc, test_O9_question_and_queue);
	tcase_add_test(tc, test_arp_announce);
	tcase_add_test(tc, test_nobody_answers);
	tcase_add_test(tc, test_unicast_probes);
	tcase_add_test(tc, test_kinds_of_entries);
	tcase_add_test(tc, test_arp_notify);
	tcase_add_test(tc, test_carrier_lost);
	tcase_add_test(tc, test_proc_net_arp);
	tcase_add_test(tc, test_ioctls);
	suite_add_tcase(s, tc);
	tcase_set_timeout(sweep, 120);
	tcase_add_test(sweep, test_failures);
	suite_add_tcase(s, sweep);
	return s;
}
