/* SPDX-License-Identifier: MIT */
/*
 * udp_output.c - a datagram from the caller to IP (RFC 768, 1122 4.1; mirrors udp_sendmsg and
 * friends of net/ipv4/udp.c)
 *
 * Theory of operation
 *   udp_sendmsg: whom to (address, control messages), by which route (the connected socket's cached
 *   one, sk_dst_check, or a look-up), then ip_make_skb > udp_send_skb > ip_send_skb. With MSG_MORE
 *   or UDP_CORK the pieces gather in sk_write_queue under the socket's lock until
 *   udp_push_pending_frames(). The checksum is summed while the payload is copied.
 * Context: a call, inside the socket's vCPU. RFC 1122 4.1.4: errors are the caller's, at once.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/udp.h"

#define UDP_MAX_SEGMENTS 128u

/* What one sendmsg works out; so that its steps fit a screen. */
struct udp_send {
	struct sock *sk;
	struct msghdr *msg;
	struct flowi4 *fl4;
	struct ipcm_cookie ipc;
	struct rtable *rt;
	__be32 daddr, saddr, faddr;
	__be16 dport;
	uint8_t tos;
	bool connected, free_opt;
	struct {
		struct ip_options_rcu opt;
		char data[40];
	} opt_copy;
};

static int udp_send_to(struct udp_send *s);
static int udp_send_cmsg(struct udp_send *s);
static int udp_cmsg_send(struct msghdr *msg, uint16_t *gso_size);
static int udp_send_route(struct udp_send *s);
static int udp_append(struct udp_send *s, const struct ip_append *ap, bool corkreq, bool pending);
static int udp_send_gso(struct sk_buff *skb, unsigned datalen);
static int udp_send_skb(struct sk_buff *skb, const struct flowi4 *fl4);

int udp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct udp_sock *up = udp_sk(sk);
	bool corkreq = READ_ONCE(up->corkflag) || (msg->msg_flags & MSG_MORE);
	struct ip_append ap = { IS_UDPLITE(sk) ? udplite_getfrag : ip_generic_getfrag, msg,
				(int)(len + sizeof(struct udphdr)), sizeof(struct udphdr),
				(unsigned)msg->msg_flags };
	struct flowi4 fl4_stack;
	struct udp_send s = { .sk = sk, .msg = msg, .fl4 = &fl4_stack };
	struct sk_buff *skb;
	int err = 0;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (up->pending) { /* corked: address and route are those of the first piece */
		lock_sock(sk);
		if (likely(up->pending)) {
			ap.length = (int)len;
			s.fl4 = &inet_sk(sk)->cork.fl;
			err = udp_append(&s, &ap, corkreq, true);
			return err ? err : (int)len;
		}
		release_sock(sk);
	}
	err = udp_send_to(&s);
	if (err)
		return err;
	err = udp_send_cmsg(&s);
	if (!err)
		err = udp_send_route(&s);
	if (err)
		goto out;
	if (msg->msg_flags & MSG_CONFIRM) {
		struct neighbour *n =
			ipv4_neigh_lookup(s.rt->dst.dev, rt_nexthop(s.rt, s.fl4->daddr));

		if (n)
			WRITE_ONCE(n->confirmed, jiffies_now());
		if ((msg->msg_flags & MSG_PROBE_) && !len)
			goto out;
	}
	if (corkreq) {
		err = udp_append(&s, &ap, corkreq, false);
	} else {
		skb = ip_make_skb(sk, s.fl4, &ap, &s.ipc, &s.rt, &err);
		if (skb)
			err = udp_send_skb(skb, s.fl4);
	}
out:
	dst_release(s.rt ? &s.rt->dst : NULL); /* NULL: the packet has it */
	if (s.free_opt)
		kfree_ip_options(sock_net(sk), s.ipc.opt);
	if (!err)
		return (int)len;
	if (err == -ENOBUFS || sock_flag(sk, SOCK_NOSPACE))
		UDP_INC_STATS(UDP_MIB_SNDBUFERRORS, IS_UDPLITE(sk));
	return err;
}

