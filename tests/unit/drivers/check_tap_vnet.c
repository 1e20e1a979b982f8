/* SPDX-License-Identifier: MIT */
/* check_tap_vnet.c: the TAP driver with offload headers, against one end of a socketpair: what the headers say, and what they may not. */
#include "drivers/tap.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/vnet_hdr.h"
#include "wire.h"

static struct net_device *dev;
static int peer = -1;
static const char *want_spec;
static bool old_host; /* cannot cut UDP */

static struct {
	unsigned count, len, ip_summed, csum_start, csum_offset, truesize;
	struct skb_shared_info gso;
	unsigned char data[65536];
} got;

static int vnet_dev_open(void *ctx, const char *spec, unsigned queue)
{
	int sv[2];

	if (old_host && !strcmp(spec, "tap-uso:gn0"))
		return -EINVAL;
	ck_assert_str_eq(spec, want_spec);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sv), 0);
	peer = sv[1];
	return sv[0];
}

static int vnet_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt, struct net_device *orig)
{
	got.count++;
	got.len = skb->len;
	got.ip_summed = skb->ip_summed;
	got.csum_start = (unsigned)skb_checksum_start_offset(skb);
	got.csum_offset = skb->csum_offset;
	got.truesize = skb->truesize;
	got.gso = *skb_shinfo(skb);
	memcpy(got.data, skb->data, skb->len);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void begin(void)
{
	struct nif_options opts = wire_opts(NULL, 1);
	struct extack err = { "" };

	signal(SIGPIPE, SIG_IGN);
	memset(&w, 0, sizeof(w));
	memset(&got, 0, sizeof(got));
	old_host = false;
	want_spec = "tap-uso:gn0";
	w.n.ops.dev_open = vnet_dev_open;
	wire_begin(1);
	w.pt.func = vnet_rcv;
	ck_assert_msg(drivers_probe(&w.n.net, "tap:gn0,vnet_hdr=on", &opts, &dev, &err) == 0, "%s", err.msg);
}

static void end(void)
{
	if (peer >= 0)
		close(peer);
	peer = -1;
	wire_end();
}

static void run(void)
{
	for (unsigned rounds = 0; rounds < 1000; rounds++) {
		bool any = false;

		for (unsigned v = 0; v < NR_IRQS; v++) {
			struct nif_line line = nif_line(&w.n.net, v);
			struct pollfd p = { .fd = line.fd, .events = POLLIN };

			if (!w.n.unmasked[v] || line.fd < 0 || poll(&p, 1, 0) != 1)
				continue;
			vcpu_irq(irq_cpu(&w.n.net.m, (int)v), v);
			any = true;
		}
		netfix_run(&w.n);
		if (!any)
			return;
	}
	ck_abort_msg("it never ends");
}

/* A frame of UDP with @payload bytes behind the header @h; what came of it is in got. */
static void put(struct virtio_net_hdr h, unsigned payload)
{
	static unsigned char buf[VNET_HDR_SIZE + 65553];
	struct iphdr iph = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP, .tot_len = htons((uint16_t)(28 + payload)) };
	unsigned len = netfix_frame(buf + VNET_HDR_SIZE, wire_own, wire_peer, ETH_P_IP, ETH_HLEN + 28 + payload);

	memcpy(buf, &h, sizeof(h));
	memcpy(buf + VNET_HDR_SIZE + ETH_HLEN, &iph, sizeof(iph));
	for (unsigned i = 0; i < payload; i++)
		buf[VNET_HDR_SIZE + ETH_HLEN + 28 + i] = (unsigned char)(i * 5 + i / 255);
	ck_assert_int_eq(write(peer, buf, VNET_HDR_SIZE + len), (int)(VNET_HDR_SIZE + len));
	got.count = 0;
	run();
}

static void came(unsigned payload)
{
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.len, 28 + payload);
	for (unsigned i = 0; i < payload; i++)
		ck_assert_uint_eq(got.data[28 + i], (unsigned char)(i * 5 + i / 255));
}

#define NEEDS_CSUM .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6

