/* SPDX-License-Identifier: MIT */
#ifndef CORE_DROP_H
#define CORE_DROP_H
/*
 * drop.h - the one table of drop reasons (names as in Linux 6.x include/net/dropreason-core.h)
 *
 * Theory of operation
 *   A row: reason, layer, up to two MIB counters that move with it, whether sk_drops of the socket moves, one sentence, and the kernel file
 *   where Linux drops for the same cause. kfree_skb_reason() walks the row, so no drop site counts by hand; the ledger, the
 *   tracepoint and `explain` read the same row. A counter column names a member of struct cpu_stats (core/stats.h); NONE is no counter.
 *   UDP columns count in the UDP-Lite MIB when the packet's IP protocol says so.
 *   Adding a reason: one row here, one use, one test that forces it.
 *
 *   X(reason, layer, counter1, counter2, sk_drops, text, kernel_file)
 */
#define IPC(f) ip[IPSTATS_MIB_##f]
#define UDPC(f) udp[UDP_MIB_##f]
#define ICMPC(f) icmp[ICMP_MIB_##f]
#define LXC(f) linux_mib[LINUX_MIB_##f]
#define NOC none

#define DROP_REASONS(X)                                                                                                             \
	X(NOT_SPECIFIED, CORE, NOC, NOC, 0, "no reason was given", "net/core/skbuff.c")                                             \
	/* device and core */                                                                                                       \
	X(RX_TRUNCATED, DEVICE, NOC, NOC, 0, "frame longer than the slot it was read into", "drivers/net/tun.c")                     \
	X(RX_RUNT, DEVICE, NOC, NOC, 0, "frame shorter than an Ethernet header", "drivers/net/tun.c")                                \
	X(RX_FILTERED, DEVICE, NOC, NOC, 0, "frame for another station, refused by the device's filter", "drivers/net/tun.c")        \
	X(RX_OFFLOAD, DEVICE, NOC, NOC, 0, "the host's offload header does not fit its frame", "drivers/net/tun.c")                   \
	X(RX_NOMEM, DEVICE, NOC, NOC, 0, "no buffer for a received frame", "net/core/skbuff.c")                                      \
	X(DEV_READY, DEVICE, NOC, NOC, 0, "device is down", "net/core/dev.c")                                                        \
	X(FULL_RING, DEVICE, NOC, NOC, 0, "transmit ring of the device is full", "drivers/net/tun.c")                                \
	X(DEV_TX_ERROR, DEVICE, NOC, NOC, 0, "the device refused the frame for good", "drivers/net/tun.c")                           \
	X(OTHERHOST, IP, NOC, NOC, 0, "frame for another station's address, seen in promiscuous mode", "net/ipv4/ip_input.c")        \
	X(CPU_BACKLOG, CORE, NOC, NOC, 0, "per-CPU backlog over net.core.netdev_max_backlog", "net/core/dev.c")                      \
	X(UNHANDLED_PROTO, CORE, NOC, NOC, 0, "no handler for the Ethernet protocol", "net/core/dev.c")                              \
	X(RECURSION_LIMIT, CORE, NOC, NOC, 0, "a device sends to itself too deep", "net/core/dev.c")                                 \
	X(QDISC_DROP, QDISC, NOC, NOC, 0, "transmit queue over its limit", "net/sched/sch_generic.c")                                \
	X(QUEUE_PURGE, CORE, NOC, NOC, 0, "a queue was emptied: device down, socket closed, stack torn down", "net/core/skbuff.c")   \
	X(NOMEM, CORE, NOC, NOC, 0, "an allocation failed", "net/core/skbuff.c")                                                     \
	/* neighbour */                                                                                                             \
	X(NEIGH_CREATEFAIL, NEIGH, NOC, NOC, 0, "no neighbour entry could be made (table full)", "net/core/neighbour.c")             \
	X(NEIGH_QUEUEFULL, NEIGH, NOC, NOC, 0, "too many packets wait for one unresolved neighbour", "net/core/neighbour.c")         \
	X(NEIGH_FAILED, NEIGH, NOC, NOC, 0, "the neighbour did not answer", "net/core/neighbour.c")                                  \
	X(NEIGH_DEAD, NEIGH, NOC, NOC, 0, "the neighbour entry is being removed", "net/core/neighbour.c")                            \
	/* ARP */                                                                                                                   \
	X(ARP_INVALID, ARP, NOC, NOC, 0, "malformed ARP packet", "net/ipv4/arp.c")                                                   \
	X(ARP_IGNORED, ARP, NOC, NOC, 0, "ARP packet that concerns nobody here", "net/ipv4/arp.c")                                   \
	/* IP input */                                                                                                              \
	X(PKT_TOO_SMALL, IP, IPC(INTRUNCATEDPKTS), NOC, 0, "frame shorter than the IP total length", "net/ipv4/ip_input.c")          \
	X(IP_INHDR, IP, IPC(INHDRERRORS), NOC, 0, "bad IP version, header length or total length", "net/ipv4/ip_input.c")            \
	X(IP_CSUM, IP, IPC(CSUMERRORS), IPC(INHDRERRORS), 0, "bad IP header checksum", "net/ipv4/ip_input.c")                        \
	X(IP_INDISCARDS, IP, IPC(INDISCARDS), NOC, 0, "no memory for an own copy of the packet", "net/ipv4/ip_input.c")              \
	X(IP_OPTIONS, IP, IPC(INHDRERRORS), NOC, 0, "malformed IP options", "net/ipv4/ip_options.c")                                 \
	X(IP_SOURCE_ROUTE, IP, NOC, NOC, 0, "source route refused", "net/ipv4/ip_options.c")                                         \
	X(IP_TTL, IP, IPC(INHDRERRORS), NOC, 0, "TTL ran out while forwarding", "net/ipv4/ip_forward.c")                             \
	X(IP_INADDRERRORS, IP, IPC(INADDRERRORS), NOC, 0, "destination is not ours and we do not forward", "net/ipv4/route.c")       \
	X(IP_INNOROUTES, IP, IPC(INNOROUTES), NOC, 0, "no route for a received packet", "net/ipv4/route.c")                          \
	X(IP_RPFILTER, IP, LXC(IPRPFILTER), NOC, 0, "source address would not be routed back this way", "net/ipv4/fib_frontend.c")   \
	X(IP_INVALID_SOURCE, IP, NOC, NOC, 0, "martian source address", "net/ipv4/route.c")                                          \
	X(IP_INVALID_DEST, IP, NOC, NOC, 0, "martian destination address", "net/ipv4/route.c")                                       \
	X(IP_LOCALNET, IP, NOC, NOC, 0, "loopback address on another interface", "net/ipv4/route.c")                                 \
	X(UNICAST_IN_L2_MULTICAST, IP, NOC, NOC, 0, "unicast IP in a group frame", "net/ipv4/ip_input.c")                            \
	X(IP_NOT_JOINED, IP, NOC, NOC, 0, "multicast group that nobody here joined", "net/ipv4/route.c")                             \
	X(IP_NOPROTO, IP, IPC(INUNKNOWNPROTOS), NOC, 0, "no handler for the IP protocol", "net/ipv4/ip_input.c")                     \
	X(NETFILTER_DROP, NETFILTER, NOC, NOC, 0, "a netfilter hook said DROP", "net/netfilter/core.c")                              \
	/* fragments */                                                                                                             \
	X(FRAG_REASM_TIMEOUT, FRAG, IPC(REASMFAILS), NOC, 0, "a fragment queue timed out", "net/ipv4/ip_fragment.c")                 \
	X(FRAG_TOO_FAR, FRAG, IPC(REASMFAILS), NOC, 0, "too far apart in ids (ipfrag_max_dist)", "net/ipv4/ip_fragment.c")           \
	X(FRAG_OVERLAP, FRAG, IPC(REASMFAILS), NOC, 0, "overlapping fragments: whole queue dropped", "net/ipv4/ip_fragment.c")       \
	X(FRAG_DUP, FRAG, NOC, NOC, 0, "duplicate fragment", "net/ipv4/ip_fragment.c")                                               \
	X(FRAG_INVALID, FRAG, IPC(REASMFAILS), NOC, 0, "fragment with an impossible offset or length", "net/ipv4/ip_fragment.c")     \
	X(FRAG_NOMEM, FRAG, IPC(REASMFAILS), NOC, 0, "fragment memory over its limit, or no queue", "net/ipv4/ip_fragment.c")        \
	X(FRAG_QUEUE, FRAG, NOC, NOC, 0, "member of a fragment queue that was dropped", "net/ipv4/ip_fragment.c")                    \
	/* output */                                                                                                                \
	X(PKT_TOO_BIG, IP_OUT, IPC(FRAGFAILS), NOC, 0, "larger than the MTU and may not be fragmented", "net/ipv4/ip_output.c")      \
	X(FRAG_FAILS, IP_OUT, IPC(FRAGFAILS), NOC, 0, "fragmentation failed", "net/ipv4/ip_output.c")                                \
	X(IP_BLACKHOLE, IP_OUT, NOC, NOC, 0, "a blackhole route", "net/core/dst.c")                                                  \
	X(IP_FORWARD_REFUSED, FORWARD, NOC, NOC, 0, "may not be forwarded (link-layer group, host-only route)", "net/ipv4/ip_forward.c") \
	/* ICMP, IGMP */                                                                                                            \
	X(ICMP_CSUM, ICMP, ICMPC(CSUMERRORS), ICMPC(INERRORS), 0, "bad ICMP checksum", "net/ipv4/icmp.c")                            \
	X(INVALID_PROTO, ICMP, ICMPC(INERRORS), NOC, 0, "ICMP message too short, of unknown type or not allowed here", "net/ipv4/icmp.c") \
	X(ICMP_BROADCAST, ICMP, ICMPC(INERRORS), NOC, 0, "echo or timestamp request to a broadcast address", "net/ipv4/icmp.c")      \
	X(IGMP_INVALID, IGMP, NOC, NOC, 0, "malformed IGMP message", "net/ipv4/igmp.c")                                              \
	/* UDP and sockets */                                                                                                       \
	X(UDP_TOO_SMALL, UDP, UDPC(INERRORS), NOC, 0, "UDP length smaller than its header or larger than the packet", "net/ipv4/udp.c") \
	X(UDP_CSUM, UDP, UDPC(CSUMERRORS), UDPC(INERRORS), 1, "bad UDP checksum", "net/ipv4/udp.c")                                  \
	X(UDP_CSUM_READ, UDP, NOC, NOC, 0, "bad UDP checksum found by the reader; it counts", "net/ipv4/udp.c")                       \
	X(UDP_COVERAGE, UDP, UDPC(INERRORS), NOC, 1, "UDP-Lite coverage smaller than the socket wants", "net/ipv4/udp.c")            \
	X(NO_SOCKET, UDP, UDPC(NOPORTS), NOC, 0, "nobody listens on the UDP port", "net/ipv4/udp.c")                                 \
	X(UDP_NO_MCAST, UDP, UDPC(IGNOREDMULTI), NOC, 0, "group or broadcast datagram that no socket wants", "net/ipv4/udp.c")       \
	X(SOCKET_FILTER, SOCKET, UDPC(INERRORS), NOC, 1, "refused by the socket's filter", "net/core/filter.c")                      \
	X(SOCKET_RCVBUFF, SOCKET, UDPC(RCVBUFERRORS), UDPC(INERRORS), 1, "receive buffer of the socket is full", "net/core/sock.c")  \
	X(SOCKET_BACKLOG, SOCKET, UDPC(RCVBUFERRORS), UDPC(INERRORS), 1, "backlog of the locked socket is full", "net/core/sock.c")  \
	X(PROTO_MEM, SOCKET, UDPC(MEMERRORS), UDPC(INERRORS), 1, "protocol memory (udp_mem) used up", "net/core/sock.c")             \
	X(RAW_RCVBUFF, SOCKET, NOC, NOC, 1, "receive buffer of a raw, ping or packet socket is full", "net/ipv4/raw.c")              \
	X(RAW_FILTER, SOCKET, NOC, NOC, 1, "refused by the filter of a raw, ping or packet socket", "net/ipv4/raw.c")                \
	X(SOCKET_CLOSE, SOCKET, NOC, NOC, 0, "the socket was closed with the datagram unread", "net/core/sock.c")

enum skb_drop_reason {
#define X(name, ...) SKB_DROP_REASON_##name,
	DROP_REASONS(X)
#undef X
	SKB_DROP_REASON_MAX
};

enum drop_layer { LAYER_DEVICE, LAYER_CORE, LAYER_QDISC, LAYER_NEIGH, LAYER_ARP, LAYER_IP, LAYER_NETFILTER, LAYER_FRAG, LAYER_FORWARD,
		  LAYER_ICMP, LAYER_IGMP, LAYER_UDP, LAYER_SOCKET, LAYER_IP_OUT, LAYER_MAX };

struct drop_row {
	const char *name;
	unsigned short layer;
	unsigned short counter[2]; /* byte offsets into struct cpu_stats; 0 is the "none" member */
	unsigned char sk_drops;
	const char *text;
	const char *kernel_file;
};

extern const struct drop_row drop_table[SKB_DROP_REASON_MAX];
extern const char *const drop_layer_name[LAYER_MAX];

#endif
