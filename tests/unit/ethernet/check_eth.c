/* SPDX-License-Identifier: MIT */
/* check_eth.c: classification of frames, header building and caching, addresses. */
#include "ethernet/eth.h"

#include <errno.h>
#include <linux/if_arp.h>

#include "support/netfix.h"

static struct netfix n;
static struct net_device *dev;

static const unsigned char own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 1 };
static const unsigned char peer[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 2 };
static const unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0, 0, 1 };
static const unsigned char all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void begin(void)
{
	memset(&n, 0, sizeof(n));
	netfix_begin(&n, 1);
	dev = alloc_netdev_mqs(&n.net, 0, "eth0", ether_setup, 1, 1);
	ck_assert_ptr_nonnull(dev);
	memcpy(dev->dev_addr, own, ETH_ALEN);
	vcpu_enter(n.net.m.cpu[0], NULL);
}

static void end(void)
{
	vcpu_leave(n.net.m.cpu[0]);
	free_netdev(dev);
	netfix_end(&n);
}

static struct sk_buff *received(const unsigned char *dst, uint16_t type, unsigned len)
{
	struct sk_buff *skb = __netdev_alloc_skb(dev, len);

	ck_assert_ptr_nonnull(skb);
	netfix_frame(skb_put(skb, len), dst, peer, type, len);
	skb->dev = NULL;
	return skb;
}

static void classify_one(const unsigned char *dst, int pkt_type)
{
	struct sk_buff *skb = received(dst, ETH_P_IP, 60);
	unsigned char *frame = skb->data;

	ck_assert_uint_eq(eth_type_trans(skb, dev), htons(ETH_P_IP));
	ck_assert_int_eq(skb->pkt_type, pkt_type);
	ck_assert_ptr_eq(skb->dev, dev);
	ck_assert_ptr_eq(skb_mac_header(skb), frame);
	ck_assert_ptr_eq(skb->data, frame + 14);
	ck_assert_uint_eq(skb->len, 46);
	consume_skb(skb);
}

START_TEST(test_F9_pkt_type)
{
	classify_one(own, PACKET_HOST);
	classify_one(all, PACKET_BROADCAST);
	classify_one(group, PACKET_MULTICAST);
	classify_one(peer, PACKET_OTHERHOST);
}
END_TEST

static void protocol_one(uint16_t type, unsigned len, int b0, int b1, uint16_t want)
{
	struct sk_buff *skb = received(own, type, len);

	if (len > 14)
		skb->data[14] = (unsigned char)b0;
	if (len > 15)
		skb->data[15] = (unsigned char)b1;
	ck_assert_uint_eq(eth_type_trans(skb, dev), htons(want));
	ck_assert_uint_eq(skb->len, len - 14);
	consume_skb(skb);
}

START_TEST(test_F9_protocol)
{
	protocol_one(ETH_P_ARP, 60, 0, 0, ETH_P_ARP);
	protocol_one(0x0600, 60, 0, 0, 0x0600);
	protocol_one(0x05ff, 60, 0xaa, 0xaa, ETH_P_802_2);
	protocol_one(46, 60, 0xff, 0xff, ETH_P_802_3);
	protocol_one(46, 60, 0xff, 0x03, ETH_P_802_2);
	protocol_one(0, 14, 0, 0, ETH_P_802_2);
	protocol_one(0, 15, 0xff, 0, ETH_P_802_2);
	protocol_one(0, 16, 0xff, 0xff, ETH_P_802_3);
	protocol_one(ETH_P_IP, 14, 0, 0, ETH_P_IP);
}
END_TEST

static struct sk_buff *sent(void)
{
	struct sk_buff *skb = alloc_skb(&n.net, 128);

	ck_assert_ptr_nonnull(skb);
	skb_reserve(skb, 64);
	memset(skb_put(skb, 10), 0x5a, 10);
	return skb;
}

START_TEST(test_header_complete)
{
	static const unsigned char want[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x5a };
	struct sk_buff *skb = sent();

	ck_assert_int_eq(eth_header(skb, dev, ETH_P_IP, peer, NULL, 10), 14);
	ck_assert_uint_eq(skb->len, 24);
	ck_assert_mem_eq(skb->data, want, sizeof(want));
	consume_skb(skb);
}
END_TEST

START_TEST(test_header_length_and_source)
{
	static const unsigned char want[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x00, 0x0a };
	struct sk_buff *skb = sent();

	ck_assert_int_eq(eth_header(skb, dev, ETH_P_802_2, own, peer, 10), 14);
	ck_assert_mem_eq(skb->data, want, sizeof(want));
	consume_skb(skb);
}
END_TEST

