/* SPDX-License-Identifier: MIT */
/*
 * ip_append.c - from what a caller writes to one IP packet: cork, append, make (mirrors the first half of net/ipv4/ip_output.c)
 *
 * Theory of operation
 *   Called by: udp_sendmsg(), raw and ping sockets, icmp_push_reply(). Either at once, ip_make_skb, or piece by piece under the socket's
 *   lock: ip_append_data ..., ip_push_pending_frames. Both: ip_setup_cork, __ip_append_data, __ip_make_skb.
 *
 *   Linux builds a datagram above the path MTU as a chain of buffers, each of a fragment's size, which ip_do_fragment() then only takes
 *   apart. Buffers here are linear, so the queue of a cork has ONE skb with the whole datagram, up to 65535 bytes, and ip_do_fragment() cuts
 *   and copies. What the socket is charged is nevertheless what Linux charges: the truesize of all the buffers it would have made
 *   (ip_chain_truesize), and a datagram is refused with ENOBUFS where Linux would not get the next buffer (twice the send buffer).
 *   The checksum of the payload is summed while it is copied, into skb->csum; the transport finishes it.
 *
 *   Owns: the cork (route, copied options) and its queue, until the packet is made or flushed. Never holds user memory.
 *   Threads: the socket's vCPU; a shared cork is under the socket's lock. May wait for send buffer space.
 */
#include <errno.h>
#include <linux/net_tstamp.h>

#include "ipv4/icmp.h"
#include "ipv4/ip.h"
#include "kernel/slab.h"

#ifndef MSG_PROBE
#define MSG_PROBE 0x10
#endif
#define ALLOC_SLACK 15u /* Linux asks for so much more */

/* The sizes of one append */
struct append_geometry {
	unsigned mtu, hdr, maxfrag, extra; /* hdr: IP header and options; maxfrag: a fragment that is not the last; extra: headroom */
	bool more;
};

static int ip_setup_cork(struct sock *sk, struct inet_cork *cork, struct ipcm_cookie *ipc, struct rtable **rtp);
static int __ip_append_data(struct sock *sk, struct flowi4 *fl4, struct sk_buff_head *queue, struct inet_cork *cork,
			    const struct ip_append *ap);
static struct sk_buff *ip_append_first(struct sock *sk, const struct append_geometry *g, struct inet_cork *cork,
				       const struct ip_append *ap, int *err);
static int ip_append_grow(struct sock *sk, struct sk_buff *skb, const struct append_geometry *g, const struct inet_cork *cork, int length);
static void ip_append_charge(struct sock *sk, struct sk_buff *skb, unsigned want);
static unsigned ip_chain_truesize(const struct append_geometry *g, unsigned payload, unsigned *ret_last);
static struct sk_buff *__ip_make_skb(struct sock *sk, struct flowi4 *fl4, struct sk_buff_head *queue, struct inet_cork *cork);
static void __ip_flush_pending_frames(struct sock *sk, struct sk_buff_head *queue, struct inet_cork *cork);
static void ip_cork_release(struct sock *sk, struct inet_cork *cork);

/* --- at once --- */

struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl4, const struct ip_append *ap, struct ipcm_cookie *ipc, struct rtable **rtp,
			    int *err)
{
	struct inet_cork cork = { 0 };
	struct sk_buff_head queue;

	*err = 0;
	if (ap->flags & MSG_PROBE)
		return NULL;
	__skb_queue_head_init(&queue);
	*err = ip_setup_cork(sk, &cork, ipc, rtp);
	if (*err) {
		ip_cork_release(sk, &cork);
		return NULL;
	}
	*err = __ip_append_data(sk, fl4, &queue, &cork, ap);
	if (*err) {
		__ip_flush_pending_frames(sk, &queue, &cork);
		return NULL;
	}
	return __ip_make_skb(sk, fl4, &queue, &cork);
}

/* --- piece by piece --- */

