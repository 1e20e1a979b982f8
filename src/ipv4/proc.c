/* SPDX-License-Identifier: MIT */
/*
 * proc.c - the counters as files: /proc/net/{snmp,netstat,sockstat} (mirrors net/ipv4/proc.c)
 *
 * Theory of operation
 *   Columns and their order are Linux's, of today's kernel or, with the 3.13 layout of files (seq_file.abi), of that one. Each line is a table
 *   of columns printed twice, names and values. There is no TCP: its line has the constants that Linux shows, for programs that want
 *   it (netstat -s, nstat). Sums over all vCPUs are made once a file.
 *   Threads: the one that reads the file (control thread).
 */
#include <errno.h>

#include "fs/seq_file.h"
#include "ipv4/ip.h"
#include "ipv4/mib.h"
#include "ipv4/raw.h"
#include "ipv4/udp.h"
#include "kernel/slab.h"

#define I(f) offsetof(struct cpu_stats, ip[IPSTATS_MIB_##f])
#define C(f) offsetof(struct cpu_stats, icmp[ICMP_MIB_##f])
#define U(f) offsetof(struct cpu_stats, udp[UDP_MIB_##f])
#define UDP_TO_LITE (offsetof(struct cpu_stats, udplite) - offsetof(struct cpu_stats, udp))
#define ICMPMSG_PERLINE 16

static const struct mib_col snmp4_ip[] = {
	{ "InReceives", I(INPKTS) }, { "InHdrErrors", I(INHDRERRORS) }, { "InAddrErrors", I(INADDRERRORS) },
	{ "ForwDatagrams", I(OUTFORWDATAGRAMS) }, { "InUnknownProtos", I(INUNKNOWNPROTOS) }, { "InDiscards", I(INDISCARDS) },
	{ "InDelivers", I(INDELIVERS) }, { "OutRequests", I(OUTREQUESTS) }, { "OutDiscards", I(OUTDISCARDS) },
	{ "OutNoRoutes", I(OUTNOROUTES) }, { "ReasmTimeout", I(REASMTIMEOUT) }, { "ReasmReqds", I(REASMREQDS) },
	{ "ReasmOKs", I(REASMOKS) }, { "ReasmFails", I(REASMFAILS) }, { "FragOKs", I(FRAGOKS) }, { "FragFails", I(FRAGFAILS) },
	{ "FragCreates", I(FRAGCREATES) }, { "OutTransmits", I(OUTPKTS) }, { NULL, 0 },
};
#define NEW_IP_COLS 1 /* the last ones of snmp4_ip, that 3.13 does not have */

static const struct mib_col snmp4_ipext[] = {
	{ "InNoRoutes", I(INNOROUTES) }, { "InTruncatedPkts", I(INTRUNCATEDPKTS) }, { "InMcastPkts", I(INMCASTPKTS) },
	{ "OutMcastPkts", I(OUTMCASTPKTS) }, { "InBcastPkts", I(INBCASTPKTS) }, { "OutBcastPkts", I(OUTBCASTPKTS) },
	{ "InOctets", I(INOCTETS) }, { "OutOctets", I(OUTOCTETS) }, { "InMcastOctets", I(INMCASTOCTETS) },
	{ "OutMcastOctets", I(OUTMCASTOCTETS) }, { "InBcastOctets", I(INBCASTOCTETS) }, { "OutBcastOctets", I(OUTBCASTOCTETS) },
	{ "InCsumErrors", I(CSUMERRORS) }, { "InNoECTPkts", I(NOECTPKTS) }, { "InECT1Pkts", I(ECT1PKTS) },
	{ "InECT0Pkts", I(ECT0PKTS) }, { "InCEPkts", I(CEPKTS) }, { "ReasmOverlaps", I(REASM_OVERLAPS) }, { NULL, 0 },
};
#define NEW_IPEXT_COLS 1

static const struct mib_col snmp4_udp[] = {
	{ "InDatagrams", U(INDATAGRAMS) }, { "NoPorts", U(NOPORTS) }, { "InErrors", U(INERRORS) }, { "OutDatagrams", U(OUTDATAGRAMS) },
	{ "RcvbufErrors", U(RCVBUFERRORS) }, { "SndbufErrors", U(SNDBUFERRORS) }, { "InCsumErrors", U(CSUMERRORS) },
	{ "IgnoredMulti", U(IGNOREDMULTI) }, { "MemErrors", U(MEMERRORS) }, { NULL, 0 },
};
#define NEW_UDP_COLS 2

