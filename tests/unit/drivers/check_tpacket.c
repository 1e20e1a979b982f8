/* SPDX-License-Identifier: MIT */
/*
 * check_tpacket.c: the tpacket driver on a ring in a memfd
 *
 * The host's kernel is played by fakehost.h.
 */
#include "drivers/tpacket.h"

#include <fcntl.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "fakehost.h"
#include "wire.h"

static struct net_device *dev;

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	memset(&h, 0, sizeof(h));
	h.fd = h.link_fd = h.fail_opt = h.refuse_type = -1;
	h.if_flags = IFF_UP | IFF_RUNNING;
	h.if_mtu = 1500;
	h.ifindex = 5;
	h.room = ~0u;
	dev = NULL;
	w.n.ops.dev_open = tp_dev_open;
	wire_begin(2);
}

static void end(void)
{
	wire_end();
	forget_ring();
}

static void make(const char *spec)
{
	struct nif_options opts = wire_opts("gn0", 1);
	struct extack err = { "" };

	ck_assert_msg(drivers_probe(&w.n.net, spec, &opts, &dev, &err) == 0, "%s", err.msg);
}

static void make_up(const char *spec)
{
	make(spec);
	wire_up(dev);
}

static unsigned vector_of(unsigned which)
{
	for (unsigned v = 0; v < NR_IRQS; v++)
		if (nif_line(&w.n.net, v).dev == dev && !which--)
			return v;
	ck_abort_msg("no such line");
	return 0;
}

static void raise_line(unsigned which)
{
	unsigned v = vector_of(which);

	ck_assert(w.n.unmasked[v]);
	vcpu_irq(irq_cpu(&w.n.net.m, (int)v), v);
	netfix_run(&w.n);
}

/* The kernel hands over what it has; the line is raised as long as the ring holds a frame, and at least once. */
static void run(void)
{
	if (h.ring.version == 3)
		fake_retire(&h.ring);
	do
		raise_line(0);
	while (fake_readable(&h.ring));
}

static void link_change(int flags)
{
	h.if_flags = flags;
	h.link_event = true;
	raise_line(1);
	netfix_settle(&w.n);
}

static bool put_frame(const unsigned char *frame, unsigned snap, unsigned len, uint32_t status, uint16_t tci)
{
	return fake_put(&h.ring, frame, snap, len, status, tci);
}

static bool put_to(const unsigned char *dst, unsigned len, unsigned char id)
{
	static unsigned char frame[70000];

	netfix_frame(frame, dst, wire_peer, ETH_P_IP, max(len, 14u));
	if (len > 14)
		frame[14] = id;
	return put_frame(frame, len, len, 0, 0);
}

static bool put(unsigned len, unsigned char id)
{
	return put_to(wire_own, len, id);
}

static void refused(const char *spec, unsigned queues, const char *text)
{
	struct nif_options opts = wire_opts("gn0", queues);
	struct extack err = { "" };

	ck_assert_int_eq(drivers_probe(&w.n.net, spec, &opts, &dev, &err), -EINVAL);
	ck_assert_str_eq(err.msg, text);
}

START_TEST(test_refused)
{
	refused("packet:", 1, "packet:IFNAME wants an interface name");
	refused("packet:abcdefghijklmnop", 1, "packet:IFNAME wants an interface name");
	refused("packet:host0,speed=1", 1, "unknown device option 'speed=1'");
	refused("packet:host0,v=1", 1, "v=1: 2 and 3 are accepted");
	refused("packet:host0,v=4", 1, "v=4 is not a number up to 3");
	refused("packet:host0,rx=63", 1, "rx=63: 64 to 65536 slots are accepted");
	refused("packet:host0,rx=65537", 1, "rx=65537 is not a number up to 65536");
	refused("packet:host0,usecs=0", 1, "usecs=0: 1 to 1000000 are accepted");
	refused("packet:host0,v=2,usecs=5", 1, "usecs= belongs to v=3: v=2 hands over each frame");
	refused("packet:host0", 2, "2 queues, at most 1");
}
END_TEST

