/* SPDX-License-Identifier: MIT */
/* check_sock.c: life of a sock, its queues, lock and backlog, wake-ups, cached route, protocols. */
#include "sockfix.h"

#include <poll.h>

#include "core/datagram.h"
#include "core/filter.h"

static unsigned readies, errors;

static void count_ready(struct sock *sk)
{
	readies++;
}
static void count_error(struct sock *sk)
{
	errors++;
}

static struct sock *counting_sock(void)
{
	struct sock *sk = fix_sock();

	readies = errors = 0;
	sk->sk_data_ready = count_ready;
	sk->sk_error_report = count_error;
	return sk;
}

/* What a new sock is. */
START_TEST(test_new)
{
	struct sock *sk = fix_sock();

	ck_assert_int_eq(sk->sk_rcvbuf, 212992);
	ck_assert_int_eq(sk->sk_sndbuf, 212992);
	ck_assert_int_eq(sk->sk_state, TCP_CLOSE);
	ck_assert_int_eq(sk_wmem_alloc_get(sk), 0);
	ck_assert_int_eq(sk->sk_peek_off, -1);
	ck_assert_int_eq(sk->sk_incoming_cpu, -1);
	ck_assert_uint_gt(sk->sk_cookie, 0);
	ck_assert_ptr_eq(sk->sk_home, fx.net->m.cpu[0]);
	ck_assert_int_eq(sock_prot_inuse_get(fx.net, &fix_proto), 1);
	sk_common_release(sk);
	ck_assert_int_eq(sock_prot_inuse_get(fx.net, &fix_proto), 0);
}
END_TEST

/*
 * K12: the six steps of a packet that is taken; L1, L4: FIFO, and the charge goes when it is read.
 */
START_TEST(test_K12_taken)
{
	struct sock *sk = counting_sock();
	struct sk_buff *skb = fix_skb(100, 1), *out;
	int truesize = (int)skb->truesize, err;

	skb->dev = fx.dev;
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), 0);
	ck_assert_ptr_null(skb->dev);
	ck_assert_ptr_eq(skb->sk, sk);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), truesize);
	ck_assert_int_eq(sk->sk_forward_alloc, 4096 - truesize);
	ck_assert_int_eq(fx.allocated, 1);
	ck_assert_uint_eq(readies, 1);
	ck_assert_uint_eq(netfix_ledger(&fx.nf, LEDGER_FRAME, VERDICT_DELIVERED), 1);

	ck_assert_int_eq(fix_deliver(sk, 10, 200), 0);
	ck_assert_uint_eq(skb_queue_len(&sk->sk_receive_queue), 2);
	out = skb_recv_datagram(sk, 0, 1, &err);
	ck_assert_ptr_eq(out, skb);
	skb_free_datagram_locked(sk, out);
	out = skb_recv_datagram(sk, 0, 1, &err);
	ck_assert_uint_eq(out->data[0], 200);
	skb_free_datagram_locked(sk, out);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);
	ck_assert_ptr_null(skb_recv_datagram(sk, 0, 1, &err));
	ck_assert_int_eq(err, -EAGAIN);
	sk_common_release(sk);
	ck_assert_int_eq(fx.allocated, 0);
}
END_TEST

/*
 * K12 step 1: rmem_alloc >= rcvbuf refuses; the skb stays the caller's, and nothing else happened.
 */
START_TEST(test_K12_full)
{
	struct sock *sk = counting_sock();
	struct sk_buff *skb = fix_skb(100, 0);
	int n = 0;

	sk->sk_rcvbuf = 3 * (int)skb->truesize;
	while (!fix_deliver(sk, 100, 0))
		n++;
	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -ENOMEM);
	ck_assert_ptr_null(skb->sk);
	ck_assert_uint_eq(skb->ledger, LEDGER_FRAME);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	sk->sk_rcvbuf++; /* one byte of room is room for one more */
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), 0);
	ck_assert_uint_eq(readies, 4);
	sk_common_release(sk);
	ck_assert_uint_eq(netfix_drops(&fx.nf, SKB_DROP_REASON_RAW_RCVBUFF), 1);
}
END_TEST

