/* SPDX-License-Identifier: MIT */
/*
 * ping.c - ICMP echo by datagram sockets, without a privilege (mirrors net/ipv4/ping.c)
 *
 * Theory of operation
 *   socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) is open to the groups of net.ipv4.ping_group_range.
 *   The local port is the identifier of the echo: the caller writes echo requests only, and
 *   identifier and checksum are filled here, so that nobody can forge another's. icmp_rcv() calls
 *   ping_rcv() for each echo reply, icmp_unreach() calls ping_err() for errors about echo requests
 *   of ours. Sockets hang on a hash by identifier: readers under RCU (SOCK_RCU_FREE), writers
 *   (bind, close) under its lock.
 * Owns: the table. Threads: calls inside the socket's vCPU; softirq on any.
 * Refuses: other types than echo request, and callers outside the group range.
 */
#include <errno.h>

#include "core/datagram.h"
#include "fs/seq_file.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/inet_sock.h"
#include "ipv4/udp.h"
#include "kernel/slab.h"

#define PING_HTABLE_SIZE 64
#define PING_HTABLE_MASK (PING_HTABLE_SIZE - 1)

struct ping_table {
	spinlock_t lock; /* writers; readers RCU */
	uint16_t rover;	 /* [L:lock] identifier that was given last */
	struct hlist_head hash[PING_HTABLE_SIZE];
};

/* What one sendmsg works out, and what ping_getfrag() reads. */
struct ping_send {
	struct sock *sk;
	struct msghdr *msg;
	size_t len;
	struct icmphdr icmph; /* as it goes out */
	__wsum wcheck;	      /* of the bytes behind it */
	struct flowi4 fl4;
	struct ipcm_cookie ipc;
	struct rtable *rt;
	__be32 daddr, saddr, faddr;
	uint8_t tos;
	bool free_opt;
	struct {
		struct ip_options_rcu opt;
		char data[40];
	} opt_copy;
};

static int ping_check_message(struct ping_send *s);
static int ping_send_to(struct ping_send *s);
static int ping_send_cmsg(struct ping_send *s);
static int ping_send_route(struct ping_send *s);
static int ping_send_echo(struct ping_send *s);
static struct sock *ping_lookup(struct net *net, const struct sk_buff *skb, uint16_t ident);
static int ping_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
static int ping_seq_show(struct seq_file *m, void *data);

static const struct proc_ops ping_proc_ops = { .show = ping_seq_show };

static __always_inline bool ping_supported(uint8_t type, uint8_t code)
{
	return type == ICMP_ECHO && code == 0;
}

int ping_init(struct net *net)
{
	int err;

	net->ipv4->ping = kzalloc(&net->m, sizeof(struct ping_table));
	if (!net->ipv4->ping)
		return -ENOMEM;
	spin_lock_init(&net->ipv4->ping->lock);
	err = proto_register(net, &ping_prot);
	if (!err && !proc_create(&net->vfs, "/proc/net/icmp", 0444, &ping_proc_ops, net))
		err = -ENOMEM;
	if (err)
		ping_exit(net);
	return err;
}

void ping_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/icmp");
	proto_unregister(net, &ping_prot);
	kfree(&net->m, net->ipv4->ping);
	net->ipv4->ping = NULL;
}

/* --- receive --- */

bool ping_rcv(struct sk_buff *skb)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct sock *sk = ping_lookup(dev_net(skb->dev), skb, ntohs(icmph->un.echo.id));
	struct sk_buff *clone;

	if (!sk)
		return false;
	clone = skb_clone(skb);
	if (!clone)
		return false;
	/* icmp_rcv() has pulled the header: the reader gets it back */
	skb_push(clone, (unsigned)-skb_transport_offset(clone));
	return !ping_queue_rcv_skb(sk, clone);
}

/* Consumes: 0, or -1 when it was dropped. */
static int ping_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	enum skb_drop_reason reason;
	int rc;

	ipv4_pktinfo_prepare(sk, skb);
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
	return rc ? -1 : 0;
}

static struct sock *ping_lookup(struct net *net, const struct sk_buff *skb, uint16_t ident)
{
	struct hlist_head *head = &net->ipv4->ping->hash[ident & PING_HTABLE_MASK];
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, head, sk_node) {
		if (READ_ONCE(sk->sk_num) != ident)
			continue;
		if (sk->sk_rcv_saddr && sk->sk_rcv_saddr != ip_hdr(skb)->daddr)
			continue;
		if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != skb->dev->ifindex)
			continue;
		return sk;
	}
	return NULL;
}

