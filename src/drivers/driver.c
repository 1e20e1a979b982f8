/* SPDX-License-Identifier: MIT */
/*
 * driver.c - the registry of network interface drivers, and what their set-up shares
 *
 * Theory of operation
 *   Called by: the composition root (drivers_init, drivers_exit), whoever adds devices
 *   (drivers_probe, drivers_remove), the host (nif_line), drivers (nif_*). Calls: the drivers.
 *   Owns: struct netns_drivers on net->drivers, one struct nif a device, the table of lines.
 *   Threads: RTNL; nif_line also the vCPU of the vector, nif_rx_lost any vCPU.
 *   Refuses: unknown schemes, options that a driver does not know.
 *   lo is made first and goes last. Mirrors: drivers/pci/pci-driver.c in purpose.
 */
#define LOG_SUBSYS "drivers"
#include "drivers/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers/loopback.h"
#include "drivers/memdev.h"
#include "drivers/nulldev.h"
#include "drivers/pcapdev.h"
#include "drivers/tap.h"
#include "drivers/tpacket.h"
#include "drivers/userdev.h"
#include "ethernet/eth.h"
#include "kernel/irq.h"
#include "kernel/slab.h"

#define NIF_SPEC_MAX 256

struct nif {
	struct list_head list;
	struct net_device *dev;
	const struct nif_driver *drv;
	char spec[NIF_SPEC_MAX];
};

struct netns_drivers {
	struct list_head nifs; /* [R] oldest first */
	struct nif_line line[NR_IRQS]; /* [R] before its vector is unmasked */
};

static const struct nif_driver *driver_match(const char *spec, const char **ret_rest);
static int driver_unknown(const char *spec, struct extack *err);
static struct nif *nif_find(const struct net_device *dev);
static void nif_forget(struct net_device *dev);
static int drivers_seq_show(struct seq_file *m, void *data);
static int driver_stats_seq_show(struct seq_file *m, void *data);

/* In the order of their log lines. */
static const struct nif_driver *const drivers[] = {
	&loopback_driver, &tap_driver, &tpacket_driver, &pcapdev_driver, &nulldev_driver,
	&memdev_driver, &userdev_driver,
};

static __always_inline struct netns_drivers *drivers_of(const struct net *net)
{
	return net->drivers;
}

int drivers_probe(struct net *net, const char *spec, const struct nif_options *opts,
		  struct net_device **ret_dev, struct extack *err)
{
	static const struct nif_options defaults;
	const struct nif_driver *drv;
	const char *rest;

	ASSERT_RTNL(&net->m);
	drv = driver_match(spec, &rest);
	if (!drv)
		return driver_unknown(spec, err);
	return drv->probe(net, rest, opts ? opts : &defaults, ret_dev, err);
}

static const struct nif_driver *driver_match(const char *spec, const char **ret_rest)
{
	const char *colon = strchr(spec, ':');

	for (size_t i = 0; colon && i < ARRAY_SIZE(drivers); i++) {
		const char *scheme = drivers[i]->scheme;

		if (scheme && strlen(scheme) == (size_t)(colon - spec) &&
		    !memcmp(scheme, spec, strlen(scheme))) {
			*ret_rest = colon + 1;
			return drivers[i];
		}
	}
	return NULL;
}

static int driver_unknown(const char *spec, struct extack *err)
{
	char known[96] = "";
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i]->scheme && n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, " %s:",
					      drivers[i]->scheme);
	return extack_fail(err, -ENODEV, "unknown device '%.40s'; known schemes:%s", spec, known);
}

int drivers_remove(struct net_device *dev)
{
	const struct nif_driver *drv = driver_of(dev);

	if (!drv)
		return -ENOENT;
	drv->remove(dev);
	return 0;
}

const struct nif_driver *driver_of(const struct net_device *dev)
{
	const struct nif *nif = nif_find(dev);

	return nif ? nif->drv : NULL;
}

const char *nif_spec(const struct net_device *dev)
{
	const struct nif *nif = nif_find(dev);

	return nif ? nif->spec : "";
}

static struct nif *nif_find(const struct net_device *dev)
{
	struct nif *nif;

	list_for_each_entry(nif, &drivers_of(dev_net(dev))->nifs, list)
		if (nif->dev == dev)
			return nif;
	return NULL;
}

const struct nif_driver *driver_at(unsigned i)
{
	return i < ARRAY_SIZE(drivers) ? drivers[i] : NULL;
}

