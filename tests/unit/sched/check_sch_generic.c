/* SPDX-License-Identifier: MIT */
/* check_sch_generic.c: bypass, requeue, quota, device up and down, files. */
#include "card.h"

static unsigned tx_softirqs(void)
{
	return (unsigned)(c.n.net.m.cpu[0]->softirq_count[NET_TX_SOFTIRQ] +
			  c.n.net.m.cpu[1]->softirq_count[NET_TX_SOFTIRQ]);
}

START_TEST(test_O11_bypass)
{
	card_up();
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(card_send((unsigned char)i), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 5);
	ck_assert_uint_eq(tx_softirqs(), 0);
	ck_assert_uint_eq(card_qdisc()->stats.packets, 5);
	ck_assert_uint_eq(card_qdisc()->stats.bytes, 500);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 0);
	ck_assert_uint_eq(netfix_ledger(&c.n, LEDGER_LOCAL, VERDICT_SENT), 5);
}
END_TEST

START_TEST(test_O11_busy_keeps_the_order)
{
	card_up();
	c.room = 1;
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(card_send((unsigned char)i), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 1);
	ck_assert_uint_eq(c.busy, 1);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 5);
	ck_assert_uint_eq(card_qdisc()->stats.backlog, 500);
	ck_assert_uint_eq(card_qdisc()->stats.requeues, 1);
	ck_assert_uint_eq(netfix_held(&c.n, HELD_QDISC), 5);
	ck_assert_uint_eq(netfix_held(&c.n, HELD_TXRING), 0);
	netfix_run(&c.n); /* NET_TX finds the queue stopped */
	ck_assert_uint_eq(c.busy, 1);
	card_wake(2);
	ck_assert_uint_eq(c.sent, 3);
	ck_assert_uint_eq(c.busy, 2);
	ck_assert_uint_eq(card_qdisc()->stats.requeues, 2);
	card_wake(100);
	ck_assert_uint_eq(c.sent, 6);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(c.order[i], i);
	ck_assert_uint_eq(card_qdisc()->stats.packets, 6);
	ck_assert_uint_eq(card_qdisc()->stats.bytes, 600);
	ck_assert_uint_eq(card_qdisc()->stats.backlog, 0);
	ck_assert_uint_eq(netfix_held(&c.n, HELD_QDISC), 0);
}
END_TEST

START_TEST(test_stopped_queue_is_not_tried)
{
	card_up();
	c.room = 2;
	c.stop_when_full = true;
	for (unsigned i = 0; i < 4; i++)
		card_send((unsigned char)i);
	ck_assert_uint_eq(c.sent, 2);
	ck_assert_uint_eq(c.busy, 0);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 2);
	card_wake(10);
	ck_assert_uint_eq(c.sent, 4);
	ck_assert_uint_eq(c.busy, 0);
}
END_TEST

START_TEST(test_P3_quota)
{
	card_up();
	c.room = 1;
	c.stop_when_full = true;
	for (unsigned i = 0; i < 1 + 150; i++)
		card_send((unsigned char)i);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 150);
	c.room = UINT32_MAX;
	ck_assert_uint_eq(tx_softirqs(), 1); /* of the one that was requeued */
	smp_call(&c.n.net.m, 0, card_wake_local, NULL);
	netfix_run(&c.n);
	ck_assert_uint_eq(c.sent, 151);
	ck_assert_uint_eq(tx_softirqs(), 1 + 3); /* 64 + 64 + 22 */
	for (unsigned i = 0; i < 151; i++)
		ck_assert_uint_eq(c.order[i], i);
}
END_TEST

START_TEST(test_scheduled_once)
{
	card_up();
	c.room = 0;
	card_send(0);
	ck_assert_uint_eq(card_qdisc()->stats.requeues, 1);
	vcpu_enter(c.n.net.m.cpu[0], NULL);
	__netif_schedule(card_qdisc());
	__netif_schedule(card_qdisc());
	vcpu_leave(c.n.net.m.cpu[0]);
	vcpu_enter(c.n.net.m.cpu[1], NULL);
	__netif_schedule(card_qdisc());
	ck_assert_ptr_null(this_softnet()->output_queue);
	vcpu_leave(c.n.net.m.cpu[1]);
	netfix_run(&c.n);
	ck_assert(!card_qdisc()->scheduled);
	card_wake(1);
	ck_assert_uint_eq(c.sent, 1);
}
END_TEST