/* K12 step 1 comes before the filter, step 2 before the memory. */
START_TEST(test_K12_order)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0), all = BPF_STMT(BPF_RET | BPF_K, 30);
	struct sock_fprog prog = { 1, &none };
	struct sock *sk = counting_sock();
	struct sk_buff *skb;

	fx.mem[0] = fx.mem[1] = fx.mem[2] = 0;
	ck_assert_int_eq(sk_attach_filter(&prog, sk), 0);
	sk->sk_rcvbuf = 0;
	skb = fix_skb(100, 0);
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -ENOMEM);
	sk->sk_rcvbuf = 10000;
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -EPERM);
	prog.filter = &all;
	ck_assert_int_eq(sk_attach_filter(&prog, sk), 0);
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -ENOBUFS);
	ck_assert_uint_eq(skb->len, 30); /* L6: the filter keeps 30 bytes */
	fx.mem[0] = 1;
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), 0);
	sk_common_release(sk);
}
END_TEST

static int refuse(void *priv, struct sock *sk, struct sk_buff *skb)
{
	(*(int *)priv)++;
	return -EACCES;
}

/* K13: a policy refuses before the filter is asked. */
START_TEST(test_K13_policy)
{
	int asked = 0;
	struct sock_policy policy = { refuse, &asked };
	struct sock *sk = counting_sock();
	struct sk_buff *skb = fix_skb(10, 0);

	fx.net->sock_policy = &policy;
	ck_assert_int_eq(sock_queue_rcv_skb(sk, skb), -EACCES);
	fx.net->sock_policy = NULL;
	ck_assert_int_eq(asked, 1);
	sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_SOCKET_FILTER);
	ck_assert_int_eq(atomic_read(&sk->sk_drops), 1);
	sk_common_release(sk);
}
END_TEST

/*
 * K8: backlog.len + rmem_alloc > limit; the new packet is not counted, so the queue exceeds by one.
 */
START_TEST(test_K8_rcvqueues_full)
{
	struct sock *sk = counting_sock();
	struct sk_buff *skb = fix_skb(100, 0);
	unsigned one = skb->truesize;
	int n = 0;

	ck_assert(!sk_rcvqueues_full(sk, 0));
	lock_sock(sk);
	bh_lock_sock(sk);
	while (!sk_add_backlog(sk, skb, 2 * one)) {
		skb = fix_skb(100, 0);
		n++;
	}
	ck_assert_int_eq(n, 3);
	ck_assert_int_eq(sk->sk_backlog.len, 3 * (int)one);
	ck_assert_uint_eq(skb->held, 0);
	sk_skb_reason_drop(sk, skb, SKB_DROP_REASON_SOCKET_BACKLOG);
	bh_unlock_sock(sk);
	ck_assert_uint_eq(netfix_held(&fx.nf, HELD_SOCKET_BACKLOG), 3);
	release_sock(sk);
	ck_assert_uint_eq(netfix_held(&fx.nf, HELD_SOCKET_BACKLOG), 0);
	ck_assert_int_eq(sk->sk_backlog.len, 0);
	ck_assert_uint_eq(skb_queue_len(&sk->sk_receive_queue), 3);
	/* both halves of the sum count */
	ck_assert(!sk_rcvqueues_full(sk, 3 * one));
	ck_assert(sk_rcvqueues_full(sk, 3 * one - 1));
	sk_common_release(sk);
}
END_TEST

/* What comes while the backlog is being emptied is emptied too, in order. */
static struct sk_buff *late;

static int chain_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	if (late) {
		struct sk_buff *next = late;

		late = NULL;
		bh_lock_sock(sk);
		ck_assert(sock_owned_by_user(sk));
		ck_assert_int_eq(sk_add_backlog(sk, next, 1 << 20), 0);
		bh_unlock_sock(sk);
	}
	return fix_backlog_rcv(sk, skb);
}

