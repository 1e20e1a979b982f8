/* SPDX-License-Identifier: MIT */
/* check_datagram.c: taking datagrams: order, peeking, sleeping, copying, checksums. */
#include "sockfix.h"

#include <poll.h>

#include "core/datagram.h"

static struct sock *sk;

static void begin(void)
{
	sockfix_begin();
	sk = fix_sock();
	sk->sk_type = SOCK_DGRAM;
}

static void end(void)
{
	if (!this_vcpu())
		fix_enter();
	sk_common_release(sk);
	sockfix_end();
}

static struct sk_buff *take(int flags, int *off, int *err)
{
	int peeked, zero = 0;

	return __skb_recv_datagram(sk, flags, &peeked, off ? off : &zero, err);
}

/* MSG_PEEK leaves the datagram, marks it, and lends a reference. */
START_TEST(test_peek)
{
	struct sk_buff *a, *b;
	int peeked = 9, off = 0, err;

	ck_assert_int_eq(fix_deliver(sk, 50, 1), 0);
	a = __skb_recv_datagram(sk, MSG_PEEK | MSG_DONTWAIT, &peeked, &off, &err);
	ck_assert_int_eq(peeked, 0);
	ck_assert_int_eq(atomic_read(&a->users), 2);
	skb_free_datagram_locked(sk, a);
	ck_assert_int_gt(atomic_read(&sk->sk_rmem_alloc), 0);
	b = __skb_recv_datagram(sk, MSG_DONTWAIT, &peeked, &off, &err);
	ck_assert_ptr_eq(a, b);
	ck_assert_int_eq(peeked, 1);
	skb_free_datagram_locked(sk, b);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);
}
END_TEST

/* A peek at an offset finds the datagram that holds it. */
START_TEST(test_peek_off)
{
	struct sk_buff *skb;
	int off = 25, err;

	for (unsigned char i = 0; i < 3; i++)
		ck_assert_int_eq(fix_deliver(sk, 10, (unsigned char)(10 * i)), 0);
	skb = take(MSG_PEEK | MSG_DONTWAIT, &off, &err);
	ck_assert_uint_eq(skb->data[0], 20);
	ck_assert_int_eq(off, 5);
	skb_free_datagram_locked(sk, skb);
	off = 30;
	ck_assert_ptr_null(take(MSG_PEEK | MSG_DONTWAIT, &off, &err));
	ck_assert_int_eq(err, -EAGAIN);
}
END_TEST

/* An empty datagram is a datagram. */
START_TEST(test_empty)
{
	struct sk_buff *skb;
	int err;

	ck_assert_int_eq(fix_deliver(sk, 0, 0), 0);
	skb = take(MSG_DONTWAIT, NULL, &err);
	ck_assert_ptr_nonnull(skb);
	ck_assert_uint_eq(skb->len, 0);
	skb_free_datagram_locked(sk, skb);
}
END_TEST

static int datagram_comes(uint64_t deadline)
{
	ck_assert_uint_eq(deadline, UINT64_MAX);
	ck_assert(waitqueue_active(&sk->sk_wq));
	vcpu_enter(fx.net->m.cpu[0], NULL);
	ck_assert_int_eq(fix_deliver(sk, 10, 77), 0);
	vcpu_leave(fx.net->m.cpu[0]);
	return 0;
}

/* N1: it blocks until there is something. */
START_TEST(test_N1_blocks)
{
	struct sk_buff *skb;
	int err;

	fx.on_wait = datagram_comes;
	skb = take(0, NULL, &err);
	ck_assert_ptr_nonnull(skb);
	ck_assert_uint_eq(skb->data[0], 77);
	ck_assert_uint_eq(fx.waits, 1);
	ck_assert_uint_eq(fx.app.nr_wakes, 1);
	ck_assert(!waitqueue_active(&sk->sk_wq));
	skb_free_datagram_locked(sk, skb);
}
END_TEST

START_TEST(test_N2_timeout)
{
	uint64_t before = fx.nf.now;
	int err;

	sk->sk_rcvtimeo = 50; /* 200 ms */
	ck_assert_ptr_null(take(0, NULL, &err));
	ck_assert_int_eq(err, -EAGAIN);
	ck_assert_uint_ge(fx.nf.now - before, 196 * NSEC_PER_MSEC);
	ck_assert_uint_le(fx.nf.now - before, 204 * NSEC_PER_MSEC);
	ck_assert(!waitqueue_active(&sk->sk_wq));
}
END_TEST

