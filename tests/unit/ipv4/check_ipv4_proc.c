/* SPDX-License-Identifier: MIT */
/* check_ipv4_proc.c: the counter files, column by column, and the knobs of net.ipv4. */
#include "support/ipfix.h"

static const char *cat(const char *path, int abi)
{
	f.n.net.vfs.abi = abi;
	return netfix_cat(&f.n, path);
}

/* The value under column @col of the line pair that begins with @line, or -1 when there is no such column. */
static long long value(const char *text, const char *line, const char *col)
{
	size_t len = strlen(line);
	const char *head = text, *vals;
	char name[64];
	long long v;
	int n;

	while (strncmp(head, line, len)) {
		head = strchr(head, '\n');
		ck_assert_msg(head && head[1], "no line %s", line);
		head++;
	}
	vals = strchr(head, '\n') + 1;
	ck_assert(!strncmp(vals, line, len));
	head += len;
	vals += len;
	while (*head == ' ' && *vals == ' ') {
		ck_assert_int_eq(sscanf(head, " %63[^ \n]%n", name, &n), 1);
		head += n;
		ck_assert_int_eq(sscanf(vals, " %lld%n", &v, &n), 1);
		vals += n;
		if (!strcmp(name, col))
			return v;
	}
	ck_assert_msg(*head == '\n' && *vals == '\n', "%s: as many names as values", line);
	return -1;
}

static const char ip_cols[] =
	"Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests "
	"OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates";
static const char types[] = "%1$sDestUnreachs %1$sTimeExcds %1$sParmProbs %1$sSrcQuenchs %1$sRedirects %1$sEchos %1$sEchoReps "
			    "%1$sTimestamps %1$sTimestampReps %1$sAddrMasks %1$sAddrMaskReps";

START_TEST(test_Q4_columns_of_today)
{
	char want[4096], in[512], out[512];
	const char *text = cat("/proc/net/snmp", 0);

	snprintf(in, sizeof(in), types, "In");
	snprintf(out, sizeof(out), types, "Out");
	snprintf(want, sizeof(want), "%s OutTransmits\nIp: 2 64 ", ip_cols);
	ck_assert_msg(!strncmp(text, want, strlen(want)), "%s", text);
	snprintf(want, sizeof(want), "\nIcmp: InMsgs InErrors InCsumErrors %s OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost %s\n",
		 in, out);
	ck_assert_msg(strstr(text, want) != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\nTcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets "
					   "CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n"
					   "Tcp: 1 200 120000 -1 0 0 0 0 0 0 0 0 0 0 0\n"
					   "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors "
					   "IgnoredMulti MemErrors\nUdp: 0 0 0 0 0 0 0 0 0\n"
					   "UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors "
					   "IgnoredMulti MemErrors\nUdpLite: 0 0 0 0 0 0 0 0 0\n"));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

START_TEST(test_Q4_columns_of_3_13)
{
	char want[4096], in[512], out[512];
	const char *text = cat("/proc/net/snmp", SEQ_ABI_3_13);

	snprintf(in, sizeof(in), types, "In");
	snprintf(out, sizeof(out), types, "Out");
	snprintf(want, sizeof(want), "%s\nIp: 2 64 ", ip_cols);
	ck_assert_msg(!strncmp(text, want, strlen(want)), "%s", text);
	snprintf(want, sizeof(want), "\nIcmp: InMsgs InErrors InCsumErrors %s OutMsgs OutErrors %s\n", in, out);
	ck_assert_msg(strstr(text, want) != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\n"
					   "Udp: 0 0 0 0 0 0 0\nUdpLite: "));
}
END_TEST

START_TEST(test_Q6_columns)
{
	static const char ext[] = "\nIpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets "
				  "InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts "
				  "InECT0Pkts InCEPkts";
	char want[1024];
	const char *text = cat("/proc/net/netstat", 0);

	snprintf(want, sizeof(want), "%s ReasmOverlaps\nIpExt: ", ext);
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_ptr_eq(strstr(text, "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts "), text);
	ck_assert_ptr_nonnull(strstr(text, " TCPAOGood TCPAODroppedIcmps\nTcpExt: 0 0 0 "));
	ck_assert_int_eq(value(text, "TcpExt:", "IPReversePathFilter"), 0);
	ck_assert_int_eq(value(text, "TcpExt:", "no such"), -1);
	ck_assert_int_eq(value(text, "IpExt:", "no such"), -1);
	text = cat("/proc/net/netstat", SEQ_ABI_3_13);
	snprintf(want, sizeof(want), "%s\nIpExt: ", ext);
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_ptr_nonnull(strstr(text, " PAWSPassive PAWSActive PAWSEstab "));
	ck_assert_ptr_nonnull(strstr(text, " TCPSpuriousRtxHostQueues BusyPollRxPackets\nTcpExt: 0 0 "));
	ck_assert_int_eq(value(text, "TcpExt:", "no such"), -1);
}
END_TEST

