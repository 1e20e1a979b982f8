/* SPDX-License-Identifier: MIT */
/*
 * raw.c - raw IP sockets (raw(7); mirrors net/ipv4/raw.c)
 *
 * Theory of operation
 *   Receive: ip_local_deliver_finish calls raw_local_deliver for each packet; every raw socket of
 *   the protocol whose addresses and device fit gets a clone, from the IP header on; the packet
 *   itself goes on to its protocol. Send: the caller's payload behind a header of ours, or, with
 *   IP_HDRINCL, the caller's own header with the fields that Linux fills.
 *   Sockets hang on a hash by protocol number, read under RCU, written under one lock.
 * Refuses: what the filter, the ICMP filter or a full buffer refuse (reasons RAW_FILTER,
 * RAW_RCVBUFF).
 */
#include "ipv4/raw.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

#include "core/datagram.h"
#include "core/packet_trace.h"
#include "fs/seq_file.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/igmp.h"
#include "ipv4/udp.h"
#include "kernel/slab.h"
#include "netfilter/core.h"

#define SOL_RAW_ 255
#define ICMP_FILTER_ 1

/* What one sendmsg works out; so that its steps fit a screen. */
struct raw_send {
	struct sock *sk;
	struct msghdr *msg;
	size_t len;
	struct flowi4 fl4;
	struct ipcm_cookie ipc;
	struct rtable *rt;
	__be32 daddr, saddr;
	bool hdrincl, free_opt;
	struct {
		struct ip_options_rcu opt;
		char data[40];
	} opt_copy;
};

static struct sock *raw_v4_match(struct net *net, struct hlist_node *node, uint16_t num,
				 const struct iphdr *iph, int dif);
static notrace int raw_deliver_all(struct sk_buff *skb, int protocol, struct hlist_node *first);
static void raw_fill_header(struct net *net, struct sk_buff *skb, __be32 saddr);
static bool icmp_filter(const struct sock *sk, const struct sk_buff *skb);
static int raw_seq_show(struct seq_file *m, void *data);

static const struct proc_ops raw_proc_ops = { .show = raw_seq_show };

static __always_inline struct raw_sock *raw_sk(const struct sock *sk)
{
	return (struct raw_sock *)(void *)sk;
}

int raw_init(struct net *net)
{
	struct raw_hashinfo *h = kzalloc(&net->m, sizeof(*h));
	int err;

	if (!h)
		return -ENOMEM;
	net->ipv4->raw = h;
	err = proto_register(net, &raw_prot);
	if (!err && !proc_create(&net->vfs, "/proc/net/raw", 0444, &raw_proc_ops, net))
		err = -ENOMEM;
	if (err)
		raw_exit(net);
	return err;
}

void raw_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/raw");
	proto_unregister(net, &raw_prot);
	kfree(&net->m, net->ipv4->raw);
	net->ipv4->raw = NULL;
}

/* --- receive --- */

int raw_local_deliver(struct sk_buff *skb, int protocol)
{
	struct hlist_head *ht = dev_net(skb->dev)->ipv4->raw->ht;
	struct hlist_node *first = rcu_dereference(ht[protocol & (RAW_HTABLE_SIZE - 1)].first);

	return unlikely(first) ? raw_deliver_all(skb, protocol, first) : 0;
}

/* A clone to each socket from @first on that wants it: were there any? */
static int raw_deliver_all(struct sk_buff *skb, int protocol, struct hlist_node *first)
{
	struct net *net = dev_net(skb->dev);
	const struct iphdr *iph = ip_hdr(skb);
	struct sock *sk;
	int delivered = 0;

	sk = raw_v4_match(net, first, (uint16_t)protocol, iph, skb->dev->ifindex);
	for (; sk; sk = raw_v4_match(net, rcu_dereference(sk->sk_node.next), (uint16_t)protocol,
				     iph, skb->dev->ifindex)) {
		struct sk_buff *clone;

		delivered = 1;
		if ((protocol == IPPROTO_ICMP && icmp_filter(sk, skb)) ||
		    !ip_mc_sf_allow(sk, iph->daddr, iph->saddr, skb->dev->ifindex))
			continue;
		clone = skb_clone(skb);
		if (clone)
			raw_rcv(sk, clone);
	}
	return delivered;
}

