/* SPDX-License-Identifier: MIT */
/*
 * dump.c - the running configuration as lines that --config takes back
 *
 * Devices are those of the command line, so they are comments here; what is dumped is what can be changed: links, addresses, routes that someone
 * added, permanent neighbours, and sysctl values that differ from their defaults. Runs on the control thread.
 */
#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "daemon/daemon.h"
#include "drivers/driver.h"
#include "fs/sysctl.h"
#include "ipv4/fib.h"
#include "kernel/smp.h"

static const char *ip(__be32 a, char *buf)
{
	return inet_ntop(AF_INET, &a, buf, INET_ADDRSTRLEN);
}

static void dump_devices(struct daemon *d, struct seq_file *m)
{
	struct net_device *dev;

	for (int i = 0; i < d->opt.n_dev; i++)
		seq_printf(m, "# --device %s\n", d->opt.dev[i].spec);
	for_each_netdev(d->net, dev) {
		char a[INET_ADDRSTRLEN];

		seq_printf(m, "link set %s mtu %u txqueuelen %u", dev->name, dev->mtu, dev->tx_queue_len);
		if (dev->type == ARPHRD_ETHER)
			seq_printf(m, " address %02x:%02x:%02x:%02x:%02x:%02x", dev->dev_addr[0], dev->dev_addr[1], dev->dev_addr[2],
				   dev->dev_addr[3], dev->dev_addr[4], dev->dev_addr[5]);
		seq_printf(m, " %s\n", dev->flags & IFF_UP ? "up" : "down");
		if (!dev->ip_ptr)
			continue;
		for_ifa_rcu(dev->ip_ptr, ifa) {
			seq_printf(m, "addr replace %s/%u dev %s", ip(ifa->ifa_local, a), ifa->ifa_prefixlen, dev->name);
			if (ifa->ifa_broadcast)
				seq_printf(m, " broadcast %s", ip(ifa->ifa_broadcast, a));
			if (strcmp(ifa->ifa_label, dev->name))
				seq_printf(m, " label %s", ifa->ifa_label);
			seq_putc(m, '\n');
		}
	}
}

static int dump_route(struct fib_table *tb, __be32 prefix, unsigned plen, const struct fib_alias *fa, void *arg)
{
	struct seq_file *m = arg;
	const struct fib_info *fi = fa->fa_info;
	char a[INET_ADDRSTRLEN];

	(void)tb;
	if (fi->fib_protocol == RTPROT_KERNEL)
		return 0;
	seq_puts(m, "route replace ");
	if (fa->fa_type == RTN_BLACKHOLE)
		seq_puts(m, "blackhole ");
	else if (fa->fa_type == RTN_UNREACHABLE)
		seq_puts(m, "unreachable ");
	else if (fa->fa_type == RTN_PROHIBIT)
		seq_puts(m, "prohibit ");
	if (plen)
		seq_printf(m, "%s/%u", ip(prefix, a), plen);
	else
		seq_puts(m, "default");
	if (fi->fib_nh.nh_gw)
		seq_printf(m, " via %s", ip(fi->fib_nh.nh_gw, a));
	if (fi->fib_nh.nh_dev)
		seq_printf(m, " dev %s", fi->fib_nh.nh_dev->name);
	if (fi->fib_prefsrc)
		seq_printf(m, " src %s", ip(fi->fib_prefsrc, a));
	if (fi->fib_priority)
		seq_printf(m, " metric %u", fi->fib_priority);
	if (fi->fib_mtu)
		seq_printf(m, " mtu %s%u", fi->fib_mtu_lock ? "lock " : "", fi->fib_mtu);
	if (fi->fib_advmss)
		seq_printf(m, " advmss %u", fi->fib_advmss);
	if (fi->fib_hoplimit)
		seq_printf(m, " hoplimit %u", fi->fib_hoplimit);
	if (fa->fa_tos)
		seq_printf(m, " tos %u", fa->fa_tos);
	if (fi->fib_protocol != RTPROT_BOOT)
		seq_printf(m, " proto %u", fi->fib_protocol);
	if (fi->fib_nh.nh_flags & RTNH_F_ONLINK)
		seq_puts(m, " onlink");
	seq_putc(m, '\n');
	return 0;
}

static void dump_neigh(struct neighbour *n, void *arg)
{
	char a[INET_ADDRSTRLEN];
	__be32 key;

	if (!(n->nud_state & NUD_PERMANENT) || n->dev->type != ARPHRD_ETHER)
		return;
	memcpy(&key, n->primary_key, sizeof(key));
	seq_printf(arg, "neigh replace %s lladdr %02x:%02x:%02x:%02x:%02x:%02x dev %s nud permanent\n", ip(key, a), n->ha[0], n->ha[1], n->ha[2],
		   n->ha[3], n->ha[4], n->ha[5], n->dev->name);
}

static int dump_sysctl(void *ctx, const char *key, const char *value, const struct ctl_table *row)
{
	/* what is set at run time has no default to compare with, what cannot be written need not be */
	if (row->def && (row->mode & 0200) && strcmp(row->def, value))
		seq_printf(ctx, "sysctl %s=%s\n", key, value);
	return 0;
}

int dump_config(struct daemon *d, struct seq_file *m)
{
	dump_devices(d, m);
	fib_table_walk(d->net->ipv4->fib_main, dump_route, m);
	neigh_for_each(&d->net->ipv4->arp_tbl, dump_neigh, m);
	sysctl_for_each(&d->net->vfs, dump_sysctl, m);
	return m->error;
}