/* Errno and hardness of an ICMP error; false: the socket is not to hear of it. */
static bool ping_err_convert(struct sock *sk, struct sk_buff *skb, uint32_t info, int *err,
			     bool *harderr)
{
	const int code = icmp_hdr(skb)->code;

	*harderr = false;
	*err = EHOSTUNREACH;
	switch (icmp_hdr(skb)->type) {
	default:
		return true;
	case ICMP_SOURCE_QUENCH: /* no failure, but a ping program shows it */
		*err = EREMOTEIO;
		return true;
	case ICMP_REDIRECT:
		ipv4_redirect(skb, sock_net(sk), 0, IPPROTO_ICMP);
		*err = EREMOTEIO;
		return true;
	case ICMP_PARAMETERPROB:
		*err = EPROTO;
		*harderr = true;
		return true;
	case ICMP_DEST_UNREACH:
		break;
	}
	if (code == ICMP_FRAG_NEEDED) {
		ipv4_sk_update_pmtu(skb, sk, info);
		*err = EMSGSIZE;
		*harderr = true;
		return inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT;
	}
	if (code <= NR_ICMP_UNREACH) {
		*err = icmp_err_convert[code].err_no;
		*harderr = icmp_err_convert[code].fatal;
	}
	return true;
}

void ping_err(struct sk_buff *skb, int offset, uint32_t info)
{
	const struct icmphdr *icmph = skb_header_pointer(skb, (unsigned)offset, sizeof(*icmph));
	struct sock *sk;
	bool harderr;
	int err;

	if (!icmph || !ping_supported(icmph->type, icmph->code))
		return;
	sk = ping_lookup(dev_net(skb->dev), skb, ntohs(icmph->un.echo.id));
	if (!sk || !ping_err_convert(sk, skb, info, &err, &harderr))
		return;
	if (inet_sk(sk)->recverr)
		ip_icmp_error(sk, skb, err, 0, info, (const uint8_t *)icmph);
	else if (!harderr || sk->sk_state != TCP_ESTABLISHED)
		return;
	sk->sk_err = err;
	sk->sk_error_report(sk);
}

/* --- send --- */

static int ping_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct ping_send s = { .sk = sk, .msg = msg, .len = len };
	int err = ping_check_message(&s);

	if (!err)
		err = ping_send_to(&s);
	if (err)
		return err;
	err = ping_send_cmsg(&s);
	if (!err)
		err = ping_send_route(&s);
	if (!err)
		err = ping_send_echo(&s);
	if (s.free_opt)
		kfree_ip_options(sock_net(sk), s.ipc.opt);
	if (s.rt)
		ip_rt_put(s.rt);
	return err ? err : (int)len;
}

