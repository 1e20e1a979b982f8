/* SPDX-License-Identifier: MIT */
#ifndef CORE_SKB_CB_H
#define CORE_SKB_CB_H
/*
 * skb_cb.h - the control block of an skb, one typed union for all layers
 *
 * Theory of operation
 *   Linux casts 48 bytes of skb->cb to each layer's struct; here the overlaps are visible. A layer may use its member only while the
 *   skb is its own: what must survive into the next layer lies in a member that both name (inet is valid from ip_rcv to the socket and
 *   from ip_make_skb to the device; udp contains inet).
 */
#include <time.h> /* linux/errqueue.h wants struct timespec */

#include <linux/errqueue.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

struct ip_options_mem {
	__be32 faddr, nexthop;
	unsigned char optlen, srr, rr, ts;
	unsigned char is_strictroute : 1, srr_is_hit : 1, is_changed : 1, rr_needaddr : 1, ts_needtime : 1, ts_needaddr : 1;
	unsigned char router_alert, cipso, __pad2;
	/* the options' bytes follow in struct ip_options of ipv4/ip_options.h */
};

struct inet_skb_parm {
	int iif;
	struct ip_options_mem opt;
	uint16_t flags;
#define IPSKB_FORWARDED (1 << 0)
#define IPSKB_FRAG_COMPLETE (1 << 1)
#define IPSKB_REROUTED (1 << 2)
#define IPSKB_DOREDIRECT (1 << 3)
#define IPSKB_FRAG_PMTU (1 << 4)
	uint16_t frag_max_size;
};

struct udp_skb_cb {
	struct inet_skb_parm inet;
	uint16_t cscov;	  /* checksum coverage (UDP-Lite) */
	uint8_t partial_cov;
};

struct frag_skb_cb {
	struct inet_skb_parm inet;
	int offset; /* of this fragment's payload in the datagram */
};

struct neighbour_cb {
	uint64_t sched_next;
	unsigned flags;
#define LOCALLY_ENQUEUED 0x1
};

/* of a packet on a socket's error queue; addr_offset is counted from the network header */
struct sock_exterr_skb {
	struct inet_skb_parm inet;
	struct sock_extended_err ee;
	uint16_t addr_offset;
	__be16 port;
};

/* of a packet on a receive queue: sk_drops as it was when the packet was queued (SO_RXQ_OVFL); beside what inet and udp use */
struct sock_skb_cb {
	unsigned char pad[44];
	uint32_t dropcount;
};
_Static_assert(sizeof(struct udp_skb_cb) <= 44 && sizeof(struct sock_exterr_skb) <= 44, "dropcount lies behind them");

struct qdisc_skb_cb {
	unsigned pkt_len;
};

/* of a received frame on its way through GRO (core/gro.h) */
struct napi_gro_cb {
	uint32_t data_offset;	 /* of the header that is looked at, from data */
	uint16_t flush;		 /* not 0: neither to be merged nor to be held */
	uint8_t same_flow;	 /* of one that is held: it may be the flow of the frame that came; of that: it was merged */
	uint8_t ip_fixedid;	 /* the merged frames have all the same IP id */
	uint16_t count;		 /* frames in it */
	unsigned long age;	 /* jiffies when it was held */
};

union skb_cb {
	struct inet_skb_parm inet;
	struct udp_skb_cb udp;
	struct frag_skb_cb frag;
	struct neighbour_cb neigh;
	struct qdisc_skb_cb qdisc;
	struct sock_exterr_skb exterr;
	struct sock_skb_cb sock;
	struct napi_gro_cb gro;
	unsigned char raw[48];
};
_Static_assert(sizeof(union skb_cb) == 48, "the control block is Linux's 48 bytes");

#define IPCB(skb) (&(skb)->cb.inet)
#define UDP_SKB_CB(skb) (&(skb)->cb.udp)
#define FRAG_CB(skb) (&(skb)->cb.frag)
#define SKB_EXT_ERR(skb) (&(skb)->cb.exterr)
#define NAPI_GRO_CB(skb) (&(skb)->cb.gro)
#define SOCK_SKB_CB(skb) (&(skb)->cb.sock)

#endif
