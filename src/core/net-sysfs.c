/* SPDX-License-Identifier: MIT */
/*
 * net-sysfs.c - /sys/class/net/DEV/: one value a file
 *
 * On the walk: nobody. Made by register_netdevice(), gone with the device, made anew when its name
 * changes.
 * Owns: struct netdev_files of each device: what ties a file to its device and attribute.
 * Thread: RTNL. Writes are those that Linux allows, with its errors: mtu, flags, tx_queue_len;
 * `ops` is ours (name of each driver function). Mirrors: net/core/net-sysfs.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dev.h"
#include "core/net.h"
#include "kernel/slab.h"

#define PATH_SIZE 96
#define STAT(name_) { #name_, offsetof(struct net_device_stats, name_) }

/* A file with a value: @show prints it, or -errno; @store sets it, NULL: read only. */
struct netdev_attr {
	const char *name;
	int (*show)(struct seq_file *m, const struct net_device *dev);
	int (*store)(struct net_device *dev, unsigned long val, struct extack *err);
};

static const struct {
	const char *name;
	size_t offset;
} stat_attrs[] = {
	STAT(rx_packets), STAT(tx_packets), STAT(rx_bytes), STAT(tx_bytes), STAT(rx_errors),
	STAT(tx_errors), STAT(rx_dropped), STAT(tx_dropped), STAT(multicast), STAT(collisions),
	STAT(rx_length_errors), STAT(rx_over_errors), STAT(rx_crc_errors), STAT(rx_frame_errors),
	STAT(rx_fifo_errors), STAT(rx_missed_errors), STAT(tx_aborted_errors),
	STAT(tx_carrier_errors), STAT(tx_fifo_errors), STAT(tx_heartbeat_errors),
	STAT(tx_window_errors), STAT(rx_compressed), STAT(tx_compressed), STAT(rx_nohandler),
};
_Static_assert(ARRAY_SIZE(stat_attrs) * sizeof(uint64_t) == sizeof(struct net_device_stats), "all");

/* ---- values ---- */

static int show_addr(struct seq_file *m, const struct net_device *dev, const unsigned char *addr)
{
	for (unsigned i = 0; i < dev->addr_len; i++)
		seq_printf(m, "%s%02x", i ? ":" : "", addr[i]);
	seq_putc(m, '\n');

	return 0;
}

static int address_show(struct seq_file *m, const struct net_device *dev)
{
	return show_addr(m, dev, dev->dev_addr);
}

static int broadcast_show(struct seq_file *m, const struct net_device *dev)
{
	return show_addr(m, dev, dev->broadcast);
}

static int addr_len_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%d\n", dev->addr_len);
	return 0;
}

static int carrier_show(struct seq_file *m, const struct net_device *dev)
{
	if (!netif_running(dev))
		return -EINVAL;
	seq_printf(m, "%d\n", netif_carrier_ok(dev));
	return 0;
}

static int carrier_store(struct net_device *dev, unsigned long val, struct extack *err)
{
	(void)val;
	if (!netif_running(dev))
		return extack_fail(err, -EINVAL, "%s is down", dev->name);

	return extack_fail(err, -EOPNOTSUPP, "%s: its carrier is not for you to change", dev->name);
}

static int carrier_changes_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%lu\n", READ_ONCE(dev->carrier_changes));
	return 0;
}

static int flags_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "0x%x\n", dev->flags);
	return 0;
}

static int flags_store(struct net_device *dev, unsigned long val, struct extack *err)
{
	return dev_change_flags(dev, (unsigned)val, err);
}

static int ifindex_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%d\n", dev->ifindex);
	return 0;
}

static int mtu_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%u\n", dev->mtu);
	return 0;
}

static int mtu_store(struct net_device *dev, unsigned long val, struct extack *err)
{
	return dev_set_mtu(dev, (int)val, err);
}

static int operstate_show(struct seq_file *m, const struct net_device *dev)
{
	static const char *const name[] = { "unknown", "notpresent", "down", "lowerlayerdown",
					    "testing", "dormant", "up" };
	unsigned state = netif_running(dev) ? dev->operstate : IF_OPER_DOWN;

	if (state >= ARRAY_SIZE(name))
		return -EINVAL;
	seq_printf(m, "%s\n", name[state]);
	return 0;
}

static int tx_queue_len_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%u\n", dev->tx_queue_len);
	return 0;
}

static int tx_queue_len_store(struct net_device *dev, unsigned long val, struct extack *err)
{
	return dev_change_tx_queue_len(dev, val, err);
}

static int type_show(struct seq_file *m, const struct net_device *dev)
{
	seq_printf(m, "%d\n", dev->type);
	return 0;
}

static int ops_show(struct seq_file *m, const struct net_device *dev)
{
	return dev_ops_show(m, (void *)(uintptr_t)dev);
}

