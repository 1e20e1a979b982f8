/* SPDX-License-Identifier: MIT */
/*
 * ip_errqueue.c - the error queue of an IPv4 socket: IP_RECVERR and MSG_ERRQUEUE (ip(7); mirrors
 * the other half of net/ipv4/ip_sockglue.c)
 *
 * Theory of operation
 *   An error is an skb whose payload is what the offending packet carried and whose control block
 *   holds struct sock_extended_err. It comes from an ICMP message (ip_icmp_error, softirq) or from
 *   the stack itself (ip_local_error, in a call); ip_recv_error() reads it.
 * Owns: the queued skbs, charged to the socket like received packets.
 */
#include <errno.h>
#include <linux/net_tstamp.h>

#include "core/socket.h"
#include "ipv4/fib.h"
#include "ipv4/icmp.h"
#include "ipv4/inet_sock.h"
#include "ipv4/ip.h"

/*
 * @skb: the ICMP packet, data at the quoted IP header; @payload: what follows the quoted transport
 * header. Borrows.
 */
void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, uint32_t info,
		   const uint8_t *payload)
{
	unsigned skip = (unsigned)(payload - skb->data);
	struct sock_exterr_skb *serr;
	struct sk_buff *err_skb;

	if (!inet_sk(sk)->recverr)
		return;
	err_skb = skb_clone(skb);
	if (!err_skb)
		return;
	serr = SKB_EXT_ERR(err_skb);
	*serr = (struct sock_exterr_skb){ .inet = *IPCB(skb) };
	serr->ee.ee_errno = (uint32_t)err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = icmp_hdr(skb)->type;
	serr->ee.ee_code = icmp_hdr(skb)->code;
	serr->ee.ee_info = info;
	serr->addr_offset =
		(uint16_t)((unsigned char *)&((struct iphdr *)(void *)skb->data)->daddr -
			   skb_network_header(skb));
	serr->port = port;
	if (skip <= err_skb->len && skb_pull(err_skb, skip)) {
		skb_reset_transport_header(err_skb);
		/* not behind the back of a close, which empties the queue only once */
		bh_lock_sock(sk);
		if (!sock_flag(sk, SOCK_DEAD) && !sock_queue_err_skb(sk, err_skb))
			err_skb = NULL;
		bh_unlock_sock(sk);
	}
	if (err_skb)
		consume_skb(err_skb);
}

void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 dport, uint32_t info)
{
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;
	struct iphdr *iph;

	if (!inet_sk(sk)->recverr)
		return;
	skb = alloc_skb(sock_net(sk), sizeof(*iph));
	if (!skb)
		return;
	iph = skb_put(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = (struct iphdr){ .daddr = daddr };
	serr = SKB_EXT_ERR(skb);
	*serr = (struct sock_exterr_skb){ 0 };
	serr->ee.ee_errno = (uint32_t)err;
	serr->ee.ee_origin = SO_EE_ORIGIN_LOCAL;
	serr->ee.ee_info = info;
	serr->addr_offset = (uint16_t)((unsigned char *)&iph->daddr - skb_network_header(skb));
	serr->port = dport;
	__skb_pull(skb, skb->len);
	skb_reset_transport_header(skb);
	if (sock_queue_err_skb(sk, skb))
		consume_skb(skb);
}

static bool is_icmp_err_skb(struct sk_buff *skb)
{
	return skb && SKB_EXT_ERR(skb)->ee.ee_origin == SO_EE_ORIGIN_ICMP;
}

/* Take the oldest error; sk_err then tells of the next ICMP error, if there is one. */
static struct sk_buff *sock_dequeue_err_skb(struct sock *sk)
{
	struct sk_buff_head *q = &sk->sk_error_queue;
	struct sk_buff *skb, *next = NULL;
	bool icmp_next = false;

	spin_lock(&q->lock);
	skb = __skb_dequeue(q);
	if (skb)
		next = skb_peek(q);
	if (next) {
		icmp_next = is_icmp_err_skb(next);
		if (icmp_next)
			sk->sk_err = (int)SKB_EXT_ERR(next)->ee.ee_errno;
	}
	spin_unlock(&q->lock);
	if (is_icmp_err_skb(skb) && !icmp_next)
		sk->sk_err = 0;
	if (next)
		sk->sk_error_report(sk);
	return skb;
}

/* Are control messages of the IP header to be had? Of a stamp the one that names the device, when that was asked for. */
static bool error_has_cmsg(const struct sock *sk, struct sk_buff *skb, const struct sock_exterr_skb *serr)
{
	if (serr->ee.ee_origin == SO_EE_ORIGIN_ICMP)
		return true;
	if (serr->ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING || !(sk->sk_tsflags & SOF_TIMESTAMPING_OPT_CMSG) || !skb->dev || !skb->len)
		return false;
	IPCB(skb)->iif = skb->dev->ifindex;
	IPCB(skb)->opt.faddr = ip_hdr(skb)->saddr;
	return true;
}

/*
 * MSG_ERRQUEUE: the oldest error, with the address it is about and an IP_RECVERR control message.
 * Never blocks.
 */
int ip_recv_error(struct sock *sk, struct msghdr *msg, int len, int *addr_len)
{
	struct {
		struct sock_extended_err ee;
		struct sockaddr_in offender;
	} errhdr = { 0 };
	struct sockaddr_in *sin = msg->msg_name;
	struct sock_exterr_skb *serr;
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	int copied, err;

	if (!skb)
		return -EAGAIN;
	copied = (int)skb->len;
	if (copied > len) {
		msg->msg_flags |= MSG_TRUNC;
		copied = len;
	}
	err = memcpy_toiovecend(msg, skb->data, 0, (size_t)copied);
	if (err) {
		consume_skb(skb);
		return err;
	}
	sock_recv_ts_and_drops(msg, sk, skb);
	serr = SKB_EXT_ERR(skb);
	if (sin && serr->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) { /* nobody is told where it went */
		*addr_len = 0;
	} else if (sin) {
		*sin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = serr->port };
		memcpy(&sin->sin_addr, skb_network_header(skb) + serr->addr_offset, 4);
		*addr_len = sizeof(*sin);
	}
	errhdr.ee = serr->ee;
	if (error_has_cmsg(sk, skb, serr)) {
		errhdr.offender.sin_family = AF_INET;
		errhdr.offender.sin_addr.s_addr = ip_hdr(skb)->saddr;
		if (inet_sk(sk)->cmsg_flags)
			ip_cmsg_recv_offset(msg, sk, skb, 0, 0);
	}
	put_cmsg(msg, SOL_IP, IP_RECVERR, sizeof(errhdr), &errhdr);
	msg->msg_flags |= MSG_ERRQUEUE;
	consume_skb(skb);
	return copied;
}
