/* SPDX-License-Identifier: MIT */
/*
 * check_net_files: Linux's layouts byte for byte, what can be written, knobs, start and end of the
 * core.
 */
#include "testdev.h"

#include "support/faulty.h"

static struct netfix n;
static struct net_device *dev;
static struct extack err;

static void setup(void)
{
	netfix_begin(&n, 2);
	dev = testdev_up(&n, "eth0", 1);
	err.msg[0] = '\0';
}

static void teardown(void)
{
	unregister_netdevice(dev);
	netfix_end(&n);
}

static int echo(const char *text, const char *path)
{
	err.msg[0] = '\0';
	return vfs_write(&n.net.vfs, path, text, strlen(text), &err);
}

START_TEST(test_Q1_proc_net_dev)
{
	struct net_device_stats *s = &dev->stats[1];

	*s = (struct net_device_stats){
		.rx_packets = 2,
		.tx_packets = 12,
		.rx_bytes = 1,
		.tx_bytes = 11,
		.rx_errors = 3,
		.tx_errors = 13,
		.rx_dropped = 4,
		.tx_dropped = 14,
		.multicast = 8,
		.collisions = 16,
		.rx_length_errors = 60,
		.rx_over_errors = 600,
		.rx_crc_errors = 6000,
		.rx_frame_errors = 60000,
		.rx_fifo_errors = 5,
		.rx_missed_errors = 40,
		.tx_aborted_errors = 17,
		.tx_carrier_errors = 170,
		.tx_fifo_errors = 15,
		.tx_heartbeat_errors = 1700,
		.tx_window_errors = 17000,
		.rx_compressed = 7,
		.tx_compressed = 18,
		.rx_nohandler = 9,
	};
	ck_assert_str_eq(
		netfix_cat(&n, "/proc/net/dev"),
		"Inter-|   Receive                                                |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast"
		"|bytes    packets errs drop fifo colls carrier compressed\n"
		"  eth0:       1       2    3   44    5 66660          7         8"
		"       11      12   13   14   15    16   18887         18\n");
}
END_TEST

START_TEST(test_Q2_statistics_are_those_of_Q1)
{
	dev->stats[0].rx_packets = 12345678901ull;
	dev->stats[1].rx_missed_errors = 6;
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/statistics/rx_packets"),
			 "12345678901\n");
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/statistics/rx_missed_errors"), "6\n");
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/statistics/rx_dropped"), "0\n");
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/statistics/collisions"), "0\n");
}
END_TEST

START_TEST(test_Q3_softnet_stat_both_layouts)
{
	struct softnet_data *sd = softnet(&n, 1);

	sd->processed = 0x1234;
	sd->dropped = 2;
	sd->time_squeeze = 3;
	sd->received_rps = 10;
	sd->flow_limit_count = 11;
	sd->input_pkt_queue.qlen = 5;
	sd->process_queue.qlen = 0x10;
	ck_assert_str_eq(
		netfix_cat(&n, "/proc/net/softnet_stat"),
		"00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000000 00000000 00000000 00000000 00000000 00000000\n"
		"00001234 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 "
		"0000000a 0000000b 00000015 00000001 00000005 00000010\n");
	n.net.vfs.abi = SEQ_ABI_3_13;
	ck_assert_str_eq(
		netfix_cat(&n, "/proc/net/softnet_stat"),
		"00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000000 00000000\n"
		"00001234 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 "
		"0000000a 0000000b\n");
	sd->input_pkt_queue.qlen = 0;
	sd->process_queue.qlen = 0;
}
END_TEST

START_TEST(test_Q8_I6_ptype)
{
	struct packet_type ip, arp, tap;
	unsigned count;

	count_handler(&ip, ETH_P_IP, &count);
	count_handler(&arp, ETH_P_ARP, &count);
	count_handler(&tap, ETH_P_ALL, &count);
	ip.func_name = "ip_rcv";
	arp.func_name = "arp_rcv";
	tap.func_name = "packet_rcv";
	tap.dev = dev;
	dev_add_pack(&n.net, &ip);
	dev_add_pack(&n.net, &arp);
	dev_add_pack(&n.net, &tap);
	ck_assert_str_eq(netfix_cat(&n, "/proc/net/ptype"), "Type Device      Function\n"
							     "ALL  eth0     packet_rcv\n"
							     "0800          ip_rcv\n"
							     "0806          arp_rcv\n");
	dev_remove_pack(&n.net, &ip);
	dev_remove_pack(&n.net, &arp);
	dev_remove_pack(&n.net, &tap);
}
END_TEST