START_TEST(test_C2_open_v3)
{
	unsigned v;

	make_up("packet:host0,rx=512,usecs=2001");
	ck_assert_str_eq(dev->driver, "tpacket");
	ck_assert_uint_eq(h.ring.version, 3);
	ck_assert_uint_eq(h.req.tp_block_size, 65536);
	ck_assert_uint_eq(h.req.tp_block_nr, 16);
	ck_assert_uint_eq(h.req.tp_retire_blk_tov, 3);
	ck_assert(h.bound && h.ignores_outgoing);
	v = vector_of(0);
	ck_assert_str_eq(w.n.net.m.irq[v]->name, "gn0-TxRx-0");
	ck_assert_str_eq(w.n.net.m.irq[vector_of(1)]->name, "gn0-link");
	ck_assert_int_eq(nif_line(&w.n.net, v).fd, h.fd);
	ck_assert(netif_carrier_ok(dev));
	ck_assert_uint_eq(w.n.log_warnings, 0);
	dev_close(dev);
	ck_assert_int_eq(fcntl(h.fd, F_GETFD), -1);
	ck_assert_int_eq(fcntl(h.link_fd, F_GETFD), -1);
	ck_assert_ptr_null(nif_line(&w.n.net, v).dev);
}
END_TEST

START_TEST(test_C2_open_v2)
{
	make_up("packet:host0,v=2,rx=100");
	ck_assert_uint_eq(h.ring.version, 2);
	ck_assert_uint_eq(h.req.tp_frame_size, 2048);
	ck_assert_uint_eq(h.req.tp_frame_nr, 128);
	ck_assert_uint_eq(dev->max_mtu, 2048 - 144 - 18);
}
END_TEST

static void open_refused(int error, const char *text)
{
	struct extack err = { "" };

	ck_assert_int_eq(dev_open(dev, &err), error);
	ck_assert_str_eq(w.n.log, text);
	ck_assert(!(dev->flags & IFF_UP));
	if (h.fd >= 0)
		ck_assert_int_eq(fcntl(h.fd, F_GETFD), -1);
	if (h.link_fd >= 0)
		ck_assert_int_eq(fcntl(h.link_fd, F_GETFD), -1);
	forget_ring();
	h.fd = h.link_fd = -1;
}

START_TEST(test_open_refused)
{
	make("packet:host0");
	h.fail_open = -ENODEV;
	open_refused(-ENODEV, "packet: gn0: the host has no interface host0");
	h.fail_open = -EPERM;
	open_refused(-EPERM, "packet: gn0: no right to open the host's host0: CAP_NET_RAW is needed");
	h.fail_open = -EPROTOTYPE;
	open_refused(-EPROTOTYPE, "packet: gn0: the host's host0 is not an Ethernet interface");
	h.fail_open = 0;
	h.fail_opt = PACKET_RX_RING;
	h.fail_error = ENOMEM;
	open_refused(-ENOMEM, "packet: gn0: cannot use the host's host0: PACKET_RX_RING: Cannot allocate memory");
	h.fail_opt = 23;
	h.fail_error = ENOPROTOOPT;
	open_refused(-ENOPROTOOPT, "packet: gn0: cannot use the host's host0: PACKET_IGNORE_OUTGOING: Protocol not available");
	h.fail_opt = -1;
	h.fail_link = -EMFILE;
	open_refused(-EMFILE, "packet: gn0: cannot watch the links of the host: Too many open files");
	h.fail_link = 0;
	wire_up(dev);
	put(60, 1);
	run();
	ck_assert_uint_eq(w.received, 1);
}
END_TEST

START_TEST(test_warnings)
{
	make("packet:host0");
	h.if_flags = 0;
	wire_up(dev);
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's host0 is down; ip link set host0 up");
	ck_assert(!netif_carrier_ok(dev));
	dev_close(dev);
	forget_ring();
	h.if_flags = IFF_UP;
	wire_up(dev);
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's host0 has no carrier");
	dev_close(dev);
	forget_ring();
	h.if_flags = IFF_UP | IFF_RUNNING;
	h.if_mtu = 1400;
	wire_up(dev);
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's host0 takes packets of 1400 bytes at most, not 1500");
	dev_close(dev);
	forget_ring();
	h.if_mtu = 1500;
	h.gro = true;
	wire_up(dev);
	ck_assert_ptr_nonnull(strstr(w.n.log, "joins received frames"));
	dev_close(dev);
	forget_ring();
	h.gro = false;
	memcpy(h.mac, wire_own, ETH_ALEN);
	wire_up(dev);
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's host0 has the same link-layer address: the host answers, too");
}
END_TEST

