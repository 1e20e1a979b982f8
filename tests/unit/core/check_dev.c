/* SPDX-License-Identifier: MIT */
/* check_dev: names and numbers of devices, their life, who is told, the watchdog. */
#include "testdev.h"

#include "support/faulty.h"

static struct netfix n;
static struct extack err;

static void setup(void)
{
	netfix_begin(&n, 2);
	err.msg[0] = '\0';
}

static void teardown(void)
{
	netfix_end(&n);
}

static struct net_device *add(const char *name)
{
	struct net_device *dev = testdev_alloc(&n, name, 1);

	ck_assert_int_eq(register_netdevice(dev, &err), 0);
	return dev;
}

static int refused(const char *name)
{
	struct net_device *dev = testdev_alloc(&n, name, 1);
	int ret = register_netdevice(dev, &err);

	ck_assert_int_ne(ret, 0);
	ck_assert_str_ne(err.msg, "");
	err.msg[0] = '\0';
	free_netdev(dev);
	return ret;
}

START_TEST(test_names_and_numbers)
{
	struct net_device *a = add("eth%d"), *b = add("eth%d"), *c = add("lo"), *d;

	ck_assert_str_eq(a->name, "eth0");
	ck_assert_str_eq(b->name, "eth1");
	ck_assert_int_eq(a->ifindex, 1);
	ck_assert_int_eq(b->ifindex, 2);
	ck_assert_int_eq(c->ifindex, 3);
	ck_assert_ptr_eq(__dev_get_by_name(&n.net, "eth1"), b);
	ck_assert_ptr_eq(dev_get_by_index_rcu(&n.net, 3), c);
	ck_assert_ptr_null(__dev_get_by_name(&n.net, "eth2"));
	ck_assert_ptr_null(__dev_get_by_index(&n.net, 4));
	unregister_netdevice(a);
	ck_assert_ptr_null(__dev_get_by_name(&n.net, "eth0"));
	d = add("eth%d"); /* the name is free again, the number is not */
	ck_assert_str_eq(d->name, "eth0");
	ck_assert_int_eq(d->ifindex, 4);
	unregister_netdevice(b);
	unregister_netdevice(c);
	unregister_netdevice(d);
}
END_TEST

START_TEST(test_refused_names)
{
	static const char *const bad[] = { "",	  ".",	 "..",	  "a/b", "a b",
					   "a:b", "e%s", "e%d%d", "e%",	 "a\tb" };
	struct net_device *dev = add("x");

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(refused(bad[i]) == -EINVAL, "\"%s\"", bad[i]);
	ck_assert_int_eq(refused("x"), -EEXIST);
	ck_assert(dev_valid_name("fifteen_letters"));
	ck_assert(!dev_valid_name("sixteen__letters"));
	ck_assert_ptr_null(testdev_alloc(&n, "sixteen__letters", 1));
	ck_assert_ptr_null(testdev_alloc(&n, "q", MAX_TX_QUEUES + 1));
	unregister_netdevice(dev);
}
END_TEST

START_TEST(test_rename)
{
	struct net_device *a = add("a"), *b = add("b");

	ck_assert_int_eq(dev_change_name(a, "b", &err), -EEXIST);
	ck_assert_int_eq(dev_change_name(a, "c/d", NULL), -EINVAL);
	ck_assert_int_eq(dev_open(a, NULL), 0);
	ck_assert_int_eq(dev_change_name(a, "c", NULL), -EBUSY);
	dev_close(a);
	ck_assert_int_eq(dev_change_name(a, "c", NULL), 0);
	ck_assert_ptr_eq(__dev_get_by_name(&n.net, "c"), a);
	ck_assert_ptr_null(__dev_get_by_name(&n.net, "a"));
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/c/ifindex"), "1\n");
	ck_assert_ptr_null(proc_lookup(&n.net.vfs, "/sys/class/net/a"));
	unregister_netdevice(a);
	unregister_netdevice(b);
}
END_TEST

static char events[256];
static enum netdev_event refuse;

