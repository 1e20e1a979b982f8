/* SPDX-License-Identifier: MIT */
/* check_napi: NET_RX's loop counts as Linux 3.13 does, on a clock that stands still unless told. */
#include "testdev.h"

static struct netfix n;
static struct packet_type ip;
static unsigned received;

static void setup(void)
{
	netfix_begin(&n, 2);
	count_handler(&ip, ETH_P_IP, &received);
	dev_add_pack(&n.net, &ip);
}

static void teardown(void)
{
	dev_remove_pack(&n.net, &ip);
	netfix_end(&n);
}

/* All lines of @dev go to vCPU 0. */
static void all_on_cpu0(struct net_device *dev)
{
	for (unsigned i = 0; i < dev->num_rx_queues; i++)
		ck_assert_int_eq(irq_set_affinity(&n.net.m, testdev(dev)->q[i].irq, 0), 0);
}

/*
 * Take the interrupts that wait at vCPU 0 without running softirqs, then one net_rx_action() by
 * hand.
 */
static void one_action(void)
{
	enter(&n, 0);
	local_bh_disable();
	local_irq_window();
	this_vcpu()->softirq_pending = 0;
	net_rx_action(this_vcpu());
	this_vcpu()->bh_count--; /* and back, without running what was raised */
	ck_assert_int_eq(this_vcpu()->bh_count, 0);
	current_vcpu->softirq_pending = 0;
	leave();
}

static unsigned polls(struct net_device *dev)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < dev->num_rx_queues; i++)
		sum += testdev(dev)->q[i].polls;
	return sum;
}

START_TEST(test_E15_softnet_data_of_each_cpu)
{
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		ck_assert_ptr_eq(softnet(&n, cpu)->vcpu, n.net.m.cpu[cpu]);
		ck_assert_int_eq(softnet(&n, cpu)->backlog.weight, 64);
		ck_assert(softnet(&n, cpu)->backlog.poll == process_backlog);
	}
	ck_assert(n.net.m.softirq_vec[NET_RX_SOFTIRQ] == net_rx_action);
	ck_assert(n.net.m.softirq_vec[NET_TX_SOFTIRQ] == net_tx_action);
}
END_TEST

START_TEST(test_E10_two_irqs_one_entry)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct softnet_data *sd = softnet(&n, 0);
	struct testdev_queue *q = &testdev(dev)->q[0];

	enter(&n, 0);
	local_bh_disable();
	testdev_arrive(dev, 0, 1);
	local_irq_window();
	testdev_intr(q->irq, q);
	ck_assert_ptr_eq(sd->poll_list.next, &q->napi.poll_list);
	ck_assert_ptr_eq(sd->poll_list.prev, &q->napi.poll_list);
	ck_assert_uint_eq(this_vcpu()->softirq_pending, 1u << NET_RX_SOFTIRQ);
	ck_assert_ptr_eq(q->napi.vcpu, this_vcpu());
	local_bh_enable();
	leave();
	netfix_run(&n);
	ck_assert_uint_eq(q->polls, 1);
	ck_assert_uint_eq(received, 1);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E16_ten_busy_queues_five_polls_320_frames)
{
	struct net_device *dev = testdev_up(&n, "t0", 10);

	all_on_cpu0(dev);
	for (unsigned i = 0; i < 10; i++)
		testdev_arrive(dev, i, 1000);
	one_action();
	ck_assert_uint_eq(polls(dev), 5);
	ck_assert_uint_eq(received, 320);
	ck_assert_uint_eq(softnet(&n, 0)->time_squeeze, 1);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(testdev(dev)->q[i].polls, i < 5 ? 1 : 0);
	/* the next five have their turn */
	one_action();
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(testdev(dev)->q[i].polls, 1);
	ck_assert_uint_eq(softnet(&n, 0)->time_squeeze, 2);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E17_two_jiffies_end_it)
{
	struct net_device *dev = testdev_up(&n, "t0", 10);

	all_on_cpu0(dev);
	for (unsigned i = 0; i < 10; i++) {
		testdev_arrive(dev, i, 1000);
		testdev(dev)->q[i].cost_ns = NETFIX_TICK; /* each poll takes one jiffy */
	}
	one_action();
	ck_assert_uint_eq(polls(dev), 2);
	ck_assert_uint_eq(softnet(&n, 0)->time_squeeze, 1);
	for (unsigned i = 0; i < 10; i++)
		/* two polls do not reach the second jiffy's end */
		testdev(dev)->q[i].cost_ns = NETFIX_TICK - 1;
	n.now = NETFIX_START + 100 * NETFIX_TICK;
	one_action();
	ck_assert_uint_eq(polls(dev), 2 + 3);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E18_poll_of_65_warns_once)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct testdev_queue *q = &testdev(dev)->q[0];
	unsigned warnings = n.log_warnings;

	q->lie = 1;
	testdev_arrive(dev, 0, 200); /* 65 65 65, then 8 and 1 more than that: the list ends */
	netfix_run(&n);
	ck_assert_uint_eq(received, 200);
	ck_assert_uint_eq(q->polls, 4);
	ck_assert_uint_eq(q->napi.over_weight, 3);
	ck_assert_uint_eq(n.log_warnings, warnings + 1);
	ck_assert_ptr_nonnull(strstr(n.log, "65"));
	testdev_free(dev);
}
END_TEST