START_TEST(test_spec)
{
	struct extack err = { "" };
	struct net_device *other;

	ck_assert_int_eq(drivers_probe(&w.n.net, "tap:x,vnet_hdr=maybe", NULL, &other, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "vnet_hdr=maybe: on or off");
	wire_up(dev);
	ck_assert(dev->features & NETIF_F_HW_CSUM);
	ck_assert(dev->features & NETIF_F_GSO_UDP_L4);
	dev_close(dev);
	old_host = true;
	want_spec = "tap-csum:gn0";
	close(peer);
	wire_up(dev);
	ck_assert(dev->features & NETIF_F_HW_CSUM);
	ck_assert(!(dev->features & NETIF_F_GSO_UDP_L4));
}
END_TEST

START_TEST(test_F6_F8_checksums)
{
	wire_up(dev);
	put((struct virtio_net_hdr){ .flags = 0 }, 100);
	came(100);
	ck_assert_uint_eq(got.ip_summed, CHECKSUM_NONE);
	put((struct virtio_net_hdr){ NEEDS_CSUM }, 100);
	came(100);
	ck_assert_uint_eq(got.ip_summed, CHECKSUM_PARTIAL);
	ck_assert_uint_eq(got.csum_start, 20);
	ck_assert_uint_eq(got.csum_offset, 6);
	put((struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_DATA_VALID }, 100);
	came(100);
	ck_assert_uint_eq(got.ip_summed, CHECKSUM_UNNECESSARY);
	ck_assert_uint_eq(got.truesize, skb_truesize(142 + NET_SKB_PAD + NET_IP_ALIGN));
	ck_assert_uint_eq(wire_stat(dev, "rx_csum_partial"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_csum_valid"), 1);
}
END_TEST

START_TEST(test_G1_frames_that_stand_for_many)
{
	struct virtio_net_hdr h = { NEEDS_CSUM, .gso_type = VNET_GSO_UDP_L4, .gso_size = 1400 };

	wire_up(dev);
	put(h, 60000); /* the first is read in two parts */
	came(60000);
	ck_assert_uint_eq(got.gso.gso_size, 1400);
	ck_assert_uint_eq(got.gso.gso_segs, 43);
	ck_assert_uint_eq(got.gso.gso_type, SKB_GSO_UDP_L4);
	ck_assert_uint_eq(got.truesize, skb_truesize(NET_SKB_PAD) + 61440);
	put(h, 65507);
	came(65507);
	put(h, 1400); /* one is not many */
	came(1400);
	ck_assert_uint_eq(got.gso.gso_size, 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_gso"), 2);
	for (unsigned i = 0; i < 40; i++) { /* small again */
		put((struct virtio_net_hdr){ .flags = 0 }, i * 30);
		came(i * 30);
	}
	put(h, 3000);
	came(3000);
	netfix_balanced(&w.n);
}
END_TEST

/* Refused by the driver, and the next one is not hurt. */
static void bad(struct virtio_net_hdr h, unsigned payload)
{
	uint64_t before = netfix_drops(&w.n, SKB_DROP_REASON_RX_OFFLOAD), errors = wire_stats(dev).rx_frame_errors;

	put(h, payload);
	ck_assert_uint_eq(got.count, 0);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_OFFLOAD), before + 1);
	ck_assert_uint_eq(wire_stats(dev).rx_frame_errors, errors + 1);
	put((struct virtio_net_hdr){ .flags = 0 }, 10);
	came(10);
	netfix_balanced(&w.n);
}

START_TEST(test_headers_that_do_not_fit)
{
	const uint8_t needs = VIRTIO_NET_HDR_F_NEEDS_CSUM, uso = VNET_GSO_UDP_L4;

	wire_up(dev);
	bad((struct virtio_net_hdr){ .flags = needs, .csum_start = 13, .csum_offset = 6 }, 100);
	bad((struct virtio_net_hdr){ .flags = needs, .csum_start = 34, .csum_offset = 108 }, 75);
	bad((struct virtio_net_hdr){ .flags = needs, .csum_start = 65535, .csum_offset = 65535 }, 100);
	bad((struct virtio_net_hdr){ .gso_type = uso, .gso_size = 1400 }, 5000);
	bad((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = uso }, 5000);
	bad((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1400 }, 5000);
	bad((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = 77, .gso_size = 1400 }, 5000);
	bad((struct virtio_net_hdr){ .flags = needs, .csum_start = 38, .csum_offset = 6, .gso_type = uso, .gso_size = 9 }, 5000);
	bad((struct virtio_net_hdr){ .flags = needs, .csum_start = 34, .csum_offset = 16, .gso_type = uso, .gso_size = 9 }, 5000);
	bad((struct virtio_net_hdr){ NEEDS_CSUM, .gso_type = uso, .gso_size = 9 }, 0);
	ck_assert_uint_eq(wire_stat(dev, "rx_bad_offload"), 10);
	/* longer than the MTU and not many */
	put((struct virtio_net_hdr){ .flags = 0 }, 3000);
	ck_assert_uint_eq(got.count, 0);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_TRUNCATED), 1);
	/* less than a header */
	ck_assert_int_eq(write(peer, "12345678", 8), 8);
	run();
	ck_assert(!netif_carrier_ok(dev));
}
END_TEST