static int note(struct netdev_notifier *nb, enum netdev_event event, struct net_device *dev)
{
	static const char *const name[] = {
		[NETDEV_UP] = "UP",
		[NETDEV_DOWN] = "DOWN",
		[NETDEV_CHANGE] = "CHANGE",
		[NETDEV_REGISTER] = "REGISTER",
		[NETDEV_UNREGISTER] = "UNREGISTER",
		[NETDEV_CHANGEMTU] = "MTU",
		[NETDEV_CHANGEADDR] = "ADDR",
		[NETDEV_GOING_DOWN] = "GOING_DOWN",
		[NETDEV_PRE_UP] = "PRE_UP",
		[NETDEV_CHANGENAME] = "NAME",
		[NETDEV_CHANGE_TX_QUEUE_LEN] = "QLEN",
	};

	(void)nb;
	snprintf(events + strlen(events), sizeof(events) - strlen(events), "%s:%s ", dev->name,
		 name[event]);
	return event == refuse ? -EPERM : 0;
}

START_TEST(test_who_is_told_what)
{
	struct netdev_notifier nb = { .call = note }, late = { .call = note };
	struct net_device *dev;

	register_netdevice_notifier(&n.net, &nb);
	dev = add("a");
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_int_eq(dev_set_mtu(dev, 1400, NULL), 0);
	ck_assert_int_eq(dev_change_tx_queue_len(dev, 10, NULL), 0);
	ck_assert_str_eq(events, "a:REGISTER a:PRE_UP a:UP a:MTU a:QLEN ");
	events[0] = '\0';
	unregister_netdevice_notifier(&n.net, &nb);
	register_netdevice_notifier(&n.net, &late); /* is told what there is */
	ck_assert_str_eq(events, "a:REGISTER a:UP ");
	events[0] = '\0';
	unregister_netdevice(dev);
	ck_assert_str_eq(events, "a:GOING_DOWN a:DOWN a:UNREGISTER ");
	refuse = NETDEV_PRE_UP;
	dev = add("a");
	ck_assert_int_eq(dev_open(dev, &err), -EPERM);
	ck_assert_uint_eq(testdev(dev)->opens, 0);
	unregister_netdevice(dev);
	refuse = NETDEV_REGISTER;
	ck_assert_int_eq(refused("b"), -EPERM);
	unregister_netdevice_notifier(&n.net, &late);
}
END_TEST

START_TEST(test_unregister_waits_for_references)
{
	struct net_device *dev = testdev_up(&n, "a", 1);
	unsigned warnings = n.log_warnings;

	dev_hold(dev);
	unregister_netdevice(dev);
	ck_assert_uint_eq(n.log_warnings, warnings + 1);
	ck_assert_ptr_nonnull(strstr(n.log, "waiting for a to become free. Usage count = 2"));
	ck_assert_uint_eq(testdev(dev)->uninits, 1);
	ck_assert_ptr_null(__dev_get_by_name(&n.net, "a"));
	ck_assert_uint_eq(netdev_run_todo(&n.net), 1);
	dev_put(dev);
	ck_assert_uint_eq(netdev_run_todo(&n.net), 0);
}
END_TEST

START_TEST(test_unregister_flushes_the_backlog)
{
	struct net_device *a = testdev_up(&n, "a", 1), *b = testdev_up(&n, "b", 1);

	enter(&n, 1);
	local_bh_disable();
	for (unsigned i = 0; i < 6; i++)
		netif_rx(testdev_skb(i % 2 ? a : b, htons(ETH_P_IP), 60));
	this_vcpu()->softirq_pending = 0;
	local_bh_enable();
	leave();
	unregister_netdevice(a);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_QUEUE_PURGE), 3);
	ck_assert_uint_eq(netfix_held(&n, HELD_BACKLOG), 3);
	unregister_netdevice(b);
	ck_assert_uint_eq(netfix_drops(&n, SKB_DROP_REASON_QUEUE_PURGE), 6);
	netfix_balanced(&n);
}
END_TEST

START_TEST(test_C3_up_down_1000_times)
{
	struct net_device *dev = testdev_alloc(&n, "a", 2);
	uint64_t live;

	ck_assert_int_eq(register_netdevice(dev, NULL), 0);
	/* interrupt lines stay with the machine, to be used again */
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	dev_close(dev);
	live = kmem_live(&n.net.m.kmem);
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(dev_open(dev, NULL), 0);
		dev_close(dev);
	}
	rcu_barrier(&n.net.m);
	ck_assert_uint_eq(kmem_live(&n.net.m.kmem), live);
	unregister_netdevice(dev);
}
END_TEST