static struct sock *raw_v4_match(struct net *net, struct hlist_node *node, uint16_t num,
				 const struct iphdr *iph, int dif)
{
	for (; node; node = rcu_dereference(node->next)) {
		struct sock *sk = container_of(node, struct sock, sk_node);
		const struct inet_sock *inet = inet_sk(sk);

		if (sock_net(sk) == net && inet->inet_num == num &&
		    !(inet->inet_daddr && inet->inet_daddr != iph->saddr) &&
		    !(inet->inet_rcv_saddr && inet->inet_rcv_saddr != iph->daddr) &&
		    !(sk->sk_bound_dev_if && sk->sk_bound_dev_if != dif))
			return sk;
	}
	return NULL;
}

/* ICMP_FILTER: true when the socket does not want this type. */
static bool icmp_filter(const struct sock *sk, const struct sk_buff *skb)
{
	const struct icmphdr *hdr =
		skb_header_pointer(skb, (unsigned)skb_transport_offset(skb), sizeof(*hdr));

	if (!hdr)
		return true;
	return hdr->type < 32 && (raw_sk(sk)->filter >> hdr->type & 1);
}

void raw_rcv(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason;
	int rc;

	ipv4_pktinfo_prepare(sk, skb);
	skb_push(skb, (unsigned)-skb_network_offset(skb)); /* from the IP header on */
	if (atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf))
		sk_rcvbuf_relieve(sk);
	bh_lock_sock(sk);
	rc = sock_flag(sk, SOCK_DEAD) ? -ENOTCONN : sock_queue_rcv_skb(sk, skb);
	if (rc) {
		reason = rc == -EPERM	 ? SKB_DROP_REASON_RAW_FILTER :
			 rc == -ENOTCONN ? SKB_DROP_REASON_SOCKET_CLOSE :
					   SKB_DROP_REASON_RAW_RCVBUFF;
		sk_skb_reason_drop(sk, skb, reason);
	}
	bh_unlock_sock(sk);
}

/* --- an ICMP error about a packet of a raw socket; borrows --- */

static void raw_err(struct sock *sk, struct sk_buff *skb, uint32_t info)
{
	const struct inet_sock *inet = inet_sk(sk);
	const int type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	bool harderr = false;
	int err = 0;

	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		ipv4_sk_update_pmtu(skb, sk, info);
	else if (type == ICMP_REDIRECT)
		ipv4_redirect(skb, sock_net(sk), 0, (uint8_t)inet->inet_num);
	/* RFC 1122 3.2.2: errors reach those who asked, or who are connected */
	if (!inet->recverr && sk->sk_state != TCP_ESTABLISHED)
		return;
	switch (type) {
	default:
	case ICMP_TIME_EXCEEDED:
		err = EHOSTUNREACH;
		break;
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
		return;
	case ICMP_PARAMETERPROB:
		err = EPROTO;
		harderr = true;
		break;
	case ICMP_DEST_UNREACH:
		err = EHOSTUNREACH;
		if (code > NR_ICMP_UNREACH)
			break;
		if (code == ICMP_FRAG_NEEDED) {
			harderr = inet->pmtudisc != IP_PMTUDISC_DONT;
			err = EMSGSIZE;
		} else {
			err = icmp_err_convert[code].err_no;
			harderr = icmp_err_convert[code].fatal;
		}
	}
	if (inet->recverr) {
		const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
		const uint8_t *payload = skb->data + (inet->hdrincl ? 0 : iph->ihl * 4);

		ip_icmp_error(sk, skb, err, 0, info, payload);
	}
	if (inet->recverr || harderr) {
		sk->sk_err = err;
		sk->sk_error_report(sk);
	}
}

