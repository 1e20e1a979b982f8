/* SPDX-License-Identifier: MIT */
/*
 * af_inet.c - the AF_INET socket family: create, bind, connect, name, send, receive, close (mirrors
 * net/ipv4/af_inet.c)
 *
 * Theory of operation
 *   socket(AF_INET, type, protocol) finds its row in the table below, which gives the protocol's
 *   struct proto and the proto_ops that the BSD layer calls. What is common to UDP, raw and ping
 *   sockets stands here; the rest is a call to sk->sk_prot.
 * Context: calls, inside the socket's vCPU. Errors are those of the Linux system call.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "core/datagram.h"
#include "core/packet_trace.h"
#include "core/socket.h"
#include "fs/seq_file.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/igmp.h"
#include "ipv4/raw.h"
#include "ipv4/udp.h"

static int inet_create(struct net *net, struct socket *sock, int protocol);
static unsigned inet_dgram_poll(struct socket *sock);

static const struct inet_protosw inetsw[] = {
	{ SOCK_DGRAM, IPPROTO_UDP, &udp_prot, &inet_dgram_ops, INET_PROTOSW_PERMANENT },
	{ SOCK_DGRAM, IPPROTO_ICMP, &ping_prot, &inet_sockraw_ops, INET_PROTOSW_REUSE },
	{ SOCK_DGRAM, IPPROTO_UDPLITE, &udplite_prot, &inet_dgram_ops, INET_PROTOSW_PERMANENT },
	{ SOCK_RAW, IPPROTO_IP /* any */, &raw_prot, &inet_sockraw_ops, INET_PROTOSW_REUSE },
};

const struct net_proto_family inet_family_ops = { .family = PF_INET, .create = inet_create };

/* --- create and release --- */

/*
 * Row for (@type, *@protocol); a wild protocol becomes the row's. Linux's order: exact match,
 * caller's wildcard, row's wildcard.
 */
static const struct inet_protosw *inet_find(int type, int *protocol, int *err)
{
	*err = -ESOCKTNOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(inetsw); i++) {
		if (inetsw[i].type != type)
			continue;
		*err = -EPROTONOSUPPORT;
		if (inetsw[i].protocol == *protocol) {
			if (*protocol != IPPROTO_IP)
				return &inetsw[i];
		} else if (*protocol == IPPROTO_IP) {
			*protocol = inetsw[i].protocol;
			return &inetsw[i];
		} else if (inetsw[i].protocol == IPPROTO_IP) {
			return &inetsw[i];
		}
	}
	return NULL;
}

static int inet_create(struct net *net, struct socket *sock, int protocol)
{
	const struct inet_protosw *answer;
	struct inet_sock *inet;
	struct sock *sk;
	int err;

	if (protocol < 0 || protocol >= IPPROTO_MAX || protocol > 255)
		return -EINVAL;
	answer = inet_find(sock->type, &protocol, &err);
	if (!answer)
		return err;
	if (sock->type == SOCK_RAW && !sock->cred.net_raw)
		return -EPERM;
	sock->ops = answer->ops;
	sk = sk_alloc(net, PF_INET, answer->prot);
	if (!sk)
		return -ENOBUFS;
	if (answer->flags & INET_PROTOSW_REUSE)
		sk->sk_reuse = 1;
	inet = inet_sk(sk);
	sock_init_data(sock, sk);
	sk->sk_destruct = inet_sock_destruct;
	sk->sk_protocol = (unsigned char)protocol;
	inet->uc_ttl = -1;
	inet->mc_loop = 1;
	inet->mc_ttl = 1;
	inet->mc_all = 1;
	inet->pmtudisc =
		READ_ONCE(net->ipv4->sysctl_ip_no_pmtu_disc) ? IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	if (sock->type == SOCK_RAW) {
		inet->inet_num = (uint16_t)protocol;
		if (protocol == IPPROTO_RAW)
			inet->hdrincl = 1;
	}
	if (inet->inet_num) { /* raw: the protocol number is the port; it receives from now on */
		inet->inet_sport = htons(inet->inet_num);
		err = sk->sk_prot->hash(sk);
		if (err) {
			sk_common_release(sk);
			return err;
		}
	}
	err = sk->sk_prot->init ? sk->sk_prot->init(sk) : 0;
	if (err)
		sk_common_release(sk);
	return err;
}