int driver_stat(const struct net_device *dev, const char *name, uint64_t *ret_value)
{
	const struct nif_driver *drv = driver_of(dev);

	for (unsigned i = 0; drv && i < drv->nr_stats; i++) {
		if (strcmp(drv->stats[i].name, name))
			continue;
		*ret_value = drv->get_stats(dev, &drv->stats[i]);
		return 0;
	}
	return -ENOENT;
}

/* --- lines --- */

void nif_line_set(struct net *net, unsigned vector, struct net_device *dev, unsigned queue, int fd)
{
	struct nif_line *line;

	if (vector >= NR_IRQS)
		return;
	line = &drivers_of(net)->line[vector];
	*line = (struct nif_line){ dev, queue, fd, line->generation + 1 };
}

struct nif_line nif_line(const struct net *net, unsigned vector)
{
	if (vector >= NR_IRQS || !net->drivers)
		return (struct nif_line){ .fd = -1 };
	return drivers_of(net)->line[vector];
}

/* --- what probes share --- */

struct net_device *nif_alloc_etherdev(struct net *net, int sizeof_priv, const char *name,
				      const struct nif_options *opts, unsigned max_mtu,
				      struct extack *err)
{
	unsigned queues = opts->queues ? opts->queues : 1;
	const char *ifname = opts->ifname ? opts->ifname : name;
	struct net_device *dev;

	if (queues > MAX_TX_QUEUES || queues > MAX_RX_QUEUES) {
		extack_set(err, "%u queues, at most %u", queues, MAX_TX_QUEUES);
		return NULL;
	}
	if (opts->mtu && (opts->mtu < ETH_MIN_MTU || opts->mtu > max_mtu)) {
		extack_set(err, "mtu %u is outside %u..%u", opts->mtu, ETH_MIN_MTU, max_mtu);
		return NULL;
	}
	if (opts->has_mac && !is_valid_ether_addr(opts->mac)) {
		NL_SET_ERR_MSG(err, "a group or zero address cannot be a device's own");
		return NULL;
	}
	dev = alloc_netdev_mqs(net, sizeof_priv, ifname, ether_setup, queues, queues);
	if (!dev) {
		extack_set(err, "cannot make device '%.15s': no memory or a bad name", ifname);
		return NULL;
	}
	dev->max_mtu = max_mtu;
	dev->mtu = opts->mtu ? opts->mtu : min(max_mtu, (unsigned)ETH_DATA_LEN);
	if (opts->has_mac)
		memcpy(dev->dev_addr, opts->mac, ETH_ALEN);
	else
		eth_random_addr(net, dev->dev_addr);

	return dev;
}

int nif_register(struct net_device *dev, const struct nif_driver *drv, const char *spec,
		 struct extack *err)
{
	struct net *net = dev_net(dev);
	struct nif *nif = kzalloc(&net->m, sizeof(*nif));
	int ret;

	if (!nif)
		return extack_fail(err, -ENOMEM, "no memory");
	dev->driver = drv->name;
	ret = register_netdevice(dev, err);
	if (ret) {
		kfree(&net->m, nif);
		return ret;
	}
	nif->dev = dev;
	nif->drv = drv;
	snprintf(nif->spec, sizeof(nif->spec), "%s", spec);
	list_add_tail(&nif->list, &drivers_of(net)->nifs);

	return 0;
}

void nif_unregister(struct net_device *dev)
{
	nif_forget(dev);
	unregister_netdevice(dev);
}

static void nif_forget(struct net_device *dev)
{
	struct nif *nif = nif_find(dev);

	if (nif) {
		list_del(&nif->list);
		kfree(&dev_net(dev)->m, nif);
	}
}

uint64_t nif_sum_stat(const void *first, size_t size, unsigned n, const struct nif_stat *stat)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *queue = (const char *)first + i * size;

		sum += READ_ONCE(*(const uint64_t *)(const void *)(queue + stat->offset));
	}
	return sum;
}

void nif_raise(struct net *net, int irq)
{
	struct vcpu *v = irq_cpu(&net->m, irq);

	if (!v)
		return;
	vcpu_irq(v, (unsigned)irq);
	if (v != this_vcpu() && net->m.host->kick)
		net->m.host->kick(net->m.host_ctx, v->id);
}

void nif_rx_lost(enum skb_drop_reason reason)
{
	struct cpu_stats *st = this_cpu_stats();

	st->ledger[LEDGER_FRAME][VERDICT_ENTERED]++;
	st->ledger[LEDGER_FRAME][VERDICT_DROPPED]++;
	st->drop[LEDGER_FRAME][reason]++;
}