int ip_append_data(struct sock *sk, struct flowi4 *fl4, const struct ip_append *ap, struct ipcm_cookie *ipc, struct rtable **rtp)
{
	struct inet_cork *cork = &inet_sk(sk)->cork.base;
	struct ip_append part = *ap;
	int err;

	if (ap->flags & MSG_PROBE)
		return 0;
	if (skb_queue_empty(&sk->sk_write_queue)) {
		err = ip_setup_cork(sk, cork, ipc, rtp);
		if (err)
			return err;
	} else {
		part.transhdrlen = 0;
	}
	return __ip_append_data(sk, fl4, &sk->sk_write_queue, cork, &part);
}

int ip_push_pending_frames(struct sock *sk, struct flowi4 *fl4)
{
	struct sk_buff *skb = ip_finish_skb(sk, fl4);

	return skb ? ip_send_skb(sock_net(sk), skb) : 0;
}

struct sk_buff *ip_finish_skb(struct sock *sk, struct flowi4 *fl4)
{
	return __ip_make_skb(sk, fl4, &sk->sk_write_queue, &inet_sk(sk)->cork.base);
}

void ip_flush_pending_frames(struct sock *sk)
{
	__ip_flush_pending_frames(sk, &sk->sk_write_queue, &inet_sk(sk)->cork.base);
}

/* --- the three steps --- */

/* Takes the caller's reference of the route over (*rtp becomes NULL) when it returns 0. */
static int ip_setup_cork(struct sock *sk, struct inet_cork *cork, struct ipcm_cookie *ipc, struct rtable **rtp)
{
	const struct ip_options_rcu *opt = ipc->opt;
	struct rtable *rt = *rtp;

	if (unlikely(!rt))
		return -EFAULT;
	cork->fragsize = ip_sk_use_pmtu(sk) ? dst_mtu(&rt->dst) : READ_ONCE(rt->dst.dev->mtu);
	if (cork->fragsize < IPV4_MIN_MTU)
		return -ENETUNREACH;
	if (opt) {
		if (!cork->opt) {
			cork->opt = kzalloc(&sock_net(sk)->m, sizeof(*cork->opt) + 40);
			if (unlikely(!cork->opt))
				return -ENOBUFS;
		}
		memcpy(cork->opt, &opt->opt, sizeof(opt->opt) + opt->opt.optlen);
		cork->flags |= IPCORK_OPT;
		cork->addr = ipc->addr;
	}
	cork->dst = &rt->dst;
	*rtp = NULL;
	cork->length = 0;
	cork->ttl = ipc->ttl;
	cork->tos = ipc->tos;
	cork->priority = ipc->priority;
	cork->mark = ipc->sockc.mark;
	cork->gso_size = ipc->gso_size;
	cork->tx_flags = ipc->tx_flags;
	return 0;
}

static int __ip_append_data(struct sock *sk, struct flowi4 *fl4, struct sk_buff_head *queue, struct inet_cork *cork,
			    const struct ip_append *ap)
{
	unsigned optlen = cork->flags & IPCORK_OPT ? cork->opt->optlen : 0;
	/* cut in datagrams later, it is one packet until then */
	struct append_geometry g = { .mtu = cork->gso_size ? IP_MAX_MTU : cork->fragsize, .hdr = (unsigned)sizeof(struct iphdr) + optlen };
	unsigned limit = ip_sk_ignore_df(sk) ? IP_MAX_MTU : g.mtu, at;
	struct sk_buff *skb = skb_peek_tail(queue);
	int err, copy = ap->length - ap->transhdrlen;
	bool first = !skb;
	char *to;

	g.maxfrag = ((g.mtu - g.hdr) & ~7u) + g.hdr;
	g.extra = LL_RESERVED_SPACE(cork->dst->dev) + ALLOC_SLACK;
	g.more = ap->flags & MSG_MORE;
	if (unlikely((unsigned)(cork->length + ap->length) > limit - g.hdr)) {
		ip_local_error(sk, EMSGSIZE, fl4->daddr, inet_sk(sk)->inet_dport, g.mtu - optlen);
		return -EMSGSIZE;
	}
	cork->length += ap->length;
	if (first) {
		skb = ip_append_first(sk, &g, cork, ap, &err);
		if (unlikely(!skb))
			goto error;
	} else {
		err = ip_append_grow(sk, skb, &g, cork, ap->length);
		if (unlikely(err))
			goto error;
	}
	at = skb->len;
	to = skb_put(skb, (unsigned)copy);
	if (copy && ap->getfrag(ap->from, to, 0, copy, (int)at, skb) < 0) {
		err = -EFAULT;
		if (first)
			kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
		else
			skb_trim(skb, at);
		goto error;
	}
	if (first)
		__skb_queue_tail(queue, skb);
	return 0;
error:
	cork->length -= ap->length;
	IP_INC_STATS(IPSTATS_MIB_OUTDISCARDS);
	return err;
}