void inet_sock_destruct(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	kfree_ip_options(sock_net(sk), inet->inet_opt);
	inet->inet_opt = NULL;
}

int inet_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (sk) {
		ip_mc_drop_socket(sk);
		sock->sk = NULL;
		sk->sk_prot->close(sk, 0);
	}
	return 0;
}

/* A socket of the stack's own: it sends, but nothing finds it. */
int inet_ctl_sock_create(struct sock **ret_sk, unsigned short type, unsigned char protocol,
			 struct net *net)
{
	static const struct cred own = { .net_admin = true,
					 .net_raw = true,
					 .net_bind_service = true };
	struct socket *sock;
	int err = sock_create(net, &own, PF_INET, type, protocol, &sock);

	if (err)
		return err;
	*ret_sk = sock->sk;
	if ((*ret_sk)->sk_prot->unhash)
		(*ret_sk)->sk_prot->unhash(*ret_sk);
	return 0;
}

void inet_ctl_sock_destroy(struct sock *sk)
{
	if (sk)
		sock_release(sk->sk_socket);
}

/* --- names --- */

int inet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)(void *)uaddr;
	struct sock *sk = sock->sk;
	struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	unsigned short snum;
	unsigned chk;
	int err;

	if (sk->sk_prot->bind)
		return sk->sk_prot->bind(sk, uaddr, addr_len);
	if (addr_len < (int)sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET &&
	    (addr->sin_family != AF_UNSPEC || addr->sin_addr.s_addr != htonl(INADDR_ANY)))
		return -EAFNOSUPPORT; /* AF_UNSPEC with any address: old programs */
	chk = inet_addr_type(net, addr->sin_addr.s_addr);
	if (addr->sin_addr.s_addr != htonl(INADDR_ANY) && chk != RTN_LOCAL &&
	    chk != RTN_MULTICAST && chk != RTN_BROADCAST && !inet_can_nonlocal_bind(sk))
		return -EADDRNOTAVAIL;
	snum = ntohs(addr->sin_port);
	if (snum && snum < READ_ONCE(net->ipv4->sysctl_ip_unprivileged_port_start) &&
	    !sock->cred.net_bind_service)
		return -EACCES;
	lock_sock(sk);
	err = -EINVAL; /* bound before */
	if (sk->sk_state != TCP_CLOSE || inet->inet_num)
		goto out;
	inet->inet_rcv_saddr = inet->inet_saddr = addr->sin_addr.s_addr;
	if (chk == RTN_MULTICAST || chk == RTN_BROADCAST)
		inet->inet_saddr = 0; /* a source is chosen when sending */
	if (snum || !inet->bind_address_no_port) {
		if (sk->sk_prot->get_port(sk, snum)) {
			inet->inet_saddr = inet->inet_rcv_saddr = 0;
			err = -EADDRINUSE;
			goto out;
		}
	}
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

bool inet_can_nonlocal_bind(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4->sysctl_ip_nonlocal_bind) || inet_sk(sk)->freebind ||
	       inet_sk(sk)->transparent;
}

/* Give an unbound socket a port before its first send. */
int inet_autobind(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	int err = 0;

	lock_sock(sk);
	if (!inet->inet_num) {
		if (sk->sk_prot->get_port(sk, 0))
			err = -EAGAIN;
		else
			inet->inet_sport = htons(inet->inet_num);
	}
	release_sock(sk);
	return err;
}

int inet_dgram_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (addr_len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC)
		return sk->sk_prot->disconnect(sk, flags);
	if (!inet_sk(sk)->inet_num) {
		err = inet_autobind(sk);
		if (err)
			return err;
	}
	return sk->sk_prot->connect(sk, uaddr, addr_len);
}

int inet_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)(void *)uaddr;
	const struct inet_sock *inet = inet_sk(sock->sk);

	*sin = (struct sockaddr_in){ .sin_family = AF_INET };
	if (peer) {
		if (!inet->inet_dport || sock->sk->sk_state == TCP_CLOSE)
			return -ENOTCONN;
		sin->sin_port = inet->inet_dport;
		sin->sin_addr.s_addr = inet->inet_daddr;
	} else {
		sin->sin_port = inet->inet_sport;
		sin->sin_addr.s_addr =
			inet->inet_rcv_saddr ? inet->inet_rcv_saddr : inet->inet_saddr;
	}
	return sizeof(*sin);
}

