/* SPDX-License-Identifier: MIT */
/*
 * check_sock_mem.c: the protocol's memory and its three limits; the send buffer and who waits for
 * it.
 */
#include "sockfix.h"

#define PAGE SK_MEM_QUANTUM

/* L5: bought in pages, kept as a reserve, given back whole. */
START_TEST(test_L5_quantum)
{
	struct sock *sk = fix_sock();

	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_RECV), 1);
	ck_assert_int_eq(sk->sk_forward_alloc, PAGE);
	ck_assert_int_eq(fx.allocated, 1);
	ck_assert_int_eq(__sk_mem_schedule(sk, PAGE + 1, SK_MEM_RECV), 1);
	ck_assert_int_eq(sk->sk_forward_alloc, 3 * PAGE);
	ck_assert_int_eq(fx.allocated, 3);
	/* the reserve serves without the protocol */
	ck_assert(sk_rmem_schedule(sk, NULL, 3 * PAGE));
	ck_assert_int_eq(fx.allocated, 3);
	sk_mem_charge(sk, 100);
	sk_mem_reclaim(sk);
	ck_assert_int_eq(sk->sk_forward_alloc, PAGE - 100);
	ck_assert_int_eq(fx.allocated, 1);
	sk_mem_uncharge(sk, 100);
	/* partial: only what is more than a page */
	sk_mem_reclaim_partial(sk);
	ck_assert_int_eq(fx.allocated, 1);
	sk_common_release(sk);
	ck_assert_int_eq(fx.allocated, 0);
}
END_TEST

/*
 * L5: at the first limit all is granted; up to the third only below the minimum; beyond it nothing.
 */
START_TEST(test_L5_limits)
{
	struct sock *sk = fix_sock();

	fx.mem[0] = 2;
	fx.mem[1] = 3;
	fx.mem[2] = 4;
	fx.rmem_min = 1000;
	ck_assert_int_eq(__sk_mem_schedule(sk, 2 * PAGE, SK_MEM_RECV), 1);
	atomic_set(&sk->sk_rmem_alloc, 1000);
	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_RECV), 0);
	ck_assert_int_eq(sk->sk_forward_alloc, 2 * PAGE);
	ck_assert_int_eq(fx.allocated, 2);
	atomic_set(&sk->sk_rmem_alloc, 999);
	ck_assert_int_eq(__sk_mem_schedule(sk, 2 * PAGE, SK_MEM_RECV), 1);
	ck_assert_int_eq(fx.allocated, 4);
	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_RECV), 0);
	ck_assert_int_eq(fx.allocated, 4);
	atomic_set(&sk->sk_rmem_alloc, 0);
	sk_common_release(sk);
}
END_TEST

/* The minimum of sending is another one, against what is in flight. */
START_TEST(test_L5_send_minimum)
{
	struct sock *sk = fix_sock();

	fx.mem[0] = 0;
	fx.rmem_min = 0;
	fx.wmem_min = 2; /* one is always charged */
	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_RECV), 0);
	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_SEND), 1);
	fx.wmem_min = 1;
	ck_assert_int_eq(__sk_mem_schedule(sk, 1, SK_MEM_SEND), 0);
	sk_common_release(sk);
}
END_TEST

/* A refused packet changes no account. */
START_TEST(test_L5_refused)
{
	struct sock *sk = fix_sock();
	struct sk_buff *skb = fix_skb(100, 0);

	fx.mem[0] = fx.mem[1] = fx.mem[2] = 0;
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -ENOBUFS);
	ck_assert_int_eq(fx.allocated, 0);
	ck_assert_int_eq(sk->sk_forward_alloc, 0);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);
	ck_assert_uint_eq(skb->ledger, LEDGER_FRAME);
	sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_PROTO_MEM);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	sk_common_release(sk);
}
END_TEST

/* A protocol that keeps no account is never refused. */
START_TEST(test_no_account)
{
	struct proto prot = fix_proto;
	struct sock *sk;

	prot.memory_allocated = NULL;
	ck_assert_int_eq(proto_register(fx.net, &prot), 0);
	sk = sk_alloc(fx.net, AF_INET, &prot);
	sock_init_data(NULL, sk);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(fix_deliver(sk, 1000, 0), 0);
	sk_common_release(sk);
	ck_assert_uint_eq(fx.nf.log_warnings, 0);
	fix_leave();
	proto_unregister(fx.net, &prot);
}
END_TEST

/* O4: room is wmem_alloc < sndbuf; one packet may go beyond; then EAGAIN for who does not wait. */
START_TEST(test_O4_noblock)
{
	struct sock *sk = fix_sock();
	struct sk_buff *skb[8];
	int err, n = 0, one;

	sk->sk_sndbuf = 4608;
	while ((skb[n] = sock_alloc_send_skb(sk, 1000, 1, &err)))
		n++;
	ck_assert_int_eq(err, -EAGAIN);
	one = (int)skb[0]->truesize;
	ck_assert_int_eq(n, DIV_ROUND_UP(4608 - 1, one)); /* one byte is always charged */
	ck_assert_int_eq(sk_wmem_alloc_get(sk), n * one);
	consume_skb(skb[--n]);
	ck_assert_int_eq(sk_wmem_alloc_get(sk), n * one);
	ck_assert_ptr_nonnull(skb[n] = sock_alloc_send_pskb(sk, 100, 900, 1, &err));
	n++;
	while (n)
		consume_skb(skb[--n]);
	ck_assert_int_eq(sk_wmem_alloc_get(sk), 0);
	sk_common_release(sk);
}
END_TEST