void raw_icmp_error(struct sk_buff *skb, int protocol, uint32_t info)
{
	struct net *net = dev_net(skb->dev);
	const struct iphdr *iph = (const struct iphdr *)(const void *)skb->data;
	/* the quoted packet went out: the peer is its destination */
	struct iphdr key = { .saddr = iph->daddr, .daddr = iph->saddr };
	struct hlist_node *node =
		rcu_dereference(net->ipv4->raw->ht[protocol & (RAW_HTABLE_SIZE - 1)].first);
	struct sock *sk;

	while ((sk = raw_v4_match(net, node, (uint16_t)protocol, &key, skb->dev->ifindex)) !=
	       NULL) {
		raw_err(sk, skb, info);
		node = rcu_dereference(sk->sk_node.next);
	}
}

/* --- send --- */

/* The caller's own header: check it, fill what Linux fills, send it. */
static int raw_send_hdrinc(struct raw_send *s)
{
	struct net_device *dev = s->rt->dst.dev;
	unsigned hlen = LL_RESERVED_SPACE(dev), length = (unsigned)s->len;
	struct sock *sk = s->sk;
	struct sk_buff *skb;
	struct iphdr *iph;
	int err;

	if (length > dev->mtu) {
		ip_local_error(sk, EMSGSIZE, s->fl4.daddr, inet_sk(sk)->inet_dport, dev->mtu);
		return -EMSGSIZE;
	}
	if (length < sizeof(*iph))
		return -EINVAL;
	if (s->msg->msg_flags & MSG_PROBE_)
		return 0;
	skb = sock_alloc_send_skb(sk, length + hlen + 15, s->msg->msg_flags & MSG_DONTWAIT, &err);
	if (!skb)
		return err;
	skb_reserve(skb, hlen);
	skb->priority = sk->sk_priority;
	skb->mark = s->ipc.sockc.mark;
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, dst_clone(&s->rt->dst));
	skb_reset_network_header(skb);
	iph = skb_put(skb, length);
	skb->ip_summed = CHECKSUM_NONE;
	err = memcpy_fromiovecend(iph, s->msg, 0, length);
	if (!err && iph->ihl * 4u > length)
		err = -EINVAL;
	if (err) {
		IP_INC_STATS(IPSTATS_MIB_OUTDISCARDS);
		consume_skb(skb);
		return err;
	}
	raw_fill_header(sock_net(sk), skb, s->fl4.saddr);
	ledger_begin(skb, LEDGER_LOCAL);
	packet_trace_local(skb, false);
	if (nf_hook(sock_net(sk), NF_INET_LOCAL_OUT, skb, NULL, dev) != NF_ACCEPT)
		return -EPERM;
	err = dst_output(skb);
	if (err > 0)
		err = net_xmit_errno(err);
	return err == -ENOBUFS && !inet_sk(sk)->recverr ? 0 : err;
}

/* raw(7): the length and the checksum always, the source and the identification when they are 0. */
static void raw_fill_header(struct net *net, struct sk_buff *skb, __be32 saddr)
{
	struct iphdr *iph = ip_hdr(skb);
	unsigned iphlen = iph->ihl * 4;

	skb->transport_header = (uint16_t)(skb->network_header + iphlen);
	if (iphlen < sizeof(*iph))
		return; /* no header at all: as it is */
	if (!iph->saddr)
		iph->saddr = saddr;
	iph->check = 0;
	iph->tot_len = htons((uint16_t)skb->len);
	if (!iph->id)
		ip_select_ident(net, skb, NULL);
	iph->check = ip_fast_csum(iph, iph->ihl);
	if (iph->protocol == IPPROTO_ICMP && skb->len >= iphlen + sizeof(struct icmphdr))
		icmp_out_count(net, icmp_hdr(skb)->type);
}

static int raw_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_NONE;
	return ip_generic_getfrag(from, to, offset, len, odd, skb);
}