static void receive(const char *spec)
{
	make_up(spec);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(put(60 + i, (unsigned char)i));
	run();
	ck_assert_uint_eq(w.received, 100);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(w.order[i], i);
	ck_assert_uint_eq(w.last_len, 145);
	ck_assert_int_eq(w.last_type, PACKET_HOST);
	ck_assert_uint_eq(wire_stats(dev).rx_packets, 100);
	ck_assert_uint_eq(wire_stats(dev).rx_bytes, 100 * 60 + 99 * 50);
	ck_assert_uint_eq(netfix_ledger(&w.n, LEDGER_FRAME, VERDICT_CONSUMED), 100);
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_empty_polls"), 0);
	ck_assert(w.n.unmasked[vector_of(0)]);
}

START_TEST(test_receive_v3)
{
	receive("packet:host0");
}
END_TEST

START_TEST(test_receive_v2)
{
	receive("packet:host0,v=2");
}
END_TEST

START_TEST(test_runt_and_long)
{
	static unsigned char frame[4000];

	make_up("packet:host0");
	put(13, 0);
	put(1518, 1);
	put(1519, 2); /* joined by an offload */
	netfix_frame(frame, wire_own, wire_peer, ETH_P_IP, 1514);
	put_frame(frame, 1000, 1514, 0, 0); /* cut at the slot */
	put(60, 3);
	run();
	ck_assert_uint_eq(w.received, 2);
	ck_assert_uint_eq(w.order[1], 3);
	ck_assert_uint_eq(wire_stat(dev, "rx_runts"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_truncated"), 2);
	ck_assert_uint_eq(wire_stats(dev).rx_length_errors, 3);
	ck_assert_uint_eq(wire_stats(dev).rx_errors, 3);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_TRUNCATED), 2);
	ck_assert_uint_eq(w.n.log_warnings, 1); /* once */
	ck_assert_ptr_nonnull(strstr(w.n.log, "dropped a frame of 1519 bytes, 1518 fit"));
}
END_TEST

/* --- what the ring says of a frame --- */

static struct sk_buff *seen;

static int see(struct sk_buff *skb, struct net_device *d, struct packet_type *pt, struct net_device *orig_dev)
{
	consume_skb(seen);
	seen = skb;
	return 0;
}

/* A UDP datagram whose sum holds what a sender leaves for hardware. */
static unsigned udp_frame(unsigned char *frame, unsigned payload)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002) };
	struct udphdr uh = { .source = htons(1), .dest = htons(2), .len = htons((uint16_t)(8 + payload)) };
	unsigned len = 14 + 20 + 8 + payload;

	netfix_frame(frame, wire_own, wire_peer, ETH_P_IP, len);
	ip.tot_len = htons((uint16_t)(len - 14));
	uh.check = (__sum16)~csum_fold(csum_tcpudp_nofold(ip.saddr, ip.daddr, 8 + payload, IPPROTO_UDP, 0));
	memcpy(frame + 14, &ip, sizeof(ip));
	memcpy(frame + 34, &uh, sizeof(uh));
	return len;
}

static void look_begin(struct packet_type *pt)
{
	*pt = (struct packet_type){ .type = htons(ETH_P_ALL), .func = see, .func_name = "see" };
	dev_add_pack(&w.n.net, pt);
	seen = NULL;
}

static void look_end(struct packet_type *pt)
{
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	consume_skb(seen);
	vcpu_leave(w.n.net.m.cpu[0]);
	dev_remove_pack(&w.n.net, pt);
}

static int summed(const unsigned char *frame, unsigned len, uint32_t status)
{
	put_frame(frame, len, len, status, 0);
	run();
	ck_assert_ptr_nonnull(seen);
	return seen->ip_summed;
}

