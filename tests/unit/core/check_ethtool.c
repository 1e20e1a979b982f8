/* SPDX-License-Identifier: MIT */
/* check_ethtool: the commands of ethtool(8): sizes, rights, what a driver does not have, features and who may change them (C14, D1-D17). */
#include "core/ethtool.h"
#include "testdev.h"

static struct netfix n;
static struct net_device *dev;
static _Alignas(8) char buf[ETHTOOL_DATA_MAX];
static size_t len;
static netdev_features_t asked;
static int refuse;
static struct ethtool_ringparam set_ring;
static int set_rings;

static int t_set_features(struct net_device *d, netdev_features_t features)
{
	(void)d;
	asked = features;
	return refuse;
}

static void t_get_ring(struct net_device *d, struct ethtool_ringparam *r)
{
	(void)d;
	r->rx_max_pending = 4096;
	r->rx_pending = 512;
}

static int t_set_ring(struct net_device *d, const struct ethtool_ringparam *r, struct extack *err)
{
	(void)d;
	(void)err;
	set_ring = *r;
	set_rings++;
	return 0;
}

static int t_coalesce(struct net_device *d, const struct ethtool_coalesce *c, struct extack *err)
{
	(void)d;
	(void)c;
	(void)err;
	return 0;
}

static int t_count(struct net_device *d, uint32_t set)
{
	(void)d;
	return set == ETH_SS_STATS ? 2 : -EOPNOTSUPP;
}

static void t_strings(struct net_device *d, uint32_t set, char *data)
{
	(void)d;
	(void)set;
	memcpy(data, "first", 6);
	memcpy(data + ETH_GSTRING_LEN, "second", 7);
}

static void t_stats(struct net_device *d, uint64_t *data)
{
	(void)d;
	data[0] = 11;
	data[1] = 1ull << 40;
}

static const struct ethtool_ops t_ops = {
	.get_ringparam = t_get_ring,
	.set_ringparam = t_set_ring,
	.coalesce_params = ETHTOOL_COALESCE_RX_USECS,
	.set_coalesce = t_coalesce,
	.get_sset_count = t_count,
	.get_strings = t_strings,
	.get_ethtool_stats = t_stats,
};
static struct net_device_ops dev_ops;

static void setup(void)
{
	netfix_begin(&n, 1);
	dev = testdev_alloc(&n, "t0", 1);
	dev_ops = *dev->netdev_ops;
	dev_ops.ndo_set_features = t_set_features;
	dev->netdev_ops = &dev_ops;
	dev->hw_features = NETIF_F_RXHASH | NETIF_F_NTUPLE;
	dev->features = NETIF_F_RXHASH | NETIF_F_LLTX;
	ck_assert_int_eq(register_netdevice(dev, NULL), 0);
	dev->ethtool_ops = &t_ops;
	asked = 0;
	refuse = set_rings = 0;
}

static void teardown(void)
{
	unregister_netdevice(dev);
	netfix_end(&n);
}

/* The command as it came: @size bytes of @cmd. */
static int et_as(bool admin, const void *cmd, size_t size)
{
	memset(buf, 0xee, sizeof(buf));
	memcpy(buf, cmd, size);
	len = size;
	return dev_ethtool(&n.net, "t0", buf, &len, admin);
}

static int et(const void *cmd, size_t size)
{
	return et_as(true, cmd, size);
}

static uint32_t value_of(uint32_t cmd)
{
	struct ethtool_value v = { .cmd = cmd };

	ck_assert_int_eq(et(&v, sizeof(v)), 0);
	ck_assert_uint_eq(len, sizeof(v));
	memcpy(&v, buf, sizeof(v));
	ck_assert_uint_eq(v.cmd, cmd);
	return v.data;
}

START_TEST(test_what_is_refused)
{
	struct ethtool_ringparam r = { .cmd = ETHTOOL_SRINGPARAM };
	struct ethtool_value v = { .cmd = 0x7fff };

	len = sizeof(v);
	memcpy(buf, &v, sizeof(v));
	ck_assert_int_eq(dev_ethtool(&n.net, "none", buf, &len, true), -ENODEV);
	ck_assert_int_eq(et(&v, sizeof(v)), -EOPNOTSUPP);
	ck_assert_int_eq(et_as(false, &v, sizeof(v)), -EPERM);
	ck_assert_int_eq(et(&v, 3), -EFAULT);
	ck_assert_int_eq(et_as(false, &r, sizeof(r)), -EPERM);
	for (size_t i = 4; i < sizeof(r); i++)
		ck_assert_int_eq(et(&r, i), -EFAULT);
	ck_assert_int_eq(set_rings, 0);
	v.cmd = ETHTOOL_GCHANNELS;
	ck_assert_int_eq(et(&v, sizeof(v)), -EOPNOTSUPP);
	ck_assert_uint_eq(len, 0);
	dev->ethtool_ops = NULL;
	v.cmd = ETHTOOL_GSTATS;
	ck_assert_int_eq(et(&v, sizeof(v)), -EOPNOTSUPP);
}
END_TEST

