/* SPDX-License-Identifier: MIT */
/*
 * udp_input.c - a datagram from IP to the socket's queue (RFC 768, 1122 4.1; mirrors the receive
 * half of net/ipv4/udp.c as of 3.13)
 *
 * Theory of operation
 *   Reads downwards: udp_v4_early_demux (called by ip_rcv_finish), then udp_rcv (called by
 *   ip_local_deliver_finish), __udp4_lib_rcv: validate, find the socket, udp_queue_rcv_skb,
 *   __udp_queue_rcv_skb > sock_queue_rcv_skb. Group datagrams branch off to
 *   __udp4_lib_mcast_deliver. udp_err is the way of an ICMP error to the socket that caused it. The
 *   checksum of a datagram of at most CHECKSUM_BREAK bytes is verified here, of a longer one while
 *   it is copied to its reader. Every function down to __udp_queue_rcv_skb consumes the skb.
 *   Softirq context; no reference on the socket is taken (RCU).
 * Refuses: bad lengths, bad checksums, full queues, filtered packets; each by its reason of
 * core/drop.h, which moves the counters.
 */
#include <errno.h>

#include "core/gso.h"
#include "core/trace_events.h"
#include "ipv4/icmp.h"
#include "ipv4/udp.h"

#define CHECKSUM_BREAK 76
#define MCAST_STACK (256 / sizeof(struct sock *))

static void udp_v4_demux(struct sk_buff *skb, const struct udphdr *uh);
static __always_inline int udp4_csum_init(struct sk_buff *skb, struct udphdr *uh, int proto);
static int udplite_checksum_init(struct sk_buff *skb, struct udphdr *uh);
static void udp_sk_rx_dst_set(struct sock *sk, struct dst_entry *dst);
static int __udp4_lib_mcast_deliver(struct sk_buff *skb, const struct udp_key *key,
				    struct udp_table *table);
static void flush_stack(struct sock **stack, unsigned count, struct sk_buff *skb, unsigned final);
static int udp_rcv_segments(struct sock *sk, struct sk_buff *skb);
static void udp_no_socket(struct sk_buff *skb);

/* A socket found by early demux is borrowed for the run: nothing to give back. */
static void sock_edemux(struct sk_buff *skb)
{
	(void)skb;
}

/*
 * Before routing: does the datagram belong to a connected socket? Then socket and its cached route
 * go along. Borrows.
 */
void udp_v4_early_demux(struct sk_buff *skb)
{
	const struct netns_ipv4 *ipv4 = skb->net->ipv4;
	const struct udphdr *uh = udp_hdr(skb);
	const struct sock *sk;

	if (unlikely(skb->pkt_type != PACKET_HOST || !READ_ONCE(ipv4->sysctl_udp_early_demux) ||
		     skb->len < skb_network_header_len(skb) + sizeof(*uh)))
		return;
	sk = udp_only(udp_hashslot(ipv4->udp_table, ntohs(uh->dest)));
	if (sk && sk->sk_dport != uh->source) /* one socket has the port, and is not of this flow */
		return;
	udp_v4_demux(skb, uh);
}

static notrace void udp_v4_demux(struct sk_buff *skb, const struct udphdr *uh)
{
	struct net *net = dev_net(skb->dev);
	const struct iphdr *iph = ip_hdr(skb);
	struct dst_entry *dst;
	struct udp_key key;
	struct sock *sk;

	key = (struct udp_key){ iph->saddr, iph->daddr, uh->source, uh->dest, skb->dev->ifindex };
	sk = udp4_lib_demux_lookup(net, &key);
	if (!sk)
		return;
	skb->sk = sk;
	skb->destructor = sock_edemux;
	dst = rcu_dereference(sk->sk_rx_dst);
	if (dst)
		dst = dst_check(dst, 0);
	if (dst)
		__skb_dst_set_noref(skb, dst);
}

int udp_rcv(struct sk_buff *skb)
{
	return __udp4_lib_rcv(skb, dev_net(skb->dev)->ipv4->udp_table, IPPROTO_UDP);
}

int udplite_rcv(struct sk_buff *skb)
{
	return __udp4_lib_rcv(skb, dev_net(skb->dev)->ipv4->udplite_table, IPPROTO_UDPLITE);
}

