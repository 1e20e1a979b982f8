/* SPDX-License-Identifier: MIT */
/* check_tpacket_vnet: the tpacket driver with offload headers, the kernel played by fakehost.h */
#include "drivers/tpacket.h"

#include "drivers/vnet_hdr.h"
#include "fakehost.h"
#include "wire.h"

static struct net_device *dev;
static struct sk_buff *seen;
static unsigned n_seen;

static int see(struct sk_buff *skb, struct net_device *d, struct packet_type *pt, struct net_device *orig)
{
	consume_skb(seen);
	seen = skb;
	n_seen++;
	return 0;
}

static void make_up(void)
{
	struct nif_options opts = wire_opts("gn0", 1);
	struct extack err = { "" };

	ck_assert_msg(drivers_probe(&w.n.net, "packet:host0,vnet_hdr=on", &opts, &dev, &err) == 0, "%s", err.msg);
	wire_up(dev);
	w.pt.func = see;
	seen = NULL;
	n_seen = 0;
}

static void forget(void)
{
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	consume_skb(seen);
	seen = NULL;
	vcpu_leave(w.n.net.m.cpu[0]);
}

static void run(void)
{
	fake_retire(&h.ring);
	do {
		for (unsigned v = 0; v < NR_IRQS; v++)
			if (nif_line(&w.n.net, v).dev == dev && nif_line(&w.n.net, v).fd == h.fd)
				vcpu_irq(irq_cpu(&w.n.net.m, (int)v), v);
		netfix_run(&w.n);
	} while (fake_readable(&h.ring));
}

/* A frame of UDP with @payload bytes behind the header @vh; true when it came up. */
static bool put(struct virtio_net_hdr vh, unsigned payload)
{
	static unsigned char frame[65553];
	const struct iphdr iph = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP };
	unsigned len = netfix_frame(frame, wire_own, wire_peer, ETH_P_IP, ETH_HLEN + 28 + payload), before = n_seen;

	memcpy(frame + ETH_HLEN, &iph, sizeof(iph));
	for (unsigned i = 0; i < payload; i++)
		frame[ETH_HLEN + 28 + i] = (unsigned char)(i * 3 + i / 255);
	memcpy(h.ring.ahead, &vh, sizeof(h.ring.ahead));
	ck_assert(fake_put(&h.ring, frame, len, len, 0, 0));
	run();
	if (n_seen == before)
		return false;
	ck_assert_uint_eq(seen->len, 28 + payload);
	ck_assert_int_eq(memcmp(seen->data, frame + ETH_HLEN, seen->len), 0);
	return true;
}

#define NEEDS_CSUM .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6

START_TEST(test_set_up)
{
	struct extack err = { "" };

	ck_assert_int_eq(drivers_probe(&w.n.net, "packet:host0,v=2,vnet_hdr=on", NULL, &dev, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "belongs to v=3"));
	make_up();
	ck_assert(h.vnet);
	ck_assert_uint_eq(h.req.tp_block_size, 1 << 20);
	ck_assert(dev->features & NETIF_F_HW_CSUM);
	ck_assert(dev->features & NETIF_F_GSO_UDP_L4);
}
END_TEST

