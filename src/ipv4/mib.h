/* SPDX-License-Identifier: MIT */
#ifndef IPV4_MIB_H
#define IPV4_MIB_H
/*
 * mib.h - columns of /proc/net/snmp and netstat: a name and where its counter is (mirrors the snmp4_*_list tables of net/ipv4/proc.c)
 */
#include "core/stats.h"

struct mib_col {
	const char *name;
	unsigned offset; /* in struct cpu_stats; 0: a counter that always is 0 */
};

/* /proc/net/netstat, TcpExt: of today's kernel, and of Linux 3.13. Both end with a row without a name. */
extern const struct mib_col mib_tcpext[], mib_tcpext_3_13[];

#endif