/* Who sums the payload? A device that can, for a datagram that goes in one piece; or who cuts it. */
static __always_inline uint8_t ip_append_csum(const struct sock *sk, const struct append_geometry *g, const struct inet_cork *cork,
					      const struct ip_append *ap)
{
	if (cork->gso_size)
		return CHECKSUM_PARTIAL;
	if (sk->sk_protocol == IPPROTO_UDP && !g->more && ap->transhdrlen && (cork->dst->dev->features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)) &&
	    g->hdr + (unsigned)cork->length <= g->mtu)
		return CHECKSUM_PARTIAL;
	return CHECKSUM_NONE;
}

/* The skb of a datagram: room for its headers and all of @cork->length; transport header (transhdrlen bytes) in, payload to come. */
static struct sk_buff *ip_append_first(struct sock *sk, const struct append_geometry *g, struct inet_cork *cork,
				       const struct ip_append *ap, int *err)
{
	unsigned payload = (unsigned)cork->length, last, want = ip_chain_truesize(g, payload, &last);
	unsigned size = g->extra + (g->more ? max(g->mtu, g->hdr + payload) : g->hdr + payload);
	int before = atomic_read(&sk->sk_wmem_alloc);
	struct sk_buff *skb = NULL;

	if (ap->transhdrlen) {
		skb = sock_alloc_send_skb(sk, size, (ap->flags & MSG_DONTWAIT) != 0, err);
	} else {
		*err = -ENOBUFS;
		if (before <= 2 * READ_ONCE(sk->sk_sndbuf))
			skb = sock_wmalloc(sk, size, 1);
	}
	if (unlikely(!skb))
		return NULL;
	/* all but the last buffer must have been made before it */
	if (want > last && before + (int)(want - last) > 2 * READ_ONCE(sk->sk_sndbuf)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		*err = -ENOBUFS;
		return NULL;
	}
	ip_append_charge(sk, skb, want);
	skb_reserve(skb, g->extra - ALLOC_SLACK);
	skb->ip_summed = ip_append_csum(sk, g, cork, ap);
	skb->csum = 0;
	skb_shinfo(skb)->gso_size = cork->gso_size;
	if (unlikely(cork->tx_flags)) { /* a stamp is of the first fragment */
		skb_shinfo(skb)->tx_flags = cork->tx_flags;
		cork->tx_flags = 0;
		if (sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID)
			skb_shinfo(skb)->tskey = sk->sk_tskey++;
	}
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, (int)g->hdr);
	skb_put(skb, g->hdr + (unsigned)ap->transhdrlen);
	return skb;
}

/* Another @length bytes fit behind the tail, and are paid for. */
static int ip_append_grow(struct sock *sk, struct sk_buff *skb, const struct append_geometry *g, const struct inet_cork *cork, int length)
{
	unsigned last, want = ip_chain_truesize(g, (unsigned)cork->length, &last), room = skb_tailroom(skb);
	int others = atomic_read(&sk->sk_wmem_alloc) - (int)skb->truesize;

	if (want > skb->truesize) { /* Linux would need another buffer */
		if (others + (int)(want - last) > 2 * READ_ONCE(sk->sk_sndbuf))
			return -ENOBUFS;
		ip_append_charge(sk, skb, want);
	}
	if ((unsigned)length > room && pskb_expand_head(skb, 0, (unsigned)length - room))
		return -ENOBUFS;
	return 0;
}

