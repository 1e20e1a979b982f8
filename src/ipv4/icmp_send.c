/* SPDX-License-Identifier: MIT */
/*
 * icmp_send.c - control messages sent, and how many (RFC 792, 1122 3.2.2, 1812 4.3.2; mirrors the sending half of net/ipv4/icmp.c)
 *
 * Theory of operation
 *   icmp_send (an error about a packet; called from anywhere on the walk) and icmp_reply (an answer) both build by ip_append_data() on the
 *   control socket of this vCPU, which is locked by trying: a message caused by sending a message is not sent. The packet asked about is
 *   borrowed; the answer inherits its packet_id.
 *   Never an error about: an ICMP error, a group or broadcast (address or link layer), a fragment but the first, a header that is not whole.
 *   An error quotes as much as fits 576 bytes (RFC 1812 4.3.2.3), comes from the address the packet was sent to if that is ours, and has
 *   precedence "internetwork control".
 *   Limits, for the types of icmp_ratemask except "fragmentation needed": all peers together (icmp_msgs_per_sec, burst; not for what came in
 *   by loopback), then each peer (icmp_ratelimit, six at once; not for what leaves by loopback). The global credit is consumed only by what
 *   passed both, by 0, 1 or 2 at random, so that nobody can count our other peers' errors (CVE-2020-25705).
 *   Context: a vCPU, softirq or call; bottom halves are off while the socket is held.
 */
#include <errno.h>

#include "core/packet_trace.h"
#include "ipv4/fib.h"
#include "ipv4/icmp_bxm.h"
#include "ipv4/inetpeer.h"
#include "kernel/slab.h"
#include "kernel/softirq.h"

#define ICMP_QUOTE_MAX 576
#define INADDR_DUMMY_BE htonl(0xc0000008) /* 192.0.0.8, RFC 7600: a router without an address */

struct icmp_ratelimit {
	int credit;	/* [A] */
	uint32_t stamp; /* [A] jiffies */
};

static void icmp_send_about(struct sock *sk, struct sk_buff *skb_in, struct icmp_bxm *param, bool limited);
static struct sock *icmp_xmit_lock(struct net *net);
static void icmp_xmit_unlock(struct sock *sk);
static void icmp_push_reply(struct sock *sk, struct icmp_bxm *param, struct flowi4 *fl4, struct ipcm_cookie *ipc, struct rtable **rt);
static int icmp_glue_bits(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb);
static bool icmpv4_global_allow(struct net *net, int type, int code, bool *limited);
static bool icmp_global_allow(struct net *net);
static bool icmpv4_xrlim_allow(struct net *net, const struct rtable *rt, const struct flowi4 *fl4, bool limited);

/* May an error of ours speak of @skb_in? RFC 1122 3.2.2 */
static bool icmp_may_send(const struct sk_buff *skb_in, int type)
{
	const struct rtable *rt = skb_rtable(skb_in);
	const struct iphdr *iph = ip_hdr(skb_in);
	const unsigned char *tail = skb_tail_pointer(skb_in), *inner;

	if (!rt || (const unsigned char *)iph < skb_in->head || (const unsigned char *)(iph + 1) > tail)
		return false;
	if (skb_in->pkt_type != PACKET_HOST || (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))
		return false;
	if (iph->frag_off & htons(IP_OFFSET))
		return false;
	if (icmp_type_is_error((uint8_t)type) && iph->protocol == IPPROTO_ICMP) {
		inner = (const unsigned char *)iph + iph->ihl * 4;
		if (inner >= tail || icmp_type_is_error(*inner))
			return false;
	}
	return true;
}

void icmp_send(struct sk_buff *skb_in, int type, int code, __be32 info)
{
	struct icmp_bxm param = { .skb = skb_in, .head_len = sizeof(struct icmphdr) };
	struct net *net;
	struct sock *sk;
	bool limited = false;

	if (!icmp_may_send(skb_in, type))
		return;
	net = skb_dst(skb_in)->net;
	param.data.icmph = (struct icmphdr){ .type = (uint8_t)type, .code = (uint8_t)code, .un.gateway = info };
	local_bh_disable();
	if (!(skb_in->dev && (skb_in->dev->flags & IFF_LOOPBACK)) && !icmpv4_global_allow(net, type, code, &limited))
		goto out;
	sk = icmp_xmit_lock(net);
	if (sk) {
		icmp_send_about(sk, skb_in, &param, limited);
		icmp_xmit_unlock(sk);
	}
out:
	local_bh_enable();
}

/* From which address: the one that was spoken to, else let the route say (RFC 1812 4.3.2.4), or the device it came in by. */
static __be32 icmp_source(struct net *net, const struct sk_buff *skb_in)
{
	const struct rtable *rt = skb_rtable(skb_in);
	struct net_device *dev = NULL;

	if (rt->rt_flags & RTCF_LOCAL)
		return ip_hdr(skb_in)->daddr;
	if (rt_is_input_route(rt) && READ_ONCE(net->ipv4->sysctl_icmp_errors_use_inbound_ifaddr))
		dev = dev_get_by_index_rcu(net, IPCB(skb_in)->iif ? IPCB(skb_in)->iif : skb_in->skb_iif);
	return dev ? inet_select_addr(dev, ip_hdr(skb_in)->saddr, RT_SCOPE_LINK) : 0;
}