/* The destination: the message's, or the connected one. */
static int udp_send_to(struct udp_send *s)
{
	const struct sockaddr_in *usin = s->msg->msg_name;
	const struct inet_sock *inet = inet_sk(s->sk);

	if (usin) {
		if (s->msg->msg_namelen < sizeof(*usin))
			return -EINVAL;
		if (usin->sin_family != AF_INET && usin->sin_family != AF_UNSPEC)
			return -EAFNOSUPPORT;
		s->daddr = usin->sin_addr.s_addr;
		s->dport = usin->sin_port;
		return s->dport ? 0 : -EINVAL;
	}
	if (s->sk->sk_state != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	s->daddr = inet->inet_daddr;
	s->dport = inet->inet_dport;
	s->connected = true;
	return 0;
}

/* Control messages, the socket's options, type of service. */
static int udp_send_cmsg(struct udp_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	const struct ip_options_rcu *opt;
	int err;

	s->ipc = (struct ipcm_cookie){
		.addr = inet->inet_saddr, .oif = s->sk->sk_bound_dev_if, .tos = -1, .priority = -1,
		.gso_size = READ_ONCE(udp_sk(s->sk)->gso_size)
	};
	s->ipc.sockc = (struct sockcm_cookie){ .mark = s->sk->sk_mark,
					       .priority = s->sk->sk_priority,
					       .tsflags = (uint16_t)s->sk->sk_tsflags };
	if (s->msg->msg_controllen) {
		err = ip_cmsg_send(s->sk, s->msg, &s->ipc); /* looks at the lengths of all first */
		if (!err)
			err = udp_cmsg_send(s->msg, &s->ipc.gso_size);
		s->free_opt = s->ipc.opt;
		if (err)
			return err;
		s->connected = false;
	}
	sock_tx_timestamp(s->sk, s->ipc.sockc.tsflags, &s->ipc.tx_flags);
	opt = rcu_dereference(inet->inet_opt);
	if (!s->ipc.opt && opt) {
		memcpy(&s->opt_copy, opt, sizeof(*opt) + opt->opt.optlen);
		s->ipc.opt = &s->opt_copy.opt;
	}
	s->saddr = s->ipc.addr;
	s->ipc.addr = s->faddr = s->daddr;
	if (s->ipc.opt && s->ipc.opt->opt.srr) {
		if (!s->daddr)
			return -EINVAL;
		s->faddr = s->ipc.opt->opt.faddr;
		s->connected = false;
	}
	s->tos = (uint8_t)RT_TOS(s->ipc.tos != -1 ? s->ipc.tos : inet->tos);
	if (sock_flag(s->sk, SOCK_LOCALROUTE) || (s->msg->msg_flags & MSG_DONTROUTE) ||
	    (s->ipc.opt && s->ipc.opt->opt.is_strictroute)) {
		s->tos |= RTO_ONLINK;
		s->connected = false;
	}
	if (ipv4_is_multicast(s->daddr)) {
		if (!s->ipc.oif)
			s->ipc.oif = inet->mc_index;
		if (!s->saddr)
			s->saddr = inet->mc_addr;
		s->connected = false;
	} else if (!s->ipc.oif) {
		s->ipc.oif = inet->uc_index;
	}
	return 0;
}

static int udp_cmsg_send(struct msghdr *msg, uint16_t *gso_size)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_UDP_)
			continue;
		if (c->cmsg_type != UDP_SEGMENT_ || c->cmsg_len != CMSG_LEN(sizeof(*gso_size)))
			return -EINVAL;
		memcpy(gso_size, CMSG_DATA(c), sizeof(*gso_size));
	}
	return 0;
}

static int udp_send_route(struct udp_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	int err = 0;

	*s->fl4 = (struct flowi4){ .flowi4_oif = s->ipc.oif,
				   .flowi4_mark = s->ipc.sockc.mark,
				   .flowi4_tos = s->tos,
				   .flowi4_proto = s->sk->sk_protocol,
				   .flowi4_flags = inet_sk_flowi_flags(s->sk),
				   .saddr = s->saddr,
				   .daddr = s->faddr,
				   .fl4_sport = inet->inet_sport,
				   .fl4_dport = s->dport,
				   .flowi4_uid = s->sk->sk_uid };
	if (s->connected)
		s->rt = (struct rtable *)sk_dst_check(s->sk, 0);
	if (!s->rt) {
		s->rt = ip_route_output_flow(sock_net(s->sk), s->fl4, s->sk, &err);
		if (!s->rt) {
			if (err == -ENETUNREACH)
				IP_INC_STATS(IPSTATS_MIB_OUTNOROUTES);
			return err;
		}
		if ((s->rt->rt_flags & RTCF_BROADCAST) && !sock_flag(s->sk, SOCK_BROADCAST))
			return -EACCES;
		if (s->connected)
			sk_dst_set(s->sk, dst_clone(&s->rt->dst));
	}
	if (!s->ipc.addr)
		s->daddr = s->ipc.addr = s->fl4->daddr;
	return 0;
}

/*
 * Corked: gather, and send when the cork is out. With @pending the caller holds the lock already.
 * Releases it.
 */