START_TEST(test_K10_backlog_order)
{
	struct sock *sk = counting_sock();
	struct sk_buff *skb;
	int err;

	sk->sk_backlog_rcv = chain_backlog_rcv;
	late = fix_skb(10, 4);
	lock_sock(sk);
	ck_assert(sock_owned_by_user(sk));
	for (unsigned char i = 1; i <= 3; i++) {
		bh_lock_sock(sk);
		ck_assert_int_eq(sk_add_backlog(sk, fix_skb(10, i), 1 << 20), 0);
		bh_unlock_sock(sk);
	}
	ck_assert_uint_eq(fx.backlogged, 0);
	release_sock(sk);
	ck_assert(!sock_owned_by_user(sk));
	ck_assert_uint_eq(fx.backlogged, 4);
	ck_assert_uint_eq(readies, 4);
	for (unsigned char i = 1; i <= 4; i++) {
		skb = skb_recv_datagram(sk, 0, 1, &err);
		ck_assert_uint_eq(skb->data[0], i);
		skb_free_datagram_locked(sk, skb);
	}
	sk_common_release(sk);
}
END_TEST

/* lock_sock_fast keeps the spinlock when nobody owns the sock. */
START_TEST(test_lock_fast)
{
	struct sock *sk = fix_sock();
	bool slow = lock_sock_fast(sk);

	ck_assert(!slow);
	ck_assert(spin_is_locked(&sk->sk_lock.slock));
	ck_assert(!sock_owned_by_user(sk));
	unlock_sock_fast(sk, slow);
	ck_assert(!spin_is_locked(&sk->sk_lock.slock));
	sk_common_release(sk);
}
END_TEST

static struct sock *owned;
static struct task *owner_task;

static int owner_lets_go(uint64_t deadline)
{
	vcpu_enter(fx.net->m.cpu[0], owner_task);
	release_sock(owned);
	vcpu_leave(fx.net->m.cpu[0]);
	return 0;
}

/*
 * Who finds the sock owned sleeps until its owner lets go; so does the fast form, which is then
 * slow.
 */
START_TEST(test_lock_waits)
{
	struct task other;

	owned = fix_sock();
	task_init(&other, "owner", 7, true);
	owner_task = &other;
	fx.on_wait = owner_lets_go;
	lock_sock(owned);
	lock_sock(owned);
	ck_assert_uint_eq(fx.waits, 1);
	ck_assert(lock_sock_fast(owned));
	ck_assert_uint_eq(fx.waits, 2);
	unlock_sock_fast(owned, true);
	ck_assert(!sock_owned_by_user(owned));
	ck_assert(!waitqueue_active(&owned->sk_lock.wq));
	sk_common_release(owned);
}
END_TEST

/*
 * Unread datagrams go with the socket: reason SOCKET_CLOSE, but their entry ended when they were
 * queued.
 */
START_TEST(test_close_purges)
{
	struct sock *sk = counting_sock();
	static struct cpu_stats sum;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fix_deliver(sk, 100, 0), 0);
	ck_assert_int_gt(fx.allocated, 0);
	sk_common_release(sk);
	ck_assert_int_eq(fx.allocated, 0);
	stats_fold(fx.net, &sum);
	ck_assert_uint_eq(sum.ledger[LEDGER_FRAME][VERDICT_DELIVERED], 5);
	ck_assert_uint_eq(sum.ledger[LEDGER_FRAME][VERDICT_DROPPED], 0);
	ck_assert_uint_eq(sum.drop[LEDGER_NONE][SKB_DROP_REASON_SOCKET_CLOSE], 5);
	ck_assert_uint_eq(fx.nf.log_warnings, 0);
}
END_TEST

/* A dead sock is not told. */
START_TEST(test_dead_is_quiet)
{
	struct sock *sk = counting_sock();

	sock_hold(sk);
	sk_common_release(sk);
	ck_assert(sock_flag(sk, SOCK_DEAD));
	ck_assert_int_eq(fix_deliver(sk, 10, 0), 0);
	ck_assert_uint_eq(readies, 0);
	sock_put(sk);
}
END_TEST