/* Each column shows its counter: every counter gets a value of its own. */
START_TEST(test_each_column_is_its_counter)
{
	static const struct {
		const char *file, *line, *col;
		unsigned offset;
	} rows[] = {
#define IP(c, m) { "/proc/net/snmp", "Ip:", c, offsetof(struct cpu_stats, ip[IPSTATS_MIB_##m]) }
#define EXT(c, m) { "/proc/net/netstat", "IpExt:", c, offsetof(struct cpu_stats, ip[IPSTATS_MIB_##m]) }
#define TCP(c, m) { "/proc/net/netstat", "TcpExt:", c, offsetof(struct cpu_stats, linux_mib[LINUX_MIB_##m]) }
#define UDP(c, m) { "/proc/net/snmp", "Udp:", c, offsetof(struct cpu_stats, udp[UDP_MIB_##m]) }
#define LITE(c, m) { "/proc/net/snmp", "UdpLite:", c, offsetof(struct cpu_stats, udplite[UDP_MIB_##m]) }
#define ICMP(c, m) { "/proc/net/snmp", "Icmp:", c, offsetof(struct cpu_stats, icmp[ICMP_MIB_##m]) }
#define MSG(c, i) { "/proc/net/snmp", "Icmp:", c, offsetof(struct cpu_stats, icmpmsg[i]) }
		IP("InReceives", INPKTS), IP("InHdrErrors", INHDRERRORS), IP("InAddrErrors", INADDRERRORS),
		IP("ForwDatagrams", OUTFORWDATAGRAMS), IP("InUnknownProtos", INUNKNOWNPROTOS), IP("InDiscards", INDISCARDS),
		IP("InDelivers", INDELIVERS), IP("OutRequests", OUTREQUESTS), IP("OutDiscards", OUTDISCARDS),
		IP("OutNoRoutes", OUTNOROUTES), IP("ReasmTimeout", REASMTIMEOUT), IP("ReasmReqds", REASMREQDS), IP("ReasmOKs", REASMOKS),
		IP("ReasmFails", REASMFAILS), IP("FragOKs", FRAGOKS), IP("FragFails", FRAGFAILS), IP("FragCreates", FRAGCREATES),
		IP("OutTransmits", OUTPKTS), EXT("InNoRoutes", INNOROUTES), EXT("InTruncatedPkts", INTRUNCATEDPKTS),
		EXT("InMcastPkts", INMCASTPKTS), EXT("OutMcastPkts", OUTMCASTPKTS), EXT("InBcastPkts", INBCASTPKTS),
		EXT("OutBcastPkts", OUTBCASTPKTS), EXT("InOctets", INOCTETS), EXT("OutOctets", OUTOCTETS),
		EXT("InMcastOctets", INMCASTOCTETS), EXT("OutMcastOctets", OUTMCASTOCTETS), EXT("InBcastOctets", INBCASTOCTETS),
		EXT("OutBcastOctets", OUTBCASTOCTETS), EXT("InCsumErrors", CSUMERRORS), EXT("InNoECTPkts", NOECTPKTS),
		EXT("InECT1Pkts", ECT1PKTS), EXT("InECT0Pkts", ECT0PKTS), EXT("InCEPkts", CEPKTS), EXT("ReasmOverlaps", REASM_OVERLAPS),
		TCP("SyncookiesSent", SYNCOOKIESSENT), TCP("OutOfWindowIcmps", OUTOFWINDOWICMPS), TCP("LockDroppedIcmps", LOCKDROPPEDICMPS),
		TCP("ArpFilter", ARPFILTER), TCP("TW", TIMEWAITED), TCP("PAWSEstab", PAWSESTABREJECTED),
		TCP("IPReversePathFilter", IPRPFILTER), TCP("PFMemallocDrop", PFMEMALLOCDROP), TCP("BusyPollRxPackets", BUSYPOLLRXPACKETS),
		TCP("TCPMigrateReqFailure", TCPMIGRATEREQFAILURE), UDP("InDatagrams", INDATAGRAMS), UDP("NoPorts", NOPORTS),
		UDP("InErrors", INERRORS), UDP("OutDatagrams", OUTDATAGRAMS), UDP("RcvbufErrors", RCVBUFERRORS),
		UDP("SndbufErrors", SNDBUFERRORS), UDP("InCsumErrors", CSUMERRORS), UDP("IgnoredMulti", IGNOREDMULTI),
		UDP("MemErrors", MEMERRORS), LITE("InDatagrams", INDATAGRAMS), LITE("MemErrors", MEMERRORS), ICMP("InMsgs", INMSGS),
		ICMP("InErrors", INERRORS), ICMP("InCsumErrors", CSUMERRORS), ICMP("OutMsgs", OUTMSGS), ICMP("OutErrors", OUTERRORS),
		ICMP("OutRateLimitGlobal", RATELIMITGLOBAL), ICMP("OutRateLimitHost", RATELIMITHOST), MSG("InDestUnreachs", 3),
		MSG("InTimeExcds", 11), MSG("InParmProbs", 12), MSG("InSrcQuenchs", 4), MSG("InRedirects", 5), MSG("InEchos", 8),
		MSG("InEchoReps", 0), MSG("InTimestamps", 13), MSG("InTimestampReps", 14), MSG("InAddrMasks", 17),
		MSG("InAddrMaskReps", 18), MSG("OutDestUnreachs", 259), MSG("OutEchoReps", 256), MSG("OutAddrMaskReps", 274),
	};
	struct cpu_stats *st = f.n.net.m.cpu[0]->slot[VCPU_SLOT_STATS];

	memset(st, 0, sizeof(*st));
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		*(uint64_t *)(void *)((char *)st + rows[i].offset) = 10000000000ull + i;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(value(cat(rows[i].file, 0), rows[i].line, rows[i].col) == 10000000000ll + i, "%s %s", rows[i].line,
			      rows[i].col);
	memset(st, 0, sizeof(*st));
}
END_TEST