static void icmp_send_about(struct sock *sk, struct sk_buff *skb_in, struct icmp_bxm *param, bool limited)
{
	struct net *net = sock_net(sk);
	const struct iphdr *iph = ip_hdr(skb_in);
	uint8_t type = param->data.icmph.type;
	uint8_t tos = icmp_type_is_error(type) ? (uint8_t)(RT_TOS(iph->tos) | IPTOS_PREC_INTERNETCONTROL) : iph->tos;
	struct ipcm_cookie ipc = { .tos = tos, .addr = iph->saddr, .opt = &param->replyopts.opt };
	struct flowi4 fl4 = { .flowi4_proto = IPPROTO_ICMP, .flowi4_tos = (uint8_t)RT_TOS(tos), .saddr = icmp_source(net, skb_in),
			      .fl4_icmp_type = type, .fl4_icmp_code = param->data.icmph.code };
	struct rtable *rt;
	int err, room;

	if (ip_options_echo(net, &param->replyopts.opt.opt, skb_in, IPCB_OPT(skb_in)))
		return;
	fl4.daddr = param->replyopts.opt.opt.srr ? param->replyopts.opt.opt.faddr : iph->saddr;
	rt = ip_route_output_key(net, &fl4, &err);
	if (!rt)
		return;
	if (!icmpv4_xrlim_allow(net, rt, &fl4, limited))
		goto out;
	room = (int)min(dst_mtu(&rt->dst), (unsigned)ICMP_QUOTE_MAX);
	room -= (int)(sizeof(struct iphdr) + param->replyopts.opt.opt.optlen + sizeof(struct icmphdr));
	if (room <= (int)sizeof(struct iphdr))
		goto out;
	param->offset = skb_network_offset(skb_in);
	param->data_len = min((int)skb_in->len - param->offset, room);
	if (!fl4.saddr)
		fl4.saddr = INADDR_DUMMY_BE;
	icmp_push_reply(sk, param, &fl4, &ipc, &rt);
out:
	if (rt)
		ip_rt_put(rt);
}

void icmp_reply(struct icmp_bxm *param, struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	const struct iphdr *iph = ip_hdr(skb);
	struct ipcm_cookie ipc = { .tos = iph->tos, .addr = iph->saddr };
	struct flowi4 fl4 = { .flowi4_proto = IPPROTO_ICMP, .flowi4_tos = (uint8_t)RT_TOS(iph->tos), .daddr = iph->saddr };
	bool limited = false;
	struct rtable *rt;
	struct sock *sk;
	int err;

	if (ip_options_echo(net, &param->replyopts.opt.opt, skb, IPCB_OPT(skb)))
		return;
	param->data.icmph.checksum = 0; /* it was the question's */
	local_bh_disable();
	if (!icmpv4_global_allow(net, param->data.icmph.type, param->data.icmph.code, &limited))
		goto out;
	sk = icmp_xmit_lock(net);
	if (!sk)
		goto out;
	if (param->replyopts.opt.opt.optlen) {
		ipc.opt = &param->replyopts.opt;
		if (ipc.opt->opt.srr)
			fl4.daddr = ipc.opt->opt.faddr;
	}
	fl4.saddr = fib_compute_spec_dst(skb);
	rt = ip_route_output_key(net, &fl4, &err);
	if (rt) {
		if (icmpv4_xrlim_allow(net, rt, &fl4, limited))
			icmp_push_reply(sk, param, &fl4, &ipc, &rt);
		if (rt)
			ip_rt_put(rt);
	}
	icmp_xmit_unlock(sk);
out:
	local_bh_enable();
}

static struct sock *icmp_xmit_lock(struct net *net)
{
	struct sock *sk = net->ipv4->icmp_sk[this_vcpu()->id];

	return likely(_raw_spin_trylock(&sk->sk_lock.slock)) ? sk : NULL;
}

static void icmp_xmit_unlock(struct sock *sk)
{
	_raw_spin_unlock(&sk->sk_lock.slock);
}

static void icmp_push_reply(struct sock *sk, struct icmp_bxm *param, struct flowi4 *fl4, struct ipcm_cookie *ipc, struct rtable **rt)
{
	struct ip_append ap = { icmp_glue_bits, param, param->data_len + param->head_len, param->head_len, MSG_DONTWAIT };
	struct sk_buff *skb;
	__wsum csum;

	if (ip_append_data(sk, fl4, &ap, ipc, rt) < 0) {
		ICMP_INC_STATS(ICMP_MIB_OUTERRORS);
		ip_flush_pending_frames(sk);
		return;
	}
	skb = skb_peek(&sk->sk_write_queue);
	if (!skb)
		return;
	csum = csum_partial_copy(&param->data, icmp_hdr(skb), param->head_len, skb->csum);
	icmp_hdr(skb)->checksum = csum_fold(csum);
	skb->ip_summed = CHECKSUM_NONE;
	skb_copy_packet(skb, param->skb);
	ip_push_pending_frames(sk, fl4);
}

