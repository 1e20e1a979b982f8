/* SPDX-License-Identifier: MIT */
/*
 * check_gro: what is held, merged and handed up when, by a protocol of our own
 *
 * Its packets: the flow, what to do (below), a sequence number, then payload. Merged are those of one flow.
 */
#include "core/gro.h"

#include "testdev.h"

enum { DO_MERGE, DO_MERGE_LAST, DO_END, DO_PASS };
#define HDR 3
#define PAYLOAD 47
#define TYPE 0x88b5

static struct netfix n;
static struct net_device *dev;
static struct napi_struct *napi;
static struct packet_type ptype;

/* what came up: flow and number of the first, how many frames, how long */
static struct {
	unsigned char flow, seq;
	unsigned count, len;
} up[64];
static unsigned n_up;

static struct sk_buff **toy_receive(struct sk_buff **head, struct sk_buff *skb)
{
	const unsigned char *h = skb_gro_header(skb, HDR);

	if (!h || h[1] == DO_PASS) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	for (; *head; head = &(*head)->next) {
		if (!NAPI_GRO_CB(*head)->same_flow)
			continue;
		if ((*head)->data[0] != h[0]) {
			NAPI_GRO_CB(*head)->same_flow = 0;
			continue;
		}
		skb_gro_pull(skb, HDR);
		if (h[1] == DO_END || skb_gro_receive(*head, skb))
			return head;
		return h[1] == DO_MERGE_LAST ? head : NULL;
	}
	skb_gro_pull(skb, HDR);
	return NULL;
}

static void toy_complete(struct sk_buff *skb, unsigned nhoff)
{
	ck_assert_uint_eq(nhoff, 0);
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
}

static const struct packet_offload toy = {
	.type = __constant_htons(TYPE), .gro_receive = toy_receive, .gro_complete = toy_complete
};

static int toy_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt, struct net_device *orig)
{
	unsigned count = skb_shinfo(skb)->gso_segs ? skb_shinfo(skb)->gso_segs : 1;

	(void)d;
	(void)pt;
	(void)orig;
	ck_assert_uint_lt(n_up, ARRAY_SIZE(up));
	ck_assert_uint_eq(skb_shinfo(skb)->gso_size, count > 1 ? PAYLOAD : 0);
	/* each frame's payload is its sequence number */
	for (unsigned i = HDR; i < skb->len; i++)
		ck_assert_uint_eq(skb->data[i], skb->data[2] + (i - HDR) / PAYLOAD);
	up[n_up].flow = skb->data[0];
	up[n_up].seq = skb->data[2];
	up[n_up].count = count;
	up[n_up++].len = skb->len;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void setup(void)
{
	netfix_begin(&n, 1);
	ptype = (struct packet_type){ .type = htons(TYPE), .func = toy_rcv, .func_name = "toy_rcv" };
	dev_add_pack(&n.net, &ptype);
	ck_assert_int_eq(dev_add_offload(&n.net, &toy), 0);
	dev = testdev_up(&n, "t0", 1);
	napi = &testdev(dev)->q[0].napi;
	n_up = 0;
}

static void teardown(void)
{
	testdev_free(dev);
	dev_remove_offload(&n.net, &toy);
	dev_remove_pack(&n.net, &ptype);
	netfix_end(&n);
}

static struct sk_buff *frame(unsigned flow, unsigned what, unsigned seq, unsigned payload)
{
	struct sk_buff *skb = testdev_skb(dev, htons(TYPE), ETH_HLEN + HDR + payload);

	ck_assert_ptr_nonnull(skb);
	skb->data[0] = (unsigned char)flow;
	skb->data[1] = (unsigned char)what;
	skb->data[2] = (unsigned char)seq;
	memset(skb->data + HDR, (int)seq, payload);
	ledger_begin(skb, LEDGER_FRAME);
	return skb;
}

static void begin(void)
{
	enter(&n, 0);
	local_bh_disable();
}

static void end(void)
{
	local_bh_enable();
	leave();
}

static void rx(unsigned flow, unsigned what, unsigned seq)
{
	napi_gro_receive(napi, frame(flow, what, seq, PAYLOAD));
}

static void came(unsigned i, unsigned flow, unsigned seq, unsigned count)
{
	ck_assert_uint_lt(i, n_up);
	ck_assert_msg(up[i].flow == flow && up[i].seq == seq && up[i].count == count && up[i].len == HDR + count * PAYLOAD,
		      "packet %u is flow %u seq %u count %u len %u", i, up[i].flow, up[i].seq, up[i].count, up[i].len);
}

START_TEST(test_G3_held_merged_and_handed_up)
{
	begin();
	rx(1, DO_MERGE, 0);
	ck_assert_uint_eq(n_up, 0);
	ck_assert_uint_eq(netfix_held(&n, HELD_GRO), 1);
	ck_assert_uint_eq(napi->gro_count, 1);
	rx(1, DO_MERGE, 1);
	rx(1, DO_MERGE, 2);
	rx(2, DO_PASS, 9);
	ck_assert_uint_eq(n_up, 1);
	came(0, 2, 9, 1);
	napi_gro_flush(napi, false);
	ck_assert_uint_eq(n_up, 2);
	came(1, 1, 0, 3);
	ck_assert_ptr_null(napi->gro_list);
	ck_assert_uint_eq(napi->gro_count, 0);
	end();
	ck_assert_uint_eq(napi->gro.held, 1);
	ck_assert_uint_eq(napi->gro.merged, 2);
	ck_assert_uint_eq(napi->gro.normal, 1);
	ck_assert_uint_eq(napi->gro.flush_poll, 1);
	ck_assert_uint_eq(netfix_held(&n, HELD_GRO), 0);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_MERGED), 2);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&n, "/proc/net/gro"),
				     "t0                       1            2            1            0            1            0"));
}
END_TEST