START_TEST(test_F6_G2_receive)
{
	make_up();
	ck_assert(put((struct virtio_net_hdr){ .flags = 0 }, 100));
	ck_assert_uint_eq(seen->ip_summed, CHECKSUM_NONE);
	ck_assert(put((struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_DATA_VALID }, 100));
	ck_assert_uint_eq(seen->ip_summed, CHECKSUM_UNNECESSARY);
	ck_assert(put((struct virtio_net_hdr){ NEEDS_CSUM }, 100));
	ck_assert_uint_eq(seen->ip_summed, CHECKSUM_PARTIAL);
	ck_assert(put((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = VNET_GSO_UDP_L4, .gso_size = 1400 }, 60000));
	ck_assert_uint_eq(skb_shinfo(seen)->gso_size, 1400);
	ck_assert_uint_eq(skb_shinfo(seen)->gso_segs, 43);
	ck_assert_uint_eq(seen->truesize, skb_truesize(NET_SKB_PAD) + 61440);
	ck_assert_uint_eq(wire_stat(dev, "rx_gso"), 1);
	/* long, and one frame only */
	ck_assert(!put((struct virtio_net_hdr){ .flags = 0 }, 3000));
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_TRUNCATED), 1);
	/* headers that do not fit */
	ck_assert(!put((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1400 }, 5000));
	ck_assert(!put((struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 65535, .csum_offset = 65535 }, 100));
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_OFFLOAD), 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_bad_offload"), 2);
	ck_assert(put((struct virtio_net_hdr){ .flags = 0 }, 10));
	forget();
}
END_TEST

START_TEST(test_no_room_for_the_header)
{
	make_up();
	memset(h.ring.ahead, 0, sizeof(h.ring.ahead));
	ck_assert(fake_put(&h.ring, "01234567890123456789", 20, 20, 0, 0));
	h.ring.last->tp_mac = sizeof(struct tpacket3_hdr) + 9;
	run();
	ck_assert_uint_eq(wire_stat(dev, "rx_ring_errors"), 1);
	ck_assert(put((struct virtio_net_hdr){ .flags = 0 }, 10));
	forget();
}
END_TEST

START_TEST(test_O12_transmit)
{
	struct virtio_net_hdr vh;
	struct sk_buff *skb;

	make_up();
	h.room = 100;
	wire_send(dev, 100, 1);
	netfix_run(&w.n);
	memcpy(&vh, h.last_hdr, sizeof(vh));
	ck_assert_uint_eq(vh.flags, 0);
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	skb = wire_skb(dev, 60042, 7);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint16_t)(skb_headroom(skb) + 34);
	skb->csum_offset = 6;
	skb_set_network_header(skb, 14);
	skb_set_transport_header(skb, 34);
	skb_shinfo(skb)->gso_size = 1400;
	skb_shinfo(skb)->gso_segs = 43;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	ck_assert_int_eq(dev_queue_xmit(skb), 0);
	vcpu_leave(w.n.net.m.cpu[0]);
	netfix_run(&w.n);
	memcpy(&vh, h.last_hdr, sizeof(vh));
	ck_assert_uint_eq(h.last_len, 60042);
	ck_assert_uint_eq(vh.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_uint_eq(vh.gso_type, VNET_GSO_UDP_L4);
	ck_assert_uint_eq(vh.gso_size, 1400);
	/* a batch that is taken in parts keeps each header with its frame */
	h.room = 0;
	for (unsigned i = 0; i < 5; i++)
		wire_send(dev, 100 + i, (unsigned char)i);
	netfix_run(&w.n);
	for (unsigned i = 0; i < 5; i++) {
		h.room = 1;
		netfix_advance(&w.n, 20 * NSEC_PER_MSEC);
		ck_assert_uint_eq(h.last_len, 100 + i);
	}
	ck_assert_uint_eq(wire_stat(dev, "tx_gso"), 1);
}
END_TEST

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	memset(&h, 0, sizeof(h));
	h.fd = h.link_fd = h.fail_opt = h.refuse_type = -1;
	h.if_flags = IFF_UP | IFF_RUNNING;
	h.if_mtu = 1500;
	h.ifindex = 5;
	h.room = ~0u;
	w.n.ops.dev_open = tp_dev_open;
	wire_begin(1);
}

static void end(void)
{
	wire_end();
	forget_ring();
}

Suite *suite(void)
{
	const TTest *const tests[] = { test_set_up, test_F6_G2_receive, test_no_room_for_the_header, test_O12_transmit, NULL };

	return suite_of("tpacket_vnet", begin, end, tests);
}
