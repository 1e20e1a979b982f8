/* SPDX-License-Identifier: MIT */
/*
 * net-procfs.c - files under /proc about devices, CPUs and handlers
 *
 * On the walk: nobody; read through fs/proc.h by control, the shim and tests.
 *   /proc/net/dev           counters of each device, in Linux's columns
 *   /proc/net/dev_mcast     group addresses of each device
 *   /proc/net/ptype         who handles which Ethernet protocol
 *   /proc/net/softnet_stat  a line a CPU, hexadecimal. Linux 3.13 (abi 313): processed, dropped,
 *                           time_squeeze, five zeros, cpu_collision, received_rps,
 *                           flow_limit_count. Today's: cpu_collision is always 0, and four columns
 *                           follow: backlog length, CPU number, length of input_pkt_queue, length
 *                           of process_queue.
 *   /proc/net/softnet       the same struct in words, and /proc/net/napi the instances: ours
 *   /proc/net/gro           what GRO did with the frames of each instance, and why the packets that
 *                           it held went up (struct gro_stats): ours
 * Owns nothing. Thread: RTNL; counters of vCPUs are read untorn while these run. Mirrors:
 * net/core/net-procfs.c.
 */
#include <errno.h>
#include <netinet/in.h>

#include "core/dev.h"
#include "core/net.h"

static const struct softnet_data *softnet_of(const struct vcpu *v)
{
	return v->slot[VCPU_SLOT_SOFTNET];
}

/* ---- devices ---- */

static void dev_seq_printf_stats(struct seq_file *m, const struct net_device *dev)
{
	struct net_device_stats s;
#define N(x) ((unsigned long long)(x))

	dev_get_stats(dev, &s);
	seq_printf(m, "%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10llu %9llu", dev->name,
		   N(s.rx_bytes), N(s.rx_packets), N(s.rx_errors),
		   N(s.rx_dropped + s.rx_missed_errors), N(s.rx_fifo_errors),
		   N(s.rx_length_errors + s.rx_over_errors + s.rx_crc_errors + s.rx_frame_errors),
		   N(s.rx_compressed), N(s.multicast));
	seq_printf(m, " %8llu %7llu %4llu %4llu %4llu %5llu %7llu %10llu\n", N(s.tx_bytes),
		   N(s.tx_packets), N(s.tx_errors), N(s.tx_dropped), N(s.tx_fifo_errors),
		   N(s.collisions),
		   N(s.tx_carrier_errors + s.tx_aborted_errors + s.tx_window_errors +
		     s.tx_heartbeat_errors),
		   N(s.tx_compressed));
#undef N
}

static int dev_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	const struct net_device *dev;

	seq_puts(m, "Inter-|   Receive                            "
		    "                    |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame "
		    "compressed multicast|bytes    packets errs "
		    "drop fifo colls carrier compressed\n");
	for_each_netdev(net, dev)
		dev_seq_printf_stats(m, dev);

	return 0;
}

static int dev_mc_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	const struct netdev_hw_addr *ha;
	struct net_device *dev;

	for_each_netdev(net, dev) {
		spin_lock(&dev->addr_lock);
		list_for_each_entry(ha, &dev->mc, list) {
			seq_printf(m, "%-4d %-15s %-5d %-5d ", dev->ifindex, dev->name,
				   ha->refcount, 0);
			for (unsigned i = 0; i < dev->addr_len; i++)
				seq_printf(m, "%02x", ha->addr[i]);
			seq_putc(m, '\n');
		}
		spin_unlock(&dev->addr_lock);
	}

	return 0;
}

/* ---- handlers ---- */

static void ptype_list_show(struct seq_file *m, const struct list_head *list)
{
	const struct packet_type *pt;

	list_for_each_entry_rcu(pt, list, list) {
		if (pt->type == htons(ETH_P_ALL))
			seq_puts(m, "ALL ");
		else
			seq_printf(m, "%04x", ntohs(pt->type));
		seq_printf(m, " %-8s %s\n", pt->dev ? pt->dev->name : "",
			   pt->func_name ? pt->func_name : "?");
	}
}

static int ptype_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	const struct net_device *dev;

	seq_puts(m, "Type Device      Function\n");
	for_each_netdev(net, dev) {
		ptype_list_show(m, &dev->ptype_all);
		ptype_list_show(m, &dev->ptype_specific);
	}
	ptype_list_show(m, &net->ptype_all);
	for (unsigned i = 0; i < PTYPE_HASH_SIZE; i++)
		ptype_list_show(m, &net->ptype_base[i]);

	return 0;
}

/* ---- CPUs ---- */

