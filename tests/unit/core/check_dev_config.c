/* SPDX-License-Identifier: MIT */
/* check_dev_config: up and down, flags, MTU, address, lists of addresses, carrier, counters. */
#include "testdev.h"

static struct netfix n;
static struct net_device *dev;
static struct extack err;

static void setup(void)
{
	netfix_begin(&n, 2);
	dev = testdev_alloc(&n, "t0", 1);
	ck_assert_int_eq(register_netdevice(dev, NULL), 0);
	err.msg[0] = '\0';
}

static void teardown(void)
{
	unregister_netdevice(dev);
	netfix_end(&n);
}

/* What dev_open() asks of the scheduler, noted among the driver's calls. */
static int note_attach(struct net_device *d)
{
	testdev_call(d, "attach");
	return 0;
}

static void note_deactivate(struct net_device *d)
{
	testdev_call(d, "deactivate");
}

static const struct sched_ops note_sched = { .attach = note_attach, .deactivate = note_deactivate,
					     .detach = note_deactivate };

START_TEST(test_C2_order_of_up_and_down)
{
	n.net.sched = &note_sched;
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_str_eq(testdev(dev)->calls, "open rx_mode attach ");
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_uint_eq(testdev(dev)->opens, 1);
	ck_assert(netif_running(dev));
	dev_close(dev);
	ck_assert_str_eq(testdev(dev)->calls, "open rx_mode attach deactivate stop ");
	ck_assert(!netif_running(dev));
	dev_close(dev);
	ck_assert_uint_eq(testdev(dev)->stops, 1);
	n.net.sched = NULL;
}
END_TEST

START_TEST(test_open_fails)
{
	testdev(dev)->open_error = -EIO;
	ck_assert_int_eq(dev_open(dev, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "t0"));
	ck_assert(!(dev->flags & IFF_UP) && !netif_running(dev));
	ck_assert_int_eq(dev_change_flags(dev, dev->flags | IFF_UP, NULL), -EIO);
	testdev(dev)->open_error = 0;
}
END_TEST

