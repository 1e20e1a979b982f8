/* SPDX-License-Identifier: MIT */
/* check_sch_fifo.c: bands, limits. */
#include "card.h"

/* The card is full: it has sent one, and one that it would not take stands before the queue's bands. */
static void fill_card(void)
{
	card_up();
	c.room = 1;
	c.stop_when_full = true;
	card_send(99);
	card_send(98);
	ck_assert_ptr_nonnull(card_qdisc()->gso_skb);
}

static void begin_short(void)
{
	card_begin_queues(10, 1);
}

START_TEST(test_bands_by_priority)
{
	/* Linux's map of the 16 priorities to the bands 0 1 2, each in order of arrival */
	static const unsigned char want[16] = { 6, 7, 0, 4, 8, 9, 10, 11, 12, 13, 14, 15, 1, 2, 3, 5 };

	fill_card();
	for (unsigned i = 0; i < 16; i++)
		ck_assert_int_eq(card_send_len((unsigned char)i, i, 100), NET_XMIT_SUCCESS);
	card_wake(100);
	ck_assert_uint_eq(c.sent, 18);
	ck_assert_mem_eq(c.order + 2, want, 16);
}
END_TEST

START_TEST(test_priority_beyond_15)
{
	fill_card();
	card_send_len(1, 0x10002, 100); /* band 2 */
	card_send_len(2, 0xfff6, 100);	/* band 0 */
	card_wake(100);
	ck_assert_uint_eq(c.order[2], 2);
	ck_assert_uint_eq(c.order[3], 1);
}
END_TEST

START_TEST(test_O11_limit)
{
	struct extack err = { "" };

	fill_card();
	for (unsigned i = 0; i < 9; i++)
		ck_assert_int_eq(card_send_len((unsigned char)i, i, 100), NET_XMIT_SUCCESS);
	ck_assert_int_eq(card_send_len(10, 6, 100), NET_XMIT_DROP);
	ck_assert_int_eq(card_send_len(11, 6, 100), NET_XMIT_DROP);
	ck_assert_uint_eq(card_qdisc()->stats.drops, 2);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 10);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_QDISC_DROP), 2);
	ck_assert_int_eq(dev_change_tx_queue_len(c.dev, 11, &err), 0); /* at once */
	ck_assert_int_eq(card_send_len(12, 6, 100), NET_XMIT_SUCCESS);
	ck_assert_int_eq(card_send_len(13, 6, 100), NET_XMIT_DROP);
	card_wake(100);
	ck_assert_uint_eq(c.sent, 12);
}
END_TEST

START_TEST(test_pfifo_one_band)
{
	struct extack err = { "" };

	ck_assert_int_eq(sysctl_write(&c.n.net.vfs, "net.core.default_qdisc", "pfifo", &err), 0);
	fill_card();
	for (unsigned i = 0; i < 9; i++)
		ck_assert_int_eq(card_send_len((unsigned char)i, 15 - i, 100), NET_XMIT_SUCCESS);
	ck_assert_int_eq(card_send(10), NET_XMIT_DROP);
	ck_assert_int_eq(dev_change_tx_queue_len(c.dev, 1000, &err), 0); /* keeps its own */
	ck_assert_int_eq(card_send(10), NET_XMIT_DROP);
	ck_assert_ptr_nonnull(card_qdisc()->ops->peek(card_qdisc()));
	ck_assert_uint_eq(card_qdisc()->ops->peek(card_qdisc())->data[0], 0);
	card_wake(100);
	for (unsigned i = 0; i < 9; i++)
		ck_assert_uint_eq(c.order[i + 2], i);
	ck_assert_ptr_null(card_qdisc()->ops->peek(card_qdisc()));
}
END_TEST

START_TEST(test_reset)
{
	fill_card();
	for (unsigned i = 0; i < 9; i++)
		card_send_len((unsigned char)i, i, 100);
	dev_close(c.dev);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_QUEUE_PURGE), 10);
	ck_assert_ptr_null(card_qdisc()->ops->peek(card_qdisc()));
}
END_TEST

Suite *suite(void)
{
	const TTest *const big[] = { test_bands_by_priority, test_priority_beyond_15, NULL };
	Suite *s = suite_of("sch_fifo", card_begin, card_end, big);
	TCase *tc = tcase_create("short");

	tcase_add_checked_fixture(tc, begin_short, card_end);
	tcase_add_test(tc, test_O11_limit);
	tcase_add_test(tc, test_pfifo_one_band);
	tcase_add_test(tc, test_reset);
	suite_add_tcase(s, tc);

	return s;
}