int nif_spec_opt(const char *rest, const char *key, const char **ret_value)
{
	size_t n = strlen(key);

	for (const char *p = strchr(rest, ','); p; p = strchr(p, ',')) {
		p++;
		if (strncmp(p, key, n) || p[n] != '=')
			continue;
		*ret_value = p + n + 1;
		return (int)strcspn(*ret_value, ",");
	}
	return -1;
}

int nif_spec_onoff(const char *rest, const char *key, bool *ret_value, struct extack *err)
{
	const char *value;
	int n = nif_spec_opt(rest, key, &value);

	if (n < 0)
		return 0;
	*ret_value = n == 2 && !strncmp(value, "on", 2);
	if (*ret_value || (n == 3 && !strncmp(value, "off", 3)))
		return 0;
	return extack_fail(err, -EINVAL, "%s=%.*s: on or off", key, n, value);
}

int nif_spec_first(const char *rest, char *buf, size_t size)
{
	size_t n = strcspn(rest, ",");

	if (!n || n >= size)
		return -EINVAL;
	memcpy(buf, rest, n);
	buf[n] = '\0';

	return 0;
}

int nif_spec_check(const char *rest, const char *const *known, struct extack *err)
{
	for (const char *p = strchr(rest, ','); p; p = strchr(p, ',')) {
		size_t n = strcspn(++p, ",="), i = 0;

		while (known[i] && (strlen(known[i]) != n || memcmp(known[i], p, n)))
			i++;
		if (!known[i] || p[n] != '=')
			return extack_fail(err, -EINVAL, "unknown device option '%.40s'", p);
	}
	return 0;
}

int nif_spec_uint(const char *rest, const char *key, unsigned max, unsigned *ret_value,
		  struct extack *err)
{
	const char *text;
	char *end;
	int n = nif_spec_opt(rest, key, &text);
	unsigned long value;

	if (n < 0)
		return 0;
	value = strtoul(text, &end, 10);
	if (!n || n > 9 || *text < '0' || *text > '9' || end != text + n || value > max)
		return extack_fail(err, -EINVAL, "%s=%.*s is not a number up to %u", key, n, text,
				   max);
	*ret_value = (unsigned)value;

	return 0;
}

/* --- files --- */

static int drivers_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct nif *nif;

	seq_puts(m, "Driver   Scheme Version Description\n");
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		const struct nif_driver *drv = drivers[i];

		seq_printf(m, "%-8s %-6s %-7s %s\n", drv->name, drv->scheme ? drv->scheme : "-",
			   drv->version, drv->text);
		list_for_each_entry(nif, &drivers_of(net)->nifs, list)
			if (nif->drv == drv)
				seq_printf(m, "    %s %s\n", nif->dev->name, nif->spec);
	}
	return 0;
}

static int driver_stats_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct nif *nif;

	list_for_each_entry(nif, &drivers_of(net)->nifs, list)
		for (unsigned i = 0; i < nif->drv->nr_stats; i++) {
			const struct nif_stat *stat = &nif->drv->stats[i];

			seq_printf(m, "%s %s %llu\n", nif->dev->name, stat->name,
				   (unsigned long long)nif->drv->get_stats(nif->dev, stat));
		}
	return 0;
}

static const struct proc_ops drivers_proc_ops = { .show = drivers_seq_show };
static const struct proc_ops driver_stats_proc_ops = { .show = driver_stats_seq_show };

int drivers_init(struct net *net, struct extack *err)
{
	struct netns_drivers *d = kzalloc(&net->m, sizeof(*d));
	int ret;

	if (!d)
		return extack_fail(err, -ENOMEM, "no memory");
	INIT_LIST_HEAD(&d->nifs);
	for (unsigned i = 0; i < NR_IRQS; i++)
		d->line[i].fd = -1;
	net->drivers = d;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		pr_info(net_log(net), "%s: %s, version %s", drivers[i]->name, drivers[i]->text,
			drivers[i]->version);
	ret = -ENOMEM;
	if (proc_create(&net->vfs, "/proc/net/drivers", 0444, &drivers_proc_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/driver_stats", 0444, &driver_stats_proc_ops, net))
		ret = loopback_net_init(net, err);
	if (ret) {
		extack_set(err, "no memory");
		drivers_exit(net);
	}
	return ret;
}

void drivers_exit(struct net *net)
{
	struct netns_drivers *d = net->drivers;

	if (!d)
		return;
	while (!list_empty(&d->nifs)) {
		struct nif *nif = list_last_entry(&d->nifs, struct nif, list);

		nif->drv->remove(nif->dev);
	}
	proc_remove_path(&net->vfs, "/proc/net/driver_stats");
	proc_remove_path(&net->vfs, "/proc/net/drivers");
	net->drivers = NULL;
	kfree(&net->m, d);
}
