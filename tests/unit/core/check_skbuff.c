/* SPDX-License-Identifier: MIT */
/* check_skbuff: sizes as a socket is charged, sharing, ends and what they count. */
#include "testdev.h"

#include <linux/ip.h>
#include <signal.h>

#include "core/dst.h"
#include "core/sock.h"
#include "support/faulty.h"

static struct netfix n;

static void setup(void)
{
	netfix_begin(&n, 2);
	enter(&n, 0);
}

static void teardown(void)
{
	leave();
	netfix_end(&n);
}

static uint64_t live(unsigned area)
{
	struct kmem_cache_stats st;

	kmem_cache_stats(area < 3 ? n.net.skb.area[area] : n.net.skb.skbuff_head_cache, &st);
	return st.live;
}

START_TEST(test_F10_truesize_as_linux)
{
	static const struct { unsigned size, truesize;
	} want[] = {
		{ 0, 768 },	   { 1, 768 },	     { 126, 768 },     { 192, 768 },
		{ 193, 1280 },	   { 704, 1280 },    { 705, 2304 },    { 1580, 2304 },
		{ 1728, 2304 },	   { 1729, 4352 },   { 3776, 4352 },   { 3777, 8448 },
		{ 7872, 8448 },	   { 7873, 16640 },  { 16064, 16640 }, { 16065, 33024 },
		{ 32448, 33024 },  { 32449, 65792 }, { 65216, 65792 }, { 65217, 131328 },
		{ 65664, 131328 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		struct sk_buff *skb = alloc_skb(&n.net, want[i].size);

		ck_assert_ptr_nonnull(skb);
		ck_assert_uint_eq(skb_truesize(want[i].size), want[i].truesize);
		ck_assert_uint_eq(skb->truesize, want[i].truesize);
		ck_assert_uint_ge(skb_tailroom(skb), want[i].size);
		memset(skb_put(skb, skb_tailroom(skb)), 0x5a, skb->end);
		consume_skb(skb);
	}
	ck_assert_ptr_null(alloc_skb(&n.net, 65536 + MAX_HEADER + 1));
}
END_TEST

START_TEST(test_F10_netdev_alloc_skb)
{
	struct net_device *dev;
	struct sk_buff *skb;

	leave();
	dev = testdev_up(&n, "t0", 1);
	enter(&n, 0);
	skb = __netdev_alloc_skb(dev, 60);
	ck_assert_uint_eq(skb->truesize, 768);
	ck_assert_uint_eq(skb_headroom(skb), 66);
	ck_assert_uint_ge(skb_tailroom(skb), 60);
	ck_assert_uint_eq(skb->len, 0);
	ck_assert_ptr_eq(skb->dev, dev);
	ck_assert(!skb_mac_header_was_set(skb) && !skb_transport_header_was_set(skb));
	ck_assert_uint_eq(((uintptr_t)skb->data + ETH_HLEN) % 16, 0); /* the IP header */
	ck_assert_uint_eq(skb->ledger, LEDGER_NONE);
	consume_skb(skb);
	skb = __netdev_alloc_skb(dev, 1514);
	ck_assert_uint_eq(skb->truesize, 2304);
	ck_assert_uint_eq(live(0), 1);
	consume_skb(skb);
	skb = __netdev_alloc_skb(dev, 9014);
	ck_assert_uint_eq(live(1), 1);
	consume_skb(skb);
	skb = __netdev_alloc_skb(dev, 65549);
	ck_assert_uint_eq(live(2), 1);
	consume_skb(skb);
	ck_assert_ptr_null(__netdev_alloc_skb(dev, 1u << 20));
	ck_assert_ptr_null(__netdev_alloc_skb(dev, ~0u));
	leave();
	testdev_free(dev);
	enter(&n, 0);
}
END_TEST

START_TEST(test_F10_geometry)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100);
	unsigned char *p;

	ck_assert_uint_eq(skb->end, 192); /* what kmalloc-512 leaves beside the shared info */
	skb_reserve(skb, 20);
	p = skb_put(skb, 50);
	ck_assert_ptr_eq(p, skb->head + 20);
	ck_assert_ptr_eq(skb_push(skb, 14), p - 14);
	ck_assert_uint_eq(skb->len, 64);
	skb_reset_mac_header(skb);
	ck_assert_ptr_eq(skb_pull(skb, 14), p);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
	ck_assert_uint_eq(skb->mac_len, 14);
	ck_assert_ptr_null(skb_pull(skb, 51));
	ck_assert_uint_eq(skb->len, 50);
	skb_trim(skb, 60);
	ck_assert_uint_eq(skb->len, 50);
	skb_trim(skb, 30);
	ck_assert_uint_eq(skb->len, 30);
	ck_assert_ptr_eq(skb_tail_pointer(skb), p + 30);
	consume_skb(skb);
}
END_TEST