static unsigned sent(struct vnet_hdr *h, unsigned char *frame)
{
	unsigned char buf[VNET_HDR_SIZE + 65553];
	ssize_t n = read(peer, buf, sizeof(buf));

	ck_assert_int_gt(n, VNET_HDR_SIZE);
	memcpy(h, buf, sizeof(*h));
	memcpy(frame, buf + VNET_HDR_SIZE, (size_t)n - VNET_HDR_SIZE);
	return (unsigned)n - VNET_HDR_SIZE;
}

START_TEST(test_O12_transmit)
{
	static unsigned char frame[65553];
	struct vnet_hdr h;
	struct sk_buff *skb;

	wire_up(dev);
	ck_assert_int_eq(wire_send(dev, 100, 1), 0);
	ck_assert_uint_eq(sent(&h, frame), 100);
	ck_assert_uint_eq(h.h.flags, 0);
	ck_assert_uint_eq(h.h.gso_type, VIRTIO_NET_HDR_GSO_NONE);

	vcpu_enter(w.n.net.m.cpu[0], NULL);
	skb = wire_skb(dev, 60042, 0x45);
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
	ck_assert_uint_eq(sent(&h, frame), 60042);
	ck_assert_uint_eq(h.h.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_uint_eq(h.h.csum_start, 34);
	ck_assert_uint_eq(h.h.csum_offset, 6);
	ck_assert_uint_eq(h.h.gso_type, VNET_GSO_UDP_L4);
	ck_assert_uint_eq(h.h.gso_size, 1400);
	ck_assert_uint_eq(h.h.hdr_len, 42);
	ck_assert_uint_eq(frame[14], 0x45);
	ck_assert_uint_eq(wire_stat(dev, "tx_gso"), 1);
	ck_assert_uint_eq(wire_stat(dev, "tx_csum_partial"), 1);
	ck_assert_uint_eq(wire_stats(dev).tx_bytes, 100 + 60042);
}
END_TEST

START_TEST(test_no_memory)
{
	struct virtio_net_hdr h = { NEEDS_CSUM, .gso_type = VNET_GSO_UDP_L4, .gso_size = 1400 };

	wire_up(dev);
	for (unsigned nth = 1; nth < 6; nth++) {
		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		put(h, 9000);
		ck_assert_uint_le(got.count, 1);
		kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
		put(h, 9000);
		came(9000);
		netfix_balanced(&w.n);
	}
	ck_assert_uint_ge(wire_stat(dev, "rx_nomem"), 1);
}
END_TEST

/* A poll of large frames ends early, and lets who reads them have its turn. */
START_TEST(test_large_frames_do_not_fill_a_poll)
{
	static unsigned char buf[VNET_HDR_SIZE + ETH_HLEN + 60028];
	struct vnet_hdr h = { .h = { NEEDS_CSUM, .gso_type = VNET_GSO_UDP_L4, .gso_size = 1400 } };
	const struct iphdr iph = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP };
	int size = 4 << 20;

	wire_up(dev);
	setsockopt(peer, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	netfix_frame(buf + VNET_HDR_SIZE, wire_own, wire_peer, ETH_P_IP, ETH_HLEN + 60028);
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + VNET_HDR_SIZE + ETH_HLEN, &iph, sizeof(iph));
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(write(peer, buf, sizeof(buf)), (int)sizeof(buf));
	run();
	ck_assert_uint_eq(got.count, 3);
	ck_assert_uint_ge(wire_stat(dev, "rx_interrupts"), 2);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_spec, test_F6_F8_checksums, test_G1_frames_that_stand_for_many, test_headers_that_do_not_fit,
				       test_O12_transmit, test_no_memory, test_large_frames_do_not_fill_a_poll, NULL };

	return suite_of("tap_vnet", begin, end, tests);
}