START_TEST(test_checksum)
{
	unsigned char frame[200];
	struct packet_type pt;
	unsigned len = udp_frame(frame, 33);
	__wsum sum;

	make_up("packet:host0");
	look_begin(&pt);
	ck_assert_int_eq(summed(frame, len, 0), CHECKSUM_NONE);
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUM_VALID), CHECKSUM_UNNECESSARY);
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUMNOTREADY), CHECKSUM_PARTIAL);
	ck_assert_uint_eq(wire_stat(dev, "rx_csum_valid"), 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_csum_partial"), 1);
	/* forwarded, the sum is made, and right */
	vcpu_enter(w.n.net.m.cpu[0], NULL);
	ck_assert_int_eq(skb_checksum_help(seen), 0);
	sum = csum_tcpudp_nofold(htonl(0x0a000001), htonl(0x0a000002), 41, IPPROTO_UDP, 0);
	ck_assert_uint_eq(csum_fold(csum_partial(seen->data + 20, 41, sum)), 0);
	vcpu_leave(w.n.net.m.cpu[0]);
	/* nothing that could be finished: verified as any other */
	frame[20] = 0x20; /* more fragments */
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	frame[20] = 0;
	frame[14] = 0x44;
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	frame[14] = 0x4f; /* the header would end behind the frame */
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	frame[14] = 0x45;
	ck_assert_int_eq(summed(frame, 41, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	ck_assert_int_eq(summed(frame, 33, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	ck_assert_int_eq(summed(frame, 14, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	frame[23] = IPPROTO_TCP;
	ck_assert_int_eq(summed(frame, 54, TP_STATUS_CSUMNOTREADY), CHECKSUM_PARTIAL);
	ck_assert_int_eq(summed(frame, 53, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	frame[23] = IPPROTO_ICMP;
	ck_assert_int_eq(summed(frame, len, TP_STATUS_CSUMNOTREADY), CHECKSUM_NONE);
	look_end(&pt);
}
END_TEST

START_TEST(test_vlan)
{
	static const unsigned char tag[4] = { 0x81, 0x00, 0x20, 0x07 };
	unsigned char frame[200];
	struct packet_type pt;
	unsigned len = udp_frame(frame, 33);

	make_up("packet:host0");
	look_begin(&pt);
	put_frame(frame, len, len, TP_STATUS_VLAN_VALID | TP_STATUS_CSUMNOTREADY, 0x2007);
	run();
	ck_assert_uint_eq(seen->len, len + 4 - 14);
	ck_assert_mem_eq(seen->data - 14, frame, 12);
	ck_assert_mem_eq(seen->data - 2, tag, 4);
	ck_assert_mem_eq(seen->data + 2, frame + 12, len - 12);
	ck_assert_int_eq(seen->ip_summed, CHECKSUM_PARTIAL);
	ck_assert_int_eq(seen->csum_start, (int)skb_headroom(seen) + 4 + 20);
	ck_assert_uint_eq(wire_stat(dev, "rx_vlan"), 1);
	put_frame(frame, 11, 11, TP_STATUS_VLAN_VALID, 7); /* too short for a tag: a runt */
	run();
	ck_assert_uint_eq(wire_stat(dev, "rx_runts"), 1);
	look_end(&pt);
}
END_TEST

START_TEST(test_bad_ring)
{
	make_up("packet:host0");
	put(60, 1);
	put(60, 2);
	h.ring.last->tp_mac = 0xffff;
	run();
	put(60, 3);
	run();
	ck_assert_uint_eq(w.received, 2);
	ck_assert_uint_eq(w.order[1], 3);
	ck_assert_uint_eq(wire_stat(dev, "rx_ring_errors"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_errors, 1);
}
END_TEST

START_TEST(test_no_memory)
{
	make_up("packet:host0");
	put(60, 1);
	put(60, 2);
	kmem_fail_nth(&w.n.net.m.kmem, 1, "skbuff_head_cache");
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(w.order[0], 2);
	ck_assert_uint_eq(wire_stat(dev, "rx_nomem"), 1);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_RX_NOMEM), 1);
}
END_TEST

START_TEST(test_F4_budget)
{
	const struct napi_struct *napi;

	make_up("packet:host0");
	napi = list_first_entry(&dev->napi_list, struct napi_struct, dev_list);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(put(60, 1));
	run();
	ck_assert_uint_eq(w.received, 1000);
	ck_assert_uint_eq(napi->over_weight, 0);
	ck_assert_uint_eq(napi->polls, 16); /* of 63 frames: between them the sockets are read */
	ck_assert_uint_eq(wire_stat(dev, "rx_interrupts"), 16);
}
END_TEST

/* D1: what the ring lost is said where Linux's drivers say it, also after the device went down. */
START_TEST(test_D1_missed)
{
	make_up("packet:host0");
	h.drops = 5;
	h.freezes = 1;
	ck_assert_uint_eq(wire_stats(dev).rx_missed_errors, 5);
	h.drops = 2;
	ck_assert_uint_eq(wire_stat(dev, "rx_missed"), 7);
	ck_assert_uint_eq(wire_stat(dev, "rx_freezes"), 1);
	ck_assert_uint_eq(wire_stats(dev).rx_missed_errors, 7);
	h.drops = 1;
	dev_close(dev);
	ck_assert_uint_eq(wire_stats(dev).rx_missed_errors, 8);
}
END_TEST

/* --- transmit --- */

static void send_many(unsigned cpu, unsigned n)
{
	vcpu_enter(w.n.net.m.cpu[cpu], NULL);
	for (unsigned i = 0; i < n; i++)
		wire_send_skb(wire_skb(dev, 100, (unsigned char)i));
	vcpu_leave(w.n.net.m.cpu[cpu]);
}

START_TEST(test_P2_batch)
{
	make_up("packet:host0");
	send_many(0, 10);
	ck_assert_uint_eq(h.calls, 1); /* at the end of the run */
	ck_assert_uint_eq(h.sent, 10);
	ck_assert_uint_eq(w.freed, 10);
	send_many(0, 150);
	ck_assert_uint_eq(h.calls, 1 + 3);
	ck_assert_uint_eq(h.sent, 160);
	for (unsigned i = 0; i < 150; i++)
		ck_assert_uint_eq(h.order[10 + i], i);
	ck_assert_uint_eq(w.freed, 160);
	ck_assert_uint_eq(wire_stats(dev).tx_packets, 160);
	ck_assert_uint_eq(wire_stats(dev).tx_bytes, 16000);
	ck_assert_uint_eq(wire_stat(dev, "tx_calls"), 4);
	send_many(1, 3); /* from another vCPU: its own doorbell */
	ck_assert_uint_eq(h.calls, 5);
	ck_assert_uint_eq(w.freed, 163);
}
END_TEST

START_TEST(test_O13_pad)
{
	make_up("packet:host0");
	ck_assert_int_eq(wire_send(dev, 20, 1), 0);
	ck_assert_uint_eq(h.last_len, 60);
}
END_TEST

/* Answers to a block of frames go out together. */
START_TEST(test_echo)
{
	make_up("packet:host0");
	w.echo = true;
	for (unsigned i = 0; i < 63; i++)
		put(60, (unsigned char)i);
	run();
	ck_assert_uint_eq(h.sent, 63);
	ck_assert_uint_eq(h.calls, 1);
	ck_assert_uint_eq(w.freed, 63);
}
END_TEST

START_TEST(test_full_socket)
{
	make_up("packet:host0");
	h.room = 70;
	send_many(0, 200);
	ck_assert_uint_eq(h.sent, 70);
	ck_assert_uint_ge(wire_stat(dev, "tx_busy"), 1);
	ck_assert(netif_tx_queue_stopped(netdev_get_tx_queue(dev, 0)));
	h.room = ~0u;
	for (unsigned i = 0; i < 10 && h.sent < 200; i++)
		netfix_advance(&w.n, 8 * NSEC_PER_MSEC);
	ck_assert_uint_eq(h.sent, 200);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_uint_eq(h.order[i], i);
	ck_assert_uint_eq(w.freed, 200);
	ck_assert_uint_ge(wire_stat(dev, "tx_retries"), 1);
}
END_TEST

START_TEST(test_down_while_full)
{
	make_up("packet:host0");
	h.room = 0;
	send_many(0, 100);
	dev_close(dev);
	netfix_settle(&w.n);
	ck_assert_uint_eq(h.sent, 0);
	ck_assert_uint_eq(w.freed, 100);
	netfix_advance(&w.n, NSEC_PER_SEC);
}
END_TEST

START_TEST(test_send_refused)
{
	make_up("packet:host0");
	h.send_error = EMSGSIZE;
	send_many(0, 3);
	ck_assert_uint_eq(wire_stat(dev, "tx_refused"), 3);
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 3);
	ck_assert_uint_eq(wire_stats(dev).tx_aborted_errors, 3);
	ck_assert_uint_eq(netfix_drops(&w.n, SKB_DROP_REASON_DEV_TX_ERROR), 3);
	ck_assert(netif_carrier_ok(dev));
	h.send_error = 0;
	send_many(0, 3);
	ck_assert_uint_eq(h.sent, 3);
}
END_TEST

/* --- the link --- */

START_TEST(test_link)
{
	make_up("packet:host0");
	link_change(IFF_UP);
	ck_assert(!netif_carrier_ok(dev));
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's host0 is down");
	link_change(IFF_UP | IFF_RUNNING);
	ck_assert(netif_carrier_ok(dev));
	ck_assert_uint_eq(wire_stats(dev).tx_errors, 0);
	/* the socket says it first */
	h.if_flags = 0;
	h.so_error = ENETDOWN;
	raise_line(0);
	ck_assert(!netif_carrier_ok(dev));
	ck_assert_uint_eq(wire_stat(dev, "rx_empty_polls"), 1);
	netfix_settle(&w.n);
	link_change(IFF_UP | IFF_RUNNING);
	send_many(0, 1);
	ck_assert_uint_eq(h.sent, 1);
	/* a send says it first */
	h.if_flags = 0;
	h.send_error = ENETDOWN;
	send_many(0, 2);
	ck_assert(!netif_carrier_ok(dev));
	ck_assert_uint_eq(wire_stat(dev, "tx_link_down"), 2);
	ck_assert_uint_eq(wire_stats(dev).tx_carrier_errors, 2);
	ck_assert_uint_eq(w.freed, 3);
}
END_TEST

START_TEST(test_gone)
{
	make_up("packet:host0");
	h.gone = true;
	link_change(0);
	ck_assert_str_eq(w.n.log, "packet: gn0: the host's interface host0 is gone");
	ck_assert(!netif_carrier_ok(dev));
	h.gone = false; /* another one of that name is another one */
	link_change(IFF_UP | IFF_RUNNING);
	ck_assert(!netif_carrier_ok(dev));
	ck_assert_uint_eq(w.n.log_warnings, 1);
	dev_close(dev);
	forget_ring();
	wire_up(dev);
	ck_assert(netif_carrier_ok(dev));
	put(60, 1);
	run();
	ck_assert_uint_eq(w.received, 1);
}
END_TEST

/* --- the address filter --- */

static unsigned members(int type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h.members; i++)
		n += h.member[i].mr_type == type;
	return n;
}

START_TEST(test_C6_filter)
{
	static const unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 3 };
	static const unsigned char mac[ETH_ALEN] = { 0x02, 9, 9, 9, 9, 9 };
	struct extack err = { "" };

	make_up("packet:host0");
	ck_assert_uint_eq(h.members, 1);
	ck_assert_mem_eq(h.member[0].mr_address, wire_own, ETH_ALEN);
	ck_assert_uint_eq(members(PACKET_MR_UNICAST), 1);
	ck_assert_int_eq(dev_mc_add(dev, group), 0);
	ck_assert_uint_eq(members(PACKET_MR_MULTICAST), 1);
	ck_assert_int_eq(dev_mc_del(dev, group), 0);
	ck_assert_uint_eq(h.members, 1);
	ck_assert_int_eq(dev_set_promiscuity(dev, 1), 0);
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 1);
	put_to(wire_peer, 60, 1);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_int_eq(dev_set_promiscuity(dev, -1), 0);
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 0);
	put_to(wire_peer, 60, 1);
	run();
	ck_assert_uint_eq(w.received, 1);
	ck_assert_uint_eq(wire_stat(dev, "rx_filtered"), 1);
	ck_assert_int_eq(dev_set_allmulti(dev, 1), 0);
	ck_assert_uint_eq(members(PACKET_MR_ALLMULTI), 1);
	ck_assert_int_eq(dev_set_allmulti(dev, -1), 0);
	ck_assert_int_eq(dev_set_mac_address(dev, mac, &err), 0);
	ck_assert_uint_eq(h.members, 1);
	ck_assert_mem_eq(h.member[0].mr_address, mac, ETH_ALEN);
}
END_TEST

/* More addresses than the driver keeps: everything, and then exactly what is wanted again. */
START_TEST(test_many_groups)
{
	unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0, 0, 0 };

	make_up("packet:host0");
	for (unsigned char i = 0; i < 70; i++) {
		group[5] = i;
		ck_assert_int_eq(dev_mc_add(dev, group), 0);
	}
	ck_assert_uint_eq(h.members, 2);
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 1);
	ck_assert_uint_eq(members(PACKET_MR_ALLMULTI), 1);
	for (unsigned char i = 0; i < 60; i++) {
		group[5] = i;
		ck_assert_int_eq(dev_mc_del(dev, group), 0);
	}
	ck_assert_uint_eq(members(PACKET_MR_MULTICAST), 10);
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 0);
}
END_TEST