static bool life(unsigned long nth, bool *ret_hit)
{
	const unsigned char mac[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 };
	struct kmem *k = &n.net.m.kmem;
	uint64_t live = kmem_live(k);
	struct net_device *dev;
	bool through = false;

	kmem_fail_nth(k, nth, NULL);
	dev = testdev_alloc(&n, "a", 2);
	if (dev && register_netdevice(dev, NULL)) {
		free_netdev(dev);
	} else if (dev) {
		through = !dev_open(dev, NULL) && !dev_mc_add(dev, mac) && !(dev_close(dev), 0) &&
			  !dev_change_name(dev, "b", NULL);
		unregister_netdevice(dev);
	}
	*ret_hit = kmem_fault_hit(k);
	kmem_fail_nth(k, 0, NULL);
	rcu_barrier(&n.net.m);
	ck_assert_uint_eq(kmem_live(k), live);
	ck_assert(list_empty(&n.net.dev_base_head));
	return through;
}

START_TEST(test_F13_sweep_of_a_devices_life)
{
	/* interrupt lines stay with the machine: take them before live objects are counted */
	unregister_netdevice(testdev_up(&n, "a", 2));
	ck_assert_uint_gt(faulty_sweep(life), 50);
}
END_TEST

/* ---- watchdog ---- */

START_TEST(test_C10_stopped_queue_times_out)
{
	struct net_device *dev = testdev_alloc(&n, "a", 2);
	struct testdev *td = testdev(dev);
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 1);

	dev->watchdog_timeo = 100; /* jiffies */
	ck_assert_int_eq(register_netdevice(dev, NULL), 0);
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	netfix_advance(&n, 1000 * NETFIX_TICK);
	ck_assert_uint_eq(td->timeouts, 0); /* nothing is stopped */
	enter(&n, 0);
	txq->trans_start = jiffies_now();
	netif_tx_stop_queue(txq);
	leave();
	netfix_advance(&n, 99 * NETFIX_TICK);
	ck_assert_uint_eq(td->timeouts, 0);
	netfix_advance(&n, 101 * NETFIX_TICK);
	ck_assert_uint_eq(td->timeouts, 1);
	ck_assert_uint_eq(dev->tx_timeouts, 1);
	ck_assert_uint_eq(txq->trans_timeout, 1);
	ck_assert_ptr_nonnull(
		strstr(n.log, "NETDEV WATCHDOG: a (test): transmit queue 1 timed out"));
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/a/queues/tx-1/tx_timeout"), "1\n");
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/a/queues/tx-0/tx_timeout"), "0\n");
	enter(&n, 0);
	netif_tx_wake_queue(txq); /* the driver recovers */
	leave();
	netfix_advance(&n, 1000 * NETFIX_TICK);
	ck_assert_uint_eq(td->timeouts, 1);
	enter(&n, 0);
	netif_tx_stop_queue(txq);
	leave();
	netif_carrier_off(dev); /* no link: nothing to wait for */
	netfix_advance(&n, 1000 * NETFIX_TICK);
	ck_assert_uint_eq(td->timeouts, 1);
	unregister_netdevice(dev);
}
END_TEST

START_TEST(test_C10_default_is_five_seconds)
{
	struct net_device *dev = testdev_up(&n, "a", 1);

	ck_assert_int_eq(dev->watchdog_timeo, 5 * 250);
	ck_assert(!timer_pending(&dev->watchdog_timer)); /* an idle device wakes nobody */
	enter(&n, 0);
	netif_tx_stop_queue(netdev_get_tx_queue(dev, 0));
	leave();
	ck_assert(timer_pending(&dev->watchdog_timer));
	dev_close(dev);
	ck_assert(!timer_pending(&dev->watchdog_timer));
	unregister_netdevice(dev);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_names_and_numbers,
				       test_refused_names,
				       test_rename,
				       test_who_is_told_what,
				       test_unregister_waits_for_references,
				       test_unregister_flushes_the_backlog,
				       test_C3_up_down_1000_times,
				       test_F13_sweep_of_a_devices_life,
				       test_C10_stopped_queue_times_out,
				       test_C10_default_is_five_seconds,
				       NULL };

	return suite_of("dev", setup, teardown, tests);
}
