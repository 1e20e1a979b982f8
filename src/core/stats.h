/* SPDX-License-Identifier: MIT */
#ifndef CORE_STATS_H
#define CORE_STATS_H
/*
 * stats.h - per-CPU counters and the loss ledger
 *
 * Theory of operation
 *   Each vCPU has one struct cpu_stats, written by it alone with plain adds; readers (control thread) sum over the vCPUs. MIB indices
 *   are those of <linux/snmp.h>. All counters are 64 bit and only grow.
 *
 *   Ledger: every skb that matters is in one class (skb->ledger): a received FRAME, a COPY (clone for a second socket, a tap, a
 *   looped-back group packet) or a LOCAL packet made here. It enters the class once (ledger_begin) and ends once with a verdict
 *   (ledger_end): delivered to a socket, consumed by the stack (ARP, ICMP, IGMP), forwarded, sent, merged into another (fragments,
 *   GRO), or dropped by reason. In between it may be held in a queue (ledger_hold/ledger_unhold). The books balance when
 *   entered = sum of verdicts + held, per class, exactly, at any instant at which no vCPU runs.
 */
#include "lib/order.h" /* and with it <netinet/in.h>, before any linux/ header: see dev.h */

#include <linux/snmp.h>
#include <stdint.h>

#include "core/drop.h"
#include "kernel/vcpu.h"

enum ledger_class { LEDGER_NONE, LEDGER_FRAME, LEDGER_COPY, LEDGER_LOCAL, LEDGER_CLASS_MAX };
enum ledger_verdict { VERDICT_ENTERED, VERDICT_DELIVERED, VERDICT_CONSUMED, VERDICT_FORWARDED, VERDICT_SENT, VERDICT_MERGED,
		      VERDICT_DROPPED, VERDICT_MAX };
/* Where a packet can be held: the four kinds of queue, the fragment store, GRO, and a driver that has not finished with it. */
enum ledger_queue { HELD_BACKLOG, HELD_SOCKET_BACKLOG, HELD_QDISC, HELD_NEIGH, HELD_FRAG, HELD_GRO, HELD_TXRING, HELD_MAX };

#define LEDGER_ROW 8 /* columns of a class in the books: its row begins at a cache line's distance, found by a shift */
_Static_assert(VERDICT_MAX <= LEDGER_ROW && HELD_MAX <= LEDGER_ROW, "a column each");

/*
 * Since Linux 6.7 requests and transmissions are counted apart: OUTREQUESTS is what was made here, OUTPKTS what left (OutTransmits). The
 * installed <linux/snmp.h> may be older, so the new counter has a slot of ours behind the others.
 */
#define IPSTATS_MIB_OUTREQUESTS __IPSTATS_MIB_MAX
#define IPSTATS_SLOTS (__IPSTATS_MIB_MAX + 1)

struct cpu_stats {
	uint64_t none; /* offset 0: where rows without a counter count */
	uint64_t ip[IPSTATS_SLOTS];
	uint64_t icmp[__ICMP_MIB_MAX];
	uint64_t icmpmsg[512]; /* [type] in, [256 + type] out */
	uint64_t udp[__UDP_MIB_MAX];
	uint64_t udplite[__UDP_MIB_MAX];
	uint64_t linux_mib[__LINUX_MIB_MAX];
	uint64_t ledger[LEDGER_CLASS_MAX][LEDGER_ROW];
	uint64_t held_in[LEDGER_CLASS_MAX][LEDGER_ROW];	 /* put into a queue */
	uint64_t held_out[LEDGER_CLASS_MAX][LEDGER_ROW]; /* taken out; held = sum in - sum out over the CPUs */
	uint64_t drop[LEDGER_CLASS_MAX][SKB_DROP_REASON_MAX]; /* class NONE: drops of what never entered the books */
	uint64_t udp_flush_under_lock;			      /* M2: group delivery to more sockets than the stack array holds */
};

static __always_inline struct cpu_stats *this_cpu_stats(void)
{
	return this_vcpu()->slot[VCPU_SLOT_STATS];
}

#define IP_INC_STATS(field) (this_cpu_stats()->ip[field]++)
#define IP_ADD_STATS(field, n) (this_cpu_stats()->ip[field] += (n))
/* packets and octets in one go: IP_UPD_PO_STATS(IN, len) counts INPKTS and INOCTETS */
#define IP_UPD_PO_STATS(dir, len)                                                                                                    \
	do {                                                                                                                         \
		struct cpu_stats *_st = this_cpu_stats();                                                                            \
		_st->ip[IPSTATS_MIB_##dir##PKTS]++;                                                                                  \
		_st->ip[IPSTATS_MIB_##dir##OCTETS] += (len);                                                                         \
	} while (0)
#define ICMP_INC_STATS(field) (this_cpu_stats()->icmp[field]++)
#define ICMPMSGIN_INC_STATS(type) (this_cpu_stats()->icmpmsg[(uint8_t)(type)]++)
#define ICMPMSGOUT_INC_STATS(type) (this_cpu_stats()->icmpmsg[256 + (uint8_t)(type)]++)
#define UDP_INC_STATS(field, is_udplite) ((is_udplite) ? this_cpu_stats()->udplite[field]++ : this_cpu_stats()->udp[field]++)
#define NET_INC_STATS(field) (this_cpu_stats()->linux_mib[field]++)

struct net;
struct extack;
int stats_init(struct net *net); /* a struct cpu_stats per vCPU; 0 or -ENOMEM */
void stats_exit(struct net *net);
/* Sum over all vCPUs (control thread): a whole struct, from any point in time between two packets of each vCPU. */
void stats_fold(const struct net *net, struct cpu_stats *sum);
/* Sum of one counter given by its offset in struct cpu_stats. */
uint64_t stats_fold_one(const struct net *net, unsigned offset);

/**
 * ledger_balance() - do the books balance?
 * @sum:	folded counters
 * @class:	one ledger class
 * Return: entered - (all verdicts + held); 0 when they do.
 */
int64_t ledger_balance(const struct cpu_stats *sum, enum ledger_class class);

#endif