START_TEST(test_address_refused)
{
	static const unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 3 };

	h.refuse_type = PACKET_MR_UNICAST;
	make_up("packet:host0");
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 1);
	ck_assert_int_eq(dev_mc_add(dev, group), 0);
	ck_assert_int_eq(dev_mc_del(dev, group), 0);
	ck_assert_uint_eq(members(PACKET_MR_PROMISC), 1); /* once */
	ck_assert_uint_eq(h.members, 1);
}
END_TEST

START_TEST(test_C3_up_and_down_1000_times)
{
	uint64_t live = 0;

	make("packet:host0,rx=64");
	for (unsigned i = 0; i < 1000; i++) {
		wire_up(dev);
		put(60, 1);
		if (i % 3)
			run();
		ck_assert_int_eq(wire_send(dev, 60, 1), 0);
		dev_close(dev);
		forget_ring();
		netfix_settle(&w.n);
		if (!i)
			live = kmem_live(&w.n.net.m.kmem);
	}
	ck_assert_uint_eq(kmem_live(&w.n.net.m.kmem), live);
	ck_assert_int_lt(h.fd, 100);
	ck_assert_uint_eq(w.freed, 1000);
	drivers_remove(dev);
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	struct nif_options opts = wire_opts("gn0", 1);
	struct extack err = { "" };
	unsigned nth;

	for (nth = 1;; nth++) {
		int ret;

		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		ret = drivers_probe(&w.n.net, "packet:host0,rx=64", &opts, &dev, &err);
		if (!ret && !dev_open(dev, &err)) {
			put(60, 1);
			run();
			if (!kmem_fault_hit(&w.n.net.m.kmem))
				break;
		}
		ck_assert(kmem_fault_hit(&w.n.net.m.kmem));
		if (!ret)
			drivers_remove(dev);
		forget_ring();
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_uint_ge(nth, 6);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_refused, test_C2_open_v3, test_C2_open_v2, test_open_refused, test_warnings, test_receive_v3, test_receive_v2,
		test_runt_and_long, test_checksum, test_vlan, test_bad_ring, test_no_memory, test_F4_budget, test_D1_missed, test_P2_batch,
		test_O13_pad, test_echo, test_full_socket, test_down_while_full, test_send_refused, test_link, test_gone, test_C6_filter,
		test_many_groups, test_address_refused, test_C3_up_and_down_1000_times, test_each_allocation_fails, NULL,
	};

	return suite_of("tpacket", begin, end, tests);
}