START_TEST(test_icmpmsg_lines)
{
	struct cpu_stats *st = f.n.net.m.cpu[0]->slot[VCPU_SLOT_STATS];
	const char *text;

	memset(st, 0, sizeof(*st));
	ck_assert_ptr_null(strstr(cat("/proc/net/snmp", 0), "IcmpMsg"));
	st->icmpmsg[3] = 7;
	st->icmpmsg[256 + 8] = 9;
	ck_assert_ptr_nonnull(strstr(cat("/proc/net/snmp", 0), "\nIcmpMsg: InType3 OutType8\nIcmpMsg: 7 9\nTcp: "));
	for (unsigned i = 0; i < 16; i++)
		st->icmpmsg[100 + i] = i + 1;
	text = cat("/proc/net/snmp", 0);
	ck_assert_ptr_nonnull(strstr(text, " InType113 InType114\nIcmpMsg: 7 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
					   "IcmpMsg: InType115 OutType8\nIcmpMsg: 16 9\nTcp: "));
	memset(st, 0, sizeof(*st));
}
END_TEST

START_TEST(test_forwarding_and_ttl)
{
	ipfix_sysctl("net.ipv4.ip_forward", "1");
	ipfix_sysctl("net.ipv4.ip_default_ttl", "128");
	ck_assert_int_eq(value(cat("/proc/net/snmp", 0), "Ip:", "Forwarding"), 1);
	ck_assert_int_eq(value(cat("/proc/net/snmp", 0), "Ip:", "DefaultTTL"), 128);
}
END_TEST

START_TEST(test_sockstat)
{
	unsigned char pkt[64];
	unsigned len = ipfix_pkt(pkt, A_PEER, A_SELF, 17, NULL, 8);
	char want[512];
	long mem;

	ck_assert_ptr_nonnull(strstr(cat("/proc/net/sockstat", 0), "\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\n"
								     "UDPLITE: inuse 0\nRAW: inuse "));
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/sockstat"), "\nFRAG: inuse 0 memory 0\n"));
	ipfix_iph(pkt)->frag_off = htons(IP_MF);
	ipfix_sum(pkt);
	ipfix_rx(f.eth0, pkt, len);
	mem = 216 + (long)skb_truesize(ETH_HLEN + 28 + NET_SKB_PAD + NET_IP_ALIGN);
	snprintf(want, sizeof(want), "\nFRAG: inuse 1 memory %ld\n", mem);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&f.n, "/proc/net/sockstat"), want));
}
END_TEST

