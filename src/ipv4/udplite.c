/* SPDX-License-Identifier: MIT */
/*
 * udplite.c - UDP-Lite: a checksum that covers a part (RFC 3828; mirrors net/ipv4/udplite.c)
 *
 * Theory of operation
 *   The length field of UDP becomes the coverage: 0 is everything, else 8..length. A sender sets it
 *   with UDPLITE_SEND_CSCOV, a receiver refuses less than UDPLITE_RECV_CSCOV. The walk is UDP's
 *   (udp_input.c), with a table and a MIB of its own; here is what differs.
 */
#include <errno.h>

#include "core/socket.h"
#include "ipv4/udp.h"

/*
 * The payload is copied without summing: what the checksum covers is known only when the whole
 * packet is there.
 */
int udplite_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	(void)odd;
	(void)skb;
	return memcpy_fromiovecend(to, from, (size_t)offset, (size_t)len);
}

__wsum udplite_csum(struct sk_buff *skb)
{
	const struct udp_sock *up = udp_sk(skb->sk);
	int offset = skb_transport_offset(skb);
	int len = (int)skb->len - offset, cscov = len;

	if ((up->pcflag & UDPLITE_SEND_CC) && up->pcslen < len) {
		if (up->pcslen)
			cscov = up->pcslen;
		udp_hdr(skb)->len = htons(up->pcslen);
	}
	skb->ip_summed = CHECKSUM_NONE;
	return skb_checksum(skb, offset, cscov, 0);
}

int udplite_setsockopt(struct sock *sk, int optname, int val)
{
	struct udp_sock *up = udp_sk(sk);

	if (!IS_UDPLITE(sk))
		return -ENOPROTOOPT;
	if (val != 0 && val < 8) /* RFC 3828 3.1: 1..7 are illegal; Linux raises them to 8 */
		val = 8;
	else if (val > 0xffff)
		val = 0xffff;
	if (optname == UDPLITE_SEND_CSCOV) {
		up->pcslen = (uint16_t)val;
		up->pcflag |= UDPLITE_SEND_CC;
	} else {
		up->pcrlen = (uint16_t)val;
		up->pcflag |= UDPLITE_RECV_CC;
	}
	return 0;
}
