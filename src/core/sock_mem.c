/* SPDX-License-Identifier: MIT */
/*
 * sock_mem.c - what sockets may use of memory: the protocol's pages, the send buffer
 *
 * On the walk: sk_rmem_schedule() of sock_queue_rcv_skb() comes here when the socket's own reserve
 * (sk_forward_alloc) is too small; __ip_append_data() comes by sock_alloc_send_skb() and may wait
 * here for the device to finish older packets. A reserve is bought in quanta of one page from the
 * protocol's total and given back by sk_mem_reclaim(). The three limits of the protocol: below the
 * first every wish is granted; between first and third only a socket that uses less than its
 * guaranteed minimum (udp_rmem_min, udp_wmem_min); above the third none. The second limit matters
 * to protocols that can shrink under pressure, which datagram protocols cannot.
 * Threads: a vCPU, under the sock's lock for the reserve. Mirrors: net/core/sock.c of Linux 3.13.
 */
#include <errno.h>

#include "core/sock.h"
#include "core/trace_events.h"

#define SK_MEM_QUANTUM_SHIFT 12

static bool mem_below_minimum(struct sock *sk, int kind);
static long sock_wait_for_wmem(struct sock *sk, long timeo);

int __sk_mem_schedule(struct sock *sk, int size, int kind)
{
	const struct proto *prot = sk->sk_prot;
	int amt = (size + SK_MEM_QUANTUM - 1) >> SK_MEM_QUANTUM_SHIFT;
	_Atomic long *total = prot->memory_allocated(sock_net(sk));
	const long *limit = prot->sysctl_mem(sock_net(sk));
	long allocated;

	sk->sk_forward_alloc += amt * SK_MEM_QUANTUM;
	allocated = __atomic_add_fetch(total, amt, __ATOMIC_RELAXED);
	if (allocated <= READ_ONCE(limit[0]))
		return 1;
	if (allocated <= READ_ONCE(limit[2]) && mem_below_minimum(sk, kind))
		return 1;

	trace_sock_exceed_buf_limit(sk, allocated, kind);
	sk->sk_forward_alloc -= amt * SK_MEM_QUANTUM;
	__atomic_sub_fetch(total, amt, __ATOMIC_RELAXED);
	return 0;
}

static bool mem_below_minimum(struct sock *sk, int kind)
{
	const struct proto *prot = sk->sk_prot;

	if (kind == SK_MEM_RECV)
		return prot->sysctl_rmem_min && atomic_read(&sk->sk_rmem_alloc) <
						READ_ONCE(*prot->sysctl_rmem_min(sock_net(sk)));
	return prot->sysctl_wmem_min && atomic_read(&sk->sk_wmem_alloc) <
					READ_ONCE(*prot->sysctl_wmem_min(sock_net(sk)));
}

void __sk_mem_reclaim(struct sock *sk)
{
	if (!sk->sk_prot->memory_allocated)
		return;
	__atomic_sub_fetch(sk->sk_prot->memory_allocated(sock_net(sk)),
			   sk->sk_forward_alloc >> SK_MEM_QUANTUM_SHIFT, __ATOMIC_RELAXED);
	sk->sk_forward_alloc &= SK_MEM_QUANTUM - 1;
}

struct sk_buff *sock_alloc_send_skb(struct sock *sk, unsigned long size, int noblock, int *errcode)
{
	return sock_alloc_send_pskb(sk, size, 0, noblock, errcode);
}

struct sk_buff *sock_alloc_send_pskb(struct sock *sk, unsigned long header_len,
				     unsigned long data_len, int noblock, int *errcode)
{
	long timeo = sock_sndtimeo(sk, noblock);
	struct sk_buff *skb;
	int err;

	for (;;) {
		err = sock_error(sk);
		if (err)
			goto failure;
		err = -EPIPE;
		if (sk->sk_shutdown & SEND_SHUTDOWN)
			goto failure;
		if (atomic_read(&sk->sk_wmem_alloc) < READ_ONCE(sk->sk_sndbuf))
			break;
		err = -EAGAIN;
		if (!timeo || !task_can_sleep())
			goto failure;
		err = -EINTR;
		if (signal_pending(current_task()))
			goto failure;
		timeo = sock_wait_for_wmem(sk, timeo);
	}
	err = -ENOBUFS;
	if (header_len + data_len > UINT16_MAX + MAX_HEADER)
		goto failure;
	skb = __alloc_skb(sock_net(sk), (unsigned)(header_len + data_len));
	if (!skb)
		goto failure;
	skb_set_owner_w(skb, sk);
	return skb;

failure:
	*errcode = err;
	return NULL;
}

/*
 * Sleep until there is room, an error, a shutdown, a signal or the end of @timeo; what is left of
 * it.
 */
static long sock_wait_for_wmem(struct sock *sk, long timeo)
{
	wait_queue_t wait;

	init_wait_func(&wait, autoremove_wake_function);
	while (timeo && !signal_pending(current_task())) {
		prepare_to_wait(&sk->sk_wq, &wait, TASK_INTERRUPTIBLE);
		if (atomic_read(&sk->sk_wmem_alloc) < READ_ONCE(sk->sk_sndbuf))
			break;
		if (sk->sk_shutdown & SEND_SHUTDOWN)
			break;
		if (sk->sk_err)
			break;
		timeo = schedule_timeout(timeo);
	}
	finish_wait(&sk->sk_wq, &wait);
	return timeo;
}

struct sk_buff *sock_wmalloc(struct sock *sk, unsigned long size, int force)
{
	struct sk_buff *skb;

	if (!force && atomic_read(&sk->sk_wmem_alloc) >= READ_ONCE(sk->sk_sndbuf))
		return NULL;
	if (size > UINT16_MAX + MAX_HEADER)
		return NULL;
	skb = __alloc_skb(sock_net(sk), (unsigned)size);
	if (skb)
		skb_set_owner_w(skb, sk);
	return skb;
}

void skb_set_owner_w(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_wfree;
	atomic_add((int)skb->truesize, &sk->sk_wmem_alloc);
}