/* A packet sent from inside the transmit of another waits for its turn: one CPU runs a queue. */
static void send_inside(void)
{
	struct sk_buff *skb = alloc_skb(&c.n.net, 100);

	memset(skb_put(skb, 100), 77, 100);
	skb->dev = c.dev;
	ck_assert_int_eq(card_qdisc()->running, true);
	ck_assert_int_eq(dev_queue_xmit(skb), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 0);
}

START_TEST(test_one_runner)
{
	card_up();
	c.hook = send_inside;
	card_send(1);
	ck_assert_uint_eq(c.sent, 2);
	ck_assert_uint_eq(c.order[0], 1);
	ck_assert_uint_eq(c.order[1], 77);
	ck_assert(!card_qdisc()->running);
}
END_TEST

START_TEST(test_down_empties)
{
	card_up();
	c.room = 0;
	for (unsigned i = 0; i < 7; i++)
		card_send((unsigned char)i);
	vcpu_enter(c.n.net.m.cpu[1], NULL);
	__netif_schedule(card_qdisc());
	vcpu_leave(c.n.net.m.cpu[1]);
	ck_assert(card_qdisc()->scheduled);
	dev_close(c.dev);
	ck_assert_uint_eq(card_qdisc()->stats.qlen, 0);
	ck_assert_uint_eq(card_qdisc()->stats.backlog, 0);
	ck_assert(!card_qdisc()->scheduled);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_QUEUE_PURGE), 7);
	ck_assert_uint_eq(netfix_held(&c.n, HELD_QDISC), 0);
	ck_assert_int_eq(card_send(9), -ENETDOWN);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_DEV_READY), 1);
	netfix_run(&c.n);
	netif_tx_start_all_queues(c.dev);
	c.room = 10;
	card_up();
	ck_assert_int_eq(card_send(1), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 1);
	ck_assert_uint_eq(c.order[0], 1);
}
END_TEST

/* The carrier goes: the device is up, its queue is not. */
START_TEST(test_deactivated_queue_refuses)
{
	card_up();
	netif_carrier_off(c.dev);
	netfix_settle(&c.n);
	ck_assert_int_eq(card_send(1), NET_XMIT_DROP);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_DEV_READY), 1);
	ck_assert_uint_eq(card_qdisc()->stats.drops, 1);
	netif_carrier_on(c.dev);
	netfix_settle(&c.n);
	ck_assert_int_eq(card_send(2), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 1);
}
END_TEST

/* Down while a CPU is inside the driver: what comes back is not queued again. */
START_TEST(test_requeue_after_down)
{
	struct sk_buff *skb;

	card_up();
	vcpu_enter(c.n.net.m.cpu[0], NULL);
	skb = alloc_skb(&c.n.net, 100);
	memset(skb_put(skb, 100), 1, 100);
	skb->dev = c.dev;
	ledger_begin(skb, LEDGER_LOCAL);
	local_bh_disable();
	card_qdisc()->deactivated = true;
	card_qdisc()->running = true;
	netif_tx_stop_queue(netdev_get_tx_queue(c.dev, 0));
	spin_lock(&card_qdisc()->lock);
	ck_assert_int_eq(sch_direct_xmit(skb, card_qdisc(), c.dev, netdev_get_tx_queue(c.dev, 0)), 0);
	spin_unlock(&card_qdisc()->lock);
	card_qdisc()->running = false;
	local_bh_enable();
	vcpu_leave(c.n.net.m.cpu[0]);
	ck_assert_ptr_null(card_qdisc()->gso_skb);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_QUEUE_PURGE), 1);
	ck_assert_uint_eq(c.sent, 0);
}
END_TEST

START_TEST(test_unregister_with_packets)
{
	card_up();
	c.room = 0;
	for (unsigned i = 0; i < 3; i++)
		card_send((unsigned char)i);
	unregister_netdevice(c.dev);
	c.dev = NULL;
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_QUEUE_PURGE), 3);
}
END_TEST

START_TEST(test_attach_without_memory)
{
	struct extack err = { "" };
	unsigned nth;

	for (nth = 1;; nth++) {
		kmem_fail_nth(&c.n.net.m.kmem, nth, NULL);
		if (!dev_open(c.dev, &err)) {
			ck_assert(!kmem_fault_hit(&c.n.net.m.kmem));
			break;
		}
		ck_assert(kmem_fault_hit(&c.n.net.m.kmem));
		ck_assert(!(c.dev->flags & IFF_UP));
	}
	ck_assert_uint_ge(nth, 2);
	kmem_fail_nth(&c.n.net.m.kmem, 0, NULL);
	ck_assert_int_eq(card_send(1), NET_XMIT_SUCCESS);
	ck_assert_uint_eq(c.sent, 1);
}
END_TEST