/* ICMP sent raw is routed by its type and counted as ours. */
static void raw_probe_proto_opt(struct msghdr *msg, size_t len, struct flowi4 *fl4)
{
	unsigned char h[2];

	if (fl4->flowi4_proto == IPPROTO_ICMP && len >= 2 && !memcpy_fromiovecend(h, msg, 0, 2)) {
		fl4->fl4_icmp_type = h[0];
		fl4->fl4_icmp_code = h[1];
	}
}

/* Whom to, and by which addresses: the caller's, or the connected one. */
static int raw_send_to(struct raw_send *s)
{
	const struct sockaddr_in *usin = s->msg->msg_name;
	const struct inet_sock *inet = inet_sk(s->sk);

	if (s->len > 0xffff)
		return -EMSGSIZE;
	if (s->msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!usin) {
		if (s->sk->sk_state != TCP_ESTABLISHED)
			return -EDESTADDRREQ;
		s->daddr = inet->inet_daddr;
		return 0;
	}
	if (s->msg->msg_namelen < sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET && usin->sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	s->daddr = usin->sin_addr.s_addr;
	return 0;
}

/*
 * Control messages and the socket's options, which are copied: waiting for the buffer may outlive
 * them.
 */
static int raw_send_cmsg(struct raw_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	const struct ip_options_rcu *opt = rcu_dereference(inet->inet_opt);
	int err;

	s->ipc = (struct ipcm_cookie){ .oif = s->sk->sk_bound_dev_if, .tos = -1, .priority = -1,
				       .addr = inet->inet_saddr };
	s->ipc.sockc = (struct sockcm_cookie){ .mark = s->sk->sk_mark,
					       .priority = s->sk->sk_priority,
					       .tsflags = (uint16_t)s->sk->sk_tsflags };
	if (s->msg->msg_controllen) {
		err = ip_cmsg_send(s->sk, s->msg, &s->ipc);
		s->free_opt = s->ipc.opt;
		if (err)
			return err;
	}
	sock_tx_timestamp(s->sk, s->ipc.sockc.tsflags, &s->ipc.tx_flags);
	s->saddr = s->ipc.addr;
	s->ipc.addr = s->daddr;
	if (!s->ipc.opt && opt) {
		memcpy(&s->opt_copy, opt, optlength(opt));
		s->ipc.opt = &s->opt_copy.opt;
	}
	if (!s->ipc.opt)
		return 0;
	if (s->hdrincl)
		return -EINVAL; /* as Linux: no options with an own header */
	if (s->ipc.opt->opt.srr) {
		if (!s->daddr)
			return -EINVAL;
		s->daddr = s->ipc.opt->opt.faddr;
	}
	return 0;
}

static int raw_send_route(struct raw_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	uint8_t tos = (uint8_t)RT_TOS(s->ipc.tos != -1 ? s->ipc.tos : inet->tos);
	int err = 0;

	if (sock_flag(s->sk, SOCK_LOCALROUTE) || (s->msg->msg_flags & MSG_DONTROUTE) ||
	    (s->ipc.opt && s->ipc.opt->opt.is_strictroute))
		tos |= RTO_ONLINK;
	if (ipv4_is_multicast(s->daddr)) {
		if (!s->ipc.oif)
			s->ipc.oif = inet->mc_index;
		if (!s->saddr)
			s->saddr = inet->mc_addr;
	} else if (!s->ipc.oif) {
		s->ipc.oif = inet->uc_index;
	}
	s->fl4 = (struct flowi4){ .flowi4_oif = s->ipc.oif, .flowi4_mark = s->ipc.sockc.mark,
				  .flowi4_tos = tos,
				  .flowi4_proto = s->hdrincl ? IPPROTO_RAW : s->sk->sk_protocol,
				  .flowi4_flags = inet_sk_flowi_flags(s->sk), .daddr = s->daddr,
				  .saddr = s->saddr, .flowi4_uid = s->sk->sk_uid };
	if (!s->hdrincl)
		raw_probe_proto_opt(s->msg, s->len, &s->fl4);
	s->rt = ip_route_output_flow(sock_net(s->sk), &s->fl4, s->sk, &err);
	if (!s->rt)
		return err;
	if ((s->rt->rt_flags & RTCF_BROADCAST) && !sock_flag(s->sk, SOCK_BROADCAST))
		return -EACCES;
	if (!s->ipc.addr)
		s->ipc.addr = s->fl4.daddr;
	return 0;
}

/* Behind a header of ours; with MSG_MORE it may grow. */
static int raw_send_payload(struct raw_send *s)
{
	struct ip_append ap = { raw_getfrag, s->msg, (int)s->len, 0, (unsigned)s->msg->msg_flags };
	struct sock *sk = s->sk;
	int err;

	lock_sock(sk);
	err = ip_append_data(sk, &s->fl4, &ap, &s->ipc, &s->rt);
	if (err) {
		ip_flush_pending_frames(sk);
	} else if (!(s->msg->msg_flags & MSG_MORE)) {
		err = ip_push_pending_frames(sk, &s->fl4);
		if (err == -ENOBUFS && !inet_sk(sk)->recverr)
			err = 0;
	}
	release_sock(sk);
	return err;
}

static int raw_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct raw_send s = { .sk = sk, .msg = msg, .len = len, .hdrincl = inet_sk(sk)->hdrincl };
	int err = raw_send_to(&s);

	if (err)
		return err;
	err = raw_send_cmsg(&s);
	if (!err)
		err = raw_send_route(&s);
	if (!err)
		err = s.hdrincl ? raw_send_hdrinc(&s) : raw_send_payload(&s);
	if (s.free_opt)
		kfree_ip_options(sock_net(sk), s.ipc.opt);
	if (s.rt)
		ip_rt_put(s.rt);
	return err < 0 ? err : (int)len;
}