int dev_ops_show(struct seq_file *m, void *data)
{
	const struct net_device *dev = data;
	const struct ndo_name *n = dev->netdev_ops->names;

	for (; n && n->op; n++)
		seq_printf(m, "%s %s\n", n->op, n->fn);

	return 0;
}

static const struct netdev_attr attrs[] = {
	{ "addr_len", addr_len_show, NULL },
	{ "address", address_show, NULL },
	{ "broadcast", broadcast_show, NULL },
	{ "carrier", carrier_show, carrier_store },
	{ "carrier_changes", carrier_changes_show, NULL },
	{ "flags", flags_show, flags_store },
	{ "ifindex", ifindex_show, NULL },
	{ "iflink", ifindex_show, NULL },
	{ "mtu", mtu_show, mtu_store },
	{ "operstate", operstate_show, NULL },
	{ "tx_queue_len", tx_queue_len_show, tx_queue_len_store },
	{ "type", type_show, NULL },
	{ "ops", ops_show, NULL },
};

/* ---- files ---- */

/* What a file's data points to: a device and which of its values. */
struct netdev_file {
	struct net_device *dev;
	unsigned index; /* of attrs or stat_attrs */
};

struct netdev_files {
	struct netdev_file attr[ARRAY_SIZE(attrs)], stat[ARRAY_SIZE(stat_attrs)];
};

static int attr_show(struct seq_file *m, void *data)
{
	const struct netdev_file *f = data;

	return attrs[f->index].show(m, f->dev);
}

/* A number in decimal, 0x or 0 base, perhaps with a newline. */
static int attr_write(void *data, const char *buf, size_t len, struct extack *err)
{
	const struct netdev_file *f = data;
	char text[32], *end;
	unsigned long val;

	if (!len || len >= sizeof(text))
		return extack_fail(err, -EINVAL, "not a number");
	memcpy(text, buf, len);
	text[len] = '\0';
	if (text[len - 1] == '\n')
		text[len - 1] = '\0';
	errno = 0;
	val = strtoul(text, &end, 0);
	if (*text < '0' || *text > '9' || *end)
		return extack_fail(err, -EINVAL, "\"%s\" is not a number", text);
	if (errno)
		return extack_fail(err, -ERANGE, "%s is too large", text);

	return attrs[f->index].store(f->dev, val, err);
}

static int stat_show(struct seq_file *m, void *data)
{
	const struct netdev_file *f = data;
	struct net_device_stats s;

	dev_get_stats(f->dev, &s);
	seq_printf(m, "%llu\n",
		   *(unsigned long long *)(void *)((char *)&s + stat_attrs[f->index].offset));

	return 0;
}

static int tx_timeout_show(struct seq_file *m, void *data)
{
	const struct netdev_queue *txq = data;

	seq_printf(m, "%lu\n", READ_ONCE(txq->trans_timeout));

	return 0;
}

static const struct proc_ops attr_ro_ops = { .show = attr_show };
static const struct proc_ops attr_rw_ops = { .show = attr_show, .write = attr_write };
static const struct proc_ops stat_ops = { .show = stat_show };
static const struct proc_ops tx_timeout_ops = { .show = tx_timeout_show };

int netdev_register_files(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	struct netdev_files *f = kzalloc(&net->m, sizeof(*f));
	char path[PATH_SIZE];
	bool ok = f;

	if (!f)
		return -ENOMEM;
	dev->files = f;
	for (unsigned i = 0; ok && i < ARRAY_SIZE(attrs); i++) {
		f->attr[i] = (struct netdev_file){ dev, i };
		snprintf(path, sizeof(path), "/sys/class/net/%s/%s", dev->name, attrs[i].name);
		ok = proc_create(&net->vfs, path, attrs[i].store ? 0644 : 0444,
				 attrs[i].store ? &attr_rw_ops : &attr_ro_ops, &f->attr[i]);
	}
	for (unsigned i = 0; ok && i < ARRAY_SIZE(stat_attrs); i++) {
		f->stat[i] = (struct netdev_file){ dev, i };
		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", dev->name,
			 stat_attrs[i].name);
		ok = proc_create(&net->vfs, path, 0444, &stat_ops, &f->stat[i]);
	}
	for (unsigned i = 0; ok && i < dev->num_tx_queues; i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/queues/tx-%u/tx_timeout", dev->name,
			 i);
		ok = proc_create(&net->vfs, path, 0444, &tx_timeout_ops, &dev->_tx[i]);
	}
	if (ok)
		return 0;
	netdev_unregister_files(dev);

	return -ENOMEM;
}

void netdev_unregister_files(struct net_device *dev)
{
	struct net *net = dev_net(dev);
	char path[PATH_SIZE];

	if (!dev->files)
		return;
	snprintf(path, sizeof(path), "/sys/class/net/%s", dev->name);
	proc_remove_path(&net->vfs, path);
	kfree(&net->m, dev->files);
	dev->files = NULL;
}
