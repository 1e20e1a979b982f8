/* SPDX-License-Identifier: MIT */
/* check_skb_data: copies and sums of a packet's bytes, queues, the flow hash. */
#include "testdev.h"

#include <linux/ip.h>

static struct netfix n;
static struct sk_buff *skb;

static void setup(void)
{
	netfix_begin(&n, 1);
	enter(&n, 0);
	skb = alloc_skb(&n.net, 600);
	skb_reserve(skb, 32);
	for (unsigned i = 0; i < 101; i++)
		*(unsigned char *)skb_put(skb, 1) = (unsigned char)(i * 7);
}

static void teardown(void)
{
	consume_skb(skb);
	leave();
	netfix_end(&n);
}

START_TEST(test_sums)
{
	__wsum whole = csum_partial(skb->data, 101, 0);
	unsigned char copy[101];

	ck_assert_uint_eq(csum_fold(skb_checksum(skb, 0, 101, 0)), csum_fold(whole));
	ck_assert_uint_eq(csum_fold(csum_block_add(skb_checksum(skb, 0, 33, 0),
						   skb_checksum(skb, 33, 68, 0), 33)),
			  csum_fold(whole));
	ck_assert_uint_eq(csum_fold(skb_copy_and_csum_bits(skb, 0, copy, 101, 0)),
			  csum_fold(whole));
	ck_assert_mem_eq(copy, skb->data, 101);
	skb->csum = (__wsum)(uint32_t)(uint16_t)csum_fold(whole); /* what makes the sum right */
	ck_assert_uint_eq(__skb_checksum_complete(skb), 0);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_UNNECESSARY);
	skb->ip_summed = CHECKSUM_NONE;
	skb->data[100] ^= 1;
	ck_assert_uint_ne(__skb_checksum_complete(skb), 0);
	ck_assert_uint_ne(__skb_checksum_complete_head(skb, 101), 0);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_NONE);
}
END_TEST

START_TEST(test_copy_bits_stays_inside)
{
	unsigned char buf[128];

	ck_assert_int_eq(skb_copy_bits(skb, 1, buf, 100), 0);
	ck_assert_mem_eq(buf, skb->data + 1, 100);
	ck_assert_int_eq(skb_copy_bits(skb, 1, buf, 101), -EFAULT);
	ck_assert_int_eq(skb_copy_bits(skb, 102, buf, 0), -EFAULT);
	ck_assert_int_eq(skb_copy_bits(skb, 0, buf, -1), -EFAULT);
	ck_assert_int_eq(skb_copy_bits(skb, -32, buf, 32), 0); /* headers that were pulled */
	ck_assert_int_eq(skb_copy_bits(skb, -33, buf, 33), -EFAULT);
	ck_assert_int_eq(skb_copy_bits(skb, INT32_MAX, buf, INT32_MAX), -EFAULT);
	ck_assert_ptr_eq(skb_header_pointer(skb, 1, 100), skb->data + 1);
	ck_assert_ptr_null(skb_header_pointer(skb, 1, 101));
	ck_assert_ptr_null(skb_header_pointer(skb, ~0u, 2));
	ck_assert(pskb_may_pull(skb, 101));
	ck_assert(!pskb_may_pull(skb, 102));
}
END_TEST

START_TEST(test_checksum_help)
{
	struct sk_buff *c;

	skb->data[60] = skb->data[61] = 0;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint16_t)(skb_headroom(skb) + 20);
	skb->csum_offset = 40;
	c = skb_clone(skb); /* shared bytes are not written */
	ck_assert_int_eq(skb_checksum_help(skb), 0);
	ck_assert_uint_eq(c->data[60] | c->data[61], 0);
	ck_assert_uint_eq(csum_fold(skb_checksum(skb, 20, 81, 0)), 0);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_NONE);
	ck_assert_int_eq(skb_checksum_help(skb), 0); /* nothing to do */
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_offset = 80; /* its last byte lies behind the packet */
	ck_assert_int_eq(skb_checksum_help(skb), -EINVAL);
	skb->csum_start = 10; /* before data */
	ck_assert_int_eq(skb_checksum_help(skb), -EINVAL);
	skb->ip_summed = CHECKSUM_COMPLETE;
	pskb_trim_rcsum(skb, 200);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_COMPLETE);
	pskb_trim_rcsum(skb, 50);
	ck_assert_uint_eq(skb->len, 50);
	ck_assert_uint_eq(skb->ip_summed, CHECKSUM_NONE);
	consume_skb(c);
}
END_TEST

START_TEST(test_zero_sum_becomes_ffff)
{
	/* a part that sums up to 0xffff: its checksum would be 0, which UDP reads as "none" */
	memset(skb->data, 0, 101);
	skb->data[0] = skb->data[1] = 0xff;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint16_t)skb_headroom(skb);
	skb->csum_offset = 6;
	ck_assert_int_eq(skb_checksum_help(skb), 0);
	ck_assert_uint_eq(skb->data[6], 0xff);
	ck_assert_uint_eq(skb->data[7], 0xff);
}
END_TEST

