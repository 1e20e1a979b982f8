/* SPDX-License-Identifier: MIT */
/*
 * routefix.h: what the suites of routes share: a net with routes of the test's own, and ICMP errors
 * that come back
 */
#ifndef TESTS_UNIT_IPV4_ROUTEFIX_H
#define TESTS_UNIT_IPV4_ROUTEFIX_H

#include "support/ipfix.h"
#include "support/faulty.h"
#include "support/nlfix.h"

#include "ipv4/igmp.h"
#include "ipv4/route_priv.h"

static __maybe_unused unsigned char pkt[2048];

static __maybe_unused void begin(void)
{
	ipfix_begin();
	nl_client_.strict = false;
}

static __maybe_unused void end(void)
{
	ipfix_end();
}

static __maybe_unused int route_add(const char *dst, unsigned plen, const char *gw,
				    struct net_device *dev, uint8_t type)
{
	struct fib_config cfg = { .fc_dst = inet_addr(dst),
				  .fc_dst_len = (uint8_t)plen,
				  .fc_gw = gw ? inet_addr(gw) : 0,
				  .fc_oif = dev ? dev->ifindex : 0,
				  .fc_type = type,
				  .fc_nlflags = NLM_F_CREATE | NLM_F_EXCL,
				  .fc_scope = gw || !dev ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };

	return fib_route_add(&f.n.net, &cfg, NULL);
}

/* ICMP from @from about a UDP packet of ours to @about, and what is said of it in the four bytes */
static __maybe_unused void rx_icmp(const char *from, const char *about, int type, int code,
				   uint32_t info)
{
	unsigned char quoted[64], msg[128];
	unsigned len;

	ipfix_pkt(quoted, A_SELF, about, IPPROTO_ICMP, NULL, 8);
	quoted[20] = ICMP_ECHOREPLY; /* an answer of ours: no socket is needed */
	len = ipfix_icmp(msg, type, code, info, quoted, 8 + 28);
	len = ipfix_pkt(pkt, from, A_SELF, IPPROTO_ICMP, msg, len);
	ipfix_rx(f.eth0, pkt, len);
}

#endif /* TESTS_UNIT_IPV4_ROUTEFIX_H */