static int error_comes(uint64_t deadline)
{
	vcpu_enter(fx.net->m.cpu[0], NULL);
	sk->sk_err = EHOSTUNREACH;
	sk->sk_error_report(sk);
	vcpu_leave(fx.net->m.cpu[0]);
	return 0;
}

static int shutdown_comes(uint64_t deadline)
{
	vcpu_enter(fx.net->m.cpu[0], NULL);
	sk->sk_shutdown = RCV_SHUTDOWN;
	sk->sk_state_change(sk);
	vcpu_leave(fx.net->m.cpu[0]);
	return 0;
}

static int signal_comes(uint64_t deadline)
{
	fx.app.signalled = 1;
	return -EINTR;
}

START_TEST(test_N1_ends)
{
	int err;

	fx.on_wait = error_comes;
	ck_assert_ptr_null(take(0, NULL, &err));
	ck_assert_int_eq(err, -EHOSTUNREACH);
	fx.on_wait = signal_comes;
	ck_assert_ptr_null(take(0, NULL, &err));
	ck_assert_int_eq(err, -EINTR);
	fx.app.signalled = 0;
	fx.on_wait = shutdown_comes;
	ck_assert_ptr_null(take(0, NULL, &err));
	ck_assert_int_eq(err, 0); /* end of file */
	sk->sk_shutdown = 0;
	sk->sk_err = EPIPE;
	ck_assert_ptr_null(take(MSG_DONTWAIT, NULL, &err));
	ck_assert_int_eq(err, -EPIPE);
	fx.app.may_sleep = false;
	ck_assert_ptr_null(take(0, NULL, &err));
	ck_assert_int_eq(err, -EAGAIN);
}
END_TEST

/* L8: two readers, one datagram: one wakes. A writer's room wakes none. */
int receiver_wake_function(wait_queue_t *wait, unsigned mode, int flags, void *key);

START_TEST(test_L8_one_reader)
{
	struct task t[2];
	wait_queue_t w[2];

	for (int i = 0; i < 2; i++) {
		task_init(&t[i], "reader", i, true);
		fix_leave();
		vcpu_enter(fx.net->m.cpu[0], &t[i]);
		init_wait_func(&w[i], receiver_wake_function);
		prepare_to_wait_exclusive(&sk->sk_wq, &w[i], TASK_INTERRUPTIBLE);
		vcpu_leave(fx.net->m.cpu[0]);
		fix_enter();
	}
	sock_def_write_space(sk);
	ck_assert_int_eq(t[0].nr_wakes + t[1].nr_wakes, 0);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	ck_assert_int_eq(t[0].nr_wakes, 1);
	ck_assert_int_eq(t[1].nr_wakes, 0);
	for (int i = 0; i < 2; i++)
		finish_wait(&sk->sk_wq, &w[i]);
}
END_TEST

