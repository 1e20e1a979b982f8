/* SPDX-License-Identifier: MIT */
/*
 * datagram.c - taking whole datagrams from a socket
 *
 * On the walk: the process side: udp_recvmsg() calls __skb_recv_datagram(), which sleeps until
 * sock_def_readable() wakes it, then copies by skb_copy_datagram_iovec() and frees by
 * skb_free_datagram_locked().
 * Owns: the datagram it took off the queue, or a borrowed reference to one it peeked at.
 * Threads: a vCPU, outside softirqs; sleeps only when the task may. A wait is exclusive: one
 * datagram wakes one reader.
 * Refuses: a datagram whose checksum is wrong, found while copying. Mirrors: net/core/datagram.c of
 * Linux 3.13.
 */
#include "core/datagram.h"

#include <errno.h>
#include <poll.h>

#include "core/packet_trace.h"
#include "core/trace_events.h"
#include "kernel/softirq.h"

#define WAIT_AGAIN 0
#define WAIT_OVER 1

int receiver_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key);
void might_fault(void);

static __always_inline bool connection_based(const struct sock *sk)
{
	return sk->sk_type == SOCK_SEQPACKET || sk->sk_type == SOCK_STREAM;
}

/*
 * One sleep. Part of __skb_recv_datagram() in every trace, hence inline. *err is set when it says
 * WAIT_OVER.
 */
static __always_inline int wait_for_more_packets(struct sock *sk, int *err, long *timeo,
						 const struct sk_buff *last)
{
	wait_queue_t wait;
	int rc = WAIT_OVER;

	init_wait_func(&wait, receiver_wake_function);
	prepare_to_wait_exclusive(&sk->sk_wq, &wait, TASK_INTERRUPTIBLE);
	*err = sock_error(sk);
	if (*err)
		goto out;
	if (READ_ONCE(sk->sk_receive_queue.prev) != last) {
		rc = WAIT_AGAIN;
		goto out;
	}
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		goto out; /* end of file: *err is 0 */
	*err = -ENOTCONN;
	if (connection_based(sk) && sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_LISTEN)
		goto out;
	*err = -EINTR;
	if (signal_pending(current_task()))
		goto out;
	*timeo = schedule_timeout(*timeo);
	rc = WAIT_AGAIN;
out:
	finish_wait(&sk->sk_wq, &wait);
	return rc;
}

/* The first datagram, or with MSG_PEEK the one that holds byte *off. Under the queue's lock. */
static __always_inline struct sk_buff *take_datagram(struct sk_buff_head *queue, int flags,
						     int *peeked, int *off, struct sk_buff **last)
{
	unsigned skip = (unsigned)*off;
	struct sk_buff *skb;

	*last = (struct sk_buff *)(void *)queue;
	skb_queue_walk(queue, skb) {
		*last = skb;
		*peeked = skb->peeked;
		if (flags & MSG_PEEK) {
			if (skip >= skb->len && (skb->len || skip || skb->peeked)) {
				skip -= skb->len;
				continue;
			}
			skb->peeked = 1;
			skb_get(skb);
		} else {
			__skb_unlink(skb, queue);
		}
		*off = (int)skip;
		return skb;
	}
	return NULL;
}

struct sk_buff *__skb_recv_datagram(struct sock *sk, int flags, int *peeked, int *off, int *err)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct sk_buff *skb, *last;

	*err = sock_error(sk);
	if (*err)
		return NULL;
	do {
		spin_lock(&sk->sk_receive_queue.lock);
		skb = take_datagram(&sk->sk_receive_queue, flags, peeked, off, &last);
		spin_unlock(&sk->sk_receive_queue.lock);
		if (skb) {
			packet_trace_switch(skb); /* the call gives it back: inet_recvmsg() */
			return skb;
		}
		*err = -EAGAIN;
		if (!timeo)
			return NULL;
		if (!task_can_sleep() && !(sk->sk_shutdown & RCV_SHUTDOWN))
			return NULL;
	} while (wait_for_more_packets(sk, err, &timeo, last) == WAIT_AGAIN);

	return NULL;
}

/* A reader sleeps for data or errors; a writer's room is no reason to wake it. */
int receiver_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	if (key && !((unsigned long)key & (POLLIN | POLLERR)))
		return 0;
	return autoremove_wake_function(wait, mode, flags, key);
}

