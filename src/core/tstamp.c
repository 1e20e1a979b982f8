/* SPDX-License-Identifier: MIT */
/*
 * tstamp.c - the time at which a packet left, told to its sender
 *
 * On the walk: a driver calls skb_tx_timestamp() at the moment a frame leaves; when the sender
 * asked, __skb_tstamp_tx() puts the time into the socket's error queue. udp_sendmsg() calls
 * sock_tx_timestamp() to mark the packet.
 * Owns: the copy it makes, until the error queue has it. A full queue or no memory: no stamp, the
 * packet is not disturbed.
 * Threads: a vCPU; in the driver's transmit, where the sock is not locked: the error queue has its
 * own lock.
 * Mirrors: __skb_tstamp_tx() of net/core/skbuff.c, sock_tx_timestamp() of net/socket.c.
 */
#include "core/tstamp.h"

#include <errno.h>
#include <linux/net_tstamp.h>

#include "core/timekeeping.h"

void sock_tx_timestamp(const struct sock *sk, uint16_t tsflags, uint8_t *tx_flags)
{
	(void)sk;
	if (tsflags & SOF_TIMESTAMPING_TX_HARDWARE)
		*tx_flags |= SKBTX_HW_TSTAMP;
	if (tsflags & SOF_TIMESTAMPING_TX_SOFTWARE)
		*tx_flags |= SKBTX_SW_TSTAMP;
	if (tsflags & SOF_TIMESTAMPING_TX_SCHED)
		*tx_flags |= SKBTX_SCHED_TSTAMP;
}

void __skb_tstamp_tx(struct sk_buff *orig, int tstype)
{
	struct sock *sk = orig->sk;
	struct sock_exterr_skb *serr;
	struct sk_buff *skb;

	if (!sk)
		return;
	if (sk->sk_tsflags & SOF_TIMESTAMPING_OPT_TSONLY)
		skb = __alloc_skb(sock_net(sk), 0);
	else
		skb = skb_clone(orig);
	if (!skb)
		return;
	ledger_end(skb, VERDICT_CONSUMED); /* a message about a packet, not one */
	skb->tstamp = ktime_get_real(sock_net(sk));
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = ENOMSG;
	serr->ee.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
	serr->ee.ee_info = (uint32_t)tstype;
	if (sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID)
		serr->ee.ee_data = skb_shinfo(orig)->tskey;
	if (sock_queue_err_skb(sk, skb))
		consume_skb(skb);
}