/* --- data --- */

int inet_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	struct trace_work w = packet_trace_make();
	struct sock *sk = sock->sk;
	int ret = 0;

	if (!inet_sk(sk)->inet_num && !sk->sk_prot->no_autobind)
		ret = inet_autobind(sk);
	if (!ret)
		ret = sk->sk_prot->sendmsg(sk, msg, size);
	trace_work_restore(w);
	return ret;
}

int inet_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct trace_work w = trace_work_save();
	struct sock *sk = sock->sk;
	int addr_len = 0, err;

	err = sk->sk_prot->recvmsg(sk, msg, size, flags, &addr_len);
	if (err >= 0)
		msg->msg_namelen = (socklen_t)addr_len;
	trace_work_restore(w);
	return err;
}

int inet_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err = 0;

	how++; /* SHUT_RD 0, SHUT_WR 1, SHUT_RDWR 2 become the bits 1, 2, 3 */
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;
	lock_sock(sk);
	if (sk->sk_state == TCP_CLOSE)
		err = -ENOTCONN; /* the bits are set all the same, as in Linux */
	sk->sk_shutdown |= (unsigned)how & SHUTDOWN_MASK;
	if (sk->sk_prot->shutdown)
		sk->sk_prot->shutdown(sk, how);
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

int inet_ioctl(struct socket *sock, unsigned cmd, void *arg)
{
	struct sock *sk = sock->sk;
	int val = 0, err;

	if (!sk->sk_prot->ioctl)
		return -ENOTTY;
	err = sk->sk_prot->ioctl(sk, (int)cmd, &val);
	if (err == -ENOIOCTLCMD_)
		return -ENOTTY;
	if (!err)
		memcpy(arg, &val, sizeof(val));
	return err;
}

static unsigned inet_dgram_poll(struct socket *sock)
{
	return udp_poll(sock);
}

static int sock_no_accept(struct socket *sock, struct socket *newsock, int flags)
{
	(void)sock;
	(void)newsock;
	(void)flags;
	return -EOPNOTSUPP;
}

static int sock_no_listen(struct socket *sock, int len)
{
	(void)sock;
	(void)len;
	return -EOPNOTSUPP;
}

static int sock_common_setsockopt(struct socket *sock, int level, int optname, const void *optval,
				  socklen_t optlen)
{
	return sock->sk->sk_prot->setsockopt(sock->sk, level, optname, optval, optlen);
}

static int sock_common_getsockopt(struct socket *sock, int level, int optname, void *optval,
				  socklen_t *optlen)
{
	return sock->sk->sk_prot->getsockopt(sock->sk, level, optname, optval, optlen);
}

#define INET_OPS_COMMON                                                                   \
	.family = PF_INET, .release = inet_release, .bind = inet_bind,                    \
	.connect = inet_dgram_connect, .accept = sock_no_accept, .getname = inet_getname, \
	.ioctl = inet_ioctl, .listen = sock_no_listen, .shutdown = inet_shutdown,         \
	.setsockopt = sock_common_setsockopt, .getsockopt = sock_common_getsockopt,       \
	.sendmsg = inet_sendmsg, .recvmsg = inet_recvmsg

/* --- files --- */

void inet_seq_show_sock(struct seq_file *m, const struct sock *sk, uint16_t port)
{
	const struct inet_sock *inet = inet_sk(sk);

	seq_printf(m,
		   ": %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %016lx %u",
		   inet->inet_rcv_saddr, port, inet->inet_daddr, ntohs(inet->inet_dport),
		   sk->sk_state, (unsigned)sk_wmem_alloc_get(sk),
		   (unsigned)atomic_read(&sk->sk_rmem_alloc), 0, 0ul, 0u, sk->sk_uid, 0,
		   (unsigned long)sock_i_ino(sk), atomic_read(&sk->sk_refcnt), 0ul,
		   (unsigned)atomic_read(&sk->sk_drops));
}

const struct proto_ops inet_dgram_ops = { INET_OPS_COMMON, .poll = inet_dgram_poll };
const struct proto_ops inet_sockraw_ops = { INET_OPS_COMMON, .poll = datagram_poll };