static int softnet_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		const struct softnet_data *sd = softnet_of(v);
		unsigned input = READ_ONCE(sd->input_pkt_queue.qlen);
		unsigned process = READ_ONCE(sd->process_queue.qlen);

		seq_printf(m, "%08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x",
			   READ_ONCE(sd->processed), READ_ONCE(sd->dropped),
			   READ_ONCE(sd->time_squeeze), 0, 0, 0, 0, 0, READ_ONCE(sd->cpu_collision),
			   READ_ONCE(sd->received_rps), READ_ONCE(sd->flow_limit_count));
		if (m->abi != SEQ_ABI_3_13)
			seq_printf(m, " %08x %08x %08x %08x", input + process, v->id, input,
				   process);
		seq_putc(m, '\n');
	}

	return 0;
}

static int softnet_words_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		const struct softnet_data *sd = softnet_of(v);
		const struct napi_struct *b = &sd->backlog;

		seq_printf(m, "cpu %u processed %u dropped %u time_squeeze %u cpu_collision %u"
			      " received_rps %u flow_limit_count %u\n",
			   v->id, READ_ONCE(sd->processed), READ_ONCE(sd->dropped),
			   READ_ONCE(sd->time_squeeze), READ_ONCE(sd->cpu_collision),
			   READ_ONCE(sd->received_rps), READ_ONCE(sd->flow_limit_count));
		seq_printf(m, "cpu %u input_pkt_queue %u process_queue %u completion_queue %s"
			      " output_queue %s backlog weight %d state %lx polls %lu work %lu\n",
			   v->id, READ_ONCE(sd->input_pkt_queue.qlen),
			   READ_ONCE(sd->process_queue.qlen),
			   READ_ONCE(sd->completion_queue) ? "some" : "empty",
			   READ_ONCE(sd->output_queue) ? "some" : "empty", READ_ONCE(b->weight),
			   READ_ONCE(b->state), READ_ONCE(b->polls), READ_ONCE(b->work));
	}

	return 0;
}

static int napi_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	const struct net_device *dev;
	const struct napi_struct *n;

	seq_puts(m,
		 "    id device           cpu weight state      polls         work over_weight\n");
	for_each_netdev(net, dev)
		list_for_each_entry_rcu(n, &dev->napi_list, dev_list) {
			const struct vcpu *v = READ_ONCE(n->vcpu);

			seq_printf(m, "%6u %-15s %4d %6d %5lx %10lu %12lu %11u\n", n->napi_id,
				   dev->name, v ? (int)v->id : -1, n->weight, READ_ONCE(n->state),
				   READ_ONCE(n->polls), READ_ONCE(n->work),
				   READ_ONCE(n->over_weight));
		}

	return 0;
}

static int gro_seq_show(struct seq_file *m, void *data)
{
	const struct net *net = data;
	const struct net_device *dev;
	const struct napi_struct *n;

	seq_puts(m, "    id device                held       merged       normal          off"
		    "   flush_poll    flush_age   flush_full   flush_flow now\n");
	for_each_netdev(net, dev)
		list_for_each_entry_rcu(n, &dev->napi_list, dev_list) {
			const struct gro_stats *g = &n->gro;

			seq_printf(m, "%6u %-15s %10lu %12lu %12lu %12lu", n->napi_id, dev->name,
				   READ_ONCE(g->held), READ_ONCE(g->merged), READ_ONCE(g->normal),
				   READ_ONCE(g->off));
			seq_printf(m, " %12lu %12lu %12lu %12lu %3u\n", READ_ONCE(g->flush_poll),
				   READ_ONCE(g->flush_age), READ_ONCE(g->flush_full),
				   READ_ONCE(g->flush_flow), READ_ONCE(n->gro_count));
		}

	return 0;
}

/* ---- init ---- */

static const struct proc_ops dev_ops = { .show = dev_seq_show };
static const struct proc_ops dev_mc_ops = { .show = dev_mc_seq_show };
static const struct proc_ops ptype_ops = { .show = ptype_seq_show };
static const struct proc_ops softnet_ops = { .show = softnet_seq_show };
static const struct proc_ops softnet_words_ops = { .show = softnet_words_show };
static const struct proc_ops napi_ops = { .show = napi_seq_show };
static const struct proc_ops gro_ops = { .show = gro_seq_show };

static const struct {
	const char *path;
	const struct proc_ops *ops;
} files[] = {
	{ "/proc/net/dev", &dev_ops },
	{ "/proc/net/dev_mcast", &dev_mc_ops },
	{ "/proc/net/ptype", &ptype_ops },
	{ "/proc/net/softnet_stat", &softnet_ops },
	{ "/proc/net/softnet", &softnet_words_ops },
	{ "/proc/net/napi", &napi_ops },
	{ "/proc/net/gro", &gro_ops },
};

int net_procfs_init(struct net *net)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!proc_create(&net->vfs, files[i].path, 0444, files[i].ops, net))
			return -ENOMEM;

	return 0;
}
