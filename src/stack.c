/* SPDX-License-Identifier: MIT */
/*
 * stack.c - the composition root: the one list of rooms
 *
 * Theory of operation
 *   The only file that sees every room. Where Linux scatters initcalls, the order is a table here: each room's init in the order of the
 *   floors, undone in reverse; a failing init undoes those before it and leaves nothing. Above this file stand the daemon and the
 *   embedding API (api_*.c); below it no room knows which others exist.
 * Threads: the control thread.
 */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/driver.h"
#include "ipv4/protocol.h"
#include "netfilter/core.h"
#include "sched/sch_generic.h"
#include "trace/fgraph.h"
#include "tracefs/tracefs.h"

struct net_room {
	const char *name;
	int (*init)(struct net *net, struct extack *err);
	void (*exit)(struct net *net);
};

static int core_up(struct net *net, struct extack *err);
static int netfilter_up(struct net *net, struct extack *err);
static int sched_up(struct net *net, struct extack *err);
static int ipv4_up(struct net *net, struct extack *err);
static int loopback_up(struct net *net, struct extack *err);
static void loopback_down(struct net *net);
static void undo(struct net *net, size_t n);

static const struct net_room rooms[] = {
	{ "core", core_up, net_core_exit },
	{ "netfilter", netfilter_up, nf_exit },
	{ "sched", sched_up, sched_exit },
	{ "ipv4", ipv4_up, inet_exit },
	{ "drivers", drivers_init, drivers_exit },
	{ "tracefs", tracefs_init, tracefs_exit },
	{ "lo", loopback_up, loopback_down },
};

struct net *net_create(const struct machine_config *cfg, struct extack *err)
{
	struct net *net = calloc(1, sizeof(*net));
	int ret;

	if (!net) {
		extack_set(err, "out of memory");
		return NULL;
	}
	(void)fgraph_init(NULL); /* pads become NOPs; who wants to trace is told why it cannot */
	ret = machine_init(&net->m, cfg);
	if (ret) {
		extack_set(err, "machine: %s", ret == -EINVAL ? "bad number of CPUs or HZ" : strerror(-ret));
		free(net);
		return NULL;
	}
	if (cfg->host->kick)
		fgraph_threads(1);
	rtnl_claim(&net->m);
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct extack why = { "" };

		ret = rooms[i].init(net, &why);
		if (ret) {
			extack_set(err, "%s: %s", rooms[i].name, why.msg[0] ? why.msg : strerror(-ret));
			undo(net, i);
			if (cfg->host->kick)
				fgraph_threads(-1);
			machine_destroy(&net->m);
			free(net);
			return NULL;
		}
	}
	return net;
}

unsigned long net_destroy(struct net *net)
{
	unsigned long leaks;

	machine_retire(&net->m); /* what is sent to a vCPU from here on is done by us */
	undo(net, ARRAY_SIZE(rooms));
	if (net->m.host->kick)
		fgraph_threads(-1);
	leaks = machine_destroy(&net->m);
	free(net);
	return leaks;
}

static void undo(struct net *net, size_t n)
{
	while (n--) {
		rooms[n].exit(net);
		rcu_barrier(&net->m);
	}
}

static int core_up(struct net *net, struct extack *err)
{
	(void)err;
	return net_core_init(net);
}

static int netfilter_up(struct net *net, struct extack *err)
{
	(void)err;
	return nf_init(net);
}

static int sched_up(struct net *net, struct extack *err)
{
	(void)err;
	return sched_init(net);
}

static int ipv4_up(struct net *net, struct extack *err)
{
	(void)err;
	return inet_init(net);
}

static int loopback_up(struct net *net, struct extack *err)
{
	return dev_open(net->loopback_dev, err);
}

static void loopback_down(struct net *net)
{
	dev_close(net->loopback_dev);
}