/* --- read --- */

static int raw_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len)
{
	struct sockaddr_in *sin = msg->msg_name;
	struct sk_buff *skb;
	size_t copied;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return ip_recv_error(sk, msg, (int)len, addr_len);
	skb = skb_recv_datagram(sk, flags, flags & MSG_DONTWAIT, &err);
	if (!skb)
		return err;
	copied = skb->len;
	if (len < copied) {
		msg->msg_flags |= MSG_TRUNC;
		copied = len;
	}
	err = skb_copy_datagram_iovec(skb, 0, msg, (int)copied);
	if (!err) {
		sock_recv_ts_and_drops(msg, sk, skb);
		if (sin) {
			*sin = (struct sockaddr_in){ .sin_family = AF_INET,
						     .sin_addr.s_addr = ip_hdr(skb)->saddr };
			*addr_len = sizeof(*sin);
		}
		if (inet_sk(sk)->cmsg_flags)
			ip_cmsg_recv_offset(msg, sk, skb, 0, 0);
		err = (int)(flags & MSG_TRUNC ? skb->len : copied);
	}
	skb_free_datagram(sk, skb);
	return err;
}

/* --- life, bind, options --- */

static int raw_hash_sk(struct sock *sk)
{
	struct raw_hashinfo *h = sock_net(sk)->ipv4->raw;

	spin_lock(&h->lock);
	sock_hold(sk);
	hlist_add_head_rcu(&sk->sk_node, &h->ht[inet_sk(sk)->inet_num & (RAW_HTABLE_SIZE - 1)]);
	spin_unlock(&h->lock);
	return 0;
}

static void raw_unhash_sk(struct sock *sk)
{
	struct raw_hashinfo *h = sock_net(sk)->ipv4->raw;
	bool was;

	spin_lock(&h->lock);
	was = !hlist_unhashed(&sk->sk_node);
	if (was)
		hlist_del_init_rcu(&sk->sk_node);
	spin_unlock(&h->lock);
	if (was)
		sock_put(sk);
}

static int raw_sk_init(struct sock *sk)
{
	sock_set_flag(sk, SOCK_RCU_FREE);
	return 0;
}