int __udp4_lib_rcv(struct sk_buff *skb, struct udp_table *udptable, int proto)
{
	struct udphdr *uh = udp_hdr(skb);
	const struct iphdr *iph;
	struct udp_key key;
	struct sock *sk;
	unsigned ulen;

	if (unlikely(!pskb_may_pull(skb, sizeof(*uh))))
		goto short_packet;
	ulen = ntohs(uh->len);
	if (unlikely(ulen > skb->len))
		goto short_packet;
	if (likely(proto == IPPROTO_UDP)) {
		if (unlikely(ulen < sizeof(*uh)))
			goto short_packet;
		pskb_trim_rcsum(skb, ulen);
	}
	if (unlikely(udp4_csum_init(skb, uh, proto)))
		goto csum_error;

	sk = skb->sk;
	if (sk) { /* early demux found it */
		skb->sk = NULL;
		skb->destructor = NULL;
		if (unlikely(sk->sk_rx_dst != skb_dst(skb)))
			udp_sk_rx_dst_set(sk, skb_dst(skb));
		udp_queue_rcv_skb(sk, skb);
		return 0; /* below 0 would mean: go on with another protocol */
	}
	iph = ip_hdr(skb);
	key = (struct udp_key){ iph->saddr, iph->daddr, uh->source, uh->dest, skb->dev->ifindex };
	if (unlikely(skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))
		return __udp4_lib_mcast_deliver(skb, &key, udptable);
	sk = __udp4_lib_lookup(skb->net, &key, udptable);
	if (likely(sk))
		udp_queue_rcv_skb(sk, skb);
	else
		udp_no_socket(skb);
	return 0;

short_packet:
	kfree_skb_reason(skb, SKB_DROP_REASON_UDP_TOO_SMALL);
	return 0;
csum_error:
	/* RFC 1122 4.1.3.4: discard silently */
	kfree_skb_reason(skb, SKB_DROP_REASON_UDP_CSUM);
	return 0;
}

/* Nobody listens: tell the sender, unless the packet itself is broken. */
static void udp_no_socket(struct sk_buff *skb)
{
	if (udp_lib_checksum_complete(skb)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_UDP_CSUM);
		return;
	}
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
}

/*
 * Prepare, and for short datagrams finish, the checksum: non-zero when it is wrong. UDP: a zero
 * field means that there is none.
 */
static __always_inline int udp4_csum_init(struct sk_buff *skb, struct udphdr *uh, int proto)
{
	const struct iphdr *iph = ip_hdr(skb);
	unsigned len = skb->len;
	bool whole = true;

	UDP_SKB_CB(skb)->partial_cov = 0;
	UDP_SKB_CB(skb)->cscov = (uint16_t)len;
	if (unlikely(proto == IPPROTO_UDPLITE)) {
		int err = udplite_checksum_init(skb, uh);

		if (err)
			return err;
		whole = !UDP_SKB_CB(skb)->partial_cov;
	} else if (unlikely(!uh->check)) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		return 0;
	}
	if (skb_csum_unnecessary(skb))
		return 0;
	skb->csum = csum_tcpudp_nofold(iph->saddr, iph->daddr, len, (uint8_t)proto, 0);
	if (likely(len <= CHECKSUM_BREAK && whole)) {
		if (__skb_checksum_complete(skb))
			return -EINVAL;
		skb->csum_valid = 1;
	}
	return 0;
}

/* RFC 3828: a zero checksum is forbidden; the coverage is 0 (all) or 8..length. */
static int udplite_checksum_init(struct sk_buff *skb, struct udphdr *uh)
{
	unsigned cscov = ntohs(uh->len);

	if (!uh->check)
		return -EINVAL;
	if (!cscov)
		cscov = skb->len;
	else if (cscov < sizeof(*uh) || cscov > skb->len)
		return -EINVAL;
	if (cscov < skb->len) {
		UDP_SKB_CB(skb)->partial_cov = 1;
		UDP_SKB_CB(skb)->cscov = (uint16_t)cscov;
		if (skb->ip_summed == CHECKSUM_COMPLETE)
			skb->ip_summed = CHECKSUM_NONE;
	}
	return 0;
}

/*
 * Remember the route of a connected socket's datagrams; under the lock, for a closed one keeps
 * none.
 */