START_TEST(test_G3_why_a_flow_ends)
{
	begin();
	rx(1, DO_MERGE, 0);
	rx(1, DO_MERGE_LAST, 1); /* merged, and nothing may follow */
	ck_assert_uint_eq(n_up, 1);
	came(0, 1, 0, 2);
	ck_assert_uint_eq(napi->gro.flush_full, 1);
	rx(1, DO_MERGE, 5);
	rx(1, DO_END, 7); /* of the flow, cannot be merged: the held one goes first, it is held itself */
	ck_assert_uint_eq(n_up, 2);
	came(1, 1, 5, 1);
	ck_assert_uint_eq(napi->gro.flush_flow, 1);
	ck_assert_uint_eq(napi->gro_count, 1);
	napi_gro_flush(napi, false);
	came(2, 1, 7, 1);
	end();
}
END_TEST

START_TEST(test_G4_nine_interleaved_flows)
{
	begin();
	for (unsigned seq = 0; seq < 2; seq++)
		for (unsigned flow = 1; flow <= 9; flow++)
			rx(flow, DO_MERGE, seq);
	ck_assert_uint_eq(napi->gro_count, MAX_GRO_SKBS);
	ck_assert_uint_eq(n_up, 2); /* the ninth is not held */
	came(0, 9, 0, 1);
	came(1, 9, 1, 1);
	napi_gro_flush(napi, false);
	ck_assert_uint_eq(n_up, 10);
	for (unsigned i = 0; i < 8; i++)
		came(2 + i, 1 + i, 0, 2); /* in the order in which they began */
	end();
	ck_assert_uint_eq(napi->gro.held, 8);
	ck_assert_uint_eq(napi->gro.merged, 8);
	ck_assert_uint_eq(napi->gro.normal, 2);
}
END_TEST