START_TEST(test_E8_napi_list)
{
	testdev_arrive(dev, 0, 70);
	netfix_run(&n);
	ck_assert_str_eq(
		netfix_cat(&n, "/proc/net/napi"),
		"    id device           cpu weight state      polls         work over_weight\n"
		"     1 eth0               0     64     0          2           70           0\n");
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&n, "/proc/net/softnet"), "cpu 0 processed 70 dropped 0"));
}
END_TEST

START_TEST(test_C1_ops)
{
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/ops"),
			 "ndo_init testdev_init\n"
			 "ndo_uninit testdev_uninit\n"
			 "ndo_open testdev_open\n"
			 "ndo_stop testdev_stop\n"
			 "ndo_start_xmit testdev_xmit\n"
			 "ndo_set_rx_mode testdev_rx_mode\n"
			 "ndo_set_mac_address testdev_set_mac\n"
			 "ndo_tx_timeout testdev_timeout\n");
}
END_TEST

START_TEST(test_sysfs_values)
{
	static const char *const want[][2] = {
		{ "addr_len", "6\n" },	    { "address", "02:00:00:00:00:01\n" },
		{ "broadcast", "ff:ff:ff:ff:ff:ff\n" },
		{ "carrier", "1\n" },	    { "flags", "0x1003\n" },
		{ "ifindex", "1\n" },	    { "mtu", "1500\n" },
		{ "operstate", "unknown\n" }, { "tx_queue_len", "1000\n" },
		{ "type", "1\n" },
	};
	struct seq_file m;
	char path[64];

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		snprintf(path, sizeof(path), "/sys/class/net/eth0/%s", want[i][0]);
		ck_assert_str_eq(netfix_cat(&n, path), want[i][1]);
	}
	dev_close(dev);
	seq_init(&m, &n.net.m.kmem);
	ck_assert_int_eq(vfs_read(&n.net.vfs, "/sys/class/net/eth0/carrier", &m), -EINVAL);
	seq_release(&m);
	ck_assert_str_eq(netfix_cat(&n, "/sys/class/net/eth0/operstate"), "down\n");
}
END_TEST

START_TEST(test_sysfs_writes)
{
	ck_assert_int_eq(echo("1400\n", "/sys/class/net/eth0/mtu"), 0);
	ck_assert_uint_eq(dev->mtu, 1400);
	ck_assert_int_eq(echo("0x500", "/sys/class/net/eth0/mtu"), 0);
	ck_assert_uint_eq(dev->mtu, 0x500);
	ck_assert_int_eq(echo("10", "/sys/class/net/eth0/mtu"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "68"));
	ck_assert_int_eq(echo("", "/sys/class/net/eth0/mtu"), -EINVAL);
	ck_assert_int_eq(echo("12x", "/sys/class/net/eth0/mtu"), -EINVAL);
	ck_assert_int_eq(echo("-5", "/sys/class/net/eth0/mtu"), -EINVAL);
	ck_assert_int_eq(echo("99999999999999999999999", "/sys/class/net/eth0/mtu"), -ERANGE);
	ck_assert_int_eq(echo("0x1002", "/sys/class/net/eth0/flags"), 0);
	ck_assert(!netif_running(dev));
	ck_assert_int_eq(echo("0x1003", "/sys/class/net/eth0/flags"), 0);
	ck_assert(netif_running(dev));
	ck_assert_int_eq(echo("50", "/sys/class/net/eth0/tx_queue_len"), 0);
	ck_assert_uint_eq(dev->tx_queue_len, 50);
	ck_assert_int_eq(echo("4294967296", "/sys/class/net/eth0/tx_queue_len"), -ERANGE);
	ck_assert_int_eq(echo("02:00:00:00:00:05", "/sys/class/net/eth0/address"), -EACCES);
	ck_assert_int_eq(echo("0", "/sys/class/net/eth0/carrier"), -EOPNOTSUPP);
}
END_TEST