START_TEST(test_init_without_memory)
{
	unsigned nth;
	int ret;

	unregister_netdevice(c.dev);
	c.dev = NULL;
	netfix_settle(&c.n);
	sched_exit(&c.n.net);
	for (nth = 1;; nth++) {
		kmem_fail_nth(&c.n.net.m.kmem, nth, NULL);
		ret = sched_init(&c.n.net);
		if (!kmem_fault_hit(&c.n.net.m.kmem))
			break;
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(c.n.net.sched);
	}
	kmem_fail_nth(&c.n.net.m.kmem, 0, NULL);
	ck_assert_int_eq(ret, 0);
	ck_assert_uint_ge(nth, 4);
}
END_TEST

START_TEST(test_O11_file)
{
	const char *text;

	card_up();
	c.room = 1;
	for (unsigned i = 0; i < 3; i++)
		card_send((unsigned char)i);
	text = netfix_cat(&c.n, "/proc/net/qdisc");
	ck_assert_str_eq(text,
			 "Interface Queue Kind         Limit        Bytes    Packets    Dropped"
			 " Overlimits   Requeues    Backlog       Qlen\n"
			 "card0         0 pfifo_fast    1000          200          2          0"
			 "          0          1        200          2\n");
}
END_TEST

START_TEST(test_default_qdisc)
{
	struct extack err = { "" };
	struct seq_file m;

	seq_init(&m, &c.n.net.m.kmem);
	ck_assert_int_eq(sysctl_read(&c.n.net.vfs, "net.core.default_qdisc", &m), 0);
	ck_assert_str_eq(seq_str(&m), "pfifo_fast\n");
	seq_release(&m);
	ck_assert_int_eq(sysctl_write(&c.n.net.vfs, "net.core.default_qdisc", "fq", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no such qdisc (pfifo_fast, pfifo)");
	ck_assert_int_eq(sysctl_write(&c.n.net.vfs, "net.core.default_qdisc", "pfifo\n", &err), 0);
	card_up();
	ck_assert_ptr_eq(card_qdisc()->ops, &pfifo_qdisc_ops);
	ck_assert_ptr_eq(c.dev->qdisc, card_qdisc());
}
END_TEST

static void begin_noqueue(void)
{
	card_begin_queues(0, 1);
}

START_TEST(test_noqueue)
{
	card_up();
	ck_assert_ptr_eq(card_qdisc()->ops, &noqueue_qdisc_ops);
	ck_assert_int_eq(card_send(1), 0);
	ck_assert_uint_eq(c.sent, 1);
	ck_assert_uint_eq(card_qdisc()->stats.packets, 0);
	c.room = 0;
	ck_assert_int_lt(card_send(2), 0);
	ck_assert_uint_eq(netfix_drops(&c.n, SKB_DROP_REASON_FULL_RING), 1);
}
END_TEST

static void begin_multi(void)
{
	card_begin_queues(1000, 4);
}

START_TEST(test_each_queue_has_its_own)
{
	card_up();
	for (unsigned i = 0; i < 4; i++) {
		struct Qdisc *q = netdev_get_tx_queue(c.dev, i)->qdisc;

		ck_assert_ptr_nonnull(q);
		ck_assert_ptr_eq(q->dev_queue, netdev_get_tx_queue(c.dev, i));
		for (unsigned j = 0; j < i; j++)
			ck_assert_ptr_ne(q, netdev_get_tx_queue(c.dev, j)->qdisc);
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_O11_bypass, test_O11_busy_keeps_the_order, test_stopped_queue_is_not_tried,
		test_P3_quota, test_scheduled_once, test_one_runner, test_down_empties,
		test_deactivated_queue_refuses, test_requeue_after_down, test_unregister_with_packets,
		test_attach_without_memory, test_init_without_memory, test_O11_file,
		test_default_qdisc, NULL,
	};
	Suite *s = suite_of("sch_generic", card_begin, card_end, tests);
	TCase *tc = tcase_create("noqueue");

	tcase_add_checked_fixture(tc, begin_noqueue, card_end);
	tcase_add_test(tc, test_noqueue);
	suite_add_tcase(s, tc);
	tc = tcase_create("multiqueue");
	tcase_add_checked_fixture(tc, begin_multi, card_end);
	tcase_add_test(tc, test_each_queue_has_its_own);
	suite_add_tcase(s, tc);

	return s;
}