START_TEST(test_error_queue)
{
	struct sock *sk = counting_sock();
	struct sk_buff *skb = fix_skb(100, 0);

	sk->sk_rcvbuf = (int)skb->truesize; /* charged + truesize >= rcvbuf */
	ck_assert_int_eq(sock_queue_err_skb(sk, skb), -ENOMEM);
	ck_assert_uint_eq(errors, 0);
	sk->sk_rcvbuf++;
	ck_assert_int_eq(sock_queue_err_skb(sk, skb), 0);
	ck_assert_uint_eq(errors, 1);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), (int)skb->truesize);
	ck_assert_int_eq(fx.allocated, 0); /* not the protocol's memory */
	skb = skb_dequeue(&sk->sk_error_queue);
	consume_skb(skb);
	ck_assert_int_eq(atomic_read(&sk->sk_rmem_alloc), 0);
	sk_common_release(sk);
}
END_TEST

/* L7: the default wake-ups and their poll bits. */
static unsigned long woken_by;

static int note_key(wait_queue_t *wait, unsigned mode, int flags, void *key)
{
	woken_by = (unsigned long)key;
	return autoremove_wake_function(wait, mode, flags, key);
}

static unsigned long wake_of(struct sock *sk, void (*wake)(struct sock *sk))
{
	wait_queue_t w;

	woken_by = 0;
	init_wait_func(&w, note_key);
	prepare_to_wait_exclusive(&sk->sk_wq, &w, TASK_INTERRUPTIBLE);
	wake(sk);
	finish_wait(&sk->sk_wq, &w);
	return woken_by;
}

START_TEST(test_L7_wakeups)
{
	struct sock *sk = fix_sock();

	ck_assert_uint_eq(wake_of(sk, sk->sk_data_ready),
			  POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND);
	ck_assert_uint_eq(wake_of(sk, sk->sk_error_report), POLLERR);
	ck_assert_uint_eq(wake_of(sk, sk->sk_write_space), POLLOUT | POLLWRNORM | POLLWRBAND);
	/* L9: half of the buffer must be free */
	sk->sk_sndbuf = 10000;
	atomic_set(&sk->sk_wmem_alloc, 5001);
	ck_assert_uint_eq(wake_of(sk, sk->sk_write_space), 0);
	atomic_set(&sk->sk_wmem_alloc, 5000);
	ck_assert_uint_ne(wake_of(sk, sk->sk_write_space), 0);
	atomic_set(&sk->sk_wmem_alloc, 1);
	sk_common_release(sk);
}
END_TEST

/* --- cached route --- */

static bool dst_good;
static unsigned checks;

static struct dst_entry *fake_check(struct dst_entry *dst, uint32_t cookie)
{
	checks++;
	return dst_good ? dst : NULL;
}

static const struct dst_ops fake_dst_ops = { .family = AF_INET, .check = fake_check };

/* O2: an obsolete route is asked whether it is good; when not, the cache is emptied. */
START_TEST(test_O2_dst_check)
{
	struct kmem_cache *cache =
		kmem_cache_create(&fx.net->m.kmem, "dst", sizeof(struct dst_entry), 0);
	struct sock *sk = fix_sock();
	struct dst_entry *dst =
		dst_alloc(fx.net, cache, &fake_dst_ops, fx.dev, DST_OBSOLETE_NONE, 0);
	struct dst_entry *got;

	checks = 0;
	ck_assert_ptr_null(sk_dst_check(sk, 0));
	sk_dst_set(sk, dst);
	got = sk_dst_check(sk, 0);
	ck_assert_ptr_eq(got, dst);
	ck_assert_uint_eq(checks, 0);
	ck_assert_int_eq(atomic_read(&dst->refcnt), 2);
	dst_release(got);
	dst->obsolete = DST_OBSOLETE_FORCE_CHK;
	dst_good = true;
	got = sk_dst_check(sk, 0);
	ck_assert_ptr_eq(got, dst);
	dst_release(got);
	dst_good = false;
	ck_assert_ptr_null(sk_dst_check(sk, 0));
	ck_assert_ptr_null(sk->sk_dst_cache);
	ck_assert_uint_eq(checks, 2);
	ck_assert_int_eq(atomic_read(&dst->refcnt), 0);
	sk_common_release(sk);
	fix_leave();
	rcu_barrier(&fx.net->m);
	kmem_cache_destroy(cache);
}
END_TEST