static void raw_close(struct sock *sk, long timeout)
{
	(void)timeout;
	ip_ra_control(sk, 0);
	sk_common_release(sk);
}

static void raw_destroy(struct sock *sk)
{
	lock_sock(sk);
	ip_flush_pending_frames(sk);
	release_sock(sk);
}

static int raw_bind(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *addr = (const struct sockaddr_in *)(const void *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	unsigned chk;
	int err = -EINVAL;

	if (sk->sk_state != TCP_CLOSE || addr_len < (int)sizeof(*addr))
		return err;
	if (addr->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	lock_sock(sk);
	chk = inet_addr_type(sock_net(sk), addr->sin_addr.s_addr);
	err = -EADDRNOTAVAIL;
	if (addr->sin_addr.s_addr == htonl(INADDR_ANY) || chk == RTN_LOCAL ||
	    chk == RTN_MULTICAST || chk == RTN_BROADCAST || inet_can_nonlocal_bind(sk)) {
		inet->inet_rcv_saddr = inet->inet_saddr = addr->sin_addr.s_addr;
		if (chk == RTN_MULTICAST || chk == RTN_BROADCAST)
			inet->inet_saddr = 0;
		sk_dst_reset(sk);
		err = 0;
	}
	release_sock(sk);
	return err;
}

static int raw_setsockopt(struct sock *sk, int level, int optname, const void *optval,
			  socklen_t optlen)
{
	if (level != SOL_RAW_)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (optname != ICMP_FILTER_)
		return -ENOPROTOOPT;
	if (inet_sk(sk)->inet_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	memcpy(&raw_sk(sk)->filter, optval, min(optlen, (socklen_t)sizeof(uint32_t)));
	return 0;
}

static int raw_getsockopt(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen)
{
	if (level != SOL_RAW_)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if (optname != ICMP_FILTER_)
		return -ENOPROTOOPT;
	if (inet_sk(sk)->inet_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if ((int)*optlen < 0)
		return -EINVAL;
	*optlen = min(*optlen, (socklen_t)sizeof(uint32_t));
	memcpy(optval, &raw_sk(sk)->filter, *optlen);
	return 0;
}

static int raw_ioctl(struct sock *sk, int cmd, int *karg)
{
	struct sk_buff *skb;

	switch (cmd) {
	case SIOCOUTQ:
		*karg = sk_wmem_alloc_get(sk);
		return 0;
	case SIOCINQ:
		spin_lock(&sk->sk_receive_queue.lock);
		skb = skb_peek(&sk->sk_receive_queue);
		*karg = skb ? (int)skb->len : 0;
		spin_unlock(&sk->sk_receive_queue.lock);
		return 0;
	default:
		return -ENOIOCTLCMD_;
	}
}

const struct proto raw_prot = {
	.name = "RAW",
	.init = raw_sk_init,
	.destroy = raw_destroy,
	.close = raw_close,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.ioctl = raw_ioctl,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
	.sendmsg = raw_sendmsg,
	.recvmsg = raw_recvmsg,
	.bind = raw_bind,
	.hash = raw_hash_sk,
	.unhash = raw_unhash_sk,
	.obj_size = sizeof(struct raw_sock),
	.no_autobind = 1,
};

/* --- /proc/net/raw --- */

static int raw_seq_show(struct seq_file *m, void *data)
{
	struct raw_hashinfo *h = ((struct net *)data)->ipv4->raw;
	struct sock *sk;

	seq_puts(m, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		    "   uid  timeout inode ref pointer drops\n");
	spin_lock(&h->lock);
	for (unsigned i = 0; i < RAW_HTABLE_SIZE; i++)
		hlist_for_each_entry(sk, &h->ht[i], sk_node) {
			seq_printf(m, "%4u", i);
			inet_seq_show_sock(m, sk, sk->sk_num);
			seq_puts(m, "\n");
		}
	spin_unlock(&h->lock);
	return 0;
}