START_TEST(test_F10_put_beyond_the_end_aborts)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100);

	skb_put(skb, skb_tailroom(skb) + 1);
}
END_TEST

START_TEST(test_F10_push_beyond_the_head_aborts)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100);

	skb_reserve(skb, 8);
	skb_push(skb, 9);
}
END_TEST

START_TEST(test_clone_shares_bytes)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100), *c;

	memset(skb_put(skb, 40), 7, 40);
	ledger_begin(skb, LEDGER_FRAME);
	skb->packet_id = 77;
	c = skb_clone(skb);
	ck_assert_ptr_eq(c->data, skb->data);
	ck_assert(skb_cloned(skb) && skb_cloned(c));
	ck_assert_uint_eq(c->packet_id, 77);
	ck_assert_uint_eq(c->ledger, LEDGER_COPY);
	ck_assert_uint_eq(c->truesize, skb->truesize);
	ck_assert_uint_eq(live(0), 1);
	ck_assert_int_eq(skb_ensure_writable(c, 41), -ENOMEM); /* longer than it is */
	ck_assert_int_eq(skb_ensure_writable(c, 40), 0);
	ck_assert_ptr_ne(c->data, skb->data);
	ck_assert_uint_eq(live(0), 2);
	c->data[0] = 1;
	ck_assert_uint_eq(skb->data[0], 7);
	ck_assert(!skb_cloned(skb) && !skb_cloned(c));
	consume_skb(skb);
	ck_assert_uint_eq(live(0), 1);
	consume_skb(c);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_COPY, VERDICT_CONSUMED), 1);
	skb = alloc_skb(&n.net, 10);
	c = skb_clone(skb);
	ck_assert_uint_eq(c->ledger, LEDGER_NONE); /* what is in no book has copies in none */
	consume_skb(skb);
	consume_skb(c);
}
END_TEST

START_TEST(test_clone_of_a_held_packet)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100), *c;

	ledger_begin(skb, LEDGER_FRAME);
	ledger_hold(skb, HELD_FRAG);
	c = skb_clone(skb);
	ck_assert_uint_eq(c->held, 0);
	consume_skb(c);
	ledger_hold(skb, HELD_NEIGH); /* moves from queue to queue */
	ck_assert_uint_eq(netfix_held(&n, HELD_FRAG), 0);
	ck_assert_uint_eq(netfix_held(&n, HELD_NEIGH), 1);
	ledger_end(skb, VERDICT_DELIVERED);
	ck_assert_uint_eq(netfix_held(&n, HELD_NEIGH), 0);
	consume_skb(skb);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_DELIVERED), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 0);
}
END_TEST

START_TEST(test_copy_and_expand)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100), *c;

	skb_reserve(skb, 30);
	memset(skb_put(skb, 40), 7, 40);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, 14);
	skb_set_transport_header(skb, 34);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = 64;
	skb_shinfo(skb)->tskey = 5;
	c = skb_copy(skb, 16);
	ck_assert_uint_eq(skb_headroom(c), 46);
	ck_assert_uint_eq(c->len, 40);
	ck_assert_mem_eq(c->data, skb->data, 40);
	ck_assert_int_eq(skb_network_offset(c), 14);
	ck_assert_int_eq(skb_transport_offset(c), 34);
	ck_assert_int_eq(skb_checksum_start_offset(c), 34);
	ck_assert_uint_eq(skb_shinfo(c)->tskey, 5);
	consume_skb(c);
	ck_assert_int_eq(skb_cow_head(skb, 30), 0);
	ck_assert_uint_eq(skb_headroom(skb), 30); /* there was enough */
	ck_assert_int_eq(skb_cow_head(skb, 31), 0);
	ck_assert_uint_eq(skb_headroom(skb), 30 + NET_SKB_PAD);
	ck_assert_int_eq(skb_network_offset(skb), 14);
	ck_assert_uint_eq(skb->data[39], 7);
	ck_assert_uint_eq(skb_shinfo(skb)->tskey, 5);
	ck_assert_uint_eq(skb->truesize, 1280); /* 64 + 192 bytes now */
	ck_assert_int_eq(pskb_expand_head(skb, 0, 3000), 0);
	ck_assert_uint_ge(skb_tailroom(skb), 3000);
	ck_assert_uint_eq(live(1), 1);
	ck_assert_uint_eq(live(0), 0);
	ck_assert_int_eq(pskb_expand_head(skb, 70000, 0), -ENOMEM);
	ck_assert_uint_eq(skb->len, 40);
	consume_skb(skb);
}
END_TEST