START_TEST(test_O13_pad)
{
	struct sk_buff *c = alloc_skb(&n.net, 60);

	memset(skb_put(c, 43), 0xee, 43);
	ck_assert_int_eq(skb_pad(c, 17), 0);
	ck_assert_uint_eq(c->len, 43);
	for (unsigned i = 43; i < 60; i++)
		ck_assert_uint_eq(c->data[i], 0);
	ledger_begin(c, LEDGER_LOCAL);
	skb_get(c);
	c->users.counter = 1;
	kmem_fail_nth(&n.net.m.kmem, 1, NULL);
	ck_assert_int_eq(skb_pad(c, 5000), -ENOMEM); /* and it is gone */
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NOMEM), 1);
	kmem_fail_nth(&n.net.m.kmem, 0, NULL);
}
END_TEST

START_TEST(test_queue_order_and_purge)
{
	struct sk_buff_head q;
	struct sk_buff *s[4];

	skb_queue_head_init(&q);
	for (unsigned i = 0; i < 4; i++) {
		s[i] = alloc_skb(&n.net, 10);
		ledger_begin(s[i], LEDGER_FRAME);
		ledger_hold(s[i], HELD_SOCKET_BACKLOG);
		skb_queue_tail(&q, s[i]);
	}
	ck_assert_uint_eq(skb_queue_len(&q), 4);
	ck_assert_ptr_eq(skb_peek(&q), s[0]);
	ck_assert_ptr_eq(skb_peek_tail(&q), s[3]);
	ck_assert_ptr_eq(skb_dequeue(&q), s[0]);
	ck_assert_ptr_null(s[0]->next);
	__skb_queue_head(&q, s[0]);
	ck_assert_ptr_eq(skb_dequeue(&q), s[0]);
	ledger_unhold(s[0]);
	consume_skb(s[0]);
	skb_queue_purge_reason(&q, SKB_DROP_REASON_QUEUE_PURGE);
	ck_assert_ptr_null(skb_dequeue(&q));
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_QUEUE_PURGE), 3);
	ck_assert_uint_eq(netfix_held(&n, HELD_SOCKET_BACKLOG), 0);
}
END_TEST

/* An IPv4 packet of @proto with ports @ports at the network header. */
static uint32_t flow_hash(uint8_t proto, uint32_t saddr, uint32_t ports, uint16_t frag)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .protocol = proto, .saddr = saddr, .frag_off = htons(frag)
	};

	memcpy(skb->data, &ip, sizeof(ip));
	memcpy(skb->data + 20, &ports, 4);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb->hash = 0;
	return skb_get_hash(skb);
}

START_TEST(test_flow_hash)
{
	uint32_t h = flow_hash(IPPROTO_UDP, 1, 2, 0);

	ck_assert_uint_ne(h, 0);
	ck_assert_uint_eq(skb->l4_hash, 1);
	ck_assert_uint_eq(flow_hash(IPPROTO_UDP, 1, 2, 0), h);
	ck_assert_uint_eq(flow_hash(IPPROTO_UDP, 1, 2, 0x4000), h); /* DF is no fragment */
	ck_assert_uint_ne(flow_hash(IPPROTO_UDP, 1, 3, 0), h);
	ck_assert_uint_ne(flow_hash(IPPROTO_UDP, 2, 2, 0), h);
	h = flow_hash(IPPROTO_UDP, 1, 2, 0x2000); /* all pieces of a datagram go together */
	ck_assert_uint_eq(flow_hash(IPPROTO_UDP, 1, 9, 100), h);
	ck_assert_uint_eq(skb->l4_hash, 0);
	skb->hash = 1234;
	ck_assert_uint_eq(skb_get_hash(skb), 1234);
	skb->hash = 0;
	skb_trim(skb, 19); /* cut: hashed by what is there */
	ck_assert_uint_ne(skb_get_hash(skb), 0);
}
END_TEST

START_TEST(test_network_protocol_behind_vlan_tags)
{
	skb->protocol = htons(ETH_P_ARP);
	ck_assert_uint_eq(skb_network_protocol(skb), htons(ETH_P_ARP));
	skb->protocol = htons(ETH_P_8021AD);
	skb->data[16] = 0x81; /* the outer tag says: a second one */
	skb->data[17] = 0x00;
	skb->data[20] = 0x08;
	skb->data[21] = 0x00;
	ck_assert_uint_eq(skb_network_protocol(skb), htons(ETH_P_IP));
	skb_trim(skb, 21);
	ck_assert_uint_eq(skb_network_protocol(skb), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_sums,
				       test_copy_bits_stays_inside,
				       test_checksum_help,
				       test_zero_sum_becomes_ffff,
				       test_O13_pad,
				       test_queue_order_and_purge,
				       test_flow_hash,
				       test_network_protocol_behind_vlan_tags,
				       NULL };

	return suite_of("skb_data", setup, teardown, tests);
}
