/* SPDX-License-Identifier: MIT */
/*
 * ethtool.c - the commands of ethtool(8)
 *
 * Theory of operation
 *   One table: command, bytes that must come, who may, handler. A handler finds the struct that came in call->data, writes its
 *   answer there and says how many bytes it has. Numbers of items are ours, never the caller's: what he has no room for is his own error, as in Linux.
 *   Called by: chan/ (SIOCETHTOOL of a program). Calls: the device's ethtool_ops, features.c.
 * Owns: nothing. Threads: RTNL.
 * Refuses: unknown commands and what the driver has no function for (EOPNOTSUPP), devices that are not there (ENODEV), the same
 * without the right (EPERM), structs that are too short (EFAULT). Mirrors: net/ethtool/ioctl.c.
 */
#include "core/ethtool.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <string.h>

#include "core/net.h"

#define ETOOSMALL 525 /* a number of the kernel's own, which Linux lets out here */
#define FEATURE_BLOCKS(n) (((n) + 31) / 32)
#define LINK_MODE_WORDS ((__ETHTOOL_LINK_MODE_MASK_NBITS + 31) / 32)

struct ethtool_call {
	struct net_device *dev;
	void *data;
	size_t len; /* bytes that came */
	uint32_t cmd;
	int result; /* of ioctl() */
};

struct ethtool_cmd_row {
	uint32_t cmd;
	uint16_t size; /* bytes that must come */
	bool admin;
	int (*run)(struct ethtool_call *c); /* bytes of the answer, or -errno */
};

static int get_drvinfo(struct ethtool_call *c);
static int get_link(struct ethtool_call *c);
static int get_link_ksettings(struct ethtool_call *c);
static int get_perm_addr(struct ethtool_call *c);
static int get_ts_info(struct ethtool_call *c);
static int get_ringparam(struct ethtool_call *c);
static int set_ringparam(struct ethtool_call *c);
static int get_channels(struct ethtool_call *c);
static int get_coalesce(struct ethtool_call *c);
static int set_coalesce(struct ethtool_call *c);
static int get_sset_info(struct ethtool_call *c);
static int get_strings(struct ethtool_call *c);
static int get_stats(struct ethtool_call *c);
static int get_features(struct ethtool_call *c);
static int set_features(struct ethtool_call *c);
static int get_one_feature(struct ethtool_call *c);
static int set_one_feature(struct ethtool_call *c);
static int get_flags(struct ethtool_call *c);
static int set_flags(struct ethtool_call *c);

static const struct ethtool_cmd_row commands[] = {
	{ ETHTOOL_GDRVINFO, 4, false, get_drvinfo },
	{ ETHTOOL_GLINK, 4, false, get_link },
	{ ETHTOOL_GLINKSETTINGS, sizeof(struct ethtool_link_settings), false, get_link_ksettings },
	{ ETHTOOL_GPERMADDR, sizeof(struct ethtool_perm_addr), false, get_perm_addr },
	{ ETHTOOL_GET_TS_INFO, 4, false, get_ts_info },
	{ ETHTOOL_GRINGPARAM, 4, false, get_ringparam },
	{ ETHTOOL_SRINGPARAM, sizeof(struct ethtool_ringparam), true, set_ringparam },
	{ ETHTOOL_GCHANNELS, 4, false, get_channels },
	{ ETHTOOL_GCOALESCE, 4, false, get_coalesce },
	{ ETHTOOL_SCOALESCE, sizeof(struct ethtool_coalesce), true, set_coalesce },
	{ ETHTOOL_GSSET_INFO, sizeof(struct ethtool_sset_info), false, get_sset_info },
	{ ETHTOOL_GSTRINGS, sizeof(struct ethtool_gstrings), false, get_strings },
	{ ETHTOOL_GSTATS, 4, false, get_stats },
	{ ETHTOOL_GFEATURES, sizeof(struct ethtool_gfeatures), false, get_features },
	{ ETHTOOL_SFEATURES, sizeof(struct ethtool_sfeatures), true, set_features },
	{ ETHTOOL_GRXCSUM, 4, false, get_one_feature },
	{ ETHTOOL_SRXCSUM, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GTXCSUM, 4, false, get_one_feature },
	{ ETHTOOL_STXCSUM, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GSG, 4, false, get_one_feature },
	{ ETHTOOL_SSG, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GTSO, 4, false, get_one_feature },
	{ ETHTOOL_STSO, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GGSO, 4, false, get_one_feature },
	{ ETHTOOL_SGSO, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GGRO, 4, false, get_one_feature },
	{ ETHTOOL_SGRO, sizeof(struct ethtool_value), true, set_one_feature },
	{ ETHTOOL_GFLAGS, 4, false, get_flags },
	{ ETHTOOL_SFLAGS, sizeof(struct ethtool_value), true, set_flags },
};