/* --- life and protocols --- */

/* A packet in flight keeps the sock; its end frees it. */
START_TEST(test_wmem_keeps)
{
	struct sock *sk = fix_sock();
	struct sk_buff *skb = sock_wmalloc(sk, 100, 0);

	ck_assert_ptr_nonnull(skb);
	sk_common_release(sk);
	ck_assert_int_eq(sock_prot_inuse_get(fx.net, &fix_proto), 1);
	ck_assert_int_eq(sk_wmem_alloc_get(skb->sk) + 1, (int)skb->truesize);
	consume_skb(skb);
	ck_assert_int_eq(sock_prot_inuse_get(fx.net, &fix_proto), 0);
}
END_TEST

static unsigned destroyed, unhashed, destructed;
static void one_destroy(struct sock *sk)
{
	destroyed++;
}
static void one_unhash(struct sock *sk)
{
	unhashed++;
}
static void one_destruct(struct sock *sk)
{
	destructed++;
}

START_TEST(test_release_order)
{
	struct proto prot = fix_proto;
	struct sock *sk;

	prot.name = "OTHER";
	prot.destroy = one_destroy;
	prot.unhash = one_unhash;
	ck_assert_ptr_null(sk_alloc(fx.net, AF_INET, &prot));
	ck_assert_int_eq(proto_register(fx.net, &prot), 0);
	ck_assert_int_eq(proto_register(fx.net, &prot), -EEXIST);
	sk = sk_alloc(fx.net, AF_INET, &prot);
	sock_init_data(NULL, sk);
	sk->sk_destruct = one_destruct;
	sock_hold(sk);
	sk_common_release(sk);
	ck_assert_uint_eq(destroyed, 1);
	ck_assert_uint_eq(unhashed, 1);
	ck_assert_uint_eq(destructed, 0);
	sock_put(sk);
	ck_assert_uint_eq(destructed, 1);
	ck_assert_ptr_nonnull(strstr(netfix_cat(&fx.nf, "/proc/net/protocols"), "OTHER"));
	fix_leave();
	proto_unregister(fx.net, &prot);
	ck_assert_ptr_null(strstr(netfix_cat(&fx.nf, "/proc/net/protocols"), "OTHER"));
}
END_TEST

/* Without memory: no protocol, no sock, and nothing is left behind. */
START_TEST(test_fail_nth)
{
	struct proto prot = fix_proto;

	prot.name = "POOR";
	for (unsigned long n = 1;; n++) {
		struct sock *sk;
		int err;

		kmem_fail_nth(&fx.net->m.kmem, n, NULL);
		err = proto_register(fx.net, &prot);
		sk = err ? NULL : sk_alloc(fx.net, AF_INET, &prot);
		if (!kmem_fault_hit(&fx.net->m.kmem)) {
			kmem_fail_nth(&fx.net->m.kmem, 0, NULL);
			ck_assert_ptr_nonnull(sk);
			sock_init_data(NULL, sk);
			sk_common_release(sk);
			fix_leave();
			proto_unregister(fx.net, &prot);
			ck_assert_uint_ge(n, 2);
			break;
		}
		ck_assert_msg(err == -ENOMEM || !sk, "allocation %lu", n);
		fix_leave();
		proto_unregister(fx.net, &prot);
		fix_enter();
	}
}
END_TEST

Suite *suite(void)
{
	const TTest *const tests[] = { test_new,
				       test_K12_taken,
				       test_K12_full,
				       test_K12_order,
				       test_K13_policy,
				       test_K8_rcvqueues_full,
				       test_K10_backlog_order,
				       test_lock_fast,
				       test_lock_waits,
				       test_close_purges,
				       test_dead_is_quiet,
				       test_error_queue,
				       test_L7_wakeups,
				       test_O2_dst_check,
				       test_wmem_keeps,
				       test_release_order,
				       test_fail_nth,
				       NULL };

	return suite_of("sock", sockfix_begin, sockfix_end, tests);
}