START_TEST(test_H9_sysctls)
{
	static const char *const want[][2] = {
		{ "netdev_budget", "300\n" },	       { "netdev_max_backlog", "1000\n" },
		{ "dev_weight", "64\n" },	       { "netdev_tstamp_prequeue", "1\n" },
		{ "message_cost", "5\n" },	       { "message_burst", "10\n" },
		{ "rmem_default", "212992\n" },
	};
	char path[64];

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/core/%s", want[i][0]);
		ck_assert_str_eq(netfix_cat(&n, path), want[i][1]);
	}
	ck_assert_int_eq(echo("3000\n", "/proc/sys/net/core/netdev_max_backlog"), 0);
	ck_assert_int_eq(n.net.core.sysctl_netdev_max_backlog, 3000);
	ck_assert_int_eq(echo("0\n", "/proc/sys/net/core/dev_weight"), -EINVAL);
	ck_assert_int_eq(n.net.core.sysctl_dev_weight, 64);
}
END_TEST

START_TEST(test_E12_softirqs_and_slabs)
{
	testdev_arrive(dev, 0, 1);
	netfix_run(&n);
	ck_assert_ptr_nonnull(
		strstr(netfix_cat(&n, "/proc/softirqs"), "      NET_RX:          1          0\n"));
	ck_assert_ptr_nonnull(strstr(netfix_cat(&n, "/proc/slabinfo"), "skbuff_head_cache"));
	ck_assert_ptr_nonnull(strstr(netfix_cat(&n, "/proc/interrupts"), "eth0"));
}
END_TEST

static struct netfix other;

/* The core of a second net, each of whose allocations fails in turn. */
static bool core_life(unsigned long nth, bool *ret_hit)
{
	struct machine_config cfg = { .host = &other.ops, .host_ctx = &other, .nr_cpus = 2 };
	bool through;

	memset(&other, 0, sizeof(other));
	other.now = NETFIX_START;
	other.ops.clock = netfix_clock;
	ck_assert_int_eq(machine_init(&other.net.m, &cfg), 0);
	rtnl_claim(&other.net.m);
	kmem_fail_nth(&other.net.m.kmem, nth, NULL);
	through = !net_core_init(&other.net);
	if (through)
		net_core_exit(&other.net);
	*ret_hit = kmem_fault_hit(&other.net.m.kmem);
	ck_assert_uint_eq(machine_destroy(&other.net.m), 0);
	return through;
}

START_TEST(test_F13_sweep_of_the_core)
{
	ck_assert_uint_gt(faulty_sweep(core_life), 20);
}
END_TEST

/* ---- stamps ---- */

START_TEST(test_F16_ptp_frames_are_marked)
{
	static const struct {
		uint16_t type;
		uint8_t proto;
		uint16_t port, frag;
		bool ptp;
	} want[] = {
		{ ETH_P_1588, 0, 0, 0, true },
		{ ETH_P_IP, IPPROTO_UDP, 319, 0, true },
		{ ETH_P_IP, IPPROTO_UDP, 320, 0, true },
		{ ETH_P_IP, IPPROTO_UDP, 321, 0, false },
		{ ETH_P_IP, IPPROTO_TCP, 319, 0, false },
		{ ETH_P_IP, IPPROTO_UDP, 319, 1, false },
		{ ETH_P_ARP, 0, 0, 0, false },
	};

	enter(&n, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		struct sk_buff *skb = testdev_skb(dev, htons(want[i].type), 60);

		ck_assert_ptr_nonnull(skb);
		skb->data[0] = 0x45;
		skb->data[7] = (unsigned char)want[i].frag;
		skb->data[9] = want[i].proto;
		skb->data[22] = (unsigned char)(want[i].port >> 8);
		skb->data[23] = (unsigned char)want[i].port;
		ck_assert(!skb_defer_rx_timestamp(skb));
		ck_assert_msg(skb->ptp == want[i].ptp, "row %u", i);
		skb_trim(skb, 23); /* the port is cut off */
		if (want[i].type == ETH_P_IP)
			ck_assert_uint_eq(classify(skb), PTP_CLASS_NONE);
		consume_skb(skb);
	}
	leave();
	ck_assert_int_eq(ktime_get_real(&n.net), (int64_t)NETFIX_REAL);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_Q1_proc_net_dev,
				       test_Q2_statistics_are_those_of_Q1,
				       test_Q3_softnet_stat_both_layouts,
				       test_Q8_I6_ptype,
				       test_E8_napi_list,
				       test_C1_ops,
				       test_sysfs_values,
				       test_sysfs_writes,
				       test_H9_sysctls,
				       test_E12_softirqs_and_slabs,
				       test_F13_sweep_of_the_core,
				       test_F16_ptp_frames_are_marked,
				       NULL };

	return suite_of("net_files", setup, teardown, tests);
}
