/* SPDX-License-Identifier: MIT */
/*
 * udp.c - UDP as a protocol: its tables of operations, options, life and files (mirrors the rest of
 * net/ipv4/udp.c)
 *
 * Theory of operation
 *   The packet's way is in udp_input.c, the reader's in udp_recv.c, the sender's in udp_output.c,
 *   ports and look-up in udp_hash.c, what UDP-Lite adds in udplite.c. Here they are tied into
 *   struct proto and struct net_protocol, and shown in /proc/net/udp and udplite.
 * Owns: nothing of its own; the tables hang on net->ipv4.
 */
#include <errno.h>

#include "core/datagram.h"
#include "fs/seq_file.h"
#include "ipv4/udp.h"

static int udp_init_sock(struct sock *sk);
static void udp_destroy_sock(struct sock *sk);
static void udp_set_gro(struct sock *sk, bool on);
static int udp_pre_connect(struct sock *sk, struct sockaddr *addr, int addr_len);
static int udp_setsockopt(struct sock *sk, int level, int optname, const void *optval,
			  socklen_t optlen);
static int udp_getsockopt(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen);
static void udp_lib_close(struct sock *sk, long timeout);
static int udp4_seq_show(struct seq_file *m, void *data);
static int udplite4_seq_show(struct seq_file *m, void *data);

static const struct proc_ops udp_proc_ops = { .show = udp4_seq_show };
static const struct proc_ops udplite_proc_ops = { .show = udplite4_seq_show };

static const struct net_protocol udp_protocol = {
	.early_demux = udp_v4_early_demux,
	.handler = udp_rcv,
	.err_handler = udp_err,
	.name = "UDP",
};

static const struct net_protocol udplite_protocol = {
	.handler = udplite_rcv,
	.err_handler = udplite_err,
	.name = "UDPLITE",
};

int udp_init(struct net *net)
{
	int err = udp_tables_init(net);

	if (!err)
		err = proto_register(net, &udp_prot);
	if (!err)
		err = proto_register(net, &udplite_prot);
	if (!err)
		err = inet_add_protocol(net, &udp_protocol, IPPROTO_UDP);
	if (!err)
		err = inet_add_protocol(net, &udplite_protocol, IPPROTO_UDPLITE);
	if (!err && (!proc_create(&net->vfs, "/proc/net/udp", 0444, &udp_proc_ops, net) ||
		     !proc_create(&net->vfs, "/proc/net/udplite", 0444, &udplite_proc_ops, net)))
		err = -ENOMEM;
	if (err)
		udp_exit(net);
	return err;
}

void udp_exit(struct net *net)
{
	proc_remove_path(&net->vfs, "/proc/net/udp");
	proc_remove_path(&net->vfs, "/proc/net/udplite");
	inet_del_protocol(net, &udp_protocol, IPPROTO_UDP);
	inet_del_protocol(net, &udplite_protocol, IPPROTO_UDPLITE);
	proto_unregister(net, &udp_prot);
	proto_unregister(net, &udplite_prot);
	udp_tables_exit(net);
}

/* --- life --- */

static int udp_init_sock(struct sock *sk)
{
	sock_set_flag(sk, SOCK_RCU_FREE);
	return 0;
}

static void udp_destroy_sock(struct sock *sk)
{
	bool slow = lock_sock_fast(sk);

	udp_flush_pending_frames(sk);
	udp_set_gro(sk, false);
	unlock_sock_fast(sk, slow);
}

/* Under the socket's lock. */
static void udp_set_gro(struct sock *sk, bool on)
{
	struct udp_sock *up = udp_sk(sk);

	if (up->gro_enabled == on)
		return;
	WRITE_ONCE(up->gro_enabled, on);
	atomic_add(on ? 1 : -1, &sock_net(sk)->ipv4->udp_gro_needed);
}

static void udp_lib_close(struct sock *sk, long timeout)
{
	(void)timeout;
	sk_common_release(sk);
}

static int udp_pre_connect(struct sock *sk, struct sockaddr *addr, int addr_len)
{
	return ip4_datagram_connect(sk, addr, addr_len);
}

int udp_disconnect(struct sock *sk, int flags)
{
	struct inet_sock *inet = inet_sk(sk);

	(void)flags;
	lock_sock(sk);
	sk->sk_state = TCP_CLOSE;
	inet->inet_daddr = 0;
	inet->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		inet->inet_rcv_saddr = inet->inet_saddr = 0;
		if (sk->sk_prot->rehash && (sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			sk->sk_prot->rehash(sk);
	}
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		sk->sk_prot->unhash(sk);
		inet->inet_sport = 0;
	}
	sk_dst_reset(sk);
	release_sock(sk);
	return 0;
}

/* --- options --- */