/* It used its weight and completed all the same. */
static void complete_anyway(struct testdev_queue *q)
{
	napi_complete(&q->napi);
	irq_unmask(&n.net.m, q->irq);
}

START_TEST(test_E19_contract)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct testdev_queue *q = &testdev(dev)->q[0];
	unsigned warnings = n.log_warnings;

	testdev_arrive(dev, 0, 128);
	q->hook = complete_anyway;
	one_action();
	ck_assert_uint_eq(q->polls, 1);
	ck_assert_uint_eq(n.log_warnings, warnings + 1);
	ck_assert_ptr_nonnull(strstr(n.log, "completed"));
	ck_assert(list_empty(&softnet(&n, 0)->poll_list));
	q->hook = NULL;
	q->lazy = true; /* less than its weight, and does not complete: it is polled again */
	testdev_arrive(dev, 0, 1);
	enter(&n, 0);
	local_bh_disable();
	local_irq_window();
	ck_assert_int_eq(testdev(dev)->q[0].pending, 65);
	this_vcpu()->bh_count--;
	this_vcpu()->softirq_pending = 0;
	n.net.core.sysctl_netdev_budget = 65;
	net_rx_action(this_vcpu());
	ck_assert_uint_eq(q->done[1], 64);
	ck_assert_uint_eq(q->done[2], 1);
	q->lazy = false;
	net_rx_action(this_vcpu());
	leave();
	ck_assert_uint_eq(n.log_warnings, warnings + 2);
	ck_assert_ptr_nonnull(strstr(n.log, "did not complete"));
	n.net.core.sysctl_netdev_budget = 300;
	testdev_free(dev);
}
END_TEST

START_TEST(test_E20_two_busy_queues_alternate)
{
	struct net_device *dev = testdev_up(&n, "t0", 2);
	struct testdev *td = testdev(dev);

	all_on_cpu0(dev);
	testdev_arrive(dev, 0, 150);
	testdev_arrive(dev, 1, 150);
	n.net.core.sysctl_netdev_budget = 128;
	one_action();
	ck_assert_uint_eq(td->q[0].polls, 1);
	ck_assert_uint_eq(td->q[1].polls, 1);
	n.net.core.sysctl_netdev_budget = 64;
	one_action();
	ck_assert_uint_eq(td->q[0].polls, 2);
	ck_assert_uint_eq(td->q[1].polls, 1);
	one_action();
	ck_assert_uint_eq(td->q[1].polls, 2);
	n.net.core.sysctl_netdev_budget = 300;
	testdev_free(dev);
}
END_TEST