START_TEST(test_G5_flush_of_the_old)
{
	begin();
	rx(1, DO_MERGE, 0);
	rx(2, DO_MERGE, 0);
	n.now += NETFIX_TICK;
	vcpu_update_time(this_vcpu());
	rx(3, DO_MERGE, 0);
	rx(1, DO_MERGE, 1); /* merged into one of before: stays as old as it was */
	napi_gro_flush(napi, true);
	ck_assert_uint_eq(n_up, 2);
	came(0, 1, 0, 2);
	came(1, 2, 0, 1);
	ck_assert_uint_eq(napi->gro_count, 1);
	ck_assert_uint_eq(napi->gro.flush_age, 2);
	napi_gro_flush(napi, true);
	ck_assert_uint_eq(n_up, 2);
	napi_gro_flush(napi, false);
	came(2, 3, 0, 1);
	end();
}
END_TEST

/* 100 frames of zeros: flow 0, all merged. A poll takes 64 of them. */
static void two_polls(unsigned hz)
{
	struct testdev_queue *q = &testdev(dev)->q[0];

	testdev(dev)->rx_type = htons(TYPE);
	testdev(dev)->rx_len = ETH_HLEN + HDR + PAYLOAD;
	n.net.m.hz = hz;
	testdev_arrive(dev, 0, 100);
	netfix_run(&n);
	n.net.m.hz = 250;
	ck_assert_uint_eq(q->polls, 2);
}

static void zeros_of(unsigned i, unsigned count, unsigned payload)
{
	ck_assert_uint_eq(up[i].count, count);
	ck_assert_uint_eq(up[i].len, HDR + count * payload);
}

static void zeros(unsigned i, unsigned count)
{
	zeros_of(i, count, PAYLOAD);
}

static int zero_rcv(struct sk_buff *skb, struct net_device *d, struct packet_type *pt, struct net_device *orig)
{
	(void)d;
	(void)pt;
	(void)orig;
	up[n_up].count = skb_shinfo(skb)->gso_segs ? skb_shinfo(skb)->gso_segs : 1;
	up[n_up++].len = skb->len;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

START_TEST(test_G5_long_jiffies_flush_after_each_poll)
{
	ptype.func = zero_rcv;
	two_polls(250);
	ck_assert_uint_eq(n_up, 2);
	zeros(0, 64);
	zeros(1, 36);
	ck_assert_uint_eq(napi->gro.flush_poll, 2);
	ck_assert_uint_eq(napi->gro.flush_age, 0);
}
END_TEST

START_TEST(test_G5_short_jiffies_hold_over_polls)
{
	ptype.func = zero_rcv;
	two_polls(1000);
	ck_assert_uint_eq(n_up, 1);
	zeros(0, 100);
	ck_assert_uint_eq(napi->gro.flush_poll, 1); /* by napi_complete */
}
END_TEST

START_TEST(test_G5_short_jiffies_that_passed)
{
	ptype.func = zero_rcv;
	testdev(dev)->q[0].cost_ns = NETFIX_TICK; /* a poll takes a jiffy: what it held is of the one before */
	two_polls(1000);
	ck_assert_uint_eq(n_up, 2);
	zeros(0, 64);
	zeros(1, 36);
	ck_assert_uint_eq(napi->gro.flush_age, 1);
	ck_assert_uint_eq(napi->gro.flush_poll, 1);
}
END_TEST

START_TEST(test_G7_off)
{
	begin();
	dev->features &= ~NETIF_F_GRO;
	rx(1, DO_MERGE, 0);
	rx(1, DO_MERGE, 1);
	ck_assert_uint_eq(n_up, 2);
	end();
	ck_assert_uint_eq(napi->gro.off, 2);
	ck_assert_uint_eq(napi->gro.held + napi->gro.merged + napi->gro.normal, 0);
	dev->features |= NETIF_F_GRO;
}
END_TEST

START_TEST(test_G1_other_links_are_other_flows)
{
	struct sk_buff *skb;

	begin();
	rx(1, DO_MERGE, 0);
	skb = frame(1, DO_MERGE, 1, PAYLOAD);
	skb_mac_header(skb)[6] = 0xee; /* from another station */
	napi_gro_receive(napi, skb);
	skb = frame(1, DO_MERGE, 2, PAYLOAD);
	skb->vlan_present = 1;
	skb->vlan_tci = 5;
	napi_gro_receive(napi, skb);
	ck_assert_uint_eq(napi->gro_count, 3);
	napi_gro_flush(napi, false);
	ck_assert_uint_eq(n_up, 3);
	end();
}
END_TEST

START_TEST(test_G1_what_it_costs_a_socket)
{
	struct sk_buff *skb;
	unsigned truesize;

	begin();
	skb = frame(1, DO_MERGE, 0, PAYLOAD);
	truesize = skb->truesize;
	napi_gro_receive(napi, skb);
	for (unsigned i = 1; i < 30; i++)
		rx(1, DO_MERGE, i);
	ck_assert_uint_eq(napi->gro_list->truesize, 30 * truesize);
	napi_gro_flush(napi, false);
	came(0, 1, 0, 30);
	end();
}
END_TEST

START_TEST(test_G1_64_kilobytes)
{
	ptype.func = zero_rcv;
	begin();
	for (unsigned i = 0; i < 50; i++)
		napi_gro_receive(napi, frame(1, DO_MERGE, 0, 1400));
	/* 46 of them are 64 403 bytes, with one more they would be more than a packet can have */
	ck_assert_uint_eq(napi->gro.flush_flow, 1);
	ck_assert_uint_eq(napi->gro_list->len, HDR + 4 * 1400);
	zeros_of(0, 46, 1400);
	napi_gro_purge(napi);
	ck_assert_uint_eq(napi->gro_count, 0);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_QUEUE_PURGE), 1);
	end();
}
END_TEST