START_TEST(test_O4_errors)
{
	struct sock *sk = fix_sock();
	int err;

	sk->sk_err = ECONNREFUSED;
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 1, &err));
	ck_assert_int_eq(err, -ECONNREFUSED);
	ck_assert_int_eq(sk->sk_err, 0);
	sk->sk_shutdown = SEND_SHUTDOWN;
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 0, &err));
	ck_assert_int_eq(err, -EPIPE);
	sk->sk_shutdown = 0;
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 1 << 20, 0, &err));
	ck_assert_int_eq(err, -ENOBUFS);
	kmem_fail_nth(&fx.net->m.kmem, 1, NULL);
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 1, &err));
	ck_assert_int_eq(err, -ENOBUFS);
	ck_assert_int_eq(sk_wmem_alloc_get(sk), 0);
	sk_common_release(sk);
}
END_TEST

static struct sock *waiter;
static struct sk_buff *flying[3];

static int device_is_done(uint64_t deadline)
{
	fix_enter();
	for (int i = 0; i < 3 && i < (int)fx.waits; i++) {
		if (flying[i])
			consume_skb(flying[i]);
		flying[i] = NULL;
	}
	fix_leave();
	return 0;
}

/* L9, P2: a sender sleeps until the device gave half of the buffer back. */
START_TEST(test_L9_wait)
{
	struct sk_buff *skb;
	int err;

	waiter = fix_sock();
	for (int i = 0; i < 3; i++)
		flying[i] = sock_alloc_send_skb(waiter, 1000, 1, &err);
	waiter->sk_sndbuf = sk_wmem_alloc_get(waiter);
	fx.on_wait = device_is_done;
	skb = sock_alloc_send_skb(waiter, 1000, 0, &err);
	ck_assert_ptr_nonnull(skb);
	/* the first packet's end left more than half: no wake-up; the second's did */
	ck_assert_uint_eq(fx.waits, 2);
	ck_assert_uint_eq(fx.app.nr_sleeps, 1);
	consume_skb(skb);
	consume_skb(flying[2]);
	sk_common_release(waiter);
}
END_TEST

/* SO_SNDTIMEO ends the wait. */
START_TEST(test_O4_timeout)
{
	struct sock *sk = fix_sock();
	uint64_t before = fx.nf.now;
	int err;

	sk->sk_sndbuf = 0;
	sk->sk_sndtimeo = 25; /* 100 ms at 250 Hz */
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 0, &err));
	ck_assert_int_eq(err, -EAGAIN);
	ck_assert_uint_eq(fx.waits, 1);
	ck_assert_uint_ge(fx.nf.now - before, 96 * NSEC_PER_MSEC);
	ck_assert_uint_le(fx.nf.now - before, 104 * NSEC_PER_MSEC);
	sk_common_release(sk);
}
END_TEST

static int signal_comes(uint64_t deadline)
{
	fx.app.signalled = 1;
	return -EINTR;
}

START_TEST(test_O4_signal)
{
	struct sock *sk = fix_sock();
	int err;

	sk->sk_sndbuf = 0;
	fx.on_wait = signal_comes;
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 0, &err));
	ck_assert_int_eq(err, -EINTR);
	fx.app.signalled = 0;
	sk_common_release(sk);
}
END_TEST

/* Who may not sleep is told EAGAIN at once, whatever the time-out. */
START_TEST(test_O4_no_sleeper)
{
	struct sock *sk = fix_sock();
	int err;

	sk->sk_sndbuf = 0;
	fx.app.may_sleep = false;
	ck_assert_ptr_null(sock_alloc_send_skb(sk, 100, 0, &err));
	ck_assert_int_eq(err, -EAGAIN);
	ck_assert_uint_eq(fx.waits, 0);
	sk_common_release(sk);
}
END_TEST

START_TEST(test_wmalloc)
{
	struct sock *sk = fix_sock();
	struct sk_buff *skb;

	sk->sk_sndbuf = 1; /* one byte is always charged */
	ck_assert_ptr_null(sock_wmalloc(sk, 100, 0));
	skb = sock_wmalloc(sk, 100, 1);
	ck_assert_ptr_nonnull(skb);
	ck_assert(!sock_writeable(sk));
	consume_skb(skb);
	ck_assert_ptr_null(sock_wmalloc(sk, 1 << 20, 1));
	sk_common_release(sk);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_L5_quantum,
				       test_L5_limits,
				       test_L5_send_minimum,
				       test_L5_refused,
				       test_no_account,
				       test_O4_noblock,
				       test_O4_errors,
				       test_L9_wait,
				       test_O4_timeout,
				       test_O4_signal,
				       test_O4_no_sleeper,
				       test_wmalloc,
				       NULL };

	return suite_of("sock_mem", sockfix_begin, sockfix_end, tests);
}
