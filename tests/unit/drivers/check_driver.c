/* SPDX-License-Identifier: MIT */
/* check_driver.c: registry, matching, options, lines, files. */
#include "wire.h"

static char lines[16][LOG_LINE];
static unsigned nr_lines;

static void keep_line(void *ctx, int level, const char *line)
{
	if (nr_lines < ARRAY_SIZE(lines))
		snprintf(lines[nr_lines++], LOG_LINE, "%s", line);
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	wire_begin(1);
}

START_TEST(test_B1_one_line_per_driver)
{
	struct extack err = { "" };
	unsigned i;

	drivers_exit(&w.n.net);
	w.n.net.m.log.emit = keep_line;
	ck_assert_int_eq(drivers_init(&w.n.net, &err), 0);
	w.n.net.m.log.emit = netfix_emit;
	for (i = 0; driver_at(i); i++) {
		char want[LOG_LINE];

		snprintf(want, sizeof(want), "drivers: %s: %s, version %s", driver_at(i)->name,
			 driver_at(i)->text, driver_at(i)->version);
		ck_assert_str_eq(lines[i], want);
	}
	ck_assert_uint_eq(nr_lines, i);
	ck_assert_uint_eq(i, 7);
}
END_TEST

static void refused(const char *spec, int error, const char *text)
{
	struct extack err = { "" };
	struct net_device *dev = NULL;

	ck_assert_int_eq(drivers_probe(&w.n.net, spec, NULL, &dev, &err), error);
	ck_assert_str_eq(err.msg, text);
	ck_assert_ptr_null(dev);
}

START_TEST(test_B3_unknown_scheme)
{
	refused("wlan:0", -ENODEV,
		"unknown device 'wlan:0'; known schemes: tap: packet: pcap: null: mem:");
	refused("tap", -ENODEV, "unknown device 'tap'; known schemes: tap: packet: pcap: null: mem:");
	refused("", -ENODEV, "unknown device ''; known schemes: tap: packet: pcap: null: mem:");
	refused("loopback:", -ENODEV,
		"unknown device 'loopback:'; known schemes: tap: packet: pcap: null: mem:");
	refused("ta:x", -ENODEV, "unknown device 'ta:x'; known schemes: tap: packet: pcap: null: mem:");
	refused("tapp:x", -ENODEV, "unknown device 'tapp:x'; known schemes: tap: packet: pcap: null: mem:");
}
END_TEST

START_TEST(test_options_refused)
{
	refused("null:x", -EINVAL, "null: takes nothing after the colon");
	refused("tap:", -EINVAL, "tap:IFNAME wants an interface name");
	refused("tap:abcdefghijklmnop", -EINVAL, "tap:IFNAME wants an interface name");
	refused("tap:gn0,speed=3", -EINVAL, "unknown device option 'speed=3'");
	refused("tap:gn0,itr", -EINVAL, "unknown device option 'itr'");
	refused("tap:gn0,itr=", -EINVAL, "itr= is not a number up to 1000000");
	refused("tap:gn0,itr=x", -EINVAL, "itr=x is not a number up to 1000000");
	refused("tap:gn0,itr=-1", -EINVAL, "itr=-1 is not a number up to 1000000");
	refused("tap:gn0,itr=1000001", -EINVAL, "itr=1000001 is not a number up to 1000000");
	refused("tap:gn0", -EOPNOTSUPP, "this host opens no devices");
	refused("pcap:x", -EOPNOTSUPP, "this host opens no files");
	refused("pcap:,speed=slow", -EINVAL, "speed=max is the only speed to choose");
	refused("mem:x", -EINVAL, "mem: has no name");
	refused("mem:,slot=10", -EINVAL, "slot size 10 is outside 78..65539");
}
END_TEST

START_TEST(test_B6_options)
{
	struct nif_options opts = wire_opts("eth7", 4);
	struct extack err = { "" };
	struct net_device *dev;

	opts.mtu = 1000;
	ck_assert_int_eq(drivers_probe(&w.n.net, "mem:,slots=8,txring=16", &opts, &dev, &err), 0);
	ck_assert_str_eq(dev->name, "eth7");
	ck_assert_str_eq(dev->driver, "mem");
	ck_assert_uint_eq(dev->mtu, 1000);
	ck_assert_uint_eq(dev->max_mtu, 2030);
	ck_assert_uint_eq(dev->num_tx_queues, 4);
	ck_assert_uint_eq(dev->num_rx_queues, 4);
	ck_assert_mem_eq(dev->dev_addr, wire_own, ETH_ALEN);
	ck_assert_ptr_eq(__dev_get_by_name(&w.n.net, "eth7"), dev);
	ck_assert(!(dev->flags & IFF_UP));
	ck_assert_str_eq(driver_of(dev)->name, "mem");
	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", &opts, &dev, &err), -EEXIST);
	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", NULL, &dev, &err), 0);
	ck_assert_str_eq(dev->name, "null0");
	ck_assert_int_eq(dev->dev_addr[0] & 3, 2);
}
END_TEST

START_TEST(test_options_out_of_bounds)
{
	struct nif_options opts = wire_opts("x", 17);
	struct net_device *dev = NULL;
	struct extack err = { "" };

	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", &opts, &dev, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "17 queues, at most 16");
	opts = wire_opts("x", 1);
	opts.mtu = 67;
	extack_init(&err);
	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", &opts, &dev, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "mtu 67 is outside 68..65521");
	opts = wire_opts("x", 1);
	opts.mac[0] |= 1;
	extack_init(&err);
	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", &opts, &dev, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "a group or zero address cannot be a device's own");
	opts = wire_opts("a/b", 1);
	extack_init(&err);
	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", &opts, &dev, &err), -EINVAL);
	ck_assert_ptr_null(dev);
}
END_TEST