static const struct mib_col snmp4_icmp_out[] = { { "OutMsgs", C(OUTMSGS) }, { "OutErrors", C(OUTERRORS) },
						 { "OutRateLimitGlobal", C(RATELIMITGLOBAL) },
						 { "OutRateLimitHost", C(RATELIMITHOST) }, { NULL, 0 } };
#define NEW_ICMP_OUT_COLS 2
static const struct mib_col snmp4_icmp_in[] = { { "InMsgs", C(INMSGS) }, { "InErrors", C(INERRORS) }, { "InCsumErrors", C(CSUMERRORS) },
						{ NULL, 0 } };

/* Message types that have columns of their own */
static const struct {
	const char *name;
	unsigned char type;
} icmpmibmap[] = {
	{ "DestUnreachs", 3 }, { "TimeExcds", 11 }, { "ParmProbs", 12 }, { "SrcQuenchs", 4 }, { "Redirects", 5 }, { "Echos", 8 },
	{ "EchoReps", 0 }, { "Timestamps", 13 }, { "TimestampReps", 14 }, { "AddrMasks", 17 }, { "AddrMaskReps", 18 },
};

static uint64_t mib_value(const struct cpu_stats *sum, unsigned offset)
{
	return *(const uint64_t *)(const void *)((const char *)sum + offset);
}

/* The @n first columns of @col (those up to the nameless row, less @drop): names, or values when there is a @sum. */
static void mib_put(struct seq_file *m, const struct mib_col *col, int drop, unsigned shift, const struct cpu_stats *sum)
{
	int n = 0;

	while (col[n].name)
		n++;
	for (int i = 0; i < n - drop; i++) {
		if (sum)
			seq_put_decimal_ull(m, " ", mib_value(sum, col[i].offset + shift));
		else
			seq_printf(m, " %s", col[i].name);
	}
}

static void snmp_ip(struct seq_file *m, const struct net *net, const struct cpu_stats *sum, int drop)
{
	seq_puts(m, "Ip: Forwarding DefaultTTL");
	mib_put(m, snmp4_ip, drop * NEW_IP_COLS, 0, NULL);
	seq_printf(m, "\nIp: %d %d", IPV4_DEVCONF_ALL(net, FORWARDING) ? 1 : 2, READ_ONCE(net->ipv4->sysctl_ip_default_ttl));
	mib_put(m, snmp4_ip, drop * NEW_IP_COLS, 0, sum);
}

static void snmp_icmp(struct seq_file *m, const struct cpu_stats *sum, int drop)
{
	seq_puts(m, "\nIcmp:");
	mib_put(m, snmp4_icmp_in, 0, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(icmpmibmap); i++)
		seq_printf(m, " In%s", icmpmibmap[i].name);
	mib_put(m, snmp4_icmp_out, drop * NEW_ICMP_OUT_COLS, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(icmpmibmap); i++)
		seq_printf(m, " Out%s", icmpmibmap[i].name);
	seq_puts(m, "\nIcmp:");
	mib_put(m, snmp4_icmp_in, 0, 0, sum);
	for (size_t i = 0; i < ARRAY_SIZE(icmpmibmap); i++)
		seq_put_decimal_ull(m, " ", sum->icmpmsg[icmpmibmap[i].type]);
	mib_put(m, snmp4_icmp_out, drop * NEW_ICMP_OUT_COLS, 0, sum);
	for (size_t i = 0; i < ARRAY_SIZE(icmpmibmap); i++)
		seq_put_decimal_ull(m, " ", sum->icmpmsg[256 + icmpmibmap[i].type]);
}

/* Only the types that there were, sixteen a line. */
static void snmp_icmpmsg(struct seq_file *m, const struct cpu_stats *sum)
{
	unsigned seen[ICMPMSG_PERLINE], n = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (sum->icmpmsg[i])
			seen[n++] = i;
		if (!n || (n < ICMPMSG_PERLINE && i < 511))
			continue;
		seq_puts(m, "\nIcmpMsg:");
		for (unsigned j = 0; j < n; j++)
			seq_printf(m, " %sType%u", seen[j] & 0x100 ? "Out" : "In", seen[j] & 0xff);
		seq_puts(m, "\nIcmpMsg:");
		for (unsigned j = 0; j < n; j++)
			seq_put_decimal_ull(m, " ", sum->icmpmsg[seen[j]]);
		n = 0;
	}
}