int dev_ethtool(struct net *net, const char *name, void *data, size_t *len, bool admin)
{
	struct ethtool_call c = { .data = data, .len = *len };
	const struct ethtool_cmd_row *row = commands;
	int ret;

	ASSERT_RTNL(&net->m);
	c.dev = __dev_get_by_name(net, name);
	if (!c.dev)
		return -ENODEV;
	if (c.len < sizeof(c.cmd) || c.len > ETHTOOL_DATA_MAX)
		return -EFAULT;
	memcpy(&c.cmd, data, sizeof(c.cmd));
	while (row < commands + ARRAY_SIZE(commands) && row->cmd != c.cmd)
		row++;
	if (row == commands + ARRAY_SIZE(commands))
		return admin ? -EOPNOTSUPP : -EPERM;
	if (row->admin && !admin)
		return -EPERM;
	if (c.len < row->size)
		return -EFAULT;
	ret = row->run(&c);
	*len = ret < 0 ? 0 : (size_t)ret;

	return ret < 0 ? ret : c.result;
}

/* The answer @value of @size bytes, which begins with the command's number. */
static int answer(struct ethtool_call *c, const void *value, size_t size)
{
	memcpy(c->data, value, size);
	memcpy(c->data, &c->cmd, sizeof(c->cmd));

	return (int)size;
}

static const struct ethtool_ops *ops_of(const struct ethtool_call *c)
{
	static const struct ethtool_ops none;

	return c->dev->ethtool_ops ? c->dev->ethtool_ops : &none;
}

/* --- what it is --- */

static int get_drvinfo(struct ethtool_call *c)
{
	struct ethtool_drvinfo info = { .n_stats = 0 };
	int n = ops_of(c)->get_sset_count ? ops_of(c)->get_sset_count(c->dev, ETH_SS_STATS) : 0;

	snprintf(info.driver, sizeof(info.driver), "%s", c->dev->driver ? c->dev->driver : "");
	if (ops_of(c)->get_drvinfo)
		ops_of(c)->get_drvinfo(c->dev, &info);
	info.n_stats = n > 0 ? (uint32_t)n : 0;

	return answer(c, &info, sizeof(info));
}

static int get_link(struct ethtool_call *c)
{
	struct ethtool_value v = { .data = netif_running(c->dev) && netif_carrier_ok(c->dev) };

	return answer(c, &v, sizeof(v));
}

/*
 * The caller says for how many words of link modes he has room; another number than ours is answered with ours, negative, and he asks
 * again. No device here has link modes: the words are empty.
 */
static int get_link_ksettings(struct ethtool_call *c)
{
	struct {
		struct ethtool_link_settings s;
		uint32_t words[3 * LINK_MODE_WORDS];
	} a = { .s = { .duplex = DUPLEX_UNKNOWN, .speed = (uint32_t)SPEED_UNKNOWN } };
	const struct ethtool_link_settings *in = c->data;
	int ret;

	if (!ops_of(c)->get_link_ksettings)
		return -EOPNOTSUPP;
	if (in->link_mode_masks_nwords != LINK_MODE_WORDS) {
		struct ethtool_link_settings no = { .link_mode_masks_nwords = -LINK_MODE_WORDS };

		return answer(c, &no, sizeof(no));
	}
	ret = ops_of(c)->get_link_ksettings(c->dev, &a.s);
	a.s.link_mode_masks_nwords = LINK_MODE_WORDS;

	return ret ? ret : answer(c, &a, sizeof(a));
}