static int ping_check_message(struct ping_send *s)
{
	if (s->len > 0xffff)
		return -EMSGSIZE;
	if (s->len < sizeof(s->icmph))
		return -EINVAL;
	if (s->msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (memcpy_fromiovecend(&s->icmph, s->msg, 0, sizeof(s->icmph)))
		return -EFAULT;
	if (!ping_supported(s->icmph.type, s->icmph.code))
		return -EINVAL;
	s->icmph.checksum = 0;
	s->icmph.un.echo.id = inet_sk(s->sk)->inet_sport;
	return 0;
}

static int ping_send_to(struct ping_send *s)
{
	const struct sockaddr_in *usin = s->msg->msg_name;

	if (!usin) {
		if (s->sk->sk_state != TCP_ESTABLISHED)
			return -EDESTADDRREQ;
		s->daddr = inet_sk(s->sk)->inet_daddr;
		return 0;
	}
	if (s->msg->msg_namelen < sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	s->daddr = usin->sin_addr.s_addr;
	return 0;
}

static int ping_send_cmsg(struct ping_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	const struct ip_options_rcu *opt;
	int err;

	s->ipc = (struct ipcm_cookie){
		.addr = inet->inet_saddr, .oif = s->sk->sk_bound_dev_if, .tos = -1, .priority = -1
	};
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
	opt = rcu_dereference(inet->inet_opt);
	if (!s->ipc.opt && opt) {
		memcpy(&s->opt_copy, opt, optlength(opt));
		s->ipc.opt = &s->opt_copy.opt;
	}
	s->saddr = s->ipc.addr;
	s->ipc.addr = s->faddr = s->daddr;
	s->tos = (uint8_t)RT_TOS(s->ipc.tos != -1 ? s->ipc.tos : inet->tos);
	if (s->ipc.opt && s->ipc.opt->opt.srr) {
		if (!s->daddr)
			return -EINVAL;
		s->faddr = s->ipc.opt->opt.faddr;
	}
	if (sock_flag(s->sk, SOCK_LOCALROUTE) || (s->msg->msg_flags & MSG_DONTROUTE) ||
	    (s->ipc.opt && s->ipc.opt->opt.is_strictroute))
		s->tos |= RTO_ONLINK;
	return 0;
}

static int ping_send_route(struct ping_send *s)
{
	const struct inet_sock *inet = inet_sk(s->sk);
	struct neighbour *n;
	int err = 0;

	if (ipv4_is_multicast(s->daddr)) {
		if (!s->ipc.oif)
			s->ipc.oif = inet->mc_index;
		if (!s->saddr)
			s->saddr = inet->mc_addr;
	} else if (!s->ipc.oif) {
		s->ipc.oif = inet->uc_index;
	}
	s->fl4 = (struct flowi4){ .flowi4_oif = s->ipc.oif,
				  .flowi4_mark = s->ipc.sockc.mark,
				  .flowi4_tos = s->tos,
				  .flowi4_proto = IPPROTO_ICMP,
				  .flowi4_flags = inet_sk_flowi_flags(s->sk),
				  .daddr = s->faddr,
				  .saddr = s->saddr,
				  .fl4_icmp_type = s->icmph.type,
				  .fl4_icmp_code = s->icmph.code,
				  .flowi4_uid = s->sk->sk_uid };
	s->rt = ip_route_output_flow(sock_net(s->sk), &s->fl4, s->sk, &err);
	if (!s->rt) {
		if (err == -ENETUNREACH)
			IP_INC_STATS(IPSTATS_MIB_OUTNOROUTES);
		return err;
	}
	if ((s->rt->rt_flags & RTCF_BROADCAST) && !sock_flag(s->sk, SOCK_BROADCAST))
		return -EACCES;
	if (s->msg->msg_flags & MSG_CONFIRM) {
		n = ipv4_neigh_lookup(s->rt->dst.dev, rt_nexthop(s->rt, s->fl4.daddr));
		if (n)
			WRITE_ONCE(n->confirmed, jiffies_now());
	}
	if (!s->ipc.addr)
		s->ipc.addr = s->fl4.daddr;
	return 0;
}

/* The caller's bytes but for the header, which is ours; summed on the way. */
static int ping_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	struct ping_send *s = from;
	int head = max((int)sizeof(s->icmph) - offset, 0);

	(void)odd;
	(void)skb;
	head = min(head, len);
	if (head)
		memcpy(to, (const char *)&s->icmph + offset, (size_t)head);
	if (memcpy_fromiovecend(to + head, s->msg, (size_t)(offset + head), (size_t)(len - head)))
		return -EFAULT;
	s->wcheck =
		csum_block_add(s->wcheck, csum_partial(to + head, len - head, 0), offset + head);
	return 0;
}

static int ping_send_echo(struct ping_send *s)
{
	struct ip_append ap = { ping_getfrag, s, (int)s->len, 0, (unsigned)s->msg->msg_flags };
	struct sock *sk = s->sk;
	struct sk_buff *skb;
	int err;

	if ((s->msg->msg_flags & MSG_CONFIRM) && (s->msg->msg_flags & MSG_PROBE_) && !s->len)
		return 0;
	ap.flags &= ~(unsigned)MSG_MORE; /* one call, one echo */
	lock_sock(sk);
	err = ip_append_data(sk, &s->fl4, &ap, &s->ipc, &s->rt);
	skb = skb_peek(&sk->sk_write_queue);
	if (err) {
		ip_flush_pending_frames(sk);
	} else if (skb) {
		s->icmph.checksum = csum_fold(csum_partial(&s->icmph, sizeof(s->icmph), s->wcheck));
		memcpy(icmp_hdr(skb), &s->icmph, sizeof(s->icmph));
		skb->ip_summed = CHECKSUM_NONE;
		err = ip_push_pending_frames(sk, &s->fl4);
	}
	release_sock(sk);
	return err;
}

/* --- read --- */

static int ping_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len)
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
		err = (int)copied;
	}
	skb_free_datagram(sk, skb);
	return err;
}

/* --- life and names --- */

static int ping_sk_init(struct sock *sk)
{
	const struct netns_ipv4 *ipv4 = sock_net(sk)->ipv4;
	uint32_t gid = sk->sk_socket->cred.gid;

	sock_set_flag(sk, SOCK_RCU_FREE);
	if (gid < (uint32_t)READ_ONCE(ipv4->sysctl_ping_group_range[0]) ||
	    gid > (uint32_t)READ_ONCE(ipv4->sysctl_ping_group_range[1]))
		return -EACCES;
	return 0;
}

static void ping_close(struct sock *sk, long timeout)
{
	(void)timeout;
	sk_common_release(sk);
}