START_TEST(test_G1_no_memory)
{
	begin();
	rx(1, DO_MERGE, 0);
	for (unsigned i = 1; i < 3; i++) {
		struct sk_buff *skb = frame(1, DO_MERGE, i, 1900);

		memset(skb->data + HDR, 0, 1900);
		skb->data[2] = 0;
		kmem_fail_nth(&n.net.m.kmem, 1, "skbuff_data_16k");
		ptype.func = zero_rcv;
		napi_gro_receive(napi, skb); /* no larger buffer: what is held goes, and this is held */
		kmem_fail_nth(&n.net.m.kmem, 0, NULL);
		ck_assert_uint_eq(n_up, i);
	}
	ck_assert_uint_eq(napi->gro.merged, 0);
	ck_assert_uint_eq(napi->gro_count, 1);
	napi_gro_flush(napi, false);
	end();
}
END_TEST

START_TEST(test_G3_device_goes_down)
{
	begin();
	rx(1, DO_MERGE, 0);
	napi->vcpu = this_vcpu();
	end();
	dev_close(dev);
	ck_assert_ptr_null(napi->gro_list);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_QUEUE_PURGE), 1);
	ck_assert_int_eq(dev_open(dev, NULL), 0);
}
END_TEST

START_TEST(test_G3_table_of_protocols)
{
	static const struct packet_offload other = { .type = 1, .gro_receive = toy_receive, .gro_complete = toy_complete };

	ck_assert_int_eq(dev_add_offload(&n.net, &other), 0);
	ck_assert_int_eq(dev_add_offload(&n.net, &other), -ENOSPC);
	dev_remove_offload(&n.net, &other);
	begin();
	napi_gro_receive(napi, testdev_skb(dev, htons(0x1234), 60)); /* no protocol: passes */
	ck_assert_uint_eq(napi->gro.normal, 1);
	end();
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_G3_held_merged_and_handed_up, test_G3_why_a_flow_ends,
				       test_G4_nine_interleaved_flows, test_G5_flush_of_the_old,
				       test_G5_long_jiffies_flush_after_each_poll, test_G5_short_jiffies_hold_over_polls,
				       test_G5_short_jiffies_that_passed, test_G7_off,
				       test_G1_other_links_are_other_flows, test_G1_what_it_costs_a_socket,
				       test_G1_64_kilobytes, test_G1_no_memory, test_G3_device_goes_down,
				       test_G3_table_of_protocols, NULL };

	return suite_of("gro", setup, teardown, tests);
}