START_TEST(test_no_memory_for_the_sum)
{
	struct seq_file m;

	seq_init(&m, &f.n.net.m.kmem);
	kmem_fail_nth(&f.n.net.m.kmem, 1, NULL);
	ck_assert_int_eq(vfs_read(&f.n.net.vfs, "/proc/net/snmp", &m), -ENOMEM);
	ck_assert(kmem_fault_hit(&f.n.net.m.kmem));
	kmem_fail_nth(&f.n.net.m.kmem, 1, NULL);
	ck_assert_int_eq(vfs_read(&f.n.net.vfs, "/proc/net/netstat", &m), -ENOMEM);
	seq_release(&m);
}
END_TEST

/* Every knob of the table has its default, a line of text, and refuses what is outside. */
START_TEST(test_knobs)
{
	static const struct {
		const char *key, *bad, *good;
	} rows[] = {
		{ "net.ipv4.ip_default_ttl", "0", "255" }, { "net.ipv4.ip_no_pmtu_disc", "4", "3" },
		{ "net.ipv4.ip_early_demux", "2", "0" }, { "net.ipv4.ip_local_port_range", "5000 4000", "4000\t5000" },
		{ "net.ipv4.ip_local_port_range", "0 100", "1\t65535" }, { "net.ipv4.ip_unprivileged_port_start", "65536", "80" },
		{ "net.ipv4.igmp_qrv", "0", "3" }, { "net.ipv4.ping_group_range", "-1 5", "0\t2147483647" },
		{ "net.ipv4.ipfrag_max_dist", "-1", "0" }, { "net.ipv4.ipfrag_high_thresh", "-1", "8388608" },
		{ "net.ipv4.icmp_msgs_burst", "-1", "10" }, { "net.ipv4.icmp_ratelimit", "x", "500" },
	};
	char want[64];

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ctl_table *row = sysctl_find(&f.n.net.vfs, rows[i].key);
		struct extack err = { "" };
		struct seq_file m;

		ck_assert_msg(row && row->doc && strlen(row->doc) > 10 && row->def, "%s", rows[i].key);
		ck_assert_int_eq(sysctl_write(&f.n.net.vfs, rows[i].key, rows[i].bad, &err), -EINVAL);
		ck_assert_int_ne(err.msg[0], 0);
		ipfix_sysctl(rows[i].key, rows[i].good);
		snprintf(want, sizeof(want), "%s\n", rows[i].good);
		seq_init(&m, &f.n.net.m.kmem);
		ck_assert_int_eq(sysctl_read(&f.n.net.vfs, rows[i].key, &m), 0);
		ck_assert_str_eq(seq_str(&m), want);
		seq_release(&m);
	}
	ipfix_sysctl("net.ipv4.ping_group_range", "7 3"); /* nobody has one spelling */
	ck_assert_int_eq(f.n.net.ipv4->sysctl_ping_group_range[0], 1);
	ck_assert_int_eq(f.n.net.ipv4->sysctl_ping_group_range[1], 0);
}
END_TEST

START_TEST(test_defaults)
{
	const struct netns_ipv4 *i = f.n.net.ipv4;

	ck_assert_int_eq(i->sysctl_ip_default_ttl, 64);
	ck_assert_int_eq(i->sysctl_ip_early_demux, 1);
	ck_assert_int_eq(i->sysctl_ip_local_port_range[0], 32768);
	ck_assert_int_eq(i->sysctl_ip_local_port_range[1], 60999);
	ck_assert_int_eq(i->sysctl_icmp_ratelimit, 250); /* jiffies */
	ck_assert_int_eq(i->sysctl_icmp_ratemask, 6168);
	ck_assert_int_eq(i->sysctl_icmp_msgs_per_sec, 1000);
	ck_assert_int_eq(i->sysctl_icmp_msgs_burst, 50);
	ck_assert_int_eq(i->sysctl_ipfrag_max_dist, 64);
	ck_assert_int_eq(i->sysctl_ping_group_range[0], 1);
	ck_assert_int_eq(i->sysctl_igmp_max_memberships, 20);
	ck_assert_int_eq(i->sysctl_udp_rmem_min, 4096);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_Q4_columns_of_today, test_Q4_columns_of_3_13, test_Q6_columns, test_each_column_is_its_counter,
		test_icmpmsg_lines, test_forwarding_and_ttl, test_sockstat, test_no_memory_for_the_sum, test_knobs, test_defaults, NULL,
	};

	return suite_of("ipv4_proc", ipfix_begin, ipfix_end, tests);
}