/* N5: the copy goes through the caller's pieces; beyond them it is EFAULT. */
START_TEST(test_N5_copy)
{
	unsigned char a[3], b[4], c[100];
	struct iovec iov[] = { { a, 3 }, { NULL, 0 }, { b, 4 }, { c, 100 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 4 };
	struct sk_buff *skb = fix_skb(20, 1);

	ck_assert_int_eq(skb_copy_datagram_iovec(skb, 5, &msg, 15), 0);
	ck_assert_uint_eq(a[0], 6);
	ck_assert_uint_eq(b[0], 9);
	ck_assert_uint_eq(c[0], 13);
	ck_assert_uint_eq(c[7], 20);
	ck_assert_int_eq(skb_copy_datagram_iovec(skb, 5, &msg, 16), -EFAULT);
	ck_assert_int_eq(skb_copy_datagram_iovec(skb, -1, &msg, 1), -EFAULT);
	ck_assert_int_eq(skb_copy_datagram_iovec(skb, 0, &msg, -1), -EFAULT);
	msg.msg_iovlen = 3;
	ck_assert_int_eq(skb_copy_datagram_iovec(skb, 0, &msg, 8), -EFAULT);
	consume_skb(skb);
}
END_TEST

/* Copying verifies what was not verified: in one piece on the way, in several before. */
START_TEST(test_copy_and_csum)
{
	unsigned char a[64], b[64];
	struct iovec whole[] = { { a, 64 } }, split[] = { { a, 5 }, { b, 59 } };
	struct msghdr msg = { .msg_iov = whole, .msg_iovlen = 1 },
		      parts = { .msg_iov = split, .msg_iovlen = 2 };

	for (int bad = 0; bad < 2; bad++) {
		struct sk_buff *skb = fix_skb(28, 3);
		__sum16 sum;

		memset(skb->data + 6, 0, 2);
		sum = ip_compute_csum(skb->data, 28);
		memcpy(skb->data + 6, &sum, 2);
		skb->csum = 0;
		if (bad)
			skb->data[20] ^= 1;
		ck_assert_int_eq(skb_copy_and_csum_datagram_iovec(skb, 8, &msg), bad ? -EINVAL : 0);
		ck_assert_int_eq(skb_copy_and_csum_datagram_iovec(skb, 8, &parts),
				 bad ? -EINVAL : 0);
		if (!bad) {
			ck_assert_uint_eq(a[0], 11);
			ck_assert_uint_eq(b[14], 30);
		}
		ck_assert_int_eq(skb_copy_and_csum_datagram_iovec(skb, 28, &msg), 0);
		ck_assert_int_eq(skb_copy_and_csum_datagram_iovec(skb, 29, &msg), -EFAULT);
		consume_skb(skb);
	}
}
END_TEST

/* A datagram found bad while peeking leaves the queue; another reader may have been faster. */
START_TEST(test_kill)
{
	struct sk_buff *skb, *other;
	int err;

	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	skb = take(MSG_PEEK | MSG_DONTWAIT, NULL, &err);
	ck_assert_int_eq(skb_kill_datagram(sk, skb, MSG_PEEK, SKB_DROP_REASON_UDP_CSUM), 0);
	ck_assert(skb_queue_empty(&sk->sk_receive_queue));
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);

	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	skb = take(MSG_PEEK | MSG_DONTWAIT, NULL, &err);
	other = take(MSG_DONTWAIT, NULL, &err);
	ck_assert_ptr_eq(skb, other);
	ck_assert_int_eq(skb_kill_datagram(sk, skb, MSG_PEEK, SKB_DROP_REASON_UDP_CSUM), -ENOENT);
	ck_assert_int_eq(atomic_read(&other->users), 1);
	ck_assert_int_eq(skb_kill_datagram(sk, other, 0, SKB_DROP_REASON_UDP_CSUM), 0);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 2);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_UDP_CSUM), 2);
}
END_TEST

/* N6: memory of the protocol goes back when more than a page is spare. */
START_TEST(test_N6_free)
{
	struct sk_buff *skb;
	int err;

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(fix_deliver(sk, 1500, 0), 0);
	ck_assert_int_gt(fx.allocated, 5);
	while ((skb = take(MSG_DONTWAIT, NULL, &err)))
		skb_free_datagram_locked(sk, skb);
	ck_assert_int_le(fx.allocated, 1);
	ck_assert_int_eq(fix_deliver(sk, 1500, 0), 0);
	skb = take(MSG_DONTWAIT, NULL, &err);
	skb_free_datagram(sk, skb);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);
}
END_TEST

START_TEST(test_poll)
{
	struct socket sock = { .sk = sk };
	const unsigned out = POLLOUT | POLLWRNORM | POLLWRBAND, in = POLLIN | POLLRDNORM;

	ck_assert_uint_eq(datagram_poll(&sock), out);
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	ck_assert_uint_eq(datagram_poll(&sock), in | out);
	sk->sk_err = EIO;
	ck_assert_uint_eq(datagram_poll(&sock), in | out | POLLERR);
	sock_set_flag(sk, SOCK_SELECT_ERR_QUEUE);
	ck_assert_uint_eq(datagram_poll(&sock), in | out | POLLERR | POLLPRI);
	sk->sk_err = 0;
	sk->sk_sndbuf = 0;
	sk->sk_shutdown = RCV_SHUTDOWN;
	ck_assert_uint_eq(datagram_poll(&sock), in | POLLRDHUP);
	sk->sk_shutdown = SHUTDOWN_MASK;
	ck_assert_uint_eq(datagram_poll(&sock), in | POLLRDHUP | POLLHUP);
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = {
		test_peek,    test_peek_off,	  test_empty,	test_N1_blocks,	    test_N2_timeout,
		test_N1_ends, test_L8_one_reader, test_N5_copy, test_copy_and_csum, test_kill,
		test_N6_free, test_poll,	  NULL
	};

	return suite_of("datagram", begin, end, tests);
}