static void snmp_udp(struct seq_file *m, const char *name, unsigned shift, const struct cpu_stats *sum, int drop)
{
	seq_printf(m, "\n%s:", name);
	mib_put(m, snmp4_udp, drop * NEW_UDP_COLS, shift, NULL);
	seq_printf(m, "\n%s:", name);
	mib_put(m, snmp4_udp, drop * NEW_UDP_COLS, shift, sum);
}

/* The counters of @net, summed; NULL without memory. The caller frees. */
static struct cpu_stats *mib_fold(struct net *net)
{
	struct cpu_stats *sum = kzalloc(&net->m, sizeof(*sum));

	if (sum)
		stats_fold(net, sum);
	return sum;
}

static int snmp_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct cpu_stats *sum = mib_fold(net);
	int drop = m->abi == SEQ_ABI_3_13;

	if (!sum)
		return -ENOMEM;
	snmp_ip(m, net, sum, drop);
	snmp_icmp(m, sum, drop);
	snmp_icmpmsg(m, sum);
	seq_puts(m, "\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs "
		    "RetransSegs InErrs OutRsts InCsumErrors\nTcp: 1 200 120000 -1 0 0 0 0 0 0 0 0 0 0 0");
	snmp_udp(m, "Udp", 0, sum, drop);
	snmp_udp(m, "UdpLite", UDP_TO_LITE, sum, drop);
	seq_putc(m, '\n');
	kfree(&net->m, sum);
	return 0;
}

static int netstat_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;
	struct cpu_stats *sum = mib_fold(net);
	int drop = m->abi == SEQ_ABI_3_13;
	const struct mib_col *ext = drop ? mib_tcpext_3_13 : mib_tcpext;

	if (!sum)
		return -ENOMEM;
	seq_puts(m, "TcpExt:");
	mib_put(m, ext, 0, 0, NULL);
	seq_puts(m, "\nTcpExt:");
	mib_put(m, ext, 0, 0, sum);
	seq_puts(m, "\nIpExt:");
	mib_put(m, snmp4_ipext, drop * NEW_IPEXT_COLS, 0, NULL);
	seq_puts(m, "\nIpExt:");
	mib_put(m, snmp4_ipext, drop * NEW_IPEXT_COLS, 0, sum);
	seq_putc(m, '\n');
	kfree(&net->m, sum);
	return 0;
}

static int sockstat_seq_show(struct seq_file *m, void *data)
{
	struct net *net = data;

	seq_printf(m, "sockets: used %ld\n", __atomic_load_n(&net->sockets_inuse, __ATOMIC_RELAXED));
	seq_puts(m, "TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n");
	seq_printf(m, "UDP: inuse %d mem %ld\n", sock_prot_inuse_get(net, &udp_prot),
		   __atomic_load_n(&net->ipv4->udp_memory_allocated, __ATOMIC_RELAXED));
	seq_printf(m, "UDPLITE: inuse %d\n", sock_prot_inuse_get(net, &udplite_prot));
	seq_printf(m, "RAW: inuse %d\n", sock_prot_inuse_get(net, &raw_prot));
	seq_printf(m, "FRAG: inuse %d memory %ld\n", ip_frag_nqueues(net), ip_frag_mem(net));
	return 0;
}

static const struct proc_ops snmp_proc_ops = { .show = snmp_seq_show };
static const struct proc_ops netstat_proc_ops = { .show = netstat_seq_show };
static const struct proc_ops sockstat_proc_ops = { .show = sockstat_seq_show };

int ipv4_proc_init(struct net *net)
{
	if (proc_create(&net->vfs, "/proc/net/snmp", 0444, &snmp_proc_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/netstat", 0444, &netstat_proc_ops, net) &&
	    proc_create(&net->vfs, "/proc/net/sockstat", 0444, &sockstat_proc_ops, net))
		return 0;
	ipv4_proc_exit(net);
	return -ENOMEM;
}

void ipv4_proc_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/snmp");
	proc_remove_path(&net->vfs, "/proc/net/netstat");
	proc_remove_path(&net->vfs, "/proc/net/sockstat");
}