START_TEST(test_header_without_destination)
{
	static const unsigned char want[] = { 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x08, 0x06 };
	struct sk_buff *skb = sent();

	ck_assert_int_eq(eth_header(skb, dev, ETH_P_ARP, NULL, NULL, 10), -14);
	ck_assert_mem_eq(skb->data, want, sizeof(want));
	consume_skb(skb);
	skb = sent();
	dev->flags |= IFF_NOARP;
	ck_assert_int_eq(dev_hard_header(skb, dev, ETH_P_ARP, NULL, NULL, 10), 14);
	ck_assert_mem_eq(skb->data, want, sizeof(want));
	consume_skb(skb);
}
END_TEST

START_TEST(test_header_parse)
{
	struct sk_buff *skb = received(own, ETH_P_IP, 60);
	unsigned char haddr[MAX_ADDR_LEN] = { 0 };

	eth_type_trans(skb, dev);
	ck_assert_int_eq(eth_header_ops.parse(skb, haddr), 6);
	ck_assert_mem_eq(haddr, peer, ETH_ALEN);
	consume_skb(skb);
}
END_TEST

START_TEST(test_header_cache)
{
	static const unsigned char want[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00 };
	struct neighbour neigh = { .dev = dev };
	struct hh_cache hh = { 0 };

	memcpy(neigh.ha, peer, ETH_ALEN);
	ck_assert_int_eq(eth_header_ops.cache(&neigh, &hh, htons(ETH_P_802_3)), -1);
	ck_assert_uint_eq(hh.hh_len, 0);
	ck_assert_int_eq(eth_header_ops.cache(&neigh, &hh, htons(ETH_P_IP)), 0);
	ck_assert_uint_eq(hh.hh_len, 14);
	ck_assert_mem_eq(hh.data + 2, want, sizeof(want));
	eth_header_ops.cache_update(&hh, dev, group);
	ck_assert_mem_eq(hh.data + 2, group, ETH_ALEN);
	ck_assert_mem_eq(hh.data + 8, want + 6, 8);
}
END_TEST

START_TEST(test_C11_addresses)
{
	static const unsigned char zero[ETH_ALEN];

	ck_assert_int_eq(eth_validate_addr(dev), 0);
	ck_assert_int_eq(eth_mac_addr(dev, group), -EADDRNOTAVAIL);
	ck_assert_int_eq(eth_mac_addr(dev, zero), -EADDRNOTAVAIL);
	ck_assert_int_eq(eth_mac_addr(dev, all), -EADDRNOTAVAIL);
	ck_assert_mem_eq(dev->dev_addr, own, ETH_ALEN);
	ck_assert_int_eq(eth_mac_addr(dev, peer), 0);
	ck_assert_mem_eq(dev->dev_addr, peer, ETH_ALEN);
	memcpy(dev->dev_addr, group, ETH_ALEN);
	ck_assert_int_eq(eth_validate_addr(dev), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(test_B6_random_address)
{
	unsigned char a[ETH_ALEN], b[ETH_ALEN];

	for (int i = 0; i < 100; i++) {
		eth_random_addr(&n.net, a);
		ck_assert_int_eq(a[0] & 3, 2);
	}
	eth_random_addr(&n.net, b);
	ck_assert_mem_ne(a, b, ETH_ALEN);
}
END_TEST

START_TEST(test_setup)
{
	ck_assert_uint_eq(dev->type, ARPHRD_ETHER);
	ck_assert_uint_eq(dev->hard_header_len, 14);
	ck_assert_uint_eq(dev->addr_len, 6);
	ck_assert_uint_eq(dev->mtu, 1500);
	ck_assert_uint_eq(dev->min_mtu, 68);
	ck_assert_uint_eq(dev->max_mtu, 1500);
	ck_assert_uint_eq(dev->tx_queue_len, 1000);
	ck_assert_uint_eq(dev->flags, IFF_BROADCAST | IFF_MULTICAST);
	ck_assert_mem_eq(dev->broadcast, all, ETH_ALEN);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_F9_pkt_type, test_F9_protocol, test_header_complete,
		test_header_length_and_source, test_header_without_destination, test_header_parse,
		test_header_cache, test_C11_addresses, test_B6_random_address, test_setup, NULL,
	};

	return suite_of("eth", begin, end, tests);
}