/* Under the table's lock: may @sk have @ident? */
static bool ping_ident_free(struct ping_table *t, const struct sock *sk, uint16_t ident)
{
	struct sock *sk2;

	hlist_for_each_entry(sk2, &t->hash[ident & PING_HTABLE_MASK], sk_node)
		if (sk2 != sk && sk2->sk_num == ident && (!sk2->sk_reuse || !sk->sk_reuse))
			return false;
	return true;
}

/* The next identifier that nobody has; 0 when all are taken. */
static uint16_t ping_ident_next(struct ping_table *t)
{
	struct sock *sk2;

	for (unsigned i = 0; i < 0xffff; i++) {
		uint16_t ident = (uint16_t)(t->rover + 1 + i);
		bool taken = !ident; /* 0 stands for none */

		hlist_for_each_entry(sk2, &t->hash[ident & PING_HTABLE_MASK], sk_node)
			taken |= sk2->sk_num == ident;
		if (!taken)
			return ident;
	}
	return 0;
}

static int ping_get_port(struct sock *sk, unsigned short ident)
{
	struct ping_table *t = sock_net(sk)->ipv4->ping;
	int in_use = 1;

	spin_lock(&t->lock);
	if (!ident) {
		ident = ping_ident_next(t);
		if (!ident)
			goto out;
		t->rover = ident;
	} else if (!ping_ident_free(t, sk, ident)) {
		goto out;
	}
	in_use = 0;
	inet_sk(sk)->inet_num = ident;
	if (hlist_unhashed(&sk->sk_node)) {
		sock_hold(sk);
		hlist_add_head_rcu(&sk->sk_node, &t->hash[ident & PING_HTABLE_MASK]);
	}
out:
	spin_unlock(&t->lock);
	return in_use;
}

static void ping_unhash(struct sock *sk)
{
	struct ping_table *t = sock_net(sk)->ipv4->ping;
	bool was;

	spin_lock(&t->lock);
	was = !hlist_unhashed(&sk->sk_node);
	if (was) {
		hlist_del_init_rcu(&sk->sk_node);
		inet_sk(sk)->inet_num = 0;
		inet_sk(sk)->inet_sport = 0;
	}
	spin_unlock(&t->lock);
	if (was)
		sock_put(sk);
}

static int ping_bind(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *addr = (const struct sockaddr_in *)(const void *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	__be32 any = htonl(INADDR_ANY);
	unsigned short snum;
	unsigned chk;
	int err = -EINVAL;

	if (addr_len < (int)sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET &&
	    (addr->sin_family != AF_UNSPEC || addr->sin_addr.s_addr != any))
		return -EAFNOSUPPORT;
	chk = inet_addr_type(sock_net(sk), addr->sin_addr.s_addr);
	if (addr->sin_addr.s_addr != any && chk != RTN_LOCAL &&
	    (chk == RTN_MULTICAST || chk == RTN_BROADCAST || !inet_can_nonlocal_bind(sk)))
		return -EADDRNOTAVAIL;
	snum = ntohs(addr->sin_port);
	lock_sock(sk);
	if (inet->inet_num)
		goto out;
	err = -EADDRINUSE;
	if (ping_get_port(sk, snum))
		goto out;
	inet->inet_rcv_saddr = inet->inet_saddr = addr->sin_addr.s_addr;
	if (inet->inet_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (snum)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	sk_dst_reset(sk);
	err = 0;
out:
	release_sock(sk);
	return err;
}

const struct proto ping_prot = {
	.name = "PING",
	.init = ping_sk_init,
	.close = ping_close,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.setsockopt = ip_setsockopt,
	.getsockopt = ip_getsockopt,
	.sendmsg = ping_sendmsg,
	.recvmsg = ping_recvmsg,
	.bind = ping_bind,
	.unhash = ping_unhash,
	.get_port = ping_get_port,
	.obj_size = sizeof(struct inet_sock),
};

/* --- /proc/net/icmp --- */

static int ping_seq_show(struct seq_file *m, void *data)
{
	struct ping_table *t = ((struct net *)data)->ipv4->ping;
	struct sock *sk;

	seq_setwidth(m, 127);
	seq_puts(m, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		    "   uid  timeout inode ref pointer drops");
	seq_pad(m, '\n');
	spin_lock(&t->lock);
	for (unsigned i = 0; i < PING_HTABLE_SIZE; i++)
		hlist_for_each_entry(sk, &t->hash[i], sk_node) {
			seq_setwidth(m, 127);
			seq_printf(m, "%5u", i);
			inet_seq_show_sock(m, sk, sk->sk_num);
			seq_pad(m, '\n');
		}
	spin_unlock(&t->lock);
	return 0;
}