static int get_perm_addr(struct ethtool_call *c)
{
	struct ethtool_perm_addr a;
	unsigned char *addr = (unsigned char *)c->data + sizeof(a);

	memcpy(&a, c->data, sizeof(a));
	if (a.size < c->dev->addr_len)
		return -ETOOSMALL;
	a.size = c->dev->addr_len;
	answer(c, &a, sizeof(a));
	memset(addr, 0, a.size); /* none of our cards has an address burnt in */

	return (int)(sizeof(a) + a.size);
}

static int get_ts_info(struct ethtool_call *c)
{
	struct ethtool_ts_info info = {
		.so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE,
		.phc_index = -1,
	};

	return answer(c, &info, sizeof(info));
}

/* --- rings, queues, interrupts --- */

static int get_ringparam(struct ethtool_call *c)
{
	struct ethtool_ringparam ring = { .cmd = c->cmd };

	if (!ops_of(c)->get_ringparam)
		return -EOPNOTSUPP;
	ops_of(c)->get_ringparam(c->dev, &ring);

	return answer(c, &ring, sizeof(ring));
}

static int set_ringparam(struct ethtool_call *c)
{
	struct ethtool_ringparam want, have = { .cmd = ETHTOOL_GRINGPARAM };
	struct extack err = { "" };

	if (!ops_of(c)->set_ringparam || !ops_of(c)->get_ringparam)
		return -EOPNOTSUPP;
	memcpy(&want, c->data, sizeof(want));
	ops_of(c)->get_ringparam(c->dev, &have);
	if (want.rx_pending > have.rx_max_pending || want.rx_mini_pending > have.rx_mini_max_pending ||
	    want.rx_jumbo_pending > have.rx_jumbo_max_pending || want.tx_pending > have.tx_max_pending)
		return -EINVAL;

	return ops_of(c)->set_ringparam(c->dev, &want, &err);
}

static int get_channels(struct ethtool_call *c)
{
	struct ethtool_channels ch = { .cmd = c->cmd };

	if (!ops_of(c)->get_channels)
		return -EOPNOTSUPP;
	ops_of(c)->get_channels(c->dev, &ch);

	return answer(c, &ch, sizeof(ch));
}

static int get_coalesce(struct ethtool_call *c)
{
	struct ethtool_coalesce co = { .cmd = c->cmd };
	int ret;

	if (!ops_of(c)->get_coalesce)
		return -EOPNOTSUPP;
	ret = ops_of(c)->get_coalesce(c->dev, &co);

	return ret ? ret : answer(c, &co, sizeof(co));
}

/* The parameters that @co changes to other than 0, as ETHTOOL_COALESCE_*: their order is that of the struct. */
static uint32_t coalesce_used(const struct ethtool_coalesce *co)
{
	const uint32_t *field = &co->rx_coalesce_usecs;
	uint32_t used = 0;

	for (unsigned i = 0; i < (sizeof(*co) - offsetof(struct ethtool_coalesce, rx_coalesce_usecs)) / sizeof(*field); i++)
		if (field[i])
			used |= 1u << i;
	return used;
}

static int set_coalesce(struct ethtool_call *c)
{
	struct ethtool_coalesce co;
	struct extack err = { "" };

	if (!ops_of(c)->set_coalesce)
		return -EOPNOTSUPP;
	memcpy(&co, c->data, sizeof(co));
	if (coalesce_used(&co) & ~ops_of(c)->coalesce_params)
		return -EOPNOTSUPP;

	return ops_of(c)->set_coalesce(c->dev, &co, &err);
}

/* --- strings and statistics --- */

static int sset_count(const struct ethtool_call *c, uint32_t set)
{
	if (set == ETH_SS_FEATURES)
		return (int)netdev_n_features();
	return ops_of(c)->get_sset_count && ops_of(c)->get_strings ? ops_of(c)->get_sset_count(c->dev, set) : -EOPNOTSUPP;
}