START_TEST(test_D4_D5_ring)
{
	struct ethtool_ringparam r = { .cmd = ETHTOOL_GRINGPARAM };

	ck_assert_int_eq(et_as(false, &r, 4), 0);
	ck_assert_uint_eq(len, sizeof(r));
	memcpy(&r, buf, sizeof(r));
	ck_assert_uint_eq(r.rx_max_pending, 4096);
	ck_assert_uint_eq(r.rx_pending, 512);
	ck_assert_uint_eq(r.tx_max_pending, 0);
	r.cmd = ETHTOOL_SRINGPARAM;
	r.rx_pending = 4097;
	ck_assert_int_eq(et(&r, sizeof(r)), -EINVAL);
	r.rx_pending = 4096;
	r.tx_pending = 1;
	ck_assert_int_eq(et(&r, sizeof(r)), -EINVAL);
	ck_assert_int_eq(set_rings, 0);
	r.tx_pending = 0;
	ck_assert_int_eq(et(&r, sizeof(r)), 0);
	ck_assert_int_eq(set_rings, 1);
	ck_assert_uint_eq(set_ring.rx_pending, 4096);
}
END_TEST

/* Each parameter that the driver does not take is refused when it is not 0, and no other. */
START_TEST(test_D15_coalesce_parameters)
{
	struct ethtool_coalesce c = { .cmd = ETHTOOL_SCOALESCE, .rx_coalesce_usecs = 50 };
	uint32_t *w = (uint32_t *)(void *)&c;

	ck_assert_int_eq(et(&c, sizeof(c)), 0);
	for (size_t i = 2; i < sizeof(c) / sizeof(*w); i++) {
		w[i] = 1;
		ck_assert_int_eq(et(&c, sizeof(c)), -EOPNOTSUPP);
		w[i] = 0;
	}
}
END_TEST

START_TEST(test_D1_strings_and_statistics)
{
	struct {
		struct ethtool_sset_info i;
		uint32_t more[2];
	} s = { .i = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS | 1ull << ETH_SS_FEATURES | 1ull << ETH_SS_TEST | 1ull << 63 } };
	struct ethtool_gstrings g = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = 0xffffffff };
	struct ethtool_stats st = { .cmd = ETHTOOL_GSTATS, .n_stats = 0xffffffff };
	uint64_t v[2];

	ck_assert_int_eq(et(&s, sizeof(s)), 0);
	ck_assert_uint_eq(len, sizeof(s));
	memcpy(&s, buf, sizeof(s));
	ck_assert_uint_eq(s.i.sset_mask, 1ull << ETH_SS_STATS | 1ull << ETH_SS_FEATURES);
	ck_assert_uint_eq(s.more[0], 2);
	ck_assert_uint_eq(s.more[1], netdev_n_features());
	ck_assert_int_eq(et(&g, sizeof(g)), 0);
	ck_assert_uint_eq(len, sizeof(g) + 2 * ETH_GSTRING_LEN);
	ck_assert_str_eq(buf + sizeof(g) + ETH_GSTRING_LEN, "second");
	g.string_set = ETH_SS_TEST;
	ck_assert_int_eq(et(&g, sizeof(g)), -EOPNOTSUPP);
	ck_assert_int_eq(et(&st, sizeof(st)), 0);
	ck_assert_uint_eq(len, sizeof(st) + sizeof(v));
	memcpy(&st, buf, sizeof(st));
	ck_assert_uint_eq(st.n_stats, 2);
	memcpy(v, buf + sizeof(st), sizeof(v));
	ck_assert_uint_eq(v[0], 11);
	ck_assert_uint_eq(v[1], 1ull << 40);
}
END_TEST

