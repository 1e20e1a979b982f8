/* SPDX-License-Identifier: MIT */
/*
 * arp_ctl.c - the ARP table as users see and change it: /proc/net/arp, SIOCGARP, SIOCSARP, SIOCDARP
 * (arp(7); mirrors the end of net/ipv4/arp.c)
 *
 * Threads: the control thread; what changes an entry goes into vCPU 0 by smp_call. RTM_*NEIGH is
 * core/rtnl_neigh.c's.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "fs/proc.h"
#include "fs/seq_file.h"
#include "ipv4/arp.h"
#include "ipv4/inetdevice.h"
#include "kernel/smp.h"

#include <linux/sockios.h>

static int arp_seq_show(struct seq_file *m, void *data);

static const struct proc_ops arp_proc_ops = { .show = arp_seq_show };

int arp_ctl_init(struct net *net)
{
	return proc_create(&net->vfs, "/proc/net/arp", 0444, &arp_proc_ops, net) ? 0 : -ENOMEM;
}

void arp_ctl_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/arp");
}

/* --- /proc/net/arp --- */

static unsigned arp_state_to_flags(const struct neighbour *n)
{
	if (n->nud_state & NUD_PERMANENT)
		return ATF_PERM | ATF_COM;
	return n->nud_state & NUD_VALID ? ATF_COM : 0;
}

static void arp_show_one(struct neighbour *n, void *arg)
{
	struct seq_file *m = arg;
	char ip[16], ha[3 * MAX_ADDR_LEN] = "";
	const unsigned char *k = n->primary_key;
	int len = 0;

	spin_lock(&n->lock);
	/* neither entries that need no ARP nor those that nobody has asked for */
	if (n->nud_state & ~NUD_NOARP) {
		snprintf(ip, sizeof(ip), "%u.%u.%u.%u", k[0], k[1], k[2], k[3]);
		for (int i = 0; i < n->dev->addr_len; i++)
			len += snprintf(ha + len, sizeof(ha) - (size_t)len, i ? ":%02x" : "%02x",
					n->ha[i]);
		seq_printf(m, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n", ip, n->dev->type,
			   arp_state_to_flags(n), ha, n->dev->name);
	}
	spin_unlock(&n->lock);
}

static int arp_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_puts(
		m,
		"IP address       HW type     Flags       HW address            Mask     Device\n");
	neigh_for_each(&net->ipv4->arp_tbl, arp_show_one, m);
	return 0;
}

/* --- changes --- */

struct arp_change {
	struct net_device *dev;
	__be32 addr;
	const unsigned char *ha; /* NULL: invalidate */
	uint8_t state;
	bool force;
	int err;
};

/* Inside vCPU 0. */
static void arp_change_here(void *arg)
{
	struct arp_change *c = arg;
	struct neigh_table *tbl = &dev_net(c->dev)->ipv4->arp_tbl;
	struct neighbour *n = neigh_lookup(tbl, &c->addr, c->dev);

	if (!n && c->ha)
		n = __neigh_create(tbl, &c->addr, c->dev, true);
	c->err = n ? 0 : c->ha ? -ENOBUFS : -ENXIO;
	if (!n)
		return;
	if (c->ha) {
		c->err = neigh_update(n, c->ha, c->state,
				      NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	} else if ((n->nud_state & NUD_VALID) && !c->force) {
		c->err = -EEXIST;
	} else if (n->nud_state & ~NUD_NOARP) {
		c->err = neigh_update(n, NULL, NUD_FAILED,
				      NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	}
	neigh_release(n);
}

static int arp_change(struct arp_change *c)
{
	smp_call(&dev_net(c->dev)->m, 0, arp_change_here, c);
	return c->err;
}

int arp_invalidate(struct net_device *dev, __be32 addr, bool force)
{
	return arp_change(&(struct arp_change){ .dev = dev, .addr = addr, .force = force });
}

/* --- ioctl --- */

static int arp_get(struct net *net, struct arpreq *r, struct net_device *dev, __be32 addr)
{
	struct neighbour *n = neigh_lookup(&net->ipv4->arp_tbl, &addr, dev);
	int err = -ENXIO;

	if (!n)
		return err;
	spin_lock(&n->lock);
	if (!(n->nud_state & NUD_NOARP)) {
		memcpy(r->arp_ha.sa_data, n->ha,
		       min((size_t)dev->addr_len, sizeof(r->arp_ha.sa_data)));
		r->arp_ha.sa_family = dev->type;
		r->arp_flags = (int)arp_state_to_flags(n);
		memcpy(r->arp_dev, dev->name, sizeof(r->arp_dev));
		err = 0;
	}
	spin_unlock(&n->lock);
	neigh_release(n);
	return err;
}

int arp_ioctl(struct net *net, unsigned cmd, struct arpreq *r, bool admin)
{
	struct sockaddr_in sin;
	struct net_device *dev;
	__be32 addr;

	if (cmd != SIOCGARP && !admin)
		return -EPERM;
	memcpy(&sin, &r->arp_pa, sizeof(sin));
	if (sin.sin_family != AF_INET)
		return -EPFNOSUPPORT;
	if (r->arp_flags & ATF_PUBL)
		return -EOPNOTSUPP; /* published (proxy) entries do not exist here */
	if (r->arp_flags & (ATF_NETMASK | ATF_DONTPUB))
		return -EINVAL;
	addr = sin.sin_addr.s_addr;
	r->arp_dev[sizeof(r->arp_dev) - 1] = 0;
	dev = r->arp_dev[0] ? __dev_get_by_name(net, r->arp_dev) : NULL;
	if (r->arp_dev[0] && !dev)
		return -ENODEV;
	for_each_netdev(net, dev) { /* without a name: the device whose subnet holds the address */
		if (r->arp_dev[0] ? !strcmp(dev->name, r->arp_dev)
				  : dev->ip_ptr && inet_addr_onlink(dev->ip_ptr, addr, 0))
			break;
	}
	if (&dev->dev_list == &net->dev_base_head)
		return -ENXIO;
	switch (cmd) {
	case SIOCGARP:
		return arp_get(net, r, dev, addr);
	case SIOCDARP:
		return arp_invalidate(dev, addr, true);
	case SIOCSARP:
		if (r->arp_ha.sa_family && r->arp_ha.sa_family != dev->type)
			return -EINVAL;
		return arp_change(&(struct arp_change){
			.dev = dev,
			.addr = addr,
			.ha = (const unsigned char *)r->arp_ha.sa_data,
			.state = r->arp_flags & ATF_PERM ? NUD_PERMANENT : NUD_STALE });
	default:
		return -EINVAL;
	}
}