static void ip_append_charge(struct sock *sk, struct sk_buff *skb, unsigned want)
{
	atomic_add((int)want - (int)skb->truesize, &sk->sk_wmem_alloc);
	skb->truesize = want;
}

/* What the buffers cost that Linux makes for @payload bytes behind IP headers; *@ret_last: the last one's part. */
static unsigned ip_chain_truesize(const struct append_geometry *g, unsigned payload, unsigned *ret_last)
{
	unsigned per = g->maxfrag - g->hdr, n = 1, rest = payload;

	if (g->hdr + payload > g->mtu) {
		n = DIV_ROUND_UP(payload, per);
		rest = payload - (n - 1) * per;
	}
	*ret_last = skb_truesize((g->more ? g->mtu : g->hdr + rest) + g->extra);
	return (n - 1) * skb_truesize(g->maxfrag + g->extra) + *ret_last;
}

int ip_generic_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	if (memcpy_fromiovecend(to, from, (size_t)offset, (size_t)len))
		return -EFAULT;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		skb->csum = csum_block_add(skb->csum, csum_partial(to, len, 0), odd);
	return 0;
}

/* May it be cut, on the way or here? RFC 1191 */
static __always_inline __be16 ip_make_df(const struct sock *sk, const struct sk_buff *skb, const struct rtable *rt)
{
	uint8_t pmtudisc = READ_ONCE(inet_sk(sk)->pmtudisc);

	if (pmtudisc == IP_PMTUDISC_DO || pmtudisc == IP_PMTUDISC_PROBE ||
	    (skb->len <= dst_mtu(&rt->dst) && ip_dont_fragment(sk, rt)))
		return htons(IP_DF);
	return 0;
}

/* The packet of a cork, which ends; NULL when nothing was written. */
static struct sk_buff *__ip_make_skb(struct sock *sk, struct flowi4 *fl4, struct sk_buff_head *queue, struct inet_cork *cork)
{
	struct rtable *rt = (struct rtable *)(void *)cork->dst;
	const struct inet_sock *inet = inet_sk(sk);
	struct sk_buff *skb = __skb_dequeue(queue);
	struct ip_options *opt = cork->flags & IPCORK_OPT ? cork->opt : NULL;
	struct iphdr *iph;

	if (!skb)
		goto out;
	skb->ignore_df = ip_sk_ignore_df(sk);
	iph = ip_hdr(skb);
	*iph = (struct iphdr){ .version = 4, .ihl = 5, .tos = (uint8_t)(cork->tos != -1 ? cork->tos : inet->tos),
			       .frag_off = ip_make_df(sk, skb, rt), .protocol = (uint8_t)sk->sk_protocol,
			       .saddr = fl4->saddr, .daddr = fl4->daddr };
	iph->ttl = cork->ttl ? cork->ttl : rt->rt_type == RTN_MULTICAST ? inet->mc_ttl : (uint8_t)ip_select_ttl(inet, rt);
	ip_select_ident(sock_net(sk), skb, sk);
	if (opt) {
		iph->ihl = (uint8_t)(iph->ihl + opt->optlen / 4) & 0xf;
		ip_options_build(skb, opt, cork->addr, rt);
	}
	skb->priority = cork->tos != -1 ? (uint32_t)cork->priority : sk->sk_priority;
	skb->mark = cork->mark;
	cork->dst = NULL; /* its reference is the skb's now */
	skb_dst_set(skb, &rt->dst);
	if (iph->protocol == IPPROTO_ICMP)
		icmp_out_count(sock_net(sk), skb_transport_offset(skb) < (int)skb->len ? icmp_hdr(skb)->type : fl4->fl4_icmp_type);
out:
	ip_cork_release(sk, cork);
	return skb;
}

static void __ip_flush_pending_frames(struct sock *sk, struct sk_buff_head *queue, struct inet_cork *cork)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(queue)))
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	ip_cork_release(sk, cork);
}

static void ip_cork_release(struct sock *sk, struct inet_cork *cork)
{
	cork->flags &= ~(unsigned)IPCORK_OPT;
	kfree(&sock_net(sk)->m, cork->opt);
	cork->opt = NULL;
	dst_release(cork->dst);
	cork->dst = NULL;
}