/* For each set that was asked for and that there is: one number, in the order of the bits. */
static int get_sset_info(struct ethtool_call *c)
{
	struct ethtool_sset_info info;
	uint32_t *n = (uint32_t *)c->data + sizeof(info) / sizeof(*n);
	uint64_t have = 0;
	unsigned k = 0;

	memcpy(&info, c->data, sizeof(info));
	if (!info.sset_mask)
		return 0;
	for (unsigned set = 0; set < 64; set++) {
		int count = info.sset_mask >> set & 1 ? sset_count(c, set) : -EOPNOTSUPP;

		if (count < 0)
			continue;
		have |= 1ull << set;
		n[k++] = (uint32_t)count;
	}
	info.sset_mask = have;
	answer(c, &info, sizeof(info));

	return (int)(sizeof(info) + k * sizeof(*n));
}

static int get_strings(struct ethtool_call *c)
{
	struct ethtool_gstrings s;
	char *text = (char *)c->data + sizeof(s);
	int n;

	memcpy(&s, c->data, sizeof(s));
	n = sset_count(c, s.string_set);
	if (n < 0)
		return n;
	if ((size_t)n > (ETHTOOL_DATA_MAX - sizeof(s)) / ETH_GSTRING_LEN)
		return -EOVERFLOW;
	s.len = (uint32_t)n;
	answer(c, &s, sizeof(s));
	memset(text, 0, (size_t)n * ETH_GSTRING_LEN);
	if (s.string_set != ETH_SS_FEATURES)
		ops_of(c)->get_strings(c->dev, s.string_set, text);
	else
		for (int i = 0; i < n; i++)
			snprintf(text + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN, "%s", netdev_feature_name((unsigned)i));

	return (int)sizeof(s) + n * ETH_GSTRING_LEN;
}

static int get_stats(struct ethtool_call *c)
{
	int n = sset_count(c, ETH_SS_STATS);
	struct ethtool_stats s;

	if (n < 0)
		return n;
	if (!n || !ops_of(c)->get_ethtool_stats)
		return -EOPNOTSUPP;
	if ((size_t)n > (ETHTOOL_DATA_MAX - sizeof(s)) / sizeof(uint64_t))
		return -EOVERFLOW;
	s.n_stats = (uint32_t)n;
	answer(c, &s, sizeof(s));
	ops_of(c)->get_ethtool_stats(c->dev, (uint64_t *)c->data + sizeof(s) / sizeof(uint64_t));

	return (int)(sizeof(s) + (size_t)n * sizeof(uint64_t));
}

/* --- features --- */

/* The block of 32 features from number @first on, of which the device has @set. */
static uint32_t feature_block(unsigned first, netdev_features_t set)
{
	uint32_t block = 0;

	for (unsigned i = first; i < netdev_n_features() && i < first + 32; i++)
		if (netdev_feature(i) & set)
			block |= 1u << (i - first);
	return block;
}

static int get_features(struct ethtool_call *c)
{
	unsigned n = FEATURE_BLOCKS(netdev_n_features()), room;
	struct ethtool_gfeatures g;
	struct ethtool_get_features_block *block = (void *)((char *)c->data + sizeof(g));

	memcpy(&g, c->data, sizeof(g));
	room = min_t(unsigned, g.size, n);
	g.size = n;
	answer(c, &g, sizeof(g));
	for (unsigned i = 0; i < room; i++)
		block[i] = (struct ethtool_get_features_block){
			.available = feature_block(32 * i, c->dev->hw_features),
			.requested = feature_block(32 * i, c->dev->wanted_features),
			.active = feature_block(32 * i, c->dev->features),
			.never_changed = feature_block(32 * i, NETIF_F_LLTX),
		};

	return (int)(sizeof(g) + room * sizeof(*block));
}

