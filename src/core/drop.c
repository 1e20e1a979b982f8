/* SPDX-License-Identifier: MIT */
/*
 * drop.c - the table of drop reasons as data
 *
 * On the walk: kfree_skb_reason() looks its row up here; the ledger files and `explain` print it.
 * Owns nothing; const. Threads: any.
 */
#include "core/drop.h"

#include <stddef.h>

#include "core/stats.h"

#define ROW(name_, layer_, c1_, c2_, sk_drops_, text_, file_)                                      \
	[SKB_DROP_REASON_##name_] = { #name_, LAYER_##layer_,                                      \
				      { offsetof(struct cpu_stats, c1_),                           \
					offsetof(struct cpu_stats, c2_) },                         \
				      sk_drops_, text_, file_ },

const struct drop_row drop_table[SKB_DROP_REASON_MAX] = { DROP_REASONS(ROW) };

#define ONE(...) +1
_Static_assert((0 DROP_REASONS(ONE)) == SKB_DROP_REASON_MAX, "a row for each reason");
_Static_assert(offsetof(struct cpu_stats, none) == 0, "no counter is offset 0");
_Static_assert(sizeof(struct cpu_stats) < 65536, "offsets fit a row");

const char *const drop_layer_name[LAYER_MAX] = {
	[LAYER_DEVICE] = "device",
	[LAYER_CORE] = "core",
	[LAYER_QDISC] = "qdisc",
	[LAYER_NEIGH] = "neigh",
	[LAYER_ARP] = "arp",
	[LAYER_IP] = "ip",
	[LAYER_NETFILTER] = "netfilter",
	[LAYER_FRAG] = "frag",
	[LAYER_FORWARD] = "forward",
	[LAYER_ICMP] = "icmp",
	[LAYER_IGMP] = "igmp",
	[LAYER_UDP] = "udp",
	[LAYER_SOCKET] = "socket",
	[LAYER_IP_OUT] = "ip_out",
};
