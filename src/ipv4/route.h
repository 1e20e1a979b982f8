/* SPDX-License-Identifier: MIT */
#ifndef IPV4_ROUTE_H
#define IPV4_ROUTE_H
/*
 * route.h - routes as the walk uses them (mirrors include/net/route.h, flow.h; route.c)
 *
 * Theory of operation
 *   flowi4 is the key, rtable the answer: a dst_entry plus IPv4's facts. Where Linux follows
 *   dst->input, dst_input() here is a switch on what the route is, in ipv4/ip_input.c; dst_output()
 *   likewise in ip_output.c: both visible, no indirect call.
 */
#include "core/dst.h"
#include "ipv4/inetdevice.h"

#define RTO_ONLINK 0x01
/* <net/route.h> has the same name, with a constant of <netinet/ip.h> */
#undef RT_TOS
#define RT_TOS(tos) ((tos) & 0x1e)
#define FLOWI_FLAG_ANYSRC 0x01
#define FLOWI_FLAG_KNOWN_NH 0x02

struct flowi4 {
	int flowi4_oif, flowi4_iif;
	uint32_t flowi4_mark;
	uint8_t flowi4_tos, flowi4_scope, flowi4_proto, flowi4_flags;
	__be32 saddr, daddr;
	__be16 fl4_sport, fl4_dport;
	uint8_t fl4_icmp_type, fl4_icmp_code;
	uint32_t flowi4_uid;
};
#define LOOPBACK_IFINDEX 1 /* lo is the first device of every net */

/* What becomes of a packet on this route */
enum rt_action {
	RT_ACTION_OUTPUT,
	RT_ACTION_LOCAL,
	RT_ACTION_FORWARD,
	RT_ACTION_MC_OUTPUT,
	RT_ACTION_ERROR,
	RT_ACTION_BLACKHOLE
};

struct rtable {
	struct dst_entry dst; /* first */
	int rt_genid;
	unsigned rt_flags; /* RTCF_* */
	uint16_t rt_type;  /* RTN_* */
	uint8_t rt_is_input, rt_uses_gateway;
	uint8_t rt_input, rt_output; /* enum rt_action: what dst_input/dst_output do */
	int rt_iif;
	__be32 rt_gateway; /* next hop, 0: destination itself */
	uint32_t rt_pmtu;
	uint8_t rt_mtu_locked;
	uint32_t rt_mtu; /* RTAX_MTU of the route, 0 none */
	uint32_t rt_hoplimit;
	struct list_head rt_list; /* [L:rt_lock] net->ipv4->rt_list */
};
#define RTCF_REDIRECTED 0x00040000
#define RTCF_DOREDIRECT 0x01000000
#define RTCF_BROADCAST 0x10000000
#define RTCF_MULTICAST 0x20000000
#define RTCF_LOCAL 0x80000000

static __always_inline struct rtable *skb_rtable(const struct sk_buff *skb)
{
	return (struct rtable *)skb_dst(skb);
}
static __always_inline __be32 rt_nexthop(const struct rtable *rt, __be32 daddr)
{
	return rt->rt_gateway ? rt->rt_gateway : daddr;
}
static __always_inline bool rt_is_input_route(const struct rtable *rt)
{
	return rt->rt_is_input;
}
static __always_inline bool rt_is_output_route(const struct rtable *rt)
{
	return !rt->rt_is_input;
}
#define ip_rt_put(rt) dst_release(&(rt)->dst)

/* net.ipv4.route.*, /proc/net/rt_cache (empty, as Linux), counters */
int ip_rt_init(struct net *net);
void ip_rt_exit(struct net *net);
/*
 * Input: sets the skb's dst (noref): 0, or the negative errno with *reason; the skb stays the
 * caller's.
 */
int ip_route_input_noref(struct sk_buff *skb, __be32 dst, __be32 src, uint8_t tos,
			 struct net_device *dev, enum skb_drop_reason *reason);
int ip_mc_validate_source(struct sk_buff *skb, __be32 daddr, __be32 saddr, uint8_t tos,
			  struct net_device *dev, struct in_device *in_dev);
/*
 * Output: an rtable with a reference, or NULL with *err = -ENETUNREACH, -EINVAL, -EHOSTUNREACH ...
 * Fills fl4->saddr and oif.
 */
struct rtable *ip_route_output_flow(struct net *net, struct flowi4 *fl4, const struct sock *sk,
				    int *err);
static __always_inline struct rtable *ip_route_output_key(struct net *net, struct flowi4 *fl4,
							  int *err)
{
	return ip_route_output_flow(net, fl4, NULL, err);
}
struct dst_entry *ipv4_dst_check(struct dst_entry *dst, uint32_t cookie);
unsigned ipv4_mtu(const struct dst_entry *dst);
/*
 * ICMP told us: lower the path MTU of the flow in @skb's quoted header (RFC 1191, floor min_pmtu).
 */
void ipv4_update_pmtu(struct sk_buff *skb, struct net *net, uint32_t mtu, int oif,
		      uint8_t protocol);
void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, uint32_t mtu);
/* ICMP redirect of the quoted packet */
void ipv4_redirect(struct sk_buff *skb, struct net *net, int oif, uint8_t protocol);
/*
 * error_report of a neighbour: ICMP host unreachable about @skb (borrowed), and its route expires
 */
void ipv4_link_failure(struct sk_buff *skb);
void ip_rt_send_redirect(struct sk_buff *skb);
/* Count a lookup failure and send the ICMP error that the route's dst_error asks for. Consumes. */
int ip_error(struct sk_buff *skb);
void rt_cache_flush(struct net *net); /* any change: move the generation */
/*
 * May the packets of this route be fragmented on the way, because its MTU is locked or was forged
 * low?
 */
static __always_inline bool ip_mtu_locked(const struct rtable *rt)
{
	return rt->rt_mtu_locked;
}
static __always_inline int rt_genid(const struct net *net)
{
	return __atomic_load_n(&net->ipv4->rt_genid, __ATOMIC_RELAXED);
}
static __always_inline int ip4_dst_hoplimit(const struct rtable *rt)
{
	return rt->rt_hoplimit ? (int)rt->rt_hoplimit
			       : READ_ONCE(dev_net(rt->dst.dev)->ipv4->sysctl_ip_default_ttl);
}

/* TC_PRIO_* of a type of service: which band of the queue it goes to (Linux's ip_tos2prio) */
static __always_inline uint32_t rt_tos2priority(uint8_t tos)
{
	static const uint8_t ip_tos2prio[16] = { 0, 1, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4 };

	return ip_tos2prio[(tos & 0x1e) >> 1];
}

#endif
