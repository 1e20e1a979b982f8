/* SPDX-License-Identifier: MIT */
/*
 * ip_sockglue.c - control messages between IP and its sockets (mirrors half of
 * net/ipv4/ip_sockglue.c)
 *
 * Theory of operation
 *   Receive: ipv4_pktinfo_prepare() runs in softirq while the packet's route is at hand and notes
 *   in the control block what a reader may ask for; ip_cmsg_recv_offset() turns it into control
 *   messages when the datagram is read. Send: ip_cmsg_send() parses what the caller attached.
 *   Options of the socket are in ip_sockopt.c, its error queue in ip_errqueue.c.
 * Context: softirq for the first, calls for the rest.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/fib.h"
#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"
#include "ipv4/udp.h"

/*
 * The reader will want the interface and the specific destination (RFC 1122 3.2.1.3), but a
 * borrowed route cannot wait in a queue: the destination is kept in the control block (opt.faddr is
 * free once the packet is ours). Only a packet with options keeps its route: IP_RETOPTS needs it.
 */
void ipv4_pktinfo_prepare(const struct sock *sk, struct sk_buff *skb)
{
	struct inet_skb_parm *cb = IPCB(skb);
	const struct rtable *rt = skb_rtable(skb);

	if ((inet_sk(sk)->cmsg_flags & IP_CMSG_PKTINFO) && rt) {
		cb->iif = rt->rt_iif ? rt->rt_iif : skb->dev->ifindex;
		cb->opt.faddr = fib_compute_spec_dst(skb);
	} else {
		cb->iif = 0;
		cb->opt.faddr = 0;
	}
	if (unlikely(cb->opt.optlen))
		skb_dst_force(skb);
	else
		skb_dst_drop(skb);
}

static void ip_cmsg_recv_pktinfo(struct msghdr *msg, struct sk_buff *skb)
{
	struct in_pktinfo info = { .ipi_ifindex = IPCB(skb)->iif,
				   .ipi_spec_dst.s_addr = IPCB(skb)->opt.faddr,
				   .ipi_addr.s_addr = ip_hdr(skb)->daddr };

	put_cmsg(msg, SOL_IP, IP_PKTINFO, sizeof(info), &info);
}

static void ip_cmsg_recv_ttl(struct msghdr *msg, struct sk_buff *skb)
{
	int ttl = ip_hdr(skb)->ttl;

	put_cmsg(msg, SOL_IP, IP_TTL, sizeof(ttl), &ttl);
}

static void ip_cmsg_recv_tos(struct msghdr *msg, struct sk_buff *skb)
{
	put_cmsg(msg, SOL_IP, IP_TOS, 1, &ip_hdr(skb)->tos);
}

static void ip_cmsg_recv_opts(struct msghdr *msg, struct sk_buff *skb)
{
	if (IPCB(skb)->opt.optlen)
		put_cmsg(msg, SOL_IP, IP_RECVOPTS, IPCB(skb)->opt.optlen, ip_hdr(skb) + 1);
}

static void ip_cmsg_recv_retopts(struct msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	struct {
		struct ip_options opt;
		unsigned char data[40];
	} echo = { 0 };

	if (!IPCB(skb)->opt.optlen)
		return;
	if (ip_options_echo(sock_net(sk), &echo.opt, skb, IPCB_OPT(skb))) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	ip_options_undo(&echo.opt);
	put_cmsg(msg, SOL_IP, IP_RETOPTS, echo.opt.optlen, echo.opt.__data);
}

static void ip_cmsg_recv_dstaddr(struct msghdr *msg, struct sk_buff *skb)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = ip_hdr(skb)->daddr };
	__be16 *ports = skb_header_pointer(skb, (unsigned)skb_transport_offset(skb), 4);

	if (!ports)
		return;
	sin.sin_port = ports[1];
	put_cmsg(msg, SOL_IP, IP_ORIGDSTADDR, sizeof(sin), &sin);
}

static void ip_cmsg_recv_fragsize(struct msghdr *msg, struct sk_buff *skb)
{
	int val = IPCB(skb)->frag_max_size;

	if (val)
		put_cmsg(msg, SOL_IP, IP_RECVFRAGSIZE, sizeof(val), &val);
}

void ip_cmsg_recv_offset(struct msghdr *msg, struct sock *sk, struct sk_buff *skb, int tlen,
			 int offset)
{
	unsigned flags = inet_sk(sk)->cmsg_flags;

	(void)tlen;
	(void)offset;
	if (flags & IP_CMSG_PKTINFO)
		ip_cmsg_recv_pktinfo(msg, skb);
	if (flags & IP_CMSG_TTL)
		ip_cmsg_recv_ttl(msg, skb);
	if (flags & IP_CMSG_TOS)
		ip_cmsg_recv_tos(msg, skb);
	if (flags & IP_CMSG_RECVOPTS)
		ip_cmsg_recv_opts(msg, skb);
	if (flags & IP_CMSG_RETOPTS)
		ip_cmsg_recv_retopts(msg, sk, skb);
	if (flags & IP_CMSG_ORIGDSTADDR)
		ip_cmsg_recv_dstaddr(msg, skb);
	if (flags & IP_CMSG_RECVFRAGSIZE)
		ip_cmsg_recv_fragsize(msg, skb);
}

/* --- send --- */

/* One SOL_IP control message into @ipc: 0 or -EINVAL. */
static int ip_cmsg_send_one(struct sock *sk, const struct cmsghdr *c, struct ipcm_cookie *ipc)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);
	const unsigned char *data = CMSG_DATA(c);
	struct in_pktinfo info;
	int val;

	switch (c->cmsg_type) {
	case IP_RETOPTS:
		return ip_options_get(sock_net(sk), &ipc->opt, data, (int)min(len, (size_t)40));
	case IP_PKTINFO:
		if (len != sizeof(info))
			return -EINVAL;
		memcpy(&info, data, sizeof(info));
		if (info.ipi_ifindex)
			ipc->oif = info.ipi_ifindex;
		ipc->addr = info.ipi_spec_dst.s_addr;
		return 0;
	case IP_TTL:
		if (len != sizeof(val))
			return -EINVAL;
		memcpy(&val, data, sizeof(val));
		if (val < 1 || val > 255)
			return -EINVAL;
		ipc->ttl = (uint8_t)val;
		return 0;
	case IP_TOS:
		if (len == sizeof(val))
			memcpy(&val, data, sizeof(val));
		else if (len == 1)
			val = *data;
		else
			return -EINVAL;
		if (val < 0 || val > 255)
			return -EINVAL;
		ipc->tos = (__s16)val;
		return 0;
	default:
		return -EINVAL;
	}
}

int ip_cmsg_send(struct sock *sk, struct msghdr *msg, struct ipcm_cookie *ipc)
{
	int err = sock_cmsg_send(sk, msg, &ipc->sockc); /* also checks the lengths of all */

	if (err)
		return err;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_IP)
			continue;
		err = ip_cmsg_send_one(sk, c, ipc);
		if (err)
			return err;
	}
	return 0;
}