START_TEST(test_share_check)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100), *own;

	ck_assert_ptr_eq(skb_share_check(skb), skb);
	ledger_begin(skb, LEDGER_FRAME);
	own = skb_share_check(skb_get(skb));
	ck_assert_ptr_ne(own, skb);
	ck_assert_uint_eq(own->ledger, LEDGER_COPY);
	ck_assert(!skb_shared(skb));
	consume_skb(own);
	kmem_fail_nth(&n.net.m.kmem, 1, "skbuff_head_cache");
	ck_assert_ptr_null(skb_share_check(skb_get(skb)));
	ck_assert(!skb_shared(skb));
	consume_skb(skb);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
}
END_TEST

static struct sk_buff *ip_skb(uint8_t protocol)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100);

	memset(skb_put(skb, 20), 0, 20);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	ip_hdr(skb)->protocol = protocol;
	ledger_begin(skb, LEDGER_FRAME);
	return skb;
}

static uint64_t counter(unsigned offset)
{
	return stats_fold_one(&n.net, offset);
}

#define STAT(field) counter(offsetof(struct cpu_stats, field))

START_TEST(test_F11_drop_moves_its_row)
{
	kfree_skb_reason(ip_skb(IPPROTO_UDP), SKB_DROP_REASON_NO_SOCKET);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_NOPORTS]), 1);
	kfree_skb_reason(ip_skb(IPPROTO_UDP), SKB_DROP_REASON_UDP_CSUM);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_CSUMERRORS]), 1);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_INERRORS]), 1);
	kfree_skb_reason(ip_skb(IPPROTO_UDPLITE), SKB_DROP_REASON_UDP_CSUM);
	ck_assert_uint_eq(STAT(udplite[UDP_MIB_CSUMERRORS]), 1);
	ck_assert_uint_eq(STAT(udplite[UDP_MIB_INERRORS]), 1);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_INERRORS]), 1);
	kfree_skb_reason(ip_skb(IPPROTO_UDP), SKB_DROP_REASON_IP_RPFILTER);
	ck_assert_uint_eq(STAT(linux_mib[LINUX_MIB_IPRPFILTER]), 1);
	kfree_skb_reason(ip_skb(IPPROTO_UDPLITE), SKB_DROP_REASON_IP_CSUM);
	ck_assert_uint_eq(STAT(ip[IPSTATS_MIB_CSUMERRORS]), 1);
	ck_assert_uint_eq(STAT(ip[IPSTATS_MIB_INHDRERRORS]), 1);
	kfree_skb_reason(alloc_skb(&n.net, 1), SKB_DROP_REASON_NO_SOCKET); /* in no book */
	ck_assert_uint_eq(STAT(udp[UDP_MIB_NOPORTS]), 2);
	ck_assert_uint_eq(STAT(drop[LEDGER_NONE][SKB_DROP_REASON_NO_SOCKET]), 1);
	ck_assert_uint_eq(STAT(drop[LEDGER_FRAME][SKB_DROP_REASON_NO_SOCKET]), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_DROPPED), 5);
	kfree_skb_reason(NULL, SKB_DROP_REASON_NOMEM);
	consume_skb(NULL);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NOMEM), 0);
}
END_TEST

START_TEST(test_F11_shared_ends_with_the_last)
{
	struct sk_buff *skb = skb_get(ip_skb(IPPROTO_UDP));

	kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_NOPORTS]), 1);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_DROPPED), 0);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_NO_SOCKET), 0);
	consume_skb(skb);
	ck_assert_uint_eq(netfix_ledger(&n, LEDGER_FRAME, VERDICT_CONSUMED), 1);
}
END_TEST

START_TEST(test_F11_socket_drops)
{
	struct sock sk = { .skc_num = 0 };

	sk_skb_reason_drop(&sk, ip_skb(IPPROTO_UDP), SKB_DROP_REASON_SOCKET_RCVBUFF);
	/* its row says no */
	sk_skb_reason_drop(&sk, ip_skb(IPPROTO_UDP), SKB_DROP_REASON_NO_SOCKET);
	sk_skb_reason_drop(NULL, ip_skb(IPPROTO_UDP), SKB_DROP_REASON_SOCKET_RCVBUFF);
	ck_assert_int_eq(atomic_read(&sk.sk_drops), 1);
	ck_assert_uint_eq(STAT(udp[UDP_MIB_RCVBUFERRORS]), 2);
}
END_TEST

static unsigned destructed;

static void destructor(struct sk_buff *skb)
{
	(void)skb;
	destructed++;
}

START_TEST(test_F11_destructor_runs_once)
{
	struct sk_buff *skb = alloc_skb(&n.net, 100), *c;

	skb->destructor = destructor;
	c = skb_clone(skb);
	ck_assert_ptr_null(c->destructor);
	consume_skb(c);
	ck_assert_uint_eq(destructed, 0);
	skb_orphan(skb);
	skb_orphan(skb);
	ck_assert_uint_eq(destructed, 1);
	skb->destructor = destructor;
	consume_skb(skb);
	ck_assert_uint_eq(destructed, 2);
}
END_TEST