static int udp_append(struct udp_send *s, const struct ip_append *ap, bool corkreq, bool pending)
{
	struct sock *sk = s->sk;
	struct udp_sock *up = udp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct ip_append more = *ap;
	int err;

	if (!pending) {
		lock_sock(sk);
		if (unlikely(up->pending)) { /* another thread was faster */
			release_sock(sk);
			return -EINVAL;
		}
		inet->cork.fl = *s->fl4;
		inet->cork.fl.daddr = s->daddr;
		up->pending = AF_INET;
	}
	if (corkreq)
		more.flags |= MSG_MORE;
	up->len = (uint16_t)(up->len + more.length);
	err = ip_append_data(sk, &inet->cork.fl, &more, &s->ipc, &s->rt);
	if (err)
		udp_flush_pending_frames(sk);
	else if (!corkreq)
		err = udp_push_pending_frames(sk);
	else if (unlikely(skb_queue_empty(&sk->sk_write_queue)))
		up->pending = 0;
	release_sock(sk);
	return err;
}

/* UDP_SEGMENT: what stands against it; what of it fits one datagram is one. */
static int udp_send_gso(struct sk_buff *skb, unsigned datalen)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	const struct rtable *rt = skb_rtable(skb);
	unsigned mtu = ip_sk_use_pmtu(skb->sk) ? dst_mtu(&rt->dst) : READ_ONCE(rt->dst.dev->mtu);
	unsigned hlen = skb_network_header_len(skb) + (unsigned)sizeof(struct udphdr);

	if (hlen + min(datalen, (unsigned)shinfo->gso_size) > mtu)
		return -EMSGSIZE;
	if (datalen > shinfo->gso_size * UDP_MAX_SEGMENTS || skb->sk->sk_no_check_tx)
		return -EINVAL;
	if (IS_UDPLITE(skb->sk))
		return -EIO;
	if (datalen <= shinfo->gso_size) {
		shinfo->gso_size = 0;
		return 0;
	}
	shinfo->gso_type = SKB_GSO_UDP_L4;
	shinfo->gso_segs = (uint16_t)DIV_ROUND_UP(datalen, shinfo->gso_size);
	return 0;
}

/* The header and the checksum; then it is IP's. Consumes. */
static int udp_send_skb(struct sk_buff *skb, const struct flowi4 *fl4)
{
	struct sock *sk = skb->sk;
	int is_udplite = IS_UDPLITE(sk), err;
	unsigned offset = (unsigned)skb_transport_offset(skb), len = skb->len - offset;
	struct udphdr *uh = udp_hdr(skb);
	__wsum csum;

	*uh = (struct udphdr){ .source = inet_sk(sk)->inet_sport,
			       .dest = fl4->fl4_dport,
			       .len = htons((uint16_t)len) };
	if (unlikely(skb_is_gso(skb))) {
		err = udp_send_gso(skb, len - (unsigned)sizeof(*uh));
		if (err) {
			kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
			return err;
		}
	}
	if (is_udplite) {
		csum = udplite_csum(skb);
	} else if (sk->sk_no_check_tx) {
		skb->ip_summed = CHECKSUM_NONE;
		goto send;
	} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
		udp4_hwcsum(skb, fl4->saddr, fl4->daddr);
		goto send;
	} else {
		csum = csum_partial(uh, sizeof(*uh), skb->csum);
	}
	uh->check = csum_tcpudp_magic(fl4->saddr, fl4->daddr, len, sk->sk_protocol, csum);
	if (!uh->check)
		uh->check = (__sum16)0xffff; /* 0 means "none" on the wire */
send:
	err = ip_send_skb(sock_net(sk), skb);
	if (!err) {
		UDP_INC_STATS(UDP_MIB_OUTDATAGRAMS, is_udplite);
	} else if (err == -ENOBUFS && !inet_sk(sk)->recverr) {
		UDP_INC_STATS(UDP_MIB_SNDBUFERRORS, is_udplite);
		err = 0;
	}
	return err;
}

/* --- cork --- */

int udp_push_pending_frames(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);
	struct flowi4 *fl4 = &inet_sk(sk)->cork.fl;
	struct sk_buff *skb = ip_finish_skb(sk, fl4);
	int err = 0;

	if (skb)
		err = udp_send_skb(skb, fl4);
	up->len = 0;
	up->pending = 0;
	return err;
}

void udp_flush_pending_frames(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);

	if (up->pending) {
		up->len = 0;
		up->pending = 0;
		ip_flush_pending_frames(sk);
	}
}