START_TEST(test_link)
{
	struct ethtool_link_settings ls = { .cmd = ETHTOOL_GLINKSETTINGS };

	ck_assert_uint_eq(value_of(ETHTOOL_GLINK), 0);
	ck_assert_int_eq(dev_open(dev, NULL), 0);
	ck_assert_uint_eq(value_of(ETHTOOL_GLINK), 1);
	netif_carrier_off(dev);
	ck_assert_uint_eq(value_of(ETHTOOL_GLINK), 0);
	ck_assert_int_eq(et(&ls, sizeof(ls)), -EOPNOTSUPP);
}
END_TEST

static void set_feature(const char *name, bool on, int want)
{
	struct {
		struct ethtool_sfeatures s;
		struct ethtool_set_features_block b[2];
	} f = { .s = { .cmd = ETHTOOL_SFEATURES, .size = (netdev_n_features() + 31) / 32 } };

	ck_assert_uint_le(f.s.size, 2);
	for (unsigned i = 0; i < netdev_n_features(); i++)
		if (!strcmp(netdev_feature_name(i), name)) {
			f.b[i / 32].valid |= 1u << (i % 32);
			f.b[i / 32].requested |= (uint32_t)on << (i % 32);
		}
	ck_assert_uint_ne(f.b[0].valid | f.b[1].valid, 0);
	ck_assert_int_eq(et(&f, sizeof(f.s) + f.s.size * sizeof(f.b[0])), want);
}

START_TEST(test_C14_D11_features)
{
	struct ethtool_sfeatures s = { .cmd = ETHTOOL_SFEATURES, .size = 99 };

	ck_assert(dev->features & NETIF_F_GRO); /* every device's */
	set_feature("rx-gro", false, 0);
	ck_assert_uint_eq(dev->features, NETIF_F_RXHASH | NETIF_F_LLTX | NETIF_F_GSO);
	ck_assert_uint_eq(asked, dev->features);
	ck_assert_uint_eq(value_of(ETHTOOL_GGRO), 0);
	ck_assert_uint_eq(value_of(ETHTOOL_GFLAGS), ETH_FLAG_RXHASH);
	set_feature("rx-ntuple-filter", true, 0);
	ck_assert_uint_eq(value_of(ETHTOOL_GFLAGS), ETH_FLAG_RXHASH | ETH_FLAG_NTUPLE);
	/* what is fixed stays, and so does what nobody has */
	set_feature("tx-lockless", false, ETHTOOL_F_UNSUPPORTED);
	set_feature("rx-lro", true, ETHTOOL_F_UNSUPPORTED);
	ck_assert(dev->features & NETIF_F_LLTX);
	/* what the driver refuses is wished for */
	refuse = -EIO;
	set_feature("rx-hashing", false, ETHTOOL_F_WISH);
	ck_assert(dev->features & NETIF_F_RXHASH);
	ck_assert(!(dev->wanted_features & NETIF_F_RXHASH));
	refuse = 0;
	set_feature("rx-gro", true, 0);
	ck_assert_uint_eq(dev->features, NETIF_F_LLTX | NETIF_F_SOFT_FEATURES | NETIF_F_NTUPLE);
	ck_assert_int_eq(et(&s, sizeof(s)), -EINVAL);
}
END_TEST

START_TEST(test_features_one_by_one)
{
	struct ethtool_value v = { .cmd = ETHTOOL_SGRO, .data = 0 };

	ck_assert_int_eq(et(&v, sizeof(v)), 0);
	ck_assert_uint_eq(value_of(ETHTOOL_GGRO), 0);
	ck_assert_uint_eq(value_of(ETHTOOL_GGSO), 1);
	v.cmd = ETHTOOL_SRXCSUM;
	ck_assert_int_eq(et(&v, sizeof(v)), -EOPNOTSUPP);
	v = (struct ethtool_value){ .cmd = ETHTOOL_SFLAGS, .data = ETH_FLAG_RXHASH | ETH_FLAG_LRO };
	ck_assert_int_eq(et(&v, sizeof(v)), -EINVAL);
	v.data = ETH_FLAG_NTUPLE;
	ck_assert_int_eq(et(&v, sizeof(v)), 0);
	ck_assert_uint_eq(dev->features, NETIF_F_LLTX | NETIF_F_GSO | NETIF_F_NTUPLE);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_what_is_refused,
				       test_D4_D5_ring,
				       test_D15_coalesce_parameters,
				       test_D1_strings_and_statistics,
				       test_link,
				       test_C14_D11_features,
				       test_features_one_by_one,
				       NULL };

	return suite_of("ethtool", setup, teardown, tests);
}