static void disable_now(struct testdev_queue *q)
{
	q->napi.state |= 1ul << NAPI_STATE_DISABLE;
}

START_TEST(test_E20_disable_pending_completes)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct testdev_queue *q = &testdev(dev)->q[0];

	q->hook = disable_now;
	testdev_arrive(dev, 0, 500);
	one_action();
	ck_assert_uint_eq(q->polls, 1);
	ck_assert(!(q->napi.state & (1ul << NAPI_STATE_SCHED)));
	ck_assert(list_empty(&softnet(&n, 0)->poll_list));
	ck_assert_uint_eq(softnet(&n, 0)->time_squeeze, 0);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E20_ifdown_in_the_middle)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct testdev_queue *q = &testdev(dev)->q[0];

	testdev_arrive(dev, 0, 5000);
	one_action();
	ck_assert_uint_eq(q->polls, 5);
	ck_assert(!list_empty(&softnet(&n, 0)->poll_list));
	dev_close(dev);
	ck_assert(list_empty(&softnet(&n, 0)->poll_list));
	netfix_run(&n);
	ck_assert_uint_eq(q->polls, 5);
	q->pending = 0;
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	testdev_arrive(dev, 0, 3);
	netfix_run(&n);
	ck_assert_uint_eq(q->polls, 6);
	ck_assert_uint_eq(received, 320 + 3);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E21_budget_10_frames_200)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	struct testdev_queue *q = &testdev(dev)->q[0];

	n.net.core.sysctl_netdev_budget = 10;
	testdev_arrive(dev, 0, 200);
	netfix_run(&n);
	ck_assert_uint_eq(q->polls, 4);
	ck_assert_uint_eq(q->done[0], 64);
	ck_assert_uint_eq(q->done[1], 64);
	ck_assert_uint_eq(q->done[2], 64);
	ck_assert_uint_eq(q->done[3], 8);
	ck_assert_uint_eq(softnet(&n, 0)->time_squeeze, 3);
	ck_assert_uint_eq(softnet(&n, 0)->processed, 200);
	ck_assert_uint_eq(q->napi.work, 200);
	ck_assert_uint_eq(n.net.m.cpu[0]->softirq_count[NET_RX_SOFTIRQ], 4);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E23_affinity_moves_the_row)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);

	testdev_arrive(dev, 0, 7);
	netfix_run(&n);
	ck_assert_int_eq(irq_set_affinity(&n.net.m, testdev(dev)->q[0].irq, 1), 0);
	testdev_arrive(dev, 0, 9);
	netfix_run(&n);
	ck_assert_uint_eq(softnet(&n, 0)->processed, 7);
	ck_assert_uint_eq(softnet(&n, 1)->processed, 9);
	testdev_free(dev);
}
END_TEST

START_TEST(test_E25_unmasked_after_complete)
{
	struct net_device *dev = testdev_up(&n, "t0", 1);
	int irq = testdev(dev)->q[0].irq;
	unsigned masks = n.masks, unmasks = n.unmasks;

	for (unsigned i = 1; i <= 3; i++) {
		testdev_arrive(dev, 0, 1);
		netfix_run(&n);
		ck_assert(n.unmasked[irq]);
		ck_assert_uint_eq(n.masks, masks + i);
		ck_assert_uint_eq(n.unmasks, unmasks + i);
	}
	testdev_free(dev);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_E15_softnet_data_of_each_cpu,
				       test_E10_two_irqs_one_entry,
				       test_E16_ten_busy_queues_five_polls_320_frames,
				       test_E17_two_jiffies_end_it,
				       test_E18_poll_of_65_warns_once,
				       test_E19_contract,
				       test_E20_two_busy_queues_alternate,
				       test_E20_disable_pending_completes,
				       test_E20_ifdown_in_the_middle,
				       test_E21_budget_10_frames_200,
				       test_E23_affinity_moves_the_row,
				       test_E25_unmasked_after_complete,
				       NULL };

	return suite_of("napi", setup, teardown, tests);
}
