/* SPDX-License-Identifier: MIT */
#ifndef CORE_DATAGRAM_H
#define CORE_DATAGRAM_H
/*
 * datagram.h - receiving whole datagrams (mirrors net/core/datagram.c)
 *
 * Theory of operation
 *   __skb_recv_datagram() takes the head of the receive queue (or peeks it, MSG_PEEK with SO_PEEK_OFF) and waits as the socket's time-out and
 *   flags say, exclusively: one datagram wakes one reader. The copy verifies the checksum on the way when it was not verified before.
 */
#include "core/sock.h"
#include "core/socket.h"

/* *err: -EAGAIN, -EINTR, -ENOTCONN, socket error. *peeked: the datagram had been peeked before. */
struct sk_buff *__skb_recv_datagram(struct sock *sk, int flags, int *peeked, int *off, int *err);
struct sk_buff *skb_recv_datagram(struct sock *sk, int flags, int noblock, int *err);
void skb_free_datagram(struct sock *sk, struct sk_buff *skb);
void skb_free_datagram_locked(struct sock *sk, struct sk_buff *skb); /* lock_sock_fast, uncharge, free */
/* MSG_PEEK found it bad: take it out if still queued and drop it: 0, or -ENOENT when another reader was faster. */
int skb_kill_datagram(struct sock *sk, struct sk_buff *skb, int flags, enum skb_drop_reason reason);
int skb_copy_datagram_iovec(const struct sk_buff *skb, int offset, const struct msghdr *msg, int len); /* 0 or -EFAULT */
/* Copy from @hlen on and verify: 0, -EFAULT, -EINVAL when the checksum is wrong. */
int skb_copy_and_csum_datagram_iovec(struct sk_buff *skb, int hlen, const struct msghdr *msg);
unsigned datagram_poll(struct socket *sock);

#endif