static int icmp_glue_bits(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	const struct icmp_bxm *param = from;
	__wsum csum = skb_copy_and_csum_bits(param->skb, param->offset + offset, to, len, 0);

	skb->csum = csum_block_add(skb->csum, csum, odd);
	return 0;
}

void icmp_out_count(struct net *net, unsigned char type)
{
	(void)net;
	ICMPMSGOUT_INC_STATS(type);
	ICMP_INC_STATS(ICMP_MIB_OUTMSGS);
}

/* --- limits --- */

static bool icmpv4_mask_allow(struct net *net, int type, int code)
{
	if (type > NR_ICMP_TYPES || (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED))
		return true;
	return !((1u << type) & (unsigned)READ_ONCE(net->ipv4->sysctl_icmp_ratemask));
}

static bool icmpv4_global_allow(struct net *net, int type, int code, bool *limited)
{
	if (icmpv4_mask_allow(net, type, code))
		return true;
	if (icmp_global_allow(net)) {
		*limited = true;
		return true;
	}
	ICMP_INC_STATS(ICMP_MIB_RATELIMITGLOBAL);
	return false;
}

/* Is there credit? It grows with the time, at most by a second's worth, in steps of 20 ms at least. */
static bool icmp_global_allow(struct net *net)
{
	struct icmp_ratelimit *rl = net->ipv4->icmp_rl;
	uint32_t now = (uint32_t)jiffies_now(), old = READ_ONCE(rl->stamp), delta = min(now - old, net->m.hz);
	int incr, credit, burst;

	if (READ_ONCE(rl->credit) > 0)
		return true;
	if (delta < net->m.hz / 50)
		return false;
	incr = (int)((uint64_t)(unsigned)READ_ONCE(net->ipv4->sysctl_icmp_msgs_per_sec) * delta / net->m.hz);
	if (!incr)
		return false;
	if (__atomic_compare_exchange_n(&rl->stamp, &old, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		burst = READ_ONCE(net->ipv4->sysctl_icmp_msgs_burst);
		credit = READ_ONCE(rl->credit);
		while (!__atomic_compare_exchange_n(&rl->credit, &credit, min(credit + incr, burst), false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED))
			;
	}
	return true;
}

static bool icmpv4_xrlim_allow(struct net *net, const struct rtable *rt, const struct flowi4 *fl4, bool limited)
{
	struct inet_peer *peer;
	bool allow = true;

	if (!limited)
		return true;
	if (!(rt->dst.dev->flags & IFF_LOOPBACK)) {
		peer = inet_getpeer_v4(net, fl4->daddr, 1);
		allow = inet_peer_xrlim_allow(peer, READ_ONCE(net->ipv4->sysctl_icmp_ratelimit));
		inet_putpeer(peer);
	}
	if (allow)
		__atomic_fetch_sub(&net->ipv4->icmp_rl->credit, (int)rng_below(&this_vcpu()->rng, 3), __ATOMIC_RELAXED);
	else
		ICMP_INC_STATS(ICMP_MIB_RATELIMITHOST);
	return allow;
}

/* --- init --- */

int icmp_sk_init(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	int err = -ENOMEM;
	struct vcpu *v;

	ipv4->icmp_rl = kzalloc(&net->m, sizeof(*ipv4->icmp_rl));
	if (!ipv4->icmp_rl)
		return err;
	ipv4->icmp_rl->stamp = (uint32_t)INITIAL_JIFFIES - net->m.hz; /* the burst is there from the start */
	for_each_vcpu(v, &net->m) {
		struct sock *sk;

		err = inet_ctl_sock_create(&ipv4->icmp_sk[v->id], SOCK_RAW, IPPROTO_ICMP, net);
		if (err) {
			icmp_sk_exit(net);
			return err;
		}
		sk = ipv4->icmp_sk[v->id];
		sk->sk_home = v;
		sk->sk_sndbuf = (int)(2 * skb_truesize(64 * 1024)); /* two of the largest */
		sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
		inet_sk(sk)->pmtudisc = IP_PMTUDISC_DONT;
	}
	return 0;
}

void icmp_sk_exit(struct net *net)
{
	struct netns_ipv4 *ipv4 = net->ipv4;
	struct vcpu *v;

	for_each_vcpu(v, &net->m) {
		inet_ctl_sock_destroy(ipv4->icmp_sk[v->id]);
		ipv4->icmp_sk[v->id] = NULL;
	}
	kfree(&net->m, ipv4->icmp_rl);
	ipv4->icmp_rl = NULL;
}
