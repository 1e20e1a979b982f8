/* SPDX-License-Identifier: MIT */
/* check_rx.c: the address filter, table by table. */
#include "drivers/rx.h"

#include "wire.h"

static struct net_device *dev;
static struct rx_filter *filter;

static const unsigned char all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const unsigned char group[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 3 };
static const unsigned char group2[ETH_ALEN] = { 0x01, 0x00, 0x5e, 1, 2, 4 };

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	wire_begin(1);
	filter = NULL;
	dev = alloc_netdev_mqs(&w.n.net, 0, "x0", ether_setup, 1, 1);
	ck_assert_ptr_nonnull(dev);
	memcpy(dev->dev_addr, wire_own, ETH_ALEN);
}

static void end(void)
{
	rxfilter_clear(dev, &filter);
	free_netdev(dev);
	wire_end();
}

/* Who passes: own, peer, broadcast, group, group2, as a string of y and n. */
static const char *passes(void)
{
	static char s[6];
	const unsigned char *const addr[] = { wire_own, wire_peer, all, group, group2 };

	for (unsigned i = 0; i < 5; i++)
		s[i] = rxfilter_match(filter, addr[i]) ? 'y' : 'n';
	return s;
}

static const char *updated(void)
{
	rxfilter_update(dev, &filter);
	return passes();
}

START_TEST(test_C6_tables)
{
	ck_assert_str_eq(passes(), "yyyyy"); /* none yet */
	ck_assert_str_eq(updated(), "ynynn");
	ck_assert_int_eq(dev_mc_add(dev, group), 0);
	ck_assert_str_eq(passes(), "ynynn"); /* the old table stands until it is replaced */
	ck_assert_str_eq(updated(), "ynyyn");
	ck_assert_int_eq(dev_uc_add(dev, wire_peer), 0);
	ck_assert_str_eq(updated(), "yyyyn");
	ck_assert_int_eq(dev_mc_del(dev, group), 0);
	ck_assert_int_eq(dev_uc_del(dev, wire_peer), 0);
	ck_assert_str_eq(updated(), "ynynn");
	dev->flags |= IFF_ALLMULTI;
	ck_assert_str_eq(updated(), "ynyyy");
	dev->flags &= ~(unsigned)IFF_ALLMULTI;
	dev->flags |= IFF_PROMISC;
	ck_assert_str_eq(updated(), "yyyyy");
	dev->flags &= ~(unsigned)IFF_PROMISC;
	memcpy(dev->dev_addr, wire_peer, ETH_ALEN);
	ck_assert_str_eq(updated(), "nyynn");
}
END_TEST

START_TEST(test_many_groups)
{
	unsigned char a[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0, 0, 0 };

	for (unsigned i = 0; i < 300; i++) {
		a[4] = (unsigned char)(i >> 8);
		a[5] = (unsigned char)i;
		ck_assert_int_eq(dev_mc_add(dev, a), 0);
	}
	rxfilter_update(dev, &filter);
	for (unsigned i = 0; i < 600; i++) {
		a[4] = (unsigned char)(i >> 8);
		a[5] = (unsigned char)i;
		ck_assert_int_eq(rxfilter_match(filter, a), i < 300);
	}
}
END_TEST

/* Too much, never too little. */
START_TEST(test_no_memory_lets_all_pass)
{
	ck_assert_str_eq(updated(), "ynynn");
	kmem_fail_nth(&w.n.net.m.kmem, 1, NULL);
	ck_assert_str_eq(updated(), "yyyyy");
	ck_assert_ptr_null(filter);
	ck_assert_str_eq(updated(), "ynynn");
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_C6_tables, test_many_groups, test_no_memory_lets_all_pass, NULL };

	return suite_of("rx", begin, end, tests);
}
