/* SPDX-License-Identifier: MIT */
/*
 * net.c - one network stack's core: everything of this floor in order, and the knobs net.core.*
 *
 * On the walk: nobody; src/stack.c calls net_core_init() on a net whose machine is there, and
 * net_core_exit() when all above is gone.
 * Owns: the order. What an init made is undone by its exit, in reverse; garbage that waits for a
 * grace period is freed before the caches it belongs to. Threads: RTNL, no vCPU entered. Mirrors:
 * net/core/net_namespace.c, net/core/sysctl_net_core.c.
 */
#include "core/net.h"

#include <errno.h>

#include "core/packet_trace.h"
#include "core/rtnetlink.h"
#include "core/sock.h"
#include "kernel/proc.h"
#include "lib/rng.h"

#define CORE_FIELD(member) CTL_FIELD(struct netns_core, member), .mode = 0644

static const struct ctl_table net_core_table[] = {
	{ .procname = "netdev_budget",
	  CORE_FIELD(sysctl_netdev_budget),
	  .proc_handler = proc_dointvec,
	  .doc = "frames that one NET_RX softirq may poll; from the next softirq on",
	  .def = "300" },
	{ .procname = "netdev_max_backlog",
	  CORE_FIELD(sysctl_netdev_max_backlog),
	  .proc_handler = proc_dointvec,
	  .def = "1000",
	  .doc = "packets that wait in a CPU's backlog (loopback, RPS) beyond the first; at once" },
	{ .procname = "dev_weight",
	  CORE_FIELD(sysctl_dev_weight),
	  .proc_handler = proc_dointvec_minmax,
	  .min = 1,
	  .max = INT32_MAX,
	  .def = "64",
	  .doc = "packets of the backlog a poll; from its next but one poll on; not drivers'" },
	{ .procname = "netdev_tstamp_prequeue",
	  CORE_FIELD(sysctl_netdev_tstamp_prequeue),
	  .proc_handler = proc_dointvec,
	  .def = "1",
	  .doc = "1: stamp packets before they wait in a backlog, 0: after; at once" },
	{ .procname = "message_cost",
	  CORE_FIELD(sysctl_message_cost),
	  .proc_handler = proc_dointvec_minmax,
	  .min = 0,
	  .max = 86400,
	  .def = "5",
	  .doc = "seconds for message_burst log lines of the packet path; 0: no limit; at once" },
	{ .procname = "message_burst",
	  CORE_FIELD(sysctl_message_burst),
	  .proc_handler = proc_dointvec,
	  .doc = "lines of the packet path logged in message_cost seconds on a CPU; at once",
	  .def = "10" },
};

static int net_core_proc_init(struct net *net);
static int net_core_sysctl_init(struct net *net);
static void net_core_sysctl_exit(struct net *net);

/* The rooms of this floor; each init undoes its own half when it fails. */
static const struct {
	int (*init)(struct net *net);
	void (*exit)(struct net *net);
} parts[] = {
	{ net_core_proc_init, NULL },
	{ stats_init, stats_exit },
	{ skb_init, skb_exit },
	{ NULL, packet_trace_filter_clear },
	{ net_core_sysctl_init, net_core_sysctl_exit },
	{ dev_init, dev_exit },
	{ sock_core_init, sock_core_exit },
	{ rtnetlink_init, rtnetlink_exit },
	{ net_procfs_init, NULL },
};

static void parts_exit(struct net *net, size_t n)
{
	while (n--) {
		if (parts[n].exit)
			parts[n].exit(net);
		rcu_barrier(&net->m);
	}
}

int net_core_init(struct net *net)
{
	int ret = vfs_init(&net->vfs, &net->m.kmem, &net->m.log);

	if (ret)
		return ret;
	net->changes = &net->changes_own;
	net->vfs.abi = net->abi;
	net->vfs.hz = net->m.hz;
	INIT_LIST_HEAD(&net->neigh_tables);
	INIT_LIST_HEAD(&net->rtnl_groups);
	rng_bytes(&net->m.rng, &net->hash_key, sizeof(net->hash_key));
	net->hash_rnd = rng_u32(&net->m.rng);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		ret = parts[i].init ? parts[i].init(net) : 0;
		if (ret) {
			parts_exit(net, i);
			vfs_destroy(&net->vfs);
			return ret;
		}
	}

	return 0;
}

void net_core_exit(struct net *net)
{
	rcu_barrier(&net->m);
	parts_exit(net, ARRAY_SIZE(parts));
	vfs_destroy(&net->vfs);
}

static int net_core_proc_init(struct net *net)
{
	return kernel_proc_init(&net->m, &net->vfs);
}

static int net_core_sysctl_init(struct net *net)
{
	int ret = sysctl_set_defaults(net_core_table, ARRAY_SIZE(net_core_table), &net->core,
				      net->m.hz);

	if (ret)
		return ret;
	net->core.dev_sysctl_hdr = register_net_sysctl(&net->vfs, "net/core", net_core_table,
						       ARRAY_SIZE(net_core_table), &net->core, net);

	return net->core.dev_sysctl_hdr ? 0 : -ENOMEM;
}

static void net_core_sysctl_exit(struct net *net)
{
	unregister_net_sysctl_table(net->core.dev_sysctl_hdr);
	net->core.dev_sysctl_hdr = NULL;
}