struct sk_buff *skb_recv_datagram(struct sock *sk, int flags, int noblock, int *err)
{
	int peeked, off = 0;

	return __skb_recv_datagram(sk, flags | (noblock ? MSG_DONTWAIT : 0), &peeked, &off, err);
}

int skb_copy_datagram_iovec(const struct sk_buff *skb, int offset, const struct msghdr *msg,
			    int len)
{
	const void *from;

	if (offset < 0 || len < 0)
		return -EFAULT;
	from = skb_header_pointer(skb, (unsigned)offset, (unsigned)len);
	if (!from)
		return -EFAULT;
	might_fault();
	return memcpy_toiovecend(msg, from, 0, (size_t)len);
}

/*
 * Where the kernel may take a page fault of the reader. Memory is just memory here; the step stays
 * visible.
 */
noinline void might_fault(void)
{
	barrier();
}

int skb_copy_and_csum_datagram_iovec(struct sk_buff *skb, int hlen, const struct msghdr *msg)
{
	int chunk = (int)skb->len - hlen;
	__wsum csum;

	if (!chunk)
		return 0;
	if (hlen < 0 || chunk < 0)
		return -EFAULT;
	if (!msg->msg_iovlen || msg->msg_iov[0].iov_len < (size_t)chunk) {
		/* scattered, or too short for all of it: verify first, then copy */
		if (__skb_checksum_complete(skb))
			return -EINVAL;
		return skb_copy_datagram_iovec(skb, hlen, msg, chunk);
	}
	might_fault();
	csum = csum_partial(skb->data, hlen, skb->csum);
	csum = skb_copy_and_csum_bits(skb, hlen, msg->msg_iov[0].iov_base, chunk, csum);
	return csum_fold(csum) ? -EINVAL : 0;
}

void skb_free_datagram(struct sock *sk, struct sk_buff *skb)
{
	consume_skb(skb);
	sk_mem_reclaim_partial(sk);
}

void skb_free_datagram_locked(struct sock *sk, struct sk_buff *skb)
{
	void (*destructor)(struct sk_buff *skb);
	bool slow;

	if (atomic_read(&skb->users) != 1 && !atomic_dec_and_test(&skb->users))
		return; /* somebody peeks at it, or it was only peeked at */
	atomic_set(&skb->users, 1);
	slow = lock_sock_fast(sk);
	destructor = skb->destructor;
	if (destructor)
		destructor(skb);
	skb->destructor = NULL;
	skb->sk = NULL;
	sk_mem_reclaim_partial(sk);
	unlock_sock_fast(sk, slow);
	trace_consume_skb(skb, __builtin_return_address(0));
	ledger_end(skb, VERDICT_CONSUMED);
	__kfree_skb(skb);
}

int skb_kill_datagram(struct sock *sk, struct sk_buff *skb, int flags, enum skb_drop_reason reason)
{
	int err = 0;

	if (flags & MSG_PEEK) {
		err = -ENOENT;
		spin_lock(&sk->sk_receive_queue.lock);
		if (skb == skb_peek(&sk->sk_receive_queue)) {
			__skb_unlink(skb, &sk->sk_receive_queue);
			atomic_dec(&skb->users); /* the queue's */
			err = 0;
		}
		spin_unlock(&sk->sk_receive_queue.lock);
	}
	if (err)
		consume_skb(skb); /* our reference only: another reader has it */
	else
		sk_skb_reason_drop(sk, skb, reason);
	sk_mem_reclaim_partial(sk);
	return err;
}

unsigned datagram_poll(struct socket *sock)
{
	struct sock *sk = sock->sk;
	unsigned mask = 0;

	if (sk->sk_err || !skb_queue_empty(&sk->sk_error_queue))
		mask |= POLLERR | (sock_flag(sk, SOCK_SELECT_ERR_QUEUE) ? POLLPRI : 0);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (sk->sk_shutdown == SHUTDOWN_MASK)
		mask |= POLLHUP;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= POLLIN | POLLRDNORM;
	if (connection_based(sk)) {
		if (sk->sk_state == TCP_CLOSE)
			mask |= POLLHUP;
		if (sk->sk_state == TCP_SYN_SENT)
			return mask; /* not yet writable */
	}
	if (sock_writeable(sk))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return mask;
}
