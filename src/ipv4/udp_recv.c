/* SPDX-License-Identifier: MIT */
/*
 * udp_recv.c - a datagram from the socket's queue to its reader (mirrors udp_recvmsg and friends of
 * net/ipv4/udp.c as of 3.13)
 *
 * Theory of operation
 *   udp_recvmsg > __skb_recv_datagram (waits), copy with the checksum verified on the way where it
 *   was not before, control messages, skb_free_datagram_locked. InDatagrams counts here, when the
 *   datagram is read. A datagram whose checksum proves wrong is taken out and counted; a
 *   non-blocking reader then gets EAGAIN, a blocking one goes on waiting.
 * Context: a call, inside the socket's vCPU.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "core/datagram.h"
#include "ipv4/udp.h"

static unsigned first_packet_length(struct sock *sk);

/* Its checksum is wrong: nobody shall read it. */
static __always_inline void udp_recv_bad_csum(struct sock *sk, struct sk_buff *skb, int flags)
{
	bool slow = lock_sock_fast(sk); /* the charge is given back */

	if (!skb_kill_datagram(sk, skb, flags, SKB_DROP_REASON_UDP_CSUM_READ)) {
		atomic_inc(&sk->sk_drops);
		UDP_INC_STATS(UDP_MIB_CSUMERRORS, IS_UDPLITE(sk));
		UDP_INC_STATS(UDP_MIB_INERRORS, IS_UDPLITE(sk));
	}
	unlock_sock_fast(sk, slow);
}

int udp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len)
{
	struct sockaddr_in *sin = msg->msg_name;
	int is_udplite = IS_UDPLITE(sk);
	int peeked, off, err;
	size_t ulen, copied;
	struct sk_buff *skb;

	if (flags & MSG_ERRQUEUE)
		return ip_recv_error(sk, msg, (int)len, addr_len);
try_again:
	off = 0;
	skb = __skb_recv_datagram(sk, flags, &peeked, &off, &err);
	if (!skb)
		return err;
	ulen = skb->len - sizeof(struct udphdr);
	copied = min(len, ulen - min((size_t)off, ulen));
	if (copied < ulen - min((size_t)off, ulen))
		msg->msg_flags |= MSG_TRUNC;

	/*
	 * A cut or partly covered datagram is verified before the copy, a whole one while it is
	 * copied.
	 */
	if (copied < ulen || UDP_SKB_CB(skb)->partial_cov || off)
		if (udp_lib_checksum_complete(skb))
			goto csum_copy_err;
	if (skb_csum_unnecessary(skb)) {
		err = skb_copy_datagram_iovec(skb, (int)sizeof(struct udphdr) + off, msg,
					      (int)copied);
	} else {
		err = skb_copy_and_csum_datagram_iovec(skb, sizeof(struct udphdr), msg);
		if (err == -EINVAL)
			goto csum_copy_err;
	}
	if (unlikely(err)) {
		if (!peeked) {
			atomic_inc(&sk->sk_drops);
			UDP_INC_STATS(UDP_MIB_INERRORS, is_udplite);
		}
		goto out_free;
	}
	if (!peeked)
		UDP_INC_STATS(UDP_MIB_INDATAGRAMS, is_udplite);
	sock_recv_ts_and_drops(msg, sk, skb);
	if (sin) {
		*sin = (struct sockaddr_in){ .sin_family = AF_INET,
					     .sin_port = udp_hdr(skb)->source,
					     .sin_addr.s_addr = ip_hdr(skb)->saddr };
		*addr_len = sizeof(*sin);
	}
	if (unlikely(udp_sk(sk)->gro_enabled))
		udp_cmsg_recv(msg, skb);
	if (inet_sk(sk)->cmsg_flags)
		ip_cmsg_recv_offset(msg, sk, skb, sizeof(struct udphdr), off);
	err = (int)copied;
	if (flags & MSG_TRUNC)
		err = (int)ulen;
out_free:
	skb_free_datagram_locked(sk, skb);
	return err;

csum_copy_err:
	udp_recv_bad_csum(sk, skb, flags);
	if (flags & MSG_DONTWAIT)
		return -EAGAIN;
	msg->msg_flags &= ~MSG_TRUNC;
	goto try_again;
}

/* How long each of the datagrams is that lie in @skb one behind the other; the last may be shorter. */
void udp_cmsg_recv(struct msghdr *msg, const struct sk_buff *skb)
{
	int gso_size = skb_shinfo(skb)->gso_size;

	if (gso_size)
		put_cmsg(msg, SOL_UDP_, UDP_GRO_, sizeof(gso_size), &gso_size);
}

/*
 * Whole-packet verification of what waits in the queue: so that poll() never announces a datagram
 * that recv() will refuse.
 */
unsigned udp_poll(struct socket *sock)
{
	unsigned mask = datagram_poll(sock);
	struct sock *sk = sock->sk;

	if ((mask & POLLIN) && sock->nonblock && !(sk->sk_shutdown & RCV_SHUTDOWN) &&
	    !first_packet_length(sk) && skb_queue_empty(&sk->sk_error_queue) && !sk->sk_err)
		mask &= ~(unsigned)(POLLIN | POLLRDNORM);
	return mask;
}

/*
 * Payload length + 1 of the first good datagram, 0 when there is none; bad ones ahead of it are
 * dropped and counted.
 */
static unsigned first_packet_length(struct sock *sk)
{
	struct sk_buff_head *rcvq = &sk->sk_receive_queue, bad;
	struct sk_buff *skb;
	unsigned res;

	skb_queue_head_init(&bad);
	spin_lock(&rcvq->lock);
	while ((skb = skb_peek(rcvq)) != NULL && udp_lib_checksum_complete(skb)) {
		UDP_INC_STATS(UDP_MIB_CSUMERRORS, IS_UDPLITE(sk));
		UDP_INC_STATS(UDP_MIB_INERRORS, IS_UDPLITE(sk));
		atomic_inc(&sk->sk_drops);
		__skb_unlink(skb, rcvq);
		__skb_queue_tail(&bad, skb);
	}
	res = skb ? skb->len - (unsigned)sizeof(struct udphdr) + 1 : 0;
	spin_unlock(&rcvq->lock);
	if (!skb_queue_empty(&bad)) {
		bool slow = lock_sock_fast(sk);

		skb_queue_purge_reason(&bad, SKB_DROP_REASON_UDP_CSUM_READ);
		sk_mem_reclaim_partial(sk);
		unlock_sock_fast(sk, slow);
	}
	return res;
}

int udp_ioctl(struct sock *sk, int cmd, int *karg)
{
	unsigned first;

	switch (cmd) {
	case SIOCOUTQ:
		*karg = sk_wmem_alloc_get(sk);
		return 0;
	case SIOCINQ:
		first = first_packet_length(sk);
		*karg = first ? (int)first - 1 : 0;
		return 0;
	default:
		return -ENOIOCTLCMD_;
	}
}