/* What ioctl() returns is a set of ETHTOOL_F_*. */
static int set_features(struct ethtool_call *c)
{
	unsigned n = FEATURE_BLOCKS(netdev_n_features());
	struct ethtool_sfeatures s;
	const struct ethtool_set_features_block *block = (void *)((char *)c->data + sizeof(s));
	netdev_features_t valid = 0, want = 0;

	memcpy(&s, c->data, sizeof(s));
	if (s.size != n || c->len < sizeof(s) + n * sizeof(*block))
		return -EINVAL;
	for (unsigned i = 0; i < 32 * n; i++) {
		netdev_features_t bit = i < netdev_n_features() ? netdev_feature(i) : 0;

		if (!(block[i / 32].valid >> (i % 32) & 1))
			continue;
		if (i >= netdev_n_features())
			return -EINVAL;
		if (!(bit & c->dev->hw_features))
			c->result |= ETHTOOL_F_UNSUPPORTED;
		valid |= bit & c->dev->hw_features;
		if (block[i / 32].requested >> (i % 32) & 1)
			want |= bit;
	}
	c->dev->wanted_features = (c->dev->wanted_features & ~valid) | (want & valid);
	netdev_update_features(c->dev);
	if ((c->dev->wanted_features ^ c->dev->features) & valid)
		c->result |= ETHTOOL_F_WISH;

	return 0;
}

/* Commands of one feature each, older than the list. */
static const struct {
	uint32_t get, set;
	netdev_features_t mask;
} one_feature[] = {
	{ ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM, NETIF_F_RXCSUM },
	{ ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, NETIF_F_IP_CSUM | NETIF_F_HW_CSUM },
	{ ETHTOOL_GSG, ETHTOOL_SSG, NETIF_F_SG },
	{ ETHTOOL_GTSO, ETHTOOL_STSO, 0 },
	{ ETHTOOL_GGSO, ETHTOOL_SGSO, NETIF_F_GSO },
	{ ETHTOOL_GGRO, ETHTOOL_SGRO, NETIF_F_GRO },
};

static netdev_features_t mask_of(uint32_t cmd)
{
	for (unsigned i = 0; i < ARRAY_SIZE(one_feature); i++)
		if (one_feature[i].get == cmd || one_feature[i].set == cmd)
			return one_feature[i].mask;
	return 0;
}

static int get_one_feature(struct ethtool_call *c)
{
	struct ethtool_value v = { .data = !!(c->dev->features & mask_of(c->cmd)) };

	return answer(c, &v, sizeof(v));
}

static int set_one_feature(struct ethtool_call *c)
{
	netdev_features_t mask = mask_of(c->cmd) & c->dev->hw_features;
	struct ethtool_value v;

	if (!mask)
		return -EOPNOTSUPP;
	memcpy(&v, c->data, sizeof(v));
	c->dev->wanted_features = v.data ? c->dev->wanted_features | mask : c->dev->wanted_features & ~mask;
	netdev_update_features(c->dev);

	return 0;
}

static const struct {
	uint32_t flag;
	netdev_features_t bit;
} flags[] = {
	{ ETH_FLAG_TXVLAN, 0 },
	{ ETH_FLAG_RXVLAN, 0 },
	{ ETH_FLAG_LRO, 0 },
	{ ETH_FLAG_NTUPLE, NETIF_F_NTUPLE },
	{ ETH_FLAG_RXHASH, NETIF_F_RXHASH },
};

static int get_flags(struct ethtool_call *c)
{
	struct ethtool_value v = { .data = 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
		if (c->dev->features & flags[i].bit)
			v.data |= flags[i].flag;
	return answer(c, &v, sizeof(v));
}

static int set_flags(struct ethtool_call *c)
{
	netdev_features_t want = c->dev->wanted_features;
	struct ethtool_value v;
	uint32_t known = 0;

	memcpy(&v, c->data, sizeof(v));
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		bool on = v.data & flags[i].flag;

		known |= flags[i].flag;
		if (on == !!(c->dev->features & flags[i].bit))
			continue;
		if (!(flags[i].bit & c->dev->hw_features))
			return -EINVAL;
		want = on ? want | flags[i].bit : want & ~flags[i].bit;
	}
	if (v.data & ~known)
		return -EINVAL;
	c->dev->wanted_features = want;
	netdev_update_features(c->dev);

	return 0;
}