START_TEST(test_C8_mtu_bounds)
{
	ck_assert_int_eq(dev_set_mtu(dev, 67, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "mtu less than device minimum: 67 < 68");
	err.msg[0] = '\0';
	ck_assert_int_eq(dev_set_mtu(dev, 9001, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "mtu greater than device maximum: 9001 > 9000");
	ck_assert_int_eq(dev_set_mtu(dev, -1, NULL), -EINVAL);
	ck_assert_int_eq(dev_set_mtu(dev, 68, NULL), 0);
	ck_assert_int_eq(dev_set_mtu(dev, 9000, NULL), 0);
	ck_assert_uint_eq(dev->mtu, 9000);
	dev->max_mtu = 0; /* no upper bound */
	ck_assert_int_eq(dev_set_mtu(dev, 65536, NULL), 0);
}
END_TEST

static const struct net_device_ops bare_ops = { .ndo_start_xmit = testdev_xmit };

START_TEST(test_C7_C11_address)
{
	static const unsigned char group[ETH_ALEN] = { 1, 0, 0, 0, 0, 1 },
				   own[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
	const struct net_device_ops *ops = dev->netdev_ops;

	ck_assert_int_eq(dev_set_mac_address(dev, group, &err), -EADDRNOTAVAIL);
	ck_assert_str_ne(err.msg, "");
	ck_assert_int_eq(dev_set_mac_address(dev, own, NULL), 0);
	ck_assert_mem_eq(dev->dev_addr, own, ETH_ALEN);
	dev->netdev_ops = &bare_ops;
	ck_assert_int_eq(dev_set_mac_address(dev, own, NULL), -EOPNOTSUPP);
	dev->netdev_ops = ops;
}
END_TEST

START_TEST(test_flags)
{
	ck_assert_uint_eq(dev_get_flags(dev), IFF_BROADCAST | IFF_MULTICAST);
	ck_assert_int_eq(dev_change_flags(dev, dev->flags | IFF_UP | IFF_PROMISC, NULL), 0);
	ck_assert_uint_eq(dev_get_flags(dev), IFF_BROADCAST | IFF_MULTICAST | IFF_UP | IFF_RUNNING |
						      IFF_LOWER_UP | IFF_PROMISC);
	ck_assert_uint_eq(dev->promiscuity, 1);
	/* a tap's wish is not shown, and outlives the user's */
	ck_assert_int_eq(dev_set_promiscuity(dev, 1), 0);
	ck_assert_int_eq(dev_change_flags(dev, dev->flags & ~(unsigned)IFF_PROMISC, NULL), 0);
	ck_assert(dev->flags & IFF_PROMISC);
	ck_assert(!(dev_get_flags(dev) & IFF_PROMISC));
	ck_assert_int_eq(dev_set_promiscuity(dev, -1), 0);
	ck_assert(!(dev->flags & IFF_PROMISC));
	ck_assert_int_eq(dev_set_promiscuity(dev, -1), -EOVERFLOW);
	ck_assert_int_eq(dev_change_flags(dev, dev->flags | IFF_ALLMULTI | IFF_NOARP, NULL), 0);
	ck_assert_uint_eq(dev->allmulti, 1);
	ck_assert(dev->flags & IFF_NOARP);
	/* flags that describe the device are not the user's to change */
	ck_assert_int_eq(dev_change_flags(dev, dev->flags & ~(unsigned)IFF_BROADCAST, NULL), 0);
	ck_assert(dev->flags & IFF_BROADCAST);
	ck_assert_int_eq(
		dev_change_flags(dev, dev->flags & ~(unsigned)(IFF_UP | IFF_ALLMULTI), NULL), 0);
	ck_assert(!netif_running(dev));
}
END_TEST

START_TEST(test_C6_lists_count_their_users)
{
	static const unsigned char a[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 },
				   b[ETH_ALEN] = { 1, 0, 0x5e, 1, 2, 3 };
	unsigned modes;

	ck_assert_int_eq(dev_open(dev, NULL), 0);
	modes = testdev(dev)->rx_modes;
	ck_assert_int_eq(dev_mc_add(dev, a), 0);
	ck_assert_int_eq(dev_mc_add(dev, a), 0);
	ck_assert_int_eq(dev_mc_add(dev, b), 0);
	ck_assert_uint_eq(testdev(dev)->rx_modes, modes + 2);
	ck_assert_str_eq(netfix_cat(&n, "/proc/net/dev_mcast"),
			 "1    t0              2     0     01005e000001\n"
			 "1    t0              1     0     01005e010203\n");
	ck_assert_int_eq(dev_mc_del(dev, a), 0);
	ck_assert_uint_eq(testdev(dev)->rx_modes, modes + 2);
	ck_assert_int_eq(dev_mc_del(dev, a), 0);
	ck_assert_uint_eq(testdev(dev)->rx_modes, modes + 3);
	ck_assert_int_eq(dev_mc_del(dev, a), -ENOENT);
	enter(&n, 1); /* a socket call joins on its vCPU */
	ck_assert_int_eq(dev_mc_add(dev, a), 0);
	leave();
	kmem_fail_nth(&n.net.m.kmem, 1, NULL);
	ck_assert_int_eq(dev_mc_add(dev, dev->broadcast), -ENOMEM);
}
END_TEST

START_TEST(test_second_address_means_promiscuous)
{
	static const unsigned char a[ETH_ALEN] = { 2, 0, 0, 0, 0, 7 };

	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_int_eq(dev_uc_add(dev, a), 0);
	ck_assert(dev->flags & IFF_PROMISC);
	ck_assert_int_eq(dev_uc_del(dev, a), 0);
	ck_assert(!(dev->flags & IFF_PROMISC));
	dev->unicast_flt = true;
	ck_assert_int_eq(dev_uc_add(dev, a), 0);
	ck_assert(!(dev->flags & IFF_PROMISC));
}
END_TEST

static unsigned nr_change;

static int note_change(struct netdev_notifier *nb, enum netdev_event event, struct net_device *d)
{
	(void)nb;
	(void)d;
	nr_change += event == NETDEV_CHANGE;
	return 0;
}

START_TEST(test_carrier)
{
	struct netdev_notifier nb = { .call = note_change };

	register_netdevice_notifier(&n.net, &nb);
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/t0/operstate"), "unknown\n");
	netif_carrier_on(dev); /* it is on */
	ck_assert_uint_eq(nr_change, 0);
	netif_carrier_off(dev);
	netif_carrier_off(dev);
	ck_assert_uint_eq(nr_change, 1);
	ck_assert_uint_eq(dev->carrier_changes, 1);
	ck_assert_uint_eq(dev_get_flags(dev) & (IFF_RUNNING | IFF_LOWER_UP), 0);
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/t0/operstate"), "down\n");
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/t0/carrier"), "0\n");
	/* from a vCPU: the news goes out with the control thread's next collection */
	enter(&n, 0);
	netif_carrier_on(dev);
	ck_assert(netif_carrier_ok(dev));
	ck_assert_uint_eq(nr_change, 1);
	leave();
	rcu_barrier(&n.net.m);
	ck_assert_uint_eq(nr_change, 2);
	ck_assert_uint_eq(dev->operstate, IF_OPER_UP);
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/t0/carrier_changes"), "2\n");
	ck_assert_int_eq(atomic_read(&dev->refcnt), 1);
	unregister_netdevice_notifier(&n.net, &nb);
}
END_TEST

static void add_7(struct net_device *d, struct net_device_stats *stats)
{
	(void)d;
	stats->rx_missed_errors += 7;
	stats->rx_packets += 7;
}

START_TEST(test_C5_counters_are_sums)
{
	struct net_device_ops ops = *dev->netdev_ops;
	const struct net_device_ops *old = dev->netdev_ops;
	struct net_device_stats st;

	for (unsigned cpu = 0; cpu < 2; cpu++) {
		enter(&n, cpu);
		ck_assert_uint_eq((uintptr_t)this_dev_stats(dev) % CACHE_BYTES, 0);
		this_dev_stats(dev)->rx_packets += 10 + cpu;
		this_dev_stats(dev)->rx_dropped += 1;
		leave();
	}
	dev_core_inc(dev, rx_dropped);
	ops.ndo_get_stats64 = add_7;
	dev->netdev_ops = &ops;
	dev_get_stats(dev, &st);
	dev->netdev_ops = old;
	ck_assert_uint_eq(st.rx_packets, 10 + 11 + 7);
	ck_assert_uint_eq(st.rx_dropped, 3);
	ck_assert_uint_eq(st.rx_missed_errors, 7);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_C2_order_of_up_and_down,
				       test_open_fails,
				       test_C8_mtu_bounds,
				       test_C7_C11_address,
				       test_flags,
				       test_C6_lists_count_their_users,
				       test_second_address_means_promiscuous,
				       test_carrier,
				       test_C5_counters_are_sums,
				       NULL };

	return suite_of("dev_config", setup, teardown, tests);
}