START_TEST(test_B2_list_and_remove)
{
	struct net_device *dev;
	struct extack err = { "" };

	ck_assert_int_eq(drivers_probe(&w.n.net, "null:", NULL, &dev, &err), 0);
	ck_assert_str_eq(netfix_cat(&w.n, "/proc/net/drivers"),
			 "Driver   Scheme Version Description\n"
			 "loopback -      1.0     the device lo, made with every net\n"
			 "    lo \n"
			 "tap      tap    1.0     TAP interface of the host\n"
			 "tpacket  packet 1.0     interface of the host, through AF_PACKET\n"
			 "pcap     pcap   1.0     replays a capture file, records what is sent\n"
			 "null     null   1.0     swallows what is sent, receives nothing\n"
			 "    null0 null:\n"
			 "mem      mem    1.0     a device in memory: tests, simulation, benchmarks\n"
			 "user     -      1.0     devices of the embedding program\n");
	ck_assert_int_eq(drivers_remove(dev), 0);
	ck_assert_ptr_null(__dev_get_by_name(&w.n.net, "null0"));
	ck_assert_ptr_null(strstr(netfix_cat(&w.n, "/proc/net/drivers"), "null0"));
}
END_TEST

START_TEST(test_foreign_device)
{
	struct net_device *dev = alloc_netdev_mqs(&w.n.net, 0, "x0", ether_setup, 1, 1);
	uint64_t v;

	ck_assert_ptr_null(driver_of(dev));
	ck_assert_int_eq(drivers_remove(dev), -ENOENT);
	ck_assert_int_eq(driver_stat(dev, "rx_missed", &v), -ENOENT);
	free_netdev(dev);
}
END_TEST

START_TEST(test_stats_file)
{
	struct net_device *dev;
	struct extack err = { "" };
	const char *text;
	uint64_t v;

	ck_assert_int_eq(drivers_probe(&w.n.net, "mem:", NULL, &dev, &err), 0);
	text = netfix_cat(&w.n, "/proc/net/driver_stats");
	ck_assert_str_eq(text, "mem0 rx_missed 0\nmem0 rx_too_long 0\nmem0 rx_runts 0\n"
			       "mem0 rx_filtered 0\nmem0 rx_nomem 0\nmem0 rx_interrupts 0\n"
			       "mem0 tx_completed 0\nmem0 tx_busy 0\nmem0 tx_refused 0\n");
	ck_assert_int_eq(driver_stat(dev, "nonsense", &v), -ENOENT);
}
END_TEST

START_TEST(test_lines)
{
	struct net_device *lo = w.n.net.loopback_dev;

	ck_assert_ptr_null(nif_line(&w.n.net, 3).dev);
	nif_line_set(&w.n.net, 3, lo, 2, 17);
	ck_assert_ptr_eq(nif_line(&w.n.net, 3).dev, lo);
	ck_assert_uint_eq(nif_line(&w.n.net, 3).queue, 2);
	ck_assert_int_eq(nif_line(&w.n.net, 3).fd, 17);
	ck_assert_uint_eq(nif_line(&w.n.net, 3).generation, 1);
	nif_line_set(&w.n.net, 3, lo, 2, 17);
	ck_assert_uint_eq(nif_line(&w.n.net, 3).generation, 2);
	nif_line_set(&w.n.net, 3, NULL, 0, -1);
	ck_assert_ptr_null(nif_line(&w.n.net, 3).dev);
	nif_line_set(&w.n.net, NR_IRQS, lo, 0, 1);
	ck_assert_ptr_null(nif_line(&w.n.net, NR_IRQS).dev);
	ck_assert_int_eq(nif_line(&w.n.net, NR_IRQS).fd, -1);
}
END_TEST

START_TEST(test_each_allocation_fails)
{
	static const char *const specs[] = { "null:", "mem:", "pcap:" };
	struct extack err = { "" };
	struct net_device *dev;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		unsigned nth;

		for (nth = 1;; nth++) {
			int ret;

			kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
			ret = drivers_probe(&w.n.net, specs[i], NULL, &dev, &err);
			if (!kmem_fault_hit(&w.n.net.m.kmem)) {
				ck_assert_int_eq(ret, 0);
				break;
			}
			ck_assert_int_lt(ret, 0);
		}
		kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
		ck_assert_uint_ge(nth, 4);
		ck_assert_int_eq(drivers_remove(dev), 0);
	}
}
END_TEST

START_TEST(test_init_without_memory)
{
	struct extack err = { "" };
	unsigned nth;

	drivers_exit(&w.n.net);
	for (nth = 1;; nth++) {
		int ret;

		kmem_fail_nth(&w.n.net.m.kmem, nth, NULL);
		ret = drivers_init(&w.n.net, &err);
		if (!kmem_fault_hit(&w.n.net.m.kmem)) {
			ck_assert_int_eq(ret, 0);
			break;
		}
		ck_assert_int_eq(ret, -ENOMEM);
		ck_assert_ptr_null(w.n.net.drivers);
		ck_assert_ptr_null(w.n.net.loopback_dev);
	}
	kmem_fail_nth(&w.n.net.m.kmem, 0, NULL);
	ck_assert_uint_ge(nth, 6);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_B1_one_line_per_driver, test_B3_unknown_scheme, test_options_refused,
		test_B6_options, test_options_out_of_bounds, test_B2_list_and_remove,
		test_foreign_device, test_stats_file, test_lines, test_each_allocation_fails,
		test_init_without_memory, NULL,
	};

	return suite_of("driver", begin, wire_end, tests);
}