static void udp_sk_rx_dst_set(struct sock *sk, struct dst_entry *dst)
{
	bh_lock_sock(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		dst_hold(dst);
		dst = __atomic_exchange_n(&sk->sk_rx_dst, dst, __ATOMIC_ACQ_REL);
		dst_release(dst);
	}
	bh_unlock_sock(sk);
}

/* --- into the socket --- */

int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	struct udp_sock *up = udp_sk(sk);
	int rc = 0;

	if (unlikely(skb_is_gso(skb)) && !READ_ONCE(up->gro_enabled))
		return udp_rcv_segments(sk, skb);
	if ((up->pcflag & UDPLITE_RECV_CC) && UDP_SKB_CB(skb)->partial_cov) {
		/* full coverage was asked for (0), or more than the packet has */
		if (!up->pcrlen || UDP_SKB_CB(skb)->cscov < up->pcrlen) {
			sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_UDP_COVERAGE);
			return -1;
		}
	}
	if (rcu_access_pointer(sk->sk_filter) && udp_lib_checksum_complete(skb)) {
		sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_UDP_CSUM);
		return -1;
	}
	if (sk_rcvqueues_full(sk, (unsigned)READ_ONCE(sk->sk_rcvbuf))) {
		sk_rcvbuf_relieve(sk);
		if (sk_rcvqueues_full(sk, (unsigned)READ_ONCE(sk->sk_rcvbuf))) {
			trace_sock_rcvqueue_full(sk, skb);
			trace_udp_fail_queue_rcv_skb(-ENOMEM, sk);
			sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
			return -1;
		}
	}
	ipv4_pktinfo_prepare(sk, skb);
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		rc = __udp_queue_rcv_skb(sk, skb);
	} else if (sk_add_backlog(sk, skb, (unsigned)READ_ONCE(sk->sk_rcvbuf))) {
		trace_sock_rcvqueue_full(sk, skb);
		trace_udp_fail_queue_rcv_skb(-ENOMEM, sk);
		sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_SOCKET_BACKLOG);
		rc = -1;
	}
	bh_unlock_sock(sk);
	return rc;
}

/*
 * One packet of many datagrams, and the socket reads them one by one. Ledger: the first takes the
 * packet's place, the others are copies.
 */
static int udp_rcv_segments(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *seg, *next;
	int ret = 0;

	__skb_push(skb, skb_network_header_len(skb));
	seg = skb_gso_segment(skb, NETIF_F_HW_CSUM); /* sums are known to be right */
	if (unlikely(!seg)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -1;
	}
	seg->ledger = skb->ledger;
	skb->ledger = LEDGER_NONE;
	consume_skb(skb);
	for (; seg; seg = next) {
		next = seg->next;
		seg->next = NULL;
		ledger_begin(seg, LEDGER_COPY);
		__skb_pull(seg, skb_network_header_len(seg));
		ret |= udp_queue_rcv_skb(sk, seg);
	}
	return ret;
}

/* Under the socket's lock; also the backlog's way in. */
int __udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_SOCKET_CLOSE;
	int rc = -ENOTCONN;

	/*
	 * A lookup of before the close may come here after it: nobody would read, or purge, the
	 * packet.
	 */
	if (likely(!sock_flag(sk, SOCK_DEAD))) {
		if (sk->sk_daddr) /* where the datagrams of its flow are handled: SO_INCOMING_CPU */
			WRITE_ONCE(sk->sk_incoming_cpu, (int)this_vcpu()->id);
		rc = sock_queue_rcv_skb(sk, skb);
		if (likely(!rc))
			return 0;
		reason = rc == -ENOMEM	? SKB_DROP_REASON_SOCKET_RCVBUFF :
			 rc == -ENOBUFS ? SKB_DROP_REASON_PROTO_MEM :
					  SKB_DROP_REASON_SOCKET_FILTER;
	}
	trace_udp_fail_queue_rcv_skb(rc, sk);
	sk_skb_reason_drop(sk, skb, reason);
	return -1;
}

/* --- groups and broadcast --- */

/*
 * One copy for every socket that wants it. Sockets are collected on the stack under the slot's lock
 * and served without it; when there are more than the stack holds, it is emptied under the lock,
 * which holds up binds: counted (M2).
 */
static int __udp4_lib_mcast_deliver(struct sk_buff *skb, const struct udp_key *key,
				    struct udp_table *table)
{
	struct udp_hslot *slot = udp_hashslot(table, ntohs(key->dport));
	struct sock *sk, *stack[MCAST_STACK];
	unsigned count = 0;