static int udp_setsockopt(struct sock *sk, int level, int optname, const void *optval,
			  socklen_t optlen)
{
	int val, err = 0;

	if (level != SOL_UDP_ && level != IPPROTO_UDPLITE)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	memcpy(&val, optval, sizeof(val));
	switch (optname) {
	case UDP_CORK_:
		lock_sock(sk);
		WRITE_ONCE(udp_sk(sk)->corkflag, val != 0);
		if (!val && udp_sk(sk)->pending)
			err = udp_push_pending_frames(sk);
		release_sock(sk);
		return err;
	case UDP_SEGMENT_:
		if (val < 0 || val > UINT16_MAX)
			return -EINVAL;
		WRITE_ONCE(udp_sk(sk)->gso_size, (uint16_t)val);
		return 0;
	case UDP_GRO_:
		if (IS_UDPLITE(sk))
			return -ENOPROTOOPT;
		lock_sock(sk);
		udp_set_gro(sk, val != 0);
		release_sock(sk);
		return 0;
	case UDPLITE_SEND_CSCOV:
	case UDPLITE_RECV_CSCOV:
		return udplite_setsockopt(sk, optname, val);
	default:
		return -ENOPROTOOPT;
	}
}

static int udp_getsockopt(struct sock *sk, int level, int optname, void *optval, socklen_t *optlen)
{
	const struct udp_sock *up = udp_sk(sk);
	int val;

	if (level != SOL_UDP_ && level != IPPROTO_UDPLITE)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if ((int)*optlen < 0)
		return -EINVAL;
	switch (optname) {
	case UDP_CORK_:
		val = (int)up->corkflag;
		break;
	case UDP_SEGMENT_:
		val = up->gso_size;
		break;
	case UDP_GRO_:
		val = up->gro_enabled;
		break;
	case UDPLITE_SEND_CSCOV:
		val = up->pcslen;
		break;
	case UDPLITE_RECV_CSCOV:
		val = up->pcrlen;
		break;
	default:
		return -ENOPROTOOPT;
	}
	*optlen = min(*optlen, (socklen_t)sizeof(val));
	memcpy(optval, &val, *optlen);
	return 0;
}

/* --- memory: pages against net.ipv4.udp_mem --- */

static _Atomic long *udp_memory(struct net *net)
{
	return &net->ipv4->udp_memory_allocated;
}

static const long *udp_mem(struct net *net)
{
	return net->ipv4->sysctl_udp_mem;
}

static const int *udp_rmem_min(struct net *net)
{
	return &net->ipv4->sysctl_udp_rmem_min;
}

static const int *udp_wmem_min(struct net *net)
{
	return &net->ipv4->sysctl_udp_wmem_min;
}

#define UDP_PROTO_COMMON                                                                         \
	.init = udp_init_sock, .destroy = udp_destroy_sock, .close = udp_lib_close,              \
	.connect = udp_pre_connect, .disconnect = udp_disconnect, .ioctl = udp_ioctl,            \
	.setsockopt = udp_setsockopt, .getsockopt = udp_getsockopt, .sendmsg = udp_sendmsg,      \
	.recvmsg = udp_recvmsg, .backlog_rcv = __udp_queue_rcv_skb, .unhash = udp_lib_unhash,    \
	.rehash = udp_v4_rehash, .get_port = udp_get_port, .memory_allocated = udp_memory,       \
	.sysctl_mem = udp_mem, .sysctl_rmem_min = udp_rmem_min, .sysctl_wmem_min = udp_wmem_min, \
	.obj_size = sizeof(struct udp_sock)

const struct proto udp_prot = { .name = "UDP", UDP_PROTO_COMMON };
const struct proto udplite_prot = { .name = "UDP-Lite", UDP_PROTO_COMMON };

/* --- /proc/net/udp --- */

static int udp_table_show(struct seq_file *m, struct udp_table *t)
{
	struct sock *sk;

	seq_setwidth(m, 127);
	seq_puts(m, "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		    "   uid  timeout inode ref pointer drops");
	seq_pad(m, '\n');
	for (unsigned i = 0; i <= t->mask; i++) {
		if (likely(hlist_empty(&t->hash[i].head)))
			continue;
		spin_lock(&t->hash[i].lock);
		hlist_for_each_entry(sk, &t->hash[i].head, sk_node) {
			seq_setwidth(m, 127);
			seq_printf(m, "%5u", i);
			inet_seq_show_sock(m, sk, sk->sk_num);
			seq_pad(m, '\n');
		}
		spin_unlock(&t->hash[i].lock);
	}
	return 0;
}

static int udp4_seq_show(struct seq_file *m, void *data)
{
	return udp_table_show(m, ((struct net *)data)->ipv4->udp_table);
}

static int udplite4_seq_show(struct seq_file *m, void *data)
{
	return udp_table_show(m, ((struct net *)data)->ipv4->udplite_table);
}