START_TEST(test_dst_references)
{
	struct dst_entry dst = { .net = &n.net };
	struct sk_buff *skb = alloc_skb(&n.net, 100), *c;

	atomic_set(&dst.refcnt, 1);
	__skb_dst_set_noref(skb, &dst);
	ck_assert_ptr_eq(skb_dst(skb), &dst);
	c = skb_clone(skb);
	ck_assert_int_eq(atomic_read(&dst.refcnt), 1); /* borrowed twice */
	skb_dst_force(c);
	skb_dst_force(c);
	ck_assert_int_eq(atomic_read(&dst.refcnt), 2);
	consume_skb(c);
	ck_assert_int_eq(atomic_read(&dst.refcnt), 1);
	skb_dst_force(skb);
	c = skb_clone(skb);
	ck_assert_int_eq(atomic_read(&dst.refcnt), 3);
	skb_dst_drop(c);
	ck_assert_ptr_null(skb_dst(c));
	consume_skb(c);
	consume_skb(skb);
	ck_assert_int_eq(atomic_read(&dst.refcnt), 1);
	/* a dst that is going away is not taken any more */
	atomic_set(&dst.refcnt, 0);
	skb = alloc_skb(&n.net, 100);
	__skb_dst_set_noref(skb, &dst);
	skb_dst_force(skb);
	ck_assert_ptr_null(skb_dst(skb));
	consume_skb(skb);
}
END_TEST

START_TEST(test_F13_third_allocation_fails)
{
	kmem_fail_nth(&n.net.m.kmem, 3, "skbuff_head_cache");
	for (unsigned i = 1; i <= 5; i++) {
		struct sk_buff *skb = alloc_skb(&n.net, 100);

		ck_assert_msg(!skb == (i == 3), "allocation %u", i);
		consume_skb(skb);
	}
	ck_assert_uint_eq(live(0), 0);
	ck_assert_uint_eq(live(3), 0);
}
END_TEST

static bool life(unsigned long nth, bool *ret_hit)
{
	struct sk_buff *a, *b = NULL, *c = NULL;
	bool through = false;

	kmem_fail_nth(&n.net.m.kmem, nth, NULL);
	a = alloc_skb(&n.net, 100);
	if (a) {
		ledger_begin(a, LEDGER_LOCAL);
		skb_put(a, 50);
		b = skb_clone(a);
		if (b && !skb_ensure_writable(b, 20) && !skb_cow_head(b, 100)) {
			c = skb_copy(b, 10);
			if (c && !skb_pad(c, 4000)) {
				through = true;
				consume_skb(c);
			}
		}
	}
	consume_skb(a);
	consume_skb(b);
	*ret_hit = kmem_fault_hit(&n.net.m.kmem);
	kmem_fail_nth(&n.net.m.kmem, 0, NULL);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(live(i), 0);
	netfix_balanced(&n);
	return through;
}

START_TEST(test_F13_sweep)
{
	/* a: 2, its clone 1, ensure_writable 1, cow_head 1, copy 2, pad 1 */
	ck_assert_uint_eq(faulty_sweep(life), 8);
}
END_TEST

START_TEST(test_F12_goes_home_from_another_cpu)
{
	struct sk_buff *skb[100];

	for (unsigned i = 0; i < 100; i++)
		skb[i] = alloc_skb(&n.net, 100);
	leave();
	enter(&n, 1);
	for (unsigned i = 0; i < 100; i++)
		consume_skb(skb[i]);
	ck_assert_uint_eq(live(0), 0);
	ck_assert_uint_eq(live(3), 0);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_F10_truesize_as_linux,
				       test_F10_netdev_alloc_skb,
				       test_F10_geometry,
				       test_clone_shares_bytes,
				       test_clone_of_a_held_packet,
				       test_copy_and_expand,
				       test_share_check,
				       test_F11_drop_moves_its_row,
				       test_F11_shared_ends_with_the_last,
				       test_F11_socket_drops,
				       test_F11_destructor_runs_once,
				       test_dst_references,
				       test_F13_third_allocation_fails,
				       test_F13_sweep,
				       test_F12_goes_home_from_another_cpu,
				       NULL };
	Suite *s = suite_of("skbuff", setup, teardown, tests);
	TCase *aborts = tcase_create("aborts");

	tcase_add_checked_fixture(aborts, setup, NULL);
	tcase_add_test_raise_signal(aborts, test_F10_put_beyond_the_end_aborts, SIGABRT);
	tcase_add_test_raise_signal(aborts, test_F10_push_beyond_the_head_aborts, SIGABRT);
	suite_add_tcase(s, aborts);
	return s;
}