	spin_lock(&slot->lock);
	sk = udp_v4_mcast_next(slot, NULL, key);
	while (sk) {
		stack[count++] = sk;
		sk = udp_v4_mcast_next(slot, sk, key);
		if (unlikely(count == MCAST_STACK && sk)) {
			flush_stack(stack, count, skb, ~0u);
			this_cpu_stats()->udp_flush_under_lock++;
			count = 0;
		}
	}
	spin_unlock(&slot->lock);
	if (count)
		flush_stack(stack, count, skb, count - 1);
	else
		kfree_skb_reason(skb, SKB_DROP_REASON_UDP_NO_MCAST);
	return 0;
}

/*
 * A clone for each socket but number @final, which gets @skb itself. Ledger: the frame counts as
 * delivered once, when the first clone is; what is then left of @skb is one more copy.
 */
static void flush_stack(struct sock **stack, unsigned count, struct sk_buff *skb, unsigned final)
{
	for (unsigned i = 0; i < count; i++) {
		struct sock *sk = stack[i];
		struct sk_buff *clone;

		if (i == final) {
			udp_queue_rcv_skb(sk, skb);
			return;
		}
		clone = skb_clone(skb);
		if (!clone) {
			atomic_inc(&sk->sk_drops);
			UDP_INC_STATS(UDP_MIB_RCVBUFERRORS, IS_UDPLITE(sk));
			UDP_INC_STATS(UDP_MIB_INERRORS, IS_UDPLITE(sk));
			continue;
		}
		if (!udp_queue_rcv_skb(sk, clone) && skb->ledger == LEDGER_FRAME) {
			ledger_end(skb, VERDICT_DELIVERED);
			ledger_begin(skb, LEDGER_COPY);
		}
	}
}

/* --- an ICMP error about a datagram of ours: @skb->data is the quoted IP header. Borrows. --- */

int udp_err(struct sk_buff *skb, uint32_t info)
{
	return __udp4_lib_err(skb, info, dev_net(skb->dev)->ipv4->udp_table);
}

int udplite_err(struct sk_buff *skb, uint32_t info)
{
	return __udp4_lib_err(skb, info, dev_net(skb->dev)->ipv4->udplite_table);
}

int __udp4_lib_err(struct sk_buff *skb, uint32_t info, struct udp_table *table)
{
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	const struct udphdr *uh = (const struct udphdr *)(const void *)(skb->data + iph->ihl * 4);
	const int type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	/* the quoted packet is ours: its destination is the socket's peer */
	struct udp_key key = { iph->daddr, iph->saddr, uh->dest, uh->source, skb->dev->ifindex };
	struct sock *sk = __udp4_lib_lookup(dev_net(skb->dev), &key, table);
	bool harderr = false;
	int err = 0;

	if (!sk) {
		ICMP_INC_STATS(ICMP_MIB_INERRORS);
		return -ENOENT;
	}
	switch (type) {
	default:
	case ICMP_TIME_EXCEEDED:
		err = EHOSTUNREACH;
		break;
	case ICMP_SOURCE_QUENCH:
		return 0;
	case ICMP_PARAMETERPROB:
		err = EPROTO;
		harderr = true;
		break;
	case ICMP_DEST_UNREACH:
		if (code == ICMP_FRAG_NEEDED) {
			ipv4_sk_update_pmtu(skb, sk, info);
			if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT)
				return 0;
			err = EMSGSIZE;
			harderr = true;
			break;
		}
		err = EHOSTUNREACH;
		if (code <= NR_ICMP_UNREACH) {
			harderr = icmp_err_convert[code].fatal;
			err = icmp_err_convert[code].err_no;
		}
		break;
	case ICMP_REDIRECT:
		ipv4_redirect(skb, dev_net(skb->dev), 0, iph->protocol);
		return 0;
	}
	if (!inet_sk(sk)->recverr) {
		if (!harderr || sk->sk_state != TCP_ESTABLISHED)
			return 0;
	} else {
		ip_icmp_error(sk, skb, err, uh->dest, info, (const uint8_t *)(uh + 1));
	}
	sk->sk_err = err;
	sk->sk_error_report(sk);
	return 0;
}
