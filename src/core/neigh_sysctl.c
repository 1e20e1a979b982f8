/* SPDX-License-Identifier: MIT */
/*
 * neigh_sysctl.c - settings and statistics of neighbour tables as files
 *
 * net.ipv4.neigh.<device>.* are the parms of a device, net.ipv4.neigh.default.* what a device gets
 * when it comes, with the bounds of the table beside them. /proc/net/stat/<table>: the counters,
 * hexadecimal, one row.
 * Owns: the sysctl headers. Threads: RTNL. A knob that nothing here obeys (proxy, app_solicit) has
 * no file.
 * Mirrors: net/core/neighbour.c.
 */
#include <errno.h>
#include <stdio.h>

#include "core/neigh_impl.h"

static void reachable_changed(const struct ctl_call *call);

#define ROW(name, field, handler, lo, what)							\
	{ .procname = name, CTL_FIELD(struct neigh_parms, field), .mode = 0644,			\
	  .proc_handler = handler, .min = (lo), .max = INT32_MAX, .doc = what }
#define TIME_ROW(name, field, handler, what)							\
	{ .procname = name, CTL_FIELD(struct neigh_parms, field), .mode = 0644,			\
	  .proc_handler = handler, .doc = what }

static const struct ctl_table neigh_parms_table[] = {
	ROW("mcast_solicit", mcast_probes, proc_dointvec_minmax, 0,
	    "questions by broadcast before an unknown neighbour fails"),
	ROW("ucast_solicit", ucast_probes, proc_dointvec_minmax, 0,
	    "questions to the known address before broadcast"),
	ROW("mcast_resolicit", mcast_reprobes, proc_dointvec_minmax, 0,
	    "questions by broadcast after those to the known address"),
	TIME_ROW("retrans_time", retrans_time, proc_dointvec_userhz_jiffies,
		 "between two questions, 1/100 s"),
	TIME_ROW("retrans_time_ms", retrans_time, proc_dointvec_ms_jiffies,
		 "between two questions, ms"),
	{ .procname = "base_reachable_time", CTL_FIELD(struct neigh_parms, base_reachable_time),
	  .mode = 0644, .proc_handler = proc_dointvec_jiffies, .changed = reachable_changed,
	  .doc = "how long an answer is believed, on average, s" },
	{ .procname = "base_reachable_time_ms",
	  CTL_FIELD(struct neigh_parms, base_reachable_time), .mode = 0644,
	  .proc_handler = proc_dointvec_ms_jiffies, .changed = reachable_changed,
	  .doc = "how long an answer is believed, on average, ms" },
	TIME_ROW("delay_first_probe_time", delay_probe_time, proc_dointvec_jiffies,
		 "wait for a confirmation from above before asking, s"),
	TIME_ROW("gc_stale_time", gc_staletime, proc_dointvec_jiffies,
		 "an entry unused for so long is collected, s"),
	ROW("unres_qlen_bytes", unres_qlen_bytes, proc_dointvec_minmax, 0,
	    "bytes that may wait for one answer"),
	TIME_ROW("locktime", locktime, proc_dointvec_userhz_jiffies,
		 "a new answer does not replace one younger than this, 1/100 s"),
};

#define GC_ROW(field, handler, what)								\
	{ .procname = #field, CTL_FIELD(struct neigh_table, field), .mode = 0644,		\
	  .proc_handler = handler, .min = 0, .max = INT32_MAX, .doc = what }

static const struct ctl_table neigh_gc_table[] = {
	{ .procname = "gc_interval", CTL_FIELD(struct neigh_table, gc_interval), .mode = 0644,
	  .proc_handler = proc_dointvec_jiffies, .doc = "longest time between two collections, s" },
	GC_ROW(gc_thresh1, proc_dointvec_minmax, "fewer entries are never collected"),
	GC_ROW(gc_thresh2, proc_dointvec_minmax, "more entries for over 5 s are collected at once"),
	GC_ROW(gc_thresh3, proc_dointvec_minmax, "most entries"),
};

int neigh_sysctl_register(struct net *net, struct neigh_parms *p, const char *dir)
{
	struct neigh_table *tbl = p->tbl;

	p->sysctl_hdr = register_net_sysctl(&net->vfs, dir, neigh_parms_table,
					    ARRAY_SIZE(neigh_parms_table), p, net);
	if (!p->sysctl_hdr)
		return -ENOMEM;
	if (p != &tbl->parms)
		return 0;
	tbl->sysctl_hdr = register_net_sysctl(&net->vfs, dir, neigh_gc_table,
					      ARRAY_SIZE(neigh_gc_table), tbl, net);
	if (tbl->sysctl_hdr)
		return 0;
	unregister_net_sysctl_table(p->sysctl_hdr);
	p->sysctl_hdr = NULL;
	return -ENOMEM;
}

void neigh_sysctl_unregister(struct net *net, struct neigh_parms *p)
{
	(void)net;
	unregister_net_sysctl_table(p->sysctl_hdr);
	p->sysctl_hdr = NULL;
	if (p == &p->tbl->parms) {
		unregister_net_sysctl_table(p->tbl->sysctl_hdr);
		p->tbl->sysctl_hdr = NULL;
	}
}

/* The drawn time follows at once, not only with the next dice. */
static void reachable_changed(const struct ctl_call *call)
{
	struct neigh_parms *p = call->base;

	WRITE_ONCE(p->reachable_time, neigh_rand_reach_time(call->ctx, p->base_reachable_time));
}

/* --- /proc/net/stat --- */

static int neigh_stat_show(struct seq_file *m, void *data)
{
	struct neigh_table *tbl = data;
	const struct neigh_statistics *st = &tbl->stats;

	seq_puts(m, "entries  allocs   destroys hash_grows lookups  hits     res_failed "
		    "rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs "
		    "unresolved_discards table_fulls\n");
	seq_printf(m, "%08x %08lx %08lx %08lx   %08lx %08lx %08lx   %08lx         %08lx         "
		      "%08lx         %08lx       %08lx            %08lx\n",
		   (unsigned)atomic_read(&tbl->entries), READ_ONCE(st->allocs),
		   READ_ONCE(st->destroys), READ_ONCE(st->hash_grows), READ_ONCE(st->lookups),
		   READ_ONCE(st->hits), READ_ONCE(st->res_failed), READ_ONCE(st->rcv_probes_mcast),
		   READ_ONCE(st->rcv_probes_ucast), READ_ONCE(st->periodic_gc_runs),
		   READ_ONCE(st->forced_gc_runs), READ_ONCE(st->unres_discards),
		   READ_ONCE(st->table_fulls));
	return 0;
}

static const struct proc_ops neigh_stat_ops = { .show = neigh_stat_show };

static void neigh_stat_path(const struct neigh_table *tbl, char *path, size_t size)
{
	snprintf(path, size, "/proc/net/stat/%s", tbl->id);
}

int neigh_stat_create(struct neigh_table *tbl)
{
	char path[64];

	neigh_stat_path(tbl, path, sizeof(path));
	return proc_create(&tbl->net->vfs, path, 0444, &neigh_stat_ops, tbl) ? 0 : -ENOMEM;
}

void neigh_stat_remove(struct neigh_table *tbl)
{
	char path[64];

	neigh_stat_path(tbl, path, sizeof(path));
	proc_remove_path(&tbl->net->vfs, path);
}
